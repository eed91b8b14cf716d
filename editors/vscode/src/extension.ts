// The entry of the extension: a short list of features. What DataFlow knows about
// Go stands in the language server; this side finds it, starts it and shows results.

import * as vscode from "vscode";
import { registerMigration } from "./migration";
import { registerRunWorkflow } from "./runWorkflow";
import { Server } from "./server";

let server: Server | undefined;

/** Starts the language server. VS Code calls it when the first Go file opens, and in a
 * workspace with a dataflow.yaml. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  server = new Server(context);
  const results = vscode.window.createOutputChannel("DataFlow");
  context.subscriptions.push(
    server,
    results,
    vscode.commands.registerCommand("dataflow.restartServer", () => server?.restart()),
    vscode.commands.registerCommand("dataflow.showLog", () => server?.showLog()),
    registerRunWorkflow(server, results),
    registerMigration(server),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("dataflow.server.path")) void server?.restart();
    }),
  );
  await server.start();
}

/** Ends the language server. VS Code waits for it before it ends itself. */
export async function deactivate(): Promise<void> {
  await server?.stop();
}
