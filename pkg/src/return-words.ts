/** Words and looks of `<wxpay-return>`. */

type Line = readonly [title: string, text: string];

/** One language. */
export interface Words
  extends Record<
    | "waiting" | "asking" | "network" | "lost"
    | "paid" | "unpaid" | "paying" | "closed" | "refunded" | "unknown",
    Line
  > {
  readonly paidButton: string;
  readonly againButton: string;
}

export const WORDS: Record<"zh" | "en", Words> = {
  zh: {
    paidButton: "已完成支付",
    againButton: "重新支付",
    waiting: ["请确认支付是否完成", "如已在微信中付款，请点击“已完成支付”。"],
    asking: ["正在查询支付结果", "请稍候，不要重复付款。"],
    paid: ["支付成功", "商家已收到您的付款。"],
    unpaid: ["尚未收到付款", "如已付款，请稍后再次点击“已完成支付”。"],
    paying: ["支付处理中", "请稍后再次点击“已完成支付”。"],
    closed: ["订单已关闭", "未产生扣款，可重新支付。"],
    refunded: ["已退款", "款项已退回，到账时间以银行为准。"],
    unknown: ["暂时无法确认", "请勿重复付款，稍后再查询。"],
    network: ["网络异常", "请检查网络后再次点击“已完成支付”。"],
    lost: ["没有找到订单", "请回到下单页面查看。"],
  },
  en: {
    paidButton: "I have paid",
    againButton: "Pay again",
    waiting: ["Have you finished paying?", "If you paid in WeChat, tap “I have paid”."],
    asking: ["Checking your payment", "One moment; please do not pay twice."],
    paid: ["Paid", "The shop has received your payment."],
    unpaid: ["No payment yet", "If you have paid, tap “I have paid” again in a moment."],
    paying: ["Payment in progress", "Tap “I have paid” again in a moment."],
    closed: ["Order closed", "Nothing was charged; you can pay again."],
    refunded: ["Refunded", "The money is on its way back to you."],
    unknown: ["Not certain yet", "Please do not pay twice; check again in a moment."],
    network: ["No connection", "Check the network and tap “I have paid” again."],
    lost: ["No order found", "Please go back to the page where you ordered."],
  },
};

export const STYLE = `
:host{display:block;text-align:center;font:16px/1.5 system-ui,sans-serif;color:var(--wxpay-text,#191919)}
:host([hidden]),[hidden]{display:none!important}
h2{font-size:1.375em;margin:0 0 .25em;outline-offset:4px}
p{margin:0 0 var(--wxpay-gap,24px);color:var(--wxpay-muted,#5c5c5c)}
button{display:block;width:100%;max-width:320px;min-height:48px;margin:12px auto;padding:0 16px;
font:inherit;font-weight:600;cursor:pointer;border-radius:var(--wxpay-radius,8px);
border:1px solid transparent;background:var(--wxpay-accent,#067b3e);color:var(--wxpay-on-accent,#fff)}
button+button{background:none;border-color:currentColor;color:inherit}
button[aria-disabled=true]{opacity:.6;cursor:default}
button:focus-visible{outline:3px solid currentColor;outline-offset:2px}
`;
