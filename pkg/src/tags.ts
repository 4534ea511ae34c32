/** The custom elements as a framework's templates write them. Types only. */
import type { PaymentOutcome } from "./checkout.js";
import type { WxpayError } from "./error.js";
import type { WxpayQrElement } from "./qr-element.js";
import type { Order } from "./types.js";

/** The attributes of `<wxpay-return>`. */
export interface ReturnTag {
  endpoint?: string | undefined;
  token?: string | undefined;
}

/** The property of `<wxpay-qr>`. */
export interface QrTag {
  scan?: WxpayQrElement["scan"] | undefined;
}

/** What `<wxpay-return>` tells the page. */
export interface ReturnEvents {
  "wxpay-status": CustomEvent<Order>;
  "wxpay-again": CustomEvent<unknown>;
  "wxpay-error": CustomEvent<WxpayError>;
}

/** What `<wxpay-qr>` tells the page. */
export interface QrEvents {
  "wxpay-outcome": CustomEvent<PaymentOutcome>;
  "wxpay-again": CustomEvent<unknown>;
  "wxpay-error": CustomEvent<WxpayError>;
}
