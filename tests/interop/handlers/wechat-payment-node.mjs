// As the README of wechat-payment-node 2.8.0 has it under WeChat Callbacks: three arguments, the third
// for refunds. Its example has the key outside of the brackets, where Express refuses it.

import { createRequire } from "node:module";
import express from "express";
import { open, v2Key as apiKey } from "./shop.mjs";

const { default: WechatPayment } = createRequire(import.meta.url)("wechat-payment-node");
const app = express();

app.use(
  "/notify",
  WechatPayment.wxCallback((notification, request, response) => {
    response.success();
  }, apiKey),
);
app.use(
  "/refund",
  WechatPayment.wxCallback(
    (notification, request, response) => {
      response.success();
    },
    apiKey,
    "refund",
  ),
);

await open(app);
