// Who may sign while a merchant goes over to public keys (公钥切换): WeChat's private keys, where the
// sandbox has them. Test keys, all of them.

import { readFileSync } from "node:fs";

const KEYS = new URL("../../../crates/sandbox/src/v3/keys/", import.meta.url);
const read = (name) => readFileSync(new URL(`${name}.pem`, KEYS), "utf8");

/** An APIv3 key to be the Worker's second, and one that it has never heard of. */
export const SECOND_V3_KEY = "second_test_v3_key_0123456789abc";
export const FOREIGN_V3_KEY = "foreign_test_v3_key_0123456789ab";

/**
 * Gives a sandbox of mode `mixed` a second key of each kind, and names them all: `{ serial, key }`,
 * where `key` is the private one, PEM. `v3Key` is what WeChat seals with.
 */
export async function mixedKeys(sandbox) {
  await sandbox.v3.addKey("certificate");
  await sandbox.v3.addKey("public_key");
  const { v3_key: v3Key, merchant, platform } = await sandbox.v3.keys();
  const signers = (kind) => {
    const serials = platform.filter((key) => key.kind === kind).map(({ serial }) => serial);
    return serials.map((serial, index) => ({ serial, key: read(`${kind}_${index + 1}`) }));
  };
  const [certificate, nextCertificate] = signers("certificate");
  const [publicKey, nextPublicKey] = signers("public_key");
  return {
    v3Key,
    ...{ publicKey, nextPublicKey, certificate, nextCertificate },
    merchant: { serial: merchant[0].serial, key: merchant[0].private_key_pem },
    stranger: { serial: "PUB_KEY_ID_0119000001090000000000000003", key: read("stranger") },
  };
}
