// What each of these shops does alike, whichever router it has. Its <html> says which shop it is:
// `base`, its path; `mode`, history or hash; `login`, who logs the buyer in, and when:
//
// - "checkout": a checkout that is made before the router; `resume` is called by a page that has one.
// - "early": the page itself, which takes the code before there is a router.
// - "late": the page itself, which takes the code when there is one already.

import { createCheckout, oauthUrl, takeCode } from "wxpay-h5";

export const shop = document.documentElement.dataset;

/** Shows what the package said, whole, where a test can read it. */
function show(said) {
  if (!said) return;
  const outcome = document.getElementById("outcome");
  outcome.dataset.said = JSON.stringify(said);
  outcome.textContent = said.status;
}
const fail = (error) => show({ status: "error", error: error.code ?? String(error) });

const checkout = createCheckout({ endpoint: "" });
export const resume = () => checkout.resume().then(show, fail);
export const pay = () => checkout.pay({ sku: "cup", quantity: 1 }).then(show, fail);

export function logIn() {
  location.assign(oauthUrl({ appId: "wx2421b1c4370ec43b", redirectUri: location.href }));
}

export function showCode() {
  const taken = takeCode();
  if (taken) show({ status: "code", ...taken });
}

// This module is imported first. A router that is made before would keep the code, and write it
// into the address again.
if (shop.login === "early") showCode();
