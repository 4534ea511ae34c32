// The QR code for buyers at a desktop, who pay with the WeChat on their phone.

import { renderSVG } from "./vendor/uqr.mjs";
import { text, time } from "./i18n.js";
import { sandbox } from "./messages.js";

const byId = (id) => document.getElementById(id);
const sheet = byId("code");

byId("code-close").addEventListener("click", () => sheet.close());

/** Shows the code until it is paid, has expired, or the buyer closes it; then tells how it stands. */
export async function showCode(scan, amount) {
  const closed = new AbortController();
  sheet.addEventListener("close", () => closed.abort(), { once: true });
  byId("code-image").src = `data:image/svg+xml,${encodeURIComponent(renderSVG(scan.codeUrl, { border: 1 }))}`;
  byId("code-image").alt = text("code_alt");
  byId("code-image").classList.remove("code_old");
  byId("code-amount").textContent = amount;
  byId("code-note").textContent = text("code_note", { time: time(scan.expiresAt, { timeStyle: "short" }) });
  linkSandbox(scan.codeUrl);
  sheet.showModal();

  try {
    const outcome = await scan.wait({ signal: closed.signal });
    if (outcome.status !== "pending" || closed.signal.aborted) {
      sheet.close();
    } else {
      byId("code-image").classList.add("code_old");
      byId("code-note").textContent = text("code_old");
    }
    return outcome;
  } catch (error) {
    sheet.close();
    throw error;
  }
}

/** With the sandbox there is a WeChat on this machine that can scan it. */
async function linkSandbox(codeUrl) {
  const link = byId("code-scan");
  const wechat = (await sandbox)?.addresses?.wechat_pages;
  link.hidden = !wechat;
  if (wechat) link.href = `${wechat}/scan?code_url=${encodeURIComponent(codeUrl)}`;
}
