// The demo shop's page. It chooses, asks the package to pay, and shows what the Worker says.
//
//   shop.js      what is sold and chosen          code.js      the QR code on a desktop
//   result.js    what came of a payment           messages.js  who said what, for the curious
//   i18n.js      Chinese and English

import { createCheckout, defineReturnElement, detect, ready } from "./vendor/wxpay-h5/index.mjs";
import { onCode, showCode } from "./code.js";
import { language, switchLanguage, text, translate } from "./i18n.js";
import * as messages from "./messages.js";
import { askBuyer, showOrder, translateResult } from "./result.js";
import { choice, openShop, total } from "./shop.js";

const byId = (id) => document.getElementById(id);
// The Worker serves this page, so its address is this page's own origin.
const checkout = createCheckout({ endpoint: "" });

messages.listen();
defineReturnElement();
translate();
openShop();
byId("till").addEventListener("submit", (event) => {
  event.preventDefault();
  buy();
});
byId("language").addEventListener("click", () => {
  switchLanguage();
  speak();
  byId("notice").replaceChildren();
});
onCode({ paid: show, again: buy });
byId("messages-open").addEventListener("click", messages.open);
byId("messages-close").addEventListener("click", () => byId("messages").close());
// Back from the cashier by the browser's own button, the page may be the old one, still waiting.
addEventListener("pageshow", ({ persisted }) => persisted && busy(null));
arrive();
// Until then `detect` may not answer: some engines start WebAssembly only asynchronously.
ready().then(speak, complain);

/** A visit begins: anew, back from WeChat's login, or back from the H5 cashier. */
async function arrive() {
  const address = new URLSearchParams(location.search);
  if (address.has("code")) busy("resuming");
  const resumed = await attempt(() => checkout.resume());
  if (!resumed && address.has("wxpay_return")) askBuyer({ payAgain: buy });
}

/** The buyer's tap. */
function buy() {
  if (byId("pay").getAttribute("aria-disabled") === "true") return say("info", text("already"));
  busy("working");
  return attempt(() => checkout.pay(choice));
}

/** Runs it, shows what came of it, and says whether anything did. */
async function attempt(pay) {
  try {
    const outcome = await pay();
    if (outcome?.status === "leaving") return true;
    busy(null);
    if (outcome) await show(outcome);
    return Boolean(outcome);
  } catch (error) {
    busy(null);
    complain(error);
    return true;
  }
}

async function show(outcome) {
  const { status, returnToken } = outcome;
  switch (status) {
    case "paid":
    case "closed":
    case "refunded":
      return showOrder(outcome.order ?? (await checkout.status(returnToken)));
    case "scan":
      return showCode(outcome, total());
    case "pending":
      return askBuyer({ token: returnToken, payAgain: buy });
    case "cancelled":
      return say("info", text("cancelled"));
    case "failed":
      return complain(outcome.error);
    case "tap":
      return say("info", text("tap"));
    case "unsupported":
      return say("error", text("unsupported"), reason(outcome.context));
  }
}

/** `WxpayError` says what is wrong and what to do; anything else is a mistake of this page. */
function complain(error) {
  const { problem } = error;
  const title = language === "zh" ? problem?.title_zh : (problem?.title ?? error.message);
  let remedy = language === "zh" && !problem ? error.remedyZh : error.remedy;
  if (problem?.code === "order_unknown") remedy = text("ask_again"); // this one the buyer can mend
  const code = [problem?.code ?? error.code, problem?.detail, error.raw, problem?.request_id];
  say("error", title ?? text("failed"), remedy ?? String(error), code.filter(Boolean).join(" · "));
}

/** One notice above the button: what it is, what to do, and what to tell the developer. */
function say(kind, ...lines) {
  const names = ["notice__title", "notice__say", "notice__code"];
  byId("notice").className = `notice notice_${kind}`;
  byId("notice").replaceChildren(...lines.map((line, index) =>
    Object.assign(document.createElement("p"), { className: names[index], textContent: line })));
  byId("notice").scrollIntoView({ block: "nearest" });
}

/** While something is under way the button says what, and takes no second tap. */
function busy(what) {
  const button = byId("pay");
  button.setAttribute("aria-disabled", String(Boolean(what)));
  button.classList.toggle("weui-btn_loading", Boolean(what));
  byId("pay-spinner").hidden = !what;
  byId("pay-text").dataset.text = what ?? "pay";
  byId("pay-text").textContent = text(what ?? "pay");
  byId("progress").textContent = what ? text(what) : "";
  if (what) byId("notice").replaceChildren();
}

/** Says everything on the page in the language now chosen. */
function speak() {
  translate();
  translateResult();
  byId("way-note").textContent = reason(detect());
  const [name, lang] = language === "zh" ? ["English", "en"] : ["中文", "zh-CN"];
  Object.assign(byId("language"), { textContent: name, lang });
}

function reason(context) {
  return language === "zh" ? context.reasonZh : context.reason;
}
