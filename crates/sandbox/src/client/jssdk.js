// The part of JS-SDK 1.6 that a payment needs, as `wx`. A page that loads the real file replaces it,
// and the real file then talks to the same bridge. Plain ES5.
// Source of every rule here: jweixin-1.6.0.js.
function playJsSdk() {
  "use strict";
  var WIRE_NAMES = { config: "preVerifyJSAPI", chooseWXPay: "getBrandWCPayRequest" };
  var config = {};
  var state = 0, said, readyWaiters = [], errorWaiter;

  function whenBridge(run) {
    if (window.WeixinJSBridge) return run();
    document.addEventListener("WeixinJSBridgeReady", run, false);
  }

  // Every call carries what wx.config was given, and WeChat verifies it each time.
  function invoke(name, params, given) {
    params.appId = params.verifyAppId = config.appId;
    params.verifySignType = "sha1";
    params.verifyTimestamp = config.timestamp + "";
    params.verifyNonceStr = config.nonceStr;
    params.verifySignature = config.signature;
    whenBridge(function () {
      window.WeixinJSBridge.invoke(WIRE_NAMES[name] || name, params, function (result) { settle(name, given, result); });
    });
  }

  // err_msg becomes errMsg under the SDK's own name, and the reasons go.
  function settle(name, given, result) {
    var text = String(result.err_msg || "");
    var tail = text.substring(text.indexOf(":") + 1);
    if (tail === "confirm") tail = "ok";
    if (tail === "failed") tail = "fail";
    if (tail.indexOf("failed_") !== -1) tail = tail.substring(7);
    if (tail.indexOf("fail_") !== -1) tail = tail.substring(5);
    tail = tail.replace(/_/g, " ").toLowerCase();
    if (tail === "access denied" || tail === "no permission to execute") tail = "permission denied";
    if (tail === "") tail = "fail";
    result.errMsg = name + ":" + tail;
    delete result.err_msg; delete result.err_code; delete result.err_desc; delete result.err_detail;
    if (given._complete) given._complete(result);
    // What follows the colon decides, a colon in WeChat's own words included.
    var word = result.errMsg.substring(result.errMsg.indexOf(":") + 1);
    var called = word === "ok" ? given.success : word === "cancel" ? given.cancel : given.fail;
    if (called) called(result);
    if (given.complete) given.complete(result);
  }

  function wireNames(names) {
    return (names || []).map(function (name) { return WIRE_NAMES[name] || name; });
  }

  function miniProgram(name, arg) {
    return function (given) { invoke("invokeMiniProgramAPI", { name: name, arg: arg(given || {}) }, given || {}); };
  }
  function url(given) { return { url: given.url }; }

  window.wx = {
    config: function (given) {
      config = given || {};
      invoke("config", { verifyJsApiList: wireNames(config.jsApiList), verifyOpenTagList: config.openTagList }, {
        _complete: function (result) { state = 1; said = result; },
        fail: function (result) { if (errorWaiter) errorWaiter(result); else state = -1; },
        // Ready comes after a failure, too.
        complete: function () { readyWaiters.splice(0).forEach(function (waiter) { waiter(); }); }
      });
    },
    ready: function (waiter) { if (state === 0) readyWaiters.push(waiter); else waiter(); },
    error: function (waiter) { if (state === -1) waiter(said); else errorWaiter = waiter; },
    checkJsApi: function (given) {
      var call = { success: given.success, fail: given.fail, cancel: given.cancel, complete: given.complete };
      call._complete = function (result) {
        if (typeof result.checkResult === "string") result.checkResult = JSON.parse(result.checkResult);
        var known = result.checkResult || {};
        if ("getBrandWCPayRequest" in known) { known.chooseWXPay = known.getBrandWCPayRequest; delete known.getBrandWCPayRequest; }
      };
      invoke("checkJsApi", { jsApiList: wireNames(given.jsApiList) }, call);
    },
    chooseWXPay: function (given) {
      invoke("chooseWXPay", {
        timeStamp: given.timestamp + "",
        nonceStr: given.nonceStr,
        package: given.package,
        paySign: given.paySign,
        // The default that makes every omitted signType fail.
        signType: given.signType || "SHA1"
      }, given);
    },
    miniProgram: {
      navigateBack: miniProgram("navigateBack", function (given) { return { delta: given.delta || 1 }; }),
      navigateTo: miniProgram("navigateTo", url),
      redirectTo: miniProgram("redirectTo", url),
      switchTab: miniProgram("switchTab", url),
      reLaunch: miniProgram("reLaunch", url),
      postMessage: miniProgram("postMessage", function (given) { return given.data || {}; }),
      getEnv: function (told) {
        whenBridge(function () { told({ miniprogram: window.__wxjs_environment === "miniprogram" }); });
      }
    }
  };
}
