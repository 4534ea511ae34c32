// Asks a deployed Worker: its own doctor, and what a stranger on the internet sees of it.
// Question: {url, key, verify}: the origin, a key with the scope `doctor`, and the name of a
// MP_verify file or null.

import { text } from "node:stream/consumers";

const question = JSON.parse(await text(process.stdin));

/** What came back, or why nothing did. Bodies are cut: they are shown to a person. */
async function ask(path, init = {}) {
  const signal = AbortSignal.timeout(20_000);
  try {
    const answer = await fetch(question.url + path, { redirect: "manual", signal, ...init });
    const body = await answer.text();
    return { status: answer.status, type: answer.headers.get("content-type") ?? "", body };
  } catch (error) {
    return { error: error.cause?.code ?? error.name };
  }
}

const notification = {
  method: "POST",
  // What WeChat's own notifications say they are; no browser does.
  headers: { "content-type": "text/xml", "user-agent": "Mozilla/4.0" },
  body: "<xml></xml>",
};
const [doctor, pay, refund, verify] = await Promise.all([
  ask("/v1/doctor", { headers: { authorization: `Bearer ${question.key}` } }),
  ask("/notify/v2/pay", notification),
  ask("/notify/v2/refund", notification),
  question.verify ? ask(`/${question.verify}`) : null,
]);
process.stdout.write(JSON.stringify({ doctor, pay, refund, verify }));
