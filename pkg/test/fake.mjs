/** A page and a Worker as plain objects, for what needs no browser. */

/** Puts a page into the globals; gives back what happened to it, and `leave` to take it out. */
export function enterPage({ href = "https://shop.example/pay", userAgent = "", bridge } = {}) {
  const kept = new Map();
  const happened = { visited: [], replaced: [], clicked: [] };
  const document = Object.assign(new EventTarget(), {
    hidden: false,
    querySelector: () => null,
    createElement: () => ({ click() { happened.clicked.push({ ...this }); } }),
  });
  const location = {
    get href() { return href; },
    get protocol() { return new URL(href).protocol; },
    assign(url) { happened.visited.push(url); },
  };
  const page = {
    document,
    location,
    history: {
      state: { router: "kept" },
      replaceState(state, _title, url) {
        happened.replaced.push([state, url]);
        href = new URL(url, href).href;
      },
    },
    navigator: { userAgent, maxTouchPoints: 0 },
    sessionStorage: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
      removeItem: (key) => kept.delete(key),
    },
    HTMLAnchorElement: class { get referrerPolicy() { return ""; } },
    WeixinJSBridge: bridge,
    ...topWindow(),
  };
  const before = Object.keys(page).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
  for (const [name, value] of Object.entries(page)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  happened.kept = kept;
  happened.leave = () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete globalThis[name];
    }
  };
  return happened;
}

function topWindow() {
  const window = new EventTarget();
  window.top = window.self = window;
  return { window };
}

/** A Worker of routes: `"POST /v1/checkout": (body, call number) => [status, json, headers?]`. */
export function workerOf(routes) {
  const calls = [];
  const real = globalThis.fetch;
  globalThis.fetch = async (url, { method = "GET", body } = {}) => {
    const name = `${method} ${url.slice(url.lastIndexOf("/v1/"))}`;
    calls.push({ name, url, body: body === undefined ? undefined : JSON.parse(body), text: body });
    const route = routes[name];
    if (!route) throw new TypeError(`no route ${name}`);
    const [status, json, headers] = route(calls.at(-1).body, calls.filter((call) => call.name === name).length);
    return new Response(JSON.stringify(json), { status, headers });
  };
  return { calls, stop: () => (globalThis.fetch = real) };
}

export const UA = {
  wechat:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.16(0x18001042) NetType/4G Language/zh_CN",
  harmony:
    "Mozilla/5.0 (Phone; OpenHarmony 5.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile MicroMessenger/8.0.9.39(0xf3100927) Weixin",
  phone:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
  desktop: "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0",
  miniProgram:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.31(0x18001f2f) miniProgram/wx73247c7819d61796",
};
