//! The clock (时钟): let it stand still, run, or jump.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refused, read};
use crate::{
    clock::ClockMode,
    server::{Change, Shared, courier},
    time::{UnixSeconds, from_rfc3339},
};

/// The clock moves at most this far at once: ten years.
const FARTHEST_SECONDS: i64 = 10 * 366 * 24 * 60 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    mode: Option<ClockMode>,
    advance_seconds: Option<i64>,
    now: Option<Moment>,
}

/// Unix seconds, or RFC 3339.
#[derive(Deserialize)]
#[serde(untagged)]
enum Moment {
    Seconds(UnixSeconds),
    Text(String),
}

/// Sets the mode first, so that a frozen jump ends exactly where it is told to.
pub(super) async fn clock(shared: &Arc<Shared>, body: &[u8]) -> Result<Value, Refused> {
    let setting: Setting = read(body)?;
    let target = target(&setting, shared.clock.now())?;
    if let Some(mode) = setting.mode {
        shared.clock.set_mode(mode);
        shared.tell(Change::State);
    }
    if let Some(target) = target {
        courier::travel_to(shared, target).await;
    }
    Ok(json!({
        "now": shared.clock.now(),
        "clock_offset_seconds": shared.clock.offset_seconds(),
        "mode": shared.clock.mode(),
    }))
}

