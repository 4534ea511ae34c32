// <wxpay-return> and resolveReturn() in Chromium: what WeChat says of an order, through the real
// Worker, to what a buyer sees, hears and presses. The way through the cashier is in mweb.test.mjs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "./harness/eventually.mjs";
import { openOrder } from "./harness/http.mjs";
import { RETURN, paidInWorker, refundedUnheard } from "./harness/shop.mjs";
import { seconds, token } from "./harness/wechat.mjs";
import { world } from "./harness/world.mjs";

const w = world();

const MODULE = "/pages/wxpay-h5/return.mjs";

/** An order that a buyer is about to pay, and the address to come back to. */
async function ordered() {
  const { number, handed } = await openOrder(w.worker);
  return { number, token: handed.return_token, back: `${RETURN}?wxpay_return=${handed.return_token}` };
}

async function paid() {
  const order = await ordered();
  await w.sandbox.pay(order.number);
  await paidInWorker(w.worker, order.number);
  return order;
}

const element = (page) => page.locator("wxpay-return");
const shows = (page, state) => page.locator(`wxpay-return[data-state=${state}]`).waitFor();
const press = (page, name) => page.getByRole("button", { name }).click();
const buttons = (page) => page.getByRole("button").allTextContents();

/** Collects the element's events in `page.said`, as the page hears them. */
async function listen(page) {
  page.said = [];
  await page.exposeFunction("say", (name, detail) => page.said.push([name, detail]));
  await page.evaluate(() => {
    for (const name of ["wxpay-status", "wxpay-again", "wxpay-error"]) {
      addEventListener(name, ({ detail }) => say(name, detail.code ?? detail.status));
    }
  });
}

const says = (query) => () => w.sandbox.faults({ query });

for (const [state, wechat, happens, left] of [
  ["unpaid", "NOTPAY", says("normal"), ["I have paid", "Pay again"]],
  ["paying", "USERPAYING", says("userpaying"), ["I have paid", "Pay again"]],
  ["unknown", "A WORD OF TOMORROW", says("new_word"), ["I have paid", "Pay again"]],
  ["refunded", "REFUND", (number) => refundedUnheard(w.sandbox, number), []],
]) {
  test(`what WeChat calls ${wechat} is ${state} to the buyer, with what can be done about it`, async () => {
    const { number, back } = await ordered();
    const page = await w.open("phone", back);
    await listen(page);
    await happens(number);
    // It asks once; "I have paid" goes on asking.
    await press(page, "Pay again");
    await shows(page, state);
    assert.deepEqual(await buttons(page), left);
    const again = state === "unpaid" ? [["wxpay-again", state]] : [];
    const expected = [["wxpay-status", state], ...again];
    assert.deepEqual(page.said, expected, "who may have paid is not sent to pay again");
  });
}

test("an order that the shop has closed is closed to the buyer, who can only pay again", async () => {
  const { number, back } = await ordered();
  assert.equal((await w.worker.closeOrder(number)).status, 200);
  const page = await w.open("phone", back);
  await listen(page);
  await press(page, "I have paid");
  await shows(page, "closed");
  assert.deepEqual(await buttons(page), ["Pay again"]);
  await press(page, "Pay again");
  await eventually("the page is told", () => page.said.length === 3);
  assert.deepEqual(page.said.at(-1), ["wxpay-again", "closed"]);
});

test("without network the buyer is told so after one question's repeats, and can ask again", async () => {
  const { back } = await paid();
  const page = await w.open("phone", back);
  await listen(page);
  await page.clock.install();
  let requests = 0;
  await page.route("**/v1/checkout/**", (route) => ((requests += 1), route.abort()));
  await press(page, "I have paid");
  await shows(page, "asking");
  await eventually("it gives up", async () => {
    await page.clock.runFor(1000);
    return (await element(page).getAttribute("data-state")) === "network";
  });
  assert.equal(requests, 4);
  assert.deepEqual(page.said, [["wxpay-error", "network"]]);
  await page.unroute("**/v1/checkout/**");
  await press(page, "I have paid");
  await shows(page, "paid");
});

