// On a processor six times slower: how long until the package answers, beside weixin-js-sdk.
//
// Both are bundled as `cargo xtask size` does it, served from loopback, and loaded by turns, each
// time in a fresh profile: nothing is cached or compiled before. Two times are taken of each load:
//
// - evaluated: from the bundle's first statement, which stands before the package's own, until
//   `detect()` has answered; for weixin-js-sdk, which answers nothing, until its module has run.
// - whole: from just before `import()`, so with fetching and parsing.
//
// They are printed, not asserted: on a busy machine they say more about its other programs.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { bundle } from "../size/bundle.mjs";
import { startBrowser } from "./harness/browser.mjs";

const SLOWER = 6;
const LOADS = 9;
// On a busy machine other programs make most loads slower, and Chromium's own brake, a thread, now
// and then gets no turn. So a few loads have to be quick: neither all of them nor only the best.
const QUICK = 3;
const AT_MOST = 40;

const started = "import \"data:text/javascript,performance.mark('started')\";";
const answered = 'performance.mark("answered");';
const MODULES = {
  // The whole package, though `detect` alone is called; and no `await ready()` before.
  "wxpay-h5": `${started}
    import { detect } from "wxpay-h5";
    export * from "wxpay-h5";
    export const answer = detect();
    ${answered}`,
  "weixin-js-sdk": `${started}
    import wx from "weixin-js-sdk";
    export const answer = typeof wx.config;
    ${answered}`,
  careless: `${started}
    const start = performance.now();
    while (performance.now() < start + 60);
    export const answer = "late";
    ${answered}`,
};

const text = (path) => readFile(new URL(path, import.meta.url), "utf8");
const files = new Map();
let browser;
let server;
let userAgent;

before(async () => {
  browser = await startBrowser();
  files.set("/", await text("pages/throttled.html"));
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
  response.writeHead(files.has(url) ? 200 : 404, {
    "content-type": url === "/" ? "text/html" : "text/javascript",
    // The clock of an isolated page ticks every 5 µs, that of others every 100 µs.
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  });
  response.end(files.get(url));
}

/** One load in a fresh profile: its answer, its times, and the long tasks it was part of. */
async function load(name) {
  const profile = await browser.newContext({ userAgent });
  try {
    const page = await profile.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const devtools = await profile.newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    return await page.evaluate((module) => load(module), `/${name}/bundle/stdin.js`);
  } finally {
    await profile.close();
  }
}

/** The best and the median of a time, in milliseconds. */
function summary(loads, time) {
  const sorted = loads.map((load) => load[time]).sort((one, other) => one - other);
  return { best: sorted[0], median: sorted[sorted.length >> 1] };
}

test("loading the package and its first answer are no long task, even slowed down", async (t) => {
  const ours = [];
  const theirs = [];
  const quick = () => ours.filter(({ longTasks }) => longTasks.length === 0).length >= QUICK;
  while (ours.length < LOADS || (ours.length < AT_MOST && !quick())) {
    ours.push(await load("wxpay-h5"));
    theirs.push(await load("weixin-js-sdk"));
  }
  for (const time of ["evaluated", "whole"]) {
    const [a, b] = [summary(ours, time), summary(theirs, time)];
    for (const of of ["best", "median"]) {
      const ratio = (a[of] / b[of]).toFixed(1);
      const times = `${a[of].toFixed(1)} ms, weixin-js-sdk ${b[of].toFixed(1)} ms`;
      t.diagnostic(`${time}, ${of} of ${ours.length}: ${times}, ratio ${ratio}`);
    }
  }
  const long = JSON.stringify(ours.map(({ longTasks }) => longTasks));
  t.diagnostic(`long tasks in ms, by load: ${long}`);
  assert.ok(quick(), `long tasks in almost every load: ${long}`);

  assert.ok(theirs.every(({ answer }) => answer === "function"), "weixin-js-sdk was loaded");
  for (const { answer } of ours) {
    // Without `ready()`: this module called `detect` in its first task.
    assert.equal(answer.client, "wechat-android");
    assert.equal(answer.channel, "jsapi");
  }
});

test("a module that does take long is found out", async () => {
  const { answer, longTasks } = await load("careless");
  assert.equal(answer, "late");
  assert.ok(longTasks.some((duration) => duration > 50), JSON.stringify(longTasks));
});
