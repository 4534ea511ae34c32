// Faults by their names: what each does, and a switch for it.

import { api } from "./api.js";
import { busy, button, copy, h, keep, prose } from "./dom.js";
import { heardState, store } from "./store.js";
import { language, t, word } from "./words.js";

/** Numbers say how a fault goes; only shares of a hundred are faults by themselves. */
const isShare = (key) => key.endsWith("_percent");

/** What a key says when nothing is wrong. */
const neutral = (key) => (isShare(key) ? 0 : key === "refund_end" ? "SUCCESS" : "normal");

const isNumber = ([, value]) => typeof value === "number";

const inForce = () => Object.entries(store.state?.faults ?? {});

/** The faults in force, as they are named. */
export function activeFaults() {
  const faults = inForce().filter(([key, value]) => value !== neutral(key) && (isShare(key) || !isNumber([key, value])));
  return faults.map(([key, value]) => ({ key, value, name: `${key}=${value}` }));
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
  return [...new Set(found.map(({ key }) => key))].map((key) => ({ key, faults: found.filter((fault) => fault.key === key) }));
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
    h("span", {}, prose(language() === "zh" ? zh : en))));
  return h("div", { class: "fault-line" }, control, amount && magic(name, String(amount)));
}

/** The amount of an order that is to have this fault for itself; pressed, it is copied. */
function magic(name, amount) {
  const title = `${t("magic")} ${amount} · ${t("copy")}`;
  return button(`${amount} ${t("fenUnit")}`, () => copy(amount), { class: "small magic", title, "aria-label": `${name}: ${title}` });
}

const numbers = () => inForce().filter(isNumber).map(([key, value]) => ({ key, value }));

function makeNumber({ key, value }) {
  const input = h("input", { type: "number", min: 0, max: isShare(key) && 100, value, required: true,
    onchange: () => input.reportValidity() && busy(input, () => set(key, Number(input.value))) });
  return h("label", {}, word("fault", key), " ", h("code", {}, key), input);
}
