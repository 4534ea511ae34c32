import { named, WxpayError } from "./error.js";
import type { Item } from "./types.js";
import { randomId, recall, remember } from "./visitor.js";

interface Kept {
  readonly id: string;
  readonly item: Item;
  readonly returnToken: string;
}

const NAME = "purchase";

/**
 * What this tab is buying. Its id stays the same until the order ends, so that a second tap, a
 * reload or a repeated request all mean the same order.
 */
export class Purchase {
  private constructor(private kept: Kept, private readonly isRenewed = false) {}

  /** The purchase of this item that was begun, or a new one. */
  static of(item: Item): Purchase {
    const asked = itemOf(item);
    const kept = recall<Kept>(NAME);
    const same = kept && JSON.stringify(kept.item) === JSON.stringify(asked);
    const purchase = new Purchase(same ? kept : { id: randomId(), item: asked, returnToken: "" });
    // At once: another tap, by whatever checkout of this tab, has to mean the same.
    purchase.keep();
    return purchase;
  }

  /** The purchase that was begun. */
  static recall(): Purchase | undefined {
    const kept = recall<Kept>(NAME);
    return kept && new Purchase(kept);
  }

  /** Forgets the purchase if it is the one of this token. */
  static forget(returnToken: string): void {
    if (recall<Kept>(NAME)?.returnToken === returnToken) remember(NAME, undefined);
  }

  get returnToken(): string {
    return this.kept.returnToken;
  }

  /** A catalogue's product can be bought anew, but not without end; a token or cart is one order. */
  get isRenewable(): boolean {
    return "sku" in this.kept.item && !this.isRenewed;
  }

  /** The same, as a new order. */
  renewed(): Purchase {
    return new Purchase({ id: randomId(), item: this.kept.item, returnToken: "" }, true);
  }

  /** What the Worker is told of it. */
  body(): Record<string, unknown> {
    this.keep();
    const { item, id } = this.kept;
    const product = "checkoutToken" in item ? { checkout_token: item.checkoutToken } : item;
    return { ...product, purchase_id: id };
  }

  keep(): void {
    remember(NAME, this.kept);
  }

  handed(returnToken: string): void {
    this.kept = { ...this.kept, returnToken };
    this.keep();
  }

  /** Forgets it, unless the tab has gone on to buy something else. */
  end(): void {
    if (recall<Kept>(NAME)?.id === this.kept.id) remember(NAME, undefined);
  }
}

/** Exactly one way to name what is bought, and nothing else of what plain JavaScript may pass. */
function itemOf(item: Item): Item {
  const { checkoutToken, cart, sku, quantity } = named(item) as Record<string, unknown>;
  if (typeof checkoutToken === "string" && checkoutToken) return { checkoutToken };
  if (typeof cart === "string" && cart) return { cart };
  if (typeof sku === "string" && sku && Number.isSafeInteger(quantity) && Number(quantity) > 0) {
    return { sku, quantity: Number(quantity) };
  }
  throw new WxpayError("argument_malformed");
}
