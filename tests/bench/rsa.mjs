// What RSA costs: WebCrypto beside Rust in WebAssembly, in one workerd, on what an API V3 order says.
//
//   node tests/bench/rsa.mjs [--rounds 5] [--millis 500]
//
// Linux, Node 22, cargo. Milliseconds of workerd's processor for each time; both ways take turns, so
// compare within a run, never between two.

import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { start } from "./contender.mjs";
import { DATE } from "./contenders.mjs";
import { newKeys, publicOf, sign, strings } from "./v3.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    // How long one way does one thing before it is the other's turn.
    millis: { type: "string", default: "500" },
  },
});

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

const TARGET = path("../../target/bench-rsa");
/** The crate's profiles, and what wasm-opt is told: the Worker's own, and one where only time counts. */
const PROFILES = { release: "-Oz", fast: "-O3" };
/** `order` is what placing one in JSAPI takes: the request's signature, the reply's, the page's. */
const OPERATIONS = ["sign", "verify", "order", "import"];

function compile(profile) {
  const what = ["build", "--locked", "--quiet", "--profile", profile, "--target", "wasm32-unknown-unknown"];
  const where = ["--manifest-path", path("rsa/Cargo.toml"), "--target-dir", TARGET];
  execFileSync("cargo", [...what, ...where], { stdio: "inherit" });
  const compiled = `${TARGET}/wasm32-unknown-unknown/${profile}/bench_rsa.wasm`;
  const optimised = `${TARGET}/${profile}.wasm`;
  const wasmOpt = path("../../node_modules/.bin/wasm-opt");
  execFileSync(process.execPath, [wasmOpt, compiled, PROFILES[profile], "-o", optimised], { stdio: "inherit" });
  return optimised;
}

/** A Worker with both ways in it; `cpu(way, what, count)` is milliseconds for each time. */
async function worker(wasm) {
  const keys = newKeys();
  const { order, reply, page } = strings();
  const contender = await start({
    modules: [["worker.mjs", path("rsa/worker.mjs")], ["rsa.wasm", wasm]],
    objects: {},
    vars: {
      MERCHANT_KEY: keys.merchant,
      PUBLIC_KEY: publicOf(keys.platform),
      ...{ ORDER: order, PAGE: page },
      ...{ REPLY: reply, SIGNATURE: sign(reply, keys.platform) },
    },
    date: DATE,
  });
  const cpu = async (way, what, count) => {
    const before = await contender.cpu();
    const address = `http://127.0.0.1:${contender.port}/?way=${way}&what=${what}&count=${count}`;
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(await answer.text());
    return ((await contender.cpu()) - before) / count;
  };
  await cpu("wasm", "check", 1);
  return { cpu, close: contender.close };
}

/** So many that a turn takes long enough to be counted in ticks of the clock. */
async function enough(cpu, way, what) {
  for (let count = 8; ; count *= 2) {
    const took = (await cpu(way, what, count)) * count;
    if (took >= Number(values.millis) / 2) return count;
  }
}

/** What each took in each round: `{ webcrypto, wasm }`. */
async function measure({ cpu }, what) {
  const took = { webcrypto: [], wasm: [] };
  const counts = {};
  for (const way of Object.keys(took)) counts[way] = await enough(cpu, way, what);
  for (let round = 0; round < Number(values.rounds); round++) {
    // A B, B A, A B: neither always runs in the other's wake.
    const turns = round % 2 ? ["wasm", "webcrypto"] : ["webcrypto", "wasm"];
    for (const way of turns) took[way].push(await cpu(way, what, counts[way]));
  }
  return took;
}

console.log("| WebAssembly | KB | operation | WebCrypto ms | wasm ms | wasm/WebCrypto | pair by pair |");
console.log("| --- | ---: | --- | ---: | ---: | ---: | ---: |");
for (const [profile, level] of Object.entries(PROFILES)) {
  const wasm = compile(profile);
  const kilobytes = Math.round(statSync(wasm).size / 1024);
  const running = await worker(wasm);
  for (const what of OPERATIONS) {
    const took = await measure(running, what);
    const ratios = took.wasm.map((value, index) => value / took.webcrypto[index]).sort((a, b) => a - b);
    const cells = [level, kilobytes, what, ...[took.webcrypto, took.wasm].map((list) => median(list).toFixed(4))];
    const range = `${ratios[0].toFixed(1)}–${ratios.at(-1).toFixed(1)}`;
    console.log(`| ${[...cells, median(ratios).toFixed(1), range].join(" | ")} |`);
  }
  await running.close();
}
