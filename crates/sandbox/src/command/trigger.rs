//! `wxpay-sandbox trigger`: makes something happen that WeChat tells the shop of.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use axum::{body::Body, http::Request};
use clap::Args;
use serde_json::{Value, json};
use tokio::time::timeout;
use wxpay_sandbox::{Fault, Merchant};

use super::{
    message::{self, Shown},
    receiver,
    sandbox::{self, Sandbox},
};

/// How long an order or a refund may take; faults hold the line for longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes an order, signed as a merchant signs, pays it, and shows every message of it.
///
/// 下单、支付、通知，一步完成，并显示每一条报文。
#[derive(Args)]
#[command(after_help = events())]
pub(crate) struct Flags {
    /// `payment`, `refund`, or what is wrong with the notification of a payment, such as `forged`
    event: String,
    /// API of the order
    #[arg(long, default_value = "v3", value_parser = ["v2", "v3"])]
    api: String,
    /// The shop's notify address; without one this command takes the notification itself
    #[arg(long, env = "WXPAY_NOTIFY_URL", value_name = "URL")]
    notify_url: Option<String>,
    /// In fen 分
    #[arg(long, value_name = "FEN", default_value_t = 1)]
    amount: u64,
    /// Pays, refunds or notifies this order instead of making one
    #[arg(long, value_name = "NO", conflicts_with_all = ["amount", "api", "fault"])]
    out_trade_no: Option<String>,
    /// A fault of the order, as in the README's table; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    fault: Vec<String>,
    #[command(flatten)]
    sandbox: sandbox::Address,
}

/// Faults of one API's notifications only.
const V3_ONLY: &str = "v3_notify";

/// The faults that a notification may have, which are events by their value alone. What both keys
/// have is the first one's, which is either API's.
fn notification_faults() -> Vec<Fault> {
    let of_key = |key| Fault::all().into_iter().filter(move |fault| fault.key == key);
    let mut faults: Vec<_> = of_key("notify").collect();
    for fault in of_key(V3_ONLY) {
        if faults.iter().all(|known| known.value != fault.value) {
            faults.push(fault);
        }
    }
    faults
}

fn events() -> String {
    let line = |fault: Fault| {
        let api = if fault.key == V3_ONLY { "V3: " } else { "" };
        format!("  {:<22} {api}{} {}\n", fault.value.replace('_', "-"), fault.zh, fault.en)
    };
    let hostile: String = notification_faults().into_iter().map(line).collect();
    format!(
        "Events:\n  {:<22} 支付成功 an order is made and paid\n  {:<22} 退款成功 and refunded\n{hostile}",
        "payment", "refund"
    )
}

/// What is to happen.
struct Event {
    is_refund: bool,
    /// A notification that a shop has to take.
    is_honest: bool,
    /// What becomes of a refund.
    refund_end: String,
    /// For the header `X-Sandbox-Fault`.
    faults: String,
}

impl Event {
    fn read(flags: &Flags) -> anyhow::Result<Self> {
        let mut faults = flags.fault.clone();
        let word = flags.event.replace('-', "_");
        match word.as_str() {
            "payment" | "refund" => {}
            value => match notification_faults().into_iter().find(|fault| fault.value == value) {
                Some(fault) if fault.key == V3_ONLY && flags.api == "v2" => {
                    bail!("only notifications of API V3 can be `{}`", flags.event)
                }
                Some(fault) => faults.push(fault.name),
                None => {
                    bail!("no event `{}`; `wxpay-sandbox trigger --help` lists them", flags.event)
                }
            },
        }
        if flags.out_trade_no.is_some() && !faults.is_empty() {
            bail!("faults belong to an order from its making on: leave out --out-trade-no");
        }
        let (is_refund, is_honest) = (word == "refund", faults.is_empty());
        let refund_end = faults.iter().find_map(|fault| fault.strip_prefix("refund_end="));
        let refund_end = refund_end.unwrap_or("SUCCESS").to_owned();
        Ok(Self { is_refund, is_honest, refund_end, faults: faults.join(", ") })
    }
}

