// WeixinJSBridge as the WeChat app puts it into its pages. Plain ES5.
function playBridge(settings) {
  "use strict";
  // The bridge is not there when the page starts, as in life.
  var LATE_MS = 200;
  // Before the page's first script, so before any router: the address it was entered by.
  var landing = location.href;
  var inMiniProgram = settings.device === "mini_program";

  function later(callback, err_msg, more) {
    var result = { err_msg: err_msg };
    for (var name in more || {}) result[name] = more[name];
    setTimeout(function () { callback(result); }, 0);
  }

  // WeChat itself decides: it is told what the page asks, and from which address.
  function ask(path, params, failed, told) {
    var request = new XMLHttpRequest();
    request.open("POST", settings.pages + path);
    request.setRequestHeader("content-type", "application/json");
    request.onerror = function () { told({ err_msg: failed, err_desc: "sandbox unreachable" }); };
    request.onload = function () { told(JSON.parse(request.responseText)); };
    request.send(JSON.stringify({ params: params, url: location.href, landing: landing }));
  }

  function getBrandWCPayRequest(params, callback) {
    var name = "get_brand_wcpay_request";
    // Source: pay.weixin.qq.com JSAPI 调起支付: on HarmonyOS the buyer has to tap. UNCONFIRMED: the words.
    var tapped = !navigator.userActivation || navigator.userActivation.isActive;
    if (settings.device === "wechat_harmony" && !tapped) {
      return later(callback, name + ":fail", { err_desc: "需由用户点击触发 (HarmonyOS: no tap)" });
    }
    ask("/sandbox/bridge", params, name + ":fail", function (answer) {
      if (answer.cashier) return overlay(answer.cashier, name, callback);
      callback(answer);
    });
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

  // DIFFERENCE: there is no mini program behind the page; what it was asked for is shown, last on top.
  function invokeMiniProgramAPI(asked, callback) {
    var note = document.createElement("p");
    note.id = "sandbox-mini-program";
    note.setAttribute("role", "status");
    note.textContent = "小程序 mini program: " + asked.name + " " + JSON.stringify(asked.arg || {});
    note.style.cssText = "position:fixed;inset:auto 12px 12px;margin:0;padding:12px;border-radius:8px;background:#191919;color:#fff;font:14px sans-serif;z-index:2147483647";
    var shown = document.getElementById(note.id);
    if (shown) shown.remove();
    (document.body || document.documentElement).appendChild(note);
    later(callback, "invokeMiniProgramAPI:ok");
  }

  function checkJsApi(asked, callback) {
    var known = {};
    (asked.jsApiList || []).forEach(function (api) { known[api] = api === "chooseWXPay" || api === "getBrandWCPayRequest"; });
    // Source: jweixin-1.6.0.js: Android hands a text over, and the SDK parses it there.
    var told = settings.device === "wechat_android" ? JSON.stringify(known) : known;
    later(callback, "checkJsApi:ok", { checkResult: told });
  }

  var listeners = {};
  var bridge = {
    invoke: function (name, params, callback) {
      params = params || {};
      callback = callback || function () {};
      if (name === "getBrandWCPayRequest") return getBrandWCPayRequest(params, callback);
      if (name === "preVerifyJSAPI") return ask("/sandbox/bridge/config", params, name + ":fail", callback);
      if (name === "checkJsApi") return checkJsApi(params, callback);
      if (name === "invokeMiniProgramAPI" && inMiniProgram) return invokeMiniProgramAPI(params, callback);
      later(callback, name + ":fail, function not exist");
    },
    call: function (name, params) { bridge.invoke(name, params); },
    on: function (name, listener) { (listeners[name] = listeners[name] || []).push(listener); }
  };
  setTimeout(function () {
    window.WeixinJSBridge = bridge;
    if (inMiniProgram) window.__wxjs_environment = "miniprogram";
    ["WeixinJSBridgeReady", "onWeixinJSBridgeReady"].forEach(function (name) { document.dispatchEvent(new Event(name)); });
  }, LATE_MS);
}
