//! Why a signature is wrong (验签失败的原因): RSA tells a digest and not what was digested, so the
//! likely mistakes are made here again, one by one, until one of them verifies.
//!
//! Source: pay.weixin.qq.com V3 签名相关问题, and what merchants' issue threads come down to.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    authorization::Authorization,
    keys::{MerchantKey, Opened},
    sign,
};
use crate::{
    diagnosis::Diagnosis, gateway::Gateway, ledger::Api, message::Request, query, time::UnixSeconds,
};

/// The parts of a string to sign, to be changed one by one.
#[derive(Clone)]
struct Parts {
    method: String,
    url: String,
    timestamp: String,
    nonce: String,
    body: Vec<u8>,
}

impl Parts {
    fn text(&self) -> Vec<u8> {
        sign::request(&self.method, &self.url, &self.timestamp, &self.nonce, &self.body)
    }
}

/// A timestamp far from now.
pub(super) fn of_time(
    now: UnixSeconds,
    request: &Request,
    authorization: &Authorization<'_>,
) -> Diagnosis {
    let timestamp = authorization.timestamp;
    let mistake = match timestamp.parse::<i64>() {
        Ok(millis) if now.saturating_sub(millis.wrapping_div(1_000)).saturating_abs() < 86_400 => {
            "the timestamp is in milliseconds; it has to be in seconds".to_owned()
        }
        Ok(sent_at) => format!(
            "the timestamp is {} s away from the time of this sandbox, {now}",
            sent_at.saturating_sub(now)
        ),
        Err(_) => format!("the timestamp `{timestamp}` is no number of seconds"),
    };
    report(now, request, &parts(request, authorization), mistake, None)
}

/// What is wrong with the signature; `None` if nothing is.
pub(super) fn of_signature(
    gateway: &Gateway,
    now: UnixSeconds,
    request: &Request,
    authorization: &Authorization<'_>,
) -> Option<Diagnosis> {
    let parts = parts(request, authorization);
    let say = |mistake: String, signed| Some(report(now, request, &parts, mistake, signed));
    let mchid = &gateway.account.mch_id;
    if authorization.mchid != mchid {
        return say(
            format!("the header names mchid `{}`; this merchant is `{mchid}`", authorization.mchid),
            None,
        );
    }
    let Some(merchant) = gateway.keys.merchant(authorization.serial) else {
        return say(wrong_serial(gateway, authorization.serial), None);
    };
    let verifies = |text: &[u8]| merchant.key.verifies(text, authorization.signature);
    if verifies(&parts.text()) {
        return None;
    }
    let host = request.header("host").unwrap_or_default();
    let found = mistakes(&parts, host).into_iter().find(|(_, text)| verifies(text));
    match found {
        Some((mistake, text)) => say(mistake.to_owned(), Some(text)),
        None => say(by_key(gateway, merchant, authorization), None),
    }
}

fn parts(request: &Request, authorization: &Authorization<'_>) -> Parts {
    Parts {
        method: request.method.clone(),
        url: request.path_and_query(),
        timestamp: authorization.timestamp.to_owned(),
        nonce: authorization.nonce.to_owned(),
        body: request.body.clone(),
    }
}

fn wrong_serial(gateway: &Gateway, serial: &str) -> String {
    if gateway.keys.platform(serial).is_some() {
        format!(
            "serial_no `{serial}` is WeChat Pay's; the merchant's API certificate (商户API证书) has to \
             be named"
        )
    } else if gateway.keys.merchant(&serial.to_ascii_uppercase()).is_some() {
        "serial_no has to be in upper case".to_owned()
    } else {
        format!("serial_no `{serial}` is no certificate of this merchant")
    }
}

/// No known string fits: what the signature says of the key that made it.
fn by_key(gateway: &Gateway, merchant: &MerchantKey, authorization: &Authorization<'_>) -> String {
    let signature = match STANDARD.decode(authorization.signature) {
        Ok(signature) if signature.len() == 256 => signature,
        _ => return "the signature is not base64 of 256 bytes on one line".to_owned(),
    };
    let named = merchant.serial;
    match merchant.key.open(&signature) {
        Opened::Sha256 => {
            return format!(
                "the key is that of `{named}`, and the string has a mistake that is not among the \
                 known ones"
            );
        }
        Opened::OtherDigest => {
            return format!(
                "the key is that of `{named}`, and the digest is not by SHA-256; sign with SHA256withRSA"
            );
        }
        Opened::Nothing => {}
    }
    let mut others = gateway.keys.merchants().iter();
    match others.find(|other| other.key.open(&signature) != Opened::Nothing) {
        Some(owner) => {
            format!("signed with the key of `{}`; the header names `{named}`", owner.serial)
        }
        None => format!(
            "the private key does not belong to `{named}`, or the padding is not that of \
             RSASSA-PKCS1-v1_5"
        ),
    }
}

