import { WxpayError } from "./error.js";
import type { TakenCode } from "./oauth.js";
import type { PaymentOutcome } from "./checkout.js";
import type { Purchase } from "./purchase.js";
import { recall, remember } from "./visitor.js";
import { call } from "./worker.js";

/** What `POST /v1/oauth/session` answers: the openid, sealed; the page cannot read it. */
interface Session {
  readonly session: string;
  /** Unix seconds. */
  readonly expires_at: number;
}

/** The buyer's login inside WeChat. */
export class Login {
  /** The exchange under way, which everybody who wants a session waits for. */
  private finishing: Promise<void> | undefined;
  /** The session is of this very page's code, so that another login would bring no better one. */
  private fresh = false;

  constructor(private readonly endpoint: string) {}

  private get name(): string {
    return "session " + this.endpoint;
  }

  /** Whether this tab has left for WeChat's login, so that a code in the address is the answer. */
  get begun(): boolean {
    return this.left !== undefined;
  }

  /** The page it left, if it was this checkout that left: another's code is nothing to its Worker. */
  private get left(): string | undefined {
    const [endpoint, href] = recall<readonly string[]>("return_to") ?? [];
    return endpoint === this.endpoint ? href : undefined;
  }

  /** The session: from the code that came back, else the one this tab has. */
  async session(): Promise<string | undefined> {
    await this.finishing;
    const kept = recall<Session>(this.name);
    // A fresh one that looks expired was told by a phone whose clock is wrong.
    return kept && (this.fresh || kept.expires_at * 1000 > Date.now()) ? kept.session : undefined;
  }

  /** Exchanges the code. One that was used before leaves no session, and the login starts anew. */
  finish(taken: TakenCode): Promise<void> {
    return (this.finishing = this.exchange(taken).finally(() => (this.finishing = undefined)));
  }

  private async exchange({ code, state }: TakenCode): Promise<void> {
    const return_to = this.left;
    remember("return_to", undefined);
    try {
      const body = { code, state, return_to };
      remember(this.name, await call<Session>(this.endpoint, "/v1/oauth/session", body));
      this.fresh = true;
    } catch (error) {
      const problem = error instanceof WxpayError && error.problem?.code;
      if (problem !== "code_used" && problem !== "code_invalid") throw error;
    }
  }

  /** Forgets the session; false if it is not to blame: there was none, or it was a fresh one. */
  forget(): boolean {
    const stale = !this.fresh && recall(this.name) !== undefined;
    this.fresh = false;
    remember(this.name, undefined);
    return stale;
  }

  /** Leaves for WeChat's login and remembers what was being bought. */
  begin(purchase: Purchase): PaymentOutcome {
    purchase.keep();
    const { href } = location;
    // Coming back without it, the tab would not know its own code, and every tap would leave anew.
    if (!remember("return_to", [this.endpoint, href])) throw new WxpayError("storage_refused");
    const query = "?return_to=" + encodeURIComponent(href) + "&scope=snsapi_base";
    location.assign(this.endpoint + "/v1/oauth/authorize" + query);
    return { status: "leaving", to: "login" };
  }
}
