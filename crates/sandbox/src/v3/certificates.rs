//! 下载平台证书 `GET /v3/certificates`. Asking again changes nothing.
//!
//! Source: pay.weixin.qq.com V3 下载平台证书.

use serde_json::{Value, json};

use super::{
    call::{Call, Refusal, Reply},
    keys::PlatformKey,
    seal,
};
use crate::{
    gateway::Gateway,
    time::{UnixSeconds, to_rfc3339},
};

const ASSOCIATED_DATA: &str = "certificate";

pub(super) fn answer(gateway: &mut Gateway, now: UnixSeconds, _: &Call) -> Result<Reply, Refusal> {
    let certificates = gateway.keys.certificates().to_vec();
    // UNCONFIRMED: that what has expired is no longer among them.
    let alive =
        certificates.iter().filter(|key| key.life.is_some_and(|life| now < life.expires_at));
    let rows: Option<Vec<Value>> = alive.map(|key| row(gateway, key)).collect();
    match rows {
        Some(rows) if !rows.is_empty() => Ok(Reply::Json(json!({ "data": rows }))),
        Some(_) => Err(Refusal::new(
            404,
            "RESOURCE_NOT_EXISTS",
            "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。",
        )),
        None => Err(Refusal::system_error()),
    }
}

/// One certificate; `None` if the APIv3 key seals nothing.
fn row(gateway: &mut Gateway, key: &PlatformKey) -> Option<Value> {
    let nonce = gateway.random.hex(seal::NONCE);
    let v3_key = gateway.v3_key(gateway.in_force(None).v3_answer);
    let ciphertext = seal::seal(v3_key, &nonce, ASSOCIATED_DATA, key.pem().as_bytes())?;
    let life = key.life?;
    Some(json!({
        "serial_no": key.serial,
        "effective_time": to_rfc3339(life.effective_at),
        "expire_time": to_rfc3339(life.expires_at),
        "encrypt_certificate": {
            "algorithm": seal::ALGORITHM,
            "nonce": nonce,
            "associated_data": ASSOCIATED_DATA,
            "ciphertext": ciphertext,
        },
    }))
}
