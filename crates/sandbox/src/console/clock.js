// The clock: let it stand still, run, or jump.

import { api } from "./api.js";
import { button, dialog, h, moment, span } from "./dom.js";
import { heardState, now, store } from "./store.js";
import { t } from "./words.js";

const JUMPS = [60, 300, 900, 3600, 7200, 86400, 3 * 86400, 7 * 86400];

async function change(wanted) {
  const { mode, ...shown } = await api.clock(wanted);
  heardState({ ...shown, clock_mode: mode });
}

/** When the next notification is due, of all that are planned. */
function nextDue() {
  const told = [...store.orders.values()].flatMap(({ notifications, refunds }) =>
    [notifications, ...refunds.map((refund) => refund.notifications)].flat());
  const due = told.filter(({ sent_at, outcome }) => !sent_at && !outcome).map(({ due_at }) => due_at);
  return due.length ? Math.min(...due) : undefined;
}

export function clockDialog() {
  if (!store.state) return;
  const shown = h("output", { class: "big-clock" });
  const ahead = h("p", { class: "hint" });
  const mode = button("", () => change({ mode: isFrozen() ? "run" : "freeze" }).then(draw), { class: "primary" });
  const next = button("", () => change({ now: Math.max(nextDue() ?? now(), now()) }).then(draw));
  const jumps = JUMPS.map((seconds) => button(`+ ${span(seconds)}`, () => change({ advance_seconds: seconds }).then(draw)));
  const to = h("input", { type: "datetime-local", step: 1, name: "to", required: true, "aria-label": t("jumpTo") });
  const form = h("form", { class: "joined" }, to, h("button", { type: "submit" }, t("jump")));
  form.addEventListener("submit", (event) => event.preventDefault());
  const submit = form.lastChild;
  submit.replaceWith(button(t("jump"), async () => {
    // Beijing has one offset all the year round.
    if (form.reportValidity()) await change({ now: Math.floor(Date.parse(`${to.value}+08:00`) / 1000) }).then(draw);
  }));
  const draw = () => {
    shown.textContent = moment(now());
    mode.textContent = isFrozen() ? t("goOn") : t("freezeNow");
    const offset = store.state.clock_offset_seconds;
    ahead.textContent = offset ? t(offset > 0 ? "ahead" : "behind", { span: span(Math.abs(offset)) }) : t("machineTime");
    const due = nextDue();
    next.hidden = due === undefined;
    if (due !== undefined) next.textContent = `${t("toNext")} (${due > now() ? span(due - now()) : t("due")})`;
  };
  to.value = moment(now()).replace(" ", "T");
  draw();
  const ticking = setInterval(draw, 250);
  const made = dialog(t("clock"), shown, ahead, h("div", { class: "actions" }, mode, next),
    h("h3", {}, t("jumpBy")), h("div", { class: "actions" }, jumps), h("h3", {}, t("jumpTo")), form,
    h("p", { class: "hint" }, t("clockHint")));
  made.addEventListener("close", () => clearInterval(ticking));
}

const isFrozen = () => store.state.clock_mode === "freeze";
