// Code actions, of one mistake and of a file; a refactoring; commands of the server.
const vscode = require("vscode");
const t = require("./lib");

// Applies the action of a title that is offered at a place.
async function take(title, at, kind) {
  const offered = await t.ask("vscode.executeCodeActionProvider", new vscode.Range(at, at), kind, 100);
  const action = offered.find((a) => a.title === title);
  t.check(`offered: ${title}`, action?.edit, offered.map((a) => a.title));
  if (action?.edit) await vscode.workspace.applyEdit(action.edit);
}

async function fixes() {
  await take('Change to "limit"', t.at('"lim<>t"'));
  t.check("a fix changes the one mistake", t.has('{"limit": 10}') && t.has('"ofset"'), t.document.getText());
  await t.eventually("and the other is left", () => t.codes().join() === "DF-111", t.codes);
  await t.reset();
  await t.eventually("undone, both are back", () => t.codes().join() === "DF-111,DF-111", t.codes);
  await take("Fix all of DataFlow", t.at("<>package"), "source.fixAll.dataflow");
  t.check("source.fixAll.dataflow mends the file", t.has('{"limit": 10}') && t.has('"offset": 20'), t.document.getText());
  await t.eventually("then there is nothing left to mend", () => t.codes().length === 0, t.codes);
  await t.reset();
}

module.exports = async () => {
  await fixes();
  await take('Extract "buyer" to the constant buyerID', t.at('"buy<>er", dataflow.Params'), "refactor.extract");
  const extracted = ['const buyerID = "buyer"', '"UserReadNode", buyerID, dataflow.Params', 'AddConnection(buyerID, "id"'];
  t.check("a refactoring makes a constant of a node id", extracted.every(t.has), t.document.getText());
  await t.reset();
  const graph = await vscode.commands.executeCommand("dataflow.server.graph", { uri: t.uri.toString(), workflow: "place", format: "mermaid" });
  t.check("a command of the server draws a workflow", graph?.text?.includes("buyer"), graph);
};
