// The runtime's side of the border. Each call from Rust has its price, and each promise that Rust
// waits for a larger one (DESIGN.md, "What does a request cost?"), so what takes several calls of the
// platform is one call here. Nothing is decided here.

const { X509Certificate, createCipheriv, createDecipheriv, createSecretKey } =
  process.getBuiltinModule("node:crypto");

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

/** Method and URL; there is no blank in either. */
export function head(request) {
  return `${request.method} ${request.url}`;
}

/** A header's value; those of one that came several times are joined by `, `. */
export function header(request, name) {
  return request.headers.get(name) ?? undefined;
}

/** The body's bytes; undefined as soon as they are more than `limit`. Rejected if it breaks off. */
export async function read(message, limit) {
  const { headers } = message;
  const length = headers.get("content-length");
  // What was compressed on the way is longer than it says.
  if (length !== null && !headers.has("content-encoding")) {
    return length > limit ? undefined : new Uint8Array(await message.arrayBuffer());
  }
  const chunks = [];
  let size = 0;
  for await (const chunk of message.body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the stream: we read no further.
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** A response with a text, a stream or nothing; `headers` is a line each. */
export function respond(status, headers, body) {
  return new Response(body, { status, headers: pairs(headers) });
}

function pairs(headers) {
  return headers.split("\n").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1)];
  });
}

/**
 * Runs a script on an object's disk: a list of `[statement, ...values]`, all of them or none.
 *
 * `alarm`: milliseconds since 1970 to set it, null to take it away, undefined to leave it. It becomes
 * durable together with the rows; there is nothing to wait for, the output gate waits for both.
 */
export function write(storage, script, alarm) {
  const statements = JSON.parse(script);
  storage.transactionSync(() => {
    for (const [statement, ...values] of statements) storage.sql.exec(statement, ...values);
  });
  if (alarm === null) storage.deleteAlarm();
  else if (alarm !== undefined) storage.setAlarm(alarm);
}

/** Every row of an answer, as an array of its columns. */
export function rows(storage, query, values) {
  return Array.from(storage.sql.exec(query, ...JSON.parse(values)).raw());
}

/** Gives a letter to an object and waits for its answer. */
export async function ask(env, binding, name, letter) {
  return await env[binding].getByName(name).ask(letter);
}

/** A request through a binding or the runtime itself; `headers` is a line each. */
export async function send(through, method, url, headers, body, signal) {
  const init = { method, headers: pairs(headers), body, signal, redirect: "manual" };
  return await (through ?? globalThis).fetch(url, init);
}

/** A key for `seal` and `open`. */
export function aeadKey(bytes) {
  return createSecretKey(bytes);
}

/** AES-256-GCM under a random nonce: nonce, ciphertext, tag. */
export function seal(key, context, plain) {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(context);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** What was sealed; undefined if a single bit is not ours. */
export function open(key, context, sealed) {
  const cipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES));
  cipher.setAAD(context);
  cipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const plain = cipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([plain, cipher.final()]);
  } catch {
    return undefined;
  }
}

/** Fills the bytes with randomness. */
export function randomise(bytes) {
  crypto.getRandomValues(bytes);
}

/** The merchant's private key, for `sign` and nothing else: it cannot be read back. */
export async function signer(pkcs8) {
  return await crypto.subtle.importKey("pkcs8", pkcs8, RSA, false, ["sign"]);
}

/** A public key of WeChat's, for `verify`. */
export async function verifier(spki) {
  return await crypto.subtle.importKey("spki", spki, RSA, false, ["verify"]);
}

/** RSASSA-PKCS1-v1_5 with SHA-256. */
export async function sign(key, text) {
  return new Uint8Array(await crypto.subtle.sign(RSA.name, key, Buffer.from(text)));
}

/** Whether the signature is this key's. */
export async function verify(key, signature, message) {
  return await crypto.subtle.verify(RSA.name, key, signature, message);
}

/** A certificate's serial in hex, the millisecond it ends at, its public key. Throws if it is none. */
export function certificate(pem) {
  const { publicKey, serialNumber, validTo } = new X509Certificate(pem);
  return [serialNumber, Date.parse(validTo), publicKey.export({ type: "spki", format: "der" })];
}
