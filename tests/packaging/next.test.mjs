// A page of Next: rendered on the server, and taken over in Chromium.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import next from "next";
import { startBrowser } from "../e2e/harness/browser.mjs";
import { scriptsOf } from "./harness/bundlers.mjs";
import { ROOT, openShop, run } from "./harness/shop.mjs";

let shop;
let browser;
let folder;
let app;
let server;
let address;

before(async () => {
  [shop, browser] = await Promise.all([openShop(), startBrowser()]);
  folder = join(shop.folder, "next");
  // Next's own choice of bundler, which is Turbopack; no configuration at all.
  const program = join(ROOT, "node_modules/next/dist/bin/next");
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
  await run(process.execPath, [program, "build"], { cwd: folder, env });
  app = next({ dev: false, dir: folder });
  await app.prepare();
  server = createServer(app.getRequestHandler());
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${server.address().port}/`;
});

after(async () => {
  await browser?.close();
  if (server) await new Promise((closed) => server.close(closed));
  await app?.close();
  await shop?.close();
});

test("the server's part of the page and the browser's are both rendered with their values", async () => {
  const html = await (await fetch(address)).text();
  assert.match(html, /<p id="server">jsapi<\/p>/);
  assert.match(html, /<button id="buy">native 0<\/button>/);
});

test("the browser takes the page over without complaint, and asks the package itself", async () => {
  const page = await browser.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(address);
  const buy = page.locator("#buy");
  await buy.click();
  await buy.filter({ hasText: "mweb 1" }).waitFor();
  assert.ok(await page.evaluate(() => customElements.get("wxpay-return") !== undefined));
  assert.deepEqual(complaints, []);
  await page.close();
});

test("Next takes the production build: no sentence of an error reaches the browser", async () => {
  const text = await scriptsOf(join(folder, ".next/static"));
  assert.match(text, /url_encoded/);
  assert.doesNotMatch(text, /支付授权目录/);
});
