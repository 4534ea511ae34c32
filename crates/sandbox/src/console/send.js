// Edit and send: a notification made to measure, and what the merchant says to it.

import { api } from "./api.js";
import { again } from "./order.js";
import { button, dialog, h } from "./dom.js";
import { inside } from "./timeline.js";
import { store } from "./store.js";
import { t, word } from "./words.js";

/** Opens the form for the notification of an order's payment, or of a refund. */
export function editAndSend({ api: by, ...subject }) {
  const what = subject.out_refund_no ? "refund" : "payment";
  const rows = h("div", { class: "edit" });
  const hint = h("p", { class: "hint" });
  const fill = () => {
    if (!rows.firstChild) for (const [name, value] of Object.entries(lastSent(by, what, subject))) rows.append(field(name, value));
    hint.textContent = t(rows.firstChild ? "editHint" : "nothingToEdit");
  };
  fill();
  const url = h("input", { type: "url", name: "url", placeholder: t("sendUrlHint") });
  const raw = h("textarea", { rows: 8, name: "body", spellcheck: "false" });
  const add = button(t("addField"), () => rows.append(field("", "")), { class: "small" });
  const fields = h("div", {}, hint, rows, add);
  const whole = h("div", { hidden: true }, h("p", { class: "hint" }, t("rawHint")), raw);
  const mode = choice("mode", ["fields", "raw"], (name) => {
    fields.hidden = name !== "fields";
    whole.hidden = name !== "raw";
    // A body that is written by hand has V2's signature in it.
    sign.element.hidden = name === "raw" && by === "v2";
    if (name === "raw" && !raw.value) raw.value = lastMessage(by, what, subject)?.body ?? "";
  });
  const sign = choice("sign", ["right", "wrong", "none"]);
  const answer = h("div", { "aria-live": "polite", class: "answer" });
  const send = button(t("send"), async () => {
    const edit = (by === "v3" ? editV3 : editV2)(rows, mode.value() === "raw" ? raw.value : undefined, sign.value());
    const said = await api.send({ ...subject, api: by, url: url.value || undefined, edit });
    answer.replaceChildren(...answered(said));
    await again();
    fill();
  }, { class: "primary" });
  dialog(`${t("editing")} · ${by.toUpperCase()}`, h("form", { class: "form", method: "dialog" },
    h("label", {}, t("sendUrl"), url), mode.element, fields, whole, sign.element,
    h("div", { class: "actions" }, send), answer));
}

/** The last such notification of the order that is shown. */
function lastMessage(by, what, { out_refund_no: number }) {
  const isOne = (message) => message.direction === "out" && /notify$/.test(message.what) &&
    message.what.includes("refund") === (what === "refund") && (!number || JSON.stringify(message.decoded ?? "").includes(number));
  return store.shown?.messages.findLast(isOne);
}

/** Its fields: of V3, and of refunds, what was sealed inside. */
function lastSent(by, what, subject) {
  const decoded = lastMessage(by, what, subject)?.decoded;
  const opened = decoded?.resource?.opened ?? decoded?.opened;
  const found = by === "v3" || what === "refund" ? opened : decoded;
  const { sign, nonce_str, ...rest } = found ?? {};
  return rest;
}

/** One line of the form. A value that is not touched stays as WeChat has it. */
function field(name, value) {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const key = h("input", { value: name, "aria-label": t("fieldName"), readonly: name !== "", class: "name" });
  const input = h("input", { value: text, "aria-label": name || t("fieldValue"), placeholder: text ? "" : t("asWechat") });
  const gone = h("button", { type: "button", class: "small", "aria-pressed": "false", "aria-label": `${t("leaveOut")} ${name}`, title: t("leaveOut") }, "✕");
  const made = h("div", { class: "pair" }, key, input, gone);
  gone.addEventListener("click", () => {
    const isGone = made.classList.toggle("gone");
    gone.setAttribute("aria-pressed", String(isGone));
    input.disabled = isGone;
  });
  made.read = () => {
    if (!key.value) return [];
    if (made.classList.contains("gone")) return [[key.value, null]];
    return input.value === text ? [] : [[key.value, typeof value === "object" || typeof value === "number" ? parsed(input.value) : input.value]];
  };
  made.original = value;
  return made;
}

/** A number or an object as such, and a text where it is none. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const changes = (rows) => Object.fromEntries([...rows.children].flatMap((row) => row.read()));

function editV2(rows, body, sign) {
  return body === undefined ? { fields: changes(rows), sign } : { body, sign };
}

const SIGNATURE = ["wechatpay-signature", "wechatpay-serial", "wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature-type"];

function editV3(rows, body, sign) {
  const made = {};
  if (body !== undefined) made.body = body;
  else if (Object.keys(changes(rows)).length) made.resource = resource(rows);
  if (sign === "wrong") made.key = "stranger";
  if (sign === "none") made.headers = Object.fromEntries(SIGNATURE.map((name) => [name, null]));
  return made;
}

/** All of what is sealed, with what was changed. */
function resource(rows) {
  const whole = Object.fromEntries([...rows.children].map((row) => [row.firstChild.value, row.original]));
  for (const [name, value] of Object.entries(changes(rows))) {
    if (value === null) delete whole[name];
    else whole[name] = value;
  }
  return whole;
}

function answered({ headers, body, ack }) {
  const mood = ack.outcome === "acknowledged" ? "good" : "bad";
  const said = [ack.status, word("outcome", ack.outcome)].filter(Boolean).join(" · ");
  return [
    h("p", {}, t("answered"), " ", h("span", { class: `tag ${mood}` }, said)),
    ack.body ? h("pre", {}, ack.body) : null,
    h("details", {}, h("summary", {}, t("whatWasSent")), inside({ headers, body })),
  ].filter(Boolean);
}

/** Radio buttons in a row. */
function choice(name, values, chosen = () => {}) {
  const inputs = values.map((value, place) => h("input", { type: "radio", name, value, checked: place === 0, onchange: () => chosen(value) }));
  const element = h("fieldset", { class: "choice" }, h("legend", {}, t(name)),
    inputs.map((input) => h("label", {}, input, t(`${name}_${input.value}`))));
  return { element, value: () => inputs.find((input) => input.checked).value };
}
