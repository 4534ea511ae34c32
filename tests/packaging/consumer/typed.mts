// Compiles only if the types say what they promise: a closed union of outcomes, no `any`.
import { createCheckout, type PaymentOutcome, type WxpayErrorCode } from "wxpay-h5";
import * as everything from "wxpay-h5";
import * as js from "wxpay-h5/js";
import { defineQrElement } from "wxpay-h5/qr";
import { useCheckout as useInReact } from "wxpay-h5/react";
import { defineReturnElement } from "wxpay-h5/return";
import { useCheckout as useInVue } from "wxpay-h5/vue";
import * as wasm from "wxpay-h5/wasm";

export const sameInterface: (typeof everything)[] = [js, wasm];
export const elements: ((name?: string) => void)[] = [defineReturnElement, defineQrElement];
export const hooks: ((checkout: everything.Checkout) => { pay: unknown })[] = [useInReact, useInVue];

export async function pay(): Promise<string> {
  const outcome = await createCheckout({ endpoint: "" }).pay({ sku: "tea", quantity: 1 });
  return told(outcome);
}

function told(outcome: PaymentOutcome): string {
  switch (outcome.status) {
    case "paid":
    case "pending":
    case "closed":
    case "refunded":
      return outcome.returnToken;
    case "cancelled":
      return outcome.order.outTradeNo;
    case "failed":
      return outcome.error.remedy;
    case "scan":
      return outcome.codeUrl;
    case "leaving":
      return outcome.to;
    case "tap":
      return "";
    case "unsupported":
      return outcome.context.reasonZh;
    default:
      return outcome satisfies never;
  }
}

// @ts-expect-error a price is not the page's to name
void createCheckout({ endpoint: "" }).pay({ sku: "tea", quantity: 1, amount: 1 });

// @ts-expect-error the list of codes is closed
export const code: WxpayErrorCode = "no_such_code";
