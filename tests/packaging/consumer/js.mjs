import { WxpayError, detect, mwebUrl, ready, takeCode } from "wxpay-h5/js";
import "wxpay-h5/return";
import { show } from "./show.mjs";

show({ WxpayError, detect, mwebUrl, ready, takeCode });
