// The Worker's entry: what Rust exports, as the classes the runtime wants.
//
// Durable Objects must really extend DurableObject (the classes that wasm-bindgen makes do not),
// or storage cannot be inspected and remote calls fail.
import { DurableObject } from "cloudflare:workers";
import Worker, { LoginObject, OrderObject } from "./build/index.js";

export class Order extends DurableObject {
  #inner;
  constructor(ctx, env) {
    super(ctx, env);
    this.#inner = new OrderObject(ctx, env);
  }
  fetch(request) {
    return this.#inner.fetch(request);
  }
  alarm(info) {
    return this.#inner.alarm(info);
  }
}

export class Login extends DurableObject {
  #inner;
  constructor(ctx, env) {
    super(ctx, env);
    this.#inner = new LoginObject(ctx, env);
  }
  fetch(request) {
    return this.#inner.fetch(request);
  }
  alarm(info) {
    return this.#inner.alarm(info);
  }
}

// A panic arrives here as an exception. Its text stays in the log; the caller gets the same shape
// of answer as for any other fault of ours.
export default class extends Worker {
  async fetch(request) {
    try {
      return await super.fetch(request);
    } catch {
      const request_id = crypto.randomUUID();
      console.error(JSON.stringify({ request_id, status: 500, code: "internal", place: "panic" }));
      const problem = {
        type: "urn:wxpay-edge:problem:internal",
        title: "something went wrong on our side",
        title_zh: "服务内部错误",
        status: 500,
        code: "internal",
        remedy: "try again; if it stays, look up `request_id` in the log",
        request_id,
      };
      return Response.json(problem, {
        status: 500,
        headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
      });
    }
  }
}
