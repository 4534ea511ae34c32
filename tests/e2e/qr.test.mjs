// <wxpay-qr> in Chromium: its code is read from the screen by an independent reader, paid by the
// sandbox's WeChat, and the page is told. How the checkout comes to a code is in native.test.mjs.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { assertBooksAgree, onlyOrder } from "./harness/shop.mjs";
import { world } from "./harness/world.mjs";

const w = world();

const QR = "/pages/qr";
const MODULE = "/pages/wxpay-h5/qr.mjs";
const READER = fileURLToPath(import.meta.resolve("jsqr"));

/** A desktop with an order's code on the screen, and what the Worker handed out for it. */
async function ordered() {
  const page = await w.open("desktop", QR);
  const handed = page.waitForResponse("**/v1/checkout");
  await page.locator("#pay").click();
  await shows(page, "scan");
  return { page, handed: await (await handed).json() };
}

const element = (page) => page.locator("wxpay-qr");
const shows = (page, state) => page.locator(`wxpay-qr[data-state=${state}]`).waitFor();

/** What a camera pointed at this part of the screen reads; null if nothing. */
async function read(locator) {
  const picture = (await locator.screenshot()).toString("base64");
  const reader = await w.open("desktop", "/pages/blank");
  await reader.addScriptTag({ path: READER });
  return reader.evaluate(async (picture) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height).getContext("2d");
    canvas.drawImage(bitmap, 0, 0);
    const { data } = canvas.getImageData(0, 0, width, height);
    // Dark on white only: not every scanner tries the opposite.
    return jsQR(data, width, height, { inversionAttempts: "dontInvert" })?.data ?? null;
  }, picture);
}

/** Sets a scan whose waiting ends as the test says: `window.end(outcome or error)`. */
function setScan(page, changes = {}) {
  return page.evaluate((changes) => {
    window.signals ??= [];
    const wait = ({ signal }) =>
      new Promise((resolve, reject) => {
        window.signals.push(signal);
        window.end = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
      });
    const codeUrl = "weixin://wxpay/bizpayurl?pr=abcdefg12";
    const expiresAt = Date.UTC(2026, 10, 23, 4, 5) / 1000;
    document.querySelector("wxpay-qr").scan = { status: "scan", returnToken: "t", codeUrl, expiresAt, wait, ...changes };
  }, changes);
}

/** Collects the element's events in `page.said`. */
async function listen(page) {
  page.said = [];
  await page.exposeFunction("say", (...what) => page.said.push(what));
  await page.evaluate(() => {
    for (const name of ["wxpay-outcome", "wxpay-again", "wxpay-error"]) {
      addEventListener(name, ({ detail }) => say(name, detail.status ?? detail.message));
    }
  });
}

test("the code on the screen is the order's; paid with the phone, the page is told", async () => {
  const { page, handed } = await ordered();
  await listen(page);
  const code = await read(element(page));
  assert.equal(code, handed.code_url);

  const wechat = await w.open(
    "wechat",
    `${w.sandbox.addresses.wechat_pages}/scan?code_url=${encodeURIComponent(code)}`,
  );
  await wechat.locator("#sandbox-pay").click();
  await wechat.getByText("支付成功").waitFor();
  await shows(page, "paid");
  assert.deepEqual(page.said, [["wxpay-outcome", "paid"]]);
  assert.equal(await read(element(page)), null, "nobody scans it a second time");
  await assertBooksAgree(w, (await onlyOrder(w.sandbox)).out_trade_no);
});

test("a closed order's code cannot be scanned any more; the button brings another order's", async () => {
  const { page, handed } = await ordered();
  await listen(page);
  const { out_trade_no } = await onlyOrder(w.sandbox);
  assert.equal((await w.worker.closeOrder(out_trade_no)).status, 200);
  await page.evaluate(() => dispatchEvent(new Event("pageshow")));
  await shows(page, "expired");
  assert.equal(await read(element(page)), null);

  const fresh = page.waitForResponse("**/v1/checkout");
  await page.getByRole("button", { name: "重新获取二维码" }).click();
  await shows(page, "scan");
  assert.deepEqual(page.said, [["wxpay-outcome", "closed"], ["wxpay-again", "scan"]]);
  const code = await read(element(page));
  assert.notEqual(code, handed.code_url);
  assert.equal(code, (await (await fresh).json()).code_url);
});

