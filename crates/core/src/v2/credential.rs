use alloc::string::String;

use super::{Fields, SignType, sign, xml};
use crate::{
    ApiV2Key, Appid, Error, ErrorCode, Malformed, Mchid, NonceStr, Outcome, Refusal, Unverified,
    Verified, Why,
};

/// A merchant as API V2 knows one: appid, mchid, the key, and the algorithm agreed.
///
/// It signs what we send and checks what we are told. While the key is being changed at WeChat it
/// has two: it signs by the first, and what WeChat says checks under either.
/// Invariant: every [`Verified`] value is made in this file.
#[derive(Debug, Clone)]
pub struct Credential {
    appid: Appid,
    mchid: Mchid,
    sign_type: SignType,
    key: ApiV2Key,
    second_key: Option<ApiV2Key>,
    sub_merchant: Option<SubMerchant>,
}

/// The merchant (特约商户) for whom a service provider (服务商) acts: the money is theirs.
///
/// Source: protocol pages "服务商 统一下单", "服务商 查询订单", read 2026-11.
/// UNCONFIRMED: read only; no service provider has been at the gateway with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubMerchant {
    /// `sub_mch_id`.
    pub mchid: Mchid,
    /// `sub_appid`: their own account, if buyers are known under it.
    pub appid: Option<Appid>,
}

/// A request that carries its signature; the only thing that may be sent to the gateway.
/// POST to `https://api.mch.weixin.qq.com` + `path`, `Content-Type: text/xml`.
#[derive(Debug, Clone)]
pub struct SignedRequest {
    path: &'static str,
    body: String,
}

impl SignedRequest {
    /// The path, for example `/pay/unifiedorder`.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// The XML, UTF-8.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Whether the gateway answers this path only over mTLS, with the merchant's API certificate
    /// (商户API证书). Source: protocol page "API证书", read 2026-11.
    pub fn needs_certificate(&self) -> bool {
        matches!(self.path, "/secapi/pay/refund" | "/pay/downloadfundflow")
    }
}

/// A reply that the signature covers: yes with its fields, or a no with its code.
pub(crate) enum Reply {
    Success(Fields),
    Refused(Refusal),
}

impl Credential {
    /// A merchant's V2 identity.
    pub fn new(appid: Appid, mchid: Mchid, sign_type: SignType, key: ApiV2Key) -> Self {
        Self { appid, mchid, sign_type, key, second_key: None, sub_merchant: None }
    }

    /// The same merchant while the key is being changed: `key` is as good as the first for what
    /// WeChat says. What we send is still signed by the first.
    #[must_use]
    pub fn with_second_key(mut self, key: ApiV2Key) -> Self {
        self.second_key = Some(key);
        self
    }

    /// The same merchant with its two keys exchanged, for a caller who was told 签名错误 and signs
    /// the same call again. `None` if there is one key only.
    pub fn second(&self) -> Option<Self> {
        let first = self.second_key.clone()?;
        Some(Self { second_key: Some(self.key.clone()), key: first, ..self.clone() })
    }

    /// The same merchant as a service provider (服务商) who acts for `sub_merchant`.
    #[must_use]
    pub fn with_sub_merchant(mut self, sub_merchant: SubMerchant) -> Self {
        self.sub_merchant = Some(sub_merchant);
        self
    }

    /// For whom a service provider acts.
    pub fn sub_merchant(&self) -> Option<&SubMerchant> {
        self.sub_merchant.as_ref()
    }

    /// The appid that the page's world belongs to: openids, OAuth and the cashier's parameters.
    /// The sub-merchant's if it has one, else ours.
    pub fn page_appid(&self) -> &Appid {
        self.sub_appid().unwrap_or(&self.appid)
    }

    fn sub_appid(&self) -> Option<&Appid> {
        self.sub_merchant.as_ref()?.appid.as_ref()
    }

    /// The same merchant acting for nobody, signing by `sign_type`: for what concerns its own accounts.
    pub(crate) fn alone(&self, sign_type: SignType) -> Self {
        Self { sub_merchant: None, sign_type, ..self.clone() }
    }

