//! The sandbox through real sockets, on ports the system picks, with a shop of a few lines.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Request, Response, StatusCode},
    response::{AppendHeaders, IntoResponse},
    routing::{get, post},
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{Options, Running, is_local, start};
use crate::{
    ClockStart, LADDER,
    shop::{NO, Shop, with},
};

const ACK: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";

/// What the shop got: bodies of notifications, and the headers of its last page view.
#[derive(Clone, Default)]
struct Seen {
    notifications: Arc<Mutex<Vec<String>>>,
    headers: Arc<Mutex<HeaderMap>>,
}

/// A shop that takes every notification but the first.
async fn shop_site(gateway: &str, seen: Seen) -> String {
    let (pages, notified) = (seen.clone(), seen);
    let authorize = format!("{gateway}/connect/oauth2/authorize?appid=x");
    let page = format!("<!doctype html><head><script>1</script></head><a href=\"{gateway}/x\">");
    let router = Router::new()
        .route(
            "/page",
            get(async move |headers: HeaderMap| {
                *pages.headers.lock().unwrap() = headers;
                let cookies = AppendHeaders([("set-cookie", "a=1"), ("set-cookie", "b=2")]);
                ([("content-type", "text/html"), ("keep-alive", "timeout=5")], cookies, page)
            }),
        )
        .route("/login", get(async move || (StatusCode::FOUND, [("location", authorize)])))
        .route(
            "/raw",
            get(async || ([("content-type", "application/wasm")], vec![0, 159, 146, 150])),
        )
        .route("/echo", post(async |body: Bytes| body))
        .route(
            "/notify",
            post(async move |body: String| {
                let mut notifications = notified.notifications.lock().unwrap();
                notifications.push(body);
                if notifications.len() == 1 { "busy".into_response() } else { ACK.into_response() }
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn sandbox() -> Running {
    sandbox_at(ClockStart::default()).await
}

pub(super) async fn sandbox_at(clock: ClockStart) -> Running {
    let site = "http://127.0.0.1:1".to_owned();
    start(Options { site, clock, ..Options::default() }).await.unwrap()
}

pub(super) async fn send(request: Request<Body>) -> Response<Vec<u8>> {
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    let (parts, body) = client.request(request).await.unwrap().into_parts();
    let body = to_bytes(Body::new(body), usize::MAX).await.unwrap();
    Response::from_parts(parts, body.to_vec())
}

pub(super) async fn view(url: &str) -> Response<Vec<u8>> {
    send(Request::get(url).body(Body::empty()).unwrap()).await
}

pub(super) async fn tell(url: String, body: impl ToString) -> Value {
    let reply = send(Request::post(url).body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(reply.headers()["access-control-allow-origin"], "*");
    serde_json::from_slice(reply.body()).unwrap()
}

pub(super) fn text(reply: &Response<Vec<u8>>) -> String {
    String::from_utf8(reply.body().clone()).unwrap()
}

#[tokio::test]
async fn a_client_shows_the_site_as_its_device_would_see_it() {
    let running = sandbox().await;
    let at = running.addresses();
    let seen = Seen::default();
    let site = shop_site(&at.gateway, seen.clone()).await;
    tell(format!("{}/sandbox/site", at.gateway), json!({ "url": site })).await;

    let request = Request::get(format!("{}/page", at.wechat))
        .header("x-sandbox-client-ip", "192.0.2.66")
        .header("accept-encoding", "gzip, br")
        .header("cookie", "c=3")
        .header("user-agent", "test");
    let reply = send(request.body(Body::empty()).unwrap()).await;
    let pages = &at.wechat_pages;
    assert_eq!(
        text(&reply),
        format!(
            "<!doctype html><head><script src=\"{pages}/sandbox/client.js\"></script><script>1</script></head><a href=\"{pages}/x\">"
        )
    );
    assert_eq!(reply.headers().get_all("set-cookie").iter().count(), 2);
    assert!(!reply.headers().contains_key("keep-alive"));
    let headers = seen.headers.lock().unwrap().clone();
    assert_eq!(headers["x-sandbox-client-ip"], "203.0.113.8");
    assert_eq!(headers["accept-encoding"], "identity");
    assert_eq!(headers["cookie"], "c=3");
    assert_eq!(headers["host"], at.wechat.trim_start_matches("http://"));
    assert!(headers["user-agent"].to_str().unwrap().contains("MicroMessenger"));

    let login = view(&format!("{}/login", at.wechat)).await;
    assert_eq!(login.headers()["location"], format!("{pages}/connect/oauth2/authorize?appid=x"));
    assert_eq!(view(&format!("{}/raw", at.phone)).await.body(), &[0, 159, 146, 150]);
    let echo = Request::post(format!("{}/echo", at.desktop)).body(Body::from("payload")).unwrap();
    assert_eq!(text(&send(echo).await), "payload");
    let script = text(&view(&format!("{pages}/sandbox/client.js")).await);
    assert!(script.contains("WeixinJSBridge") && script.contains("\"device\":\"wechat_ios\""));
}

#[tokio::test]
async fn a_payment_is_notified_and_the_clock_brings_the_next_try() {
    let running = sandbox().await;
    let gateway = &running.addresses().gateway;
    let seen = Seen::default();
    let site = shop_site(gateway, seen.clone()).await;
    let terms = with(&Shop::terms("NATIVE"), "notify_url", &format!("{site}/notify"));
    let body = Body::from(Shop::open().signed(&terms));
    let reply =
        send(Request::post(format!("{gateway}/pay/unifiedorder")).body(body).unwrap()).await;
    assert_eq!(reply.headers()["content-type"], "text/plain");
    assert!(text(&reply).contains("weixin://wxpay/bizpayurl?pr="));

    let order = format!("{gateway}/sandbox/orders/{NO}");
    assert_eq!(tell(format!("{order}/pay"), "").await["trade_state"], "SUCCESS");
    let moved =
        tell(format!("{gateway}/sandbox/clock"), json!({ "advance_seconds": LADDER[0] + 5 })).await;
    assert!(moved["clock_offset_seconds"].as_i64().unwrap() >= LADDER[0]);
    assert_eq!(seen.notifications.lock().unwrap().len(), 2);
    let report: Value = serde_json::from_slice(view(&order).await.body()).unwrap();
    assert_eq!(report["notifications"][0]["outcome"], "not an ack");
    assert_eq!(report["notifications"][1]["outcome"], "acknowledged");
    assert_eq!(report["notifications"].as_array().unwrap().len(), 2);
    let called = &report["messages"][0];
    assert_eq!((&called["direction"], &called["method"]), (&json!("in"), &json!("POST")));
    assert_eq!(called["url"], "/pay/unifiedorder");
    assert_eq!(called["decoded"]["total_fee"], "990");
    assert_eq!(report["messages"][1]["headers"]["content-type"], "text/plain");
    let told = &report["messages"][2];
    assert_eq!((&told["what"], &told["url"]), (&json!("notify"), &json!(format!("{site}/notify"))));
    assert_eq!(told["headers"]["user-agent"], "Mozilla/4.0");
    assert_eq!((&report["messages"][3]["status"], told["seq"].is_u64()), (&json!(200), true));

    let again = tell(format!("{order}/notify"), json!({ "times": 20 })).await;
    let acks = again["acks"].as_array().unwrap();
    assert!(acks.len() == 20 && acks.iter().all(|ack| ack["body"] == ACK));
    assert_eq!(seen.notifications.lock().unwrap().len(), 22);

    let send_url = format!("{gateway}/sandbox/send");
    let edit = json!({ "fields": { "total_fee": "1" }, "sign": "wrong" });
    let sent = tell(send_url.clone(), json!({ "out_trade_no": NO, "edit": edit })).await;
    assert_eq!((&sent["ack"]["status"], &sent["ack"]["body"]), (&json!(200), &json!(ACK)));
    let arrived = seen.notifications.lock().unwrap().last().unwrap().clone();
    assert!(arrived.contains("<total_fee>1</total_fee>") && sent["body"] == arrived);
    let edit = json!({ "resource": { "a": 1 }, "headers": { "Wechatpay-Nonce": null } });
    let asked = json!({ "api": "v3", "url": format!("{site}/notify"), "edit": edit });
    let sent = tell(send_url.clone(), asked).await;
    assert_eq!(sent["ack"]["outcome"], "acknowledged", "{sent}");
    assert!(sent["headers"].get("wechatpay-nonce").is_none());
    let report: Value = serde_json::from_slice(view(&order).await.body()).unwrap();
    assert_eq!(report["messages"].as_array().unwrap().last().unwrap()["what"], "notify_ack");
    assert_eq!(report["notifications"].as_array().unwrap().len(), 22, "no ladder waits for it");
    for (asked, word) in [
        (json!({}), "expected url"),
        (json!({ "url": site }), "expected api"),
        (json!({ "out_trade_no": "none" }), "no order `none`"),
        (json!({ "out_refund_no": "none" }), "no refund `none`"),
        (json!({ "out_trade_no": NO, "edit": { "key": "stranger" } }), "edit: unknown field"),
    ] {
        let refused = tell(send_url.clone(), asked).await;
        assert!(refused["error"].as_str().unwrap().contains(word), "{refused}");
    }
}

#[tokio::test]
async fn what_was_begun_goes_on_when_nobody_waits_for_it_any_more() {
    let running = sandbox().await;
    let gateway = &running.addresses().gateway;
    let (arrived, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let doors = (Arc::clone(&arrived), Arc::clone(&release));
    let shop = Router::new().fallback(async move || {
        doors.0.notify_one();
        doors.1.notified().await;
        ACK
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, shop).await });
    let body = Body::from(Shop::open().signed(&with(&Shop::terms("NATIVE"), "notify_url", &site)));
    send(Request::post(format!("{gateway}/pay/unifiedorder")).body(body).unwrap()).await;
    let order = format!("{gateway}/sandbox/orders/{NO}");
    tell(format!("{gateway}/sandbox/faults"), json!({ "notify": "late" })).await;
    tell(format!("{order}/pay"), "").await;
    let mut changes = running.shared.changes.subscribe();
    let asking = tokio::spawn(tell(format!("{order}/notify"), ""));
    arrived.notified().await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    // The line is closed by now, and the sandbox hears of it before of anything that comes later.
    assert_eq!(view(&order).await.status(), 200);
    release.notify_one();
    loop {
        changes.recv().await.unwrap();
        let report: Value = serde_json::from_slice(view(&order).await.body()).unwrap();
        if report["notifications"][1]["outcome"] == "acknowledged" {
            return;
        }
    }
}

#[tokio::test]
async fn a_refund_in_the_merchant_platform_is_notified_when_it_is_in_the_wallet() {
    let running = sandbox().await;
    let gateway = &running.addresses().gateway;
    let seen = Seen::default();
    let site = shop_site(gateway, seen.clone()).await;
    let terms = with(&Shop::terms("NATIVE"), "notify_url", &format!("{site}/notify"));
    let body = Body::from(Shop::open().signed(&terms));
    send(Request::post(format!("{gateway}/pay/unifiedorder")).body(body).unwrap()).await;
    let order = format!("{gateway}/sandbox/orders/{NO}");
    let unpaid = tell(format!("{order}/refund"), "").await;
    assert_eq!(unpaid["error"], "订单不存在", "nobody has paid it");
    tell(format!("{gateway}/sandbox/faults"), json!({ "notify": "lost" })).await;
    tell(format!("{order}/pay"), "").await;
    tell(format!("{gateway}/sandbox/clock"), json!({ "advance_seconds": 1 })).await;
    tell(format!("{gateway}/sandbox/faults"), json!({ "notify": "normal" })).await;

    let asked = json!({ "refund_fee": 400, "notify_url": format!("{site}/notify") });
    let report = tell(format!("{order}/refund"), asked).await;
    assert_eq!(report["trade_state"], "REFUND");
    let refund = &report["refunds"][0];
    assert_eq!(
        (&refund["refund_status"], &refund["source"]),
        (&json!("PROCESSING"), &json!("VENDOR_PLATFORM"))
    );
    let refund = format!("{gateway}/sandbox/refunds/{}", refund["out_refund_no"].as_str().unwrap());
    let early = tell(format!("{refund}/notify"), "").await;
    assert!(early["error"].as_str().unwrap().starts_with("only refunds that ended"));

    let settled = tell(format!("{refund}/settle"), json!({ "refund_status": "CHANGE" })).await;
    assert_eq!(settled["refunds"][0]["refund_status"], "CHANGE");
    let in_v3_words =
        tell(format!("{refund}/settle"), json!({ "refund_status": "ABNORMAL" })).await;
    assert_eq!(in_v3_words["refunds"][0]["refund_status"], "CHANGE");
    let again = tell(format!("{refund}/notify"), json!({ "times": 3 })).await;
    assert_eq!(again["acks"].as_array().unwrap().len(), 3);
    let notifications = seen.notifications.lock().unwrap();
    assert!(notifications.iter().any(|body| body.contains("<req_info>")));
}

#[tokio::test]
async fn the_control_api_names_what_is_wrong() {
    let running = sandbox().await;
    let base = format!("{}/sandbox", running.addresses().phone_pages);
    for (path, body, word) in [
        ("faults", json!({ "notify": "sometimes" }), "unknown variant"),
        ("faults", json!({ "notfiy": "lost" }), "unknown field"),
        ("clock", json!({ "advance_seconds": -1 }), "expected 0 to"),
        ("site", json!({ "url": "https://shop.example" }), "on this machine"),
        ("clients/tablet", json!({}), "found `tablet`"),
        ("clients/phone", json!({ "device": "wecom" }), "no `phone` client"),
        ("clients/phone", json!({ "device": "fridge" }), "unknown variant"),
        ("settings", json!({ "pay_dirs": ["localhost"] }), "found `localhost`"),
        ("orders/none/pay", json!({}), "no order `none`"),
        ("orders/none/refund", json!({}), "no order `none`"),
        ("refunds/none/notify", json!({}), "no refund `none`"),
        ("refunds/none/settle", json!({ "refund_status": "SUCCESS" }), "no refund `none`"),
        ("refunds/none/settle", json!({ "refund_status": "DONE" }), "unknown variant"),
        ("nothing", json!({}), "no `POST /sandbox/nothing`"),
        ("v3/nothing", json!({}), "no `POST /sandbox/v3/nothing`"),
        ("v3/keys/private", json!({}), "found `private`"),
        ("v3/keys/none/retire", json!({}), "no key `none`"),
        ("v3/keys", json!({ "mode": "both" }), "unknown variant"),
        ("v3/notification", json!({}), "expected out_trade_no"),
    ] {
        let answer = tell(format!("{base}/{path}"), body).await;
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(word)), "{answer}");
    }
    assert_eq!(view(&format!("{base}/orders/none")).await.status(), 404);
    let faults = tell(format!("{base}/faults"), json!({ "notify": "lost", "times": 3 })).await;
    assert_eq!(
        faults,
        json!({
            "notify": "lost", "times": 3, "order": "normal", "query": "normal", "close": "normal",
            "refund": "normal", "refund_end": "SUCCESS", "refund_seconds": 60, "bill": "normal",
            "bridge": "normal", "wire": "normal", "slow_seconds": 10, "error": "normal", "v2_status": "normal",
            "v3_status": "normal", "v3_answer": "normal", "v3_notify": "normal",
            "probe_answer_percent": 0, "probe_notify_percent": 0,
        })
    );
    let phone = tell(format!("{base}/clients/phone"), json!({ "ip": "198.51.100.9" })).await;
    assert_eq!(phone["ip"], "198.51.100.9");
    let state = tell(format!("{base}/reset"), "").await;
    assert_eq!(
        (&state["faults"]["notify"], &state["clients"]["phone"]["ip"]),
        (&json!("normal"), &json!("203.0.113.7"))
    );
}

#[tokio::test]
async fn any_address_of_this_machine_is_opened_as_any_device() {
    let running = sandbox().await;
    let at = running.addresses();
    let open = async |query: &str| {
        let reply = view(&format!("{}/sandbox/open?{query}", at.gateway)).await;
        let location = reply.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        (reply.status().as_u16(), location)
    };
    let goes_to = |place: String| (302, Some(place));
    assert_eq!(
        open("as=wecom&url=http%3A%2F%2F127.0.0.1%3A8787%2Fa%3Fb%3D1%23%2Fc").await,
        goes_to(format!("{}/a?b=1#/c", at.wechat))
    );
    let state = view(&format!("{}/sandbox/state", at.gateway)).await;
    let state: Value = serde_json::from_slice(state.body()).unwrap();
    assert_eq!(state["site"], "http://127.0.0.1:8787");
    assert_eq!(state["clients"]["wechat"]["device"], "wecom");
    let first_page = open("as=wecom&buyer=oSomebody").await;
    assert_eq!(first_page, goes_to(format!("{}/", at.wechat)));
    let door = format!("as=android_chrome&url={}/pay", at.wechat);
    assert_eq!(open(&door).await, goes_to(format!("{}/pay", at.phone)));
    let scan = format!("as=wechat_android&url={}/scan", at.gateway);
    assert_eq!(open(&scan).await, goes_to(format!("{}/scan", at.wechat_pages)));
    for wrong in [
        "as=fridge&url=http://localhost/",
        "as=wecom&url=https://shop.example/",
        "url=http://localhost/",
    ] {
        assert_eq!(open(wrong).await, (400, None), "{wrong}");
    }
    let devices = view(&format!("{}/sandbox/devices", at.gateway)).await;
    let devices: Value = serde_json::from_slice(devices.body()).unwrap();
    assert_eq!(devices.as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn buyers_are_listed_changed_and_made() {
    let running = sandbox().await;
    let base = format!("{}/sandbox", running.addresses().gateway);
    let list = async || -> Value {
        serde_json::from_slice(view(&format!("{base}/buyers")).await.body()).unwrap()
    };
    assert_eq!(list().await.as_array().unwrap().len(), 3);
    let new = json!({ "openid": "oNew", "name": "老王", "balance": 5, "snapshot": false });
    assert_eq!(tell(format!("{base}/buyers"), &new).await, new);
    let unlimited = json!({ "openid": "oNew", "balance": null });
    assert_eq!(tell(format!("{base}/buyers"), &unlimited).await["balance"], Value::Null);
    let renamed = json!({ "openid": "oNew", "balance": 7 });
    tell(format!("{base}/buyers"), &renamed).await;
    tell(format!("{base}/clients/phone"), json!({ "buyer": "oNewer" })).await;
    let all = list().await;
    assert_eq!((&all[3]["name"], &all[3]["balance"]), (&json!("老王"), &json!(7)));
    assert_eq!((&all[4]["openid"], &all[4]["balance"]), (&json!("oNewer"), &Value::Null));
    tell(format!("{base}/reset"), "").await;
    assert_eq!(list().await.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_the_merchant_has_set_is_changed_one_by_one_and_shown() {
    let running = sandbox().await;
    let settings = format!("{}/sandbox/settings", running.addresses().gateway);
    tell(settings.clone(), json!({ "pay_dirs": ["http://localhost/pay/"] })).await;
    tell(settings.clone(), json!({ "ip_whitelist": ["203.0.113.1"] })).await;
    let set: Value = serde_json::from_slice(view(&settings).await.body()).unwrap();
    let expected =
        json!({ "pay_dirs": ["http://localhost/pay/"], "ip_whitelist": ["203.0.113.1"] });
    assert_eq!(set, expected);
}

#[tokio::test]
async fn keys_of_v3_are_shown_added_ramped_and_retired() {
    let running = sandbox().await;
    let base = format!("{}/sandbox/v3/keys", running.addresses().gateway);
    let clock = format!("{}/sandbox/clock", running.addresses().gateway);
    let moved = tell(clock, json!({ "advance_seconds": 86_400 })).await;
    let added = tell(format!("{base}/certificate"), json!({ "expires_at": 2_000_000_000 })).await;
    let serial = added["serial"].as_str().unwrap().to_owned();
    let keys = tell(base.clone(), json!({ "mode": "mixed", "newest_percent": 5 })).await;
    let known = keys["platform"].as_array().unwrap().iter().find(|key| key["serial"] == *serial);
    assert_eq!(known.unwrap()["expires_at"], 2_000_000_000);
    let effective_at = known.unwrap()["effective_at"].as_i64().unwrap();
    assert!(effective_at < moved["now"].as_i64().unwrap() - 3_600, "it is good at once");
    assert_eq!((&keys["mode"], &keys["newest_percent"]), (&json!("mixed"), &json!(5)));
    let merchant = &keys["merchant"][0];
    let pem = |name: &str| merchant[name].as_str().unwrap().to_owned();
    assert!(pem("private_key_pem").starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(pem("certificate_pem").starts_with("-----BEGIN CERTIFICATE-----\n"));
    let keys = tell(format!("{base}/{serial}/retire"), "").await;
    assert_eq!(keys["platform"].as_array().unwrap().len(), 2);
    tell(format!("{base}/public_key"), "").await;
    let none_left = tell(format!("{base}/public_key"), "").await;
    assert_eq!(none_left["error"], "no test key of this kind is left");
}

#[tokio::test]
async fn what_an_app_hands_to_wechat_is_checked_in_either_spelling() {
    let running = sandbox().await;
    let url = format!("{}/sandbox/v3/cashier", running.addresses().gateway);
    // The four lines were signed with the committed test key by `openssl dgst -sha256 -sign`.
    let sign = "SOQc6cNtYviDCaaIiDQC5qVgUAmyyD7lsvqbNb6MWGfaZ/BnuI3JdVOVPaOQbQs8v8S6bXwcVIsGobk8pQyN8LKfpM2se/L4wek1zS5GUmaqCsja5xClJNo9exTdWqGMqsvAHgv0uxjB0S6A/fTN1n+1L+gmvfNv9t6AYZAsxgCPvjoaCl8rzJc3s7K2T6MAk6eMWlmeZyVE9Dpf+rZEKRGsCntvLKxRNzSgU82BaWJckWt39zAQJiXNayfc2+jDn6qZQ35a0ONR7N23nCa2kdBYS5d8QngvCldnO/u3DABRX1KhDukm4wcDNZ9fr0d3WDraTYTi75GGrrhuifjwSg==";
    let app = json!({
        "appid": "wx2421b1c4370ec43b", "partnerid": "1900000109", "prepayid": "wx1",
        "package": "Sign=WXPay", "noncestr": "n", "timestamp": "1554208460", "sign": sign,
    });
    let answer = tell(url.clone(), &app).await;
    assert_eq!(answer["right"], true);
    assert_eq!(answer["expected"], "wx2421b1c4370ec43b\n1554208460\nn\nwx1\n");
    let page = json!({
        "appId": "wx2421b1c4370ec43b", "timeStamp": "1554208460", "nonceStr": "n",
        "package": "prepay_id=wx1", "signType": "RSA", "paySign": sign,
    });
    assert_eq!(tell(url, page).await["right"], false, "a page signs `prepay_id=` as well");
}

#[tokio::test]
async fn a_wrong_signature_of_v3_is_explained() {
    let running = sandbox().await;
    let gateway = &running.addresses().gateway;
    let authorization = "WECHATPAY2-SHA256-RSA2048 mchid=\"1\",nonce_str=\"n\",signature=\"s\",\
                         timestamp=\"1\",serial_no=\"s\"";
    let request = Request::get(format!("{gateway}/v3/pay/transactions/id/1?mchid=1"))
        .header("authorization", authorization);
    assert_eq!(send(request.body(Body::empty()).unwrap()).await.status(), 401);
    let found = view(&format!("{gateway}/sandbox/signatures")).await;
    let found: Value = serde_json::from_slice(found.body()).unwrap();
    assert_eq!(found[0]["expected_visible"], "GET⏎/v3/pay/transactions/id/1?mchid=1⏎1⏎n⏎⏎");
}

#[tokio::test]
async fn a_foreign_host_name_is_turned_away_and_a_missing_site_explained() {
    let running = sandbox().await;
    let at = running.addresses();
    let request =
        Request::get(format!("{}/sandbox/state", at.gateway)).header("host", "evil.example");
    assert_eq!(send(request.body(Body::empty()).unwrap()).await.status(), 421);
    let reply = view(&format!("{}/", at.wechat)).await;
    assert_eq!(reply.status(), 502);
    assert!(text(&reply).contains("商户站点没有回应"));
    assert!(text(&view(&format!("{}/", at.gateway)).await).contains("console/main.js"));
}

#[tokio::test]
async fn a_page_of_another_site_is_told_nothing() {
    let running = sandbox().await;
    let gateway = &running.addresses().gateway;
    let asks = async |origin: &str, path: &str| {
        let request = Request::get(format!("{gateway}/sandbox/{path}")).header("origin", origin);
        let reply = send(request.body(Body::empty()).unwrap()).await;
        (reply.status().as_u16(), reply.headers().contains_key("access-control-allow-origin"))
    };
    for origin in ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:1", gateway] {
        assert_eq!(asks(origin, "env").await, (200, true), "{origin}");
    }
    for origin in ["https://evil.example", "http://localhost.evil.example", "null", ""] {
        assert_eq!(asks(origin, "env").await, (403, false), "{origin}");
        assert_eq!(asks(origin, "events").await, (403, false), "{origin}");
    }
}

/// Everything that comes back over the connection until it ends.
async fn raw(gateway: &str, fault: &str, body: &str) -> String {
    let host = gateway.strip_prefix("http://").unwrap().to_owned();
    let request = format!(
        "POST /pay/orderquery HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         x-sandbox-fault: {fault}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len(),
    );
    let exchange = move || {
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    tokio::task::spawn_blocking(exchange).await.unwrap()
}

#[tokio::test]
async fn a_half_closed_connection_brings_the_headers_and_half_of_the_body() {
    let running = sandbox().await;
    let gateway = &running.addresses().gateway;
    let whole = raw(gateway, "", "<xml></xml>").await;
    let (_, whole) = whole.split_once("\r\n\r\n").unwrap();
    let half = raw(gateway, "wire=half_closed", "<xml></xml>").await;
    let (headers, half) = half.split_once("\r\n\r\n").unwrap();
    assert!(headers.starts_with("HTTP/1.1 200 OK\r\n"), "{headers}");
    assert!(headers.contains(&format!("content-length: {}", whole.len())), "{headers}");
    assert!(half.len() < whole.len() && whole.starts_with(half.trim_end_matches('\u{fffd}')));
}

#[tokio::test]
async fn a_slow_answer_is_whole_in_the_end() {
    let running = sandbox().await;
    let gateway = &running.addresses().gateway;
    let whole = raw(gateway, "", "<xml></xml>").await;
    let slow = raw(gateway, "wire=slow, slow_seconds=0", "<xml></xml>").await;
    let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(body(&slow), body(&whole));
}

#[tokio::test]
async fn faults_are_listed_by_name_and_a_wrong_header_is_refused() {
    let running = sandbox().await;
    let gateway = &running.addresses().gateway;
    let list = view(&format!("{gateway}/sandbox/faults")).await;
    let list: Value = serde_json::from_slice(list.body()).unwrap();
    assert_eq!(
        list[0],
        json!({
            "name": "notify=lost", "key": "notify", "value": "lost", "amount": 990_001_001,
            "zh": "通知丢失，重试也都丢失", "en": "every try counts as sent and failed; none arrives",
        })
    );
    let refused = raw(gateway, "notify=sometimes", "<xml></xml>").await;
    assert!(refused.starts_with("HTTP/1.1 400") && refused.contains("unknown variant"));
}

#[test]
fn only_addresses_of_this_machine_are_called() {
    for address in [
        "http://127.0.0.1:8787/n",
        "http://localhost/n",
        "http://shop.localhost/n",
        "http://[::1]:1/",
    ] {
        assert!(is_local(address), "{address}");
    }
    for address in
        ["https://127.0.0.1/n", "http://192.168.0.1/n", "http://localhost.example/n", "n", ""]
    {
        assert!(!is_local(address), "{address}");
    }
}
