// The smallest shop as a Vue component. Its second button mounts and unmounts it.

import { createCheckout } from "wxpay-h5";
import { useCheckout } from "wxpay-h5/vue";
import { createApp, h, ref } from "vue";

const checkout = createCheckout({ endpoint: "" });
/** Every `pay` that a component was given. */
const pays = (window.pays = new Set());

const Shop = {
  setup() {
    const { pay, outcome, error, busy } = useCheckout(checkout);
    pays.add(pay);
    return () => [
      h("button", { id: "pay", disabled: busy.value, onClick: () => pay({ sku: "cup", quantity: 1 }) }, "pay"),
      h("button", { id: "sold-out", onClick: () => pay({ sku: "none", quantity: 1 }) }, "pay for nothing"),
      h("output", { id: "outcome", "data-said": JSON.stringify(outcome.value ?? error.value) },
        outcome.value?.status ?? error.value?.code),
    ];
  },
};

const open = ref(true);
const Page = () => [
  h("button", { id: "toggle", onClick: () => (open.value = !open.value) }, "toggle"),
  open.value && h(Shop),
];
createApp({ render: Page }).mount("#app");
