// As the README of tenpay 2.1.18 has it under 中间件・微信消息通知, "Express中使用": a text parser for XML,
// the middleware, and a reply without an error.

import express from "express";
import tenpay from "tenpay";
import { appid, mchid, open, v2Key } from "./shop.mjs";

const api = new tenpay({ appid, mchid, partnerKey: v2Key });
const app = express();
app.use(express.text({ type: "*/xml" }));

app.post("/notify", api.middlewareForExpress("pay"), (request, response) => {
  response.reply("");
});
app.post("/refund", api.middlewareForExpress("refund"), (request, response) => {
  response.reply("");
});

await open(app);
