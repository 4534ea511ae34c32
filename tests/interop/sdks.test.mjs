// The lists of SDKs in documents: which are tried, and which are not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NOT_RUN, SDKS as V3 } from "./harness/sdks.mjs";
import { README, section, table } from "./harness/table.mjs";
import { SDKS as V2 } from "./harness/v2/sdks.mjs";

const OF_SANDBOX = new URL("../../crates/sandbox/README.md", import.meta.url);
const AGAIN = "WXPAY_INTEROP_WRITE=1 with the same command writes it";

test("the sandbox's README.md lists the SDKs that are tried", async () => {
  const row = (api) => ({ name, version, registry, address }) => [name, version, registry, api, address];
  const head = ["SDK", "version", "from", "API", "address changed by"];
  const wanted = table(head, [...V3.map(row("V3")), ...V2.map(row("V2"))]);
  const [written] = await section(OF_SANDBOX, "SDKs", wanted);
  assert.equal(written, wanted, AGAIN);
});

test("README.md lists the SDKs that are not tried", async () => {
  const rows = NOT_RUN.map(({ name, version, registry, reason }) => [name, version, registry, reason]);
  const wanted = table(["SDK", "version", "from", "why"], rows);
  const [written] = await section(README, "not tried", wanted);
  assert.equal(written, wanted, AGAIN);
});
