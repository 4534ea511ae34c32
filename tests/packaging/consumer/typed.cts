import wxpay = require("wxpay-h5");
import js = require("wxpay-h5/js");
import qr = require("wxpay-h5/qr");
import react = require("wxpay-h5/react");
import ret = require("wxpay-h5/return");
import vue = require("wxpay-h5/vue");

export const channel: "jsapi" | "mweb" | "native" | "mini-program" | "unsupported" =
  wxpay.detect("MicroMessenger").channel;

export const same: typeof wxpay = js;
export const define: (name?: string) => void = ret.defineReturnElement;
export const others = [qr.defineQrElement, react.useCheckout, vue.useCheckout];
