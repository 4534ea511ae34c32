// Reads certificates and keys, however they were pasted, and says what each is.
// Question: a list of {file} or {text}. Of a private key nothing is ever answered but its kind, its
// length, and the SHA-256 of the public key that belongs to it.

import { createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/;

/** How to try bytes for each kind. What the bytes hold counts, and not what stands above them. */
const KINDS = {
  "CERTIFICATE": (der) => new X509Certificate(der),
  "PRIVATE KEY": (key) => createPrivateKey({ key, format: "der", type: "pkcs8" }),
  "RSA PRIVATE KEY": (key) => createPrivateKey({ key, format: "der", type: "pkcs1" }),
  "EC PRIVATE KEY": (key) => createPrivateKey({ key, format: "der", type: "sec1" }),
  "PUBLIC KEY": (key) => createPublicKey({ key, format: "der", type: "spki" }),
  "RSA PUBLIC KEY": (key) => createPublicKey({ key, format: "der", type: "pkcs1" }),
};

function attempt(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** `CN=1900000109\nO=…` as an object. */
function names(distinguished) {
  const pairs = distinguished.split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2));
  return Object.fromEntries(pairs);
}

function certificateOf({ subject, issuer, serialNumber: serial, validFrom, validTo }) {
  const seconds = (date) => Math.floor(Date.parse(date) / 1000);
  return {
    serial, subject: names(subject), issuer: names(issuer),
    from: seconds(validFrom), until: seconds(validTo),
  };
}

/** The public key in it, or the one that belongs to it. */
function publicKeyOf(read) {
  if (read instanceof X509Certificate) return read.publicKey;
  return read.type === "private" ? createPublicKey(read) : read;
}

function described(kind, read) {
  const key = publicKeyOf(read);
  const spki = key.export({ type: "spki", format: "der" });
  return {
    kind,
    rsaBits: key.asymmetricKeyType === "rsa" ? key.asymmetricKeyDetails.modulusLength : null,
    pair: createHash("sha256").update(spki).digest("hex"),
    certificate: read instanceof X509Certificate ? certificateOf(read) : null,
    pem: kind === "PUBLIC KEY" ? read.export({ type: "spki", format: "pem" }) : null,
  };
}

function look(bytes) {
  // A DER or PKCS#12 file begins with a SEQUENCE of two length bytes.
  if (bytes[0] === 0x30 && bytes[1] === 0x82) return { kind: "binary" };
  const raw = bytes.toString("utf8").replace(/^\uFEFF/, "").trim();
  const plain = raw.replace(/^["']|["']$/g, "").replaceAll("\\r", "").replaceAll("\\n", "\n");
  const [, label, inside = plain] = plain.match(BLOCK) ?? [];
  const base64 = inside.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]+=*$/.test(base64)) return { kind: label ?? "none" };
  const der = Buffer.from(base64, "base64");
  const inLines = /^-----BEGIN [A-Z0-9 ]+-----\r?\n([A-Za-z0-9+/=]{1,76}\r?\n)+-----END /m.test(raw);
  for (const [kind, read] of Object.entries(KINDS)) {
    const found = attempt(() => described(kind, read(der)));
    if (found) return { ...found, inLines };
  }
  return { kind: label === "ENCRYPTED PRIVATE KEY" ? label : "unreadable" };
}

function answer({ file, text: given }) {
  try {
    return look(file ? readFileSync(file) : Buffer.from(given));
  } catch (error) {
    return { kind: "absent", error: error.code };
  }
}

const question = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(question.map(answer)));
