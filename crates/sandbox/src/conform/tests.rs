//! Endpoints of three kinds, examined: a right one, written for this test alone, one that takes
//! everything, and one that takes nothing.

use std::{collections::BTreeSet, net::Ipv4Addr, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::DefaultBodyLimit,
    http::{HeaderMap, StatusCode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::Value;
use tokio::net::TcpListener;

use super::*;
use crate::{
    clock::machine_now,
    sign::{self, SignType},
    v3::keys::Keys,
    xml,
};

const ACK: &str = "<xml><return_code>SUCCESS</return_code></xml>";
const NO: &str = "<xml><return_code>FAIL</return_code></xml>";

/// No notification is near it.
const LONGEST: usize = 32 * 1024;

type Handler = fn(&Shop, &HeaderMap, &[u8]) -> (u16, String);

/// A merchant's endpoint, and what it knows.
struct Shop {
    account: Account,
    orders: Vec<Subject>,
    handler: Handler,
}

async fn open(shop: Shop) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/notify", listener.local_addr().unwrap());
    let shop = Arc::new(shop);
    let answer = move |headers: HeaderMap, body: Bytes| async move {
        let (status, body) = (shop.handler)(&shop, &headers, &body);
        (StatusCode::from_u16(status).unwrap(), body)
    };
    let router = Router::new().fallback(answer).layer(DefaultBodyLimit::disable());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn examine(handler: Handler, account: Account, subjects: Vec<Subject>) -> ScoreCard {
    let shop = Shop { account: account.clone(), orders: subjects.clone(), handler };
    let notify_url = open(shop).await;
    let apis = vec![Api::V3, Api::V2];
    Examination { notify_url, apis, account, subjects, seed: 1 }.run(|_| {}).await.unwrap()
}

fn mixed() -> Account {
    Account { v3_keys: KeyMode::Mixed, ..Account::default() }
}

/// Three orders of each API, and one with a refund.
fn orders() -> Vec<Subject> {
    let mut random = Random::from_seed(2);
    let mut subjects = Vec::new();
    for api in [Api::V2, Api::V3] {
        let mut made_up =
            Orders::MadeUp { api, random: Random::from_seed(api as u64), now: machine_now() };
        let refunded = Subject { refund: Some(refund(api, &mut random)), ..made_up.victim() };
        subjects.extend((0..3).map(|_| made_up.victim()));
        subjects.push(refunded);
    }
    subjects
}

fn refund(api: Api, random: &mut Random) -> RefundOf {
    RefundOf {
        api,
        out_refund_no: "R1".to_owned(),
        refund_id: random.digits(28),
        refund_fee: 40,
        succeeded_at: machine_now(),
        notify_url: None,
    }
}

fn is_honest(score: &Score) -> bool {
    score.group == Group::Honest
        || score.name.ends_with(".afterwards")
        || score.name.ends_with("refund.refund")
        || score.name.ends_with("refund.repeated")
}

/// Cases that may be answered in any way.
fn is_open(score: &Score) -> bool {
    score.expected.starts_with("any answer")
}

fn failed(card: &ScoreCard) -> Vec<(&str, Option<&str>)> {
    let failed = card.scores.iter().filter(|score| score.ended == Ended::Failed);
    failed.map(|score| (score.name.as_str(), score.reason.as_deref())).collect()
}

#[tokio::test]
async fn who_takes_everything_fails_every_hostile_case_and_no_other() {
    let card = examine(|_, _, _| (200, ACK.to_owned()), mixed(), orders()).await;
    for score in &card.scores {
        let passes = is_honest(score) || is_open(score);
        let ended = if passes { Ended::Passed } else { Ended::Failed };
        assert_eq!(score.ended, ended, "{}", score.name);
    }
    assert!(!card.passed);
}

#[tokio::test]
async fn who_takes_nothing_fails_every_honest_case_and_no_other() {
    let card = examine(|_, _, _| (500, NO.to_owned()), mixed(), orders()).await;
    for score in &card.scores {
        let ended = if is_honest(score) { Ended::Failed } else { Ended::Passed };
        assert_eq!(score.ended, ended, "{}", score.name);
    }
    assert!(card.text(false, false).contains("Not one true notification was taken"));
}

#[tokio::test]
async fn who_does_all_that_is_asked_passes_with_known_orders_and_without() {
    for subjects in [orders(), Vec::new()] {
        let known = !subjects.is_empty();
        let card = examine(right, mixed(), subjects).await;
        assert_eq!(failed(&card), []);
        assert!(card.passed);
        assert_eq!(card.must.not_judged, 0);
        assert_eq!(card.should.not_judged == 0, known);
    }
}

#[tokio::test]
async fn one_mistake_fails_the_cases_that_are_about_it() {
    let mistakes: [(Handler, &[&str]); 4] = [
        (|_, _, _| (200, "root:x:0:0".to_owned()), &["v3.honest.payment"]),
        (|shop, _, _| (400, shop.account.v3_key.clone()), &["v3.headers.no_nonce"]),
        // It looks at the clock no more.
        (
            |shop, headers, body| {
                let named = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
                match named("wechatpay-timestamp") {
                    Some(time) if proven(&shop.account, headers, body).is_some() => {
                        (204, time.to_owned())
                    }
                    _ => right(shop, headers, body),
                }
            },
            &["v3.freshness.stale", "v3.freshness.future", "v3.seal.other_key"],
        ),
        // It compares nothing with its order.
        (
            |shop, headers, body| {
                let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= LONGEST);
                let fields = text.and_then(|text| xml::decode(text).ok());
                match fields.filter(|fields| signed(&shop.account, fields, false)) {
                    Some(_) => (200, ACK.to_owned()),
                    None => right(shop, headers, body),
                }
            },
            &["v2.order.one_fen_more", "v2.order.unknown_order", "v2.order.other_sign_type"],
        ),
    ];
    for (handler, names) in mistakes {
        let card = examine(handler, mixed(), orders()).await;
        let failed: BTreeSet<_> = failed(&card).into_iter().map(|(name, _)| name).collect();
        assert!(names.iter().all(|name| failed.contains(name)), "{names:?} in {failed:?}");
    }
}

#[tokio::test]
async fn who_follows_an_address_in_the_xml_is_seen_to() {
    let sender = Sender::new().await.unwrap();
    let body = send::CANARY.as_bytes().to_vec();
    let seen = open(Shop {
        account: Account::default(),
        orders: Vec::new(),
        handler: |_, _, body| {
            let address = String::from_utf8_lossy(body).replace("http://", "");
            drop(std::net::TcpStream::connect(address).unwrap());
            (400, String::new())
        },
    });
    let letter = Letter { headers: Vec::new(), body };
    let answers = sender.send_all(&seen.await, vec![letter]).await;
    while sender.canary.calls() == 0 {
        tokio::task::yield_now().await;
    }
    let account = Account::default();
    assert_eq!(judge::wrong(&account, Api::V2, case::Expect::NoAck, &answers, false), None);
    assert!(judge::wrong(&account, Api::V2, case::Expect::NoAck, &answers, true).is_some());
}

#[test]
fn every_case_has_a_name_of_its_own_and_says_why_in_both_languages() {
    for api in [Api::V2, Api::V3] {
        let mut names = BTreeSet::new();
        for (group, cases) in corpus::groups(api) {
            for case in cases {
                let score = Score::of(api, group, case);
                assert!(names.insert(score.name.clone()), "{}", score.name);
                for words in [score.sent, score.sent_zh, score.why, score.why_zh, score.source] {
                    assert!(!words.is_empty() && !words.ends_with('.'), "{}", score.name);
                }
            }
        }
        assert!(names.len() > 60, "{}", names.len());
    }
}

// The right endpoint.

fn right(shop: &Shop, headers: &HeaderMap, body: &[u8]) -> (u16, String) {
    if body.len() > LONGEST {
        return (413, NO.to_owned());
    }
    let is_v3 = headers
        .get("content-type")
        .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("application/json")));
    match is_v3 {
        true if right_v3(shop, headers, body).is_some() => (204, String::new()),
        true => (401, r#"{"code":"FAIL"}"#.to_owned()),
        false if right_v2(shop, body).is_some() => (200, ACK.to_owned()),
        false => (200, NO.to_owned()),
    }
}

