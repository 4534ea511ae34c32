// The rival: the Worker's four busiest routes in plain JavaScript, as a careful engineer would write
// them today: Hono, node:crypto, one Durable Object per order, called by RPC.
//
// The same work: the same checks of key, origin and address, the same rows and alarms, the same
// answers to the byte of their shape. Where it does less, the file that does less says so; here:
// no login (JSAPI), no carts, no catalogue, no idempotency keys, no limits per visitor, and fields
// are checked for type and length only.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { Day, expiresAt, Order } from "./order.mjs";
import { open, seal } from "./token.mjs";
import { isVerified, readXml, writeXml } from "./wechat.mjs";

export { Day, Order };

const app = new Hono();
const now = () => Math.floor(Date.now() / 1000);
const order = (c, number) => c.env.ORDER.getByName(number);

class Problem extends Error {
  constructor(status, code, detail) {
    super(code);
    Object.assign(this, { status, code, detail });
  }
}

app.use(async (c, next) => {
  const started = Date.now();
  const request_id = c.req.header("cf-ray") ?? randomBytes(8).toString("hex");
  c.set("requestId", request_id);
  await next();
  c.header("x-request-id", request_id);
  c.header("cache-control", "no-store");
  const line = { request_id, route: c.req.routePath, status: c.res.status, took_ms: Date.now() - started };
  console.log(JSON.stringify(line));
});

app.use(cors({ origin: (origin, c) => (allowed(c, origin) ? origin : null) }));
app.use(bodyLimit({ maxSize: 64 * 1024 }));
app.use(async (c, next) => {
  const origin = c.req.header("origin");
  if (origin && c.req.method === "POST" && !allowed(c, origin)) throw new Problem(403, "origin_not_allowed");
  await next();
});

const allowed = (c, origin) =>
  origin === c.env.PUBLIC_URL || c.env.ALLOWED_ORIGINS.split(",").includes(origin);

app.onError((error, c) => {
  const { status = 500, code = "internal", detail } = error;
  const request_id = c.get("requestId");
  const body = { type: `urn:rival:problem:${code}`, title: code, status, code, detail, request_id };
  return c.json(body, status, { "content-type": "application/problem+json" });
});

app.post("/v1/orders", async (c) => {
  admitBackend(c);
  const body = await json(c);
  const { amount, description, attach, expires_in = Number(c.env.ORDER_EXPIRES_IN) } = body;
  const number = body.out_trade_no ?? randomBytes(14).toString("hex");
  const fits =
    /^[\w|*-]{1,32}$/.test(number) &&
    Number.isInteger(amount) && amount > 0 && amount <= 0xffffffff &&
    typeof description === "string" && description.length > 0 && description.length <= 127 &&
    (attach === undefined || (typeof attach === "string" && attach.length <= 127)) &&
    Number.isInteger(expires_in) && expires_in >= 300 && expires_in <= 604_800;
  if (!fits) throw new Problem(400, "invalid_field");
  const terms = { out_trade_no: number, amount, description, attach, expires_in };
  const told = await order(c, number).create(terms);
  if (told.differs) throw new Problem(409, "order_differs");
  const expires_at = expiresAt(told.order);
  const checkout_token = seal(c.env, "checkout", { out_trade_no: number }, expires_at + 86_400);
  return c.json({ out_trade_no: number, checkout_token, expires_at }, told.created ? 201 : 200);
});

app.get("/v1/orders/:no", async (c) => {
  admitBackend(c);
  const record = await order(c, c.req.param("no")).read();
  if (!record) throw new Problem(404, "order_not_found");
  return c.json({ ...record.order, history: record.history });
});

app.post("/v1/checkout", async (c) => {
  const { checkout_token, channel, visitor } = await json(c);
  if (!["mweb", "native"].includes(channel)) throw new Problem(400, "invalid_field", "`channel`");
  if (typeof visitor !== "string" || visitor.length > 64) throw new Problem(400, "invalid_field", "`visitor`");
  const ip = c.req.header(c.env.CLIENT_IP_HEADER)?.trim();
  if (!ip || !isIP(ip)) throw new Problem(400, "client_ip_malformed");
  const { out_trade_no } = claims(c, "checkout", checkout_token);
  const told = await order(c, out_trade_no).checkout({ trade_type: channel.toUpperCase(), visitor, ip });
  if (!told) throw new Problem(404, "order_not_found");
  if (told.status === "paid") throw new Problem(409, "order_paid");
  if (told.status === "closed" || now() >= expiresAt(told)) throw new Problem(409, "order_expired");
  if (told.held) throw new Problem(409, "order_held");
  const { url, expires_at, refused } = told.attempt;
  if (refused) throw new Problem(502, "gateway_refused", refused);
  if (!url) throw new Problem(503, "order_unknown");
  const return_token = seal(c.env, "return", { out_trade_no }, now() + 7 * 86_400);
  const link = channel === "native" ? { code_url: url } : { mweb_url: url };
  return c.json({ channel, out_trade_no, return_token, expires_at, ...link });
});

app.get("/v1/checkout/:token", async (c) => {
  const { out_trade_no } = claims(c, "return", c.req.param("token"));
  const told = await order(c, out_trade_no).status();
  if (!told) throw new Problem(404, "order_not_found");
  const { status, amount, description, payment } = told;
  return c.json({ status, out_trade_no, amount, description, paid_at: payment?.paid_at });
});

app.post("/notify/v2/pay", async (c) => {
  const fields = readXml(await c.req.text());
  const answer = (fail) => {
    const said = { return_code: fail ? "FAIL" : "SUCCESS", return_msg: fail ?? "OK" };
    return c.body(writeXml(said), 200, { "content-type": "text/xml" });
  };
  if (fields?.return_code !== "SUCCESS") return answer("参数格式校验错误");
  // A forgery never wakes an object.
  if (!isVerified(fields, c.env)) return answer("签名失败");
  if (fields.result_code !== "SUCCESS") return answer();
  return answer(await order(c, fields.out_trade_no).paid(fields));
});

/** The shop's backend, by its key; digests are compared, so neither content nor length shows. */
function admitBackend(c) {
  const given = /^bearer +(.+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  const digest = (text) => createHash("sha256").update(text).digest();
  if (!timingSafeEqual(digest(given), digest(c.env.SHOP_API_KEY))) throw new Problem(401, "unauthorized");
}

function claims(c, kind, token) {
  const claims = typeof token === "string" ? open(c.env, kind, token, now()) : undefined;
  if (!claims) throw new Problem(400, "token_tampered", kind);
  return claims;
}

async function json(c) {
  try {
    return await c.req.json();
  } catch {
    throw new Problem(400, "malformed_request");
  }
}

export default app;
