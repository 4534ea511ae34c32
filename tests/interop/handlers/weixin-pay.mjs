// As the README of weixin-pay 1.1.7 has it under 中间件.

import express from "express";
import WXPay from "weixin-pay";
import { appid, mchid as mch_id, open, v2Key as partner_key } from "./shop.mjs";

const wxpay = WXPay({ appid, mch_id, partner_key });
const app = express();

app.use(
  "/notify",
  wxpay.useWXCallback((message, request, response) => {
    response.success();
  }),
);

await open(app);
