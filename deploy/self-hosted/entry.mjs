// The Worker on plain workerd: what wrangler's asset router does before it on Cloudflare, done here.

import worker from "../../crates/worker/entry.mjs";
import { page } from "./pages.mjs";

export * from "../../crates/worker/entry.mjs";

export default {
  async fetch(request, env, ctx) {
    return (await page(request, env.ASSETS)) ?? worker.fetch(request, env, ctx);
  },
};
