// What the page knows, kept true by the events of the sandbox.

import { api, listen } from "./api.js";

export const store = {
  /** `GET /sandbox/state` without its orders; undefined until it is known. */
  state: undefined,
  /** By their numbers. */
  orders: new Map(),
  /** Messages that belong to no order, oldest first. */
  unclaimed: [],
  /** The order that is shown, with its messages. */
  shown: undefined,
  /** Wrong signatures, newest first. */
  signatures: [],
  /** Every fault there is. */
  faults: [],
  buyers: [],
  devices: [],
  /** Whether changes are heard of. */
  live: false,
};

const PATIENCE_MS = 60;
const listeners = new Set();
let telling;

/** Calls `listener` soon after anything changed, once for many changes. */
export function onChange(listener) {
  listeners.add(listener);
}

function changed() {
  telling ??= setTimeout(() => {
    telling = undefined;
    for (const listener of listeners) listener();
  }, PATIENCE_MS);
}

/** Newest first. */
export function ordersByAge() {
  return [...store.orders.values()].sort((a, b) => b.created_at - a.created_at);
}

/** Reads everything anew. */
export async function refresh() {
  const { orders, unclaimed, ...state } = await api.state();
  store.state = state;
  store.readAt = Date.now();
  store.unclaimed = unclaimed;
  store.orders = new Map(orders.map((order) => [order.out_trade_no, order]));
  store.live = true;
  if (store.shown && !store.orders.has(store.shown.out_trade_no)) store.shown = undefined;
  changed();
  await Promise.all([refreshSignatures(), refreshBuyers(), store.shown && show(store.shown.out_trade_no)]);
}

async function refreshSignatures() {
  store.signatures = (await api.signatures().catch(() => [])).reverse();
  changed();
}

export async function refreshBuyers() {
  store.buyers = await api.buyers().catch(() => []);
  changed();
}

/** Shows this order from now on; false if there is none. */
export async function show(number) {
  const order = await api.order(number).catch(() => undefined);
  const heard = store.shown?.out_trade_no === number ? store.shown.messages : [];
  const last = order?.messages.at(-1)?.seq ?? 0;
  order?.messages.push(...heard.filter((message) => message.seq > last));
  store.shown = order;
  changed();
  return Boolean(order);
}

export function leave() {
  store.shown = undefined;
}

/** Takes the answer of a call that tells of an order. */
export function heardOrder(order) {
  const { messages, ...summary } = order;
  store.orders.set(order.out_trade_no, { ...summary, messages: [] });
  if (store.shown?.out_trade_no === order.out_trade_no) Object.assign(store.shown, summary);
  changed();
}

function heardMessage(message) {
  const { shown } = store;
  if (shown && message.out_trade_no === shown.out_trade_no) {
    if (!shown.messages.some(({ seq }) => seq === message.seq)) shown.messages.push(message);
  } else if (!store.orders.has(message.out_trade_no)) {
    soon("state", refresh);
  }
  soon("signatures", refreshSignatures);
  changed();
}

export function heardState(state) {
  // Whoever resets the sandbox takes the orders away as well.
  if (store.orders.size && state.calls && !Object.keys(state.calls).length) soon("state", refresh);
  store.state = { ...store.state, ...state };
  store.readAt = Date.now();
  soon("buyers", refreshBuyers);
  changed();
}

const waiting = new Map();

/** Many reasons to read something make one reading. */
function soon(name, read) {
  if (waiting.has(name)) return;
  const begin = () => {
    waiting.delete(name);
    read().catch(again);
  };
  waiting.set(name, setTimeout(begin, 4 * PATIENCE_MS));
}

/** Reads everything after the line broke or stands again; what cannot be read is gone. */
function again() {
  refresh().catch(() => {
    store.live = false;
    changed();
  });
}

/** Begins to listen; everything is read whenever the line stands again. */
export async function start() {
  [store.faults, store.devices] = await Promise.all([api.faults(), api.devices()]);
  await refresh();
  listen({ order: heardOrder, message: heardMessage, state: heardState, again });
}

/** The sandbox's time now, in Unix seconds. */
export function now() {
  const { state, readAt } = store;
  const passed = state.clock_mode === "freeze" ? 0 : Math.floor((Date.now() - readAt) / 1000);
  return state.now + passed;
}
