//! Why a signature of API V2 is wrong (验签失败的原因): a digest does not tell what was digested, so the
//! likely mistakes are made here again, one by one, until one of them gives the same signature.
//!
//! Source: pay.weixin.qq.com V2 安全规范 and 签名校验工具, and what merchants' issue threads come down to.

use sha2::{Digest, Sha256};

use crate::{
    account::Account,
    diagnosis::Diagnosis,
    ledger::Api,
    message::Request,
    query,
    sign::{self, SignType, unkeyed_string_to_sign},
    time::UnixSeconds,
    xml::Fields,
};

/// What stands for the key wherever a string is shown.
const KEY: &str = "<APIv2 key>";
const V3_KEY: &str = "<APIv3 key>";
const SECRET: &str = "<AppSecret>";

/// Fields of a call of which each is left out in turn; calls with more are no mistakes of a shop's.
const MOST_LEFT_OUT: usize = 100;

/// What is wrong with the signature; `None` if nothing is, or `sign_type` is no word that WeChat
/// knows, which is refused otherwise.
pub(super) fn of_signature(
    account: &Account,
    at: UnixSeconds,
    request: &Request,
    fields: &Fields,
    sign_type: Option<SignType>,
    agreed: Option<SignType>,
) -> Option<Diagnosis> {
    let right = format!("{}key={KEY}", unkeyed_string_to_sign(fields));
    let say = |mistake: String, signed: Option<String>| {
        let signed = signed.as_deref().map(str::as_bytes);
        Some(Diagnosis::new(Api::V2, at, request, mistake, right.as_bytes(), signed))
    };
    let Some(signature) = fields.get("sign") else {
        return say("there is no `sign`".to_owned(), None);
    };
    let mch_id = fields.get("mch_id").unwrap_or_default();
    // A public probe with a false merchant was answered 签名错误: without a merchant no key is known.
    if mch_id != account.mch_id {
        let ours = &account.mch_id;
        return say(format!("the call names mch_id `{mch_id}`; this merchant is `{ours}`"), None);
    }
    let sign_type = sign_type?;
    if let Some(agreed) = agreed.filter(|agreed| *agreed != sign_type) {
        // DIFFERENCE: the real gateway takes both algorithms from everybody. Here one is agreed,
        // so that a client that silently falls back to MD5 is found out; `--sign-type any` is real.
        let (asked, agreed) = (sign_type.as_str(), agreed.as_str());
        let left_out =
            if fields.get("sign_type").is_none() { ", as no sign_type does" } else { "" };
        let mistake = format!(
            "the call asks for {asked}{left_out}, which this sandbox was told not to take; sign \
             with sign_type {agreed}, or start it with `--sign-type any`"
        );
        return say(mistake, None);
    }
    if sign::verify(fields, sign_type, &account.v2_key, signature) {
        return None;
    }
    match found(account, fields, sign_type, signature, &right) {
        Some((mistake, signed)) => say(mistake, Some(signed)),
        None => say(by_its_looks(sign_type, signature), None),
    }
}

/// The mistake that gives this signature, and what was signed by it.
fn found(
    account: &Account,
    fields: &Fields,
    sign_type: SignType,
    signature: &str,
    right: &str,
) -> Option<(String, String)> {
    let other = match sign_type {
        SignType::Md5 => SignType::HmacSha256,
        SignType::HmacSha256 => SignType::Md5,
    };
    let fits = |digest: String| digest.eq_ignore_ascii_case(signature);
    let mut strings = vec![(String::new(), right.to_owned())];
    strings.extend(mistakes(fields).into_iter().filter(|(_, text)| text != right));
    strings.into_iter().find_map(|(mistake, text)| {
        let real = text
            .replace(KEY, &account.v2_key)
            .replace(V3_KEY, &account.v3_key)
            .replace(SECRET, &account.app_secret);
        let key = match &text {
            text if text.contains(V3_KEY) => &account.v3_key,
            text if text.contains(SECRET) => &account.app_secret,
            _ => &account.v2_key,
        };
        let digest = |sign_type| sign::digest(&real, sign_type, key);
        let how = if fits(digest(sign_type)) {
            let is_small =
                mistake.is_empty() || signature.bytes().any(|byte| byte.is_ascii_lowercase());
            is_small.then(|| "the signature has to be in upper case".to_owned())
        } else if fits(digest(other)) {
            let (used, asked) = (other.as_str(), sign_type.as_str());
            Some(format!("signed with {used}; the call asks for {asked}"))
        } else if fits(sign::upper_hex(&Sha256::digest(real.as_bytes()))) {
            Some(
                "signed with SHA-256; HMAC-SHA256 takes the key a second time, as its key"
                    .to_owned(),
            )
        } else if text.contains(KEY) && fits(sign::digest(&real, SignType::HmacSha256, "")) {
            Some("HMAC-SHA256 was given no key; it takes the APIv2 key".to_owned())
        } else {
            return None;
        };
        let said: Vec<String> = [Some(mistake).filter(|mistake| !mistake.is_empty()), how]
            .into_iter()
            .flatten()
            .collect();
        Some((said.join("; "), text))
    })
}

