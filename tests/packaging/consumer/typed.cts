import wxpay = require("wxpay-h5");

export const channel: "jsapi" | "mweb" | "native" | "mini-program" | "unsupported" =
  wxpay.detect("MicroMessenger").channel;
