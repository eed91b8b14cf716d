// What a file and the workspace hold, and the nodes around a node.
const vscode = require("vscode");
const t = require("./lib");

module.exports = async () => {
  const symbols = await t.ask("vscode.executeDocumentSymbolProvider");
  t.same(
    "the symbols of a file are its workflows with their nodes",
    symbols.map((workflow) => [workflow.name, ...workflow.children.map((node) => node.name)]),
    [["place", "buyer", "order", "orders"], ["cancel", "rest", "users"]],
  );
  const found = await vscode.commands.executeCommand("vscode.executeWorkspaceSymbolProvider", "ncel");
  t.same("symbols of the workspace are found by a part of their name", found.map((s) => `${s.name} ${t.place(s.location.range)}`), ["cancel 19:6-12"]);
  const [node] = await t.ask("vscode.prepareCallHierarchy", t.at('"orde<>r", dataflow.Params'));
  t.same("a node has a call hierarchy", [node.name, t.place(node.selectionRange)], ["order", "11:33-38"]);
  const incoming = await vscode.commands.executeCommand("vscode.provideIncomingCalls", node);
  t.same("the incoming calls of a node are the nodes that feed it", incoming.map((c) => [c.from.name, ...c.fromRanges.map(t.place)]), [["buyer", "13:16-64"]]);
  const outgoing = await vscode.commands.executeCommand("vscode.provideOutgoingCalls", node);
  t.same("the outgoing calls of a node are the nodes that it feeds", outgoing.map((c) => [c.to.name, ...c.fromRanges.map(t.place)]), [["orders", "14:5-66"]]);
};