test("a token that is none, or too old, leads back to the shop: no later answer would differ", async () => {
  for (const [code, bad] of [
    ["token_tampered", "made-up"],
    ["token_expired", token("return_token", { out_trade_no: "T1" }, seconds() - 1)],
  ]) {
    const page = await w.open("phone", `${RETURN}?wxpay_return=${bad}`);
    await page.evaluate(() => addEventListener("wxpay-error", (event) => (window.heard = event.detail)));
    await press(page, "I have paid");
    await shows(page, "lost");
    assert.deepEqual(await buttons(page), []);
    const { code: kind, problem } = await page.evaluate(() => ({ ...window.heard }));
    assert.deepEqual([kind, problem.code], ["refused", code]);
  }
});

test("a Worker that answers anything else leaves the buyer in doubt, not at a dead end", async () => {
  const { back } = await ordered();
  const page = await w.open("phone", back);
  const problem = { status: 500, json: { status: 500, code: "internal", title: "our fault" } };
  const tomorrow = { json: { status: "partly_refunded" } };
  for (const answer of [problem, { body: "<!doctype html>" }, { body: "null" }, { json: {} }, tomorrow]) {
    await page.unroute("**/v1/checkout/**");
    await page.route("**/v1/checkout/**", (route) => route.fulfill(answer));
    const answered = page.waitForResponse("**/v1/checkout/**");
    await press(page, "Pay again");
    await answered;
    await shows(page, "unknown");
    assert.deepEqual(await buttons(page), ["I have paid", "Pay again"]);
  }
});

test("the keyboard alone is enough, and the focus is never lost", async () => {
  const { number, back } = await ordered();
  const page = await w.open("phone", back);
  const focused = () => page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.textContent);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "I have paid");
  const outline = () =>
    page.evaluate(() => getComputedStyle(document.activeElement.shadowRoot.activeElement).outlineWidth);
  assert.equal(await outline(), "3px");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Pay again");
  await page.keyboard.press("Space");
  await shows(page, "unpaid");
  assert.equal(await focused(), "Pay again", "the button stays, and so does the focus");

  await w.sandbox.pay(number);
  await paidInWorker(w.worker, number);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await shows(page, "paid");
  assert.equal(await focused(), "Paid", "no button is left, so the result has it");
});

test("the focus stays where the buyer has gone meanwhile", async () => {
  const { back } = await paid();
  const page = await w.open("phone", back);
  await page.evaluate(() => document.body.append(document.createElement("input")));
  let answer;
  await page.route("**/v1/checkout/**", (route) => (answer = () => route.continue()));
  const asked = page.waitForRequest("**/v1/checkout/**");
  await press(page, "I have paid");
  await asked;
  await page.locator("input").focus();
  await answer();
  await shows(page, "paid");
  assert.equal(await page.evaluate(() => document.activeElement.localName), "input");
});

test("a screen reader hears what it is, what is going on and what can be done, in both languages", async () => {
  const { back } = await paid();
  const page = await w.open("phone", back);
  const tree = () => page.locator("body").ariaSnapshot();
  assert.equal(
    await tree(),
    `- status:
  - heading "Have you paid?" [level=2]
  - paragraph: If you have paid, tap “I have paid”.
- button "I have paid"
- button "Pay again"`,
  );
  await element(page).evaluate((found) => (found.lang = "zh-Hans"));
  assert.equal(
    await tree(),
    `- status:
  - heading "请确认支付是否完成" [level=2]
  - paragraph: 如已付款，请点“已完成支付”。
- button "已完成支付"
- button "重新支付"`,
  );
  let answer;
  await page.route("**/v1/checkout/**", (route) => (answer = () => route.continue()));
  const asked = page.waitForRequest("**/v1/checkout/**");
  await press(page, "已完成支付");
  await asked;
  // Not gone and not `disabled`: the reader's cursor is on it.
  assert.equal(
    await tree(),
    `- status:
  - heading "正在查询支付结果" [level=2]
  - paragraph: 请稍候，不要重复付款。
- button "已完成支付" [disabled]
- button "重新支付"`,
  );
  await answer();
  await shows(page, "paid");
  assert.equal(
    await tree(),
    `- status:
  - heading "支付成功" [level=2]
  - paragraph: 商家已收到付款。`,
  );
});

