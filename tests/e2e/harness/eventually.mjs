// Waiting for what can be seen only by asking.

/** Asks until the answer is true; fails with the sentence if it never is. */
export async function eventually(sentence, ask, within = 10_000) {
  const end = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${sentence}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}
