// GET /openapi.yaml, answered before Rust is asked: it needs no configuration, and as text beside
// the module it costs a start nothing. Other methods go on to Rust, which refuses them.

import text from "../../openapi.yaml";

/** Whether this asks for the description. Every request comes by here, so none is taken apart. */
export function asksForDescription({ method, url }) {
  if (!url.includes("/openapi.yaml") || (method !== "GET" && method !== "HEAD")) return false;
  return new URL(url).pathname === "/openapi.yaml";
}

/** The description, or 304 to whoever has it already. There is nothing in it to keep from a page. */
export async function description(request) {
  etag ??= await fingerprint();
  const headers = {
    etag,
    "cache-control": "no-cache", // may be kept, must be asked for
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "etag",
  };
  if (knows(request.headers.get("if-none-match"))) return new Response(null, { status: 304, headers });
  return new Response(text, { headers: { ...headers, "content-type": "application/yaml" } });
}

let etag;

async function fingerprint() {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const half = new Uint8Array(digest, 0, 16);
  return `"${Array.from(half, (byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
}

/** A proxy that compresses makes the tag weak; it is the same text nevertheless (RFC 9110, 13.1.2). */
function knows(tags) {
  const same = (tag) => tag === "*" || tag.replace(/^W\//, "") === etag;
  return tags?.split(",").some((tag) => same(tag.trim())) ?? false;
}
