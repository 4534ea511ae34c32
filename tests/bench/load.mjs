// Load: so many clients, each on a connection of its own, each sending its next request when the
// last one is answered.

import { Agent, request } from "node:http";

/**
 * Sends every request of the list; the answers in the list's order, with each one's milliseconds.
 *
 * A request is `{ method, path, headers, body }`.
 */
export async function load(port, clients, requests) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const answers = new Array(requests.length);
  let next = 0;
  const client = async () => {
    while (next < requests.length) {
      const index = next++;
      const started = performance.now();
      let answer;
      // "Ask again": what a page and a backend do, and it counts as waiting.
      do answer = await send(agent, port, requests[index]);
      while (answer.status === 503);
      answers[index] = { ...answer, took: performance.now() - started };
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return answers;
}

function send(agent, port, { method, path, headers, body }) {
  return new Promise((resolve, reject) => {
    const asked = request({ agent, port, host: "127.0.0.1", method, path, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk) => (text += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode, text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