/// Every known mistake with what it makes of the string. Those that make nothing of it are left
/// out.
fn mistakes(right: &Parts, host: &str) -> Vec<(&'static str, Vec<u8>)> {
    let text = right.text();
    let mut made: Vec<(&'static str, Vec<u8>)> = Vec::new();
    let mut parts = |mistake: &'static str, change: &dyn Fn(&mut Parts)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        made.push((mistake, wrong.text()));
    };
    parts("the method was signed in lower case", &|wrong| wrong.method.make_ascii_lowercase());
    parts("the path was signed without its query", &|wrong| {
        wrong.url = wrong.url.split('?').next().unwrap_or_default().to_owned();
    });
    parts(
        "the path was signed decoded; it has to be signed percent-encoded, as it is sent",
        &|wrong| {
            wrong.url = query::decode(&wrong.url);
        },
    );
    for (letter, escaped) in [('|', "%7C"), ('*', "%2A")] {
        parts("the path was signed percent-encoded and sent otherwise", &|wrong| {
            wrong.url = wrong.url.replace(letter, escaped);
        });
        parts("the path was signed as it is before it is percent-encoded for sending", &|wrong| {
            wrong.url = wrong.url.replace(escaped, &letter.to_string());
        });
    }
    for scheme in ["https://api.mch.weixin.qq.com", &format!("http://{host}"), host] {
        parts("the host was signed; only path and query are", &|wrong| {
            wrong.url = format!("{scheme}{}", wrong.url);
        });
    }
    parts("the path was signed with two slashes at its beginning", &|wrong| {
        wrong.url = format!("/{}", wrong.url);
    });
    parts("the path was signed without `/v3`", &|wrong| {
        wrong.url = wrong.url.strip_prefix("/v3").unwrap_or_default().to_owned();
    });
    parts("the timestamp was signed in milliseconds", &|wrong| {
        wrong.timestamp = format!("{}000", wrong.timestamp);
    });
    for seconds in (-5..=5).filter(|seconds| *seconds != 0) {
        let other = right.timestamp.parse::<i64>().unwrap_or_default().saturating_add(seconds);
        parts("another timestamp was signed than the header names", &|wrong| {
            wrong.timestamp = other.to_string();
        });
    }
    parts("nonce and timestamp were signed in each other's place", &|wrong| {
        std::mem::swap(&mut wrong.timestamp, &mut wrong.nonce);
    });
    parts("the body was signed as empty", &|wrong| wrong.body.clear());
    parts("a body was signed that was not sent: `{}`", &|wrong| wrong.body = b"{}".to_vec());
    for (mistake, body) in bodies_again(&right.body) {
        parts(mistake, &|wrong| wrong.body.clone_from(&body));
    }
    if let Some(text) = text.strip_suffix(b"\n") {
        made.push(("the last line feed is missing", text.to_vec()));
    }
    let Parts { timestamp, nonce, body, .. } = right;
    made.push((
        "signed was what WeChat signs: timestamp, nonce, body; a request begins with method and path",
        sign::message(timestamp, nonce, body),
    ));
    made.push(("a line feed too many at the end", [text.as_slice(), b"\n"].concat()));
    made.push(("the lines end in CR LF; they have to end in LF", with_crlf(right)));
    made.push((
        "the lines end in the two letters `\\n` instead of a line feed",
        with_letters(right),
    ));
    made.retain(|(_, wrong)| *wrong != text);
    made
}

/// The same JSON, written by somebody else.
fn bodies_again(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    const AGAIN: &str = "the body was serialised again: what is signed has to be, byte by byte, what \
                         is sent";
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let text = String::from_utf8_lossy(body);
    let close = blanks(&text, "");
    // Sorted; over several lines; with blanks as Python writes them; with slashes as PHP does; and
    // letters outside ASCII as either may.
    let mut again = vec![value.to_string(), format!("{value:#}"), close.clone()];
    for close in [close.clone(), close.replace('/', "\\/"), close.replace("\\/", "/")] {
        again.extend([blanks(&close, " "), escaped(&close), escaped(&blanks(&close, " ")), close]);
    }
    again.into_iter().map(|body| (AGAIN, body.into_bytes())).collect()
}

/// The same JSON with `blank` after every comma and colon, and no other blanks outside of texts.
fn blanks(json: &str, blank: &str) -> String {
    let (mut written, mut inside, mut escape) = (String::new(), false, false);
    for letter in json.chars() {
        if inside || !letter.is_whitespace() {
            written.push(letter);
        }
        if letter == '"' && !escape {
            inside = !inside;
        }
        escape = letter == '\\' && !escape;
        if !inside && matches!(letter, ',' | ':') {
            written.push_str(blank);
        }
    }
    written
}

