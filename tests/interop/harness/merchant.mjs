// What an SDK or a Worker is configured with, out of what the sandbox says of its keys.

/** The test merchant, as `open` of every driver takes it. */
export function merchantOf({ appid, mchid, v3_key: apiV3Key, merchant: [own] }) {
  const { serial, certificate_pem: certificate, private_key_pem: privateKey } = own;
  return { appid, mchid, serial, certificate, privateKey, apiV3Key };
}

/** WeChat Pay's public keys (微信支付公钥): PEM by id. */
export function publicKeysOf({ platform }) {
  const keys = platform.filter(({ kind }) => kind === "public_key");
  return Object.fromEntries(keys.map(({ serial, pem }) => [serial, pem]));
}
