// Runs features/index.js inside VS Code's extension host, where the extension under
// test runs, too: opens a page of the workbench that is told to. One line a check;
// exits 0 or 1. Started by run.sh, which sets the environment.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createRequire } from "node:module";

const { chromium } = createRequire(process.env.PLAYWRIGHT)("playwright-core");
const { URL: base, FEATURES: folder } = process.env;
const tests = path.join(path.dirname(fileURLToPath(import.meta.url)), "features", "index.js");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
});
const page = await browser.newPage();

// The workbench hands its page what the extension host logs, and how the tests end.
const ended = new Promise((resolve) => page.exposeFunction("codeAutomationExit", resolve));
await page.exposeFunction("codeAutomationLog", (_type, args) => {
  const line = String(args[0]);
  if (/^(ok|FAIL)  /.test(line)) console.log(line);
});
// It takes the tests to run from its configuration, in an element of the page.
const remote = (file) => ({ $mid: 1, scheme: "vscode-remote", authority: new URL(base).host, path: file });
await page.addInitScript((developmentOptions) => {
  const observer = new MutationObserver(() => {
    const element = document.getElementById("vscode-workbench-web-configuration");
    if (!element) return;
    observer.disconnect();
    const configuration = JSON.parse(element.getAttribute("data-settings"));
    element.setAttribute("data-settings", JSON.stringify({ ...configuration, developmentOptions }));
  });
  observer.observe(document, { childList: true, subtree: true });
}, { extensions: [remote(path.dirname(tests))], extensionTestsPath: remote(tests) });

await page.goto(`${base}/?folder=${encodeURIComponent(folder)}`);
const late = new Promise((resolve) => setTimeout(resolve, 150_000, "they did not end"));
const code = await Promise.race([ended, late]);
await browser.close();
console.log(code === 0 ? "VS Code: all features checked" : `VS Code: the checks of features FAILED (${code})`);
process.exit(code === 0 ? 0 : 1);