for (const [status, state, hasButton] of [
  ["paid", "paid", false],
  ["refunded", "refunded", false],
  ["closed", "expired", true],
  // Time was up, and WeChat had not said that it is paid.
  ["pending", "expired", true],
]) {
  test(`waiting that ends ${status} shows ${state}, ${hasButton ? "with" : "without"} a way to a new code`, async () => {
    const page = await w.open("desktop", QR);
    await listen(page);
    await setScan(page);
    await page.evaluate((status) => end({ status }), status);
    await shows(page, state);
    const button = page.getByRole("button", { name: "重新获取二维码" });
    assert.equal(await button.count(), Number(hasButton));
    assert.equal(await read(element(page)), null);
    assert.deepEqual(page.said, [["wxpay-outcome", status]]);
  });
}

test("waiting that fails is not called unpaid, and the page hears why", async () => {
  const page = await w.open("desktop", QR);
  await listen(page);
  await setScan(page);
  await page.evaluate(() => end(new Error("no network")));
  await shows(page, "failed");
  assert.match(await page.getByRole("status").textContent(), /暂时无法确认.*请勿重复付款/);
  await page.getByRole("button", { name: "重新获取二维码" }).click();
  assert.deepEqual(page.said, [["wxpay-error", "no network"], ["wxpay-again", "scan"]]);
});

test("a screen reader hears what to do and what came of it, in both languages", async () => {
  const page = await w.open("desktop", QR);
  const tree = () => element(page).ariaSnapshot();
  await setScan(page);
  const shown = await page.evaluate(() =>
    new Date(Date.UTC(2026, 10, 23, 4, 5)).toLocaleTimeString("zh", { hour: "numeric", minute: "2-digit" }));
  assert.equal(
    await tree(),
    `- status:
  - heading "请用微信扫一扫付款" [level=2]
  - paragraph: ${shown} 前有效，付款后此处自动更新。
- paragraph: ¥45.00
- img "微信支付二维码"`,
  );
  await element(page).evaluate((found) => (found.lang = "en"));
  await page.evaluate(() => end({ status: "pending" }));
  await shows(page, "expired");
  // A code that is over is no image to anybody.
  assert.equal(
    await tree(),
    `- status:
  - heading "The code has expired" [level=2]
  - paragraph: Do not scan it any more. If you have not paid, get a new one.
- paragraph: ¥45.00
- button "Get a new code"`,
  );
});

test("the keyboard reaches the new code, and the focus stays with it", async () => {
  const page = await w.open("desktop", QR);
  await setScan(page);
  await page.evaluate(() => end({ status: "pending" }));
  await shows(page, "expired");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  const handed = page.waitForResponse("**/v1/checkout");
  await page.keyboard.press("Enter");
  await handed;
  await shows(page, "scan");
  const focused = () => page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.textContent);
  assert.equal(await focused(), "请用微信扫一扫付款");
});

test("the code is dark on white with its quiet zone on any page, and as large as the page wants", async () => {
  const page = await w.open("desktop", QR);
  await page.emulateMedia({ colorScheme: "dark", forcedColors: "active" });
  await page.addStyleTag({
    content: `:root { color-scheme: dark } body { background: #111; color: #eee }
      wxpay-qr { --wxpay-qr-size: 180px; --wxpay-text: rgb(1, 2, 3) }
      wxpay-qr::part(code) { padding: 5px }`,
  });
  await setScan(page);
  const image = page.getByRole("img");
  assert.equal((await image.boundingBox()).width, 180);
  assert.equal(await read(image), "weixin://wxpay/bizpayurl?pr=abcdefg12");
  const { modules, quiet } = await image.evaluate((svg) => {
    const { width } = svg.viewBox.baseVal;
    const path = svg.querySelector("path").getBBox();
    return { modules: width / 10, quiet: [path.x, path.y, width - path.x - path.width].map((side) => side / 10) };
  });
  assert.equal(modules, 29 + 8);
  // Source: ISO/IEC 18004, four modules on each side.
  assert.deepEqual(quiet, [4, 4, 4]);
});

