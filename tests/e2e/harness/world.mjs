// One world per test file: a WeChat, a Worker, a browser, all on free ports, all gone afterwards.

import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { openClient, startBrowser } from "./browser.mjs";
import { startSandbox } from "./sandbox.mjs";
import { startWorker, variables } from "./worker.mjs";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Starts a world before the tests of this file and ends it after them.
 *
 * - `sandbox`: more flags for it. `vars`, `secrets`, `entry`: see `startWorker`.
 * - `browser: false`: the file needs no browser, and so no pages either.
 *
 * The returned object is filled before the first test: `sandbox`, `worker`, `browser`, and
 * `open(client, path)`, which is a fresh browser profile at the shop.
 */
export function world(options = {}) {
  const world = {};
  before(async () => Object.assign(world, await startWorld(options)));
  after(() => world.close?.());
  return world;
}

/** The same without node:test. Whatever was started is stopped if the rest does not start. */
export async function startWorld({ sandbox: flags, vars, browser = true, ...rest } = {}) {
  const closing = [];
  const close = async () => {
    const failed = [];
    for (const end of closing.reverse().splice(0)) await end().catch((error) => failed.push(error));
    if (failed.length) throw new AggregateError(failed, "the world did not end well");
  };
  const started = async (promise) => {
    const part = await promise;
    closing.push(() => part.close());
    return part;
  };
  try {
    const launch = browser ? started(startBrowser()) : undefined;
    // Two things start at once; if one fails, the other is still known to `closing`.
    launch?.catch(() => {});
    const sandbox = await started(startSandbox(flags));
    const assets = browser ? await pages(closing) : undefined;
    const worker = await started(
      startWorker({ vars: { ...variables(sandbox), ...vars }, assets, ...rest }),
    );
    await sandbox.site(worker.url);
    const chromium = await launch;
    const open = (client, path) => openClient(chromium, sandbox.addresses, client, path);
    return { sandbox, worker, browser: chromium, open, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The demo shop as it is deployed, with the tests' own pages beside it under /pages/. */
async function pages(closing) {
  const folder = await mkdtemp(join(tmpdir(), "wxpay-edge-site-"));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  await cp(join(ROOT, "demo"), folder, { recursive: true });
  await cp(join(ROOT, "tests/e2e/pages"), join(folder, "pages"), { recursive: true });
  return folder;
}
