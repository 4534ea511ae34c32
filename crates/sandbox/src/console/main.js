// Starts the console: which view is shown, what stands above all of them, and the keyboard.

import { connect } from "./connect.js";
import { clockDialog } from "./clock.js";
import { dialog, h, keep, moment, toast } from "./dom.js";
import { activeFaults, faultsView, turnOff } from "./faults.js";
import { now, onChange, start, store } from "./store.js";
import { ordersView } from "./orders.js";
import { setLanguage, language, onLanguage, t, translate } from "./words.js";
import { signaturesView } from "./signatures.js";

/** Each makes its page in a place and returns what brings it up to date. */
const VIEWS = { orders: ordersView, signatures: signaturesView, faults: faultsView, connect };

const main = document.getElementById("main");
let update;

function route() {
  const [, name, ...rest] = location.hash.split("/").map(decodeURIComponent);
  const view = VIEWS[name] ? name : "orders";
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.getAttribute("href") === `#/${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (main.dataset.view !== view) main.replaceChildren();
  main.dataset.view = view;
  main.classList.toggle("one-open", rest.length > 0);
  update = VIEWS[view](main, rest[0]);
  update();
}

/** What stands above every view. */
function updateTop() {
  const on = activeFaults();
  const bar = document.getElementById("active");
  bar.hidden = !on.length;
  if (!bar.firstChild) bar.append(h("b", {}, t("active")), h("span", { class: "chips" }));
  keep(bar.lastChild, on, (fault) => fault.name, (fault) =>
    h("span", { class: "chip warn" }, fault.name,
      h("button", { type: "button", "aria-label": `${t("turnOff")} ${fault.name}`, onclick: () => turnOff(fault).catch(complain) }, "✕")));
  count("fault-count", on.length);
  count("signature-count", store.signatures.length);
  document.getElementById("offline").hidden = store.live;
  tick();
}

function count(id, number) {
  const place = document.getElementById(id);
  place.hidden = !number;
  place.textContent = number;
}

function tick() {
  if (!store.state) return;
  const text = moment(now());
  document.getElementById("year").textContent = text.slice(0, 5);
  document.getElementById("now").textContent = text.slice(5);
  const mode = store.state.clock_mode;
  document.getElementById("clock-mode").className = mode === "freeze" ? "dot frozen" : "dot";
  document.getElementById("clock").setAttribute("aria-label", `${t("clock")}: ${text}, ${t(mode ?? "run")}`);
}

const complain = (error) => toast(error.message, true);

/** Moves the focus by one in the list that is shown. */
function step(by) {
  const rows = [...main.querySelectorAll("[data-list] .stop")].filter((row) => row.offsetParent);
  const place = rows.indexOf(document.activeElement);
  const next = place < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, place + by));
  rows[next]?.focus();
}

const KEYS = {
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  "/": () => main.querySelector("[type=search]")?.focus(),
  1: () => (location.hash = "#/orders"),
  2: () => (location.hash = "#/signatures"),
  3: () => (location.hash = "#/faults"),
  4: () => (location.hash = "#/connect"),
  t: () => clockDialog(),
  "?": () => help(),
  Escape: () => {
    const [, view, one] = location.hash.split("/");
    if (one) location.hash = `#/${view}`;
  },
};

function onKey(event) {
  const field = event.target.closest("input, textarea, select");
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (field && !(event.key === "Escape" && field.type === "search")) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  if (field) field.blur();
  else act();
}

function help() {
  const line = (keys, word) => [h("dt", {}, keys.map((key) => h("kbd", {}, key))), h("dd", {}, t(word))];
  dialog(t("keys"), h("dl", { class: "keys" }, [
    line(["j", "↓"], "keyDown"), line(["k", "↑"], "keyUp"), line(["Enter"], "keyEnter"), line(["/"], "keySearch"),
    line(["Esc"], "keyEscape"), line(["1", "2", "3", "4"], "keyViews"), line(["t"], "keyClock"), line(["?"], "keyHelp"),
  ].flat()));
}

onLanguage(() => {
  document.getElementById("active").replaceChildren();
  main.replaceChildren();
  translate(document);
  if (store.state) {
    route();
    updateTop();
  }
});
onChange(() => {
  updateTop();
  update?.();
});
translate(document);
addEventListener("hashchange", route);
addEventListener("keydown", onKey);
setInterval(tick, 250);
document.getElementById("language").addEventListener("click", () => setLanguage(language() === "zh" ? "en" : "zh"));
document.getElementById("help").addEventListener("click", help);
document.getElementById("clock").addEventListener("click", () => clockDialog());
start().then(route, complain);
