// Drives VS Code in a headless Chromium as a user would: opens the broken example,
// reads the diagnostic, mends it with the quick fix, runs the workflow. One line a
// check; exits 0 or 1. Started by run.sh, which sets the environment.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const { chromium } = createRequire(process.env.PLAYWRIGHT)("playwright-core");
const { URL: url, FOLDER: folder, SCREENSHOT: screenshot, SHOTS: shots } = process.env;
const started = Date.now();
const step = (text) => console.log(`ok    ${text} (${((Date.now() - started) / 1000).toFixed(1)} s)`);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
});
const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();

// What the elements of a selector show. Monaco writes spaces as no-break spaces.
const texts = (selector) =>
  page.$$eval(selector, (all) => all.map((e) => (e.textContent ?? "").replaceAll("\u00a0", " ")));
const text = async (selector) => (await texts(selector)).join("\n");

// Waits until a condition holds. What it is called is what a failure says.
async function until(name, condition, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`timed out: ${name}`);
    await page.waitForTimeout(100);
  }
  step(name);
}

async function quickInput(key, typed, wanted) {
  await page.keyboard.press(key);
  await page.waitForSelector(".quick-input-widget:visible input", { timeout: 20_000 });
  await page.keyboard.type(typed);
  if (wanted) {
    const first = ".quick-input-list .monaco-list-row >> nth=0";
    await page.waitForSelector(`${first} >> text=${wanted}`, { timeout: 20_000 });
  }
  await page.keyboard.press("Enter");
}

const command = (name) => quickInput("F1", name, name);

// Puts the cursor on a word of signup.go. Quick open counts a tab as four columns.
async function goTo(word) {
  const source = fs.readFileSync(path.join(folder, "signup.go"), "utf8").replaceAll("\t", "    ").split("\n");
  const line = source.findIndex((l) => l.includes(word)) + 1;
  const column = source[line - 1].indexOf(word) + 2;
  await page.keyboard.press("Control+1"); // the editor, not a panel
  await quickInput("Control+P", `:${line}:${column}`);
  await page.waitForSelector(`.statusbar-item:has-text("Ln ${line}, ")`, { timeout: 20_000 });
}

const editor = () => text(".editor-instance .view-line");
const problems = () => text(".markers-panel .monaco-list-row");
const output = () => text(".output-view .view-line");
const squiggles = () => page.locator(".editor-instance .squiggly-error").count();

async function diagnose() {
  await page.goto(`${url}/?folder=${encodeURIComponent(folder)}`);
  await page.waitForSelector(".explorer-folders-view .monaco-list-row", { timeout: 60_000 });
  step("the workbench is up");
  await quickInput("Control+P", "signup.go", "signup.go");
  await until("signup.go is open", async () => (await editor()).includes("UserCreateNode"));
  await until("the mistake has a squiggle", async () => (await squiggles()) > 0, 90);
  await page.keyboard.press("Control+Shift+M");
  await until("Problems has DF-101 and the parameter", async () => /email[^\n]*DF-101/.test(await problems()));
}

async function explain() {
  await goTo("UserCreateNode");
  await page.keyboard.press("Control+K");
  await page.keyboard.press("Control+I");
  await until("the hover has the page of DF-101", async () => {
    const hover = await text(".monaco-hover:not(.hidden)");
    return hover.includes("DF-101") && hover.includes("Solutions");
  });
  if (screenshot) {
    await page.waitForTimeout(1000); // colours and icons come late
    fs.mkdirSync(path.dirname(screenshot), { recursive: true });
    await page.screenshot({ path: screenshot });
    step(`picture: ${screenshot}`);
  }
  await page.keyboard.press("Escape");
}

async function runBroken() {
  await page.locator(".codelens-decoration a", { hasText: "Run" }).first().click({ timeout: 30_000 });
  await until("the lens does not run a broken workflow, and says why", async () =>
    /DF-101/.test(await text(".notification-toast")),
  );
  await until("the output has the page", async () => (await output()).includes("errors/DF-101"));
  await command("Notifications: Clear All Notifications");
}

