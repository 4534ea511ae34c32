// The shop's address for notifications: it takes everything and keeps it as it came.

import { once } from "node:events";
import { createServer } from "node:http";
import { eventually } from "../../e2e/harness/eventually.mjs";

/** Says yes to both APIs. */
const YES = "<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>";

export async function startReceiver() {
  const came = new Map();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const before = came.get(request.url) ?? [];
    came.set(request.url, [...before, { headers: request.headers, body }]);
    response.end(YES);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return {
    url: (path) => `${origin}/${path}`,
    /** The first notification to that path. */
    first: async (path) => {
      const all = await eventually(`a notification came to /${path}`, () => came.get(`/${path}`));
      return all[0];
    },
    close,
  };
}
