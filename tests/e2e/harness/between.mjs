// What stands between the Worker and the sandbox's gateway in some tests: it counts and keeps what
// went by, byte for byte.

import { createServer } from "node:http";

/**
 * Starts one; `sandbox` is asked for when the first request comes. Close it afterwards.
 *
 * - `loses`: a path; WeChat does what is asked for there, and its answer is lost on the way.
 * - `changes`: what becomes of an answer on its way, by the path that was asked.
 */
export async function startBetween(sandbox) {
  const between = { requests: [], loses: undefined, changes: undefined };
  const server = createServer(async (request, response) => {
    const { method, headers, url: path } = request;
    const body = Buffer.concat(await request.toArray());
    const certificate = headers["x-client-certificate"];
    between.requests.push({ path, body: body.toString(), certificate });
    const answer = await passOn(sandbox().addresses.gateway, { method, path, headers, body });
    between.changes?.(path, answer);
    if (path === between.loses) return response.writeHead(520).end();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  between.url = `http://127.0.0.1:${server.address().port}`;
  between.close = () => new Promise((resolve) => server.close(resolve));
  /** What went by since the last time. */
  between.take = () => between.requests.splice(0);
  return between;
}

/** What says how a message is to be read, or who signed it. */
const TELLING = /^(accept|authorization|content-type|request-id|user-agent|wechatpay-.*)$/;
const telling = (headers) => Object.fromEntries(headers.filter(([name]) => TELLING.test(name)));

/** Asks a gateway, and says what it answered: `{ status, headers, body }`. */
export async function passOn(gateway, { method, path, headers, body }) {
  const answer = await fetch(new URL(path, gateway), {
    method,
    headers: telling(Object.entries(headers)),
    body: body.length ? body : undefined,
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  return { status: answer.status, headers: telling([...answer.headers]), body: bytes };
}
