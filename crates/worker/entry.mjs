// The Worker that is deployed: wrangler.toml's `main`.

import Worker, { LedgerObject, LoginObject, OrderObject } from "./build/index.js";
import { durable, guarded } from "./runtime.mjs";

export const Order = durable(OrderObject);
export const Login = durable(LoginObject);
export const Ledger = durable(LedgerObject);
export default guarded(Worker);
