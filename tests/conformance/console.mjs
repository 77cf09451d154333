// GraphiQL in a real browser: it runs a query and a subscription, and loads nothing from elsewhere.
import { chromium } from "playwright-core";

const { YAOLU_URL, YAOLU_TOKEN, CHROMIUM } = process.env;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const MILLISECONDS = 30_000;

const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
const page = await browser.newPage();
const complaints = [];
page.on("pageerror", (error) => complaints.push(`error: ${error}`));
page.on("console", (line) => line.type() === "error" && complaints.push(`console: ${line.text()}`));
page.on("request", (request) => {
  if (!request.url().startsWith(YAOLU_URL) && !request.url().startsWith("data:")) {
    complaints.push(`asked elsewhere: ${request.url()}`);
  }
});
page.on("websocket", (socket) => {
  // whoever drives the other side lets something happen from now on
  socket.on("framesent", ({ payload }) => payload.includes('"subscribe"') && console.log("subscribed"));
});

/** Write into an editor that a person sees. */
async function write(place, text) {
  const editor = page.locator(`${place} .CodeMirror:visible`);
  await editor.waitFor({ timeout: MILLISECONDS });
  await editor.evaluate((node, value) => node.CodeMirror.setValue(value), text);
}

/** Run one operation of the page's first document, and wait until the answer shows all of the words. */
async function run(operation, ...words) {
  await page.locator(".graphiql-execute-button").click();
  await page.getByRole("menuitem", { name: operation }).click();
  await page.waitForFunction(
    (wanted) => {
      const shown = document.querySelector(".result-window .CodeMirror")?.CodeMirror.getValue() ?? "";
      return wanted.every((word) => shown.includes(word));
    },
    words,
    { timeout: MILLISECONDS },
  );
}

try {
  await page.goto(`${YAOLU_URL}/graphql`);
  await write(".graphiql-editor-tool", JSON.stringify({ Authorization: `Bearer ${YAOLU_TOKEN}` }));
  await run("Me", '"data"', '"area"');
  await run("Events", '"data"', '"PRESCRIPTION_ISSUED"');
  if (complaints.length > 0) throw new Error("The page complained.");
  console.log("GraphiQL: ran a query and a subscription in a browser");
} catch (error) {
  console.error(`${error}`);
  for (const complaint of complaints) console.error(`  ${complaint}`);
  const shown = await page.evaluate(() => document.body.innerText).catch(() => "");
  console.error(shown.slice(0, 1500));
  process.exitCode = 1;
} finally {
  await browser.close();
}
