use crate::{Appid, Mchid, SerialNo};

/// A merchant as API V3 knows one. Its private key stays with whoever signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    /// The service account (公众号).
    pub appid: Appid,
    /// The merchant number (商户号).
    pub mchid: Mchid,
    /// The serial of the API certificate (商户API证书) whose key signs; never the platform's.
    pub serial_no: SerialNo,
    /// Which of WeChat's keys the answers shall be signed by: the id of a public key (微信支付公钥).
    /// Without it WeChat signs by a platform certificate, as long as the merchant has one.
    pub wechatpay_serial: Option<SerialNo>,
}
