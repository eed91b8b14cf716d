// The configuration of DataFlow is mended and completed as code is, and alone, before
// a Go file is open.
const vscode = require("vscode");
const t = require("./lib");

module.exports = async () => {
  await t.open("dataflow.yaml");
  const end = t.document.positionAt(t.document.getText().length);
  await t.editor.edit((edit) => edit.insert(end, "strikt: true\n"));
  await t.eventually("an unknown key of dataflow.yaml is reported", () => t.codes().join() === "DF-401", t.codes);
  await t.reset();
  await t.editor.edit((edit) => edit.insert(end, "str\n"));
  const { items } = await t.ask("vscode.executeCompletionItemProvider", end.translate(0, 3));
  const labels = items.map(({ label }) => label.label ?? label);
  t.check("completion offers the keys of dataflow.yaml that are not given", labels.includes("strict") && !labels.includes("rules"), labels);
  await t.reset();
};
