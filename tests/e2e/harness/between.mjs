// What stands between the Worker and the sandbox's gateway in some tests: it counts and keeps what
// went by, byte for byte.

import { createServer } from "node:http";

/**
 * Starts one; `sandbox` is asked for when the first request comes. Close it afterwards.
 *
 * - `loses`: a path; WeChat does what is asked for there, and its answer is lost on the way.
 */
export async function startBetween(sandbox) {
  const between = { requests: [], loses: undefined };
  const server = createServer(async (request, response) => {
    const { method, headers, url: path } = request;
    const body = Buffer.concat(await request.toArray());
    const certificate = headers["x-client-certificate"];
    between.requests.push({ path, body: body.toString(), certificate });
    const type = { "content-type": headers["content-type"] ?? "text/xml" };
    const url = new URL(path, sandbox().addresses.gateway);
    const answer = await fetch(url, { method, headers: type, body: body.length ? body : undefined });
    if (path === between.loses) return response.writeHead(520).end();
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  between.url = `http://127.0.0.1:${server.address().port}`;
  between.close = () => new Promise((resolve) => server.close(resolve));
  /** What went by since the last time. */
  between.take = () => between.requests.splice(0);
  return between;
}
