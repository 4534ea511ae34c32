/** `wxpay-h5/react`: a checkout as a hook, and the custom elements' types for JSX. */
import { useEffect, useState, type DetailedHTMLProps, type HTMLAttributes } from "react";
import type { Checkout } from "../checkout.js";
import { IDLE, takePart, type CheckoutState, type Part } from "../hook.js";
import type { QrEvents, QrTag, ReturnEvents, ReturnTag } from "../tags.js";

export type { CheckoutState };

/**
 * Pays from a component. `resume` is called when it is mounted, a scanned QR code is followed until
 * it is unmounted, and `pay` is the same function for ever.
 *
 * The first `checkout` given stays: create it once, outside of the component.
 *
 * ```tsx
 * const { pay, outcome, error, busy } = useCheckout(checkout);
 * return <button disabled={busy} onClick={() => pay({ sku: "tea", quantity: 1 })}>微信支付</button>;
 * ```
 */
export function useCheckout(checkout: Checkout): CheckoutState & Pick<Part, "pay"> {
  const [{ outcome, error, busy }, show] = useState(IDLE);
  const [{ pay, mount }] = useState(() => takePart(checkout, show));
  useEffect(mount, [mount]);
  return { pay, outcome, error, busy };
}

/** `onwxpay-status`: as React 19 names listeners of custom elements; 18 sets none. */
type Listeners<Events> = {
  [Name in keyof Events & string as `on${Name}`]?: ((event: Events[Name]) => void) | undefined;
};
type Tag<Own, Events> = DetailedHTMLProps<HTMLAttributes<HTMLElement>, HTMLElement> &
  Own &
  Listeners<Events>;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "wxpay-return": Tag<ReturnTag, ReturnEvents>;
      "wxpay-qr": Tag<QrTag, QrEvents>;
    }
  }
}
