//! The header `Authorization` of a request (签名信息): well-formed, of this time, and rightly signed,
//! in this order.
//!
//! Source: pay.weixin.qq.com V3 如何构造签名; the answers from a public probe of the live gateway.

use super::{call::Refusal, diagnosis, sign};
use crate::{diagnosis::Diagnosis, gateway::Gateway, message::Request, time::UnixSeconds};

/// Source: pay.weixin.qq.com V3: a request is good for five minutes, before and after.
const WINDOW_SECONDS: i64 = 5 * 60;

/// The five parameters of the header.
pub(super) struct Authorization<'a> {
    pub(super) mchid: &'a str,
    pub(super) nonce: &'a str,
    pub(super) timestamp: &'a str,
    pub(super) serial: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads the header. The order of the parameters is free.
    ///
    /// UNCONFIRMED: that nothing else is: one blank after the scheme, no blank after a comma.
    fn read(header: &'a str) -> Option<Self> {
        let rest = header.strip_prefix(sign::ALGORITHM)?.strip_prefix(' ')?;
        let pairs: Option<Vec<(&str, &str)>> = rest
            .split(',')
            .map(|pair| {
                let (name, value) = pair.split_once('=')?;
                Some((name, value.strip_prefix('"')?.strip_suffix('"')?))
            })
            .collect();
        let pairs = pairs?;
        let value = |name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| *value).filter(|value| !value.is_empty())
        };
        Some(Self {
            mchid: value("mchid")?,
            nonce: value("nonce_str")?,
            timestamp: value("timestamp")?,
            serial: value("serial_no")?,
            signature: value("signature")?,
        })
    }
}

/// Why a request is not believed.
pub(super) struct Unproven {
    pub(super) refusal: Refusal,
    pub(super) diagnosis: Option<Box<Diagnosis>>,
}

/// Whether the merchant itself sent this, now.
pub(super) fn check(
    gateway: &Gateway,
    now: UnixSeconds,
    request: &Request,
) -> Result<(), Unproven> {
    let now = gateway.signing_time(now);
    let unproven = |text: &str| Unproven { refusal: sign_error(text), diagnosis: None };
    let header = request.header("authorization").unwrap_or_default();
    let Some(authorization) = Authorization::read(header) else {
        return Err(unproven(if is_transaction(request) {
            "签名信息错误，验签失败"
        } else {
            "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》"
        }));
    };
    // The live gateway looks at the time first. What is no number of seconds is no time near now.
    let sent_at = authorization.timestamp.parse::<i64>().ok();
    let is_near = |sent_at: i64| now.saturating_sub(sent_at).saturating_abs() <= WINDOW_SECONDS;
    if !sent_at.is_some_and(is_near) {
        return Err(Unproven {
            diagnosis: Some(Box::new(diagnosis::of_time(now, request, &authorization))),
            ..unproven("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
        });
    }
    match diagnosis::of_signature(gateway, now, request, &authorization) {
        None => Ok(()),
        Some(diagnosis) => {
            Err(Unproven { diagnosis: Some(Box::new(diagnosis)), ..unproven("签名错误") })
        }
    }
}

/// Orders, queries and closing stand behind another door than the rest, with other words.
pub(super) fn is_transaction(request: &Request) -> bool {
    request.path.starts_with("/v3/pay/transactions/")
}

fn sign_error(text: &str) -> Refusal {
    Refusal::new(401, "SIGN_ERROR", text)
}
