/** `wxpay-h5/vue`: a checkout as a composable, and the custom elements' types for templates. */
import {
  computed, onMounted, onScopeDispose, shallowRef, type ComputedRef, type HTMLAttributes,
} from "vue";
import type { Checkout } from "../checkout.js";
import { IDLE, takePart, type CheckoutState, type Part } from "../hook.js";
import type { QrEvents, QrTag, ReturnEvents, ReturnTag } from "../tags.js";

export type { CheckoutState };

/** The state's parts, each reactive by itself. */
export type CheckoutRefs = {
  readonly [Name in keyof CheckoutState]: ComputedRef<CheckoutState[Name]>;
};

/**
 * Pays from a component. `resume` is called when it is mounted, and a scanned QR code is followed
 * until it is unmounted.
 *
 * ```vue
 * <script setup>
 * const { pay, outcome, error, busy } = useCheckout(checkout);
 * </script>
 * <template>
 *   <button :disabled="busy" @click="pay({ sku: 'tea', quantity: 1 })">微信支付</button>
 * </template>
 * ```
 */
export function useCheckout(checkout: Checkout): CheckoutRefs & Pick<Part, "pay"> {
  const state = shallowRef(IDLE);
  const { pay, mount } = takePart(checkout, (next) => (state.value = next));
  // Inside this hook Vue's current scope is the component's.
  onMounted(() => onScopeDispose(mount()));
  return {
    pay,
    outcome: computed(() => state.value.outcome),
    error: computed(() => state.value.error),
    busy: computed(() => state.value.busy),
  };
}

/** `onWxpayStatus`: as templates see `@wxpay-status`. */
type Listeners<Events> = {
  [Name in keyof Events as Name extends `wxpay-${infer Word}` ? `onWxpay${Capitalize<Word>}` : never]?:
    ((event: Events[Name]) => void) | undefined;
};
type Tag<Own, Events> = new () => { $props: HTMLAttributes & Own & Listeners<Events> };

declare module "vue" {
  interface GlobalComponents {
    "wxpay-return": Tag<ReturnTag, ReturnEvents>;
    "wxpay-qr": Tag<QrTag, QrEvents>;
  }
}
