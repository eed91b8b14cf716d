// The life of the language server: start, watch, restart, and its state in the
// status bar's language menu.

import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  State,
  type ErrorHandler,
  type LanguageClientOptions,
} from "vscode-languageclient/node";
import { installCommand, serverPath, ServerNotFound } from "./serverPath";

const documents = [
  { scheme: "file", language: "go" },
  { scheme: "file", pattern: "**/dataflow.yaml" },
];

/** The server's command that runs a workflow. The client registers it under this
 * id, so nothing here may: see dataflow.runWorkflow. */
export const runCommand = "dataflow.server.run";
const dryRunCommand = "dataflow.server.dryRun";

/** One language server, replaced by a new one at each restart. */
export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly log = vscode.window.createOutputChannel("DataFlow Language Server", { log: true });
  private readonly status = vscode.languages.createLanguageStatusItem("dataflow.server", documents);

  constructor(private readonly context: vscode.ExtensionContext) {
    this.status.name = "DataFlow";
  }

  /** Starts the server. What goes wrong is shown to the user, never thrown. */
  async start(): Promise<void> {
    let command = "";
    try {
      this.show("starting");
      command = await serverPath(this.context.extensionPath);
      this.client = new LanguageClient("dataflow", "DataFlow", { command }, this.options());
      this.client.onDidChangeState(({ newState }) => this.follow(newState));
      await this.client.start();
    } catch (error) {
      this.show("stopped");
      void (error instanceof ServerNotFound ? this.offerInstall(error.message) : this.reportFailure(command, error));
    }
  }

  /** Ends the server, waiting for its answer to shutdown. */
  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    // A client that never came up has nothing to stop and says so by throwing.
    if (client?.needsStop()) await client.stop().catch((error: unknown) => this.log.warn(String(error)));
  }

  /** Ends the server and starts it anew; settings are read again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** The running client. Throws when there is none. */
  running(): LanguageClient {
    if (this.client?.isRunning()) return this.client;
    throw new Error("The DataFlow language server is not running. Start it with: Dataflow: Restart Language Server.");
  }

  showLog(): void {
    this.log.show();
  }

  dispose(): void {
    this.status.dispose();
    this.log.dispose();
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: documents,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      errorHandler: this.errorHandler(),
      middleware: {
        // The lenses of the server carry its own commands. Here those that run go through
        // the flow that asks for inputs and shows the results.
        executeCommand: (command, args, next) => {
          if (command !== runCommand && command !== dryRunCommand) return next(command, args);
          const keep = (args[0] as { commit?: boolean } | undefined)?.commit === true;
          return vscode.commands.executeCommand(keep ? "dataflow.runWorkflowAndKeep" : "dataflow.runWorkflow", ...args);
        },
      },
    };
  }

  // Five restarts in three minutes, then the user decides.
  private errorHandler(): ErrorHandler {
    const crashes: number[] = [];
    return {
      error: (_error, _message, count) => ({ action: (count ?? 0) <= 3 ? ErrorAction.Continue : ErrorAction.Shutdown }),
      closed: () => {
        const now = Date.now();
        crashes.push(now);
        if (crashes.filter((at) => now - at < 3 * 60_000).length <= 5) return { action: CloseAction.Restart };
        void this.offerRestart("The DataFlow language server stopped 6 times in 3 minutes and is not started again.");
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    };
  }

  private follow(state: State): void {
    this.show(state === State.Running ? "running" : state === State.Starting ? "starting" : "stopped");
  }

  private show(state: "starting" | "running" | "stopped"): void {
    const info = this.client?.initializeResult?.serverInfo;
    this.status.busy = state === "starting";
    this.status.severity =
      state === "stopped" ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
    this.status.text = state === "running" ? `DataFlow ${info?.version ?? ""}`.trim() : `DataFlow: ${state}`;
    this.status.command =
      state === "stopped"
        ? { title: "Restart", command: "dataflow.restartServer" }
        : { title: "Show Log", command: "dataflow.showLog" };
  }

  private async offerInstall(message: string): Promise<void> {
    const chosen = await vscode.window.showErrorMessage(message, "Install with go install", "Open Settings");
    if (chosen === "Open Settings") await openSettings();
    if (chosen !== "Install with go install") return;
    const terminal = vscode.window.createTerminal("DataFlow");
    terminal.show();
    terminal.sendText(installCommand);
    await this.offerRestart("When the installation is finished, start the DataFlow language server.");
  }

  private async reportFailure(command: string, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    this.log.error(`${command}: ${reason}`);
    await this.offerRestart(`The DataFlow language server (${command}) could not start: ${reason}`, true);
  }

  private async offerRestart(message: string, failed = false): Promise<void> {
    const buttons = failed ? ["Restart", "Show Log", "Open Settings"] : ["Restart", "Show Log"];
    const chosen = await vscode.window.showWarningMessage(message, ...buttons);
    if (chosen === "Restart") await this.restart();
    if (chosen === "Show Log") this.showLog();
    if (chosen === "Open Settings") await openSettings();
  }
}

function openSettings(): Thenable<unknown> {
  return vscode.commands.executeCommand("workbench.action.openSettings", "dataflow.server.path");
}
