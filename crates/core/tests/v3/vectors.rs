//! Strings to sign and to verify, headers and sealed parts, byte for byte as the vectors have them.

use serde_json::json;
use wxpay_core::{
    Error, Mchid, OutRefundNo, OutTradeNo, PrepayId, SerialNo, Unverified,
    question::{
        close_order::CloseOrder,
        order_query::OrderQuery,
        refund_query::{By, RefundQuery},
    },
    v3::{
        Ask, Certificates, Headers, Merchant, RawReply, Request, notify::NotificationClaim,
        request_payment::ToSign,
    },
};

use crate::vector::{Vector, base64, merchant};

/// What a vector's question makes of itself.
fn question(case: &str, merchant: &Merchant) -> Request {
    let bar = OutTradeNo::new("20260101120000A_-|*1").unwrap();
    let plain = "1217752501201407033233368018";
    match case {
        "query-by-out-trade-no" => {
            OrderQuery::of(OutTradeNo::new(plain).unwrap()).to_request(merchant)
        }
        "query-with-an-escaped-bar" => OrderQuery::of(bar).to_request(merchant),
        "refund-query" => {
            let by = By::OutRefundNo(OutRefundNo::new(plain).unwrap());
            RefundQuery { by, offset: 0 }.to_request(merchant)
        }
        "close" => CloseOrder { out_trade_no: bar }.to_request(merchant),
        other => panic!("no question for {other}"),
    }
}

#[test]
fn a_question_is_signed_and_sent_as_the_vectors_have_it() {
    for case in ["query-by-out-trade-no", "query-with-an-escaped-bar", "refund-query", "close"] {
        let vector = Vector::named(&format!("v3-sign/{case}"));
        let said = |name| vector.field("request.json", name);
        let merchant = Merchant {
            mchid: Mchid::new(&said("mchid")).unwrap(),
            serial_no: SerialNo::new(&said("serial_no")).unwrap(),
            ..merchant("wxd678efh567hg6787", "1")
        };
        let request = question(case, &merchant);
        let timestamp = vector.timestamp("request.json", "timestamp");
        let to_sign = request.to_sign(timestamp, vector.nonce("request.json", "nonce"));
        assert_eq!(to_sign.text(), vector.text("string-to-sign.txt"), "{case}");
        let signature = vector.text("signature.txt");
        let sent = to_sign.signed(&merchant, &base64(&signature));
        let (method, target) = (sent.method().to_owned(), sent.target().to_owned());
        assert_eq!([method, target], [said("method"), said("path_and_query")], "{case}");
        assert_eq!(sent.body().unwrap_or_default(), vector.text("body.json"), "{case}");
        let [mchid, nonce, timestamp, serial_no] =
            ["mchid", "nonce", "timestamp", "serial_no"].map(said);
        let authorization = format!(
            r#"WECHATPAY2-SHA256-RSA2048 mchid="{mchid}",nonce_str="{nonce}",signature="{signature}",timestamp="{timestamp}",serial_no="{serial_no}""#
        );
        assert_eq!(sent.authorization(), authorization, "{case}");
    }
}

#[test]
fn the_bridge_s_parameters_are_those_of_the_published_example() {
    let vector = Vector::named("v3-sign/pay-jsapi");
    let said = |name| vector.field("fields.json", name);
    let prepay_id = said("package").strip_prefix("prepay_id=").map(PrepayId::new);
    let to_sign = ToSign::new(
        &merchant(&said("appId"), "1900007291"),
        prepay_id.unwrap().unwrap(),
        vector.timestamp("fields.json", "timeStamp"),
        vector.nonce("fields.json", "nonceStr"),
    );
    assert_eq!(to_sign.jsapi_text(), vector.text("string-to-sign.txt"));
    let signature = vector.text("signature.txt");
    let mut expected = vector.json("fields.json");
    expected["paySign"] = json!(signature);
    assert_eq!(json!(to_sign.jsapi(&base64(&signature))), expected);
}

