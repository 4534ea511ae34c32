// One Worker, two ways to SHA256withRSA: WebCrypto, and Rust in WebAssembly. Each signs and verifies
// `count` times for one request; the keys are imported once.

import module from "./rsa.wasm";

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const bytes = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
const der = (pem) => bytes(pem.replace(/-----[^-]+-----|\s/g, ""));
const text = (string) => new TextEncoder().encode(string);

async function webcrypto(env) {
  const { subtle } = crypto;
  const importPrivate = () => subtle.importKey("pkcs8", der(env.MERCHANT_KEY), RSA, false, ["sign"]);
  const [mine, theirs] = [await importPrivate(), await subtle.importKey("spki", der(env.PUBLIC_KEY), RSA, false, ["verify"])];
  return {
    sign: async (message) => new Uint8Array(await subtle.sign(RSA.name, mine, message)),
    verify: (message, signature) => subtle.verify(RSA.name, theirs, signature, message),
    import: importPrivate,
  };
}

async function wasm(env) {
  const { exports } = await WebAssembly.instantiate(module);
  const say = (...parts) => {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    let at = exports.room(length);
    // After `room`: the memory may have grown, and then its buffer is another.
    const memory = new Uint8Array(exports.memory.buffer);
    for (const part of parts) {
      memory.set(part, at);
      at += part.length;
    }
  };
  const importPrivate = () => {
    say(der(env.MERCHANT_KEY));
    exports.import_private();
  };
  importPrivate();
  say(der(env.PUBLIC_KEY));
  exports.import_public();
  return {
    sign(message) {
      say(message);
      const at = exports.sign();
      return new Uint8Array(exports.memory.buffer).slice(at, at + 256);
    },
    verify(message, signature) {
      say(message, signature);
      return exports.verify() === 1;
    },
    import: importPrivate,
  };
}

let ways;

/** Nothing is fast by being wrong: the same signature, byte for byte, and only the right reply. */
async function check({ order, reply, signature }) {
  const [ours, theirs] = [await ways.webcrypto.sign(order), await ways.wasm.sign(order)];
  if (ours.join() !== theirs.join()) throw new Error("two signatures of one text");
  for (const way of Object.values(ways)) {
    if (!(await way.verify(reply, signature))) throw new Error("a right reply is refused");
    if (await way.verify(text("another"), signature)) throw new Error("a wrong reply is taken");
  }
}

/** A JSAPI order: the request, its reply, and what the page shows WeChat. */
async function placed(way, { order, reply, signature, page }) {
  await way.sign(order);
  await way.verify(reply, signature);
  await way.sign(page);
}

export default {
  async fetch(request, env) {
    const said = {
      order: text(env.ORDER),
      reply: text(env.REPLY),
      signature: bytes(env.SIGNATURE),
      page: text(env.PAGE),
    };
    ways ??= { webcrypto: await webcrypto(env), wasm: await wasm(env) };
    const { searchParams } = new URL(request.url);
    const way = ways[searchParams.get("way")];
    const once = {
      sign: () => way.sign(said.order),
      verify: () => way.verify(said.reply, said.signature),
      order: () => placed(way, said),
      import: () => way.import(),
      check: () => check(said),
    }[searchParams.get("what")];
    for (let left = Number(searchParams.get("count")); left > 0; left--) await once();
    return new Response();
  },
};
