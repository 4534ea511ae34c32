// Every message both ways in the order of time, and the notifications that are still to come.

import { copyButton, h, keep, moment, shortMoment } from "./dom.js";
import { now } from "./store.js";
import { t, word } from "./words.js";

/** Messages that are tries of a notification. */
const isNotification = ({ what, direction }) => direction === "out" && /notify$/.test(what);

/** WeChat's answer to a call of the merchant's. */
const isAnswer = (message) => message.direction === "out" && !isNotification(message);

/** Shows an order's messages and its notifications that came to nothing or are planned. */
export function messageList(place, order) {
  const entries = timeline(order);
  keep(place, entries.length ? entries : [{ id: "none" }], (entry) => entry.id, (entry, old) => {
    if (entry.id === "none") return h("p", { class: "empty" }, t("noMessages"));
    return entry.message ? messageEntry(entry, old?.open) : noticeEntry(entry);
  });
}

/** What happened, oldest first, then what is planned. */
function timeline({ messages, notifications, refunds }) {
  const told = notifications.map((notice, place) => ({ notice, id: `notice ${place}` }));
  for (const { out_refund_no: number, notifications } of refunds) {
    told.push(...notifications.map((notice, place) => ({ notice, number, id: `notice ${number} ${place}` })));
  }
  const past = messages.map((message, place) => {
    const entry = { id: `message ${message.seq ?? place}`, at: message.at, message };
    const sent = isNotification(message) && told.findIndex(({ notice, number }) =>
      notice.sent_at === message.at && Boolean(number) === message.what.includes("refund"));
    if (sent !== false && sent >= 0) entry.notice = told.splice(sent, 1)[0].notice;
    return entry;
  });
  const rest = told.map(({ notice, number, id }) => ({ id, at: notice.sent_at ?? notice.due_at, notice, number }));
  const isPlanned = ({ message, notice }) => !message && !notice.sent_at && !notice.outcome;
  const made = [...past, ...rest.filter((entry) => !isPlanned(entry))].sort((a, b) => a.at - b.at);
  return [...made, ...rest.filter(isPlanned).sort((a, b) => a.at - b.at)];
}

/** A try that was lost or withdrawn, or that is still to come. */
function noticeEntry({ at, notice, number }) {
  const isPlanned = !notice.outcome && !notice.sent_at;
  return h("div", { class: `entry out ${isPlanned ? "planned" : "lost"}` }, h("div", { class: "line" },
    h("time", { title: moment(at) }, shortMoment(at, now())), arrow("out"),
    h("span", { class: "what" }, tryName(notice.try_no), number && h("code", {}, ` ${number}`)),
    h("span", { class: `tag ${isPlanned ? "planned" : "bad"}` }, isPlanned ? t("planned") : word("outcome", notice.outcome))));
}

const tryName = (number) => (number ? t("try", { n: number }) : t("byHand"));

const arrow = (direction) => h("span", { class: `arrow ${direction}`, title: t(direction) }, direction === "in" ? t("inShort") : t("outShort"));

function messageEntry({ message, notice }, isOpen) {
  const { at, direction, what, method, url } = message;
  const [mood, said] = outcome(message, notice);
  const made = h("details", { class: `entry ${direction}`, open: isOpen },
    h("summary", { class: "line stop" },
      h("time", { title: moment(at) }, shortMoment(at, now())), arrow(direction),
      h("span", { class: "what" }, h("b", {}, isAnswer(message) ? t("answerTo", { what: word("what", what) }) : word("what", what)), h("code", {}, ` ${what}`),
        notice && h("span", { class: "try" }, ` ${tryName(notice.try_no)}`), url && h("span", { class: "url" }, [method, url].filter(Boolean).join(" "))),
      said && h("span", { class: `tag ${mood}` }, said)));
  const fill = () => made.childElementCount === 1 && made.append(inside(message));
  if (isOpen) fill();
  made.addEventListener("toggle", fill);
  return made;
}

/** How a message ended, in a word, and whether that is good. */
function outcome({ what, direction, note, status, decoded }, notice) {
  const told = what === "notify_ack" ? note : notice?.outcome;
  if (told) return [told === "acknowledged" ? "good" : "bad", word("outcome", told)];
  if (direction === "in" || !status) return ["", ""];
  const { return_code, return_msg, err_code, code, trade_state, result_code } = decoded ?? {};
  const refusal = return_code === "FAIL" ? return_msg : (err_code ?? code);
  const isGood = status < 300 && !refusal;
  return [isGood ? "good" : "bad", [status, refusal ?? trade_state ?? result_code].filter(Boolean).join(" ")];
}

/** A message laid open: as it was on the wire, and what it means. */
export function inside({ body, decoded, headers, note, method, url, status }) {
  const names = Object.entries(headers ?? {});
  return h("div", { class: "inside" },
    // What was sealed is shown decoded; the note would only say it again.
    note && !decoded?.resource?.opened && h("p", { class: "note" }, note),
    h("div", { class: "sides" },
      h("section", {}, h("header", {}, h("h3", {}, t("raw")), body && copyButton(body, t("raw"))),
        (url || status) && h("p", { class: "url" }, [method, url, status].filter(Boolean).join(" ")),
        names.length > 0 && h("details", { class: "headers" }, h("summary", {}, t("headers", { n: names.length })), fields(headers)),
        body ? h("pre", {}, body) : h("p", { class: "empty" }, t("noBody"))),
      decoded !== undefined && decoded !== null && h("section", {}, h("header", {}, h("h3", {}, t("decoded"))), tree(decoded))));
}

/** Longer than this, a value is scrolled in its own place. */
const LONG = 160;

/** What was sealed comes first: it is what the reader looks for. */
function fields(object) {
  const { opened, ...rest } = object;
  const entries = Object.entries(opened === undefined ? rest : { opened, ...rest });
  return h("dl", { class: "fields" }, entries.flatMap(([name, value]) => [
    h("dt", {}, name), h("dd", { class: String(value).length > LONG && "long", tabindex: String(value).length > LONG && 0 }, leaf(value))]));
}

function leaf(value) {
  if (typeof value === "object" && value !== null) return tree(value);
  return value === "" ? h("i", {}, t("empty")) : String(value);
}

function tree(value) {
  if (Array.isArray(value)) return h("ol", { class: "fields" }, value.map((one) => h("li", {}, tree(one))));
  return typeof value === "object" && value !== null ? fields(value) : h("code", {}, String(value));
}
