// What the checks of features share: checks, a line each, and places in the file.
const vscode = require("vscode");

const patience = 60_000; // ms; a slow machine is no mistake

const lib = {
  failed: false,

  /** Says whether something holds and, when it does not, what there is instead. */
  check(name, ok, detail) {
    if (ok) return console.log(`ok    ${name}`);
    lib.failed = true;
    console.log(`FAIL  ${name}: ${JSON.stringify(detail)}`);
  },

  /** Checks that two values are the same, as JSON. */
  same(name, got, wanted) {
    lib.check(name, JSON.stringify(got) === JSON.stringify(wanted), got);
  },

  /** Waits until a condition holds; detail tells what there is instead. */
  async eventually(name, condition, detail = () => undefined) {
    const end = Date.now() + patience;
    while (!(await condition())) {
      if (Date.now() > end) return lib.check(name, false, detail());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    lib.check(name, true);
  },

  /** Opens a file of the workspace: the checks that follow are made on it. */
  async open(file) {
    const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, file);
    lib.document = await vscode.workspace.openTextDocument(uri);
    lib.uri = uri;
    lib.editor = await vscode.window.showTextDocument(lib.document);
  },

  /** The place in a text of the file where <> stands in it. */
  at(marked) {
    const before = marked.indexOf("<>");
    const found = lib.document.getText().indexOf(marked.replace("<>", ""));
    if (before < 0 || found < 0) throw new Error(`the file has no ${marked}`);
    return lib.document.positionAt(found + before);
  },

  has: (wanted) => lib.document.getText().includes(wanted),

  /** Puts back what is saved. */
  async reset() {
    await vscode.window.showTextDocument(lib.document);
    await vscode.commands.executeCommand("workbench.action.files.revert");
  },

  /** Asks all that VS Code would ask about the file. */
  ask: (command, ...args) => vscode.commands.executeCommand(command, lib.uri, ...args),

  /** The codes of the mistakes in the file. */
  codes: () => vscode.languages.getDiagnostics(lib.uri).map((d) => d.code?.value ?? d.code),
};

/** "line:column-column", or with two lines, from 1 as the status bar shows them. */
lib.place = (range) => {
  const [from, to] = [range.start, range.end];
  const end = from.line === to.line ? `${to.character + 1}` : `${to.line + 1}:${to.character + 1}`;
  return `${from.line + 1}:${from.character + 1}-${end}`;
};

module.exports = lib;
