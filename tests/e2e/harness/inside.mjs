// Runs inside workerd, not in a test: the self-hosted entry with an observer around it. It counts
// what the Worker asks of objects, measures WebAssembly's memory, makes an alarm fail, and sets the
// clock ahead.

/** Every memory of the isolate; wasm-bindgen keeps its instance to itself. */
const memories = [];
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...words) {
    super(...words);
    if (this.exports.memory) memories.push(this.exports.memory);
  }
};

const { now } = Date;
/** By so many seconds. WeChat and the runtime's alarms keep the true time. */
let ahead = 0;
Date.now = () => now() + ahead * 1000;

// Only now, so that it finds the class above.
const { default: worker, Order: Inner, ...others } = await import("./entry.mjs");
export const { Login, Ledger, Repeat, Certificates } = others;

const asked = { ORDER: 0, LOGIN: 0, LEDGER: 0, REPEAT: 0, CERTIFICATES: 0 };
/** The objects whose next alarm fails. */
const failing = new Set();
const alarms = new Map();

export class Order extends Inner {
  async alarm(info) {
    const id = this.ctx.id.toString();
    alarms.set(id, (alarms.get(id) ?? 0) + 1);
    if (failing.delete(id)) throw new Error("this alarm was to fail");
    return super.alarm(info);
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const id = () => env.ORDER.idFromName(searchParams.get("number")).toString();
    switch (pathname) {
      case "/__inside/asked":
        return Response.json(asked);
      case "/__inside/memory":
        return Response.json(memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0));
      case "/__inside/clock":
        ahead = Number(searchParams.get("ahead"));
        return Response.json(ahead);
      case "/__inside/fail_alarm":
        failing.add(id());
        return Response.json(null);
      case "/__inside/alarms":
        return Response.json(alarms.get(id()) ?? 0);
      default:
        return worker.fetch(request, counted(env), ctx);
    }
  },
};

/** The same objects, asked through stubs that count. */
function counted(env) {
  const namespaces = Object.keys(asked).map((name) => [name, counting(env[name], name)]);
  return { ...env, ...Object.fromEntries(namespaces) };
}

function counting(namespace, name) {
  const stub = (real) => ({
    ask(...words) {
      asked[name] += 1;
      return real.ask(...words);
    },
  });
  const by = (method) => (...words) => stub(namespace[method](...words));
  return through(namespace, { get: by("get"), getByName: by("getByName") });
}

function through(real, own) {
  return new Proxy(real, {
    get(_, name) {
      if (Object.hasOwn(own, name)) return own[name];
      const value = Reflect.get(real, name);
      return typeof value === "function" && name !== "constructor" ? value.bind(real) : value;
    },
  });
}
