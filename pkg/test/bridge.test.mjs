import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { requestPayment } from "wxpay-h5";
import { UA, enterPage } from "./fake.mjs";

let page;
afterEach(() => page?.leave());

const FIELDS = {
  appId: "wx2421b1c4370ec43b",
  timeStamp: "1395712654",
  nonceStr: "e61463f8efa94090b1f366cccfbbb444",
  package: "prepay_id=wx21201855730335ac86f8c43d1889123400",
  signType: "HMAC-SHA256",
  paySign: "0BC7387282DC342D",
};

/** A Bridge that answers each call with the next of the answers. */
function bridgeOf(...answers) {
  const calls = [];
  return { calls, invoke: (name, fields, done) => (calls.push({ name, fields }), done(answers.shift())) };
}

test("the Bridge is handed six strings under its own names, the time too", async () => {
  const bridge = bridgeOf({ err_msg: "get_brand_wcpay_request:ok" });
  page = enterPage({ userAgent: UA.wechat, bridge });
  const { timeStamp, ...rest } = FIELDS;
  const answer = await requestPayment({ ...rest, timestamp: Number(timeStamp) });
  assert.deepEqual(answer, { outcome: "ok" });
  assert.deepEqual(bridge.calls, [{ name: "getBrandWCPayRequest", fields: FIELDS }]);
});

test("a Bridge that arrives late is waited for, one that never comes is not", async () => {
  page = enterPage({ userAgent: UA.wechat });
  const late = requestPayment(FIELDS);
  globalThis.WeixinJSBridge = bridgeOf({ err_msg: "get_brand_wcpay_request:cancel" });
  document.dispatchEvent(new Event("WeixinJSBridgeReady"));
  assert.deepEqual(await late, { outcome: "cancel" });
  globalThis.WeixinJSBridge = undefined;
  await assert.rejects(requestPayment(FIELDS, { timeout: 1 }), { code: "bridge_absent" });
});

test("a failure has its cause, its remedy and WeChat's own words", async () => {
  const bridge = bridgeOf(
    { err_msg: "get_brand_wcpay_request:fail", err_desc: "当前页面的URL未注册：https://shop.example/" },
    '{"err_msg":"get_brand_wcpay_request:fail","err_code":3}',
    "system:access_denied",
    undefined,
  );
  page = enterPage({ userAgent: UA.wechat, bridge });
  const codes = [];
  for (let at = 0; at < 4; at += 1) {
    const answer = await requestPayment(FIELDS);
    assert.equal(answer.outcome, "fail");
    codes.push(answer.error.code);
  }
  assert.deepEqual(codes, ["pay_url_unregistered", "pay_cross_account", "pay_access_denied", "pay_unrecognised"]);
});

test("two taps raise one cashier", async () => {
  let done;
  const calls = [];
  const bridge = { invoke: (name, fields, answer) => (calls.push(name), (done = answer)) };
  page = enterPage({ userAgent: UA.wechat, bridge });
  const first = requestPayment(FIELDS);
  const second = requestPayment(FIELDS);
  await Promise.resolve();
  done({ err_msg: "get_brand_wcpay_request:ok" });
  assert.deepEqual(await Promise.all([first, second]), [{ outcome: "ok" }, { outcome: "ok" }]);
  assert.equal(calls.length, 1);
});

test("chooseWXPay is handed timestamp and its three endings are the same", async () => {
  const said = [];
  page = enterPage({ userAgent: UA.wechat });
  globalThis.wx = { chooseWXPay: (fields) => said.push(fields) };
  const end = async (call) => {
    const answer = requestPayment(FIELDS, { by: "chooseWXPay" });
    await Promise.resolve();
    call(said.at(-1));
    return answer;
  };
  assert.deepEqual(await end((it) => it.success({ errMsg: "chooseWXPay:ok" })), { outcome: "ok" });
  assert.deepEqual(await end((it) => it.cancel({ errMsg: "chooseWXPay:cancel" })), { outcome: "cancel" });
  const failed = await end((it) => it.fail({ errMsg: "chooseWXPay:permission denied" }));
  assert.equal(failed.error.code, "pay_access_denied");
  assert.equal(said[0].timestamp, "1395712654");
  assert.equal(said[0].timeStamp, undefined);
  assert.equal(said[0].signType, "HMAC-SHA256");
  delete globalThis.wx;
});

test("fields the cashier would not take never reach it", async () => {
  const bridge = bridgeOf();
  page = enterPage({ userAgent: UA.wechat, bridge });
  const { signType, ...unsigned } = FIELDS;
  for (const [fields, code] of [
    [unsigned, "sign_type_malformed"],
    [{ ...FIELDS, timeStamp: "1395712654000" }, "time_stamp_malformed"],
    [{ ...FIELDS, package: "wx2120" }, "package_malformed"],
    [{ ...FIELDS, appId: undefined }, "app_id_missing"],
    [null, "app_id_missing"],
    [JSON.stringify(FIELDS), "argument_malformed"],
  ]) {
    await assert.rejects(requestPayment(fields), { code });
  }
  for (const by of ["choosewxpay", "jweixin", 1, null]) {
    await assert.rejects(requestPayment(FIELDS, { by }), { code: "argument_malformed" });
  }
  assert.equal(bridge.calls.length, 0);
});
