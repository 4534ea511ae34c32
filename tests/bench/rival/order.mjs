// One Durable Object per order: its row, its history, its alarm, the calls to WeChat.
//
// It does less than crates/merchant: one attempt for ever (another channel or another buyer is
// refused instead of waiting for the first to be closed), no conflicts but a wrong amount, no
// closing with WeChat's confirmation, no refunds, no other amount; a day's book of its orders alone,
// compared with nothing; and a number that nobody ordered leaves an empty table.

import { DurableObject } from "cloudflare:workers";
import { askWeChat, beijing } from "./wechat.mjs";

const LADDER = [5, 30, 120, 600];
const NOTES_WAIT = 5;
const PAGE_ASKS_EVERY = 2;

const now = () => Math.floor(Date.now() / 1000);

export class Order extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY CHECK (id = 1), snapshot TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS history (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, happened TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, state TEXT NOT NULL, body TEXT NOT NULL) STRICT;
    `);
    const [row] = this.sql.exec("SELECT snapshot FROM orders");
    // Nobody else writes it, so it is read once and kept.
    this.order = row && JSON.parse(row.snapshot);
  }

  /** What the day's book is told, a few seconds later, so that several changes go in one letter. */
  async tellTheBook() {
    const { order, env } = this;
    const { out_trade_no, amount, status, created_at, payment } = order;
    const line = { out_trade_no, amount, status, created_at, paid_at: payment?.paid_at };
    const day = beijing(created_at).slice(0, 8);
    await env.DAY.getByName(day).write(out_trade_no, JSON.stringify(line));
    order.noted_at = undefined;
  }

  create(terms) {
    const { order } = this;
    if (order) {
      const same = ["amount", "description", "attach", "expires_in"].every((name) => order[name] === terms[name]);
      return same ? { order, created: false } : { differs: true };
    }
    this.order = { ...terms, status: "created", created_at: now() };
    this.save([{ what: "created" }]);
    return { order: this.order, created: true };
  }

  async checkout(buyer) {
    const { order } = this;
    if (!order) return undefined;
    if (isFinal(order) || now() >= expiresAt(order)) return order;
    const { attempt } = order;
    if (attempt && (attempt.trade_type !== buyer.trade_type || attempt.visitor !== buyer.visitor)) {
      return { ...order, held: true };
    }
    if (attempt?.url && attempt.expires_at > now() + 60) return order;
    const happened = attempt ? [] : [{ what: "attempt_started", trade_type: buyer.trade_type }];
    order.attempt ??= { ...buyer, time_expire: Math.max(expiresAt(order), now() + 310) };
    order.status = "awaiting_payment";
    order.bought_at = now();
    this.save(happened);
    await this.place();
    return order;
  }

  async place() {
    const { order, env } = this;
    const { attempt } = order;
    const fields = {
      body: order.description,
      fee_type: "CNY",
      notify_url: `${env.PUBLIC_URL}/notify/v2/pay`,
      out_trade_no: order.out_trade_no,
      spbill_create_ip: attempt.ip,
      time_expire: beijing(attempt.time_expire),
      total_fee: String(order.amount),
      trade_type: attempt.trade_type,
    };
    if (order.attach) fields.attach = order.attach;
    if (attempt.trade_type === "NATIVE") fields.product_id = order.out_trade_no;
    else fields.scene_info = JSON.stringify({ h5_info: { type: "Wap", wap_url: env.PUBLIC_URL, wap_name: env.SHOP_NAME } });
    const answer = await askWeChat(env, "/pay/unifiedorder", fields);
    if (!answer) return;
    if (answer.result_code !== "SUCCESS") {
      attempt.refused = answer.err_code;
      return this.save([{ what: "attempt_refused", code: answer.err_code }]);
    }
    const url = attempt.trade_type === "NATIVE" ? answer.code_url : answer.mweb_url;
    if (answer.trade_type !== attempt.trade_type || !url) return;
    const opened = !attempt.url;
    attempt.prepay_id = answer.prepay_id;
    attempt.url = url;
    attempt.expires_at = now() + (attempt.trade_type === "NATIVE" ? 7200 : 300);
    this.save(opened ? [{ what: "attempt_opened" }] : []);
  }

  async status() {
    const { order } = this;
    if (!order?.attempt || isFinal(order)) return order;
    if (now() - (order.page_asked_at ?? 0) >= PAGE_ASKS_EVERY) {
      order.page_asked_at = now();
      this.save([]);
      await this.query();
    }
    return order;
  }

  read() {
    if (!this.order) return undefined;
    const lines = this.sql.exec("SELECT at, happened FROM history ORDER BY seq");
    const history = lines.toArray().map(({ at, happened }) => ({ ...JSON.parse(happened), at }));
    return { order: this.order, history };
  }

  /** A payment that the front has verified; whether it may be acknowledged. */
  paid(fields) {
    const { order } = this;
    if (!order?.attempt || fields.out_trade_no !== order.out_trade_no) return "订单不存在";
    if (fields.total_fee !== String(order.amount) || (fields.fee_type ?? "CNY") !== "CNY") {
      this.save([{ what: "conflict", kind: "mismatch", transaction_id: fields.transaction_id }]);
      return "订单信息不一致";
    }
    if (order.status === "paid") return undefined;
    const { transaction_id, openid, bank_type, time_end } = fields;
    order.status = "paid";
    order.payment = { transaction_id, openid, bank_type, total_fee: order.amount, paid_at: readBeijing(time_end) };
    this.save([{ what: "paid", transaction_id }]);
    return undefined;
  }

  async query() {
    const answer = await askWeChat(this.env, "/pay/orderquery", { out_trade_no: this.order.out_trade_no });
    if (answer?.result_code === "SUCCESS" && answer.trade_state === "SUCCESS") this.paid(answer);
  }

  async alarm() {
    const { order } = this;
    if (!order) return;
    if (order.noted_at <= now()) await this.tellTheBook();
    if (isFinal(order)) return this.save([], { quiet: true });
    await this.query();
    if (!isFinal(order) && now() >= expiresAt(order)) {
      order.status = "closed";
      this.save([{ what: "closed", reason: "expired" }]);
    } else {
      this.save([], { quiet: true });
    }
  }

  /** Order, history and alarm become durable together; no answer leaves before. */
  save(happened, { quiet = false } = {}) {
    const at = now();
    if (!quiet) this.order.noted_at ??= at + NOTES_WAIT;
    this.ctx.storage.transactionSync(() => {
      for (const line of happened) {
        this.sql.exec("INSERT INTO history (at, happened) VALUES (?, ?)", at, JSON.stringify(line));
        if (line.what === "paid") {
          const event = { type: "order.paid", timestamp: new Date(at * 1000), data: this.order };
          this.sql.exec("INSERT INTO outbox (state, body) VALUES ('kept', ?)", JSON.stringify(event));
        }
      }
      this.sql.exec(
        "INSERT INTO orders (id, snapshot) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET snapshot = excluded.snapshot",
        JSON.stringify(this.order),
      );
    });
    const wakeAt = this.wakeAt(at);
    if (wakeAt) this.ctx.storage.setAlarm(wakeAt * 1000);
    else this.ctx.storage.deleteAlarm();
  }

  wakeAt(at) {
    const { order } = this;
    if (isFinal(order)) return order.noted_at;
    const rung = order.attempt && LADDER.map((seconds) => order.bought_at + seconds).find((rung) => rung > at);
    return Math.min(rung ?? Infinity, order.noted_at ?? Infinity, expiresAt(order));
  }
}

/** One Beijing day's book. */
export class Day extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS lines (key TEXT PRIMARY KEY, line TEXT NOT NULL) STRICT");
  }

  write(key, line) {
    const upsert = "INSERT INTO lines VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET line = excluded.line";
    this.ctx.storage.sql.exec(upsert, key, line);
  }
}

export const expiresAt = (order) => order.created_at + order.expires_in;
const isFinal = (order) => order.status === "paid" || order.status === "closed";

function readBeijing(text) {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  return Date.UTC(y, mo - 1, d, h - 8, mi, s) / 1000;
}