    /// The field that names the buyer under [`Self::page_appid`].
    pub(crate) fn openid_field(&self) -> &'static str {
        if self.sub_appid().is_some() { "sub_openid" } else { "openid" }
    }

    /// The keys a message may be signed or sealed under, the first one first.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &ApiV2Key> {
        core::iter::once(&self.key).chain(&self.second_key)
    }

    /// The appid every message carries.
    pub fn appid(&self) -> &Appid {
        &self.appid
    }

    /// The merchant number.
    pub fn mchid(&self) -> &Mchid {
        &self.mchid
    }

    /// The algorithm agreed.
    pub fn sign_type(&self) -> SignType {
        self.sign_type
    }

    /// Signs any set of fields, adding nothing. The page's second signature uses it.
    pub(crate) fn sign(&self, fields: &Fields) -> String {
        sign::sign(fields, self.sign_type, &self.key)
    }

    /// Adds who we are, the nonce and the signature.
    pub(crate) fn request(
        &self,
        path: &'static str,
        fields: Fields,
        nonce_str: &NonceStr,
    ) -> SignedRequest {
        let fields = self
            .identified(fields)
            .with("nonce_str", nonce_str)
            .with("sign_type", self.sign_type.as_str());
        let sign = self.sign(&fields);
        SignedRequest { path, body: xml::encode(&fields.with("sign", sign)) }
    }

    /// Who a message is from or for: every name that must be ours.
    fn identity(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let sub_mchid = self.sub_merchant.as_ref().map(|sub| sub.mchid.as_str());
        [("appid", self.appid.as_str()), ("mch_id", self.mchid.as_str())]
            .into_iter()
            .chain(sub_mchid.map(|mchid| ("sub_mch_id", mchid)))
            .chain(self.sub_appid().map(|appid| ("sub_appid", appid.as_str())))
    }

    fn identified(&self, fields: Fields) -> Fields {
        self.identity().fold(fields, |fields, (name, ours)| fields.with(name, ours))
    }

    /// Reads and checks one message: flat XML, our algorithm, our key, our appid and mchid.
    pub(crate) fn verify(&self, bytes: &[u8]) -> Result<Verified<Fields>, Error> {
        self.check(xml::decode(bytes)?)
    }

    fn check(&self, fields: Fields) -> Result<Verified<Fields>, Error> {
        let first = sign::verify(&fields, self.sign_type, &self.key);
        match (first, &self.second_key) {
            (Err(Unverified::Signature), Some(key)) => sign::verify(&fields, self.sign_type, key)?,
            (first, _) => first?,
        }
        self.is_for_us(&fields)?;
        Ok(Verified::assertion(fields))
    }

    /// Checks that a message names us, and the merchant we act for. Without one a `sub_mch_id` is
    /// not looked at: WeChat's own example of a merchant's notification carries one.
    pub(crate) fn is_for_us(&self, fields: &Fields) -> Result<(), Unverified> {
        match self.identity().find(|(name, ours)| fields.get(name) != Some(ours)) {
            Some((name, _)) => Err(Unverified::Identity(name)),
            None => Ok(()),
        }
    }

    /// Reads and checks the gateway's reply. `return_code=FAIL` is never signed, so it is no answer:
    /// it may delay an order, it can not change one.
    pub(crate) fn verify_reply(&self, bytes: &[u8]) -> Outcome<Verified<Reply>> {
        let unknown = |error: Error| Outcome::Unknown(Why::Distrusted(error));
        let fields = match xml::decode(bytes) {
            Ok(fields) => fields,
            Err(malformed) => return unknown(malformed.into()),
        };
        if fields.get("return_code") != Some("SUCCESS") {
            let said: String =
                fields.get("return_msg").unwrap_or_default().chars().take(128).collect();
            return Outcome::Unknown(Why::UnsignedRefusal(said));
        }
        let reply = self.check(fields).and_then(|verified| {
            verified.try_map(|fields| match fields.required("result_code")? {
                "SUCCESS" => Ok(Reply::Success(fields)),
                _ => refusal(&fields).map(Reply::Refused).map_err(Error::from),
            })
        });
        match reply {
            Ok(reply) => match reply.get() {
                Reply::Refused(refusal) if refusal.code.is_busy() => Outcome::Unknown(Why::Busy),
                _ => Outcome::Known(reply),
            },
            Err(error) => unknown(error),
        }
    }

    /// The bytes of `fields` as WeChat would send them under this credential: for tests of the
    /// other crates, which must not be able to make a `Verified` value by any other way.
    #[cfg(any(test, feature = "testing"))]
    pub fn as_wechat_would_say(&self, fields: Fields) -> alloc::vec::Vec<u8> {
        let fields = self.identified(fields).with("nonce_str", "n1");
        let sign = self.sign(&fields);
        xml::encode(&fields.with("sign", sign)).into_bytes()
    }

    /// A refund notification about `fields` as WeChat would send it: not signed, but sealed under
    /// this credential's first key.
    #[cfg(any(test, feature = "testing"))]
    pub fn as_wechat_would_seal(&self, fields: &Fields) -> alloc::vec::Vec<u8> {
        let xml = xml::encode(fields).replacen("<xml>", "<root>", 1);
        let inner = alloc::format!("{}</root>", xml.strip_suffix("</xml>").unwrap_or_default());
        let outer = self
            .identified(Fields::new())
            .with("return_code", "SUCCESS")
            .with("nonce_str", "n1")
            .with("req_info", super::req_info::seal(inner.as_bytes(), &self.key));
        xml::encode(&outer).into_bytes()
    }
}

