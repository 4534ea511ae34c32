// A local WeChat for tests in JavaScript: vitest, Playwright, node:test. No dependencies.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The program: `WXPAY_SANDBOX_BIN`, or the one in this package. */
export function program() {
  return process.env.WXPAY_SANDBOX_BIN || fileURLToPath(new URL("bin/wxpay-sandbox", import.meta.url));
}

/** How much of what the program complained of is told. */
const COMPLAINT = 2_000;

/** Starts one on free ports, and returns when it answers. */
export async function startSandbox({ site, seed = 1, now, freeze = false, data, args = [] } = {}) {
  const flags = ["--json", "--port=0", "--wechat-port=0", "--phone-port=0", "--desktop-port=0", `--seed=${seed}`];
  if (site) flags.push(`--site=${site}`);
  if (now) flags.push(`--now=${now}`);
  if (freeze) flags.push("--freeze");
  if (data) flags.push(`--data=${data}`);
  const child = spawn(program(), [...flags, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaint = (complaint + text).slice(-COMPLAINT)));
  const ended = once(child, "exit").catch((error) => [error]);
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, "line"), ended.then(() => null)]);
  if (first === null) throw new Error(`wxpay-sandbox did not start: ${complaint || (await ended)[0]}`);
  child.stdout.resume();
  const sandbox = new Sandbox(JSON.parse(first[0]), child, ended);
  return Object.assign(sandbox, { env: await sandbox.get("env") });
}

/** A running sandbox. Its control API is described at `${url}/sandbox/openapi.yaml`. */
export class Sandbox {
  #child;
  #ended;

  constructor(addresses, child, ended) {
    this.addresses = addresses;
    this.url = addresses.gateway;
    this.#child = child;
    this.#ended = ended;
  }

  get(path) {
    return this.#ask("GET", path);
  }

  post(path, body = {}) {
    return this.#ask("POST", path, body);
  }

  state() {
    return this.get("state");
  }

  order(outTradeNo) {
    return this.get(`orders/${encodeURIComponent(outTradeNo)}`);
  }

  pay(outTradeNo, buyer = {}) {
    return this.post(`orders/${encodeURIComponent(outTradeNo)}/pay`, buyer);
  }

  notify(outTradeNo, times = 1) {
    return this.post(`orders/${encodeURIComponent(outTradeNo)}/notify`, { times });
  }

  faults(changes) {
    return this.post("faults", changes);
  }

  advance(seconds) {
    return this.post("clock", { advance_seconds: seconds });
  }

  reset() {
    return this.post("reset");
  }

  async stop() {
    this.#child.kill();
    await this.#ended;
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }

  async #ask(method, path, body) {
    const answer = await fetch(`${this.url}/sandbox/${path}`, {
      method,
      headers: body && { "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${method} /sandbox/${path}: ${told.error}`);
    return told;
  }
}

/**
 * A fixture for `test.extend` of vitest and of Playwright: both hand it their other fixtures and a
 * function that runs the test.
 */
export const sandboxFixture = async ({}, use) => {
  const sandbox = await startSandbox();
  try {
    await use(sandbox);
  } finally {
    await sandbox.stop();
  }
};