/// Makes it happen, and shows what was said.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    let event = Event::read(&flags)?;
    let sandbox = Sandbox::from(&flags.sandbox);
    let merchant = sandbox.merchant().await?;
    let notify_url = match &flags.notify_url {
        Some(url) => url.clone(),
        None => receiver::open(receiver::acknowledge).await?,
    };
    let shop = Shop { sandbox, merchant, notify_url, faults: event.faults.clone() };
    let (number, seen) = match flags.out_trade_no {
        Some(number) => {
            let seen = list(&shop.order_report(&number).await?, "messages").len();
            (number, seen)
        }
        None => (shop.order(&flags.api, flags.amount).await?, 0),
    };
    let told = shop.tell(&number, &event).await;
    let after = shop.order_report(&number).await?;
    for message in list(&after, "messages").iter().skip(seen) {
        println!("{}\n", Shown(message));
    }
    judge(&event, &told?)
}

fn list<'a>(report: &'a Value, name: &str) -> &'a [Value] {
    report.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Says what became of each notification.
///
/// # Errors
/// When one did not arrive, or an honest one was not acknowledged: the shop has to be mended. What
/// a shop ought to say to a hostile one, `wxpay-sandbox conform` knows.
fn judge(event: &Event, notices: &[Value]) -> anyhow::Result<()> {
    let mut complaint = None;
    // The one that was planned for the usual end of a refund has made way for the one at once.
    for notice in notices.iter().filter(|notice| notice["outcome"] != "withdrawn") {
        let outcome = notice.get("outcome").and_then(Value::as_str);
        let due = notice.get("due_at").and_then(Value::as_i64).unwrap_or_default();
        match outcome {
            Some(outcome) => println!("通知 notification: {outcome}"),
            None => println!("通知 notification: 计划于 planned for {}", message::clock(due)),
        }
        let failed = outcome.filter(|outcome| {
            let is_away = *outcome == "timeout" || outcome.starts_with("unreachable");
            is_away || (event.is_honest && *outcome != "acknowledged")
        });
        complaint = complaint.or(failed);
    }
    match complaint {
        Some(outcome) => bail!("the shop did not take the notification: {outcome}"),
        None => Ok(()),
    }
}

/// A shop with one customer.
struct Shop {
    sandbox: Sandbox,
    merchant: Merchant,
    notify_url: String,
    faults: String,
}

impl Shop {
    /// Orders, and returns the order's number.
    async fn order(&self, api: &str, amount: u64) -> anyhow::Result<String> {
        let number = format!("trigger-{}", chance());
        let (path, body) = match api {
            "v2" => ("/pay/unifiedorder", self.v2_order(&number, &amount.to_string())),
            _ => ("/v3/pay/transactions/native", self.v3_order(&number, amount)),
        };
        let answer = self.ask(path, body).await?;
        // A fault may refuse an order that was made, so only the order itself says whether it was.
        self.order_report(&number)
            .await
            .with_context(|| format!("WeChat made no order: {answer}"))?;
        Ok(number)
    }

    fn v2_order(&self, number: &str, amount: &str) -> String {
        let terms = [
            ("body", "wxpay-sandbox trigger"),
            ("out_trade_no", number),
            ("total_fee", amount),
            // Source: RFC 5737, an address for documentation; WeChat refuses this machine's own.
            ("spbill_create_ip", "203.0.113.7"),
            ("notify_url", &self.notify_url),
            ("trade_type", "NATIVE"),
            ("product_id", "trigger"),
        ];
        self.merchant.v2_body(&chance(), &terms)
    }

    fn v3_order(&self, number: &str, amount: u64) -> String {
        let body = json!({
            "appid": self.merchant.appid,
            "mchid": self.merchant.mchid,
            "description": "wxpay-sandbox trigger",
            "out_trade_no": number,
            "notify_url": self.notify_url,
            "amount": { "total": amount, "currency": "CNY" },
        });
        body.to_string()
    }

