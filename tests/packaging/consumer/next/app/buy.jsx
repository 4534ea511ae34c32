"use client";
// Rendered on the server too, and then taken over by the page.
import { useState } from "react";
import { createCheckout, detect } from "wxpay-h5";
import { useCheckout } from "wxpay-h5/react";
import "wxpay-h5/return";

const checkout = createCheckout({ endpoint: "" });

export function Buy() {
  const { busy } = useCheckout(checkout);
  const [taps, setTaps] = useState(0);
  // A Mac that can be touched is an iPad, so that the answer differs in the browser.
  const { channel } = detect("Mozilla/5.0 (Macintosh) Safari/605.1.15", { maxTouchPoints: 5 * taps });
  return (
    <button id="buy" disabled={busy} onClick={() => setTaps(taps + 1)}>
      {`${channel} ${taps}`}
    </button>
  );
}
