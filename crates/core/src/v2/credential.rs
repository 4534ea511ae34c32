use alloc::string::String;

use super::{Fields, Refusal, SignType, sign, xml};
use crate::{ApiV2Key, Appid, Error, Mchid, NonceStr, Outcome, Unverified, Verified, Why};

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
                _ => Refusal::read(&fields).map(Reply::Refused).map_err(Error::from),
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
