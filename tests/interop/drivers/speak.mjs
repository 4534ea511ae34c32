// The driver's half of the conversation in ../driver.mjs: a line of JSON in, a line of JSON out.

import { createInterface } from "node:readline";

/** WeChat said no, and the SDK says so: HTTP status and WeChat's code. */
export class WeChatSaidNo extends Error {
  constructor(status, code) {
    super(`${status} ${code}`);
    Object.assign(this, { status, code });
  }
}

/** The SDK has no such call. */
const NONE = Symbol("none");

/** Answers each line until there are no more; `open` makes a client, an object of calls. */
export async function speak(open) {
  const clients = new Map();
  for await (const line of createInterface({ input: process.stdin })) {
    const { client, call, args } = JSON.parse(line);
    const answer = await answered(async () => {
      if (call === "open") {
        clients.set(client, await open(args));
        return {};
      }
      const calls = clients.get(client);
      return calls[call] ? calls[call](args) : NONE;
    });
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

async function answered(work) {
  try {
    const value = await work();
    return value === NONE ? { none: true } : { ok: value || {} };
  } catch (error) {
    const { status, code } = error;
    return error instanceof WeChatSaidNo ? { no: { status, code } } : { sdk: String(error.message) };
  }
}
