// The Worker that is deployed: wrangler.toml's `main`.

import Worker, {
  CertificatesObject,
  LedgerObject,
  LoginObject,
  OrderObject,
  RepeatObject,
} from "./build/index.js";
import { durable, guarded } from "./runtime.mjs";

export const Order = durable(OrderObject);
export const Login = durable(LoginObject);
export const Ledger = durable(LedgerObject);
export const Repeat = durable(RepeatObject);
export const Certificates = durable(CertificatesObject);
export default guarded(Worker);
