// The Worker on plain workerd: what wrangler's asset router does before it on Cloudflare, done here.

import Worker from "../../crates/worker/entry.mjs";
import { page } from "./pages.mjs";

export * from "../../crates/worker/entry.mjs";

export default class extends Worker {
  async fetch(request) {
    return (await page(request, this.env.ASSETS)) ?? super.fetch(request);
  }
}
