// Faults by their names: what each does, and a switch for it.

import { api } from "./api.js";
import { busy, copyButton, h, keep } from "./dom.js";
import { heardState, store } from "./store.js";
import { language, t, word } from "./words.js";

/** Faults that are a number, with what it is when nothing is wrong, and the most it can be. */
const NUMBERS = { times: [20, 1000], refund_seconds: [60, 315360000], probe_answer_percent: [0, 100], probe_notify_percent: [0, 100] };

/** What a key says when nothing is wrong. */
const neutral = (key) => NUMBERS[key]?.[0] ?? (key === "refund_end" ? "SUCCESS" : "normal");

/** The faults in force, as they are named. */
export function activeFaults() {
  const faults = Object.entries(store.state?.faults ?? {});
  return faults.filter(([key, value]) => value !== neutral(key)).map(([key, value]) => ({ key, value, name: `${key}=${value}` }));
}

async function set(key, value) {
  heardState({ faults: await api.setFaults({ [key]: value }) });
}

export const turnOff = ({ key }) => set(key, neutral(key));

let text = "";

export function faultsView(main) {
  if (!main.firstChild) build(main);
  const place = main.querySelector("[data-list]");
  return () => {
    const now = store.state.faults;
    keep(place, groups(), ({ key }) => key, makeGroup);
    for (const control of place.querySelectorAll("[role=switch]")) {
      control.setAttribute("aria-checked", String(`${now[control.dataset.fault]}` === control.dataset.value));
    }
    keep(main.querySelector(".numbers"), numbers(), ({ key }) => key, makeNumber);
    main.querySelector(".empty").hidden = place.childElementCount > 0;
  };
}

function build(main) {
  const search = h("input", { type: "search", placeholder: t("searchFaults"), "aria-label": t("searchFaults"), value: text,
    oninput: () => {
      text = search.value;
      faultsView(main)();
    } });
  const off = h("button", { type: "button", onclick: () => busy(off, async () => {
    for (const fault of activeFaults()) await turnOff(fault);
  }) }, t("allOff"));
  main.append(h("section", { class: "page" },
    h("h1", {}, t("faults")), h("p", { class: "hint" }, t("faultsHint")),
    h("div", { class: "filter" }, search, off),
    h("div", { class: "groups", data: { list: "faults" } }), h("p", { class: "empty", hidden: true }, t("nothingFound")),
    h("h2", {}, t("numbers")), h("div", { class: "numbers" })));
}

/** The faults that are searched for, by what they strike. */
function groups() {
  const wanted = text.trim().toLowerCase();
  const found = store.faults.filter(({ name, zh, en }) => [name, zh, en].some((one) => one?.toLowerCase().includes(wanted)));
  const switches = found.filter(({ key, value }) => !(key in NUMBERS) && value !== null && value !== undefined);
  return [...new Set(switches.map(({ key }) => key))].map((key) => ({ key, faults: switches.filter((fault) => fault.key === key) }));
}

function makeGroup({ key, faults }) {
  return h("section", { class: "card", "aria-label": key }, h("h2", {}, word("fault", key), " ", h("code", {}, key)), faults.map(makeFault));
}

function makeFault({ name, key, value, amount, zh, en }) {
  const control = h("button", {
    type: "button", role: "switch", class: "fault stop", "aria-checked": "false", "aria-label": name, data: { fault: key, value },
    onclick: () => busy(control, async () => {
      const isOn = control.getAttribute("aria-checked") === "true";
      await set(key, isOn ? neutral(key) : value);
    }).then(() => control.focus()),
  }, h("span", { class: "knob", "aria-hidden": "true" }), h("span", { class: "text" }, h("code", {}, name),
    h("span", {}, language() === "zh" ? zh : en)));
  return h("div", { class: "fault-line" }, control,
    amount && h("span", { class: "magic", title: t("magicHint") }, t("magic"), " ", h("code", {}, String(amount)), " ", copyButton(String(amount), name)));
}

const numbers = () => Object.keys(NUMBERS).filter((key) => key in store.state.faults).map((key) => ({ key, value: store.state.faults[key] }));

function makeNumber({ key, value }) {
  const [, most] = NUMBERS[key];
  const input = h("input", { type: "number", min: 0, max: most, value, required: true,
    onchange: () => input.reportValidity() && busy(input, () => set(key, Number(input.value))) });
  return h("label", {}, word("fault", key), " ", h("code", {}, key), input);
}
