// Reads a certificate and a private key, however they were pasted, and says what they are.
// Question: {cert, key}, two paths. Nothing of the key is ever answered but its kind.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

const LABELS = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/;

/** A file as PEM: its label, whether it had to be mended, and the text with real line ends. */
function pem(file, label) {
  const bytes = readFileSync(file);
  // A DER or PKCS#12 file begins with a SEQUENCE of two length bytes.
  if (bytes[0] === 0x30 && bytes[1] === 0x82) return { label: "binary" };
  const raw = bytes.toString("utf8").replace(/^\uFEFF/, "").trim();
  const plain = raw.replace(/^["']|["']$/g, "").replaceAll("\\r", "").replaceAll("\\n", "\n");
  const [, found = label, inside = plain] = plain.match(LABELS) ?? [];
  const base64 = inside.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]+=*$/.test(base64)) return { label: "none" };
  const lines = base64.match(/.{1,64}/g).join("\n");
  const mended = `-----BEGIN ${found}-----\n${lines}\n-----END ${found}-----\n`;
  const strict = /^-----BEGIN [A-Z0-9 ]+-----\r?\n([A-Za-z0-9+/=]{1,76}\r?\n)+-----END /m.test(raw);
  return { label: found, strict, text: mended };
}

/** `CN=1900000109\nO=…` as an object. */
function names(distinguished) {
  const pairs = distinguished.split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2));
  return Object.fromEntries(pairs);
}

function attempt(read) {
  try {
    return read();
  } catch (error) {
    return { error: error.code ?? "unreadable" };
  }
}

function certificateOf(file) {
  const { label, strict, text: mended } = pem(file, "CERTIFICATE");
  if (label !== "CERTIFICATE") return { label };
  const x509 = new X509Certificate(mended);
  const seconds = (date) => Math.floor(Date.parse(date) / 1000);
  const { subject, issuer, serialNumber: serial, ca } = x509;
  return {
    label, strict, serial, ca, x509,
    subject: names(subject), issuer: names(issuer),
    from: seconds(x509.validFrom), until: seconds(x509.validTo),
  };
}

function keyOf(file) {
  const { label, strict, text: mended } = pem(file, "PRIVATE KEY");
  if (!label.endsWith("PRIVATE KEY")) return { label };
  return { label, strict, key: createPrivateKey(mended) };
}

const question = JSON.parse(await text(process.stdin));
const { x509, ...certificate } = attempt(() => certificateOf(question.cert));
const { key: secret, ...key } = attempt(() => keyOf(question.key));
const agree = x509 && secret ? x509.checkPrivateKey(secret) : null;
process.stdout.write(JSON.stringify({ certificate, key, agree }));
