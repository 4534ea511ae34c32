// SDKs that other people wrote, against the sandbox: what they sign it takes, and what it signs they
// take. They are the packages of their registries, with the sandbox's address instead of WeChat's.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startReceiver } from "./harness/receiver.mjs";
import { startSandboxes } from "./harness/sandboxes.mjs";
import { SDKS } from "./harness/sdks.mjs";
import { STORY } from "./harness/story.mjs";
import { README, section, tables } from "./harness/table.mjs";
import { startTeller } from "./harness/teller.mjs";
import { tell } from "./harness/tell.mjs";

const receiver = await startReceiver();
after(() => receiver.close());
const sandboxes = await startSandboxes(receiver.url("pay/before"));
after(() => sandboxes.close());

const outcomeOf = tell("an independent SDK and the sandbox understand each other", SDKS, STORY, start);

function start(sdk, mode) {
  const { sandbox, sold } = sandboxes.byMode[mode];
  const unsigned = sandboxes.unsigned.addresses.gateway;
  return startTeller({ sdk, mode, sandbox, receiver, sold, unsigned });
}

test("README.md says what was seen", async () => {
  const seen = tables(SDKS, Object.keys(STORY), outcomeOf);
  const [written, wanted] = await section(README, "what was seen", seen);
  assert.equal(written, wanted, "WXPAY_INTEROP_WRITE=1 with the same command writes it");
});
