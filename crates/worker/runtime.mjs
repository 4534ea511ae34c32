// What Rust exports, as the classes that the runtime wants.

import { DurableObject } from "cloudflare:workers";
import { asksForDescription, description } from "./openapi.mjs";

/**
 * A Durable Object around a class of wasm-bindgen's. Those do not extend DurableObject, and without
 * that an object's storage cannot be inspected and it takes no remote calls.
 */
export function durable(Inner) {
  return class extends DurableObject {
    #inner;
    constructor(ctx, env) {
      super(ctx, env);
      this.#inner = new Inner(ctx, env);
    }
    ask(letter) {
      return this.#inner.ask(letter);
    }
    alarm(info) {
      return this.#inner.alarm(info);
    }
  };
}

/**
 * The Worker around Rust's. A panic arrives here as an exception: its text stays in the runtime's
 * log, the caller gets the same shape of answer as for any other fault of ours.
 *
 * A handler and not a class: worker-build's class is behind a Proxy, and would be made once a request.
 */
export function guarded({ prototype: { fetch } }) {
  return {
    async fetch(request, env, ctx) {
      try {
        if (asksForDescription(request)) return await description(request);
        return await fetch.call({ env, ctx }, request);
      } catch {
        return internal(crypto.randomUUID());
      }
    },
  };
}

function internal(request_id) {
  const [status, code] = [500, "internal"];
  console.error(JSON.stringify({ kind: "request", name: "none", outcome: code, status, request_id, place: "a panic" }));
  const problem = {
    type: `urn:wxpay-edge:problem:${code}`,
    title: "something went wrong on our side",
    title_zh: "服务内部错误",
    status,
    code,
    remedy: "try again; if it stays, look up `request_id` in the log",
    request_id,
  };
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store" };
  return Response.json(problem, { status, headers });
}
