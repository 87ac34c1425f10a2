// Opens /docs and /reference in Chromium as a reader would, and prints what was seen as JSON.
//   node docs_page.mjs <port> <path of Chromium> <empty folder> <user name> <password>     (in openapi/)
import { createRequire } from "node:module";

// the tools live in openapi/, this file does not
const { chromium } = createRequire(`${process.cwd()}/`)("playwright-core");
const [port, executablePath, profile, username, password] = process.argv.slice(2);
const address = `http://tdkt.example:${port}`;
const seen = { elsewhere: [], complaints: [], violations: [] };

const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  headless: true,
  viewport: { width: 1280, height: 1600 },
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // what a page does only where it is not on localhost, it does here as well
    "--host-resolver-rules=MAP tdkt.example 127.0.0.1",
  ],
});
context.setDefaultTimeout(90_000);
await context.route("**/*", (route) => {
  const { origin, href } = new URL(route.request().url());
  if (origin === address) return route.continue();
  seen.elsewhere.push(href);
  return route.abort();
});
await context.exposeFunction("tellViolation", (text) => seen.violations.push(text));
await context.addInitScript(() => {
  document.addEventListener("securitypolicyviolation", (event) =>
    window.tellViolation(`${event.violatedDirective}: ${event.blockedURI}`),
  );
});

async function open(path) {
  const page = await context.newPage();
  page.on("console", (message) => {
    // the browser also complains of the 401 that is asked for below
    const asked = message.location().url === `${address}/v1/me` && message.text().includes("401");
    if (["error", "warning"].includes(message.type()) && !asked) seen.complaints.push(`${path}: ${message.text()}`);
  });
  page.on("pageerror", (error) => seen.complaints.push(`${path}: ${error}`));
  await page.goto(address + path);
  return page;
}

/** Open an operation, press "Try it out" and "Execute", and read what the page shows. */
async function execute(page, tag, operation, body) {
  await page.locator(`#operations-tag-${tag}`).click();
  const block = page.locator(`#operations-${tag}-${operation}`);
  await block.locator(".opblock-summary-control").click();
  await block.locator(".try-out__btn").click();
  if (body !== undefined) await block.locator("textarea.body-param__text").fill(JSON.stringify(body));
  await block.locator("button.execute").click();
  const answer = block.locator(".live-responses-table tbody .response").first();
  const status = (await answer.locator(".response-col_status").innerText()).trim().split(/\s/)[0];
  const text = await answer.locator(".response-col_description .highlight-code pre").first().innerText();
  return { status, body: JSON.parse(text) };
}

const docs = await open("/docs");
await docs.locator(".opblock-tag").first().waitFor();
seen.title = await docs.locator(".info .title").innerText();
seen.tags = await docs.locator(".opblock-tag").count();
seen.before = (await execute(docs, "me", "readMe")).status;
const login = await execute(docs, "auth", "login", { username, password });
seen.login = login.status;

await docs.locator(".auth-wrapper .btn.authorize").first().click();
await docs.locator(".modal-ux #auth-bearer-value").fill(login.body.access_token);
await docs.locator(".modal-ux button.authorize").click();
await docs.locator(".modal-ux .btn-done").click();
await docs.locator("#operations-me-readMe button.execute").click();
await docs.locator("#operations-me-readMe .live-responses-table", { hasText: username }).waitFor();
const me = docs.locator("#operations-me-readMe .live-responses-table tbody .response").first();
seen.after = (await me.locator(".response-col_status").innerText()).trim().split(/\s/)[0];

const reference = await open("/reference");
await reference.locator("h1", { hasText: "TĐKT API" }).waitFor();
await reference.locator('[data-section-id*="readMe"], [id*="readMe"]').first().waitFor({ state: "attached" });
seen.operations = await reference.locator('div[data-section-id*="/operation/"]').count();

await context.close();
console.log(JSON.stringify(seen));