/// No known string fits: what can be seen without knowing it.
fn by_its_looks(sign_type: SignType, signature: &str) -> String {
    let letters = match sign_type {
        SignType::Md5 => 32,
        SignType::HmacSha256 => 64,
    };
    let name = sign_type.as_str();
    let found = signature.chars().count();
    if !signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        format!("the signature is not in hex; {name} has {letters} letters of 0-9 and A-F")
    } else if found != letters {
        format!("the signature has {found} letters; {name} has {letters}")
    } else {
        "signed with another key, or the string has a mistake that is not among the known ones"
            .to_owned()
    }
}

/// Every known mistake with the string that it makes.
fn mistakes(fields: &Fields) -> Vec<(String, String)> {
    let all: Vec<(&str, &str)> = fields.iter().collect();
    let is_signed = |(name, value): &(&str, &str)| *name != "sign" && !value.is_empty();
    let as_sent: Vec<_> = all.iter().copied().filter(is_signed).collect();
    let mut sorted = as_sent.clone();
    sorted.sort_unstable();
    let text = unkeyed_string_to_sign(fields);
    let mut made = Vec::new();
    let mut say = |mistake: &str, text: String| made.push((mistake.to_owned(), text));
    let keyed = |text: String| format!("{text}key={KEY}");

    let mut with_empty: Vec<_> = all.iter().copied().filter(|(name, _)| *name != "sign").collect();
    say("the fields were not sorted, and empty ones were signed", keyed(joined(&with_empty)));
    with_empty.sort_unstable();
    say("empty fields were signed; they have to be left out", keyed(joined(&with_empty)));
    say("the fields were not sorted by name", keyed(joined(&as_sent)));
    let mut small = as_sent.clone();
    small.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    say(
        "the fields were sorted without regard to case; upper case comes first",
        keyed(joined(&small)),
    );
    let mut with_sign: Vec<_> =
        all.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    with_sign.sort_unstable();
    say("`sign` itself was signed; it has to be left out", keyed(joined(&with_sign)));

    let bare = text.trim_end_matches('&');
    say("the key is missing at the end: `&key=…`", bare.to_owned());
    say("the key is missing at the end: `&key=…`", text.clone());
    say("`key=` was signed without the key", format!("{text}key="));
    say("the key was appended without `&key=`", format!("{bare}{KEY}"));
    say("the key was appended without `key=`", format!("{text}{KEY}"));
    say("there is no `&` before `key=`", format!("{bare}key={KEY}"));
    say("the key was sorted in among the fields; it comes last", key_sorted_in(&sorted));
    say("signed with the APIv3 key; V2 takes the APIv2 key", format!("{text}key={V3_KEY}"));
    say("signed with the AppSecret; it takes the APIv2 key", format!("{text}key={SECRET}"));

    let mut change = |mistake: &str, change: &dyn Fn(&str, &str) -> String| {
        let values: Vec<_> =
            sorted.iter().map(|(name, value)| (*name, change(name, value))).collect();
        let pairs: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        made.push((mistake.to_owned(), keyed(joined(&pairs))));
    };
    const ENCODED: &str = "the values were signed URL-encoded; they have to be signed as they are";
    change(ENCODED, &|_, value| query::encode(value));
    change(ENCODED, &|_, value| query::encode(value).replace('+', "%20"));
    change("the values were signed as they are escaped in XML", &|_, value| {
        value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    });
    change("the values were signed inside of CDATA", &|_, value| format!("<![CDATA[{value}]]>"));
    change("the values were signed without blanks around them", &|_, value| {
        value.trim().to_owned()
    });
    change("the amounts were signed in yuan; they have to be signed in fen", &|name, value| {
        if name.ends_with("_fee") { yuan(value) } else { value.to_owned() }
    });
    for (left_out, _) in sorted.iter().filter(|_| sorted.len() <= MOST_LEFT_OUT) {
        let rest: Vec<_> = sorted.iter().copied().filter(|(name, _)| name != left_out).collect();
        let mistake = format!("`{left_out}` was sent and not signed");
        made.push((mistake, keyed(joined(&rest))));
    }
    made
}

/// `name=value&` for each.
fn joined(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={value}&")).collect()
}

fn key_sorted_in(sorted: &[(&str, &str)]) -> String {
    let mut pairs = sorted.to_vec();
    pairs.push(("key", KEY));
    pairs.sort_unstable();
    joined(&pairs).trim_end_matches('&').to_owned()
}

