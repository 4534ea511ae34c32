/** `import "wxpay-h5/qr"` defines `<wxpay-qr>`; on a server it does nothing. */
import { defineQrElement, qrSvg } from "../qr-element.js";

export type { Scan, WxpayQrElement } from "../qr-element.js";
export { defineQrElement, qrSvg };

defineQrElement();
