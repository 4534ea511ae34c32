// What every handler gets, and nothing that a document has: the merchant's data, and a port.

import { once } from "node:events";

/** As harness/handlers.mjs passes it. */
export const { appid, mchid, v2Key, v3Key, serial, certificate, privateKey, platform } = JSON.parse(
  process.env.WXPAY_HANDLER_MERCHANT,
);

/** Listens on a free port and prints it. */
export async function open(app) {
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  console.log(server.address().port);
}
