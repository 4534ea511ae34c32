// Sealed tokens, AES-256-GCM; the kind is bound as additional data. node:crypto answers at once,
// where WebCrypto makes two promises of every token.

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

export function seal(env, kind, claims, expiresAt) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key(env), nonce);
  cipher.setAAD(Buffer.from(kind));
  const text = cipher.update(JSON.stringify({ ...claims, exp: expiresAt }), "utf8");
  return Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]).toString("base64url");
}

/** The claims, or undefined if a bit is not ours or the time is over. */
export function open(env, kind, token, now) {
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length < 28) return undefined;
  const cipher = createDecipheriv("aes-256-gcm", key(env), bytes.subarray(0, 12));
  cipher.setAAD(Buffer.from(kind));
  cipher.setAuthTag(bytes.subarray(-16));
  try {
    const text = Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]);
    const claims = JSON.parse(text.toString());
    return claims.exp > now ? claims : undefined;
  } catch {
    return undefined;
  }
}

let raw;
const key = (env) => (raw ??= Buffer.from(env.TOKEN_KEY, "hex"));
