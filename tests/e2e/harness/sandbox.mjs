// Starts the local WeChat (crates/sandbox) on free ports and speaks its control API.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

/** The test merchant. Test keys: they are worth nothing outside the sandbox. */
export const MERCHANT = {
  appid: "wx2421b1c4370ec43b",
  mchid: "1900000109",
  v2Key: "sandbox_test_key_0123456789abcde",
  v3Key: "sandbox_test_v3_key_0123456789ab",
  appSecret: "sandbox_test_secret_0123456789ab",
};

const BUILT = fileURLToPath(new URL("../../../target/debug/wxpay-sandbox", import.meta.url));

/** The program. */
export const PROGRAM = process.env.WXPAY_SANDBOX_BIN ?? BUILT;

/** Starts one; its flags beyond the ports are `flags`. */
export async function startSandbox(flags = []) {
  const ports = ["--port", "--wechat-port", "--phone-port", "--desktop-port"];
  const child = spawn(PROGRAM, ["--json", ...ports.flatMap((port) => [port, "0"]), ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Even if the test process dies in the middle, no sandbox stays behind.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaint += text));
  const [line] = await Promise.race([
    once(createInterface(child.stdout), "line"),
    once(child, "error").then(([error]) => {
      throw new Error(`cannot start ${PROGRAM}: ${error.message}; cargo build -p wxpay-sandbox`);
    }),
    once(child, "exit").then(([code]) => {
      throw new Error(`${PROGRAM} ended with ${code}: ${complaint}`);
    }),
  ]);
  const close = async () => {
    process.off("exit", kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    kill();
    await gone;
  };
  return { ...control(JSON.parse(line)), close };
}

/** The control API of a running sandbox, told by its ready line. */
export function control(addresses) {
  const call = async (method, path, body) => {
    const response = await fetch(`${addresses.gateway}/sandbox/${path}`, {
      method,
      body: body && JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`sandbox, ${method} ${path}: ${answer.error}`);
    return answer;
  };
  const order = (number) => `orders/${encodeURIComponent(number)}`;
  const refund = (number) => `refunds/${encodeURIComponent(number)}`;
  return {
    addresses,
    state: () => call("GET", "state"),
    order: (number) => call("GET", order(number)),
    advance: (seconds) => call("POST", "clock", { advance_seconds: seconds }),
    faults: (faults) => call("POST", "faults", faults),
    notify: (number, times) => call("POST", `${order(number)}/notify`, { times }),
    /** Somebody refunds in the merchant platform; without `refund_fee` all that is left. */
    refund: (number, how) => call("POST", `${order(number)}/refund`, how),
    settleRefund: (number, refund_status) => call("POST", `${refund(number)}/settle`, { refund_status }),
    notifyRefund: (number, times) => call("POST", `${refund(number)}/notify`, { times }),
    pay: (number, openid) => call("POST", `${order(number)}/pay`, { openid }),
    client: (name, changes) => call("POST", `clients/${name}`, changes),
    site: (url) => call("POST", "site", { url }),
    reset: () => call("POST", "reset"),
    v3: {
      /** Everybody's keys, the merchant's private ones too. */
      keys: () => call("GET", "v3/keys"),
      /** Changes who signs: `mode`, `public_key_percent`, `newest_percent`. */
      sign: (how) => call("POST", "v3/keys", how),
      /** One key more of this kind (`certificate`, `public_key`, `merchant`): its serial. */
      addKey: async (kind) => (await call("POST", `v3/keys/${kind}`)).serial,
      retireKey: (serial) => call("POST", `v3/keys/${serial}/retire`),
      /** A notification made to measure, which nobody is sent. */
      craft: (wanted) => call("POST", "v3/notification", wanted),
      /** The last wrong signatures, and what is wrong with each. */
      signatures: () => call("GET", "signatures"),
      /** Whether the merchant signed what a page hands to WeChat. */
      cashier: (params) => call("POST", "v3/cashier", params),
    },
  };
}
