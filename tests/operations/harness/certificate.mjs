// Throw-away certificates, made by openssl as WeChat's console would have issued them.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const openssl = (folder, ...args) => promisify(execFile)("openssl", args, { cwd: folder });

/** Makes `issuer.pem`, which signs the others. */
export async function issuer(folder) {
  await openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-utf8",
    "-keyout", "issuer.key", "-out", "issuer.pem", "-subj", "/O=Tenpay.com/CN=Tenpay.com Root CA");
}

/** A serial number as WeChat's have it: 160 bits, of which the first is never 0. */
export const SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";

/** Makes `<name>.pem` and `<name>.key`; returns their paths. */
export async function certificate(folder, name, { common = "1900000109", days = 365 } = {}) {
  await openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-utf8", "-keyout", `${name}.key`,
    "-out", `${name}.csr`, "-subj", `/C=CN/O=微信商户系统/OU=测试茶舍/CN=${common}`);
  await openssl(folder, "x509", "-req", "-in", `${name}.csr`, "-days", `${days}`, "-CA", "issuer.pem",
    "-CAkey", "issuer.key", "-set_serial", `0x${SERIAL}`, "-out", `${name}.pem`);
  return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}

/** The same file in another form. */
export async function converted(folder, name, ...args) {
  await openssl(folder, ...args, "-out", name);
  return join(folder, name);
}

/** A text as a file. */
export async function written(folder, name, text) {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

export const PUBLIC_KEY_ID = "PUB_KEY_ID_0114232134912410000000000000";

/** What the merchant platform gives a merchant of API V3, in a folder that the test removes. */
export async function papers(t) {
  const folder = await mkdtemp(join(tmpdir(), "wxpay-papers-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await issuer(folder);
  const { cert, key } = await certificate(folder, "merchant");
  const { key: wechats } = await certificate(folder, "wechat");
  const publicKey = await converted(folder, "pub_key.pem", "pkey", "-in", wechats, "-pubout");
  return { folder, cert, key, publicKey };
}
