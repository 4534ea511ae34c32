// The same as interop.test.mjs by API V2, with the SDKs that speak it.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startSandbox } from "../e2e/harness/sandbox.mjs";
import { answerOf, startDriver } from "./harness/driver.mjs";
import { startReceiver } from "./harness/receiver.mjs";
import { startRecorder } from "./harness/recorder.mjs";
import { sell } from "./harness/sandboxes.mjs";
import { SDKS as V3 } from "./harness/sdks.mjs";
import { README, section, tables } from "./harness/table.mjs";
import { tell } from "./harness/tell.mjs";
import { SDKS } from "./harness/v2/sdks.mjs";
import { STORY, unsigned } from "./harness/v2/story.mjs";
import { startTeller } from "./harness/v2/teller.mjs";

const receiver = await startReceiver();
after(() => receiver.close());
const grounds = Object.fromEntries(await Promise.all(["MD5", "HMAC-SHA256"].map(ground)));

const outcomeOf = tell("an SDK of API V2 and the sandbox understand each other", SDKS, STORY, start);

async function start(sdk, signType) {
  const teller = await startTeller({ sdk, signType, receiver, ...grounds[signType] });
  answerOf(await teller.open("main"));
  return teller;
}

test("README.md says what was seen by API V2", async () => {
  const seen = tables(SDKS, Object.keys(STORY), outcomeOf);
  const [written, wanted] = await section(README, "what was seen by API V2", seen);
  assert.equal(written, wanted, "WXPAY_INTEROP_WRITE=1 with the same command writes it");
});

/** A sandbox that signs so, two who change what it says, and another sandbox with a bill. */
async function ground(signType) {
  const [sandbox, before] = await Promise.all([0, 1].map(() => startSandbox(["--sign-type", signType])));
  after(() => Promise.all([sandbox.close(), before.close()]));
  const { gateway } = sandbox.addresses;
  const by = (change) => (body) => Buffer.from(change(body.toString()));
  const [changed, without] = await Promise.all([
    startRecorder(gateway, by((xml) => xml.replace("NATIVE", "NATIVF"))),
    startRecorder(gateway, by(unsigned)),
  ]);
  after(() => [changed, without].forEach((liar) => liar.close()));
  const driver = startDriver(V3[0].command);
  // Its clock is two days ahead, which an SDK that says when an order ends does not know.
  const sold = { ...(await sell(driver, before, receiver.url("pay/before"))), ...before.addresses };
  await driver.close();
  return [signType, { sandbox, sold, liars: { changed: changed.url, unsigned: without.url } }];
}