fn refusal(fields: &Fields) -> Result<Refusal, Malformed> {
    Ok(Refusal {
        code: ErrorCode::read(fields.required("err_code")?),
        description: fields.get("err_code_des").unwrap_or_default().into(),
        request_id: None,
    })
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use core::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::{
        Body, Fen, Notification, NotifyUrl, Openid, OutTradeNo, PrepayId, UnixSeconds,
        question::prepay::{Prepay, Trade},
        request_payment::RequestPayment,
        v2::{Ask as _, notify::RawNotification, test_support::*},
    };

    fn new_key() -> ApiV2Key {
        ApiV2Key::new("k0000000000000000000000000000003".to_string()).unwrap() // test key
    }

    fn under(key: ApiV2Key) -> Credential {
        Credential { key, ..credential() }
    }

    fn nonce_str() -> NonceStr {
        NonceStr::new("n0").unwrap()
    }

    fn acting_for(mchid: &str, appid: Option<&str>) -> Credential {
        let appid = appid.map(|appid| Appid::new(appid).unwrap());
        credential().with_sub_merchant(SubMerchant { mchid: Mchid::new(mchid).unwrap(), appid })
    }

    fn order() -> Prepay {
        Prepay {
            out_trade_no: OutTradeNo::new("20260101120000A").unwrap(),
            body: Body::new("示例商城-测试商品").unwrap(),
            total_fee: Fen::new(1),
            attach: None,
            notify_url: NotifyUrl::new("https://pay.example.com/notify/v2/pay").unwrap(),
            spbill_create_ip: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
            time_expire: UnixSeconds::new(1_767_241_800).into(),
            trade: Trade::Jsapi { openid: Openid::new("o1").unwrap() },
        }
    }

    fn paid(openid_field: &str) -> Fields {
        [
            ("return_code", "SUCCESS"),
            ("result_code", "SUCCESS"),
            (openid_field, "o1"),
            ("trade_type", "JSAPI"),
            ("total_fee", "1"),
            ("transaction_id", "1004400740201409030005092168"),
            ("out_trade_no", "20260101120000A"),
            ("time_end", "20140903131540"),
        ]
        .iter()
        .fold(Fields::new(), |fields, (name, value)| fields.with(name, value))
    }

    fn notified(wechat: &Credential, ours: &Credential, field: &str) -> Result<Openid, Error> {
        let raw = RawNotification::new(wechat.as_wechat_would_say(paid(field)));
        match raw.verify(ours)?.into_inner() {
            Notification::Paid(payment) => Ok(payment.openid.unwrap()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn while_the_key_changes_either_checks_and_the_first_signs() {
        let both = credential().with_second_key(new_key());
        for wechat in [credential(), under(new_key())] {
            assert!(notified(&wechat, &both, "openid").is_ok());
            assert!(notified(&wechat, &both.second().unwrap(), "openid").is_ok());
        }
        let third = under(ApiV2Key::new("0".repeat(32)).unwrap()); // test key
        assert_eq!(notified(&third, &both, "openid"), Err(Unverified::Signature.into()));

        let signed_by = |credential: &Credential| {
            let request = credential.request("/pay/orderquery", Fields::new(), &nonce_str());
            let fields = xml::decode(request.body().as_bytes()).unwrap();
            [key(), new_key()]
                .map(|key| sign::verify(&fields, credential.sign_type(), &key).is_ok())
        };
        assert_eq!(signed_by(&both), [true, false]);
        assert_eq!(signed_by(&both.second().unwrap()), [false, true]);
        assert_eq!(signed_by(&both.second().unwrap().second().unwrap()), [true, false]);
        assert!(credential().second().is_none());
    }

    #[test]
    fn only_an_unsigned_word_about_our_signature_calls_for_the_other_key() {
        let said = |words: &str| {
            let xml = alloc::format!(
                "<xml><return_code>FAIL</return_code><return_msg>{words}</return_msg></xml>"
            );
            match credential().verify_reply(xml.as_bytes()) {
                Outcome::Unknown(why) => why.is_about_our_signature(),
                Outcome::Known(_) => panic!("an unsigned refusal is no answer"),
            }
        };
        assert!(said("签名错误") && said("签名失败"));
        assert!(!said("参数格式校验错误"));
        assert!(!Why::Distrusted(Unverified::Signature.into()).is_about_our_signature());
    }

    #[test]
    fn a_service_providers_request_names_the_merchant_and_the_buyer_under_its_appid() {
        let fields = |credential: &Credential| {
            let request = order().to_request(credential, &nonce_str());
            xml::decode(request.body().as_bytes()).unwrap()
        };
        let with_appid = fields(&acting_for("1900000109", Some("wx8888888888888888")));
        assert_eq!(with_appid.get("sub_mch_id"), Some("1900000109"));
        assert_eq!(with_appid.get("sub_appid"), Some("wx8888888888888888"));
        assert_eq!((with_appid.get("sub_openid"), with_appid.get("openid")), (Some("o1"), None));
        let without = fields(&acting_for("1900000109", None));
        assert_eq!(
            (without.get("sub_mch_id"), without.get("sub_appid")),
            (Some("1900000109"), None)
        );
        assert_eq!((without.get("sub_openid"), without.get("openid")), (None, Some("o1")));
    }

    #[test]
    fn money_for_another_sub_merchant_is_not_ours() {
        let ours = acting_for("1900000109", Some("wx8888888888888888"));
        assert!(notified(&ours, &ours, "sub_openid").is_ok());
        assert_eq!(
            notified(&ours, &ours, "openid"),
            Err(crate::Malformed::Missing("sub_openid").into())
        );
        for (wechat, field) in [
            (acting_for("1900000108", Some("wx8888888888888888")), "sub_mch_id"),
            (acting_for("1900000109", Some("wx8888888888888889")), "sub_appid"),
            (acting_for("1900000109", None), "sub_appid"),
            (credential(), "sub_mch_id"),
        ] {
            let refused = Err(Unverified::Identity(field).into());
            assert_eq!(notified(&wechat, &ours, "sub_openid"), refused);
        }
    }

    #[test]
    fn a_payment_outside_jsapi_is_seen_under_whichever_openid_it_names() {
        let ours = acting_for("1900000109", Some("wx8888888888888888"));
        let mweb = paid("openid").with("trade_type", "MWEB");
        let raw = RawNotification::new(ours.as_wechat_would_say(mweb));
        assert!(matches!(raw.verify(&ours).unwrap().get(), Notification::Paid(_)));
    }

    #[test]
    fn the_cashier_is_opened_for_the_appid_of_the_page() {
        let signed = |credential: &Credential| {
            let prepay_id = PrepayId::new("wx1").unwrap();
            let now = UnixSeconds::new(1_395_712_654);
            RequestPayment::sign(credential, &prepay_id, now, &nonce_str()).app_id
        };
        assert_eq!(
            signed(&acting_for("1900000109", Some("wx8888888888888888"))),
            "wx8888888888888888"
        );
        assert_eq!(signed(&acting_for("1900000109", None)), "wx2421b1c4370ec43b");
    }
}
