/** `import "wxpay-h5/return"` defines `<wxpay-return>`; on a server it does nothing. */
import { defineReturnElement } from "../return-element.js";

export { defineReturnElement };

defineReturnElement();