/// An amount in fen as a text of yuan; what is no amount stays as it is.
fn yuan(fen: &str) -> String {
    match fen.parse::<u64>() {
        Ok(fen) => format!("{}.{:02}", fen / 100, fen % 100),
        Err(_) => fen.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        shop::{NOW, Shop, with},
        xml,
    };

    const HEAD: [(&str, &str); 8] = [
        ("out_trade_no", "ORDER-000001"),
        ("appid", "wx2421b1c4370ec43b"),
        ("mch_id", "1900000109"),
        ("body", "茶 & 叶"),
        ("device_info", ""),
        ("nonce_str", "0123456789abcdef"),
        ("total_fee", "990"),
        ("sign_type", "HMAC-SHA256"),
    ];
    const SIGNED: &str = "appid=wx2421b1c4370ec43b&body=茶 & 叶&mch_id=1900000109&nonce_str=\
                          0123456789abcdef&out_trade_no=ORDER-000001&sign_type=HMAC-SHA256&total_fee=990";

    fn key() -> String {
        Account::default().v2_key
    }

    fn hmac(text: &str) -> String {
        sign::digest(text, SignType::HmacSha256, &key())
    }

    /// What is diagnosed of a call with this `sign`.
    fn diagnosed(signature: &str) -> Diagnosis {
        let mut shop = Shop::open();
        let body = xml::encode(&with(&Fields::from(HEAD), "sign", signature));
        shop.gateway.handle(NOW, &Request::post("/pay/unifiedorder", body)).unwrap();
        let note = shop.gateway.ledger().messages().last().unwrap().note.clone().unwrap();
        let diagnosis = shop.gateway.diagnoses.pop().unwrap();
        assert_eq!(note, diagnosis.note());
        assert!(!note.contains(&key()));
        diagnosis
    }

    #[test]
    fn the_likely_mistakes_are_named_with_the_byte_where_the_strings_part() {
        let right = format!("{SIGNED}&key={}", key());
        let end = SIGNED.len();
        let v3_key = Account::default().v3_key;
        let by_v3_key =
            sign::digest(&format!("{SIGNED}&key={v3_key}"), SignType::HmacSha256, &v3_key);
        for (signature, mistake, offset) in [
            (hmac(&right).to_ascii_lowercase(), "upper case", None),
            (hmac(SIGNED), "the key is missing", Some(end)),
            (hmac(&format!("{SIGNED}&key=")), "without the key", Some(end + 5)),
            (hmac(&format!("{SIGNED}{}", key())), "without `&key=`", Some(end)),
            (hmac(&right.replace("&mch_id", "&device_info=&mch_id")), "empty fields", Some(40)),
            (hmac(&right.replace("=990", "=9.90")), "in yuan", Some(end - 2)),
            (hmac(&right.replace("茶 & 叶", "%E8%8C%B6+%26+%E5%8F%B6")), "URL-encoded", Some(30)),
            (hmac(&right.replace("茶 & 叶", "茶 &amp; 叶")), "escaped in XML", Some(35)),
            (hmac(&right.replace("&sign_type=HMAC-SHA256", "")), "`sign_type` was sent", None),
            (by_v3_key, "APIv3 key", None),
            (sign::digest(&right, SignType::Md5, ""), "signed with MD5", None),
            (sign::upper_hex(&Sha256::digest(right.as_bytes())), "signed with SHA-256", None),
            (hmac("something else"), "another key", None),
            ("00".to_owned(), "has 2 letters", None),
            ("?".repeat(64), "not in hex", None),
        ] {
            let found = diagnosed(&signature);
            assert!(found.mistake.contains(mistake), "{mistake}: {found:?}");
            assert!(offset.is_none() || found.offset == offset, "{mistake}: {found:?}");
            assert_eq!(found.expected, format!("{SIGNED}&key={KEY}"));
        }
        let unsorted = HEAD.iter().filter(|(_, value)| !value.is_empty());
        let unsorted: String = unsorted.map(|(name, value)| format!("{name}={value}&")).collect();
        let found = diagnosed(&hmac(&format!("{unsorted}key={}", key())));
        assert!(found.mistake.contains("not sorted by name"), "{found:?}");
        assert_eq!(found.signed_visible.as_deref(), Some(format!("{unsorted}key={KEY}").as_str()));
    }

    #[test]
    fn who_calls_and_how_is_looked_at_before_the_string() {
        let account = Account::default();
        let request = Request::post("/pay/orderquery", "");
        let of = |fields: &Fields, sign_type, agreed| {
            let found = of_signature(&account, NOW, &request, fields, sign_type, agreed);
            found.map(|diagnosis| diagnosis.mistake)
        };
        let (md5, hmac) = (Some(SignType::Md5), Some(SignType::HmacSha256));
        let unsigned = Fields::from([("mch_id", "1900000109")]);
        assert_eq!(of(&unsigned, md5, None).as_deref(), Some("there is no `sign`"));
        let signed = with(&unsigned, "sign", "00");
        let foreign = with(&signed, "mch_id", "1");
        assert!(of(&foreign, md5, None).unwrap().contains("mch_id `1`"));
        let fallen_back = of(&signed, md5, hmac).unwrap();
        assert!(fallen_back.contains("asks for MD5, as no sign_type does"), "{fallen_back}");
        assert_eq!(of(&signed, None, hmac), None);
    }

    #[test]
    fn a_call_of_thousands_of_fields_makes_no_thousands_of_guesses() {
        let many: String = (0..5_000).map(|number| format!("<f{number}>1</f{number}>")).collect();
        let fields = xml::decode(&format!("<xml>{many}</xml>")).unwrap();
        assert!(mistakes(&fields).len() < 100);
    }
}
