// SDKs that other people wrote, against the sandbox: what they sign it takes, and what it signs they
// take. They are the packages of their registries, with the sandbox's address instead of WeChat's.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { NoSuchCall } from "./harness/driver.mjs";
import { startReceiver } from "./harness/receiver.mjs";
import { startSandboxes } from "./harness/sandboxes.mjs";
import { SDKS } from "./harness/sdks.mjs";
import { NotInThisMode, STORY } from "./harness/story.mjs";
import { tables, write, written } from "./harness/table.mjs";
import { startTeller } from "./harness/teller.mjs";

const receiver = await startReceiver();
after(() => receiver.close());
const sandboxes = await startSandboxes(receiver.url("pay/before"));
after(() => sandboxes.close());

const outcomes = new Map();
const key = (sdk, mode, chapter) => [sdk.name, mode, chapter].join();

describe("an independent SDK and the sandbox understand each other", { concurrency: true }, () => {
  for (const sdk of SDKS) {
    for (const mode of sdk.modes) {
      test(`${sdk.name} ${sdk.version}, ${mode}`, (t) => tell(t, sdk, mode));
    }
  }
});

async function tell(t, sdk, mode) {
  const { sandbox, sold } = sandboxes.byMode[mode];
  const unsigned = sandboxes.unsigned.addresses.gateway;
  const teller = await startTeller({ sdk, mode, sandbox, receiver, sold, unsigned });
  t.after(() => teller.close());
  for (const [chapter, ask] of Object.entries(STORY)) {
    await t.test(chapter, async () => {
      outcomes.set(key(sdk, mode, chapter), await outcome(() => ask(teller), sdk.known[chapter]));
    });
  }
}

/** `yes`, `no` (as this SDK is known to do), `none` (it has no such call) or `never` (in this mode). */
async function outcome(ask, known) {
  try {
    await ask();
  } catch (error) {
    if (error instanceof NoSuchCall) return "none";
    if (error instanceof NotInThisMode) return "never";
    if (!known?.fails.test(error.message)) throw error;
    return "no";
  }
  assert.equal(known, undefined, "sdks.mjs says that this fails, and it does not");
  return "yes";
}

test("README.md says what was seen", async () => {
  const seen = tables(SDKS, Object.keys(STORY), (...which) => outcomes.get(key(...which)));
  if (process.env.WXPAY_INTEROP_WRITE) await write(seen);
  assert.equal(await written(), seen, "WXPAY_INTEROP_WRITE=1 with the same command writes it");
});