fn target(setting: &Setting, now: UnixSeconds) -> Result<Option<UnixSeconds>, Refused> {
    let target = match (setting.advance_seconds, &setting.now) {
        (Some(seconds), None) => now.saturating_add(seconds),
        (None, Some(Moment::Seconds(moment))) => *moment,
        (None, Some(Moment::Text(text))) => from_rfc3339(text)
            .ok_or_else(|| (400, format!("expected Unix seconds or RFC 3339, found `{text}`")))?,
        (None, None) if setting.mode.is_some() => return Ok(None),
        _ => {
            return Err((
                400,
                "expected mode, or one of advance_seconds and now, or both".to_owned(),
            ));
        }
    };
    let seconds = target.saturating_sub(now);
    if (0..=FARTHEST_SECONDS).contains(&seconds) {
        return Ok(Some(target));
    }
    Err((400, format!("expected 0 to {FARTHEST_SECONDS} seconds forward, found {seconds}")))
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};

    use super::*;
    use crate::{
        LADDER,
        account::Addresses,
        clock::ClockStart,
        server::tests::{sandbox_at, send, tell, text, view},
        shop::{NO, NOW, Shop, with},
        sign::{self, SignType},
        xml::{self, Fields},
    };

    const DAY: i64 = 24 * 60 * 60;

    /// What the gateway answers to a signed call.
    async fn call(at: &Addresses, path: &str, terms: &Fields) -> String {
        let body = Body::from(Shop::open().signed(terms));
        text(&send(Request::post(format!("{}{path}", at.gateway)).body(body).unwrap()).await)
    }

    async fn ordered(at: &Addresses, trade_type: &str, number: &str) -> Fields {
        let terms = with(&Shop::terms(trade_type), "out_trade_no", number);
        let terms = with(&terms, "notify_url", "http://127.0.0.1:1/");
        xml::decode(&call(at, "/pay/unifiedorder", &terms).await).unwrap()
    }

    async fn jump(at: &Addresses, seconds: i64) {
        let url = format!("{}/sandbox/clock", at.gateway);
        let moved = tell(url, json!({ "now": NOW + seconds })).await;
        assert_eq!((&moved["now"], &moved["mode"]), (&json!(NOW + seconds), &json!("freeze")));
    }

    async fn middle_page(at: &Addresses, mweb_url: &str) -> String {
        let page = mweb_url.replace(&at.gateway, &at.phone_pages);
        let request = Request::get(page).header("referer", "http://localhost/");
        text(&send(request.body(Body::empty()).unwrap()).await)
    }

    /// What WeChat says when a page asks for the cashier.
    async fn bridge(at: &Addresses, prepay_id: &str) -> Value {
        let account = crate::Account::default();
        let mut fields = Fields::from([
            ("appId", account.appid.as_str()),
            ("timeStamp", "1800000000"),
            ("nonceStr", "n"),
            ("package", &format!("prepay_id={prepay_id}")),
            ("signType", "HMAC-SHA256"),
        ]);
        fields.push("paySign", sign::sign(&fields, SignType::HmacSha256, &account.v2_key));
        let params: serde_json::Map<_, _> =
            fields.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        let asked = json!({ "params": params, "url": "http://localhost:8991/" });
        tell(format!("{}/sandbox/bridge", at.wechat_pages), asked).await
    }

    #[tokio::test]
    async fn whatever_waits_or_ends_goes_by_the_frozen_clock() {
        let running = sandbox_at(ClockStart { now: Some(NOW), mode: ClockMode::Freeze }).await;
        let at = running.addresses();
        ordered(at, "NATIVE", NO).await;
        let h5 = ordered(at, "MWEB", "H5-ORDER-1").await;
        let page = ordered(at, "JSAPI", "PAGE-ORDER-1").await;
        let paid = format!("{}/sandbox/orders/{NO}", at.gateway);
        tell(format!("{paid}/pay"), "").await;

        jump(at, 299).await;
        let mweb_url = h5.get("mweb_url").unwrap();
        assert!(!middle_page(at, mweb_url).await.contains("支付请求已失效"));
        let five_minutes = json!({ "now": "2027-01-15T16:05:00+08:00" });
        tell(format!("{}/sandbox/clock", at.gateway), five_minutes).await;
        assert!(middle_page(at, mweb_url).await.contains("支付请求已失效"), "after five minutes");

        let report: Value = serde_json::from_slice(view(&paid).await.body()).unwrap();
        let notifications = report["notifications"].as_array().unwrap();
        let tries = notifications.iter().filter_map(|notice| notice["sent_at"].as_i64());
        let ladder = LADDER.iter().scan(NOW, |at, wait| {
            *at += wait;
            Some(*at)
        });
        let due: Vec<i64> =
            std::iter::once(NOW).chain(ladder).filter(|at| *at <= NOW + 300).collect();
        assert_eq!(tries.collect::<Vec<_>>(), due, "each try at its own moment");

        let prepay_id = page.get("prepay_id").unwrap();
        jump(at, 2 * 60 * 60 - 1).await;
        assert!(bridge(at, prepay_id).await["cashier"].is_string());
        jump(at, 2 * 60 * 60).await;
        let refused = bridge(at, prepay_id).await;
        assert_eq!(refused["err_msg"], "调用支付JSAPI缺少参数：total_fee", "after two hours");

        let bill = Fields::from([("bill_date", "20270115"), ("bill_type", "ALL")]);
        jump(at, 18 * 60 * 60 - 1).await;
        assert!(call(at, "/pay/downloadbill", &bill).await.contains("Bill Creating"));
        jump(at, 18 * 60 * 60).await;
        assert!(call(at, "/pay/downloadbill", &bill).await.contains(NO), "at ten of the next day");

        let unpaid = Fields::from([("out_trade_no", "PAGE-ORDER-1")]);
        jump(at, 7 * DAY - 1).await;
        assert!(call(at, "/pay/orderquery", &unpaid).await.contains("NOTPAY"));
        jump(at, 7 * DAY).await;
        assert!(call(at, "/pay/orderquery", &unpaid).await.contains("CLOSED"), "after seven days");

        let reset = tell(format!("{}/sandbox/reset", at.gateway), "").await;
        assert_eq!((&reset["now"], &reset["clock_mode"]), (&json!(NOW), &json!("freeze")));
    }

    #[tokio::test]
    async fn time_goes_on_from_where_it_stood_and_never_back() {
        let running = sandbox_at(ClockStart::default()).await;
        let url = format!("{}/sandbox/clock", running.addresses().gateway);
        let stands = tell(url.clone(), json!({ "mode": "freeze" })).await;
        let now = stands["now"].as_i64().unwrap();
        let advanced = tell(url.clone(), json!({ "advance_seconds": 3_600 })).await;
        assert_eq!(advanced["now"], now + 3_600, "to the second");
        let runs = tell(url.clone(), json!({ "mode": "run" })).await;
        assert!(runs["now"].as_i64().unwrap() >= now + 3_600 && runs["mode"] == "run");
        for (change, word) in [
            (json!({}), "expected mode"),
            (json!({ "now": now, "advance_seconds": 1 }), "expected mode"),
            (json!({ "now": now }), "seconds forward"),
            (json!({ "now": "2027-01-15" }), "RFC 3339"),
        ] {
            let refused = tell(url.clone(), change).await;
            assert!(refused["error"].as_str().unwrap().contains(word), "{refused}");
        }
    }
}
