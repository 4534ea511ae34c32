// The self-hosted Worker with an observer around it, which runs inside workerd: inside.mjs.

import { readFile } from "node:fs/promises";
import { send } from "./http.mjs";

const INSIDE = new URL("inside.mjs", import.meta.url);

/** The observer's file, for `startWorkerd`. */
export const OBSERVER = { "deploy/self-hosted/inside.mjs": await readFile(INSIDE, "utf8") };

/** config.capnp with the observer as entry. */
export const observed = (text) =>
  text.replace('"deploy/self-hosted/entry.mjs", esModule = embed "entry.mjs"),', (own) =>
    `"deploy/self-hosted/inside.mjs", esModule = embed "inside.mjs"),\n    (name = ${own}`);

/** Asks the observer. */
export const observe = async (worker, what) => (await send(worker, "GET", `/__inside/${what}`)).body;
