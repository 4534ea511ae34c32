// Every sentence of the shop, and which language it speaks.

const TEXTS = {
  zh: {
    shop: "湖山茶舍",
    line: "西湖春茶 · 龙泉青瓷",
    choose: "今日好物",
    tea: "明前龙井",
    tea_note: "250 g，清明前手采",
    cup: "青瓷茶杯",
    cup_note: "龙泉窑，一只",
    quantity: "数量",
    fewer: "减一件",
    more: "加一件",
    way: "支付方式",
    wechat_pay: "微信支付",
    total: "合计",
    pay: "立即支付",
    working: "支付进行中…",
    resuming: "正在继续支付…",
    already: "正在支付，请勿重复点击",
    tap: "已登录，请再点一次“立即支付”。",
    unsupported: "这里不能用微信支付",
    ask_again: "微信还没有答复这笔订单。请稍后再点“立即支付”，接着的是同一笔，不会重复下单。",
    cancelled: "已取消支付，没有扣款。想好了再来。",
    about: "演示商店：不发货，也不碰真钱。",
    fake_scan: "没带手机？用沙箱里的微信扫",
    not_now: "暂不支付",
    paid: "支付成功",
    paid_say: "微信已确认收到这笔款。",
    closed: "订单已关闭",
    closed_say: "这笔订单不能再付了，也没有扣款。请重新下单。",
    refunded: "已退款",
    refunded_say: "款项已原路退回。",
    goods: "商品",
    order_number: "订单号",
    paid_at: "支付时间",
    back: "返回商店",
    failed: "出了点问题",
    messages: "看消息",
    close: "关闭",
    messages_lead: "这笔支付里，谁对谁说了什么：原文，以及读出来的样子。",
    page_worker: "页面 ⇄ Worker",
    worker_wechat: "Worker ⇄ 微信（沙箱）",
    none: "还没有消息。付一次款再来看。",
    in: "Worker → 微信",
    out: "微信 → Worker",
  },
  en: {
    shop: "Lakeside Tea House",
    line: "Spring tea · Longquan celadon",
    choose: "Today’s picks",
    tea: "Longjing tea",
    tea_note: "250 g, first flush",
    cup: "Celadon cup",
    cup_note: "Longquan kiln",
    quantity: "Quantity",
    fewer: "One fewer",
    more: "One more",
    way: "Pay with",
    wechat_pay: "WeChat Pay",
    total: "Total",
    pay: "Pay now",
    working: "Payment under way…",
    resuming: "Going on with it…",
    already: "A payment is under way already",
    tap: "You are signed in. Please tap “Pay now” once more.",
    unsupported: "WeChat Pay does not work here",
    ask_again: "WeChat has not answered yet. Tap “Pay now” again in a moment: it goes on with the same order.",
    cancelled: "You cancelled; nothing was charged. Come back when you like.",
    about: "A demo: nothing is shipped, no money moves.",
    fake_scan: "No phone at hand? Scan with the sandbox’s WeChat",
    not_now: "Not now",
    paid: "Paid",
    paid_say: "WeChat has confirmed this payment.",
    closed: "Order closed",
    closed_say: "This order can no longer be paid, and nothing was charged. Please order again.",
    refunded: "Refunded",
    refunded_say: "The money went back the way it came.",
    goods: "Goods",
    order_number: "Order",
    paid_at: "Paid at",
    back: "Back to the shop",
    failed: "Something went wrong",
    messages: "Messages",
    close: "Close",
    messages_lead: "Who said what to whom in this payment: the raw text, and how it reads.",
    page_worker: "Page ⇄ Worker",
    worker_wechat: "Worker ⇄ WeChat (sandbox)",
    none: "No messages yet. Pay once, then look again.",
    in: "Worker → WeChat",
    out: "WeChat → Worker",
  },
};

/** The buyer's choice, or else the browser's. */
function preferred() {
  try {
    return localStorage.getItem("language") ?? navigator.language;
  } catch {
    return navigator.language; // storage is forbidden here
  }
}

export let language = preferred().startsWith("zh") ? "zh" : "en";

/** The sentence, with `{name}` replaced from `values`. */
export function text(key, values = {}) {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Fen as a person reads them. */
export function yuan(fen) {
  return `¥${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
}

/** Unix seconds as a person reads them. */
export function time(seconds, style = { dateStyle: "medium", timeStyle: "medium" }) {
  return new Intl.DateTimeFormat(document.documentElement.lang, style).format(seconds * 1000);
}

/** Puts the language's sentences where `data-text` and `data-label` name them. */
export function translate() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = text("shop");
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = text(element.dataset.text);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset.label));
  }
}

/** Speaks the other language from now on. */
export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  try {
    localStorage.setItem("language", language);
  } catch {
    // Forgotten with the page, then.
  }
}