/// Every letter outside ASCII as `\uXXXX`.
fn escaped(text: &str) -> String {
    let unit = |letter: char| {
        let mut buffer = [0; 2];
        letter.encode_utf16(&mut buffer).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    };
    text.chars()
        .map(|letter| if letter.is_ascii() { letter.to_string() } else { unit(letter) })
        .collect()
}

fn with_crlf(parts: &Parts) -> Vec<u8> {
    joined(parts, b"\r\n")
}

fn with_letters(parts: &Parts) -> Vec<u8> {
    joined(parts, b"\\n")
}

fn joined(parts: &Parts, end: &[u8]) -> Vec<u8> {
    let Parts { method, url, timestamp, nonce, body } = parts;
    [method.as_bytes(), url.as_bytes(), timestamp.as_bytes(), nonce.as_bytes(), body.as_slice()]
        .iter()
        .flat_map(|line| [line, end].concat())
        .collect()
}

fn report(
    now: UnixSeconds,
    request: &Request,
    parts: &Parts,
    mistake: String,
    signed: Option<Vec<u8>>,
) -> Diagnosis {
    Diagnosis::new(Api::V3, now, request, mistake, &parts.text(), signed.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        shop::{NOW, Shop},
        v3::{keys::STRANGER, shop::Signing},
    };

    const NONCE: &str = "593BEC0C930BF1AFEB40B4A08C8FB242";

    /// `text`, signed with the merchant's first test key by `openssl dgst -sha1 -sign`.
    const BY_SHA1: &str = "TYQTpyA8BLbwwBzEzbHO9EYjm1GFxCGjnzgrKj/C2rc8467zTsxxZTSh/Nc+6dHDkCsLZn9hKHlv2IEunpMuUaobUBYIse6mcVtaNOBoI+N2DXImB+yiVCu/GxN9ElznQ1j8taVi1MM1PB6vVTQe/hbhLzy5P5XV/1GRMYGNncqqaZ3ZOk6Srrof50WfgP0ko9gPmfe1oEJzLOqlT5LxeQ4WWPvvvvNVyy7jGtp7OjjZ23zI/soxLvzqyoHZ8VFhC/0fxDqjkaFh13XzNND/eKA+QUNQo2yfvFFyrUjuCgbJTm3z36KkWUDMlwaAnVT1VH3y8jLF/urOyFzOY6PowA==";

    /// What is diagnosed when `signed` was signed instead of what should be.
    fn diagnosed(request: Request, signed: &str) -> Diagnosis {
        let mut shop = Shop::open();
        let key = shop.gateway.keys.merchants()[0].key;
        let signature = Some(key.sign(signed.as_bytes()));
        let signing = Signing { signature, ..shop.v3_signing() };
        let request = shop.v3_request(&signing, request).with_header("host", "127.0.0.1:8990");
        assert_eq!(shop.gateway.handle(NOW, &request).unwrap().status, 401);
        let note = shop.gateway.ledger().messages().last().unwrap().note.clone().unwrap();
        let diagnosis = shop.gateway.diagnoses.pop().unwrap();
        assert_eq!(note, diagnosis.note());
        diagnosis
    }

    #[test]
    fn the_likely_mistakes_are_named_with_the_byte_where_the_strings_part() {
        let url = "/v3/pay/transactions/out-trade-no/A%7C0001?mchid=1900000109";
        let get = |signed: &str, mistake: &str, offset: usize| {
            let found = diagnosed(Request::get(url), signed);
            assert!(found.mistake.contains(mistake), "{found:?}");
            assert_eq!(found.offset, Some(offset), "{found:?}");
            assert_eq!(found.expected, format!("GET\n{url}\n{NOW}\n{NONCE}\n\n"));
            assert_eq!(found.expected_length, found.expected.len());
            assert!(found.expected_visible.starts_with("GET⏎/v3/pay"));
        };
        let rest = format!("{NOW}\n{NONCE}\n\n");
        let bare = url.split('?').next().unwrap();
        get(&format!("get\n{url}\n{rest}"), "lower case", 0);
        get(&format!("GET\n{bare}\n{rest}"), "without its query", 4 + bare.len());
        get(&format!("GET\n{}\n{rest}", url.replace("%7C", "|")), "decoded", 4 + 35);
        get(&format!("GET\nhttps://api.mch.weixin.qq.com{url}\n{rest}"), "the host", 4);
        get(&format!("GET\nhttp://127.0.0.1:8990{url}\n{rest}"), "the host", 4);
        get(&format!("GET\n/{url}\n{rest}"), "two slashes", 5);
        get(&format!("GET\n{}\n{rest}", &url[3..]), "without `/v3`", 5);
        let until = 5 + url.len() + NOW.to_string().len();
        get(&format!("GET\n{url}\n{NOW}000\n{NONCE}\n\n"), "milliseconds", until);
        let whole = format!("GET\n{url}\n{rest}");
        get(&whole[..whole.len() - 1], "last line feed is missing", whole.len() - 1);
        get(&format!("{whole}\n"), "too many", whole.len());
        get(&whole.replace('\n', "\r\n"), "CR LF", 3);
        get(&whole.replace('\n', "\\n"), "two letters", 3);
        get(&format!("GET\n{url}\n{NOW}\n{NONCE}\n{{}}\n"), "not sent", whole.len() - 1);
        let swapped = format!("GET\n{url}\n{NONCE}\n{NOW}\n\n");
        get(&swapped, "each other's place", 5 + url.len());
        get(&rest, "what WeChat signs", 0);
        let later = format!("GET\n{url}\n{}\n{NONCE}\n\n", NOW + 1);
        get(&later, "another timestamp", until - 1);
    }

    #[test]
    fn a_body_written_again_is_told_from_one_that_was_forgotten() {
        let url = "/v3/pay/transactions/native";
        let body = r#"{"b":"茶叶","a":{"url":"http://x/y"}}"#;
        let head = format!("POST\n{url}\n{NOW}\n{NONCE}\n");
        for (signed, mistake) in [
            ("", "the body was signed as empty"),
            (r#"{"a":{"url":"http://x/y"},"b":"茶叶"}"#, "serialised again"),
            (r#"{"b": "茶叶", "a": {"url": "http://x/y"}}"#, "serialised again"),
            (r#"{"b":"\u8336\u53f6","a":{"url":"http:\/\/x\/y"}}"#, "serialised again"),
            (r#"{"b": "\u8336\u53f6", "a": {"url": "http://x/y"}}"#, "serialised again"),
        ] {
            let found = diagnosed(Request::post(url, body), &format!("{head}{signed}\n"));
            assert!(found.mistake.contains(mistake), "{signed}: {found:?}");
            assert!(found.offset >= Some(head.len()));
        }
    }

    #[test]
    fn what_fits_nothing_is_said_to_and_the_expected_string_shown() {
        let found = diagnosed(Request::get("/v3/certificates"), "something else");
        assert!(found.mistake.contains("the key is that of `408B"), "{found:?}");
        assert!(found.mistake.contains("not among the known ones"));
        assert_eq!((found.offset, found.signed_visible), (None, None));
        assert_eq!(found.expected_visible, format!("GET⏎/v3/certificates⏎{NOW}⏎{NONCE}⏎⏎"));
    }

    fn found(change: impl FnOnce(&mut Shop, &mut Signing)) -> String {
        let mut shop = Shop::open();
        let mut signing = shop.v3_signing();
        let text = format!("GET\n/v3/certificates\n{}\n{NONCE}\n\n", signing.timestamp);
        let key = shop.gateway.keys.merchants()[0].key;
        signing.signature = Some(key.sign(text.as_bytes()));
        change(&mut shop, &mut signing);
        let request = shop.v3_request(&signing, Request::get("/v3/certificates"));
        assert_eq!(shop.gateway.handle(NOW, &request).unwrap().status, 401);
        shop.gateway.diagnoses.pop().unwrap().mistake
    }

    #[test]
    fn names_that_do_not_fit_are_told_from_one_another() {
        let mistakes = [
            found(|_, signing| signing.mchid = "1900000110".to_owned()),
            found(|_, signing| signing.serial.make_ascii_lowercase()),
            found(|_, signing| signing.serial = "00".repeat(20)),
            found(|_, signing| {
                signing.serial = "5157A1C0DE5A9DB0C5A8B1E0F3D24C6E70918A01".to_owned();
            }),
            found(|shop, signing| {
                signing.serial = shop.gateway.keys.add_merchant(NOW.into()).unwrap().to_owned();
            }),
            found(|_, signing| signing.signature = Some("====".to_owned())),
            found(|_, signing| signing.signature = Some(STRANGER.sign(b"text"))),
            found(|_, signing| signing.signature = Some(BY_SHA1.to_owned())),
            found(|_, signing| signing.timestamp = NOW * 1_000),
            found(|_, signing| signing.timestamp = NOW - 301),
        ];
        for (mistake, words) in mistakes.iter().zip([
            "mchid `1900000110`",
            "upper case",
            "no certificate of this merchant",
            "WeChat Pay's",
            "with the key of `408B",
            "not base64 of 256 bytes",
            "does not belong to `408B",
            "not by SHA-256",
            "milliseconds",
            "-301 s away",
        ]) {
            assert!(mistake.contains(words), "{mistake}");
        }
    }
}
