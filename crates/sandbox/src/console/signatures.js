// Why a signature failed: what should be signed and what was, byte under byte.

import { h, keep, moment, shortMoment } from "./dom.js";
import { now, store } from "./store.js";
import { t } from "./words.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function signaturesView(main, chosen) {
  if (!main.firstChild) build(main);
  const [list, detail] = main.children;
  return () => {
    const rows = store.signatures.map((found) => ({ ...found, id: id(found), isOpen: id(found) === chosen }));
    keep(list.querySelector("[data-list]"), rows, (found) => found.id, row);
    list.querySelector(".empty").hidden = rows.length > 0;
    const open = rows.find(({ isOpen }) => isOpen);
    keep(detail, [open ?? { id: "none" }], (found) => found.id, (found) => (open ? report(found) : h("p", { class: "empty" }, t("chooseSignature"))));
    if (detail.dataset.shown !== chosen) detail.querySelector("mark")?.scrollIntoView({ block: "nearest", inline: "center" });
    detail.dataset.shown = chosen;
  };
}

/** Reports are not numbered; two alike in all of this are alike to the reader. */
const id = ({ at, method, url, mistake, expected }) => [at, method, url, mistake.length, expected?.length].join(" ");

function build(main) {
  main.append(
    h("section", { class: "list", "aria-label": t("signatures") }, h("p", { class: "hint" }, t("signatureHint")),
      h("div", { class: "rows", data: { list: "signatures" } }), h("p", { class: "empty" }, t("noSignatures"))),
    h("section", { class: "detail" }));
}

function row(found) {
  return h("a", { class: "row stop", href: `#/signatures/${encodeURIComponent(found.id)}`, "aria-current": found.isOpen && "true" },
    h("span", { class: "title" }, `${found.method} ${found.url}`), h("time", { title: moment(found.at) }, shortMoment(found.at, now())),
    h("span", { class: "sub" }, found.mistake));
}

function report(found) {
  const expected = bytesOf(found.expected);
  const received = found.signed_visible?.replaceAll("⏎", "\n");
  const at = found.offset ?? undefined;
  return h("div", {},
    h("a", { class: "back", href: "#/signatures" }, `‹ ${t("signatures")}`),
    h("h1", { class: "mistake" }, found.mistake),
    h("p", { class: "hint" }, h("code", {}, `${found.method} ${found.url}`), " · ", moment(found.at)),
    at !== undefined && h("p", {}, h("span", { class: "tag bad" }, t("partsAt", { n: at }))),
    received ? aligned(expected, bytesOf(received), at) : [single(expected), h("p", { class: "hint" }, t("unknownReceived"))]);
}

const bytesOf = (text) => encoder.encode(text ?? "");

/** The first byte where they differ; undefined if there is none. */
function firstDifference(one, other) {
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) if (one[at] !== other[at]) return at;
  return undefined;
}

const LINE_FEED = 10;
const AMPERSAND = 38;

/** Cuts a string to sign where its parts end: V3's at line feeds, V2's after each `&`. */
function pieces(bytes, end) {
  const found = [];
  let begin = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== end) continue;
    found.push([begin, at + 1]);
    begin = at + 1;
  }
  if (begin < bytes.length) found.push([begin, bytes.length]);
  return found;
}

/** Both strings, part under part. */
function aligned(expected, received, told) {
  const at = told ?? firstDifference(expected, received);
  const end = expected.includes(LINE_FEED) ? LINE_FEED : AMPERSAND;
  const [left, right] = [pieces(expected, end), pieces(received, end)];
  const count = Math.max(left.length, right.length);
  const lines = Array.from({ length: count }, (_, place) => h("div", { class: "pair-lines", tabindex: 0, role: "group", "aria-label": t("pieceOf", { n: place + 1, all: count }) },
    line(t("expected"), expected, left[place], at), line(t("received"), received, right[place], at)));
  return h("div", { class: "aligned" }, lines,
    h("p", { class: "hint" }, `${t("expected")} ${t("bytes", { n: expected.length })}`));
}

function single(expected) {
  const end = expected.includes(LINE_FEED) ? LINE_FEED : AMPERSAND;
  const lines = pieces(expected, end).map((piece, place) => line(place ? "" : t("expected"), expected, piece, undefined));
  return h("div", { class: "aligned" }, h("div", { class: "pair-lines", tabindex: 0, role: "group", "aria-label": t("expected") }, lines),
    h("p", { class: "hint" }, t("bytes", { n: expected.length })));
}

/** One part, with the byte where the strings part marked in it. */
function line(name, bytes, piece, at) {
  const [begin, end] = piece ?? [bytes.length, bytes.length];
  const isHere = at !== undefined && at >= begin && (at < end || (at === bytes.length && end === bytes.length));
  const shown = isHere ? [visible(bytes.slice(begin, at)), marked(bytes, at, end)] : [visible(bytes.slice(begin, end))];
  return h("div", { class: "bytes" }, h("b", {}, name), h("code", {}, shown));
}

/** From the differing byte on; its letter is marked, whole even if it has several bytes. */
function marked(bytes, at, end) {
  let next = at + 1;
  while (next < end && (bytes[next] & 0xc0) === 0x80) next += 1;
  return [h("mark", {}, visible(bytes.slice(at, Math.min(next, end))) || "∅"), visible(bytes.slice(next, end))];
}

/** Line feeds, carriage returns, tabs and blanks at the end so that they can be seen. */
function visible(bytes) {
  const text = decoder.decode(bytes).replaceAll("\n", "⏎").replaceAll("\r", "␍").replaceAll("\t", "␉");
  return text.replace(/ +(?=⏎|$)/g, (blanks) => "␣".repeat(blanks.length));
}
