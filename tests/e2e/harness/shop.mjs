// The tests' own shop (tests/e2e/pages), as a buyer and its owner see it.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { eventually } from "./eventually.mjs";

/** The page with the one button, and the product behind it (wrangler.toml's CATALOGUE). */
export const SHOP = "/pages/shop";
export const RETURN = "/pages/return";
/** The built package, as pages import it. */
export const PACKAGE = "/pages/wxpay-h5/index.mjs";
export const PRICE = 4500;

/** Waits until the page shows one of these outcomes; the whole of what the package said. */
export async function outcome(page, ...words) {
  const shown = page.locator("#outcome").filter({ hasText: new RegExp(`^(${words.join("|")})$`) });
  return JSON.parse(await shown.getAttribute("data-said"));
}

/** The cashier that slides over a page inside WeChat. */
export function cashier(page) {
  const frame = page.frameLocator("#sandbox-cashier");
  return { pay: frame.locator("#sandbox-pay"), cancel: frame.locator("#sandbox-cancel") };
}

/** `POST /v1/checkout` from this page, for the one product unless `ask` says otherwise. */
export function checkout(page, ask) {
  const purchase = { sku: "cup", quantity: 1, purchase_id: randomUUID(), visitor: "v".repeat(32) };
  const named = ask.checkout_token ? { visitor: purchase.visitor } : purchase;
  return page.evaluate(async (body) => {
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch("/v1/checkout", init);
    return { status: response.status, ...(await response.json()) };
  }, { ...named, ...ask });
}

/** Logs this page's buyer in without the package; the sealed session. */
export async function logIn(page) {
  const back = page.url();
  await page.goto(`/v1/oauth/authorize?return_to=${encodeURIComponent(back)}`);
  const session = await page.evaluate(async () => {
    const { code, state } = Object.fromEntries(new URLSearchParams(location.search));
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify({ code, state }) };
    return (await fetch("/v1/oauth/session", init)).json();
  });
  await page.goto(back);
  return session.session;
}

/** The fields of a fresh JSAPI order for this page's buyer. */
export async function signedFields(page) {
  const session = await logIn(page);
  const handed = await checkout(page, { channel: "jsapi", session });
  assert.equal(handed.status, 200, JSON.stringify(handed));
  return handed.request_payment;
}

/** The only order there is, by WeChat's ledger. */
export async function onlyOrder(sandbox) {
  const { orders } = await sandbox.state();
  assert.equal(orders.length, 1, `one order, found ${orders.map((order) => order.out_trade_no)}`);
  return sandbox.order(orders[0].out_trade_no);
}

/** How often the order's history tells of this. */
export function times(order, what) {
  return order.history.filter((line) => line.what === what).length;
}

/** An order is paid and refunded before the Worker hears of either; asked, WeChat says REFUND. */
export async function refundedUnheard(sandbox, number) {
  await sandbox.faults({ notify: "lost", query: "bare" });
  await sandbox.pay(number);
  await sandbox.refund(number);
}

/** Waits until the Worker has written the order down as paid. */
export function paidInWorker(worker, number) {
  return eventually(`order ${number} is paid in the Worker`, async () => {
    const order = await worker.order(number);
    return order.status === "paid" && order;
  });
}

/** Both books say paid, once, the same amount, the same payment. */
export async function assertBooksAgree({ sandbox, worker }, number, amount = PRICE) {
  const ours = await paidInWorker(worker, number);
  const theirs = await sandbox.order(ours.payment.out_trade_no);
  assert.equal(theirs.trade_state, "SUCCESS");
  assert.equal(theirs.total_fee, amount);
  assert.equal(ours.amount, amount);
  assert.equal(ours.payment.transaction_id, theirs.transaction_id);
  assert.equal(times(ours, "paid"), 1, "one transition to paid");
  assert.deepEqual(ours.conflicts, []);
  return ours;
}
