// As the README of wechat-pay 0.3.2 has it under 接收微信付款确认请求 and 接收退款确认请求. Started with
// `--unhandled-rejections=warn`: each of its refusals is also a promise that nobody awaits.

import express from "express";
import wechatPay from "wechat-pay";
import { appid as appId, mchid as mchId, open, v2Key as partnerKey } from "./shop.mjs";

const { middleware } = wechatPay;
const initConfig = { partnerKey, appId, mchId };
const app = express();

app.use(
  "/notify",
  middleware(initConfig)
    .getNotify()
    .done((message, request, response) => {
      response.reply("success");
    }),
);
app.use(
  "/refund",
  middleware(initConfig)
    .getRefundNotify()
    .done((message, request, response) => {
      response.reply("success");
    }),
);

await open(app);
