// Tells it in the page's title, where the test waits for it.
import { told } from "./told.mjs";

export async function show(wxpay) {
  const element = document.querySelector("wxpay-return").shadowRoot !== null;
  const answer = await told(wxpay).catch((error) => ({ thrown: String(error) }));
  document.title = JSON.stringify({ ...answer, element });
}
