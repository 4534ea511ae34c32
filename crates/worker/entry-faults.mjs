// The Worker that panics when asked to. Tests start it; nothing deploys it.

import Worker, {
  CertificatesObject,
  LedgerObject,
  LoginObject,
  OrderObject,
  RepeatObject,
} from "./build-faults/index.js";
import { durable, guarded } from "./runtime.mjs";

export const Order = durable(OrderObject);
export const Login = durable(LoginObject);
export const Ledger = durable(LedgerObject);
export const Repeat = durable(RepeatObject);
export const Certificates = durable(CertificatesObject);
export default guarded(Worker);