async function mend() {
  await goTo("UserCreateNode");
  await page.keyboard.press("Control+.");
  await page.waitForSelector(".action-widget .monaco-list-row", { timeout: 20_000 });
  step("a quick fix is offered");
  await page.keyboard.press("Enter");
  await until("the quick fix writes the parameter", async () => /"email": /.test(await editor()));
  await until("the squiggle is gone", async () => (await squiggles()) === 0);
  await page.keyboard.press("Control+S");
  await until("the file is saved", async () => fs.readFileSync(path.join(folder, "signup.go"), "utf8").includes('"email":'));
}

async function migrate() {
  await command("Dataflow: Show Migration SQL");
  await until("the SQL of the migration is shown", async () => (await editor()).includes('CREATE TABLE "'));
  await quickInput("Control+P", "signup.go", "signup.go");
  await until("signup.go is in front", async () => (await editor()).includes("UserCreateNode"));
  await command("Dataflow: Run Migration");
  await until("the migration is run", async () => /migrated, \d+ statement/.test(await text(".notification-toast")));
  await command("Notifications: Clear All Notifications");
}

async function run() {
  await command("Dataflow: Run Workflow");
  // It asks for an input when the fix wrote one.
  const prompt = page.locator('.quick-input-widget:visible:has-text("email")');
  await until("the run asks for its input, or is done", async () =>
    (await prompt.count()) > 0 || (await output()).includes("signup succeeded"),
  );
  if (await prompt.count()) {
    await page.keyboard.type("alice@example.com");
    await page.keyboard.press("Enter");
  }
  await until("the workflow succeeds, and is rolled back", async () =>
    (await output()).includes("signup succeeded. Dry run: its changes were rolled back."),
  );
  await command("View: Toggle Maximized Panel");
  // Only the lines in view exist in the page, so it is read from its top and its end.
  await page.locator(".output-view .view-lines").click();
  await page.keyboard.press("Control+Home");
  await until("the output begins with the workflow and its database", async () => (await output()).includes("▶ signup on "));
  const top = await output();
  await page.keyboard.press("Control+End");
  await until("the output ends with the verdict", async () => (await output()).includes("rolled back."));
  const shown = top + (await output());
  for (const wanted of ["✓ create  UserCreateNode", '"id": "user-123"', "✓ cart  OrderCreateNode", "✓ orders  OrderListNode"])
    await until(`the output has ${wanted}`, async () => shown.includes(wanted), 0);
  await command("View: Toggle Maximized Panel");
}

// The prompts say what each input wants. The run is given up at the second.
async function prompts() {
  await quickInput("Control+P", "launch.go", "launch.go");
  await until("launch.go is in front", async () => (await editor()).includes("ProductCreateNode"));
  await command("Dataflow: Run Workflow");
  const prompt = () => text(".quick-input-widget");
  await until("a run asks for an input of a type", async () => (await prompt()).includes('Input "sku" of type string.'));
  await page.keyboard.type("tea-1");
  await page.keyboard.press("Enter");
  await until("and shows the default of another", async () =>
    /Input "price" of type decimal\S*\. Leave empty for "4\.50"\./.test(await prompt()),
  );
  await page.keyboard.press("Escape");
}

async function restart() {
  await command("Dataflow: Restart Language Server");
  await page.keyboard.press("Control+1");
  await page.keyboard.press("Control+Z");
  await until("after a restart the undone fix is reported again", async () => (await squiggles()) > 0);
}

let failed = false;
try {
  for (const part of [diagnose, explain, runBroken, mend, migrate, run, restart, prompts]) await part();
} catch (error) {
  failed = true;
  console.log(`FAIL  ${error instanceof Error ? error.message.split("\n")[0] : error}`);
  fs.mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, "failed.png") }).catch(() => undefined);
  console.log(`      Problems: ${JSON.stringify(await texts(".markers-panel .monaco-list-row").catch(() => []))}`);
  console.log(`      Output: ${await output().catch(() => "")}`);
  console.log(`      Picture: ${path.join(shots, "failed.png")}`);
} finally {
  await browser.close();
}
console.log(failed ? "VS Code: FAILED" : "VS Code: all checks passed");
process.exit(failed ? 1 : 0);
