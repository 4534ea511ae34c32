// A program that drives one SDK, and is spoken to in lines of JSON:
//
//     {"client":"main","call":"native","args":{…}}  →  {"ok":{…}}       the SDK's answer
//                                                      {"no":{"code":…}} WeChat refused; the SDK says so
//                                                      {"sdk":"…"}       the SDK refused
//                                                      {"none":true}     the SDK has no such call
//
// A client is what its call `open` makes; there may be several, with other keys each.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Even if the test process dies in the middle, no driver stays behind. */
const alive = new Set();
process.once("exit", () => alive.forEach((child) => child.kill("SIGKILL")));

export function startDriver([program, ...words]) {
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] });
  alive.add(child);
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaint += text));
  const waiting = [];
  let gone;
  const end = (reason) => {
    gone ??= new Error(`${program} ${words.join(" ")} ${reason}: ${complaint}`);
    for (const { reject } of waiting.splice(0)) reject(gone);
  };
  child.once("error", (error) => end(error.message));
  child.once("close", (code) => {
    alive.delete(child);
    end(`ended with ${code}`);
  });
  createInterface(child.stdout).on("line", (line) => waiting.shift().resolve(JSON.parse(line)));
  // A program that is gone is told about by its end.
  child.stdin.on("error", () => {});

  const ask = (client, call, args) =>
    new Promise((resolve, reject) => {
      if (gone) return reject(gone);
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify({ client, call, args })}\n`);
    });
  const close = async () => {
    if (gone) return;
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  };
  return { ask, close };
}

/** What the SDK answered; everything else is an error. */
export function answerOf(said) {
  if (said.none) throw new NoSuchCall();
  if (said.no) throw new Error(`WeChat refused: ${JSON.stringify(said.no)}`);
  if (!said.ok) throw new Error(`the SDK refused: ${said.sdk}`);
  return said.ok;
}

/** The SDK has no such call, which is no failure. */
export class NoSuchCall extends Error {}