    /// Pays, refunds or only tells once more; returns the notifications that came of it.
    async fn tell(&self, number: &str, event: &Event) -> anyhow::Result<Vec<Value>> {
        let before = self.order_report(number).await?;
        let is_paid = before.get("paid_at").is_some_and(|paid_at| !paid_at.is_null());
        let order = format!("orders/{number}");
        if !is_paid {
            self.sandbox.post(&format!("{order}/pay"), &json!({})).await?;
        } else if !event.is_refund {
            let told = self.sandbox.post(&format!("{order}/notify"), &json!({})).await?;
            return Ok(list(&told, "acks").to_vec());
        }
        // Nothing passes, but what is due leaves, and has been answered when this is.
        let wait = json!({ "advance_seconds": 0 });
        self.sandbox.post("clock", &wait).await?;
        let refund = match event.is_refund {
            true => Some(self.refund(number, &before, event).await?),
            false => None,
        };
        self.sandbox.post("clock", &wait).await?;
        let after = self.order_report(number).await?;
        let Some(refund) = refund else { return Ok(list(&after, "notifications").to_vec()) };
        let found = list(&after, "refunds").iter().find(|one| one["out_refund_no"] == *refund);
        Ok(found.map(|refund| list(refund, "notifications").to_vec()).unwrap_or_default())
    }

    /// Refunds all of it, and has the money arrive at once; returns the refund's number.
    async fn refund(&self, number: &str, order: &Value, event: &Event) -> anyhow::Result<String> {
        let refund = format!("refund-{}", chance());
        let amount = order.get("total_fee").and_then(Value::as_u64).unwrap_or_default();
        let is_v2 = order.get("api").is_some_and(|api| api == "v2");
        let (path, body) = if is_v2 {
            let fee = amount.to_string();
            let terms = [
                ("out_trade_no", number),
                ("out_refund_no", &refund),
                ("total_fee", &fee),
                ("refund_fee", &fee),
                ("notify_url", &self.notify_url),
            ];
            ("/secapi/pay/refund", self.merchant.v2_body(&chance(), &terms))
        } else {
            let body = json!({
                "out_trade_no": number,
                "out_refund_no": refund,
                "notify_url": self.notify_url,
                "amount": { "refund": amount, "total": amount, "currency": "CNY" },
            });
            ("/v3/refund/domestic/refunds", body.to_string())
        };
        let answer = self.ask(path, body).await?;
        let end = json!({ "refund_status": event.refund_end });
        let settled = self.sandbox.post(&format!("refunds/{refund}/settle"), &end).await;
        settled.with_context(|| format!("WeChat made no refund: {answer}"))?;
        Ok(refund)
    }

    /// Sends a call of the merchant's, signed, and returns what is said, or that nothing is.
    async fn ask(&self, path: &str, body: String) -> anyhow::Result<String> {
        let mut request = Request::post(format!("{}{path}", self.sandbox.base))
            .header("accept", "application/json")
            .header("user-agent", "wxpay-sandbox")
            .header("content-type", "application/json");
        if !self.faults.is_empty() {
            request = request.header("x-sandbox-fault", &self.faults);
        }
        if path.starts_with("/v3/") {
            // V3's signatures keep the machine's time, however far the sandbox's clock was moved.
            let at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().to_string();
            let signer = self.merchant.v3_signer().context("no merchant key")?;
            let signed = signer.authorization(("POST", path), (&at, &chance()), &body);
            request = request.header("authorization", signed);
        }
        let request = request.body(Body::from(body))?;
        let answered = async { sandbox::text(self.sandbox.send(request).await?).await };
        Ok(match timeout(PATIENCE, answered).await {
            Ok(Ok((status, body))) => format!("{status} {body}"),
            Ok(Err(broken)) => format!("{broken:#}"),
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        })
    }

    async fn order_report(&self, number: &str) -> anyhow::Result<Value> {
        self.sandbox.get(&format!("orders/{number}")).await
    }
}

/// Sixteen letters that nobody has used: of an order, a refund, a nonce.
fn chance() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}
