// `cargo xtask demo --once`: a browser buys in the running demo, once in each of the three clients.
// Exit code 0 if both books say paid, with equal amounts; else 1 and the cause in words.
//
// WXPAY_SANDBOX_JSON: the sandbox's ready line. WXPAY_WORKER_URL: the Worker. WXPAY_API: by which API
// it is to order, v2 or v3. SHOP_KEY: a key of the shop's backend. CHROMIUM: the browser, if it is not
// in a usual place.

import { api } from "./harness/backend.mjs";
import { startBrowser } from "./harness/browser.mjs";
import { BUYERS, buy } from "./harness/demo.mjs";
import { control } from "./harness/sandbox.mjs";
import { paidInWorker } from "./harness/shop.mjs";

const sandbox = control(JSON.parse(required("WXPAY_SANDBOX_JSON")));
const worker = api(required("WXPAY_WORKER_URL"), required("SHOP_KEY"));
const orderedBy = required("WXPAY_API");

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run this by: cargo xtask demo --once`);
  return value;
}

/** What the sandbox calls a call that orders. */
const ORDERS = { v2: "unifiedorder", v3: "v3_order" };

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
  if (!theirs.messages.some(({ what }) => what === ORDERS[orderedBy])) {
    throw new Error(`order ${number}: paid, but it was not ordered by API ${orderedBy}`);
  }
  return [buyer.channel, number, `${ours.amount} fen`, ours.status, theirs.trade_state];
}

/** What WeChat said to messages that led to no order, and what to look at. */
async function diagnosis() {
  const { unclaimed } = await sandbox.state();
  const answers = unclaimed.filter(({ direction }) => direction === "out");
  const said = answers.map(({ body }) => WORDS[orderedBy].exec(body)?.[1]);
  return [...new Set(said.filter(Boolean))].map((words) => {
    const remedy = words === "签名错误" && REMEDIES[orderedBy];
    return `WeChat answered: ${words}${remedy ? `; ${remedy}` : ""}`;
  });
}

/** Where each API's answer has its words. */
const WORDS = { v2: /<return_msg><!\[CDATA\[(.*?)\]\]>/, v3: /"message":"(.*?)"/ };

/** For whoever reads 签名错误. */
const REMEDIES = {
  v2:
    "the Worker's secret WXPAY_API_V2_KEY is not the merchant's APIv2 key, " +
    "or WXPAY_SIGN_TYPE is not the agreed one",
  v3: "the Worker's secret WXPAY_MERCHANT_KEY is not the key of WXPAY_MERCHANT_SERIAL",
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
