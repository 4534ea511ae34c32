// COMPARE.md against what `wxpay-sandbox conform` says of handlers that are written as the documents of
// their SDKs show them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { comparison } from "./harness/compare.mjs";
import { examineAll } from "./harness/handlers.mjs";
import { section } from "./harness/table.mjs";

const COMPARE = new URL("../../COMPARE.md", import.meta.url);

test("COMPARE.md says what conform says of seven handlers", async () => {
  const seen = comparison(await examineAll());
  const [written, wanted] = await section(COMPARE, "what conform said", seen);
  assert.equal(written, wanted, "WXPAY_INTEROP_WRITE=1 with the same command writes it");
});
