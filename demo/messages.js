// For the curious: what the page and the Worker said to each other and, where the sandbox plays
// WeChat, what the Worker and WeChat said. The shop works without this file.

import { text } from "./i18n.js";

const KEPT = "demo:messages";
const drawer = document.getElementById("messages");
const ownFetch = window.fetch.bind(window);

/** The newest last. Kept for the tab, because on the way to WeChat and back the page is left. */
let heard = [];
try {
  heard = JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
} catch {
  // Storage is forbidden: what was heard is forgotten with the page.
}

/** Listens to the page's calls of the Worker from now on. */
export function listen() {
  window.fetch = async (input, init) => {
    const { pathname } = new URL(input.url ?? input, location.href);
    if (!pathname.startsWith("/v1/")) return ownFetch(input, init);
    const message = { at: Date.now(), what: `${init?.method ?? "GET"} ${pathname}`, sent: init?.body };
    try {
      const answer = await ownFetch(input, init);
      keep({ ...message, status: answer.status, got: await answer.clone().text() });
      return answer;
    } catch (error) {
      keep({ ...message, status: error.name, got: error.message });
      throw error;
    }
  };
}

function keep(message) {
  heard = [...heard, message].slice(-40);
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(heard));
  } catch {
    // As above.
  }
  if (drawer.open) show();
}

/** The sandbox's control API, seen through one of its clients; null anywhere else. */
export const sandbox = findSandbox();

async function findSandbox() {
  if (location.hostname !== "localhost") return null;
  const address = `http://127.0.0.1:${location.port}`;
  try {
    const { addresses } = await (await ownFetch(`${address}/sandbox/state`)).json();
    return { address, addresses };
  } catch {
    return null; // the Worker alone, without the sandbox
  }
}

/** Opens the drawer and keeps it fresh until it is closed. */
export function open() {
  for (const id of ["page-messages", "wechat-messages"]) document.getElementById(id).replaceChildren();
  drawer.showModal();
  show();
  const timer = setInterval(showWechat, 2000);
  drawer.addEventListener("close", () => clearInterval(timer), { once: true });
}

function show() {
  fill("page-messages", heard.map((message) => ({
    id: `${message.at} ${message.what}`,
    what: message.what.replace(/[\w-]{25,}/, (token) => `${token.slice(0, 10)}…`),
    side: String(message.status),
    parts: [
      element("pre", { textContent: `${message.what}\n${pretty(message.sent)}` }),
      element("pre", { textContent: `${message.status}\n${pretty(message.got)}` }),
    ],
  })));
  showWechat();
}

async function showWechat() {
  const found = await sandbox;
  document.getElementById("wechat-section").hidden = !found;
  if (found) fill("wechat-messages", await wechatMessages(found.address));
}

/** What the sandbox heard and said about the newest order, in all its attempts. */
async function wechatMessages(address) {
  const number = heard.map((message) => orderNumber(message.got)).filter(Boolean).pop();
  if (!number) return [];
  const { orders } = await (await ownFetch(`${address}/sandbox/state`)).json();
  const attempts = orders.map((order) => order.out_trade_no).filter((known) => known.startsWith(number));
  const reports = await Promise.all(attempts.map(async (known) =>
    (await ownFetch(`${address}/sandbox/orders/${encodeURIComponent(known)}`)).json()));
  return reports.flatMap(({ messages }) => messages).sort((a, b) => a.at - b.at).map((message, index) => ({
    id: `${number} ${index}`,
    what: message.what,
    side: text(message.direction),
    parts: [element("pre", { textContent: message.body }), decoded(message.body)],
    note: message.note,
  }));
}

/** Adds what is new and leaves what stands, so that nothing the reader opened closes again. */
function fill(id, messages) {
  const list = document.getElementById(id);
  const ids = messages.map((message) => message.id);
  for (const old of [...list.children]) if (!ids.includes(old.dataset.id)) old.remove();
  const standing = new Set([...list.children].map((child) => child.dataset.id));
  for (const { id, what, side, parts, note } of messages.filter((message) => !standing.has(message.id))) {
    const details = element("details", { className: "message" });
    details.dataset.id = id;
    details.append(
      element("summary", {}, [
        element("span", { className: "message__what", textContent: what }),
        element("span", { className: "message__side", textContent: side }),
      ]),
      element("div", { className: "message__body" }, parts),
    );
    if (note) details.append(element("p", { className: "message__note", textContent: note }));
    list.append(details);
  }
  if (!messages.length) list.replaceChildren(element("p", { className: "none", textContent: text("none") }));
}

/** WeChat's flat XML as names and values. */
function decoded(xml) {
  const root = new DOMParser().parseFromString(xml, "text/xml").documentElement;
  return element("dl", {}, [...root.children].flatMap((field) => [
    element("dt", { textContent: field.tagName }),
    element("dd", { textContent: field.textContent }),
  ]));
}

function pretty(raw = "") {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2);
  } catch {
    return raw;
  }
}

function orderNumber(answer) {
  try {
    return JSON.parse(answer).out_trade_no;
  } catch {
    return undefined;
  }
}

function element(name, properties, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
