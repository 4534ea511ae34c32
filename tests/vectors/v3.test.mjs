// Whether implementations that are not ours agree with the vectors of API V3: node:crypto and the
// openssl command. The strings are put together here once more, from what the folders say goes in.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import crypto from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const TESTS = fileURLToPath(new URL(".", import.meta.url));
const SCRATCH = mkdtempSync(join(tmpdir(), "wxpay-vectors-"));
after(() => rmSync(SCRATCH, { recursive: true, force: true }));

/** The folders of one kind, each with what reads it. */
function cases(kind) {
  return readdirSync(join(TESTS, kind)).map((name) => {
    const path = (file) => join(TESTS, kind, name, file);
    const has = (file) => existsSync(path(file));
    const bytes = (file) => readFileSync(path(file));
    const text = (file) => bytes(file).toString("utf8");
    return { name: `${kind}/${name}`, path, has, bytes, text, json: (file) => JSON.parse(text(file)) };
  });
}

/** What the command writes to its stdout, or an error if it says no. */
async function openssl(...args) {
  const { stdout } = await promisify(execFile)("openssl", args, { encoding: "buffer" });
  return stdout;
}

let files = 0;

/** A file of its own for these bytes: openssl reads most things from files only. */
function file(bytes) {
  const path = join(SCRATCH, `${files += 1}`);
  writeFileSync(path, bytes);
  return path;
}

const base64 = (text) => {
  const bytes = Buffer.from(text, "base64");
  assert.equal(bytes.toString("base64"), text, "not strict base64");
  return bytes;
};

const lines = (...all) => all.map((line) => `${line}\n`).join("");

/** What is signed, as the folder's other files have it. */
const SAID = {
  "fields.json": ({ json }) => {
    const { appId, timeStamp, nonceStr, package: prepay, ...app } = json("fields.json");
    return appId
      ? lines(appId, timeStamp, nonceStr, prepay)
      : lines(app.appid, app.timestamp, app.noncestr, app.prepayid);
  },
  "request.json": ({ json, has, text }) => {
    const { method, path_and_query, timestamp, nonce } = json("request.json");
    return lines(method, path_and_query, timestamp, nonce, has("body.json") ? text("body.json") : "");
  },
  "headers.json": ({ json, has, text }) => {
    const headers = json("headers.json");
    const body = has("body.json") ? text("body.json") : "";
    return lines(headers["Wechatpay-Timestamp"], headers["Wechatpay-Nonce"], body);
  },
};

const SIGNED = [
  ...cases("v3-sign").map((one) => {
    return { ...one, string: "string-to-sign.txt", signature: () => one.text("signature.txt") };
  }),
  ...cases("v3-verify").map((one) => {
    const signature = () => one.json("headers.json")["Wechatpay-Signature"];
    return { ...one, string: "string-to-verify.txt", signature };
  }),
];

/** Whether each of both takes the signature for these bytes. */
async function verdicts({ path, text }, message, signature) {
  const given = ["-verify", path("public-key.pem"), "-signature", file(signature)];
  const theirs = openssl("dgst", "-sha256", ...given, file(message));
  return {
    node: crypto.verify("sha256", message, text("public-key.pem"), signature),
    openssl: await theirs.then(() => true, () => false),
  };
}

test("there is a vector for each thing that is signed or sealed", () => {
  const kinds = ["v3-sign", "v3-verify", "v3-resource", "v3-sensitive"];
  assert.deepEqual(kinds.map((kind) => cases(kind).length), [7, 3, 6, 2]);
});

for (const one of SIGNED) {
  test(`${one.name}: the string is what was sent, to the byte`, () => {
    const [said] = Object.keys(SAID).filter(one.has);
    assert.equal(one.text(one.string), SAID[said](one));
  });

  test(`${one.name}: its signature is right, and is for this string alone`, async () => {
    const message = one.bytes(one.string);
    const signature = base64(one.signature());
    assert.deepEqual(await verdicts(one, message, signature), { node: true, openssl: true });
    // The line feed at the end is as much a part of it as everything before.
    const shorter = message.subarray(0, -1);
    assert.deepEqual(await verdicts(one, shorter, signature), { node: false, openssl: false });
  });
}

for (const one of SIGNED.filter(({ has }) => has("test-key.pem"))) {
  test(`${one.name}: its test key signs to the same bytes`, async () => {
    const signature = base64(one.signature());
    assert.deepEqual(crypto.sign("sha256", one.bytes(one.string), one.text("test-key.pem")), signature);
    const given = ["-sign", one.path("test-key.pem"), one.path(one.string)];
    assert.deepEqual(await openssl("dgst", "-sha256", ...given), signature);
  });
}

