use alloc::string::String;

use super::{Fields, Refusal, SignType, sign, xml};
use crate::{ApiV2Key, Appid, Error, Mchid, NonceStr, Outcome, Unverified, Verified, Why};

/// A merchant as API V2 knows one: appid, mchid, the key, and the algorithm agreed.
///
/// It signs what we send and checks what we are told.
/// Invariant: every [`Verified`] value is made in this file.
#[derive(Debug, Clone)]
pub struct Credential {
    appid: Appid,
    mchid: Mchid,
    sign_type: SignType,
    key: ApiV2Key,
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
}

/// A reply that the signature covers: yes with its fields, or a no with its code.
pub(crate) enum Reply {
    Success(Fields),
    Refused(Refusal),
}

impl Credential {
    /// A merchant's V2 identity.
    pub fn new(appid: Appid, mchid: Mchid, sign_type: SignType, key: ApiV2Key) -> Self {
        Self { appid, mchid, sign_type, key }
    }

    /// The appid whose openids, prepay ids and notifications are ours.
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
        let fields = fields
            .with("appid", &self.appid)
            .with("mch_id", &self.mchid)
            .with("nonce_str", nonce_str)
            .with("sign_type", self.sign_type.as_str());
        let sign = self.sign(&fields);
        SignedRequest { path, body: xml::encode(&fields.with("sign", sign)) }
    }

    /// Reads and checks one message: flat XML, our algorithm, our key, our appid and mchid.
    pub(crate) fn verify(&self, bytes: &[u8]) -> Result<Verified<Fields>, Error> {
        self.check(xml::decode(bytes)?)
    }

    fn check(&self, fields: Fields) -> Result<Verified<Fields>, Error> {
        sign::verify(&fields, self.sign_type, &self.key)?;
        for (name, ours) in [("appid", self.appid.as_str()), ("mch_id", self.mchid.as_str())] {
            if fields.get(name) != Some(ours) {
                return Err(Unverified::Identity(name).into());
            }
        }
        Ok(Verified::assertion(fields))
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
        let fields =
            fields.with("appid", &self.appid).with("mch_id", &self.mchid).with("nonce_str", "n1");
        let sign = self.sign(&fields);
        xml::encode(&fields.with("sign", sign)).into_bytes()
    }
}
