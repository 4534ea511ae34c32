// As docs/verifySign.md and docs/transactions_h5.md of wechatpay-node-v3 2.2.1 have it, which end with
// what `verifySign` and `decipher_gcm` answer. What is added is WeChat Pay's own rule for an answer: 200
// for what is right, 5XX for what is not.

import express from "express";
import Pay from "wechatpay-node-v3";
import { appid, certificate, mchid, open, platform, privateKey, v3Key as key } from "./shop.mjs";

const pay = new Pay({
  appid,
  mchid,
  publicKey: Buffer.from(certificate),
  privateKey: Buffer.from(privateKey),
  key,
});
// It downloads certificates from WeChat's own address, so they are put where it keeps them.
Pay.certificates = platform;
const app = express();
app.use(express.json());

app.post(["/notify", "/refund"], async (request, response) => {
  try {
    const { headers, body } = request;
    const isRight = await pay.verifySign({
      body,
      signature: headers["wechatpay-signature"],
      serial: headers["wechatpay-serial"],
      nonce: headers["wechatpay-nonce"],
      timestamp: headers["wechatpay-timestamp"],
    });
    if (!isRight) return response.status(500).json({ code: "FAIL", message: "验签失败" });
    const { ciphertext, associated_data, nonce } = body.resource;
    pay.decipher_gcm(ciphertext, associated_data, nonce, key);
    response.json({ code: "SUCCESS", message: "成功" });
  } catch (error) {
    response.status(500).json({ code: "FAIL", message: error.message });
  }
});

await open(app);