/// The body as JSON, if the headers prove it.
fn proven(account: &Account, headers: &HeaderMap, body: &[u8]) -> Option<Value> {
    let named = |name: &str| headers.get(name)?.to_str().ok();
    let [time, nonce] = ["wechatpay-timestamp", "wechatpay-nonce"].map(named);
    let mut text = format!("{}\n{}\n", time?, nonce?).into_bytes();
    text.extend_from_slice(body);
    text.push(b'\n');
    let keys = Keys::new(account.v3_keys);
    let key = keys.platform(named("wechatpay-serial")?)?.key;
    if !key.verifies(&text, named("wechatpay-signature")?) {
        return None;
    }
    serde_json::from_slice(body).ok()
}

fn right_v3(shop: &Shop, headers: &HeaderMap, body: &[u8]) -> Option<()> {
    let time = headers.get("wechatpay-timestamp")?.to_str().ok()?;
    if machine_now().abs_diff(time.parse().ok()?) > 300 {
        return None;
    }
    let body = proven(&shop.account, headers, body)?;
    let resource = body.get("resource")?;
    let text = |name| resource.get(name)?.as_str();
    let key = UnboundKey::new(&AES_256_GCM, shop.account.v3_key.as_bytes()).ok()?;
    let nonce = Nonce::try_assume_unique_for_key(text("nonce")?.as_bytes()).ok()?;
    let aad = Aad::from(text("associated_data").unwrap_or_default());
    let mut sealed = STANDARD.decode(text("ciphertext")?).ok()?;
    let plain = LessSafeKey::new(key).open_in_place(nonce, aad, &mut sealed).ok()?;
    let told: Value = serde_json::from_slice(plain).ok()?;
    if shop.orders.is_empty() {
        return Some(());
    }
    let word = |pointer| told.pointer(pointer)?.as_str();
    let order =
        shop.orders.iter().find(|order| word("/out_trade_no") == Some(&order.out_trade_no))?;
    let is_paid = word("/refund_status").is_some()
        || (word("/trade_state")? == "SUCCESS" && word("/appid")? == shop.account.appid);
    let is_ours = word("/mchid")? == shop.account.mch_id;
    let amount = told.pointer("/amount/total")?.as_u64()? == order.total_fee;
    (is_paid && is_ours && amount && word("/amount/currency").unwrap_or("CNY") == "CNY")
        .then_some(())
}

