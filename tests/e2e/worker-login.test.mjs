// Login through WeChat over plain HTTP: the code is spent once, the openid stays sealed.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { assertProblem, checkout, newOrder, send } from "./harness/http.mjs";
import { MERCHANT } from "./harness/sandbox.mjs";
import { seconds, sign, token } from "./harness/wechat.mjs";
import { world } from "./harness/world.mjs";

const w = world({ browser: false });

/** The shop by its registered host; the sandbox has `localhost`. */
const shop = () => ({ url: w.worker.url.replace("127.0.0.1", "localhost") });
const ours = () => `${shop().url}/pay?table=7`;

const authorize = (query) =>
  send(shop(), "GET", `/v1/oauth/authorize?${new URLSearchParams(query)}`);
const exchange = (body) => send(w.worker, "POST", "/v1/oauth/session", { body });

/** Goes to WeChat as the buyer inside WeChat does; what comes back in the page's address. */
async function codeFor(return_to) {
  const there = await authorize({ return_to });
  assert.equal(there.status, 302, JSON.stringify(there.body));
  const page = new URL(there.headers.get("location"));
  const wechat = new URL(page.pathname + page.search, w.sandbox.addresses.wechat_pages);
  const back = await fetch(wechat, { redirect: "manual" });
  const { code, state } = Object.fromEntries(new URL(back.headers.get("location")).searchParams);
  return { code, state };
}

test("the way to WeChat has its parameters in order, and a state WeChat accepts", async () => {
  const return_to = ours();
  const { headers } = await authorize({ return_to });
  const url = new URL(headers.get("location"));
  assert.equal(url.origin, w.sandbox.addresses.gateway);
  assert.equal(url.pathname, "/connect/oauth2/authorize");
  const order = ["appid", "redirect_uri", "response_type", "scope", "state"];
  assert.deepEqual([...url.searchParams.keys()], order);
  assert.equal(url.searchParams.get("redirect_uri"), return_to);
  assert.equal(url.searchParams.get("scope"), "snsapi_base");
  assert.match(url.searchParams.get("state"), /^[0-9a-z]{1,128}$/);
  assert.equal(url.hash, "#wechat_redirect");
});

test("nobody is sent to a page that is not the shop's", async () => {
  const elsewhere = ["https://evil.example/", "//evil.example", `${shop().url}@evil.example/`];
  for (const return_to of [...elsewhere, "javascript:alert(1)", ""]) {
    const answer = await authorize({ return_to });
    assert.equal(answer.status, 400, return_to);
    assertProblem(answer, 400, "return_to_not_allowed");
  }
  assertProblem(await authorize({}), 400, "invalid_field");
  assertProblem(await authorize({ return_to: ours(), scope: "snsapi_all" }), 400, "invalid_field");
});

test("a code becomes a session that pays as that buyer, and nobody reads the openid", async () => {
  const { code, state } = await codeFor(ours());
  const { status, body } = await exchange({ code, state, return_to: ours() });
  assert.equal(status, 200, JSON.stringify(body));
  assert.ok(body.expires_at > seconds());
  assert.doesNotMatch(Buffer.from(body.session, "base64url").toString("latin1"), /oSandbox/);

  const order = await newOrder(w.worker);
  const ask = { checkout_token: order.token, channel: "jsapi", session: body.session };
  const handed = await checkout(w.worker, ask);
  assert.equal(handed.status, 200, JSON.stringify(handed.body));
  const { paySign, ...signed } = handed.body.request_payment;
  const names = ["appId", "nonceStr", "package", "signType", "timeStamp"];
  assert.deepEqual(Object.keys(signed).sort(), names);
  assert.equal(paySign, sign(signed));
  assert.equal(signed.appId, MERCHANT.appid);
  assert.match((await w.sandbox.order(order.number)).openid, /^oSandbox/);
});

test("repeats of a code get the one answer, at once or a moment later", async () => {
  const ask = await codeFor(ours());
  const answers = await Promise.all([exchange(ask), exchange(ask), exchange(ask)]);
  answers.push(await exchange(ask));
  for (const { status, body } of answers) {
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body, answers[0].body);
  }
});

test("a code spent elsewhere, unknown, or malformed says which", async () => {
  const { code, state } = await codeFor(ours());
  const { gateway } = w.sandbox.addresses;
  const query = new URLSearchParams({
    ...{ appid: MERCHANT.appid, secret: MERCHANT.appSecret },
    ...{ code, grant_type: "authorization_code" },
  });
  await fetch(`${gateway}/sns/oauth2/access_token?${query}`);
  assertProblem(await exchange({ code, state }), 400, "code_used");
  assertProblem(await exchange({ code: randomUUID(), state }), 400, "code_invalid");
  assertProblem(await exchange({ code: "a&secret=b", state }), 400, "invalid_field");
  assertProblem(await exchange({ state }), 400, "malformed_request");
});

test("a state that is not ours, is old, or is for another page spends no code", async () => {
  const { code, state } = await codeFor(ours());
  const changed = (state[0] === "0" ? "1" : "0") + state.slice(1);
  for (const wrong of ["", "abc", "zz".repeat(40), changed, state.toUpperCase() + "00"]) {
    assertProblem(await exchange({ code, state: wrong }), 400, "token_tampered");
  }
  const old = Buffer.from(token("state", {}, seconds() - 1), "base64url").toString("hex");
  assertProblem(await exchange({ code, state: old }), 400, "token_expired");
  const elsewhere = { code, state, return_to: `${w.worker.url}/other` };
  assertProblem(await exchange(elsewhere), 400, "token_tampered");
  const right = await exchange({ code, state, return_to: ours() });
  assert.equal(right.status, 200, "the code is still good");
});
