// deploy/self-hosted repeats what wrangler.toml and the Worker's source say; here both are compared.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { version } from "workerd";
import { unstable_readConfig as readConfig } from "wrangler";

const ROOT = new URL("../../", import.meta.url);
const read = (name) => readFile(new URL(name, ROOT), "utf8");
const toml = readConfig({ config: new URL("wrangler.toml", ROOT).pathname }, { hideWarnings: true });
const capnp = await read("deploy/self-hosted/config.capnp");
const all = (pattern, text = capnp) => [...text.matchAll(pattern)].map((found) => found.slice(1));

test("the objects are wrangler.toml's, each with SQLite and a key of its own", () => {
  const wanted = toml.durable_objects.bindings.map(({ name, class_name }) => [name, class_name]);
  assert.deepEqual(all(/\(name = "(\w+)", durableObjectNamespace = "(\w+)"\)/g), wanted);
  const kept = all(/\(className = "(\w+)", uniqueKey = "([\w-]+)", enableSql = true\)/g);
  assert.deepEqual(kept, wanted.map(([, name]) => [name, `wxpay-edge-${name.toLowerCase()}`]));
});

test("every variable that the Worker reads comes from the environment", async () => {
  const folder = "crates/worker/src/config/";
  const files = (await readdir(new URL(folder, ROOT))).filter((name) => name.endsWith(".rs"));
  const sources = (await Promise.all(files.map((name) => read(folder + name)))).join("\n");
  // A constant of the configuration that is written like a variable's name is one.
  const constant = /const \w+: (?:Variable|&str) =\s+(?:Variable\(\s*)?"([A-Z][A-Z0-9_]+)"/g;
  const known = all(constant, sources).flat();
  const given = all(/\(name = "(\w+)", fromEnvironment = "(\w+)"\)/g);
  for (const [name, source] of given) assert.equal(name, source);
  const names = given.map(([name]) => name);
  assert.deepEqual([...names].sort(), [...new Set(known)].sort());
  const deployed = [...Object.keys(toml.vars), ...toml.secrets.required];
  assert.deepEqual(deployed.filter((name) => !names.includes(name)), []);
});

test("env.example has what must be set, and wrangler.toml's own values", async () => {
  const example = parseEnv(await read("deploy/self-hosted/env.example"));
  const names = [...Object.keys(toml.vars), ...toml.secrets.required];
  assert.deepEqual(names.filter((name) => !(name in example)), []);
  // Cloudflare writes another header than a proxy of one's own.
  const { CLIENT_IP_HEADER, CATALOGUE, ...same } = toml.vars;
  assert.deepEqual(JSON.parse(example.CATALOGUE), JSON.parse(CATALOGUE));
  for (const [name, value] of Object.entries(same)) {
    assert.equal(example[name], value === "replace-me" ? "" : value, name);
  }
});

test("the date, the Worker's own paths and workerd's version are the same everywhere", async () => {
  assert.deepEqual(all(/compatibilityDate = "(.*)"/g), [[toml.compatibility_date]]);
  const pages = await import(new URL("deploy/self-hosted/pages.mjs", ROOT));
  assert.deepEqual(pages.RUN_WORKER_FIRST, toml.assets.run_worker_first);
  for (const file of ["Containerfile", "README.md"]) {
    const versions = all(/workerd@([\d.]+)/g, await read(`deploy/self-hosted/${file}`)).flat();
    assert.deepEqual([...new Set(versions)], [version], file);
  }
});
