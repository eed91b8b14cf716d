// Where dataflow-lsp is: the setting, else the copy inside the extension, else
// GOBIN or GOPATH/bin, else PATH.

import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";

const binary = process.platform === "win32" ? "dataflow-lsp.exe" : "dataflow-lsp";

/** How a user without a packaged extension gets the server. */
export const installCommand = "go install github.com/dataflow-go/dataflow/cmd/dataflow-lsp@latest";

/** No server was found. The message says where it was looked for. */
export class ServerNotFound extends Error {}

/** The path of the server to start. Throws ServerNotFound. */
export async function serverPath(extensionPath: string): Promise<string> {
  const setting = vscode.workspace.getConfiguration("dataflow").get("server.path", "").trim();
  if (setting) return fromSetting(setting);

  const bundled = path.join(extensionPath, "bin", binary);
  const folders = [...(await goFolders()), ...searchPath()];
  const found = [bundled, ...folders.map((folder) => path.join(folder, binary))].find(isExecutable);
  if (found) return found;
  throw new ServerNotFound(
    "The DataFlow language server (dataflow-lsp) is not in GOBIN, GOPATH/bin or PATH. " +
      "Install it, or set dataflow.server.path to where it is.",
  );
}

// A setting without a slash names a program on PATH. It never falls back to
// another server: the user asked for this one.
function fromSetting(setting: string): string {
  const named = setting.startsWith("~/") ? path.join(os.homedir(), setting.slice(2)) : setting;
  const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? os.homedir();
  const candidates = /[\\/]/.test(named)
    ? [path.resolve(root, named)]
    : searchPath().map((folder) => path.join(folder, named));
  const found = candidates.find(isExecutable);
  if (found) return found;
  throw new ServerNotFound(
    `dataflow.server.path is "${setting}", but there is no program of that name. ` +
      "Correct the setting, or clear it to have the server looked for.",
  );
}

async function goFolders(): Promise<string[]> {
  let gobin = process.env["GOBIN"] ?? "";
  let gopath = process.env["GOPATH"] ?? path.join(os.homedir(), "go");
  try {
    // The go command also knows what "go env -w" has set.
    const { stdout } = await promisify(execFile)("go", ["env", "GOBIN", "GOPATH"]);
    [gobin = "", gopath = ""] = stdout.split(/\r?\n/);
  } catch {
    // No go command: the environment has to do.
  }
  const bins = gopath.split(path.delimiter).filter(Boolean).map((folder) => path.join(folder, "bin"));
  return gobin ? [gobin, ...bins] : bins;
}

function searchPath(): string[] {
  return (process.env["PATH"] ?? "").split(path.delimiter).filter(Boolean);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
