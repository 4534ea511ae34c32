// The helpers as their users have them: installed from what would be published, in the test runner
// they are for. What is run here is also what crates/sandbox/README.md shows as examples.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const top = fileURLToPath(new URL("../../", import.meta.url));
const bin = (name) => join(top, "node_modules/.bin", name);

/** A Python with pytest; `cargo xtask setup` makes one. */
const PYTHON = process.env.WXPAY_PYTHON ?? "python3";
const SANDBOX = process.env.WXPAY_SANDBOX_BIN ?? join(top, "target/debug/wxpay-sandbox");

/** The environment of somebody who has the package and no build of ours. */
const { WXPAY_SANDBOX_BIN, NODE_TEST_CONTEXT, ...machine } = process.env;
const env = { ...machine, NO_COLOR: "1" };

let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "wxpay-helpers-"));
  const source = join(folder, "source");
  await cp(join(top, "crates/sandbox/npm"), source, { recursive: true });
  // As it is published: without what only a debugger reads, which would take seconds to pack.
  await run("strip", ["-o", join(source, "bin/wxpay-sandbox"), SANDBOX]);
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: source });
  const [{ filename }] = JSON.parse(stdout);
  for (const runner of ["vitest", "playwright", "shop.mjs"]) {
    await cp(join(top, "tests/helpers", runner), join(folder, runner), { recursive: true });
  }
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", join(folder, filename)], { cwd: folder });
  // The runners are this repository's; a user has their own.
  for (const name of ["vitest", "@playwright"]) {
    await symlink(join(top, "node_modules", name), join(folder, "node_modules", name));
  }
});

after(() => rm(folder, { recursive: true, force: true }));

test("npx runs the program that the package carries", async () => {
  const { stdout } = await run("npx", ["--offline", "--no-install", "wxpay-sandbox", "--version"], { cwd: folder, env });
  assert.match(stdout, /^wxpay-sandbox \d/);
});

test("the package tells its types", async () => {
  const use = `import { startSandbox, type Order } from "wxpay-sandbox";
    const sandbox = await startSandbox({ freeze: true });
    const order: Order = await sandbox.pay("A1");
    const fee: number = order.total_fee;
    // @ts-expect-error: an amount is a number of fen
    const wrong: string = order.total_fee;
    console.log(fee, wrong, sandbox.env.WXPAY_APPID);
    await sandbox.stop();`;
  await writeFile(join(folder, "use.mts"), use);
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "esnext", "--types", ""];
  await run(bin("tsc"), [...options, "use.mts"], { cwd: folder });
});

test("vitest's example sells something", async () => {
  const { stdout } = await run(bin("vitest"), ["run", "--root", join(folder, "vitest")], { cwd: folder, env });
  assert.match(stdout, /Tests\s+2 passed/);
});

test("Playwright's example sells something", async () => {
  const { stdout } = await run(bin("playwright"), ["test", "--config", "playwright"], { cwd: folder, env });
  assert.match(stdout, /1 passed/);
});

test("pytest's example sells something", async () => {
  const plugin = join(top, "crates/sandbox/python");
  const options = ["-q", "-p", "wxpay_sandbox", "-p", "no:cacheprovider"];
  const { stdout } = await run(PYTHON, ["-m", "pytest", ...options, join(top, "tests/helpers/pytest")], {
    cwd: folder,
    env: { ...env, WXPAY_SANDBOX_BIN: SANDBOX, PYTHONPATH: plugin, PYTHONDONTWRITEBYTECODE: "1" },
  });
  assert.match(stdout, /3 passed/);
});

test("a program that does not start says why", async () => {
  await writeFile(
    join(folder, "broken.mjs"),
    'import { startSandbox } from "wxpay-sandbox"; await startSandbox({ args: ["--no-such-flag"] });',
  );
  await assert.rejects(run(process.execPath, ["broken.mjs"], { cwd: folder, env }), /did not start: error: unexpected argument '--no-such-flag'/);
});
