// What is in the shop, and what the buyer has chosen. The prices here are for reading only: the
// page tells the Worker a sku and a quantity, and the Worker's CATALOGUE says what that costs.

import { yuan } from "./i18n.js";

const PRICES = { tea: 8800, cup: 4500 };
const MOST = 9;

const byId = (id) => document.getElementById(id);
const radios = [...document.querySelectorAll("input[name=sku]")];
const asked = new URLSearchParams(location.search);

/** What the buyer has chosen. It is kept in the address, so it survives WeChat's login, the
 * H5 cashier, and coming back in another browser. */
export const choice = {
  sku: asked.get("sku") in PRICES ? asked.get("sku") : "tea",
  quantity: within(Number(asked.get("quantity"))),
};

function within(quantity) {
  return Math.min(Math.max(Math.trunc(quantity) || 1, 1), MOST);
}

/** What the page believes the choice to cost. */
export function total() {
  return yuan(PRICES[choice.sku] * choice.quantity);
}

/** Lets the buyer choose. */
export function openShop() {
  for (const radio of radios) radio.addEventListener("change", () => choose({ sku: radio.value }));
  byId("fewer").addEventListener("click", () => choose({ quantity: choice.quantity - 1 }));
  byId("more").addEventListener("click", () => choose({ quantity: choice.quantity + 1 }));
  show();
}

function choose({ sku = choice.sku, quantity = choice.quantity }) {
  Object.assign(choice, { sku, quantity: within(quantity) });
  const address = new URL(location.href);
  address.searchParams.set("sku", choice.sku);
  address.searchParams.set("quantity", choice.quantity);
  history.replaceState(history.state, "", address);
  show();
}

function show() {
  for (const radio of radios) radio.checked = radio.value === choice.sku;
  for (const price of document.querySelectorAll("[data-price]")) {
    price.textContent = yuan(PRICES[price.dataset.price]);
  }
  byId("quantity").textContent = choice.quantity;
  byId("total").textContent = total();
  byId("fewer").disabled = choice.quantity === 1;
  byId("more").disabled = choice.quantity === MOST;
}
