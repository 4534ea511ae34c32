//! The test shop (see `shop.rs`) speaking API V3.

use serde_json::{Value, json};

use super::{seal, sign};
use crate::{
    client::BUYER,
    craft::Crafted,
    message::{Request, Response},
    notify::Delivery,
    shop::{NO, Shop},
};

/// What a test changes in the header before it is sent.
#[derive(Clone)]
pub(crate) struct Signing {
    pub(crate) mchid: String,
    pub(crate) serial: String,
    pub(crate) timestamp: i64,
    pub(crate) signature: Option<String>,
}

impl Shop {
    /// A whole order call of API V3 for `jsapi`, `h5`, `native` or `app`.
    pub(crate) fn v3_terms(&self, kind: &str) -> Value {
        let account = self.gateway.account();
        let mut terms = json!({
            "appid": account.appid,
            "mchid": account.mch_id,
            "description": "茶叶",
            "out_trade_no": NO,
            "notify_url": "http://127.0.0.1:8787/notify/v3",
            "amount": { "total": 990, "currency": "CNY" },
        });
        match kind {
            "jsapi" => terms["payer"] = json!({ "openid": BUYER }),
            "h5" => {
                let h5_info = json!({ "type": "Wap" });
                terms["scene_info"] =
                    json!({ "payer_client_ip": "203.0.113.7", "h5_info": h5_info });
            }
            _ => {}
        }
        terms
    }

    pub(crate) fn v3_order(&mut self, kind: &str) -> (u16, Value) {
        let terms = self.v3_terms(kind);
        self.v3_post(&format!("/v3/pay/transactions/{kind}"), &terms)
    }

    pub(crate) fn v3_query(&mut self) -> (u16, Value) {
        let mchid = self.gateway.account().mch_id.clone();
        self.v3_get(&format!("/v3/pay/transactions/out-trade-no/{NO}?mchid={mchid}"))
    }

    pub(crate) fn v3_close(&mut self) -> (u16, Value) {
        let body = json!({ "mchid": self.gateway.account().mch_id });
        self.v3_post(&format!("/v3/pay/transactions/out-trade-no/{NO}/close"), &body)
    }

    pub(crate) fn v3_signing(&self) -> Signing {
        let merchant = self.gateway.keys.merchants().first().unwrap();
        Signing {
            mchid: self.gateway.account().mch_id.clone(),
            serial: merchant.serial.to_owned(),
            timestamp: self.now,
            signature: None,
        }
    }

    /// A request with the headers that every SDK sends, and the header `Authorization` that
    /// `signing` makes.
    pub(crate) fn v3_request(&self, signing: &Signing, request: Request) -> Request {
        let Signing { mchid, serial, timestamp, signature } = signing;
        let nonce = "593BEC0C930BF1AFEB40B4A08C8FB242";
        let url = request.path_and_query();
        let time = timestamp.to_string();
        let text = sign::request(&request.method, &url, &time, nonce, &request.body);
        let own = || self.gateway.keys.merchant(serial).unwrap().key.sign(&text);
        let signature = signature.clone().unwrap_or_else(own);
        let authorization = format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{mchid}\",nonce_str=\"{nonce}\",\
             signature=\"{signature}\",timestamp=\"{timestamp}\",serial_no=\"{serial}\""
        );
        request
            .with_header("accept", "application/json")
            .with_header("user-agent", "test")
            .with_header("content-type", "application/json")
            .with_header("authorization", &authorization)
    }

    /// Signs and sends; `None` if the gateway kept silent.
    pub(crate) fn v3_send(&mut self, request: Request) -> Option<Response> {
        let request = self.v3_request(&self.v3_signing(), request);
        self.gateway.handle(self.now, &request)
    }

    /// Signs, sends, and insists that the answer is rightly signed: status, and body as JSON.
    pub(crate) fn v3_call(&mut self, request: Request) -> (u16, Value) {
        let reply = self.v3_send(request).expect("an answer");
        assert!(self.v3_is_signed(&reply), "{}", reply.text());
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
    }

    pub(crate) fn v3_get(&mut self, url: &str) -> (u16, Value) {
        self.v3_call(Request::get(url))
    }

    pub(crate) fn v3_post(&mut self, url: &str, body: &Value) -> (u16, Value) {
        self.v3_call(Request::post(url, body.to_string()))
    }

    /// Whether an answer has all five headers, of this moment, and they hold.
    pub(crate) fn v3_is_signed(&self, reply: &Response) -> bool {
        self.v3_is_right(reply) && reply.named("wechatpay-timestamp") == Some(&self.now.to_string())
    }

    /// Whether a message has all five headers and they hold.
    pub(crate) fn v3_is_right(&self, message: &impl Headed) -> bool {
        let header = |name| message.named(name).unwrap_or_default();
        let timestamp = header("wechatpay-timestamp");
        let text = sign::message(timestamp, header("wechatpay-nonce"), message.bytes());
        let key = self.gateway.keys.platform(header("wechatpay-serial"));
        header("wechatpay-signature-type") == sign::ALGORITHM
            && key.is_some_and(|key| key.key.verifies(&text, header("wechatpay-signature")))
    }

    /// Who has signed a message, as far as the merchant can know, and by which serial.
    pub(crate) fn v3_signer(&self, message: &impl Headed) -> String {
        let header = |name| message.named(name).unwrap_or_default();
        let (serial, signature) = (header("wechatpay-serial"), header("wechatpay-signature"));
        let text = sign::message(
            header("wechatpay-timestamp"),
            header("wechatpay-nonce"),
            message.bytes(),
        );
        let keys = &self.gateway.keys;
        let signs = |serial: &str| {
            keys.platform(serial).is_some_and(|key| key.key.verifies(&text, signature))
        };
        let own = keys.for_notification([0, 0]).unwrap().serial;
        let words = if signs(serial) {
            "right"
        } else if signs(own) {
            "right, by another serial"
        } else if keys.platform(serial).is_some() {
            "wrong"
        } else {
            "wrong, by an unknown serial"
        };
        words.to_owned()
    }

    /// What the merchant reads out of what was sealed for it.
    pub(crate) fn v3_opened(&self, sealed: &Value) -> Option<Vec<u8>> {
        let text = |name: &str| sealed[name].as_str().unwrap();
        let key = &self.gateway.account().v3_key;
        seal::open(key, text("nonce"), text("associated_data"), text("ciphertext"))
    }
}

/// What WeChat has signed.
pub(crate) trait Headed {
    fn named(&self, name: &str) -> Option<&str>;
    fn bytes(&self) -> &[u8];
}

impl Headed for Response {
    fn named(&self, name: &str) -> Option<&str> {
        self.header(name)
    }

    fn bytes(&self) -> &[u8] {
        &self.body
    }
}

impl Headed for Delivery {
    fn named(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn bytes(&self) -> &[u8] {
        self.body.as_bytes()
    }
}

impl Headed for Crafted {
    fn named(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn bytes(&self) -> &[u8] {
        self.body.as_bytes()
    }
}

/// The two words of a refused call.
pub(crate) fn refusal((status, body): &(u16, Value)) -> (u16, &str) {
    (*status, body["code"].as_str().unwrap_or_default())
}
