//! `wx.config`: WeChat checks by whom and for which address the page was signed.
//!
//! Every later call of the JS-SDK carries the same five fields, and is checked by them again; so
//! nothing has to be remembered about a page.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use crate::{
    gateway::{Gateway, Visitor},
    ledger::{Direction, Message},
    message::{Request, Response},
    time::UnixSeconds,
};

/// What a page said of itself to `wx.config`.
pub(crate) enum Checked {
    /// It did not come through the JS-SDK.
    Raw,
    Good,
    /// Why not, as `wx.error` is told it, and for the developer.
    Bad {
        word: &'static str,
        note: String,
    },
}

/// `POST /sandbox/bridge/config` with `{"params": …, "url", "landing"}`: what `preVerifyJSAPI` says.
pub(crate) fn answer(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let visitor = gateway.visitor(request);
    let word = match check(gateway, now, &visitor, &asked) {
        Checked::Good => "ok",
        Checked::Raw => "fail_invalid signature",
        Checked::Bad { word, note } => {
            let message = Message::new(now, Direction::In, "wx_config");
            let body = asked.to_string();
            gateway.ledger.record(Message { body, note: Some(note), ..message });
            word
        }
    };
    Response::json(200, &json!({ "err_msg": format!("preVerifyJSAPI:{word}") }))
}

/// Checks the fields that the JS-SDK adds to every call.
pub(crate) fn check(
    gateway: &Gateway,
    now: UnixSeconds,
    visitor: &Visitor,
    asked: &Value,
) -> Checked {
    let field = |name: &str| {
        let value = asked.get("params").and_then(|params| params.get(name));
        value.and_then(Value::as_str).unwrap_or_default()
    };
    if field("verifySignType").is_empty() {
        return Checked::Raw;
    }
    let bad = |word, note: String| Checked::Bad { word, note };
    // UNCONFIRMED: the word for an appid that is not this account's. 企业微信 knows its own only.
    let appid = field("verifyAppId");
    if !gateway.account.knows_appid(appid) || !visitor.in_wechat() {
        return bad("fail_invalid appid", format!("`{appid}` has no JS-SDK in this client."));
    }
    let page = Page::of(visitor, asked);
    if !gateway.is_registered(page.signed_for) {
        let note = format!("{} is not on the registered host (JS接口安全域名).", page.signed_for);
        return bad("fail_invalid url domain", note);
    }
    let said = Said {
        nonce: field("verifyNonceStr"),
        timestamp: field("verifyTimestamp"),
        signature: field("verifySignature"),
    };
    match mistake(gateway, now, appid, &page, &said) {
        None => Checked::Good,
        Some(note) => bad("fail_invalid signature", note),
    }
}

struct Said<'a> {
    nonce: &'a str,
    timestamp: &'a str,
    signature: &'a str,
}

/// The addresses a page may have been signed for.
pub(crate) struct Page<'a> {
    current: &'a str,
    landing: &'a str,
    /// Without its fragment.
    signed_for: &'a str,
}

impl<'a> Page<'a> {
    fn of(visitor: &Visitor, asked: &'a Value) -> Self {
        let text = |name| asked.get(name).and_then(Value::as_str);
        let current = text("url").unwrap_or_default();
        let landing = text("landing").unwrap_or(current);
        Self { current, landing, signed_for: without_fragment(visitor.address(current, landing)) }
    }
}

fn without_fragment(address: &str) -> &str {
    address.split('#').next().unwrap_or_default()
}

/// What was signed wrongly; `None` if nothing was.
fn mistake(
    gateway: &Gateway,
    now: UnixSeconds,
    appid: &str,
    page: &Page<'_>,
    said: &Said<'_>,
) -> Option<String> {
    let tickets: Vec<_> =
        gateway.tokens.tickets.iter().filter(|ticket| ticket.appid == appid).collect();
    let signed = |ticket: &str, url: &str| {
        sha1(&string_to_sign(ticket, said.nonce, said.timestamp, url))
            .eq_ignore_ascii_case(said.signature)
    };
    if tickets.iter().any(|ticket| now < ticket.ends_at && signed(&ticket.value, page.signed_for)) {
        return None;
    }
    let Some(newest) = tickets.last() else {
        return Some(
            "No jsapi_ticket was handed out yet: GET /cgi-bin/ticket/getticket.".to_owned(),
        );
    };
    let expected = string_to_sign(&newest.value, said.nonce, said.timestamp, page.signed_for);
    if tickets.iter().any(|ticket| signed(&ticket.value, page.signed_for)) {
        return Some(format!("The jsapi_ticket has ended. Expected the SHA-1 of: {expected}"));
    }
    let decoded = crate::query::decode(page.signed_for);
    let encoded = crate::query::encode(page.signed_for);
    let bare = page.signed_for.split('?').next().unwrap_or_default();
    let others = [
        (without_fragment(page.landing), "the address the page was entered by"),
        (without_fragment(page.current), "the current address"),
        (page.landing, "the address the page was entered by, with its fragment"),
        (page.current, "the current address, with its fragment"),
        (bare, "the address without its query"),
        (&decoded, "the address, percent-decoded"),
        (&encoded, "the address, percent-encoded"),
    ];
    let found = others
        .iter()
        .find(|(url, _)| tickets.iter().any(|ticket| signed(&ticket.value, url)))
        .map(|(url, what)| format!("Signed was {what}: {url}. "));
    Some(format!("{}Expected the SHA-1 of: {expected}", found.unwrap_or_default()))
}

