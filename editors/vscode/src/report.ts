// What a run answers, as text for the output channel.

/** What dataflow.server.run answers. */
export interface Report {
  workflow: string;
  /** Its name and place, without secrets. */
  database: string;
  /** False after a dry run: everything was rolled back. */
  committed: boolean;
  /** In the order in which they ended. */
  nodes: NodeReport[] | null;
  warnings: CatalogError[] | null;
  /** Why the workflow failed. */
  error?: CatalogError;
  /** Every reason, where there are several. */
  errors?: CatalogError[];
}

interface NodeReport {
  id: string;
  type: string;
  status: "succeeded" | "failed" | "skipped" | "cancelled";
  duration_ms: number;
  rows: number;
  output?: Record<string, unknown>;
  error?: CatalogError;
}

/** An error of the DF catalogue. */
export interface CatalogError {
  code: string;
  title?: string;
  message: string;
  position?: { file: string; line: number; column?: number };
  context?: { key: string; value: string }[];
  causes?: string[];
  solutions?: { title: string; code?: string }[];
  docs_url?: string;
}

const marks = { succeeded: "✓", failed: "✗", skipped: "○", cancelled: "○" };

/** The report as text that needs no colour to be read. */
export function render(report: Report): string {
  const nodes = report.nodes ?? [];
  const parts = [`▶ ${report.workflow} on ${report.database}`, ...nodes.map(renderNode)];
  for (const warning of report.warnings ?? []) parts.push(`Warning ${warning.code}: ${warning.message}`);
  // The error of a node has been shown at the node.
  const shown = new Set(nodes.flatMap((node) => (node.error ? [node.error.code + node.error.message] : [])));
  const errors = report.errors ?? (report.error ? [report.error] : []);
  parts.push(...errors.filter((error) => !shown.has(error.code + error.message)).map(page));
  parts.push(verdict(report));
  return parts.join("\n\n") + "\n";
}

/** The last line of a report: did it work, and is it kept? */
export function verdict(report: Report): string {
  if (report.error) {
    const failed = (report.nodes ?? []).filter((node) => node.status === "failed").map((node) => node.id);
    const at = failed.length > 0 ? ` at ${failed.join(", ")}` : "";
    return `${report.workflow} failed${at}. Nothing was kept.`;
  }
  return report.committed
    ? `${report.workflow} succeeded. Its changes are kept.`
    : `${report.workflow} succeeded. Dry run: its changes were rolled back.`;
}

/** The whole page of an error: what happened, why, and what to type next. */
export function page(error: CatalogError): string {
  const lines = [error.title ? `${error.code}: ${error.title}` : error.code, "", `Error: ${error.message}`];
  const at = error.position;
  if (at) lines.push(`At: ${[at.file, at.line, at.column].filter((part) => part !== undefined).join(":")}`);
  if (error.context?.length) lines.push("", "Context:", ...error.context.map((c) => `- ${c.key}: ${c.value}`));
  if (error.causes?.length) lines.push("", "Causes:", ...error.causes.map((cause, i) => `${i + 1}. ${cause}`));
  if (error.solutions?.length) lines.push("", "Solutions:");
  error.solutions?.forEach((solution, i) => {
    if (i > 0) lines.push("");
    lines.push(`${i + 1}. ${solution.title}`);
    if (solution.code) lines.push("", indent(solution.code, "   "));
  });
  if (error.docs_url) lines.push("", `Documentation: ${error.docs_url}`);
  return lines.join("\n");
}

function renderNode(node: NodeReport): string {
  const facts = [`${marks[node.status]} ${node.id}`, node.type];
  if (node.status === "skipped" || node.status === "cancelled") facts.push(node.status);
  else facts.push(`${node.duration_ms.toFixed(1)} ms`, node.rows === 1 ? "1 row" : `${node.rows} rows`);
  const lines = [facts.join("  ")];
  if (node.error) lines.push(indent(page(node.error), "    "));
  else if (node.output) lines.push(indent(JSON.stringify(node.output, null, 2), "    "));
  return lines.join("\n");
}

function indent(text: string, prefix: string): string {
  return text.trimEnd().replace(/^(?=.)/gm, prefix);
}
