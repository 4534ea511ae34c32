// The self-hosted Worker: deploy/self-hosted as an operator unpacks it, on plain workerd, with its
// data on disk. It can be killed at any moment and started again.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import workerd from "workerd";
import { api } from "./backend.mjs";
import { startAuthority } from "./certificates.mjs";
import { startDoor, startFront } from "./front.mjs";
import { SECRETS, SHOP_KEY, variables } from "./worker.mjs";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** In memory where there is such a folder: what a killed process wrote is as safe there, and sooner. */
const FOLDERS = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const CONFIG = "deploy/self-hosted/config.capnp";

/**
 * Starts one whose WeChat is this sandbox, behind a proxy of its own.
 *
 * - `vars`: on top of env.example's and the test shop's.
 * - `config`: changes config.capnp's text before it is used; `files`: more files, by path.
 *
 * The returned object speaks for the shop's backend, and has
 *
 * - `kill()`: SIGKILL; `start(vars)`: again, on the same disk, with these on top. `pid()`, `said()`: of the one that runs.
 * - `front`, `door`: see front.mjs. `data`: the folder with the databases.
 * - `direct`: the Worker's own address, which stays when it is started again.
 */
export async function startWorkerd({ sandbox, vars = {}, config = (text) => text, files = {} }) {
  const closing = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const folder = await mkdtemp(join(FOLDERS, "wxpay-edge-workerd-"));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const deployed = await unpack(folder, config, files);
    const { door, ca } = await certified(folder, sandbox);
    closing.push(door.close);
    const port = await freePort();
    const direct = `http://127.0.0.1:${port}`;
    const front = await startFront(direct);
    closing.push(front.close);
    const env = {
      ...(await example()),
      ...SECRETS,
      ...variables(sandbox),
      ...{ PUBLIC_URL: front.url, CLIENT_IP_HEADER: "X-Real-IP", SSL_CERT_FILE: ca },
      ...vars,
    };
    const words = [`--socket-addr=http=127.0.0.1:${port}`, "--directory-path=data=data"];
    if (deployed.includes('"wxpay-cert"')) words.push(`--external-addr=wxpay-cert=${door.address}`);
    const program = workerdProcess(folder, words, env);
    closing.push(program.kill);
    await program.start();
    await sandbox.site(front.url);
    const data = join(folder, "data");
    return { ...api(front.url, SHOP_KEY), ...program, front, direct, door, data, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What deploy/self-hosted/files names, and nothing else: a file forgotten there is missing here. */
async function unpack(folder, config, files) {
  const list = await readFile(join(ROOT, "deploy/self-hosted/files"), "utf8");
  for (const name of list.split("\n").filter(Boolean)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const deployed = await readFile(join(folder, CONFIG), "utf8");
  // As the comment beside it says: the sandbox is on this machine.
  const local = deployed.replace('network = (allow = ["public"]', 'network = (allow = ["public", "local"]');
  if (local === deployed) throw new Error(`${CONFIG} has no network that can be opened for tests`);
  const changed = config(local);
  await writeFile(join(folder, CONFIG), changed);
  await mkdir(join(folder, "data"));
  return changed;
}

/** The merchant's API certificate where config.capnp looks for it, and the door that asks for it. */
async function certified(folder, sandbox) {
  const own = join(folder, "certificates");
  await mkdir(own, { recursive: true });
  const { ca, issue } = await startAuthority(own);
  const [server] = await Promise.all([
    issue("gateway", "gateway", "api.mch.weixin.qq.com"),
    issue("apiclient", "1900000109"),
  ]);
  return { ca, door: await startDoor({ ca, ...server }, sandbox.addresses.gateway) };
}

async function example() {
  return parseEnv(await readFile(join(ROOT, "deploy/self-hosted/env.example"), "utf8"));
}

function workerdProcess(folder, words, env) {
  let child;
  let said = "";
  const end = () => child.kill("SIGKILL");
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    end();
    await gone;
    process.off("exit", end);
  };
  const start = async (more = {}) => {
    const serve = ["serve", "--control-fd=3", "--import-path=certificates", ...words, CONFIG];
    const stdio = ["ignore", "pipe", "pipe", "pipe"];
    child = spawn(workerd.default, serve, { cwd: folder, env: texts({ ...env, ...more }), stdio });
    // Even if the test process dies in the middle, nothing stays behind.
    process.once("exit", end);
    said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (said += text));
    }
    await Promise.race([
      once(child.stdio[3], "data"),
      once(child, "exit").then(([code]) => {
        throw new Error(`workerd ended with ${code}: ${said}`);
      }),
    ]);
  };
  return { start, kill, pid: () => child.pid, said: () => said };
}

/** Plain workerd knows no tables: they are written as JSON, as an operator does. */
function texts(vars) {
  const text = (value) => (typeof value === "object" ? JSON.stringify(value) : value);
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, text(value)]));
}

/** A port that was free a moment ago; the Worker keeps it when it is started again. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
