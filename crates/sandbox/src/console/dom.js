// Building the page: elements made of data, never of markup.

import { qr } from "./api.js";
import { t } from "./words.js";

/**
 * An element. Attributes are set as they are, but for `on…` (a listener) and `data` (its dataset). Children are elements or texts, in
 * lists however deep; those that are false or missing are left out too.
 */
export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(made.dataset, value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

/**
 * Makes `parent` show `items` and touches only those that changed, so that focus, scrolling and
 * what stands open stay as they are. `make` is given the old element, if there is one.
 */
export function keep(parent, items, key, make) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const focused = document.activeElement;
  const next = items.map((item) => {
    const name = String(key(item));
    const picture = JSON.stringify(item);
    const found = old.get(name);
    if (found?.picture === picture) return found;
    const made = make(item, found);
    made.dataset.key = name;
    made.picture = picture;
    return made;
  });
  const stays = new Set(next);
  const lost = [...parent.children].find((child) => !stays.has(child) && child.contains(focused));
  for (const child of [...parent.children]) if (!stays.has(child)) child.remove();
  next.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  const heir = lost && next.find((child) => child.dataset.key === lost.dataset.key);
  if (heir) (heir.matches("a, button") ? heir : (heir.querySelector("summary, a, button") ?? heir)).focus();
}

/** A button that cannot be pressed twice while its work is under way, and says what went wrong. */
export function button(text, act, attributes = {}) {
  const made = h("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", () => busy(made, act));
  return made;
}

/** Does `act` with `control` disabled meanwhile; an error is shown to the reader. */
export async function busy(control, act) {
  control.disabled = true;
  try {
    await act();
  } catch (error) {
    toast(error.message, true);
  } finally {
    control.disabled = false;
  }
}

let fading;

/** A word at the foot of the page that goes away by itself. */
export function toast(text, isError = false) {
  const place = document.getElementById("toast");
  place.textContent = text;
  place.className = isError ? "toast shown error" : "toast shown";
  clearTimeout(fading);
  fading = setTimeout(() => place.classList.remove("shown"), isError ? 6000 : 2200);
}

/** Puts a text where the reader can paste it from. */
export function copyButton(text, name) {
  const label = name ? `${t("copy")} ${name}` : t("copy");
  return button(t("copy"), () => copy(text), { class: "small", "aria-label": label });
}

export async function copy(text) {
  await navigator.clipboard.writeText(text);
  toast(t("copied"));
}

/** A sentence whose `names` stand between backticks. */
export function prose(text) {
  return text.split("`").map((part, place) => (place % 2 ? h("code", {}, part) : part));
}

/** A code of `text` that can be scanned, with the text under it. */
export function codePicture(text) {
  const picture = h("img", { class: "qr", src: qr(text), alt: text, onerror: () => picture.remove() });
  return [picture, h("p", {}, h("code", {}, text), " ", copyButton(text))];
}

/** A phone's page looks right in a window of a phone's size. */
export function inPhoneWindow(event, isPhone = true) {
  if (!isPhone || event.ctrlKey || event.metaKey || matchMedia("(max-width: 600px)").matches) return;
  event.preventDefault();
  window.open(event.currentTarget.href, "_blank", "popup,width=400,height=800");
}

/** A dialog in the middle of the page; it is gone when it is closed. */
export function dialog(title, ...content) {
  const shut = h("button", { type: "button", class: "quiet", "aria-label": t("close") }, "✕");
  const made = h("dialog", { "aria-label": title }, h("header", {}, h("h2", {}, title), shut), ...content);
  shut.addEventListener("click", () => made.close());
  made.addEventListener("click", (event) => event.target === made && made.close());
  made.addEventListener("close", () => made.remove());
  document.body.append(made);
  made.showModal();
  return made;
}

/** Fen as `¥12.34`. */
export function yuan(fen) {
  return `¥${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
}

const BEIJING = { timeZone: "Asia/Shanghai", hourCycle: "h23" };
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
const DAY = { year: "numeric", month: "2-digit", day: "2-digit" };
const full = new Intl.DateTimeFormat("sv-SE", { ...BEIJING, ...DAY, ...CLOCK });

/** Unix seconds as `2026-11-24 09:30:00` in Beijing, where WeChat's clocks are. */
export const moment = (seconds) => full.format(new Date(seconds * 1000));

/** Without the year and, if it is the day of `now`, without the day. */
export function shortMoment(seconds, now) {
  const [day, clock] = moment(seconds).split(" ");
  return day === moment(now).split(" ")[0] ? clock : `${day.slice(5)} ${clock}`;
}

/** A length of time in its two largest units: `3 min 5 s`. */
export function span(seconds) {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const parts = [];
  for (const [name, length] of units) {
    const count = Math.floor(seconds / length);
    seconds -= count * length;
    if (count || (name === "second" && !parts.length)) parts.push(t(name, { n: count }));
  }
  return parts.slice(0, 2).join(" ");
}
