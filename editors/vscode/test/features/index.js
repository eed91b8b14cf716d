// Runs in the extension host: VS Code asks every provider as its own windows do.
const vscode = require("vscode");
const t = require("./lib");

exports.run = async () => {
  try {
    await require("./configuration")();
    await t.open("orders/orders.go");
    await t.eventually(
      "the mistakes of the file are reported, and no others",
      () => t.codes().join() === "DF-111,DF-111",
      () => vscode.languages.getDiagnostics(t.uri),
    );
    for (const feature of ["writing", "names", "outline", "reading", "actions"]) {
      await require(`./${feature}`)();
      await t.reset();
    }
  } catch (error) {
    t.check("no error", false, error instanceof Error ? error.stack : error);
  }
  if (t.failed) throw new Error("checks have failed");
};
