// The shop's endpoint for webhooks: it verifies with the stock library, and answers as it is told.

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

/** A test secret. */
export const SECRET = `whsec_${Buffer.from("webhook test key of e2e, 32 byte").toString("base64")}`;

/**
 * Starts one, until it is closed.
 *
 * - `events`: what was verified and answered 2xx, in the order it came: `{ id, body, event }`.
 * - `tries`: every request, also those that were refused: `{ id, at, headers, body, status }`.
 * - `answer`: the status for what verifies; a function of the event, or a number.
 * - `held`: a promise; no answer goes out before it is kept. `forged`: one for what does not verify.
 */
export async function startReceiver(secret = SECRET) {
  const receiver = { events: [], tries: [], answer: 204, url: undefined, verifies: true };
  Object.assign(receiver, { held: undefined, forged: undefined });
  const webhook = new Webhook(secret);
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const id = request.headers["webhook-id"];
    const status = judge(receiver, webhook, request.headers, body);
    receiver.tries.push({ id, at: Date.now() / 1000, headers: request.headers, body, status });
    if (status < 300) receiver.events.push({ id, body, event: JSON.parse(body) });
    await (status === 401 ? receiver.forged : receiver.held);
    response.writeHead(status).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  receiver.url = `http://127.0.0.1:${server.address().port}/webhooks`;
  receiver.close = () => server.close();
  /** The types of an order's events, as they arrived. */
  receiver.of = (number) =>
    receiver.events.filter((it) => it.event.data.out_trade_no === number).map((it) => it.event.type);
  return receiver;
}

function judge(receiver, webhook, headers, body) {
  try {
    if (receiver.verifies) webhook.verify(body, headers);
  } catch {
    return 401;
  }
  return typeof receiver.answer === "function" ? receiver.answer(JSON.parse(body)) : receiver.answer;
}
