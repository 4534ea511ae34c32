// The Worker that is deployed: wrangler.toml's `main`.

import Worker, { LoginObject, OrderObject } from "./build/index.js";
import { durable, guarded } from "./runtime.mjs";

export const Order = durable(OrderObject);
export const Login = durable(LoginObject);
export default guarded(Worker);
