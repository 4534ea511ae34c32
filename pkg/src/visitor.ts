/** What this tab remembers: in sessionStorage, and in memory only where that is forbidden. */

const memory = new Map<string, string>();

function storage(): Storage | undefined {
  try {
    // The mere access throws where cookies are blocked.
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

/** Reads what was kept under the name, if it is still readable. */
export function recall<T>(name: string): T | undefined {
  const key = "wxpay:" + name;
  try {
    return JSON.parse(memory.get(key) ?? storage()?.getItem(key) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a value under the name; `undefined` forgets it. False if it is lost with this page. */
export function remember(name: string, value: unknown): boolean {
  const key = "wxpay:" + name;
  const kept = JSON.stringify(value);
  const tab = storage();
  memory.delete(key);
  if (kept === undefined) {
    tab?.removeItem(key);
    return true;
  }
  try {
    if (tab) {
      tab.setItem(key, kept);
      return true;
    }
  } catch {
    // Full, or Safari's private mode of old.
  }
  memory.set(key, kept);
  return false;
}

/** 32 random letters and digits. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** This tab's name. The Worker hands no payment link to two of them. */
export function visitor(): string {
  const known = recall<string>("visitor") ?? randomId();
  remember("visitor", known);
  return known;
}
