// Completion and signature help, while a call is written.
const vscode = require("vscode");
const t = require("./lib");

// Writes a line below the node "orders", and puts the cursor where <> stands in it.
async function write(marked) {
  await t.reset();
  const line = t.at('<>wf.AddNode("OrderListNode", "orders"').line + 1;
  await t.editor.edit((edit) => edit.insert(new vscode.Position(line, 0), `\t${marked.replace("<>", "")}\n`));
  const cursor = new vscode.Position(line, 1 + marked.indexOf("<>"));
  t.editor.selection = new vscode.Selection(cursor, cursor);
  return cursor;
}

// The wanted are offered, the unwanted is not.
async function completes(name, marked, wanted, unwanted) {
  const { items } = await t.ask("vscode.executeCompletionItemProvider", await write(marked));
  const labels = items.map(({ label }) => label.label ?? label);
  const ok = wanted.every((label) => labels.includes(label)) && !labels.includes(unwanted);
  t.check(`completion offers ${name}`, ok, labels);
}

// What is picked in the window of suggestions stands in the text, and the cursor in
// the first thing to write.
async function accepts() {
  const { line } = await write('wf.AddNode("UserCre<>');
  const written = () => t.document.getText(new vscode.Range(line, 0, line + 2, 0));
  await vscode.commands.executeCommand("editor.action.triggerSuggest");
  await t.eventually(
    "the node type that is picked is written, with what it requires",
    async () => {
      await vscode.commands.executeCommand("acceptSelectedSuggestion");
      return /^\twf\.AddNode\("UserCreateNode", "createUser", dataflow\.Params\{\s+"id": "id-123",/.test(written());
    },
    written,
  );
  t.same("and the first thing to write, its id, is selected", t.document.getText(t.editor.selection), "createUser");
}

async function signature(name, marked, wanted) {
  const help = await t.ask("vscode.executeSignatureHelpProvider", t.at(marked), "(");
  t.check(`signature help shows ${name}`, JSON.stringify(help ?? null).includes(wanted), help);
}

module.exports = async () => {
  await completes("node types", 'wf.AddNode("Or<>', ["OrderReadNode", "OrderCreateNode"], "NoSuchNode");
  await completes("the parameters that are not given", 'wf.AddNode("UserCreateNode", "u", dataflow.Params{"email": "a@b.c", "<>"})', ["full_name", "active"], "email");
  await completes("the node ids of the workflow", 'wf.AddConnection("<>', ["buyer", "order", "orders"], "rest");
  await completes("the outputs of a node", 'wf.AddConnection("buyer", "<>', ["id", "email"], "user_id");
  await completes("the inputs of a node", 'wf.AddConnection("buyer", "id", "order", "<>', ["user_id", "note"], "email");
  await accepts();
  await t.reset();
  await signature("the contract of a node", '"buy<>er", dataflow.Params', "UserReadNode");
  await signature("the outputs of a node", 'wf.AddConnection("buyer", "i<>d"', "full_name");
};
