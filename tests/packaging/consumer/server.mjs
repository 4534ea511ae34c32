// The same questions on a server that renders pages: there is no window here.
import { WxpayError, detect, mwebUrl, takeCode } from "wxpay-h5";
import "wxpay-h5/return";
import { said } from "./said.cjs";

console.log(said({ WxpayError, detect, mwebUrl, takeCode }));
