// Dataflow: Show Migration SQL and Run Migration, for the models of the Go file at hand.
// The server shows what there is to show.

import * as vscode from "vscode";
import { ExecuteCommandRequest } from "vscode-languageclient/node";
import { activeGoFile } from "./runWorkflow";
import type { Server } from "./server";

/** Registers the commands about the dev database's shape. */
export function registerMigration(server: Server): vscode.Disposable {
  const ask = async (command: string) => {
    try {
      const params = { command, arguments: [{ uri: activeGoFile() }] };
      return (await server.running().sendRequest(ExecuteCommandRequest.type, params)) as unknown;
    } catch (error) {
      void vscode.window.showErrorMessage(`Dataflow: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand("dataflow.showMigration", () => ask("dataflow.server.migratePlan")),
    vscode.commands.registerCommand("dataflow.runMigration", () => ask("dataflow.server.migrateApply")),
  );
}
