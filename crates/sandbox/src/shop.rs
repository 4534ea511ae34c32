//! A small shop for the tests: it signs orders, reads answers, and keeps its own clock.

use crate::{
    account::{Account, Addresses, SubMerchant},
    ack::Ack,
    client::{BUYER, ClientKind},
    gateway::Gateway,
    message::{Request, Response},
    sign::{self, SignType},
    time::UnixSeconds,
    xml::{self, Fields},
};

pub(crate) const NOW: UnixSeconds = 1_800_000_000;
pub(crate) const NO: &str = "ORDER-000001";
pub(crate) const SCENE: &str =
    r#"{"h5_info":{"type":"Wap","wap_url":"http://localhost","wap_name":"shop"}}"#;

pub(crate) struct Shop {
    pub(crate) gateway: Gateway,
    pub(crate) now: UnixSeconds,
    pub(crate) sign_type: SignType,
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::open_with(Account::default())
    }

    pub(crate) fn open_with(account: Account) -> Self {
        let sign_type = account.sign_type.unwrap_or(SignType::Md5);
        Self { gateway: Gateway::new(account, Addresses::default(), 1), now: NOW, sign_type }
    }

    /// The shop of a sub-merchant whose calls a service provider makes.
    pub(crate) fn of_provider() -> Self {
        let appid = Some("wx8888888888888888".to_owned());
        let sub_merchant = SubMerchant { mch_id: "1900000200".to_owned(), appid };
        Self::open_with(Account { sub_merchant: Some(sub_merchant), ..Account::default() })
    }

    /// A whole order call of a service provider, for a buyer known by the sub-merchant's appid.
    pub(crate) fn provided() -> Fields {
        let terms = with(&Self::terms("JSAPI"), "openid", "");
        let terms = with(&terms, "sub_mch_id", "1900000200");
        with(&with(&terms, "sub_appid", "wx8888888888888888"), "sub_openid", BUYER)
    }

    /// A whole order call, ready to be changed field by field.
    pub(crate) fn terms(trade_type: &str) -> Fields {
        let mut fields = Fields::from([
            ("body", "茶叶"),
            ("out_trade_no", NO),
            ("total_fee", "990"),
            ("spbill_create_ip", "203.0.113.7"),
            ("notify_url", "http://127.0.0.1:8787/notify/v2/pay"),
            ("trade_type", trade_type),
        ]);
        match trade_type {
            "JSAPI" => fields.push("openid", BUYER),
            "NATIVE" => fields.push("product_id", "tea"),
            _ => fields.push("scene_info", SCENE),
        }
        fields
    }

    /// The signed body of a call.
    pub(crate) fn signed(&self, fields: &Fields) -> String {
        let account = self.gateway.account();
        let mut whole = Fields::from([
            ("appid", account.appid.as_str()),
            ("mch_id", account.mch_id.as_str()),
            ("nonce_str", "0123456789abcdef"),
            ("sign_type", self.sign_type.as_str()),
        ]);
        fields.iter().for_each(|(name, value)| whole.push(name, value));
        let signature = sign::sign(&whole, self.sign_type, &account.v2_key);
        whole.push("sign", signature);
        xml::encode(&whole)
    }

    /// Signs and sends; `None` if the gateway kept silent.
    pub(crate) fn send(&mut self, path: &str, fields: &Fields) -> Option<Response> {
        let body = self.signed(fields);
        self.gateway.handle(self.now, &Request::post(path, body))
    }

    /// Signs, sends, reads, and insists that every answer but a refused envelope is signed.
    pub(crate) fn call(&mut self, path: &str, fields: &Fields) -> Fields {
        let reply = self.send(path, fields).expect("an answer");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("text/plain"));
        let answer = xml::decode(&reply.text()).unwrap();
        if answer.get("return_code") == Some("SUCCESS") {
            let key = &self.gateway.account().v2_key;
            assert!(sign::verify(&answer, self.sign_type, key, answer.get("sign").unwrap()));
        } else {
            assert_eq!(answer.iter().count(), 2, "a refused envelope says nothing more");
        }
        answer
    }

    pub(crate) fn order(&mut self, trade_type: &str) -> Fields {
        self.call("/pay/unifiedorder", &Self::terms(trade_type))
    }

    pub(crate) fn query(&mut self) -> Fields {
        self.call("/pay/orderquery", &Fields::from([("out_trade_no", NO)]))
    }

    pub(crate) fn close(&mut self) -> Fields {
        self.call("/pay/closeorder", &Fields::from([("out_trade_no", NO)]))
    }

    /// A whole refund call.
    pub(crate) fn refund_terms(out_refund_no: &str, refund_fee: u64) -> Fields {
        Fields::from([
            ("out_trade_no", NO),
            ("out_refund_no", out_refund_no),
            ("total_fee", "990"),
            ("refund_fee", &refund_fee.to_string()),
            ("notify_url", "http://127.0.0.1:8787/notify/v2/refund"),
        ])
    }

    pub(crate) fn refund(&mut self, out_refund_no: &str, refund_fee: u64) -> Fields {
        self.call("/secapi/pay/refund", &Self::refund_terms(out_refund_no, refund_fee))
    }

    /// What the shop answers to a notification it takes.
    pub(crate) fn ack() -> Ack {
        let body = "<xml><return_code>SUCCESS</return_code></xml>";
        Ack::Answer { status: 200, body: body.into() }
    }

    pub(crate) fn pay(&mut self) {
        self.gateway.pay(self.now, NO, BUYER).unwrap();
    }

    pub(crate) fn get(&mut self, kind: ClientKind, path: &str) -> Response {
        let request = Request::get(path).through(kind);
        self.gateway.handle(self.now, &request).expect("an answer")
    }

    /// Presses a button of a cashier that `page` shows.
    pub(crate) fn press(&mut self, kind: ClientKind, page: &Response, button: &str) -> Response {
        let text = page.text();
        let start = text.find(&format!("/cashier/{button}?session=")).expect("a cashier");
        let action = text[start..].split('"').next().unwrap_or_default().to_owned();
        let request = Request::post(&action, "").through(kind);
        self.gateway.handle(self.now, &request).expect("an answer")
    }
}

/// The text a refusing page shows; `None` if the page does not refuse.
pub(crate) fn error_text(page: &Response) -> Option<String> {
    let text = page.text();
    let shown = text.split_once("id=\"sandbox-error\">")?.1.split_once('<')?.0;
    Some(shown.to_owned())
}

/// The two words of a refused call: `err_code` and its description, or `FAIL` and `return_msg`.
pub(crate) fn refusal(answer: &Fields) -> (String, String) {
    let word = |name| answer.get(name).unwrap_or_default().to_owned();
    if answer.get("return_code") == Some("FAIL") {
        (word("return_code"), word("return_msg"))
    } else {
        (word("err_code"), word("err_code_des"))
    }
}

/// The same fields with one value changed, added, or (by an empty value) taken away.
pub(crate) fn with(fields: &Fields, name: &str, value: &str) -> Fields {
    let mut changed = Fields::default();
    for (known, old) in fields.iter().filter(|(known, _)| *known != name) {
        changed.push(known, old);
    }
    changed.push(name, value);
    changed
}
