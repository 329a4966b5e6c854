// Uses the page as a person does, in a browser without a window.
//
//   node page.mjs CHROMIUM GATEWAY STATES GATEWAY_WITH_KEYS PICTURES

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const [executablePath, gateway, states, gatewayWithKeys, pictures] = process.argv.slice(2);
mkdirSync(pictures, { recursive: true });
// The sandbox needs rights that containers do not have. Only this repository's page is opened.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

async function setState(state) {
  const body = JSON.stringify({ consumer: "tests", state });
  assert.equal((await fetch(states, { method: "POST", body })).status, 200);
}

/** Opens the page, and notes what goes wrong in it. */
async function open(url, protocol, colorScheme) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 900, height: 900 } });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("console", (message) => {
    // Answers with the status of an error are expected.
    const isExpected = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isExpected) page.faults.push(message.text());
  });
  await page.goto(url);
  await page.getByLabel(protocol === "sse" ? "REST and SSE" : "grpc-web").check();
  return page;
}

/** Sends a message, and returns the place of its answer. */
async function send(page, text) {
  await page.getByLabel("Message").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
  return page.getByRole("article", { name: "Answer" }).last();
}

/** Waits for the end of a turn: then its trace is shown. */
const ended = (answer) => answer.locator(".trace").waitFor();

async function ask(page, text) {
  const answer = await send(page, text);
  await ended(answer);
  return answer;
}

async function chat(protocol, colorScheme) {
  const picture = (page, name) =>
    page.screenshot({ path: `${pictures}/${name}-${protocol}-${colorScheme}.png`, fullPage: true });
  await setState("the handbook is stored");
  const page = await open(gateway, protocol, colorScheme);
  const sent = [];
  page.on("request", (request) => sent.push(request));

  // An answer with its source.
  let answer = await ask(page, "How many vacation days do employees have?");
  const text = 'The document "Vacation" says: "Employees have 30 vacation days a year."';
  assert.equal(await answer.locator(".text").textContent(), text);
  const source = answer.locator(".citations li").first();
  assert.equal(await source.getByRole("link").getAttribute("href"), "https://handbook.example/vacation");
  assert.match(await source.textContent(), /^Vacation · relevance 0\.\d\dEmployees have 30 vacation/);
  assert.match(await answer.locator(".about").first().textContent(), /^stop · \d+ tokens · extractive-1$/);
  assert.equal(await page.getByRole("status").textContent(), text);
  const paths = sent.map((request) => new URL(request.url()).pathname);
  const call = protocol === "sse" ? /turns:stream$/ : /^\/agent\.v2\.ConversationService\/StreamTurn$/;
  const stream = sent[paths.findIndex((path) => call.test(path))];
  const { traceparent } = stream.headers();
  const [, trace] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(traceparent);
  assert(paths.includes(`/traces/${trace}`), `${paths}`);

  // A tool, and the trace.
  answer = await ask(page, "What is 12 * 30?");
  assert.match(await answer.locator(".tool").textContent(), /^Tool calculator\(.*12 \* 30.*\) → 360$/);
  await answer.getByText(/^Trace: \d\d spans, \d+(\.\d\d)? ms$/).click();
  const rows = answer.locator(".trace tbody tr");
  const names = await rows.locator("td:first-child").allTextContents();
  const root = protocol === "sse" ? /^POST \/v2\/.*turns:stream$/ : /^POST \/agent\.v2\..*StreamTurn$/;
  assert.match(names[0], root);
  const order = ["StreamTurn", "Retrieve", "execute_tool calculator", "AppendMemory"];
  const places = order.map((name) => names.findIndex((row) => row.endsWith(name)));
  assert.deepEqual(places.toSorted((a, b) => a - b), places, `${names}`);
  assert(places[0] >= 0, `${names}`);
  const left = (row) => row.locator(".bar").evaluate((bar) => parseFloat(getComputedStyle(bar).left));
  assert((await left(rows.nth(places[3]))) > (await left(rows.nth(places[1]))), "later is further right");
  await picture(page, "answers");

  // The conversation is lost: an error, and the next message begins another one.
  await setState("the model is slow");
  answer = await ask(page, "Hello?");
  assert.match(await answer.locator(".error").textContent(), /^NOT_FOUND there is no conversation/);

  // Stop. The answer repeats the message: 20 seconds, if nothing ends it.
  answer = await send(page, "word ".repeat(200));
  const stop = page.getByRole("button", { name: "Stop" });
  await answer.locator(".text").getByText("found").waitFor();
  assert(await page.getByRole("button", { name: "Send" }).isDisabled());
  await picture(page, "running");
  await stop.click();
  await ended(answer);
  assert.match(await answer.locator(".about").first().textContent(), /^cancelled · \d{1,2} tokens/);
  await page.waitForFunction(() => document.getElementById("stop").disabled);
  await picture(page, "stopped");
  assert.deepEqual(page.faults, []);
  await page.context().close();

  // A key is needed.
  const locked = await open(gatewayWithKeys, protocol, colorScheme);
  await picture(locked, "empty");
  answer = await ask(locked, "Hello?");
  const refused = /^UNAUTHENTICATED a known key is required.* \(request [0-9a-f]{32}\)$/;
  assert.match(await answer.locator(".error").textContent(), refused);
  await picture(locked, "refused");
  await locked.getByLabel("API key").fill("key-of-anna");
  answer = await ask(locked, "Hello?");
  assert.equal(await answer.locator(".text").textContent(), 'I found nothing about "Hello?".');
  assert.equal(await answer.locator(".error").count(), 0);
  assert.deepEqual(locked.faults, []);
  await locked.context().close();
  console.log(`${protocol} ${colorScheme} ${traceparent}`);
}

try {
  for (const protocol of ["sse", "grpc-web"]) {
    for (const colorScheme of ["light", "dark"]) await chat(protocol, colorScheme);
  }
} finally {
  await browser.close();
}
