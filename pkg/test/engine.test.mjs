import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { UA } from "./fake.mjs";

const { Instance, Module, instantiate } = WebAssembly;
const restore = () => Object.assign(WebAssembly, { Instance, Module, instantiate });
const dist = (name) => new URL(`../dist/${name}`, import.meta.url);

/** The default entry as a page loads it: started by nobody yet. */
let loads = 0;
const fresh = () => import(`${dist("index.mjs")}?load=${(loads += 1)}`);

test("an engine that compiles nothing synchronously works after ready()", async (t) => {
  t.after(restore);
  const { detect, ready } = await fresh();
  // Chromium before 114, on the main thread, for more than 4096 bytes.
  WebAssembly.Module = class { constructor() { throw new RangeError("larger than 4KB"); } };
  assert.throws(() => detect(UA.wechat), { code: "not_ready" });
  let memory;
  let module;
  WebAssembly.instantiate = async (bytes) => {
    const made = await instantiate(bytes);
    memory = made.instance.exports.memory;
    module = made.module;
    return made;
  };
  await ready();
  assert.equal(detect(UA.wechat).channel, "jsapi");
  restore();

  // One door in, nothing out: no clock, no network, no page, and nothing an old engine lacks.
  assert.deepEqual(Module.imports(module), []);
  assert.deepEqual(Module.exports(module).map(({ name }) => name).sort(), ["ask", "memory", "room"]);

  // The same instance goes on: its memory stays what it was after the first questions.
  const agents = [UA.wechat, UA.phone + "付".repeat(300), "x".repeat(70_000)];
  for (const agent of agents) detect(agent);
  const before = memory.buffer.byteLength;
  for (let round = 0; round < 100; round += 1) for (const agent of agents) detect(agent);
  assert.equal(memory.buffer.byteLength, before);
});

test("where the page's policy refuses WebAssembly, ready() takes the JavaScript engine", async (t) => {
  t.after(restore);
  const { detect, ready } = await fresh();
  const refused = "Refused to compile or instantiate WebAssembly module";
  WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError(refused); } };
  WebAssembly.instantiate = async () => { throw new WebAssembly.CompileError(refused); };
  assert.throws(() => detect(UA.wechat), { code: "not_ready" });
  await ready();
  assert.equal(detect(UA.wechat).channel, "jsapi");
});

test("the classic script names no global that its browsers do not have", () => {
  assert.doesNotMatch(readFileSync(dist("global.js"), "utf8"), /globalThis/);
});

test("the entries without WebAssembly do not even name it", () => {
  for (const name of ["js.mjs", "js.cjs", "production/js.mjs", "production/js.cjs", "global.js"]) {
    assert.doesNotMatch(readFileSync(dist(name), "utf8"), /WebAssembly/, name);
  }
});
