// Pages from a folder, answered as Cloudflare's assets are: `/` is index.html, `/cart` is cart.html,
// each file has one address only, and what `_headers` adds is added. Where the folder has nothing,
// the Worker answers.
//
// Not here: `_redirects`, 404 pages and ranges. A shop that needs them serves its pages from its own
// front (Caddy, nginx) and lets only RUN_WORKER_FIRST through.

/** As in wrangler.toml: these are never pages. */
export const RUN_WORKER_FIRST = ["/v1/*", "/notify/*", "/healthz", "/openapi.yaml"];

/** workerd's disk service names no type but this one, for every file. */
const ANY_FILE = "application/octet-stream";

const TYPES = {
  css: "text/css; charset=utf-8",
  gif: "image/gif",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  mjs: "text/javascript; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
  // MP_verify_….txt, by which WeChat knows whose domain it is.
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webp: "image/webp",
  woff2: "font/woff2",
};

/** The page of this address, if the folder has one. */
export async function page(request, folder) {
  const { pathname, search } = new URL(request.url);
  const { method } = request;
  if (method !== "GET" && method !== "HEAD") return undefined;
  if (RUN_WORKER_FIRST.some((pattern) => matches(pattern, pathname))) return undefined;
  for (const name of names(pathname)) {
    const file = await open(folder, name, method);
    const own = name.replace(/(\/)index\.html$|\.html$/, "$1");
    if (file && name.endsWith(".html") && own !== pathname) return moved(own + search);
    if (file) return dressed(file, name, pathname, folder);
  }
  return undefined;
}

/** What `_headers` says of a page must not be missing at another address of the same file. */
function moved(location) {
  return new Response(null, { status: 307, headers: { location } });
}

/** The files that may be meant; none where the address is one of a file that configures pages. */
function names(pathname) {
  if (pathname.endsWith("/")) return [`${pathname}index.html`];
  if (pathname.startsWith("/_")) return [];
  return [pathname, `${pathname}.html`];
}

/** Folders are listed by the disk service, which nobody asked for. */
async function open(folder, name, method) {
  const file = await folder.fetch(`http://pages${name}`, { method });
  return file.ok && file.headers.get("content-type") === ANY_FILE ? file : undefined;
}

async function dressed(file, name, pathname, folder) {
  const headers = new Headers(file.headers);
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? ANY_FILE;
  headers.set("content-type", type);
  // Asked again each time, as Cloudflare's assets are: a shop's new page is seen at once.
  headers.set("cache-control", "public, max-age=0, must-revalidate");
  for (const [header, value] of await added(pathname, folder)) headers.append(header, value);
  return new Response(file.body, { status: 200, headers });
}

/** What the folder's `_headers` adds: an address or a pattern, and its headers indented below. */
async function added(pathname, folder) {
  const file = await open(folder, "/_headers", "GET");
  const found = [];
  let applies = false;
  for (const line of ((await file?.text()) ?? "").split("\n")) {
    const text = line.trim();
    if (!text || text.startsWith("#")) continue;
    const colon = text.indexOf(":");
    if (!/^\s/.test(line)) applies = matches(text, pathname);
    else if (applies) found.push([text.slice(0, colon).trim(), text.slice(colon + 1).trim()]);
  }
  return found;
}

/** `*` stands for the rest, and only at the end. */
function matches(pattern, pathname) {
  return pattern.endsWith("*") ? pathname.startsWith(pattern.slice(0, -1)) : pattern === pathname;
}
