// Pages of a folder, served and opened in Chromium.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";

const TYPES = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  // As most servers send it that were set up before WebAssembly.
  ".wasm": "application/octet-stream",
};

/**
 * Serves a folder and opens a page of it.
 *
 * @param charset what the server says the page is written in
 * @param policy its content-security-policy
 * @param prepare a function to run in the page before any of its scripts
 * @returns what it told, and the names of the files that it asked for and that were missing
 */
export async function visit(browser, folder, name, { charset = "utf-8", policy, prepare } = {}) {
  const types = { ...TYPES, ".html": `text/html; charset=${charset}` };
  const headers = policy ? { "content-security-policy": policy } : {};
  const asked = [];
  const missing = [];
  const server = createServer(async (request, response) => {
    const path = request.url.slice(1);
    const body = await readFile(join(folder, path)).catch(() => undefined);
    if (path !== name) asked.push(path);
    if (!body) missing.push(path);
    const type = types[extname(path)] ?? "text/plain";
    response.writeHead(body ? 200 : 404, { ...headers, "content-type": type });
    response.end(body);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    const address = `http://127.0.0.1:${server.address().port}/${name}`;
    const told = await titleOf(browser, address, prepare);
    return { told, asked, missing };
  } finally {
    await new Promise((closed) => {
      server.close(closed);
      server.closeAllConnections();
    });
  }
}

/** Opens a page and waits until consumer/show.mjs has told what there is to tell. */
export async function titleOf(browser, address, prepare) {
  const page = await browser.newPage({ locale: "zh-CN" });
  try {
    const thrown = new Promise((_, fail) => page.on("pageerror", fail));
    if (prepare) await page.addInitScript(prepare);
    await page.goto(address);
    const told = page.waitForFunction(() => document.title.startsWith("{"));
    await Promise.race([told, thrown]);
    return JSON.parse(await page.title());
  } finally {
    await page.close();
  }
}
