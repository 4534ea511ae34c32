/** What plain JavaScript passes by mistake, and what somebody passes on purpose. */

const raise = () => {
  throw new RangeError("not the package's");
};

const traps = Object.fromEntries(
  ["get", "has", "ownKeys", "getOwnPropertyDescriptor", "getPrototypeOf"].map((trap) => [trap, raise]),
);

const cyclic = [];
cyclic.push(cyclic, { cyclic });

/** Texts that cost time if anybody looks at them more than once. */
const LONG = [
  "x".repeat(5e6), "付".repeat(3e5), "\ud800".repeat(3e5), "?&code=".repeat(5e4), "%25".repeat(1e5),
  "/".repeat(3e5) + "x", "https://a/?" + "&".repeat(3e5),
];

const SHORT = [
  undefined, null, NaN, Infinity, -Infinity, -1, -0, 0, 1.5, 2 ** 53, 10n ** 30n, true, false,
  Symbol("s"), () => 1, async () => 1, class Order {}, new Date(NaN), /x/g, new Map([[{}, 1]]),
  new Error("e"), Promise.resolve(1), new Uint8Array(9), globalThis,
  {}, Object.create(null), JSON.parse('{"__proto__":{"appId":1},"constructor":1}'), [], [, 1, , "x"], cyclic,
  new Proxy({}, traps), new Proxy(() => {}, traps), new Proxy([], traps),
  { toString: raise, valueOf: raise, toJSON: raise }, { [Symbol.toPrimitive]: raise }, { then: raise },
  Object.assign([], { [Symbol.iterator]: raise, map: raise, length: 3 }),
  { get appId() { return raise(); }, get hosts() { return raise(); }, get sku() { return raise(); } },
  "", " ", "\0", "a\0b", "\ud800", "\udfff\ud800", "\u202e\u2028\ufeff", "__proto__", "javascript:alert(1)",
  "//", "..", "?#&=%", "%zz",
];

export const AWKWARD = [...SHORT, ...LONG];

/** Properties that are awkward to set. */
export const GETTER = Symbol("a getter that throws");

/** Sets a property, or makes it one that throws. */
export function put(object, name, value) {
  const property = value === GETTER ? { get: raise } : { value, writable: true };
  Object.defineProperty(object, name, { ...property, enumerable: true, configurable: true });
}

/** Chance that repeats itself: mulberry32, for as long as the seed is the same. */
export function chance(seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = (list) => list[Math.floor(next() * list.length)];
  /** A value made of awkward ones, of `good` ones, and of objects that have these names. */
  const compose = (good, names, depth = 3) => {
    const kind = next();
    if (depth === 0 || kind < 0.4) return pick(SHORT);
    if (kind < 0.6) return pick(good);
    const inner = () => compose(good, names, depth - 1);
    if (kind < 0.7) return Array.from({ length: 3 * next() }, inner);
    const made = {};
    for (let count = 6 * next(); count > 0; count -= 1) put(made, pick(names), next() < 0.05 ? GETTER : inner());
    return made;
  };
  return { next, pick, compose };
}