/// Source: JS-SDK 使用权限签名算法.
fn string_to_sign(ticket: &str, nonce: &str, timestamp: &str, url: &str) -> String {
    format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}")
}

fn sha1(text: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::{ClientKind, Device},
        mp::ticket::Ticket,
        shop::{NOW, Shop},
    };

    const LANDING: &str = "http://localhost:8991/shop?a=1#/first";
    const CURRENT: &str = "http://localhost:8991/shop/cart?b=2#/second";

    fn shop() -> Shop {
        let mut shop = Shop::open();
        let appid = "wx2421b1c4370ec43b".to_owned();
        let ticket = Ticket { appid, value: "T".to_owned(), ends_at: NOW + 7200 };
        shop.gateway.tokens.tickets.push(ticket);
        shop
    }

    fn config(signed_for: &str) -> Value {
        let text = string_to_sign("T", "n", "1414587457", signed_for);
        json!({
            "verifyAppId": "wx2421b1c4370ec43b", "verifySignType": "sha1", "verifyNonceStr": "n",
            "verifyTimestamp": "1414587457", "verifySignature": sha1(&text),
        })
    }

    fn verify(shop: &mut Shop, params: &Value) -> String {
        let asked = json!({ "params": params, "url": CURRENT, "landing": LANDING });
        let request = Request::post("/sandbox/bridge/config", asked.to_string());
        let reply = shop.gateway.handle(shop.now, &request.through(ClientKind::Wechat)).unwrap();
        let reply: Value = serde_json::from_slice(&reply.body).unwrap();
        reply["err_msg"].as_str().unwrap().trim_start_matches("preVerifyJSAPI:").to_owned()
    }

    fn note(shop: &Shop) -> String {
        shop.gateway.ledger().messages().last().unwrap().note.clone().unwrap()
    }

    #[test]
    fn the_published_example_has_the_published_signature() {
        // Source: JS-SDK 附录1.
        let text = string_to_sign(
            "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg",
            "Wm3WZYTPz0wzccnW",
            "1414587457",
            "http://mp.weixin.qq.com?params=value",
        );
        assert_eq!(sha1(&text), "0f9de62fce790f9a083d5c99e95740ceb90c27ed");
    }

    #[test]
    fn an_iphone_wants_the_address_the_page_was_entered_by_and_others_the_current_one() {
        for (device, right, wrong, named) in [
            (Device::WechatIos, LANDING, CURRENT, "the current address: "),
            (Device::WechatAndroid, CURRENT, LANDING, "the address the page was entered by: "),
            (Device::WechatHarmony, CURRENT, LANDING, "the address the page was entered by: "),
        ] {
            let mut shop = shop();
            shop.gateway.set_device(device);
            assert_eq!(verify(&mut shop, &config(without_fragment(right))), "ok");
            let wrong = config(without_fragment(wrong));
            assert_eq!(verify(&mut shop, &wrong), "fail_invalid signature");
            assert!(note(&shop).starts_with(&format!("Signed was {named}")), "{}", note(&shop));
            assert_eq!(verify(&mut shop, &config(right)), "fail_invalid signature");
            assert!(note(&shop).contains("with its fragment"), "{}", note(&shop));
        }
    }

    #[test]
    fn a_note_says_which_string_was_expected() {
        let mut shop = shop();
        let mut bent = config("http://localhost:8991/shop?a=1");
        bent["verifyNonceStr"] = "m".into();
        assert_eq!(verify(&mut shop, &bent), "fail_invalid signature");
        let expected = "Expected the SHA-1 of: jsapi_ticket=T&noncestr=m&timestamp=1414587457&url=http://localhost:8991/shop?a=1";
        assert_eq!(note(&shop), expected);
    }

    #[test]
    fn a_ticket_that_ended_a_foreign_appid_a_foreign_host_and_wecom_are_refused() {
        let good = config("http://localhost:8991/shop?a=1");
        let mut late = shop();
        late.now = NOW + 7200;
        assert_eq!(verify(&mut late, &good), "fail_invalid signature");
        assert!(note(&late).starts_with("The jsapi_ticket has ended."));
        assert_eq!(verify(&mut Shop::open(), &good), "fail_invalid signature", "no ticket yet");

        let mut foreign = good.clone();
        foreign["verifyAppId"] = "wx0000000000000000".into();
        assert_eq!(verify(&mut shop(), &foreign), "fail_invalid appid");
        let mut wecom = shop();
        wecom.gateway.set_device(Device::Wecom);
        assert_eq!(verify(&mut wecom, &good), "fail_invalid appid");
        let mut elsewhere = shop();
        elsewhere.gateway.account.host = "shop.example".to_owned();
        assert_eq!(verify(&mut elsewhere, &good), "fail_invalid url domain");
        assert_eq!(verify(&mut shop(), &json!({})), "fail_invalid signature");
    }
}
