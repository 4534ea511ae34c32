//! A merchant at the sandbox, with one paid order and one unpaid, who signs by lines of its own.

use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use sha2::Sha256;
use wxpay_sandbox::{Account, Addresses, Craft, Gateway, Request, Response, TradeState};

/// The sandbox's time; a signature made once is good for ever.
const NOW: i64 = 1_800_000_000;
const PAID: &str = "FUZZ-PAID";
const UNPAID: &str = "FUZZ-UNPAID";
/// The first merchant certificate of the sandbox, and its committed test key.
const SERIAL: &str = "408BA1C0DE79B8269FEC3D5D3E6AB8ED163A6A01";
const KEY: &str = include_str!("../../../crates/sandbox/src/v3/keys/merchant_1.pem");

pub(crate) struct Shop {
    gateway: Gateway,
    account: Account,
}

impl Shop {
    pub(crate) fn open() -> Self {
        let account = Account::default();
        let mut gateway = Gateway::new(account.clone(), Addresses::default(), 1);
        gateway.set_ahead_seconds(0);
        let mut shop = Self { gateway, account };
        for number in [PAID, UNPAID] {
            let body = shop.v2_signed(
                format!(
                    "out_trade_no={number}\nbody=tea\ntotal_fee=990\ntrade_type=NATIVE\n\
                     product_id=1\nspbill_create_ip=203.0.113.7\nnotify_url=http://127.0.0.1:1/"
                )
                .as_bytes(),
            );
            shop.ask(&Request::post("/pay/unifiedorder", body));
        }
        shop.gateway.pay(NOW, PAID, "oFuzz").expect("an order that can be paid");
        shop
    }

    pub(crate) fn ask(&mut self, request: &Request) -> Option<Response> {
        self.gateway.handle(NOW, request)
    }

    pub(crate) fn craft(&mut self, craft: &Craft) {
        drop(self.gateway.craft(NOW, craft));
    }

    /// `name=value`, one a line, with what every call has and a signature, as XML.
    pub(crate) fn v2_signed(&self, lines: &[u8]) -> Vec<u8> {
        let lines = String::from_utf8_lossy(lines);
        let mut fields: Vec<(&str, &str)> = lines
            .split('\n')
            .filter_map(|line| line.split_once('='))
            .filter(|(name, _)| {
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
            })
            .collect();
        fields.extend([
            ("appid", self.account.appid.as_str()),
            ("mch_id", self.account.mch_id.as_str()),
            ("nonce_str", "n"),
            ("sign_type", "HMAC-SHA256"),
        ]);
        fields.sort_by_key(|(name, _)| *name);
        fields.dedup_by_key(|(name, _)| *name);
        fields.retain(|(name, _)| *name != "sign");
        let mut text: String = fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}&"))
            .collect();
        text.push_str("key=");
        text.push_str(&self.account.v2_key);
        let mut mac = Hmac::<Sha256>::new_from_slice(self.account.v2_key.as_bytes())
            .expect("a key of any length");
        mac.update(text.as_bytes());
        let sign: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
        let elements: String = fields
            .iter()
            .map(|(name, value)| format!("<{name}><![CDATA[{value}]]></{name}>"))
            .collect();
        format!("<xml>{elements}<sign>{sign}</sign></xml>").into_bytes()
    }

    /// The same request with the headers that an SDK adds.
    pub(crate) fn v3_signed(&self, request: Request) -> Request {
        let text = format!("{}\n{}\n{NOW}\nn\n", request.method, request.path_and_query());
        let text = [text.as_bytes(), &request.body, b"\n"].concat();
        let authorization = format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"n\",timestamp=\"{NOW}\",\
             serial_no=\"{SERIAL}\",signature=\"{}\"",
            self.account.mch_id,
            BASE64.encode(sign(&text)),
        );
        request
            .with_header("accept", "application/json")
            .with_header("user-agent", "fuzz")
            .with_header("content-type", "application/json")
            .with_header("authorization", &authorization)
    }

    /// What must hold whatever was asked.
    pub(crate) fn close_up(&self) {
        for order in self.gateway.ledger().orders().filter(|order| order.out_trade_no != PAID) {
            let state = order.trade_state(NOW);
            assert!(
                matches!(state, TradeState::NotPay | TradeState::Closed),
                "{} is {state:?}, and nobody was at its cashier",
                order.out_trade_no
            );
        }
        let order = self.gateway.ledger().order(PAID).expect("an order does not vanish");
        let back: u64 = order.refunds.iter().map(|refund| refund.refund_fee).sum();
        assert!(back <= order.total_fee, "{back} fen of {} went back", order.total_fee);
    }
}

fn sign(text: &[u8]) -> Vec<u8> {
    static OURS: OnceLock<RsaKeyPair> = OnceLock::new();
    let key = OURS.get_or_init(|| {
        let base64: String = KEY
            .lines()
            .skip_while(|line| !line.starts_with("-----BEGIN"))
            .filter(|line| !line.starts_with("-----"))
            .collect();
        let der = BASE64.decode(base64).expect("a PEM");
        RsaKeyPair::from_pkcs8(&der).expect("a test key")
    });
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).expect("a signature");
    signature
}
