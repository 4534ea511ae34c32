/** `import "wxpay-h5/return"` defines `<wxpay-return>`; on a server it does nothing. */
import { defineReturnElement } from "../return-element.js";

export { resolveReturn, type ReturnOptions } from "../return.js";
export { defineReturnElement };

defineReturnElement();
