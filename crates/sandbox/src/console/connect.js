// How to get in: the doors into the shop, the merchant's test data, the buyers.

import { api } from "./api.js";
import { button, codePicture, copyButton, dialog, h, inPhoneWindow, keep, toast, yuan } from "./dom.js";
import { heardState, store } from "./store.js";
import { language, t } from "./words.js";

/** What pays in each client. */
const WAYS = { wechat: "JSAPI", phone: "H5", desktop: "NATIVE" };

/** Variables of both APIs, and of one alone, in the order in which they are needed. */
const BOTH = ["WXPAY_BASE_URL", "WXPAY_APPID", "WXPAY_APP_SECRET", "WXPAY_MCHID", "WXPAY_SUB_MCHID", "WXPAY_SUB_APPID"];
const V2 = [...BOTH, "WXPAY_API_V2_KEY", "WXPAY_SIGN_TYPE"];
const V3 = [...BOTH, "WXPAY_API_V3_KEY", "WXPAY_MERCHANT_SERIAL", "WXPAY_MERCHANT_KEY", "WXPAY_MERCHANT_CERT",
  "WXPAY_PUBLIC_KEY_ID", "WXPAY_PUBLIC_KEY", "WXPAY_PUBLIC_KEYS", "WXPAY_PLATFORM_SERIAL", "WXPAY_PLATFORM_CERT"];

export function connect(main) {
  if (!main.firstChild) build(main);
  return () => {
    keep(main.querySelector(".site"), [store.state.site], () => "site", makeSite);
    keep(main.querySelector(".doors"), doors(), ({ id }) => id, makeDoor);
    keep(main.querySelector(".buyers"), store.buyers, ({ openid }) => openid, makeBuyer);
  };
}

/** What somebody new needs first, in a place where no order is open. */
export function firstSteps(place) {
  if (!place.querySelector(".welcome")) {
    const env = h("div", { class: "env" });
    fillEnv(env);
    place.replaceChildren(h("div", { class: "welcome" }, h("h1", {}, t("welcome")), h("p", { class: "hint" }, t("welcomeHint")),
      h("ol", { class: "steps" },
        h("li", {}, h("h2", {}, t("step1")), env),
        h("li", {}, h("h2", {}, t("step2")), h("div", { class: "doors" })),
        h("li", {}, h("h2", {}, t("step3")), h("p", { class: "hint" }, t("step3Hint"))))));
  }
  return () => keep(place.querySelector(".doors"), doors(), ({ id }) => id, makeDoor);
}

function build(main) {
  const env = h("div", { class: "env" });
  fillEnv(env);
  main.append(h("section", { class: "page" },
    h("h1", {}, t("doors")), h("p", { class: "hint" }, t("doorsHint")), h("div", { class: "site" }), h("div", { class: "doors" }),
    h("h1", {}, t("merchant")), h("p", { class: "hint" }, t("merchantHint")), env,
    h("h1", {}, t("buyers")), h("p", { class: "hint" }, t("buyersHint")), h("div", { class: "buyers cards" }),
    h("h1", {}, t("reset")), h("p", { class: "hint" }, t("resetHint")),
    button(t("reset"), async () => {
      if (confirm(t("resetSure"))) await api.reset();
    }, { class: "danger" })));
}

/** A door for each device, and one to WeChat's own scanner. */
function doors() {
  const { site, addresses } = store.state;
  const scan = { id: "scan", href: `${addresses.wechat_pages}/scan`, name: t("scan"), way: t("scanSub"), isPhone: true };
  const url = encodeURIComponent(site.replace(/\/?$/, "/"));
  return [...store.devices.map(({ device, client, chinese, english }) => ({
    id: device,
    href: `/sandbox/open?as=${device}&url=${url}`,
    name: language() === "zh" ? chinese : english,
    way: WAYS[client],
    isPhone: client !== "desktop" && device !== "wechat_windows",
  })), scan];
}

function makeDoor({ href, name, way, isPhone }) {
  return h("div", { class: "door" },
    h("a", { href, target: "_blank", onclick: (event) => inPhoneWindow(event, isPhone) }, h("b", {}, name), h("span", {}, way)),
    h("button", { type: "button", class: "small quiet", "aria-label": `${t("showCode")}: ${name}`, onclick: () => doorCode(href, name) }, "QR"));
}

function doorCode(href, name) {
  dialog(name, ...codePicture(new URL(href, location.href).href));
}

function makeSite(site) {
  const input = h("input", { type: "url", value: site, name: "site", "aria-label": t("site") });
  return h("div", { class: "site-line" }, h("label", {}, t("site"), h("span", { class: "joined" }, input, button(t("set"), async () => {
    heardState(await api.site(input.value));
    toast(t("done"));
  }))));
}

async function fillEnv(place) {
  const env = await api.env().catch((error) => toast(error.message, true));
  if (!env) return;
  const lines = (names) => names.filter((name) => env[name]).map((name) => `${name}=${quoted(env[name])}`).join("\n");
  place.append(
    block("API V3", lines(V3), t("v3Hint"), pems()),
    block("API V2", lines(V2), t("v2Hint")));
}

/** As a shell and a dotenv file both read it. */
const quoted = (value) => (/[{"\s]/.test(value) ? `'${value}'` : value);

function block(title, text, hint, ...more) {
  return h("section", { class: "card" }, h("header", { class: "heading" }, h("h3", {}, title), copyButton(text, title)),
    h("pre", { tabindex: 0, "aria-label": title }, text), h("p", { class: "hint" }, hint), ...more);
}

/** The files that SDKs ask for. */
function pems() {
  const place = h("p", { class: "actions" });
  api.keys().then(({ merchant, platform }) => {
    const own = merchant.at(-1);
    const publicKey = platform.findLast(({ kind }) => kind === "public_key");
    const certificate = platform.findLast(({ kind }) => kind === "certificate");
    const files = [["apiclient_key.pem", own?.private_key_pem], ["apiclient_cert.pem", own?.certificate_pem],
      ["pub_key.pem", publicKey?.pem], ["wechatpay_cert.pem", certificate?.pem]];
    for (const [name, pem] of files) if (pem) place.append(button(`↓ ${name}`, () => save(name, pem), { class: "small" }));
  }).catch((error) => toast(error.message, true));
  return place;
}

function save(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/x-pem-file" }));
  h("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}

function makeBuyer({ openid, name, balance, snapshot }) {
  return h("div", { class: "card buyer" }, h("b", {}, name || openid), snapshot && h("span", { class: "tag" }, t("snapshot")),
    h("p", { class: "hint" }, h("code", {}, openid), " ", copyButton(openid, name)),
    h("p", {}, balance === null || balance === undefined ? t("anyBalance") : t("balance", { yuan: yuan(balance) })));
}
