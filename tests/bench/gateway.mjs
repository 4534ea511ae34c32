// A WeChat that answers at once, by both APIs, in a process of its own, so that neither it nor the
// load generator is what is measured. Signatures are right; nothing is remembered.
//
//   BENCH_KEYS='{"merchant": PEM, "platform": PEM}' node tests/bench/gateway.mjs        prints its port

import { createServer } from "node:http";
import * as v2 from "./v2.mjs";
import * as v3 from "./v3.mjs";

const v3Answer = v3.gateway(JSON.parse(process.env.BENCH_KEYS));

const server = createServer(async (request, response) => {
  const asked = Buffer.concat(await request.toArray()).toString();
  const answer = request.url.startsWith("/v3/") ? v3Answer : v2.answer;
  const { status, headers, body } = answer(request, asked);
  response.writeHead(status, headers).end(body);
});
// A connection that the Worker keeps is not closed under it in the middle of a measurement.
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
