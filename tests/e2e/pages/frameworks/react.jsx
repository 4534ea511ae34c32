// The smallest shop as a React component. Its second button mounts and unmounts it.

import { createCheckout } from "wxpay-h5";
import { useCheckout } from "wxpay-h5/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

const checkout = createCheckout({ endpoint: "" });
/** Every `pay` that a render was given. */
const pays = (window.pays = new Set());

function Shop() {
  const { pay, outcome, error, busy } = useCheckout(checkout);
  pays.add(pay);
  return (
    <>
      <button id="pay" disabled={busy} onClick={() => pay({ sku: "cup", quantity: 1 })}>pay</button>
      <button id="sold-out" onClick={() => pay({ sku: "none", quantity: 1 })}>pay for nothing</button>
      <output id="outcome" data-said={JSON.stringify(outcome ?? error)}>
        {outcome?.status ?? error?.code}
      </output>
    </>
  );
}

function Page() {
  const [open, setOpen] = useState(true);
  return (
    <>
      <button id="toggle" onClick={() => setOpen(!open)}>toggle</button>
      {open && <Shop />}
    </>
  );
}

createRoot(document.getElementById("app")).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
