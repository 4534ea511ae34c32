// One world per test file: a WeChat, a Worker, a browser, all on free ports, all gone afterwards.

import { appendFile, cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import { fileURLToPath } from "node:url";
import { newProfile, openWindow, startBrowser } from "./browser.mjs";
import { replaceEngine } from "./engine.mjs";
import { startSandbox } from "./sandbox.mjs";
import { WITHOUT_V2, startWorker, v3, variables } from "./worker.mjs";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Starts a world before the tests of this file and ends it after them. Between two tests its WeChat
 * forgets everything and every window is closed.
 *
 * - `api`: `v2` or `v3`, the one that is set; `v2` unless given.
 * - `sandbox`: more flags for it. `vars`, `secrets`, `entry`: see `startWorker`.
 * - `browser: false`: no browser is started. `pages`: whether pages are served; as `browser` unless
 *   given.
 *
 * The returned object is filled before the first test: `sandbox`, `worker`, and
 *
 * - `open(client, path)`: a window at the shop as this client sees it. All windows of one client
 *   are of one profile (a window is cheap, a profile is not), so only `sessionStorage` is new.
 * - `openElsewhere(client, path)`: the same in a profile of its own.
 */
export function world(options = {}) {
  const world = {};
  const profiles = {};
  const windows = [];
  const open = async (profile, path) => {
    const window = await openWindow(profile, path);
    windows.push(window);
    return window.page;
  };
  const profile = (client) => newProfile(world.browser, world.sandbox.addresses, client);
  before(async () => {
    Object.assign(world, await startWorld(options));
    world.open = async (client, path) => open((profiles[client] ??= await profile(client)), path);
    world.openElsewhere = async (client, path) => open(await profile(client), path);
  });
  afterEach(async () => {
    const closed = windows.splice(0);
    await Promise.all(closed.map(({ page }) => page.close()));
    if (world.sandbox) await assertNobodyAsked(world.sandbox);
    await world.sandbox?.reset();
    const thrown = closed.flatMap(({ errors }) => errors);
    if (thrown.length) throw new AggregateError(thrown, "a page threw what nobody caught");
  });
  after(() => world.close?.());
  return world;
}

/** The same without node:test. Whatever was started is stopped if the rest does not start. */
export async function startWorld(options = {}) {
  const { sandbox: flags, api = "v2", vars, browser = true, pages = browser, ...rest } = options;
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
  let launch;
  try {
    launch = browser ? started(startBrowser()) : undefined;
    // Its failure is heard where it is awaited, not before.
    launch?.catch(() => {});
    const sandbox = await started(startSandbox(flags));
    const assets = pages ? await site(closing) : undefined;
    const speaks = api === "v3" && { ...WITHOUT_V2, ...(await v3(sandbox)) };
    const worker = await started(
      startWorker({ vars: { ...variables(sandbox), ...speaks, ...vars }, assets, ...rest }),
    );
    await sandbox.site(worker.url);
    return { sandbox, worker, browser: await launch, close };
  } catch (error) {
    // The browser starts meanwhile; until it has, there is nothing to close.
    await Promise.allSettled([launch]);
    await close();
    throw error;
  }
}

/** Where there are public keys alone nobody asks for certificates, whatever a test is about. */
async function assertNobodyAsked(sandbox) {
  const asked = (await sandbox.state()).calls.v3_certificates;
  if (asked && (await sandbox.v3.keys()).mode === "public_key") {
    throw new Error(`asked ${asked} times for certificates in public-key mode`);
  }
}

/** The demo shop as it is deployed; under /pages/ the tests' own pages and the built package. */
async function site(closing) {
  const folder = await mkdtemp(join(tmpdir(), "wxpay-edge-site-"));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  await cp(join(ROOT, "demo"), folder, { recursive: true });
  await cp(join(ROOT, "tests/e2e/pages"), join(folder, "pages"), { recursive: true });
  await appendFile(join(folder, "_headers"), await readFile(join(folder, "pages/_headers")));
  await cp(join(ROOT, "pkg/dist"), join(folder, "pages/wxpay-h5"), { recursive: true });
  await replaceEngine(join(folder, "pages/wxpay-h5"));
  await replaceEngine(join(folder, "vendor/wxpay-h5"));
  return folder;
}
