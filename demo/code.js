// The QR code for buyers at a desktop, who pay with the WeChat on their phone: the package's
// <wxpay-qr> on a sheet of the shop's own.

import "./vendor/wxpay-h5/qr.mjs";
import { sandbox } from "./messages.js";

const byId = (id) => document.getElementById(id);
const sheet = byId("code");
const code = byId("code-image");
const scanHere = byId("code-scan");

byId("code-close").addEventListener("click", () => sheet.close());
// Who closes it is waited for no longer. Another code may stand there again when this is told.
sheet.addEventListener("close", () => sheet.open || (code.scan = null));

/** Shows the code until it is paid, or the buyer closes it. */
export function showCode(scan, amount) {
  byId("code-amount").textContent = amount;
  code.scan = scan;
  linkSandbox(scan.codeUrl);
  sheet.showModal();
}

/** Tells how a payment by code has ended, and when the buyer wants a new code for an old one. */
export function onCode({ paid, again }) {
  code.addEventListener("wxpay-outcome", ({ detail }) => {
    scanHere.hidden = true;
    // The element itself says that a code has expired, and offers another.
    if (detail.status !== "paid" && detail.status !== "refunded") return;
    sheet.close();
    paid(detail);
  });
  code.addEventListener("wxpay-again", () => {
    sheet.close();
    again();
  });
}

/** With the sandbox there is a WeChat on this machine that can scan it. */
async function linkSandbox(codeUrl) {
  const wechat = (await sandbox)?.addresses?.wechat_pages;
  scanHere.hidden = !wechat;
  if (wechat) scanHere.href = `${wechat}/scan?code_url=${encodeURIComponent(codeUrl)}`;
}
