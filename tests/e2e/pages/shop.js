import { createCheckout } from "./wxpay-h5/index.mjs";

const checkout = createCheckout({
  endpoint: "",
  returnUrl: new URL("return?from=shop&shown=中文#/orders", location.href).href,
});
const outcome = document.getElementById("outcome");

// What the package says, whole, where a test can read it.
const show = (said) => {
  if (!said) return;
  outcome.dataset.said = JSON.stringify(said);
  outcome.textContent = said.status;
  if (said.status === "scan") said.wait().then(show, fail);
};
const fail = (error) => {
  outcome.dataset.said = JSON.stringify({ error: error.code ?? String(error) });
  outcome.textContent = "error";
};

document.getElementById("pay").onclick = () =>
  checkout.pay({ sku: "cup", quantity: 1 }).then(show, fail);
checkout.resume().then(show, fail);
