// The shop with vue-router.

import { logIn, pay, resume, shop, showCode } from "./shop.js";
import { createApp, h } from "vue";
import {
  RouterLink, RouterView, createRouter, createWebHashHistory, createWebHistory, useRoute,
} from "vue-router";

const history = shop.mode === "hash" ? createWebHashHistory() : createWebHistory(shop.base);

const Shelf = {
  setup() {
    const route = useRoute();
    return () => [
      h("output", { id: "route" }, route.fullPath),
      h("button", { id: "pay", onClick: pay }, "pay"),
      h("button", { id: "login", onClick: logIn }, "log in"),
      h(RouterLink, { id: "next", to: "/shop/cup" }, () => "next"),
      h("button", { id: "back", onClick: () => router.back() }, "back"),
    ];
  },
};

const router = createRouter({ history, routes: [{ path: "/shop/:item", component: Shelf }] });
createApp(RouterView).use(router).mount("#app");
if (shop.login === "checkout") resume();

if (shop.login === "late") {
  // Not before: the router's first navigation writes the address that it has found.
  await router.isReady();
  showCode();
  const { code, state, ...query } = router.currentRoute.value.query;
  if (code) router.replace({ query });
}