/// Whether `sign` is right: by the algorithm that was agreed, or (not `strict`) by either.
fn signed(account: &Account, fields: &xml::Fields, strict: bool) -> bool {
    let signature = fields.get("sign").unwrap_or_default();
    let types = [SignType::HmacSha256, SignType::Md5];
    let mut types = types.iter().take(if strict { 1 } else { 2 });
    types.any(|kind| sign::verify(fields, *kind, &account.v2_key, signature))
}

fn right_v2(shop: &Shop, body: &[u8]) -> Option<()> {
    let fields = xml::decode(std::str::from_utf8(body).ok()?).ok()?;
    if let Some(sealed) = fields.get("req_info") {
        return refunded_v2(shop, sealed);
    }
    signed(&shop.account, &fields, true).then_some(())?;
    if shop.orders.is_empty() {
        return Some(());
    }
    let number = fields.get("out_trade_no")?;
    let order = shop.orders.iter().find(|order| number == order.out_trade_no)?;
    let ours = fields.get("mch_id")? == shop.account.mch_id
        && fields.get("appid")? == shop.account.appid
        && fields.get("fee_type").unwrap_or("CNY") == "CNY"
        && fields.get("total_fee")? == order.total_fee.to_string();
    ours.then_some(())
}

fn refunded_v2(shop: &Shop, sealed: &str) -> Option<()> {
    let opened = crate::ecb::decrypt(&shop.account.v2_key, &STANDARD.decode(sealed).ok()?)?;
    let opened = String::from_utf8(opened).ok()?;
    shop.orders
        .iter()
        .any(|order| opened.contains(&format!("<out_trade_no><![CDATA[{}]]>", order.out_trade_no)))
        .then_some(())
}
