// What stands on both sides of a self-hosted Worker: the shop's own proxy before it, and WeChat's
// door for calls that need a client certificate behind it.

import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { createServer as createTlsServer } from "node:https";

/**
 * The proxy, as Caddy or nginx would be: it writes X-Real-IP itself, whatever the caller wrote.
 *
 * A test sets `front.notified = async (pass) => answer` to be there when WeChat's news comes by;
 * `pass()` takes it to the Worker and comes back with the answer.
 */
export async function startFront(target) {
  const front = { notified: undefined };
  const server = createServer(async (asked, response) => {
    const body = Buffer.concat(await asked.toArray());
    // The tests' buyers say where they are; everybody else is here.
    const ip = asked.headers["x-sandbox-client-ip"] ?? "127.0.0.1";
    const pass = () => relay(target, asked, body, { "x-real-ip": ip });
    const isNews = asked.url.startsWith("/notify/") && front.notified;
    // A Worker that is dead is a proxy that says so.
    const answer = await (isNews ? front.notified(pass) : pass()).catch(() => ({ status: 502 }));
    reply(response, answer);
  });
  return Object.assign(front, await listen(server), { port: server.address().port });
}

/** WeChat's door: who shows no certificate of this authority is refused before a word is read. */
export async function startDoor({ ca, key, cert }, gateway) {
  const door = { passed: [] };
  const pem = Object.entries({ ca, key, cert }).map(async ([k, file]) => [k, await readFile(file)]);
  const options = { ...Object.fromEntries(await Promise.all(pem)), requestCert: true };
  const server = createTlsServer(options, async (asked, response) => {
    const body = Buffer.concat(await asked.toArray());
    door.passed.push({ path: asked.url, subject: asked.socket.getPeerCertificate().subject.CN });
    reply(response, await relay(gateway, asked, body).catch(() => ({ status: 502 })));
  });
  const { url, close } = await listen(server);
  return Object.assign(door, { address: new URL(url).host, close });
}

/** WeChat's gateway, `delay` milliseconds further away; `broken`, it says nothing of use. */
export async function startSlowGateway(gateway) {
  const slow = { delay: 0, broken: false, open: 0 };
  const server = createServer(async (asked, response) => {
    slow.open += 1;
    const body = Buffer.concat(await asked.toArray());
    await new Promise((resolve) => setTimeout(resolve, slow.delay));
    const answer = slow.broken ? undefined : relay(gateway, asked, body).catch(() => undefined);
    reply(response, (await answer) ?? { status: 502 });
    slow.open -= 1;
  });
  return Object.assign(slow, await listen(server));
}

/** As it came, byte for byte; only what belongs to one connection stays behind. */
function relay(target, { method, url, headers }, body, more = {}) {
  const { connection, "transfer-encoding": _, ...kept } = headers;
  return new Promise((resolve, reject) => {
    const sent = { ...kept, ...more, "content-length": body.length };
    // A connection of its own: one kept from before a kill would fail the first call after it.
    const init = { agent: false, method, path: url, headers: sent };
    const asked = request(target, init, async (answer) => {
      const read = answer.toArray().then(Buffer.concat);
      read.then((body) => resolve({ status: answer.statusCode, headers: answer.headers, body }), reject);
    });
    asked.on("error", reject).end(body);
  });
}

function reply(response, { status, headers = {}, body = "" }) {
  const { connection, "transfer-encoding": _, ...kept } = headers;
  response.writeHead(status, kept).end(body);
}

async function listen(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}
