// Asks a deployed Worker: its own doctor, and what a stranger on the internet sees of it.
// Question: {url, key, notify, verify}: the origin, a key with the scope `doctor`, the notifications
// to try as {path, type, body}, and the name of a MP_verify file or null.

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

/** What WeChat's own notifications say they are; no browser does. */
const USER_AGENT = "Mozilla/4.0";

const notify = ({ path, type, body }) => {
  const headers = { "content-type": type, "user-agent": USER_AGENT };
  return ask(path, { method: "POST", headers, body });
};
const [doctor, verify, ...answers] = await Promise.all([
  ask("/v1/doctor", { headers: { authorization: `Bearer ${question.key}` } }),
  question.verify ? ask(`/${question.verify}`) : null,
  ...question.notify.map(notify),
]);
process.stdout.write(JSON.stringify({ doctor, verify, notify: answers }));
