// A proxy between somebody and the sandbox, which keeps what went through.

import { once } from "node:events";
import { createServer } from "node:http";

/** Headers that belong to one connection. */
const OF_CONNECTION = ["connection", "content-length", "host", "keep-alive", "transfer-encoding"];

/**
 * Listens on a free port; `exchanges` are `{ request, reply }`, oldest first. Of a reply's body it hands
 * on what `change` makes of it, which is what came.
 */
export async function startRecorder(target, change = (body) => body) {
  const exchanges = [];
  const server = createServer(async (incoming, outgoing) => {
    const { method, url } = incoming;
    const body = Buffer.concat(await incoming.toArray());
    const headers = without(incoming.headers);
    const options = { method, headers, body: body.length > 0 ? body : undefined, redirect: "manual" };
    const reply = await fetch(new URL(url, target), options);
    const answer = change(Buffer.from(await reply.arrayBuffer()));
    const replied = without(Object.fromEntries(reply.headers));
    exchanges.push({
      request: { method, url, headers: incoming.headers, body: body.toString() },
      reply: { status: reply.status, headers: replied, body: answer.toString() },
    });
    outgoing.writeHead(reply.status, replied).end(answer);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, exchanges, close };
}

function without(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_CONNECTION.includes(name)));
}
