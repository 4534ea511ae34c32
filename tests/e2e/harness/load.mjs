// A steady load, as a crowd makes it: each call begins when it is due, whether or not those before it
// have been answered.

import { setTimeout as pause } from "node:timers/promises";

/** Begins `call(n)`, which never throws, `rate` times a second; how many a second it came to. */
export async function steadily({ rate, seconds }, call) {
  const total = rate * seconds;
  const calls = [];
  const began = performance.now();
  const passed = () => (performance.now() - began) / 1000;
  while (calls.length < total) {
    const due = Math.min(total, Math.floor(passed() * rate) + 1);
    while (calls.length < due) calls.push(call(calls.length));
    await pause(1000 / rate);
  }
  const reached = total / passed();
  await Promise.all(calls);
  return reached;
}

/** Does `work(n)` for every n below `total`, so many at once. */
export async function atOnce(width, total, work) {
  const rest = Array(total).keys();
  const worker = async () => {
    for (const n of rest) await work(n);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** What half, most and nearly all of these took. */
export function percentiles(millis) {
  const sorted = millis.toSorted((a, b) => a - b);
  const at = (percent) => sorted[Math.floor((sorted.length - 1) * (percent / 100))].toFixed(1);
  return `p50 ${at(50)} ms, p95 ${at(95)} ms, p99 ${at(99)} ms`;
}
