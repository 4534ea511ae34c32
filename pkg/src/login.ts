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
  constructor(private readonly endpoint: string) {}

  private get name(): string {
    return "session " + this.endpoint;
  }

  /** Whether this tab has left for WeChat's login, so that a code in the address is the answer. */
  get begun(): boolean {
    return recall("return_to") !== undefined;
  }

  /** The session: from the code that just came back, else the one this tab has. */
  async session(code: TakenCode | null): Promise<string | undefined> {
    if (code) await this.finish(code);
    const kept = recall<Session>(this.name);
    return kept && kept.expires_at * 1000 > Date.now() ? kept.session : undefined;
  }

  /** Exchanges the code. One that was used before leaves no session, and the login starts anew. */
  async finish({ code, state }: TakenCode): Promise<void> {
    const return_to = recall<string>("return_to");
    remember("return_to", undefined);
    try {
      const body = { code, state, return_to };
      remember(this.name, await call<Session>(this.endpoint, "/v1/oauth/session", body));
    } catch (error) {
      const problem = error instanceof WxpayError && error.problem?.code;
      if (problem !== "code_used" && problem !== "code_invalid") throw error;
    }
  }

  /** Forgets the session; false if there was none to blame. */
  forget(): boolean {
    const had = recall(this.name) !== undefined;
    remember(this.name, undefined);
    return had;
  }

  /** Leaves for WeChat's login and remembers what was being bought. */
  begin(purchase: Purchase): PaymentOutcome {
    purchase.keep();
    const { href } = location;
    remember("return_to", href);
    const query = "?return_to=" + encodeURIComponent(href) + "&scope=snsapi_base";
    location.assign(this.endpoint + "/v1/oauth/authorize" + query);
    return { status: "leaving", to: "login" };
  }
}
