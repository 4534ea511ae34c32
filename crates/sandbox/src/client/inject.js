// Runs before the page's first script. Plain ES5: the page may be looked at by anything.
(function () {
  "use strict";
  var settings = __SETTINGS__;

  function pretend(name, value) {
    try {
      Object.defineProperty(Navigator.prototype, name, { configurable: true, get: function () { return value; } });
    } catch (refused) { /* an engine that forbids it keeps its own value */ }
  }
  pretend("userAgent", settings.userAgent);
  pretend("appVersion", settings.userAgent.replace(/^Mozilla\//, ""));
  pretend("platform", settings.platform);
  pretend("vendor", settings.vendor);
  pretend("maxTouchPoints", settings.maxTouchPoints);
  // DIFFERENCE: client hints would tell the truth, so there are none, not even on Android.
  pretend("userAgentData", undefined);

  if (!settings.wechat) return;

  // The bridge (WeixinJSBridge) is not there when the page starts, as in life.
  var LATE_MS = 200;

  function fail(callback, err_msg, more) {
    var result = { err_msg: err_msg };
    for (var name in more || {}) result[name] = more[name];
    setTimeout(function () { callback(result); }, 0);
  }

  function getBrandWCPayRequest(params, callback) {
    var name = "get_brand_wcpay_request";
    var request = new XMLHttpRequest();
    request.open("POST", settings.pages + "/sandbox/bridge");
    request.setRequestHeader("content-type", "application/json");
    request.onerror = function () { fail(callback, name + ":fail", { err_desc: "sandbox unreachable" }); };
    request.onload = function () {
      var answer = JSON.parse(request.responseText);
      if (answer.cashier) return overlay(answer.cashier, name, callback);
      callback(answer);
    };
    request.send(JSON.stringify({ params: params, url: location.href }));
  }

  // The cashier slides over the page: an iframe from WeChat's host, which the page cannot reach into.
  function overlay(address, name, callback) {
    var frame = document.createElement("iframe");
    frame.id = "sandbox-cashier";
    frame.title = "微信支付 WeChat Pay";
    frame.src = address;
    frame.setAttribute("allowtransparency", "true");
    frame.style.cssText = "position:fixed;inset:0;width:100%;height:100%;border:0;z-index:2147483647;background:transparent";
    function heard(event) {
      if (event.source !== frame.contentWindow || event.origin !== settings.pages) return;
      if (!event.data || !event.data.sandboxCashier) return;
      window.removeEventListener("message", heard);
      frame.remove();
      var result = { err_msg: name + ":" + event.data.sandboxCashier };
      if (event.data.text) result.err_desc = event.data.text;
      callback(result);
    }
    window.addEventListener("message", heard);
    (document.body || document.documentElement).appendChild(frame);
  }

  var listeners = {};
  var bridge = {
    invoke: function (name, params, callback) {
      callback = callback || function () {};
      if (name === "getBrandWCPayRequest") return getBrandWCPayRequest(params || {}, callback);
      // DIFFERENCE: the signature of wx.config is not checked.
      if (name === "preVerifyJSAPI") return fail(callback, "preVerifyJSAPI:ok");
      if (name === "checkJsApi") {
        var known = {};
        ((params && params.jsApiList) || []).forEach(function (api) { known[api] = api === "chooseWXPay" || api === "getBrandWCPayRequest"; });
        return fail(callback, "checkJsApi:ok", { checkResult: known });
      }
      fail(callback, name + ":fail, function not exist");
    },
    call: function (name, params) { bridge.invoke(name, params); },
    on: function (name, listener) { (listeners[name] = listeners[name] || []).push(listener); }
  };
  setTimeout(function () {
    window.WeixinJSBridge = bridge;
    ["WeixinJSBridgeReady", "onWeixinJSBridgeReady"].forEach(function (name) { document.dispatchEvent(new Event(name)); });
  }, LATE_MS);

  // The part of JS-SDK 1.6 a payment needs. A page that loads the real file replaces it, and the
  // real file then talks to the bridge above.
  function whenBridge(run) {
    if (window.WeixinJSBridge) return run();
    document.addEventListener("WeixinJSBridgeReady", run, false);
  }
  var config = null, verified = false, readyWaiters = [];
  var wx = {
    config: function (given) {
      config = given || {};
      whenBridge(function () {
        verified = true;
        readyWaiters.splice(0).forEach(function (waiter) { waiter(); });
      });
    },
    ready: function (waiter) { if (verified) waiter(); else readyWaiters.push(waiter); },
    error: function () {},
    checkJsApi: function (given) {
      whenBridge(function () {
        bridge.invoke("checkJsApi", given, function (result) { settle("checkJsApi", given, result); });
      });
    },
    chooseWXPay: function (given) {
      whenBridge(function () {
        getBrandWCPayRequest({
          // DIFFERENCE: without wx.config the real SDK has no appId to send and fails.
          appId: (config && config.appId) || settings.appId,
          timeStamp: String(given.timestamp),
          nonceStr: given.nonceStr,
          package: given.package,
          paySign: given.paySign,
          // Source: jweixin-1.6.0.js; the default that makes every omitted signType fail.
          signType: given.signType || "SHA1"
        }, function (result) { settle("chooseWXPay", given, result); });
      });
    }
  };

  // Source: jweixin-1.6.0.js: err_msg becomes errMsg under the SDK's own name, the reasons go.
  function settle(name, given, result) {
    var text = String(result.err_msg || "");
    var tail = text.substring(text.indexOf(":") + 1);
    if (tail === "confirm") tail = "ok";
    if (tail === "failed") tail = "fail";
    tail = tail.replace(/^.*failed_/, "").replace(/^.*fail_/, "").replace(/_/g, " ").toLowerCase();
    if (tail === "access denied" || tail === "no permission to execute") tail = "permission denied";
    if (tail === "") tail = "fail";
    result.errMsg = name + ":" + tail;
    delete result.err_msg; delete result.err_code; delete result.err_desc; delete result.err_detail;
    var kind = tail === "ok" || tail === "cancel" ? tail : "fail";
    var called = kind === "ok" ? given.success : kind === "cancel" ? given.cancel : given.fail;
    if (called) called(result);
    if (given.complete) given.complete(result);
  }
  window.wx = window.jWeixin = wx;
})();
