// The names of nodes: where they are declared and used, and what renames them.
const vscode = require("vscode");
const t = require("./lib");

// Locations and links to locations, as "file line:column-column".
const places = (locations) =>
  locations.map((l) => {
    const uri = l.targetUri ?? l.uri;
    return `${uri.path.split("/").pop()} ${t.place(l.targetSelectionRange ?? l.range)}`;
  });

async function goesTo(name, command, marked, wanted) {
  t.same(name, places(await t.ask(command, t.at(marked))), wanted);
}

async function renames() {
  const id = t.at('"buy<>er", dataflow.Params');
  const { range, placeholder } = await t.ask("vscode.prepareRename", id);
  t.same("a rename begins with the node id", [t.place(range), placeholder], ["10:30-35", "buyer"]);
  await vscode.workspace.applyEdit(await t.ask("vscode.executeDocumentRenameProvider", id, "customer"));
  const count = t.document.getText().split('"customer"').length - 1;
  t.check("a rename changes a node id in every call", count === 2 && !t.has('"buyer"'), t.document.getText());
  await t.reset();
  let reason = "nothing was refused";
  try {
    await t.ask("vscode.executeDocumentRenameProvider", id, "order");
  } catch (error) {
    reason = error.message;
  }
  t.check("a rename to an id that is taken is refused, with the reason", reason.includes('DF-806: workflow "place" has "order" already'), reason);
}

module.exports = async () => {
  await goesTo("the definition of a node id is the call that adds it", "vscode.executeDefinitionProvider", 'AddConnection("buy<>er"', ["orders.go 10:30-35"]);
  await goesTo("the definition of a parameter is the field of the model", "vscode.executeDefinitionProvider", 'Params{"stat<>us": "placed"', ["shop.go 39:2-8"]);
  await goesTo("the type definition of a node is its model", "vscode.executeTypeDefinitionProvider", '"buy<>er", dataflow.Params', ["shop.go 13:6-10"]);
  await goesTo("the references of a node id are the calls that name it", "vscode.executeReferenceProvider", '"buy<>er", dataflow.Params', ["orders.go 10:30-35", "orders.go 13:31-36"]);
  const highlights = await t.ask("vscode.executeDocumentHighlights", t.at('"buy<>er", dataflow.Params'));
  t.same(
    "a node id is highlighted where it is added and where it is used",
    highlights.map((h) => `${t.place(h.range)} ${vscode.DocumentHighlightKind[h.kind]}`),
    ["10:30-35 Write", "13:31-36 Read"],
  );
  await renames();
};
