// What the page knows, kept true by the events of the sandbox.

import { api, listen } from "./api.js";

export const store = {
  /** `GET /sandbox/state` without its orders; undefined until it is known. */
  state: undefined,
  /** By their numbers. */
  orders: new Map(),
  /** Messages that belong to no order, oldest first. */
  unclaimed: [],
  /** The order that is shown, with its messages; without any and `isMissing` if there is none. */
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

/** For each reading under way, what was heard meanwhile: it may be newer than what is read. */
const hearings = new Set();

/** Reads something, takes it, and takes again what was heard meanwhile. */
async function reading(read, take) {
  const heard = [];
  hearings.add(heard);
  try {
    take(await read());
  } finally {
    hearings.delete(heard);
  }
  for (const tell of heard) tell();
  changed();
}

let last = Promise.resolve();

/** Reads everything anew, one reading after the other. */
function refresh() {
  last = last.catch(() => {}).then(readAll);
  return last;
}

async function readAll() {
  await reading(api.state, ({ orders, unclaimed, ...state }) => {
    store.state = state;
    store.readAt = Date.now();
    store.unclaimed = unclaimed;
    store.orders = new Map(orders.map((order) => [order.out_trade_no, order]));
    store.live = true;
  });
  await Promise.all([refreshSignatures(), refreshBuyers(), wanted && show(wanted)]);
}

const refreshSignatures = () => reading(api.signatures, (found) => (store.signatures = found.reverse()));
const refreshBuyers = () => reading(api.buyers, (found) => (store.buyers = found));

/** The number of the order that the reader opened. */
let wanted;

/** Shows this order from now on, if there is one. */
export async function show(number) {
  wanted = number;
  const read = () => api.order(number).catch(() => undefined);
  await reading(read, (order) => {
    if (wanted === number) store.shown = order ?? { out_trade_no: number, isMissing: true };
  });
}

export function leave() {
  wanted = undefined;
  store.shown = undefined;
}

function heardOrder(order) {
  const { messages, ...summary } = order;
  store.orders.set(order.out_trade_no, { ...summary, messages: [] });
  if (isShown(order.out_trade_no)) Object.assign(store.shown, summary);
  changed();
}

const isShown = (number) => store.shown?.out_trade_no === number && !store.shown.isMissing;

function heardMessage(message) {
  if (isShown(message.out_trade_no)) {
    const { messages } = store.shown;
    if (!messages.some(({ seq }) => seq === message.seq)) messages.push(message);
  } else if (!store.orders.has(message.out_trade_no)) {
    soon("state", refresh);
  }
  soon("signatures", refreshSignatures);
  changed();
}

export function heardState(state) {
  // Whoever resets the sandbox takes the orders away; and when time jumps, orders and refunds end.
  const isReset = store.orders.size > 0 && state.calls && !Object.keys(state.calls).length;
  if (isReset || Math.abs((state.now ?? now()) - now()) > 1) soon("state", refresh);
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

/** Refunds that end by themselves, without a notification, are told by nobody. */
const ENDING_MS = 5000;

function lookForEnds() {
  const isEnding = ({ refunds }) => refunds.some(({ refund_status }) => refund_status === "PROCESSING");
  if ([...store.orders.values()].some(isEnding)) soon("state", refresh);
}

/** Begins to listen; everything is read whenever the line stands again. */
export async function start() {
  [store.faults, store.devices] = await Promise.all([api.faults(), api.devices()]);
  await refresh();
  setInterval(lookForEnds, ENDING_MS);
  const tell = (take) => (event) => {
    for (const heard of hearings) heard.push(() => take(event));
    take(event);
  };
  listen({ order: tell(heardOrder), message: tell(heardMessage), state: tell(heardState), again });
}

/** The sandbox's time now, in Unix seconds. */
export function now() {
  const { state, readAt } = store;
  const passed = state.clock_mode === "freeze" ? 0 : Math.floor((Date.now() - readAt) / 1000);
  return state.now + passed;
}
