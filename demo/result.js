// What came of a payment. Only what the Worker says after asking WeChat is shown as a result.

import { language, text, time, yuan } from "./i18n.js";

const page = document.getElementById("result");
const SHAPES = {
  good: ["#07843f", "m11 24.5 9 9 18-19"],
  bad: ["#8a5a12", "M24 12v16M24 34v2"],
};

/** An order that is settled: paid, refunded or closed. */
export function showOrder(order) {
  const [colour, path] = order.status === "paid" ? SHAPES.good : SHAPES.bad;
  const facts = [
    ["goods", order.description],
    ["order_number", order.outTradeNo],
    ["paid_at", order.paidAt && time(order.paidAt)],
  ].filter(([, value]) => value);
  page.replaceChildren(
    mark(colour, path),
    element("h2", { className: "result__title", textContent: text(order.status) }),
    element("p", { className: "result__amount", textContent: yuan(order.amount) }),
    element("p", { className: "result__say", textContent: text(`${order.status}_say`) }),
    element("dl", { className: "receipt" }, facts.map(([name, value]) => element("div", {}, [
      element("dt", { textContent: text(name) }),
      element("dd", { textContent: value }),
    ]))),
    back(),
  );
  reveal(() => showOrder(order));
}

/** An order that nobody can tell about yet: the buyer asks, by the package's own element. */
export function askBuyer({ token = "", payAgain }) {
  const asking = document.createElement("wxpay-return");
  asking.setAttribute("endpoint", "");
  asking.setAttribute("lang", language);
  if (token) asking.setAttribute("token", token);
  asking.addEventListener("wxpay-status", ({ detail }) => {
    if (detail.status === "paid" || detail.status === "refunded") showOrder(detail);
  });
  asking.addEventListener("wxpay-again", () => {
    close();
    payAgain();
  });
  page.replaceChildren(asking, back());
  reveal(() => asking.setAttribute("lang", language));
}

let translated = () => {};

/** Says what stands here in the language now chosen. */
export function translateResult() {
  if (!page.hidden) translated();
}

function reveal(translate) {
  translated = translate;
  document.getElementById("shop").hidden = true;
  page.hidden = false;
  scrollTo(0, 0);
  page.focus(); // so that a screen reader reads it, and the keyboard goes on from here
}

function close() {
  page.hidden = true;
  page.replaceChildren();
  document.getElementById("shop").hidden = false;
}

function back() {
  // A fresh page: without the token in its address, and with nothing under way.
  return element("a", { className: "weui-btn weui-btn_default", href: "./", textContent: text("back") });
}

function mark(colour, path) {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">
    <circle cx="24" cy="24" r="24" fill="${colour}"/>
    <path d="${path}" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/>
  </svg>`;
  return element("img", { className: "result__mark", alt: "", src: `data:image/svg+xml,${encodeURIComponent(drawing)}` });
}

function element(name, properties, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
