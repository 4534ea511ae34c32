// A shop as small as can be: it orders by API V2 and hears of payments. Stands for yours.

import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

/** A shop that trades with what `env` says: an address to order at, and what it heard. */
export async function openShop(env) {
  const heard = [];
  const server = createServer(async (request, response) => {
    const chunks = await Array.fromAsync(request);
    const fields = decode(Buffer.concat(chunks).toString());
    const right = sign(fields, env.WXPAY_API_V2_KEY) === fields.sign;
    if (right) heard.push(fields);
    response.end(encode({ return_code: right ? "SUCCESS" : "FAIL" }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = `http://127.0.0.1:${server.address().port}`;

  /** 统一下单, NATIVE: the code to be scanned. */
  async function order(outTradeNo, totalFee) {
    const fields = {
      appid: env.WXPAY_APPID,
      mch_id: env.WXPAY_MCHID,
      nonce_str: randomUUID().replaceAll("-", ""),
      sign_type: "HMAC-SHA256",
      body: "茶叶",
      out_trade_no: outTradeNo,
      total_fee: String(totalFee),
      spbill_create_ip: "203.0.113.7",
      notify_url: `${address}/notify`,
      trade_type: "NATIVE",
      product_id: "tea",
    };
    const body = encode({ ...fields, sign: sign(fields, env.WXPAY_API_V2_KEY) });
    const answer = await fetch(`${env.WXPAY_BASE_URL}/pay/unifiedorder`, { method: "POST", body });
    return decode(await answer.text());
  }

  const close = () => new Promise((done) => server.close(done));
  return { address, close, heard, order };
}

const encode = (fields) =>
  `<xml>${Object.entries(fields).map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`).join("")}</xml>`;

// Good enough for a sandbox; a shop that takes money needs a real reader of XML.
const decode = (text) =>
  Object.fromEntries(
    [...text.matchAll(/<(\w+)>(?:<!\[CDATA\[)?([^\]<]*)(?:\]\]>)?<\/\1>/g)].map(([, name, value]) => [name, value]),
  );

function sign(fields, key) {
  const pairs = Object.entries(fields).filter(([name, value]) => name !== "sign" && value !== "");
  const text = pairs.sort(([a], [b]) => (a < b ? -1 : 1)).map((pair) => pair.join("=")).join("&");
  return createHmac("sha256", key).update(`${text}&key=${key}`).digest("hex").toUpperCase();
}
