// The control API, as the page uses it.

/** Calls it; an answer that is an error is thrown with the sandbox's own words. */
async function call(method, path, body) {
  const response = await fetch(`/sandbox/${path}`, {
    method,
    headers: body && { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({ error: `${response.status}` }));
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

const order = (number) => `orders/${encodeURIComponent(number)}`;
const refund = (number) => `refunds/${encodeURIComponent(number)}`;

export const api = {
  state: () => call("GET", "state"),
  order: (number) => call("GET", order(number)),
  pay: (number, openid) => call("POST", `${order(number)}/pay`, { openid }),
  notify: (number) => call("POST", `${order(number)}/notify`, {}),
  refund: (number, how) => call("POST", `${order(number)}/refund`, how),
  notifyRefund: (number) => call("POST", `${refund(number)}/notify`, {}),
  settle: (number, refund_status) => call("POST", `${refund(number)}/settle`, { refund_status }),
  send: (what) => call("POST", "send", what),
  faults: () => call("GET", "faults"),
  setFaults: (faults) => call("POST", "faults", faults),
  clock: (change) => call("POST", "clock", change),
  signatures: () => call("GET", "signatures"),
  devices: () => call("GET", "devices"),
  buyers: () => call("GET", "buyers"),
  env: () => call("GET", "env"),
  keys: () => call("GET", "v3/keys"),
  site: (url) => call("POST", "site", { url }),
  reset: () => call("POST", "reset", {}),
};

/** A code of `text` as a picture. */
export const qr = (text) => `/sandbox/qr?text=${encodeURIComponent(text)}`;

/** How long to wait after the line broke in a way that the browser does not mend by itself. */
const RETRY_MS = 1500;

/**
 * Listens to what changes: `on` has a function for each kind of event, and `again` for when the line
 * broke or stands again, so that anything may have changed unheard.
 */
export function listen(on) {
  const source = new EventSource("/sandbox/events");
  for (const kind of ["open", "missed"]) source.addEventListener(kind, on.again);
  for (const kind of ["order", "message", "state"]) {
    source.addEventListener(kind, (event) => on[kind](JSON.parse(event.data)));
  }
  source.addEventListener("error", () => {
    on.again();
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(on), RETRY_MS);
  });
}
