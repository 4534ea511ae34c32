import assert from "node:assert/strict";
import { test } from "node:test";
import { detect, ready } from "wxpay-h5";
import { UA } from "./fake.mjs";

const { Instance, Module, instantiate } = WebAssembly;

test("an engine that compiles nothing synchronously works after ready()", async () => {
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
  Object.assign(WebAssembly, { Instance, Module, instantiate });

  // One door in, nothing out: no clock, no network, no page, and nothing an old engine lacks.
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  assert.deepEqual(WebAssembly.Module.exports(module).map(({ name }) => name).sort(), [
    "ask", "memory", "room",
  ]);

  // The same instance goes on: its memory stays what it was after the first questions.
  const agents = [UA.wechat, UA.phone + "付".repeat(300), "x".repeat(70_000)];
  for (const agent of agents) detect(agent);
  const before = memory.buffer.byteLength;
  for (let round = 0; round < 100; round += 1) for (const agent of agents) detect(agent);
  assert.equal(memory.buffer.byteLength, before);
});