for (const { name, has, text, bytes, json } of cases("v3-resource")) {
  const [plain] = ["plain.json", "plain.txt", "plain.pem"].filter(has);
  const key = Buffer.from(text("test-key.txt").split("\n")[0]);
  const { algorithm, ciphertext, associated_data = "", nonce } = json("resource.json");
  const sealed = base64(ciphertext);
  const [inside, tag] = [sealed.subarray(0, -16), sealed.subarray(-16)];

  test(`${name}: opens under its key and associated_data, and under no other`, () => {
    assert.equal(algorithm, `AEAD_AES_${key.length * 8}_GCM`);
    const open = (aad) => {
      const cipher = crypto.createDecipheriv(`aes-${key.length * 8}-gcm`, key, nonce);
      cipher.setAAD(Buffer.from(aad)).setAuthTag(tag);
      return Buffer.concat([cipher.update(inside), cipher.final()]);
    };
    assert.deepEqual(open(associated_data), bytes(plain));
    assert.throws(() => open(`${associated_data} `));
  });

  test(`${name}: openssl reads the same in it`, async () => {
    // Its command knows no GCM; without the tag that is CTR, counting from two.
    // Source: NIST SP 800-38D, section 7.2.
    const counter = `${Buffer.from(nonce).toString("hex")}00000002`;
    const mode = `-aes-${key.length * 8}-ctr`;
    const given = ["-K", key.toString("hex"), "-iv", counter, "-in", file(inside)];
    assert.deepEqual(await openssl("enc", "-d", mode, ...given), bytes(plain));
  });
}

for (const { name, path, text, bytes } of cases("v3-sensitive")) {
  test(`${name}: opens with OAEP under SHA-1, and not under SHA-256`, async () => {
    const sealed = base64(text("ciphertext.txt"));
    const key = text("test-key.pem");
    const padding = crypto.constants.RSA_PKCS1_OAEP_PADDING;
    assert.deepEqual(crypto.privateDecrypt({ key, padding, oaepHash: "sha1" }, sealed), bytes("plain.txt"));
    assert.throws(() => crypto.privateDecrypt({ key, padding, oaepHash: "sha256" }, sealed));
    const given = ["-inkey", path("test-key.pem"), "-in", file(sealed)];
    const oaep = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha1"];
    assert.deepEqual(await openssl("pkeyutl", "-decrypt", ...given, ...oaep), bytes("plain.txt"));
  });
}

test("what stands beside a string, unsigned, has the form that it has to have", () => {
  const said = (file) => SIGNED.filter(({ has }) => has(file)).map(({ json }) => json(file));
  for (const { appId, signType, package: prepay } of said("fields.json")) {
    assert.ok(appId ? signType === "RSA" : prepay === "Sign=WXPay");
  }
  for (const { mchid, serial_no } of said("request.json")) {
    assert.match(mchid, /^(1900007291|10000100)$/);
    assert.match(serial_no, /^[0-9A-F]{40}$/);
  }
  for (const headers of said("headers.json")) {
    assert.equal(headers["Wechatpay-Signature-Type"], "WECHATPAY2-SHA256-RSA2048");
    assert.match(headers["Wechatpay-Serial"], /^([0-9A-F]{40}|PUB_KEY_ID_\d{28})$/);
  }
});

test("a test key is whole, and lies beside its own public half", async () => {
  const pairs = [...SIGNED, ...cases("v3-sensitive")].filter(({ has }) => has("test-key.pem"));
  assert.equal(pairs.length, 4);
  for (const { name, path, text } of pairs) {
    assert.match(text("test-key.pem"), /^test key: /, name);
    await openssl("pkey", "-check", "-noout", "-in", path("test-key.pem"));
    const half = (key) => crypto.createPublicKey(key).export({ type: "spki", format: "pem" });
    assert.equal(half(text("test-key.pem")), half(text("public-key.pem")), name);
  }
});

test("the certificate is one, and for the key of the folder that it names", () => {
  const [{ text }] = cases("v3-resource").filter(({ name }) => name.endsWith("/certificate"));
  const certificate = new crypto.X509Certificate(text("plain.pem"));
  const [{ text: close }] = SIGNED.filter(({ name }) => name === "v3-sign/close");
  assert.ok(certificate.checkPrivateKey(crypto.createPrivateKey(close("test-key.pem"))));
  assert.equal(certificate.serialNumber, "5157F09EFDC096DE15EBE81A47057A7232F1B8E1");
});