#[test]
fn an_app_s_parameters_are_those_of_the_published_example() {
    let vector = Vector::named("v3-sign/pay-app");
    let said = |name| vector.field("fields.json", name);
    let to_sign = ToSign::new(
        &merchant(&said("appid"), "1900007291"),
        PrepayId::new(&said("prepayid")).unwrap(),
        vector.timestamp("fields.json", "timestamp"),
        vector.nonce("fields.json", "noncestr"),
    );
    assert_eq!(to_sign.app_text(), vector.text("string-to-sign.txt"));
    let signature = vector.text("signature.txt");
    let mut expected = vector.json("fields.json");
    expected["partnerid"] = json!("1900007291");
    expected["sign"] = json!(signature);
    assert_eq!(json!(to_sign.app(&base64(&signature))), expected);
}

#[test]
fn what_is_to_be_verified_is_what_came_to_the_byte() {
    let mut checked = 0;
    for vector in Vector::all("v3-verify") {
        let name = vector.name();
        let body = vector.text("body.json").into_bytes();
        let now = vector.timestamp("headers.json", "Wechatpay-Timestamp");
        let headers = vector.headers(&[]);
        let as_notification = NotificationClaim::new(headers.clone(), &body, now).unwrap();
        let status = if body.is_empty() { 204 } else { 200 };
        let as_reply = RawReply { status, headers, request_id: None, body }.claim(now).unwrap();
        for claim in [as_notification.claim(), as_reply.claim()] {
            let expected = vector.text("string-to-verify.txt");
            assert_eq!(String::from_utf8_lossy(claim.message()), expected, "{name}");
            let said = |header| vector.field("headers.json", header);
            assert_eq!(claim.signature(), base64(&said("Wechatpay-Signature")), "{name}");
            assert_eq!(claim.serial().as_str(), said("Wechatpay-Serial"), "{name}");
            checked += 1;
        }
    }
    assert_eq!(checked, 6);
}

/// A reply of `GET /v3/certificates` whose one certificate is this sealed part.
fn list_of(encrypt_certificate: &serde_json::Value) -> RawReply {
    let signed = Vector::named("v3-verify/native-reply");
    let listed = json!({
        "serial_no": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        "effective_time": "2018-06-08T10:34:56+08:00",
        "expire_time": "2028-12-08T10:34:56+08:00",
        "encrypt_certificate": encrypt_certificate,
    });
    let body = json!({ "data": [listed] }).to_string().into_bytes();
    let headers: Headers = signed.headers(&[]);
    RawReply { status: 200, headers, request_id: None, body }
}

#[test]
fn what_is_to_be_opened_is_what_was_sealed_to_the_byte() {
    let now =
        Vector::named("v3-verify/native-reply").timestamp("headers.json", "Wechatpay-Timestamp");
    let mut checked = 0;
    for vector in Vector::all("v3-resource") {
        let name = vector.name();
        let said = vector.json("resource.json");
        let listed = Certificates::read(&list_of(&said).claim(now).unwrap());
        if name == "aes-128" {
            assert_eq!(listed, Err(Error::Unverified(Unverified::Algorithm)));
            continue;
        }
        let sealed = &listed.unwrap()[0].certificate;
        let nonce = said["nonce"].as_str().unwrap();
        let bytes = base64(said["ciphertext"].as_str().unwrap());
        assert_eq!(sealed.sealed(), [nonce.as_bytes(), &bytes].concat(), "{name}");
        let associated_data = said["associated_data"].as_str().unwrap_or_default();
        assert_eq!(sealed.associated_data(), associated_data.as_bytes(), "{name}");
        checked += 1;
    }
    assert_eq!(checked, 5);
}

#[test]
fn a_sensitive_text_is_sealed_as_it_is_and_214_bytes_are_the_most() {
    use wxpay_core::v3::sensitive::Sensitive;

    let key = SerialNo::new("PUB_KEY_ID_0114232134912410000000000000").unwrap();
    for vector in Vector::all("v3-sensitive") {
        let (plain, ciphertext) = (vector.text("plain.txt"), vector.text("ciphertext.txt"));
        let sensitive = Sensitive::new(plain.clone()).unwrap();
        assert_eq!(sensitive.to_encrypt(), plain.as_bytes());
        let encrypted = sensitive.encrypted(key.clone(), &base64(&ciphertext));
        assert_eq!((encrypted.text, encrypted.serial_no), (ciphertext, key.clone()));
    }
    let longest = Vector::named("v3-sensitive/longest").text("plain.txt");
    assert!(Sensitive::new(longest + "x").is_err());
}
