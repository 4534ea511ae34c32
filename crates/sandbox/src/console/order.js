// One order: what it is, what can be done with it, and everything that was said about it.

import { api } from "./api.js";
import { back } from "./orders.js";
import { button, codePicture, copyButton, dialog, h, inPhoneWindow, keep, moment, toast, yuan } from "./dom.js";
import { editAndSend } from "./send.js";
import { show, store } from "./store.js";
import { messageList } from "./timeline.js";
import { t, word } from "./words.js";

const FACTS = ["transaction_id", "openid", "prepay_id", "mweb_url", "code_url"];
const TIMES = ["created_at", "expires_at", "paid_at", "closed_at"];

/** What a refund can be made to become. */
const ENDS = ["SUCCESS", "CHANGE", "REFUNDCLOSE", "PROCESSING"];

/** Builds the place of this order and returns what brings it up to date. */
export function orderDetail(detail, number) {
  if (detail.dataset.order !== number) detail.replaceChildren(back());
  detail.dataset.order = number;
  return () => {
    const order = store.shown;
    if (order?.out_trade_no !== number) return;
    if (order.isMissing) {
      detail.replaceChildren(back(), h("p", { class: "empty" }, t("noSuchOrder")));
      return;
    }
    if (!detail.querySelector(".timeline")) build(detail);
    const [, head, facts, refunds, , timeline] = detail.children;
    keep(head, [heading(order)], () => "head", () => makeHeading(order));
    keep(facts, [factsOf(order)], () => "facts", makeFacts);
    keep(refunds, order.refunds.map((refund) => ({ ...refund, api: refund.api })), (refund) => refund.out_refund_no, (refund) => makeRefund(refund));
    messageList(timeline, order);
  };
}

function build(detail) {
  detail.replaceChildren(back(), h("div"), h("div"), h("div", { class: "refunds" }), h("h2", {}, t("messages")), h("div", { class: "timeline" }));
}

/** Whatever the heading and its buttons depend on. */
function heading({ out_trade_no, trade_state, body, total_fee, code_url, refunds, api: by }) {
  const buyers = store.buyers.map(({ openid, name }) => [openid, name]);
  return { out_trade_no, trade_state, body, total_fee, code_url, by, left: total_fee - refunded(refunds), buyers };
}

function refunded(refunds) {
  const counts = ({ refund_status }) => !["REFUNDCLOSE", "CLOSED"].includes(refund_status);
  return refunds.filter(counts).reduce((sum, { refund_fee }) => sum + refund_fee, 0);
}

function makeHeading(order) {
  return h("div", {},
    h("header", { class: "heading" },
      h("div", {}, h("h1", {}, order.body || order.out_trade_no), h("p", { class: "hint" },
        h("code", {}, order.out_trade_no), " ", copyButton(order.out_trade_no, "out_trade_no"))),
      h("div", { class: "amount" }, h("b", {}, yuan(order.total_fee)),
        h("span", { class: `tag ${order.trade_state}` }, word("state", order.trade_state)))),
    h("div", { class: "actions" }, actions(order)));
}

function actions(order) {
  const number = order.out_trade_no;
  if (order.trade_state === "NOTPAY") return unpaidActions(order);
  if (!["SUCCESS", "REFUND"].includes(order.trade_state)) return [];
  const left = order.total_fee - refunded(order.refunds);
  return [
    button(t("resend"), async () => saySent(await api.notify(number))),
    button(t("editAndSend"), () => editAndSend({ out_trade_no: number, api: order.api })),
    left > 0 && button(t("refundElsewhere"), () => refundDialog(order, left)),
  ];
}

function unpaidActions(order) {
  const buyers = h("select", { "aria-label": t("buyer") }, h("option", { value: "" }, t("buyerOfOrder")),
    store.buyers.map(({ openid, name }) => h("option", { value: openid }, name || openid)));
  const pay = button(t("pay"), async () => {
    await done(api.pay(order.out_trade_no, buyers.value || undefined));
    toast(t("paid"));
  }, { class: "primary" });
  return [h("span", { class: "joined" }, pay, buyers), order.code_url && button(t("showCode"), () => codeDialog(order.code_url))];
}

