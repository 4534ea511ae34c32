// The JS-SDK's server side (JS-SDK 使用权限签名算法), as a shop's backend would write it.

import { createHash } from "node:crypto";
import { MERCHANT } from "./sandbox.mjs";

/** What `wx.config` needs at this address, which is signed without its fragment. */
export async function configFor(sandbox, url, jsApiList = ["chooseWXPay"]) {
  const { appid, appSecret } = MERCHANT;
  const { access_token } = await get(sandbox, "token", {
    grant_type: "client_credential", appid, secret: appSecret,
  });
  const { ticket } = await get(sandbox, "ticket/getticket", { access_token, type: "jsapi" });
  const [nonceStr, timestamp] = ["Wm3WZYTPz0wzccnW", 1414587457];
  const [address] = url.split("#");
  const text = `jsapi_ticket=${ticket}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${address}`;
  const signature = createHash("sha1").update(text).digest("hex");
  return { appId: appid, timestamp, nonceStr, signature, jsApiList };
}

async function get(sandbox, call, query) {
  const at = `${sandbox.addresses.gateway}/cgi-bin/${call}?${new URLSearchParams(query)}`;
  const answer = await (await fetch(at)).json();
  if (answer.errcode) throw new Error(`${call}: ${answer.errcode} ${answer.errmsg}`);
  return answer;
}

/** Runs `wx.config` in this page, signed for `url`; fails with what `wx.error` was told. */
export async function configure(page, sandbox, url = page.url()) {
  const config = await configFor(sandbox, url);
  const refused = await page.evaluate(
    (config) =>
      new Promise((done) => {
        window.wx.error(({ errMsg }) => done(errMsg));
        window.wx.ready(() => done());
        window.wx.config(config);
      }),
    config,
  );
  if (refused) throw new Error(refused);
}
