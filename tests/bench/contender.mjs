// One Worker in plain workerd: the same configuration for everybody, objects on disk.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import package_ from "workerd";

const workerd = package_.default;
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"]));
const text = JSON.stringify;

/** In memory where the system has that: how fast a disk syncs is not what is compared. */
const BASE = process.env.BENCH_FOLDER ?? (existsSync("/dev/shm") ? "/dev/shm" : tmpdir());

/**
 * Starts it on a free port, its objects in a new folder.
 *
 * - `modules`: `[name, file]`, the first is the Worker. `objects`: its Durable Objects, by binding.
 * - `vars`: its variables and secrets, texts and tables. `flags`: for workerd.
 */
export async function start({ modules, objects, vars, date, flags = [] }) {
  const folder = await mkdtemp(join(BASE, "wxpay-edge-bench-"));
  const config = join(folder, "config.capnp");
  // workerd finds what it embeds only beside its configuration.
  for (const [name, file] of modules) await cp(file, join(folder, "modules", name));
  await mkdir(join(folder, "objects"));
  await writeFile(config, capnp({ modules, objects, vars, date, folder }));
  const child = spawn(workerd, ["serve", "--experimental", "--control-fd=3", ...flags, config], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const port = await listening(child);
  return {
    port,
    /** Milliseconds of processor time that the process has used until now. */
    cpu: () => cpu(child.pid),
    async close() {
      process.off("exit", kill);
      const gone = once(child, "exit");
      kill();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listening(child) {
  for await (const line of createInterface(child.stdio[3])) {
    const { event, port } = JSON.parse(line);
    if (event === "listen") return port;
  }
  throw new Error("workerd ended before it listened");
}

/** User and system time of all its threads. Source: proc_pid_stat(5), fields 14 and 15. */
async function cpu(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

const variable = (value) => (typeof value === "string" ? `text = ${text(value)}` : `json = ${text(text(value))}`);

function capnp({ modules, objects, vars, date, folder }) {
  const classes = [...new Set(Object.values(objects))];
  const list = (lines) => `[\n    ${lines.join(",\n    ")}\n  ]`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "shop", worker = .shop),
    (name = "disk", disk = (path = ${text(join(folder, "objects"))}, writable = true)),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "shop")],
);
const shop :Workerd.Worker = (
  compatibilityDate = ${text(date)},
  durableObjectStorage = (localDisk = "disk"),
  durableObjectNamespaces = ${list(classes.map((name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`))},
  bindings = ${list([
    ...Object.entries(objects).map(([name, of]) => `(name = ${text(name)}, durableObjectNamespace = ${text(of)})`),
    ...Object.entries(vars).map(([name, value]) => `(name = ${text(name)}, ${variable(value)})`),
  ])},
  modules = ${list(
    modules.map(([name, file]) => {
      const kind = file.endsWith(".wasm") ? "wasm" : "esModule";
      return `(name = ${text(name)}, ${kind} = embed ${text(`modules/${name}`)})`;
    }),
  )},
);
`;
}
