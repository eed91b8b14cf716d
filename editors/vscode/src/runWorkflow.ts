// Dataflow: Run Workflow. Which workflow and with what inputs is asked here; the
// server runs it; the results go to the output channel.

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { ExecuteCommandRequest, ResponseError, WorkDoneProgress } from "vscode-languageclient/node";
import { page, render, verdict, type CatalogError, type Report } from "./report";
import { runCommand, type Server } from "./server";

/** One answer of dataflow.server.workflows. */
interface Workflow {
  name: string;
  func: string;
  /** Where its function begins, from 0. */
  line: number;
  runnable: boolean;
  /** Why it is not seen whole in the source: then its package is compiled to run it. */
  reason?: string;
  inputs: Input[] | null;
}

interface Input {
  name: string;
  /** Of what it feeds: "int64", "[]string"; "any" where that is not known. */
  type: string;
  required: boolean;
  /** Missing, too, where it is computed. */
  default?: unknown;
}

/** What a code lens passes; the palette passes nothing. */
interface Target {
  uri: string;
  /** The workflow's function, or its name. */
  workflow: string;
}

/** Registers the commands that run a workflow, and shows their results in the channel. */
export function registerRunWorkflow(server: Server, results: vscode.OutputChannel): vscode.Disposable {
  const run = async (target: Target | undefined, commit: boolean) => {
    try {
      return await runWorkflow(server, results, target, commit);
    } catch (error) {
      if (error instanceof vscode.CancellationError) return undefined;
      showFailure(results, error);
      return undefined;
    }
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand("dataflow.runWorkflow", (target?: Target) => run(target, false)),
    vscode.commands.registerCommand("dataflow.runWorkflowAndKeep", (target?: Target) => run(target, true)),
  );
}

// A workflow that was not run: the message, and the pages of its mistakes.
function showFailure(results: vscode.OutputChannel, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  const pages = error instanceof ResponseError ? ((error.data?.errors ?? []) as CatalogError[]).map(page) : [];
  results.replace([reason, ...pages].join("\n\n") + "\n");
  if (pages.length > 0) results.show(true);
  void vscode.window.showErrorMessage(`Dataflow: ${reason}`);
}

async function runWorkflow(
  server: Server,
  results: vscode.OutputChannel,
  target: Target | undefined,
  commit: boolean,
): Promise<Report | undefined> {
  const uri = target?.uri ?? activeGoFile();
  const workflows = await call<Workflow[] | null>(server, "dataflow.server.workflows", { uri });
  const workflow = await choose(workflows ?? [], target?.workflow);
  const inputs = workflow && (await askInputs(workflow));
  if (!workflow || !inputs) return undefined;

  const report = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Dataflow: running ${workflow.name}`, cancellable: true },
    (progress, token) =>
      call<Report>(server, runCommand, { uri, workflow: workflow.name, inputs, commit }, progress, token),
  );
  results.replace(render(report));
  results.show(true);
  if (report.error) void vscode.window.showErrorMessage(`Dataflow: ${verdict(report)}`);
  return report;
}

/** The URI of the Go file at hand. Throws when there is none. */
export function activeGoFile(): string {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId === "go") return document.uri.toString();
  throw new Error("Open the Go file with the workflow or the models first.");
}

// The workflow of that name; else the only one; else the user picks, the one
// above the cursor first.
async function choose(workflows: Workflow[], name: string | undefined): Promise<Workflow | undefined> {
  const named = workflows.find((workflow) => workflow.func === name || workflow.name === name);
  const only = workflows.length === 1 && name === undefined ? workflows[0] : undefined;
  return named ?? only ?? (await pick(workflows));
}

async function pick(workflows: Workflow[]): Promise<Workflow | undefined> {
  if (workflows.length === 0) throw new Error("There is no workflow in this file.");
  const cursor = vscode.window.activeTextEditor?.selection.active.line ?? 0;
  const distance = (workflow: Workflow) => (workflow.line <= cursor ? cursor - workflow.line : Infinity);
  const items = [...workflows]
    .sort((a, b) => (distance(a) === distance(b) ? a.line - b.line : distance(a) - distance(b)))
    .map((workflow) => ({
      label: workflow.name,
      description: workflow.func,
      detail: workflow.runnable ? "" : (workflow.reason ?? ""),
      workflow,
    }));
  return (await vscode.window.showQuickPick(items, { title: "Dataflow: Run Workflow" }))?.workflow;
}

// The server turns the text into the type that the input feeds. Undefined when the
// user gave up.
async function askInputs(workflow: Workflow): Promise<Record<string, string> | undefined> {
  const values: Record<string, string> = {};
  for (const input of workflow.inputs ?? []) {
    const text = await vscode.window.showInputBox({
      title: `${workflow.name}: ${input.name}`,
      prompt: describe(input),
      ignoreFocusOut: true,
    });
    if (text === undefined) return undefined;
    if (text !== "" || input.required) values[input.name] = text;
  }
  return values;
}

// What an input wants, for its prompt: its type, how that is written, its default.
function describe(input: Input): string {
  const sentences = [`Input "${input.name}"${input.type === "any" ? "" : ` of type ${input.type}`}.`];
  if (/^(any$|\[|map\[)/.test(input.type)) sentences.push("Lists and objects are written as JSON.");
  if (!input.required) {
    const value = input.default === undefined ? "its default" : JSON.stringify(input.default);
    sentences.push(`Leave empty for ${value}.`);
  }
  return sentences.join(" ");
}

async function call<T>(
  server: Server,
  command: string,
  argument: object,
  progress?: vscode.Progress<{ message?: string; increment?: number }>,
  token?: vscode.CancellationToken,
): Promise<T> {
  const client = server.running();
  const workDoneToken = randomUUID();
  let done = 0;
  const listener = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
    if (value.kind === "end" || !progress) return;
    const percentage = value.percentage ?? done;
    progress.report({ message: value.message ?? "", increment: percentage - done });
    done = percentage;
  });
  try {
    const params = { command, arguments: [argument], workDoneToken };
    return (await client.sendRequest(ExecuteCommandRequest.type, params, token)) as T;
  } finally {
    listener.dispose();
  }
}
