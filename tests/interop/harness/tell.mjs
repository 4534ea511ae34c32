// A story told by each SDK in each of its modes, and what came of every chapter.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NoSuchCall } from "./driver.mjs";
import { NotInThisMode } from "./story.mjs";

/**
 * Makes a test of each SDK in each mode. `start(sdk, mode)` starts the teller that `story`'s chapters
 * get. What is returned tells the outcome of a chapter once its test is over.
 */
export function tell(sentence, sdks, story, start) {
  const outcomes = new Map();
  const key = (sdk, mode, chapter) => [sdk.name, mode, chapter].join();
  describe(sentence, { concurrency: true }, () => {
    for (const sdk of sdks) {
      for (const mode of sdk.modes) {
        test(`${sdk.name} ${sdk.version}, ${mode}`, async (t) => {
          const teller = await start(sdk, mode);
          t.after(() => teller.close());
          for (const [chapter, ask] of Object.entries(story)) {
            await t.test(chapter, async () => {
              const known = knownOf(sdk, mode, chapter);
              outcomes.set(key(sdk, mode, chapter), await outcome(() => ask(teller), known));
            });
          }
        });
      }
    }
  });
  return (...which) => outcomes.get(key(...which));
}

/** What the SDK is known to get wrong, in all modes unless it says in which. */
function knownOf({ known }, mode, chapter) {
  const { modes = [mode] } = known[chapter] ?? {};
  return modes.includes(mode) ? known[chapter] : undefined;
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
