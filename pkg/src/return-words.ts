/** Words and looks of `<wxpay-return>`. */
import type { Order } from "./types.js";

/** What it may show. */
export type State = Order["status"] | "waiting" | "asking" | "network" | "lost";

type Line = readonly [title: string, text: string];

/** One language. */
type Words = Readonly<Record<State, Line>> & { readonly buttons: readonly [paid: string, again: string] };

export const WORDS: Readonly<Record<"zh" | "en", Words>> = {
  zh: {
    buttons: ["已完成支付", "重新支付"],
    waiting: ["请确认支付是否完成", "如已付款，请点“已完成支付”。"],
    asking: ["正在查询支付结果", "请稍候，不要重复付款。"],
    paid: ["支付成功", "商家已收到付款。"],
    unpaid: ["尚未收到付款", "如已付款，请稍后再点“已完成支付”。"],
    paying: ["支付处理中", "请稍后再点“已完成支付”。"],
    closed: ["订单已关闭", "没有扣款，可重新支付。"],
    refunded: ["已退款", "款项将原路退回。"],
    unknown: ["暂时无法确认", "请稍后再点“已完成支付”，不要重复付款。"],
    network: ["网络异常", "请检查网络，再点“已完成支付”。"],
    lost: ["没有找到订单", "请回到下单页面。"],
  },
  en: {
    buttons: ["I have paid", "Pay again"],
    waiting: ["Have you paid?", "If you have paid, tap “I have paid”."],
    asking: ["Checking your payment", "One moment; please do not pay twice."],
    paid: ["Paid", "The shop has your payment."],
    unpaid: ["No payment yet", "If you have paid, tap “I have paid” again in a moment."],
    paying: ["Payment in progress", "Tap “I have paid” again in a moment."],
    closed: ["Order closed", "Nothing was charged; you can pay again."],
    refunded: ["Refunded", "Your money is on its way back."],
    unknown: ["Not certain yet", "Tap “I have paid” again in a moment; please do not pay twice."],
    network: ["No connection", "Check the network and tap “I have paid” again."],
    lost: ["No order found", "Go back to the page where you ordered."],
  },
};

export const STYLE = `
button+button{background:none;border-color:currentColor;color:inherit}
[aria-disabled=true]{filter:grayscale(1);cursor:default}
`;
