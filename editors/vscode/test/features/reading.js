// What is shown of a workflow beside its text.
const vscode = require("vscode");
const t = require("./lib");

async function hints() {
  const whole = new vscode.Range(0, 0, t.document.lineCount, 0);
  const byLine = {};
  for (const hint of await t.ask("vscode.executeInlayHintProvider", whole)) {
    const label = typeof hint.label === "string" ? hint.label : hint.label.map((part) => part.value).join("");
    (byLine[hint.position.line + 1] ??= []).push(label);
  }
  t.same("inlay hints show the table and the defaults of a node", byLine[12], ["orders", "offset: 0, with_total: false"]);
  t.same("inlay hints show the types at a connection", byLine[13], ["string → string"]);
}

async function tokens() {
  const legend = await t.ask("vscode.provideDocumentSemanticTokensLegend");
  const { data } = await t.ask("vscode.provideDocumentSemanticTokens");
  const [line, column, length, type] = data;
  t.same("the first semantic token is the node type", [line, column, length, legend.tokenTypes[type]], [9, 13, "UserReadNode".length, "class"]);
}

async function lenses() {
  const all = await t.ask("vscode.executeCodeLensProvider", 100);
  const commands = all.filter((l) => l.range.start.line === 7).map((l) => l.command.command);
  const wanted = ["run", "dryRun", "graph", "explainSQL"].map((name) => `dataflow.server.${name}`);
  t.check("lenses run a workflow, and show its graph and its SQL", wanted.every((name) => commands.includes(name)), commands);
}

module.exports = async () => {
  const hover = await t.ask("vscode.executeHoverProvider", t.at('"User<>ReadNode"'));
  const text = hover.flatMap((h) => h.contents.map((c) => c.value)).join("\n");
  t.check("the hover of a node type has its contract", text.includes("raise_on_not_found"), text);
  await hints();
  await tokens();
  await lenses();
  const folds = await t.ask("vscode.executeFoldingRangeProvider");
  const lines = folds.map((f) => `${f.start + 1}-${f.end + 1}`);
  t.check("the nodes and the connections of a workflow fold", lines.includes("10-12") && lines.includes("13-14"), lines);
  const links = await t.ask("vscode.executeLinkProvider", 10);
  const targets = links.map((l) => `${t.place(l.range)} ${l.target}`);
  t.same("a DF code links to its page", targets.filter((l) => l.startsWith("18:")), ["18:46-52 https://dataflow-go.dev/errors/DF-111"]);
  const [selection] = await t.ask("vscode.executeSelectionRangeProvider", [new vscode.Position(10, 20)]);
  const grown = [];
  for (let s = selection; s; s = s.parent) grown.push(t.place(s.range));
  const wanted = ["11:14-29", "11:13-30", "11:5-77", "8:1-16:2"];
  t.check("a selection grows from the node type over its quotes and the call to the function", wanted.every((r) => grown.includes(r)), grown);
};
