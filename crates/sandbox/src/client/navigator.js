// What a page's scripts read of the device. Plain ES5: the page may be looked at by anything.
function playNavigator(settings) {
  "use strict";
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
}
