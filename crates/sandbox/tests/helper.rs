//! A local WeChat in `cargo test`: started on free ports, spoken to over HTTP as any SDK would.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use wxpay_sandbox::{Merchant, Options, start};

/// Stands for your SDK, which gets `merchant.base_url`, numbers and keys.
async fn call(merchant: &Merchant, path: &str, fields: &[(&str, &str)]) -> String {
    let body = merchant.v2_body("n", fields);
    let request = Request::post(format!("{}{path}", merchant.base_url)).body(Body::from(body));
    let http = Client::builder(TokioExecutor::new()).build_http();
    let answer = http.request(request.unwrap()).await.unwrap();
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().into()).unwrap()
}

#[tokio::test]
async fn an_order_is_placed_and_found_unpaid() {
    let wechat = start(Options::default()).await.unwrap();
    let merchant = wechat.merchant();
    let order = [
        ("body", "tea"),
        ("notify_url", "http://127.0.0.1:9/notify"),
        ("out_trade_no", "CARGO-0001"),
        ("product_id", "tea"),
        ("spbill_create_ip", "203.0.113.7"),
        ("total_fee", "990"),
        ("trade_type", "NATIVE"),
    ];
    let ordered = call(&merchant, "/pay/unifiedorder", &order).await;
    assert!(ordered.contains("weixin://wxpay/bizpayurl"), "{ordered}");
    let found = call(&merchant, "/pay/orderquery", &[("out_trade_no", "CARGO-0001")]).await;
    assert!(found.contains("NOTPAY"), "{found}");
}