function codeDialog(text) {
  const href = `${store.state.addresses.wechat_pages}/scan?code_url=${encodeURIComponent(text)}`;
  const scan = h("a", { href, target: "_blank", onclick: (event) => inPhoneWindow(event) }, t("scanHere"));
  dialog(t("showCode"), h("p", { class: "hint" }, t("scanHint"), " ", scan), ...codePicture(text));
}

/** Says how the merchant took what was sent. */
function saySent({ acks }) {
  toast(acks.map(({ outcome, status }) => [status, word("outcome", outcome)].filter(Boolean).join(" · ")).join("; ") || t("nothingSent"));
}

function refundDialog(order, left) {
  const fee = h("input", { type: "number", min: 1, max: left, value: left, required: true, name: "refund_fee" });
  const url = h("input", { type: "url", name: "notify_url", placeholder: "http://127.0.0.1:…" });
  const form = h("form", { method: "dialog", class: "form" },
    h("p", { class: "hint" }, t("refundHint", { left: yuan(left) })),
    h("label", {}, t("fen"), fee), h("label", {}, t("refundUrl"), url),
    h("div", { class: "actions" }, button(t("refundOf"), async () => {
      if (!form.reportValidity()) return;
      await done(api.refund(order.out_trade_no, { refund_fee: Number(fee.value), notify_url: url.value || undefined }));
      shown.close();
    }, { class: "primary" })));
  const shown = dialog(t("refundTitle"), form);
}

function factsOf(order) {
  const facts = FACTS.filter((name) => order[name]).map((name) => [name, order[name]]);
  const times = TIMES.filter((name) => order[name]).map((name) => [name, moment(order[name])]);
  const faults = Object.entries(order.faults).map(([key, value]) => `${key}=${value}`).join(", ");
  const kept = faults ? [[t("faults"), faults]] : [];
  return [["api", `${order.api.toUpperCase()} · ${order.trade_type}`], ...facts, ...times, ...kept];
}

function makeFacts(facts) {
  return h("dl", { class: "facts" }, facts.flatMap(([name, value]) => [
    h("dt", {}, name), h("dd", {}, h("code", {}, value), FACTS.includes(name) && [" ", copyButton(value, name)])]));
}

function makeRefund(refund) {
  const number = refund.out_refund_no;
  const isTold = refund.notify_url && refund.refund_status !== "PROCESSING";
  const end = h("select", { "aria-label": t("settleAs") }, ENDS.map((name) =>
    h("option", { value: name, selected: name === refund.refund_status }, word("refund", name))));
  return h("section", { class: "card refund", "aria-label": `${t("refundOf")} ${number}` },
    h("header", { class: "heading" },
      h("div", {}, h("h2", {}, `↩ ${t("refundOf")}`), h("p", { class: "hint" }, h("code", {}, number), " ", copyButton(number, "out_refund_no"),
        " · ", refund.source, " · ", moment(refund.requested_at))),
      h("div", { class: "amount" }, h("b", {}, yuan(refund.refund_fee)),
        h("span", { class: `tag ${refund.refund_status}` }, word("refund", refund.refund_status)))),
    h("div", { class: "actions" },
      h("span", { class: "joined" }, button(t("settle"), () => done(api.settle(number, end.value))), end),
      isTold && button(t("resend"), async () => saySent(await api.notifyRefund(number))),
      isTold && button(t("editAndSend"), () => editAndSend({ out_refund_no: number, api: refund.api }))));
}

/** Reads the shown order anew, after something was done with it. */
export const again = () => store.shown && show(store.shown.out_trade_no);

/** A call's own answer may be older than an event that came before it, so the order is read again. */
async function done(call) {
  await call;
  await again();
}
