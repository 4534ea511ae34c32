// A WeChat that answers at once, in a process of its own, so that neither it nor the load generator
// is what is measured. Signatures are right; nothing is remembered.
//
//   node tests/bench/gateway.mjs        prints its port

import { createServer } from "node:http";
import { payment, sign, xml } from "../e2e/harness/wechat.mjs";

const NONCE = "5d2b6c2a8db53831f7eda20af46e531c";

const field = (text, name) => new RegExp(`<${name}><!\\[CDATA\\[([^\\]]*)`).exec(text)?.[1];

const ANSWERS = {
  "/pay/unifiedorder": (asked) => {
    const trade_type = field(asked, "trade_type");
    const link = trade_type === "NATIVE" ? "code_url" : "mweb_url";
    const prepay_id = `wx${field(asked, "out_trade_no")}`;
    return { trade_type, prepay_id, [link]: `weixin://wxpay/bizpayurl?pr=${prepay_id}` };
  },
  "/pay/orderquery": () => ({ trade_state: "NOTPAY" }),
  "/pay/closeorder": () => ({}),
};

const { appid, mch_id } = payment("1");

const server = createServer(async (request, response) => {
  const asked = Buffer.concat(await request.toArray()).toString();
  const answer = ANSWERS[request.url](asked);
  const out_trade_no = field(asked, "out_trade_no");
  const said = { return_code: "SUCCESS", result_code: "SUCCESS", appid, mch_id, nonce_str: NONCE };
  const fields = { ...said, out_trade_no, ...answer };
  response.setHeader("content-type", "text/xml");
  response.end(xml({ ...fields, sign: sign(fields) }));
});
// A connection that the Worker keeps is not closed under it in the middle of a measurement.
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