test("its language is its own, else the page's, else the browser's", async () => {
  const page = await w.open("phone", RETURN);
  const title = () => page.getByRole("heading").textContent();
  const put = (around, lang) =>
    page.evaluate(([around, lang]) => {
      const { documentElement: page } = document;
      if (around === null) page.removeAttribute("lang");
      else page.lang = around;
      document.querySelector("wxpay-return").replaceWith(
        Object.assign(document.createElement("wxpay-return"), lang && { lang }),
      );
    }, [around, lang]);
  for (const [around, lang, expected] of [
    ["zh-CN", undefined, "没有找到订单"],
    ["zh-CN", "en", "No order found"],
    ["fr", undefined, "No order found"],
    // The harness's browsers are Chinese.
    [null, undefined, "没有找到订单"],
  ]) {
    await put(around, lang);
    assert.equal(await title(), expected);
  }
});

/** How well two colours `rgb(…)` can be told apart. Source: WCAG 2.2, contrast ratio. */
function contrast(...colours) {
  const [light, dark] = colours.map(luminance).sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour) {
  const [r, g, b] = colour.match(/\d+/g).map((byte) => {
    const part = byte / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Computed style of a part. */
const styleOf = (page, part, property) =>
  element(page).evaluate(
    (found, [part, property]) =>
      getComputedStyle(found.shadowRoot.querySelector(`[part=${part}]`))[property],
    [part, property],
  );

test("it can be read on light pages and on dark ones", async () => {
  const { back } = await ordered();
  const page = await w.open("phone", back);
  for (const [background, ink] of [["rgb(255, 255, 255)", "rgb(0, 0, 0)"], ["rgb(17, 17, 17)", "rgb(221, 221, 221)"]]) {
    await page.evaluate(([background, color]) => Object.assign(document.body.style, { background, color }), [background, ink]);
    for (const part of ["title", "text", "again"]) {
      const ratio = contrast(await styleOf(page, part, "color"), background);
      assert.ok(ratio >= 4.5, `${part} on ${background}: ${ratio}`);
    }
    const filled = await styleOf(page, "paid", "backgroundColor");
    assert.ok(contrast(await styleOf(page, "paid", "color"), filled) >= 4.5);
    assert.ok(contrast(filled, background) >= 3, `the button on ${background}`);
  }
});

test("custom properties and parts change its looks", async () => {
  const { back } = await ordered();
  const page = await w.open("phone", back);
  await page.addStyleTag({
    content: `wxpay-return { --wxpay-accent: rgb(1, 2, 3); --wxpay-on-accent: rgb(4, 5, 6);
      --wxpay-text: rgb(7, 8, 9); --wxpay-muted: rgb(10, 11, 12); --wxpay-radius: 13px; --wxpay-gap: 14px }
      wxpay-return::part(title) { letter-spacing: 15px } wxpay-return::part(again) { min-height: 56px }`,
  });
  for (const [part, property, value] of [
    ["paid", "backgroundColor", "rgb(1, 2, 3)"],
    ["paid", "color", "rgb(4, 5, 6)"],
    ["title", "color", "rgb(7, 8, 9)"],
    ["again", "color", "rgb(7, 8, 9)"],
    ["text", "color", "rgb(10, 11, 12)"],
    ["paid", "borderTopLeftRadius", "13px"],
    ["text", "marginBottom", "14px"],
    ["title", "letterSpacing", "15px"],
    ["again", "minHeight", "56px"],
  ]) {
    assert.equal(await styleOf(page, part, property), value, `${part} ${property}`);
  }
});

test("moved within the page it goes on asking; taken out of it, it stops and starts anew", async () => {
  const { back } = await paid();
  const page = await w.open("phone", back);
  const answers = [];
  await page.route("**/v1/checkout/**", (route) => answers.push(() => route.continue()));
  const asked = async () => {
    const question = page.waitForRequest("**/v1/checkout/**");
    await press(page, "I have paid");
    await question;
  };
  await asked();
  await page.evaluate(() => {
    const found = document.querySelector("wxpay-return");
    document.body.append(document.createElement("main"));
    document.querySelector("main").append(found);
  });
  await shows(page, "asking");
  await answers.shift()();
  await shows(page, "paid");
  await page.evaluate(() => {
    const found = document.querySelector("wxpay-return");
    document.body.append(found);
    // A framework may set again what is there.
    found.setAttribute("endpoint", "");
  });
  await shows(page, "paid");

  await page.reload();
  await asked();
  await listen(page);
  const done = page.waitForEvent("requestfinished");
  await page.evaluate(() => {
    window.found = document.querySelector("wxpay-return");
    window.found.remove();
  });
  await answers.shift()();
  await done;
  await page.evaluate(() => document.body.append(window.found));
  await shows(page, "waiting");
  assert.deepEqual(page.said, [], "nobody is told of an answer that nobody waits for");
});

test("another token ends the question about the one before", async () => {
  const [one, other] = [await paid(), await ordered()];
  const page = await w.open("phone", one.back);
  let answer;
  await page.route(`**/v1/checkout/${one.token}`, (route) => (answer = () => route.continue()));
  const asked = page.waitForRequest("**/v1/checkout/**");
  await press(page, "I have paid");
  await asked;
  await element(page).evaluate((found, token) => found.setAttribute("token", token), other.token);
  await shows(page, "waiting");
  const done = page.waitForEvent("requestfinished");
  await answer();
  await done;
  await press(page, "Pay again");
  await shows(page, "unpaid");
});

test("two elements on one page each tell of their own order", async () => {
  const [one, other] = [await paid(), await ordered()];
  const page = await w.open("phone", one.back);
  await page.evaluate((token) => {
    const second = document.createElement("wxpay-return");
    second.setAttribute("token", token);
    document.body.append(second);
  }, other.token);
  const [first, second] = await element(page).all();
  await first.getByRole("button", { name: "I have paid" }).click();
  await second.getByRole("button", { name: "Pay again" }).click();
  await page.locator("wxpay-return[data-state=unpaid]").waitFor();
  await shows(page, "paid");
  assert.deepEqual(
    await element(page).evaluateAll((all) => all.map((found) => found.dataset.state)),
    ["paid", "unpaid"],
  );
});

test("'pay again' is open while 'I have paid' still asks, and ends that", async () => {
  const { back } = await ordered();
  const page = await w.open("phone", back);
  await listen(page);
  const first = page.waitForResponse("**/v1/checkout/**");
  await press(page, "I have paid");
  await first;
  await shows(page, "asking");
  await press(page, "Pay again");
  await shows(page, "unpaid");
  assert.deepEqual(page.said.at(-1), ["wxpay-again", "unpaid"]);
});

/** Calls resolveReturn in a page of another browser profile; `orders` counts what it was told. */
function resolve(page, options) {
  return page.evaluate(
    async ([specifier, options]) => {
      const { resolveReturn } = await import(specifier);
      let orders = 0;
      const order = await resolveReturn({ endpoint: "", onOrder: () => (orders += 1), ...options });
      return { status: order && order.status, orders };
    },
    [MODULE, options],
  );
}

test("resolveReturn tells in another browser what the token in the address stands for", async () => {
  const { token } = await paid();
  const page = await w.openElsewhere("phone", `/pages/blank?wxpay_return=${token}#/orders`);
  await page.evaluate((token) => {
    sessionStorage["wxpay:purchase"] = JSON.stringify({ id: "1", item: { sku: "cup" }, returnToken: token });
  }, token);
  assert.deepEqual(await resolve(page), { status: "paid", orders: 1 });
  assert.equal(await page.evaluate(() => sessionStorage["wxpay:purchase"]), undefined, "it is bought");
  await page.goto("/pages/blank");
  assert.deepEqual(await resolve(page), { status: null, orders: 0 });
  assert.deepEqual(await resolve(page, { token }), { status: "paid", orders: 1 });
});

test("resolveReturn follows an order that is being paid, and asks at once when the buyer looks", async () => {
  const { number, token } = await ordered();
  const page = await w.openElsewhere("phone", `/pages/blank?wxpay_return=${token}`);
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 1000);
  const first = page.waitForResponse("**/v1/checkout/**");
  let resolved;
  resolve(page).then((found) => (resolved = found));
  await first;
  await w.sandbox.pay(number);
  await paidInWorker(w.worker, number);
  // The page's clock stands still: only a look at the page brings the next question.
  await eventually("it is resolved", async () => {
    await page.evaluate(() => dispatchEvent(new Event("pageshow")));
    return resolved;
  });
  assert.deepEqual(resolved, { status: "paid", orders: 2 });
});