test("a new code ends the waiting for the one before; none is no code at all", async () => {
  const page = await w.open("desktop", QR);
  await listen(page);
  const aborted = () => page.evaluate(() => signals.map((signal) => signal.aborted));
  await setScan(page);
  await page.evaluate(() => (window.first = window.end));
  await setScan(page, { codeUrl: "weixin://wxpay/bizpayurl?pr=another" });
  assert.deepEqual(await aborted(), [true, false]);
  await page.evaluate(() => first({ status: "paid" }));
  await shows(page, "scan");
  assert.equal(await read(element(page)), "weixin://wxpay/bizpayurl?pr=another");
  await page.evaluate(() => (document.querySelector("wxpay-qr").scan = null));
  assert.deepEqual(await aborted(), [true, true]);
  assert.equal(await element(page).isVisible(), false);
  assert.equal(await page.evaluate(() => document.querySelector("wxpay-qr").scan), null);
  assert.deepEqual(page.said, []);
});

test("moved within the page it goes on waiting; taken out it stops, put back it waits again", async () => {
  const page = await w.open("desktop", QR);
  const aborted = () => page.evaluate(() => signals.map((signal) => signal.aborted));
  await setScan(page);
  await page.evaluate(() => document.body.prepend(document.querySelector("wxpay-qr")));
  assert.deepEqual(await aborted(), [false]);
  await page.evaluate(() => {
    window.found = document.querySelector("wxpay-qr");
    found.remove();
  });
  assert.deepEqual(await aborted(), [true]);
  await page.evaluate(() => document.body.append(found));
  assert.deepEqual(await aborted(), [true, false]);
  await page.evaluate(() => end({ status: "paid" }));
  await shows(page, "paid");
});

test("a code set before the element is defined is shown when it is", async () => {
  const page = await w.open("desktop", "/pages/blank");
  await page.evaluate(() => document.body.append(document.createElement("wxpay-qr")));
  await setScan(page);
  await page.evaluate((specifier) => import(specifier), MODULE);
  await shows(page, "scan");
  assert.equal(await read(element(page)), "weixin://wxpay/bizpayurl?pr=abcdefg12");
  assert.equal(await page.evaluate(() => signals.length), 1, "it waits once");
});

test("what is no scan is refused with a code, and what stood there stays", async () => {
  const page = await w.open("desktop", QR);
  await setScan(page);
  const refused = await page.evaluate(() => {
    const element = document.querySelector("wxpay-qr");
    const good = element.scan;
    const codeOf = (wrong) => {
      try {
        element.scan = wrong;
      } catch (error) {
        return error.code;
      }
    };
    const wrong = [7, "weixin://", {}, { ...good, codeUrl: 7 }, { ...good, codeUrl: "x".repeat(3000) },
      { ...good, wait: undefined }, { ...good, expiresAt: "soon" }];
    return [wrong.map(codeOf), element.scan === good, signals[0].aborted];
  });
  assert.deepEqual(refused, [Array(7).fill("argument_malformed"), true, false]);
});

test("any text of a code's length comes back out of qrSvg's code; any other is refused", async () => {
  const page = await w.open("desktop", "/pages/blank");
  const texts = ["7", "WEIXIN", "weixin://wxpay/bizpayurl?pr=1", `微信"<&'`, "x".repeat(1200)];
  for (const text of texts) {
    await page.evaluate(async ([specifier, text]) => {
      const { qrSvg } = await import(specifier);
      const image = Object.assign(new Image(700, 700), {
        src: `data:image/svg+xml,${encodeURIComponent(qrSvg(text))}`,
      });
      await image.decode();
      document.body.replaceChildren(image);
    }, [MODULE, text]);
    assert.equal(await read(page.locator("img")), text);
  }
  const refused = await page.evaluate(async (specifier) => {
    const { qrSvg } = await import(specifier);
    return [7, null, undefined, {}, "x".repeat(5_000_000), "\ud800"].map((wrong) => {
      try {
        return qrSvg(wrong);
      } catch (error) {
        return error.code;
      }
    });
  }, MODULE);
  assert.deepEqual(refused, Array(6).fill("argument_malformed"));
});
