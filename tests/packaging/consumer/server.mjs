// A server that renders pages: there is no window here.
import { WxpayError, detect, mwebUrl, ready, takeCode } from "wxpay-h5";
import "wxpay-h5/return";
import { told } from "./told.mjs";

console.log(JSON.stringify(await told({ WxpayError, detect, mwebUrl, ready, takeCode })));
