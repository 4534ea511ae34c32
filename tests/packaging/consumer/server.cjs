const wxpay = require("wxpay-h5");
require("wxpay-h5/return");

import("./told.mjs")
  .then(({ told }) => told(wxpay))
  .then((answer) => console.log(JSON.stringify(answer)));
