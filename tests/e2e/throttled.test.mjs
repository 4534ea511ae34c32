// On a processor six times slower: what the package costs until it has answered, beside
// weixin-js-sdk.
//
// Both are bundled as `cargo xtask size` does it, served from loopback, and loaded by turns with an
// empty module, each time in a fresh profile: nothing is cached or compiled before. Counted is the
// time that the page's main thread worked (CDP: `threadTicks`), not the time that went by: on a
// busy machine that says more about its other programs. Two numbers of each load:
//
// - script: running the module until `detect()` has answered, which WebAssembly's start is part of;
//   for weixin-js-sdk, which answers nothing, until its module has run.
// - task: everything the main thread did for it, with fetching and parsing. An empty module has it, too.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { bundle } from "../size/bundle.mjs";
import { startBrowser } from "./harness/browser.mjs";

const SLOWER = 6;
const LOADS = 9;
/** What W3C's Long Tasks calls long, in milliseconds. */
const LONG_TASK = 50;

const MODULES = {
  // The whole package, though `detect` alone is called; and no `await ready()` before.
  "wxpay-h5": `
    import { detect } from "wxpay-h5";
    export * from "wxpay-h5";
    export const answer = detect();`,
  "weixin-js-sdk": `
    import wx from "weixin-js-sdk";
    export const answer = typeof wx.config;`,
  empty: `export const answer = "nothing";`,
  careless: `
    for (const start = performance.now(); performance.now() < start + 300;);
    export const answer = "late";`,
};

const text = (path) => readFile(new URL(path, import.meta.url), "utf8");
const files = new Map();
let browser;
let server;
let userAgent;

before(async () => {
  browser = await startBrowser();
  files.set("/", "<!doctype html><html lang=en><title>How long a package takes</title>");
  for (const [name, contents] of Object.entries(MODULES)) {
    const { atOnce, later } = await bundle(contents);
    for (const [file, code] of [...atOnce, ...later]) files.set(`/${name}/${file}`, code);
  }
  const agents = await text("../vectors/user_agents/user_agents.tsv");
  [, userAgent] = /^4\tWeChat Android [\d.]+\tJSAPI\t([^\t]+)/m.exec(agents);
  server = createServer(serve);
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
});

after(async () => {
  await browser?.close();
  server?.close();
  server?.closeAllConnections();
});

function serve({ url }, response) {
  const type = url === "/" ? "text/html" : "text/javascript";
  response.writeHead(files.has(url) ? 200 : 404, { "content-type": type });
  response.end(files.get(url));
}

/** One load in a fresh profile: its answer, and how long the main thread worked for it. */
async function load(name) {
  const profile = await browser.newContext({ userAgent });
  try {
    const page = await profile.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const devtools = await profile.newCDPSession(page);
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    const worked = async (what) => {
      const { metrics } = await devtools.send("Performance.getMetrics");
      return 1000 * metrics.find(({ name }) => name === what).value;
    };
    const before = { script: await worked("ScriptDuration"), task: await worked("TaskDuration") };
    const module = `/${name}/bundle/stdin.js`;
    const answer = await page.evaluate(async (module) => (await import(module)).answer, module);
    const script = (await worked("ScriptDuration")) - before.script;
    return { answer, script, task: (await worked("TaskDuration")) - before.task };
  } finally {
    await profile.close();
  }
}

/** The lower quartile: what the machine's other programs have disturbed least. */
function quartile(loads, time) {
  return loads.map((load) => load[time]).sort((one, other) => one - other)[loads.length >> 2];
}

test("the package's first answer is no long task, even slowed down", async (t) => {
  const loads = { "wxpay-h5": [], "weixin-js-sdk": [], empty: [] };
  for (let round = 0; round < LOADS; round += 1) {
    for (const name of Object.keys(loads)) loads[name].push(await load(name));
  }
  for (const time of ["script", "task"]) {
    const told = Object.entries(loads).map(([name, of]) => `${name} ${quartile(of, time).toFixed(1)} ms`);
    t.diagnostic(`${time}, lower quartile of ${LOADS}: ${told.join(", ")}`);
  }
  assert.ok(quartile(loads["wxpay-h5"], "script") < LONG_TASK);

  assert.ok(loads["weixin-js-sdk"].every(({ answer }) => answer === "function"));
  for (const { answer } of loads["wxpay-h5"]) {
    // Without `ready()`: this module called `detect` as it was run.
    assert.equal(answer.client, "wechat-android");
    assert.equal(answer.channel, "jsapi");
  }
});

test("a module that does take long is found out", async () => {
  const { answer, script } = await load("careless");
  assert.equal(answer, "late");
  assert.ok(script > LONG_TASK, `${script}`);
});
