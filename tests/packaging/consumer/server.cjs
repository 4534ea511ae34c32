const { said } = require("./said.cjs");
require("wxpay-h5/return");

console.log(said(require("wxpay-h5")));
