// `cargo xtask demo --once`: a browser buys in the running demo, once in each of the three clients.
// Exit code 0 if both books say paid, with equal amounts; else 1 and the cause in words.
//
// WXPAY_SANDBOX_JSON: the sandbox's ready line. WXPAY_WORKER_URL: the Worker. SHOP_KEY: a key of the
// shop's backend. CHROMIUM: the browser, if it is not in a usual place.

import { api } from "./harness/backend.mjs";
import { startBrowser } from "./harness/browser.mjs";
import { BUYERS, buy } from "./harness/demo.mjs";
import { control } from "./harness/sandbox.mjs";
import { paidInWorker } from "./harness/shop.mjs";

const sandbox = control(JSON.parse(required("WXPAY_SANDBOX_JSON")));
const worker = api(required("WXPAY_WORKER_URL"), required("SHOP_KEY"));

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run this by: cargo xtask demo --once`);
  return value;
}

/** Buys, then compares the two books. */
async function purchase(buyer, browser) {
  const { number, title } = await buy(buyer, browser, sandbox.addresses);
  if (title !== "支付成功") throw new Error(`order ${number}: the shop's page says ${title}`);
  const ours = await paidInWorker(worker, number);
  const theirs = await sandbox.order(ours.payment.out_trade_no);
  if (theirs.trade_state !== "SUCCESS" || theirs.total_fee !== ours.amount) {
    const wechat = `WeChat's book says ${theirs.trade_state}, ${theirs.total_fee} fen`;
    throw new Error(`order ${number}: the Worker says paid, ${ours.amount} fen; ${wechat}`);
  }
  return [buyer.channel, number, `${ours.amount} fen`, ours.status, theirs.trade_state];
}

/** What WeChat said to messages that led to no order, and what to look at. */
async function diagnosis() {
  const { unclaimed } = await sandbox.state();
  const answers = unclaimed.filter(({ direction }) => direction === "out");
  const said = answers.map(({ body }) => /<return_msg><!\[CDATA\[(.*?)\]\]>/.exec(body)?.[1]);
  return [...new Set(said.filter(Boolean))].map((words) => {
    const remedy = REMEDIES[words];
    return `WeChat answered: ${words}${remedy ? `; ${remedy}` : ""}`;
  });
}

const REMEDIES = {
  签名错误:
    "the Worker's secret WXPAY_API_V2_KEY is not the merchant's APIv2 key, " +
    "or WXPAY_SIGN_TYPE is not the agreed one",
};

function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
  }
}

const rows = [["channel", "order", "amount", "Worker", "WeChat"]];
const browser = await startBrowser();
try {
  for (const buyer of BUYERS) rows.push(await purchase(buyer, browser));
  print(rows);
} catch (error) {
  console.error(error.message);
  for (const line of await diagnosis()) console.error(line);
  process.exitCode = 1;
} finally {
  await browser.close();
}
