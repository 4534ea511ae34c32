//! 申请交易账单 `GET /v3/bill/tradebill` and 申请资金账单 `GET /v3/bill/fundflowbill`, which say where
//! a table is and what its hash is; and 下载账单 `GET /v3/billdownload/file`, which hands it out.
//!
//! Source: pay.weixin.qq.com V3 申请交易账单, 申请资金账单 and 下载账单, with their tables of errors.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use super::{
    call::{Call, Refusal, Reply},
    rules::missing,
};
use crate::{
    bill::{self, BillKind, Day, NoBill},
    fault::BillFault,
    fund_flow,
    gateway::Gateway,
    time::UnixSeconds,
};

/// Source: 申请交易账单, `download_url`: valid for five minutes; older pages say thirty seconds.
const OFFERED_SECONDS: i64 = 5 * 60;

/// Source: tokens in the documentation and in logs have 64 characters.
const TOKEN_LENGTH: usize = 64;

/// A table that can be fetched for a while, kept under its token.
pub(crate) struct Offer {
    text: String,
    expires_at: UnixSeconds,
}

/// `GET /v3/bill/tradebill`.
pub(super) fn trade(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Reply, Refusal> {
    let day = read_day(call)?;
    let kind = match call.query("bill_type") {
        None | Some("ALL") => Some(BillKind::All),
        Some("SUCCESS") => Some(BillKind::Success),
        Some("REFUND") => Some(BillKind::Refund),
        // The sandbox has no vouchers that could be refunded.
        Some("RECHARGE_REFUND") => None,
        Some(other) => return Err(invalid("/bill_type", other)),
    };
    let packed = read_packed(call)?;
    let kind = kind.ok_or(NoBill::NotThere)?;
    let text = bill::text(gateway, now, day, kind)?;
    Ok(offer(gateway, now, text, packed))
}

/// `GET /v3/bill/fundflowbill`.
pub(super) fn fund_flow(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Reply, Refusal> {
    let day = read_day(call)?;
    let moved = match call.query("account_type") {
        None | Some("BASIC") => true,
        // In the sandbox nothing ever moves through the two other accounts.
        Some("OPERATION" | "FEES") => false,
        Some(other) => return Err(invalid("/account_type", other)),
    };
    let packed = read_packed(call)?;
    let text = if moved { fund_flow::text(gateway, now, day) } else { Err(NoBill::NotThere) }?;
    Ok(offer(gateway, now, text, packed))
}

fn read_day(call: &Call) -> Result<Day, Refusal> {
    let day = call.query("bill_date").ok_or_else(|| missing("query", "/bill_date"))?;
    Day::read_dashed(day).ok_or_else(|| invalid("/bill_date", day))
}

/// Whether the table is wanted as gzip.
fn read_packed(call: &Call) -> Result<bool, Refusal> {
    match call.query("tar_type") {
        None => Ok(false),
        Some("GZIP") => Ok(true),
        Some(other) => Err(invalid("/tar_type", other)),
    }
}

fn invalid(at: &str, found: &str) -> Refusal {
    Refusal::field("query", at, &Value::from(found), "参数值不合法")
}

impl From<NoBill> for Refusal {
    /// Source: both messages from merchants' logs.
    fn from(reason: NoBill) -> Self {
        match reason {
            NoBill::NotThere => Self::new(400, "NO_STATEMENT_EXIST", "请求的账单文件不存在"),
            NoBill::Creating => Self::new(400, "STATEMENT_CREATING", "请求的账单正在生成中"),
        }
    }
}

/// Says where `text` can be fetched. The hash is of the text, packed or not.
///
/// DIFFERENCE: the address is this sandbox's, and `http`.
fn offer(gateway: &mut Gateway, now: UnixSeconds, text: String, packed: bool) -> Reply {
    let token = gateway.random.letters(TOKEN_LENGTH);
    let base = &gateway.addresses.gateway;
    let packing = if packed { "&tartype=gzip" } else { "" };
    let hashed = if gateway.in_force(None).bill == BillFault::WrongHash { "" } else { &text };
    let answer = json!({
        "download_url": format!("{base}/v3/billdownload/file?token={token}{packing}"),
        "hash_type": "SHA1",
        "hash_value": sha1(hashed),
    });
    gateway.offers.retain(|_, offer| now < offer.expires_at);
    let expires_at = now.saturating_add(OFFERED_SECONDS);
    gateway.offers.insert(token, Offer { text, expires_at });
    Reply::Json(answer)
}

fn sha1(text: &str) -> String {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `GET /v3/billdownload/file`.
///
/// UNCONFIRMED: both messages, and that a token that was never given is refused as an old one is.
pub(super) fn download(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Reply, Refusal> {
    let token = call.query("token").ok_or_else(|| missing("query", "/token"))?;
    // DIFFERENCE: there is one merchant; that another one asks is a fault.
    if gateway.in_force(None).bill == BillFault::NoAuth {
        return Err(Refusal::new(403, "NO_AUTH", "无权限下载该账单"));
    }
    let offer = gateway.offers.get(token).filter(|offer| now < offer.expires_at);
    let offer = offer.ok_or_else(|| {
        Refusal::new(400, "INVALID_REQUEST", "下载地址无效，请重新获取账单地址后再请求")
    })?;
    let packed = call.query("tartype") == Some("gzip");
    Ok(Reply::Table { text: offer.text.clone(), packed })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;
    use crate::{
        account::Account,
        client::BUYER,
        fault::Faults,
        message::{Request, Response},
        shop::{NO, NOW, Shop},
        sign::SignType,
        xml::Fields,
    };

    /// 10:00 in Beijing on the day after that of [`NOW`].
    const TEN: i64 = NOW + 18 * 60 * 60;

    /// A shop that on 2027-01-15 took 9.90 and gave 4.00 back, on the morning after.
    fn morning_after() -> Shop {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.pay();
        shop.now = NOW + 3600;
        shop.refund("R1", 400);
        shop.now = TEN;
        shop
    }

    const TRADE: &str = "/v3/bill/tradebill";
    const FUND_FLOW: &str = "/v3/bill/fundflowbill";
    const DAY: &str = "bill_date=2027-01-15";

    /// The hash that is told of a table, and where it can be fetched.
    fn offered(shop: &mut Shop, path: &str, query: &str) -> (String, String) {
        let (status, told) = shop.v3_get(&format!("{path}?{query}"));
        assert_eq!((status, &told["hash_type"]), (200, &Value::from("SHA1")), "{told}");
        let url = told["download_url"].as_str().unwrap();
        let url = url.strip_prefix(&shop.gateway.addresses().gateway).unwrap().to_owned();
        (told["hash_value"].as_str().unwrap().to_owned(), url)
    }

    /// A table, which is not signed.
    fn fetched(shop: &mut Shop, url: &str) -> Response {
        let reply = shop.v3_send(Request::get(url)).unwrap();
        assert_eq!((reply.status, reply.header("wechatpay-signature")), (200, None));
        reply
    }

    /// Status and code.
    fn refused(shop: &mut Shop, url: &str) -> String {
        let (status, answer) = shop.v3_get(url);
        format!("{status} {}", answer["code"].as_str().unwrap())
    }

    /// What both APIs say of that day, as V2 says it.
    fn by_v2(shop: &mut Shop, path: &str, fields: &[(&str, &str)]) -> String {
        let mut terms = Fields::from([("bill_date", "20270115")]);
        fields.iter().for_each(|(name, value)| terms.push(name, *value));
        shop.send(path, &terms).unwrap().text()
    }

    #[test]
    fn the_tables_are_those_of_v2_and_their_hash_is_of_the_plain_text() {
        let mut shop = morning_after();
        for bill_type in ["ALL", "SUCCESS", "REFUND"] {
            let query = format!("{DAY}&bill_type={bill_type}");
            let (hash, url) = offered(&mut shop, TRADE, &query);
            let (same, packed) = offered(&mut shop, TRADE, &format!("{query}&tar_type=GZIP"));
            let text = by_v2(&mut shop, "/pay/downloadbill", &[("bill_type", bill_type)]);
            assert_eq!(fetched(&mut shop, &url).text(), text);
            assert!(packed.ends_with("&tartype=gzip"), "{packed}");
            let packed = fetched(&mut shop, &packed);
            let mut unpacked = String::new();
            GzDecoder::new(packed.body.as_slice()).read_to_string(&mut unpacked).unwrap();
            assert_eq!(unpacked, text);
            assert_eq!((&hash, &same), (&sha1(&text), &hash), "{bill_type}");
            let recorded = shop.gateway.ledger().messages().last().unwrap();
            assert_eq!(recorded.body, text, "the record is for reading");
        }
        let (_, all) = offered(&mut shop, TRADE, DAY);
        assert_eq!(fetched(&mut shop, &all).text().lines().count(), 5);
    }

    #[test]
    fn an_order_of_v3_is_in_the_books_as_one_of_v2_is() {
        let mut shop = Shop::open();
        let mut terms = shop.v3_terms("native");
        terms["attach"] = "a,b".into();
        assert_eq!(shop.v3_post("/v3/pay/transactions/native", &terms).0, 200);
        shop.pay();
        shop.now = TEN;
        let (_, url) = offered(&mut shop, TRADE, &format!("{DAY}&bill_type=SUCCESS"));
        let text = fetched(&mut shop, &url).text();
        assert!(text.contains(&format!(",`{NO},`{BUYER},`NATIVE,`SUCCESS,")), "{text}");
        assert!(text.contains(",`茶叶,`a,b,`0.06000,`0.60%,`9.90,`"), "{text}");
    }

    #[test]
    fn the_flow_of_funds_is_that_of_v2() {
        let mut shop = Shop::open_with(Account { sign_type: None, ..Account::default() });
        shop.sign_type = SignType::HmacSha256;
        shop.order("JSAPI");
        shop.pay();
        shop.now = TEN;
        let text = by_v2(&mut shop, "/pay/downloadfundflow", &[("account_type", "Basic")]);
        assert!(text.starts_with("记账时间,"), "{text}");
        for query in [DAY.to_owned(), format!("{DAY}&account_type=BASIC")] {
            let (hash, url) = offered(&mut shop, FUND_FLOW, &query);
            assert_eq!((fetched(&mut shop, &url).text(), hash), (text.clone(), sha1(&text)));
        }
    }

    /// Computed by `sha1sum`.
    #[test]
    fn a_hash_is_what_others_compute() {
        assert_eq!(sha1("微信支付\r\n"), "ccbb4ae67018e195c097a6531adac8889b053be9");
    }

    #[test]
    fn an_address_is_good_for_five_minutes_and_as_often_as_one_likes() {
        let mut shop = morning_after();
        let (_, url) = offered(&mut shop, TRADE, DAY);
        shop.now = TEN + 299;
        assert_eq!(fetched(&mut shop, &url).body, fetched(&mut shop, &url).body);
        shop.now = TEN + 300;
        let stale = "400 INVALID_REQUEST";
        assert_eq!(refused(&mut shop, &url), stale);
        assert_eq!(refused(&mut shop, "/v3/billdownload/file?token=never"), stale);
    }

    #[test]
    fn what_is_fetched_is_what_was_offered_whatever_happens_in_between() {
        let mut shop = morning_after();
        let (hash, url) = offered(&mut shop, TRADE, DAY);
        let bill = BillFault::DropRow;
        shop.gateway.set_faults(Faults { bill, ..Faults::default() });
        assert_eq!(sha1(&fetched(&mut shop, &url).text()), hash);
    }

    #[test]
    fn a_stranger_fetches_nothing() {
        let mut shop = morning_after();
        let (_, url) = offered(&mut shop, TRADE, DAY);
        let unsigned =
            Request::get(&url).with_header("accept", "*/*").with_header("user-agent", "x");
        assert_eq!(shop.gateway.handle(TEN, &unsigned).unwrap().status, 401);
    }

    #[test]
    fn days_without_a_table_and_calls_that_cannot_be_are_refused_by_their_codes() {
        let mut shop = morning_after();
        for (url, code) in [
            ("/v3/bill/tradebill?bill_date=2027-01-14", "NO_STATEMENT_EXIST"),
            ("/v3/bill/tradebill?bill_date=2027-01-16", "NO_STATEMENT_EXIST"),
            (
                "/v3/bill/tradebill?bill_date=2027-01-15&bill_type=RECHARGE_REFUND",
                "NO_STATEMENT_EXIST",
            ),
            (
                "/v3/bill/fundflowbill?bill_date=2027-01-15&account_type=OPERATION",
                "NO_STATEMENT_EXIST",
            ),
            ("/v3/bill/fundflowbill?bill_date=2027-01-14", "NO_STATEMENT_EXIST"),
            ("/v3/bill/tradebill", "PARAM_ERROR"),
            ("/v3/bill/tradebill?bill_date=20270115", "PARAM_ERROR"),
            ("/v3/bill/tradebill?bill_date=2027-1-15", "PARAM_ERROR"),
            ("/v3/bill/tradebill?bill_date=2027-02-30", "PARAM_ERROR"),
            ("/v3/bill/tradebill?bill_date=2027-01-15&bill_type=all", "PARAM_ERROR"),
            ("/v3/bill/tradebill?bill_date=2027-01-15&tar_type=gzip", "PARAM_ERROR"),
            ("/v3/bill/fundflowbill?bill_date=2027-01-15&account_type=Basic", "PARAM_ERROR"),
            ("/v3/billdownload/file", "PARAM_ERROR"),
        ] {
            assert_eq!(refused(&mut shop, url), format!("400 {code}"), "{url}");
        }
        shop.now = TEN - 1;
        for path in [TRADE, FUND_FLOW] {
            let early = refused(&mut shop, &format!("{path}?{DAY}"));
            assert_eq!(early, "400 STATEMENT_CREATING");
        }
    }

    #[test]
    fn the_bill_faults_make_a_wrong_hash_a_foreign_caller_and_a_longer_wait() {
        let mut shop = morning_after();
        let set = |shop: &mut Shop, bill| {
            shop.gateway.set_faults(Faults { bill, ..Faults::default() });
        };
        for path in [TRADE, FUND_FLOW] {
            set(&mut shop, BillFault::WrongHash);
            let (hash, url) = offered(&mut shop, path, DAY);
            assert_ne!(sha1(&fetched(&mut shop, &url).text()), hash);
            set(&mut shop, BillFault::NoAuth);
            assert_eq!(refused(&mut shop, &url), "403 NO_AUTH");
            set(&mut shop, BillFault::Creating);
            let waiting = refused(&mut shop, &format!("{path}?{DAY}"));
            assert_eq!(waiting, "400 STATEMENT_CREATING");
        }
        set(&mut shop, BillFault::WrongAmount);
        let (hash, url) = offered(&mut shop, TRADE, DAY);
        let text = fetched(&mut shop, &url).text();
        assert!(text.contains("`R1,`4.01,") && sha1(&text) == hash, "{text}");
    }
}
