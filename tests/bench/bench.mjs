// What a request costs, beside the same routes in plain JavaScript, in the same workerd.
//
//   npm ci --prefix tests/bench && node tests/bench/bench.mjs [--rounds 5] [--orders 500]
//   node tests/bench/bench.mjs --api v3 --channel jsapi      ours on API V3 beside ours on V2
//
// `cargo xtask worker` comes first; Linux, Node 22. Both Workers run at the same time and take
// turns, so a machine whose speed drifts slows both: compare within a run, never between two.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { ours, rival } from "./contenders.mjs";
import { journey, ROUTES } from "./journey.mjs";
import { newKeys } from "./v3.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    orders: { type: "string", default: "500" },
    clients: { type: "string", default: "50,200" },
    api: { type: "string", default: "v2" },
    // The rival knows no jsapi.
    channel: { type: "string", default: "native" },
    // Another clone's crates/worker in the rival's place, or in ours: what a change bought.
    against: { type: "string" },
    folder: { type: "string" },
  },
});

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

const keys = newKeys();
const gateway = spawn(process.execPath, [new URL("gateway.mjs", import.meta.url).pathname], {
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, BENCH_KEYS: JSON.stringify(keys) },
});
process.once("exit", () => gateway.kill());
const [port] = await once(gateway.stdout, "data");
const address = `http://127.0.0.1:${String(port).trim()}`;

const { api, channel, folder, against } = values;
const contenders = [await ours(address, { api, folder, keys }), await other()];

for (const contender of contenders) await journey(contender, channel, 20, 500);
for (const clients of values.clients.split(",").map(Number)) {
  const rounds = contenders.map(() => []);
  for (let round = 0; round < Number(values.rounds); round++) {
    // A B, B A, A B: neither always runs in the other's wake.
    for (const index of round % 2 ? [1, 0] : [0, 1]) {
      rounds[index].push(await journey(contenders[index], channel, clients, Number(values.orders)));
    }
  }
  print(clients, rounds);
}
for (const contender of contenders) await contender.close();
gateway.kill();

/** Who is beside it: another build, else what is next to V3 or to V2. */
function other() {
  if (against) return ours(address, { api, folder: against, keys });
  return api === "v3" ? ours(address, { api: "v2", folder }) : rival(address);
}

/** Of one round's phase: milliseconds at the client, and of processor in workerd. */
function figures() {
  return {
    "p50 ms": ({ took }) => percentile(took, 0.5),
    "p95 ms": ({ took }) => percentile(took, 0.95),
    "p99 ms": ({ took }) => percentile(took, 0.99),
    "CPU ms": ({ cpu }) => cpu,
  };
}

function print(clients, rounds) {
  const one = api === "v3" ? "V3" : "ours";
  const two = against ? "other" : api === "v3" ? "V2" : "js";
  console.log(`\n${channel}, ${clients} clients, ${values.rounds} rounds of ${values.orders} orders; medians of rounds\n`);
  console.log(`| route | figure | ${one} | ${two} | ${one}/${two} | pair by pair |`);
  console.log("| --- | --- | ---: | ---: | ---: | ---: |");
  for (const route of ROUTES) {
    for (const [figure, of] of Object.entries(figures())) {
      if (!rounds[0][0][route].took && figure !== "CPU ms") continue;
      const [a, b] = rounds.map((list) => list.map((round) => of(round[route])));
      const ratios = a.map((value, index) => value / b[index]).sort((x, y) => x - y);
      const cells = [route, figure, median(a).toFixed(3), median(b).toFixed(3)];
      const range = `${ratios[0].toFixed(2)}–${ratios.at(-1).toFixed(2)}`;
      console.log(`| ${[...cells, median(ratios).toFixed(2), range].join(" | ")} |`);
    }
  }
}
