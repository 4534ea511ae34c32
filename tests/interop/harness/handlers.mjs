// Notify handlers as the SDKs' documents show them, and what `wxpay-sandbox conform` says of each.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { MERCHANT, PROGRAM, startSandbox } from "../../e2e/harness/sandbox.mjs";
import { answerOf, startDriver } from "./driver.mjs";
import { merchantOf, publicKeysOf } from "./merchant.mjs";
import { node, PYTHON, withVersions } from "./programs.mjs";

const here = (path) => fileURLToPath(new URL(`../handlers/${path}`, import.meta.url));
const js = (file, ...flags) => [process.execPath, ...flags, here(file)];
const py = (file) => [PYTHON, here(file)];

/** `document` is the one that the handler follows; `refunds` is whether that shows a refund's too. */
export const HANDLERS = withVersions([
  {
    name: "wechatpayv3",
    registry: "PyPI",
    api: "v3",
    document: "examples/server/examples.py",
    command: py("wechatpayv3.handler.py"),
    refunds: false,
  },
  {
    name: "wechatpay-node-v3",
    registry: "npm",
    api: "v3",
    document: "docs/verifySign.md, docs/transactions_h5.md",
    command: js("wechatpay-node-v3.mjs"),
    refunds: true,
  },
  {
    name: "tenpay",
    registry: "npm",
    api: "v2",
    document: "README.md, 中间件・微信消息通知",
    command: js("tenpay.mjs"),
    refunds: true,
  },
  {
    name: "wechat-pay",
    registry: "npm",
    api: "v2",
    document: "README.md, 接收微信付款确认请求, 接收退款确认请求",
    // Its refusals are rejected once more where nobody awaits them, which ends Node unless it is told
    // otherwise; it is of the years when Node only warned.
    command: js("wechat-pay.mjs", "--unhandled-rejections=warn"),
    refunds: true,
  },
  {
    name: "wechat-payment-node",
    registry: "npm",
    api: "v2",
    document: "README.md, WeChat Callbacks",
    command: js("wechat-payment-node.mjs"),
    refunds: true,
  },
  {
    name: "weixin-pay",
    registry: "npm",
    api: "v2",
    document: "README.md, 中间件",
    command: js("weixin-pay.mjs"),
    refunds: false,
  },
  {
    name: "wechatpy",
    registry: "PyPI",
    api: "v2",
    document: "docs/pay.rst (reference of `WeChatPay`)",
    command: py("wechatpy.handler.py"),
    refunds: true,
  },
]);

/**
 * What `conform` says of every handler, in their order: `[{ handler, card }]`. One after the other:
 * some cases are there for the time that they take.
 */
export async function examineAll() {
  const grounds = { v2: await ground("v2"), v3: await ground("v3") };
  try {
    const examined = [];
    for (const handler of HANDLERS) {
      examined.push({ handler, card: await examine(handler, grounds[handler.api]) });
    }
    return examined;
  } finally {
    await Promise.all(Object.values(grounds).map(({ sandbox }) => sandbox.close()));
  }
}

const ORDER = "refunded-by-conform";
/** A refund is told by the API of its order. */
const ORDERED = {
  v2: [
    "axios-plugin-v2.mjs",
    { body: "湖山茶舍", total_fee: 1990, spbill_create_ip: "203.0.113.7", product_id: "1" },
  ],
  v3: ["axios-plugin.mjs", { description: "湖山茶舍", amount: { total: 1990 } }],
};

/** A sandbox with a paid order, for refunds, which tells nobody of them; and what its merchant has. */
async function ground(api) {
  const sandbox = await startSandbox(["--sign-type", "MD5"]);
  await sandbox.faults({ notify: "lost" });
  const keys = await sandbox.v3.keys();
  const merchant = { ...merchantOf(keys), key: MERCHANT.v2Key };
  const publicKeys = publicKeysOf(keys);
  const [program, order] = ORDERED[api];
  const driver = startDriver(node(program));
  const where = { gateway: sandbox.addresses.gateway, signType: "MD5", platform: { publicKeys } };
  answerOf(await driver.ask("shop", "open", { ...where, merchant }));
  const notify_url = "http://127.0.0.1:9/nobody";
  answerOf(await driver.ask("shop", "native", { out_trade_no: ORDER, notify_url, ...order }));
  await driver.close();
  await sandbox.pay(ORDER);
  const { v2Key, v3Key } = MERCHANT;
  return { sandbox, merchant: { ...merchant, v2Key, v3Key, platform: publicKeys } };
}

async function examine(handler, { sandbox, merchant }) {
  const { origin, close } = await startHandler(handler, merchant);
  try {
    const flags = ["--notify-url", `${origin}/notify`, "--api", handler.api, "--json"];
    flags.push("--sandbox", sandbox.addresses.gateway, "--sign-type", "MD5", "--v3-keys", "public_key");
    if (handler.refunds) flags.push("--out-refund-no", await refund(sandbox, `${origin}/refund`));
    return await conform(flags);
  } finally {
    await close();
  }
}

/** A refund that succeeded and is told at `notify_url`: its number. */
async function refund(sandbox, notify_url) {
  const { refunds } = await sandbox.refund(ORDER, { refund_fee: 10, notify_url });
  const { out_refund_no } = refunds.find((refund) => refund.notify_url === notify_url);
  await sandbox.settleRefund(out_refund_no, "SUCCESS");
  return out_refund_no;
}

/** The score card of `wxpay-sandbox conform`, which ends with 1 if anything failed. */
export function conform(flags) {
  return new Promise((resolve, reject) => {
    execFile(PROGRAM, ["conform", ...flags], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout));
      } catch {
        reject(new Error(`${error}: ${stderr}`));
      }
    });
  });
}

async function startHandler({ command: [program, ...words] }, merchant) {
  const env = { ...process.env, WXPAY_HANDLER_MERCHANT: JSON.stringify(merchant) };
  const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaint += text));
  const [port] = await Promise.race([
    once(createInterface(child.stdout), "line"),
    once(child, "exit").then(([code]) => {
      throw new Error(`${words} ended with ${code}: ${complaint}`);
    }),
  ]);
  // Nobody reads what it prints afterwards, and it must not wait for that.
  child.stdout.resume();
  const close = async () => {
    process.off("exit", kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    kill();
    await gone;
  };
  return { origin: `http://127.0.0.1:${port}`, close };
}
