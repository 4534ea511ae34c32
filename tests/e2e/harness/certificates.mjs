// A throw-away certification authority (CA), made by openssl when it is asked for. Its keys are worth
// nothing, and live no longer than the folder that they are in.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const openssl = (...words) => promisify(execFile)("openssl", words);

/** Makes `ca.pem` in the folder; `issue(name, subject, host)` adds `<name>_key.pem`, `<name>_cert.pem`. */
export async function startAuthority(folder) {
  const [key, ca] = ["ca_key.pem", "ca.pem"].map((name) => join(folder, name));
  const fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await openssl("req", "-x509", ...fresh, "-keyout", key, "-out", ca, "-days", "2", "-subj", "/CN=test CA");
  const issue = async (name, subject, host) => {
    const [own, request, cert, more] = ["key.pem", "request.pem", "cert.pem", "more"].map((part) =>
      join(folder, `${name}_${part}`),
    );
    await writeFile(more, `basicConstraints=CA:FALSE\n${host ? `subjectAltName=DNS:${host}\n` : ""}`);
    await openssl("req", ...fresh, "-keyout", own, "-out", request, "-subj", `/CN=${subject}`);
    // A number by chance: a file that counts would be written by two that are issued at once.
    const by = ["-CA", ca, "-CAkey", key, "-set_serial", `0x${randomBytes(16).toString("hex")}`];
    await openssl("x509", "-req", "-in", request, ...by, "-out", cert, "-days", "2", "-extfile", more);
    return { key: own, cert };
  };
  return { ca, issue };
}
