// The list of orders and refunds, and beside it the one that is open.

import { h, keep, shortMoment, yuan } from "./dom.js";
import { leave, now, ordersByAge, show, store } from "./store.js";
import { firstSteps } from "./connect.js";
import { messageList } from "./timeline.js";
import { orderDetail } from "./order.js";
import { t, word } from "./words.js";

/** More rows than anybody reads; the search finds the others. */
const MOST_ROWS = 200;

const STATES = ["NOTPAY", "SUCCESS", "REFUND", "CLOSED"];

/** What is searched for stays while other views are looked at. */
const filter = { text: "", state: "" };

/** Where messages without an order are shown. */
const UNCLAIMED = "-";

export function ordersView(main, number) {
  if (!main.firstChild) build(main);
  const [list, detail] = main.children;
  let updateDetail;
  if (number && number !== UNCLAIMED) {
    updateDetail = orderDetail(detail, number);
    if (store.shown?.out_trade_no !== number) show(number);
  } else {
    leave();
    delete detail.dataset.order;
    updateDetail = number ? unclaimed(detail) : firstSteps(detail);
  }
  return () => {
    updateList(list, number);
    updateDetail();
  };
}

function build(main) {
  const search = h("input", {
    type: "search", placeholder: t("search"), "aria-label": t("search"), "aria-keyshortcuts": "/", value: filter.text,
    oninput: (event) => change(event, "text"),
  });
  const state = h("select", { "aria-label": t("state"), onchange: (event) => change(event, "state") },
    h("option", { value: "" }, t("allStates")),
    STATES.map((name) => h("option", { value: name, selected: filter.state === name }, word("state", name))));
  const change = (event, name) => {
    filter[name] = event.target.value;
    updateList(main.firstChild, location.hash.split("/")[2]);
  };
  main.append(
    h("section", { class: "list", "aria-label": t("orders") },
      h("div", { class: "filter" }, search, state),
      h("div", { class: "rows", data: { list: "orders" } }),
      h("p", { class: "empty", hidden: true })),
    h("section", { class: "detail" }));
}

function updateList(list, open) {
  const found = ordersByAge().filter(fits);
  const rows = found.slice(0, MOST_ROWS).map((order) => ({ ...summary(order), isOpen: order.out_trade_no === open }));
  if (store.unclaimed.length && !filter.text && !filter.state) {
    rows.push({ number: UNCLAIMED, count: store.unclaimed.length, isOpen: open === UNCLAIMED });
  }
  const [, place, empty] = list.children;
  list.parentElement.classList.toggle("has-orders", store.orders.size > 0);
  keep(place, rows, (row) => row.number, row);
  empty.hidden = rows.length > 0 && found.length <= MOST_ROWS;
  empty.textContent = found.length > MOST_ROWS ? t("more", { n: found.length - MOST_ROWS })
    : store.orders.size ? t("nothingFound") : t("noOrders");
}

function fits(order) {
  if (filter.state && order.trade_state !== filter.state) return false;
  const refunds = order.refunds.flatMap((refund) => [refund.out_refund_no, refund.refund_id]);
  const { out_trade_no, transaction_id, body, openid } = order;
  const texts = [out_trade_no, transaction_id, body, openid, yuan(order.total_fee), ...refunds];
  const wanted = filter.text.trim().toLowerCase();
  return texts.some((text) => text?.toLowerCase().includes(wanted));
}

function summary(order) {
  const { out_trade_no, body, total_fee, trade_state, trade_type, api, created_at, refunds } = order;
  const notices = [...order.notifications, ...refunds.flatMap((refund) => refund.notifications)];
  const waiting = notices.filter((notice) => !notice.sent_at && !notice.outcome).length;
  const refunded = refunds.map(({ out_refund_no, refund_fee, refund_status }) => ({ out_refund_no, refund_fee, refund_status }));
  return { number: out_trade_no, body, total_fee, trade_state, trade_type, api, created_at, refunds: refunded, waiting };
}

function row(item) {
  const link = { class: "row stop", href: `#/orders/${encodeURIComponent(item.number)}`, "aria-current": item.isOpen && "true" };
  if (item.number === UNCLAIMED) {
    return h("a", link, h("span", { class: "title" }, t("unclaimed")), h("span", { class: "tag" }, String(item.count)),
      h("span", { class: "sub" }, t("unclaimedHint")));
  }
  return h("a", link,
    h("span", { class: "title" }, item.body || item.number),
    h("span", { class: "fee" }, yuan(item.total_fee)),
    h("span", { class: "sub" }, `${item.api.toUpperCase()} ${item.trade_type} · ${shortMoment(item.created_at, now())}`, h("br"), h("code", {}, item.number)),
    h("span", { class: "tags" }, h("span", { class: `tag ${item.trade_state}` }, word("state", item.trade_state)),
      item.waiting > 0 && h("span", { class: "tag planned" }, t("planned"))),
    item.refunds.map((refund) => h("span", { class: "sub refund" },
      `↩ ${yuan(refund.refund_fee)} `, word("refund", refund.refund_status))));
}

/** Messages without an order, such as those whose signature was wrong. */
function unclaimed(detail) {
  const place = h("div", { class: "timeline" });
  detail.replaceChildren(back(), h("h1", {}, t("unclaimed")), h("p", { class: "hint" }, t("unclaimedHint")), place);
  return () => messageList(place, { messages: store.unclaimed, notifications: [], refunds: [] });
}

/** On a phone the list is a page of its own. */
export const back = () => h("a", { class: "back", href: "#/orders" }, `‹ ${t("orders")}`);
