// Throw-away certificates, made by openssl as WeChat's console would have issued them.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const openssl = (folder, ...args) => promisify(execFile)("openssl", args, { cwd: folder });

/** Makes `issuer.pem`, which signs the others. */
export async function issuer(folder) {
  await openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-utf8",
    "-keyout", "issuer.key", "-out", "issuer.pem", "-subj", "/O=Tenpay.com/CN=Tenpay.com Root CA");
}

/** Makes `<name>.pem` and `<name>.key`; returns their paths. */
export async function certificate(folder, name, { common = "1900000109", days = 365 } = {}) {
  await openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-utf8", "-keyout", `${name}.key`,
    "-out", `${name}.csr`, "-subj", `/C=CN/O=微信商户系统/OU=测试茶舍/CN=${common}`);
  await openssl(folder, "x509", "-req", "-in", `${name}.csr`, "-days", `${days}`, "-CA", "issuer.pem",
    "-CAkey", "issuer.key", "-CAcreateserial", "-out", `${name}.pem`);
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
