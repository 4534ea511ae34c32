//! Who we are at WeChat, and by which API: the secrets that are set decide.
use std::iter;

use wxpay_core::{
    Api, ApiV2Key, ApiV3Key, Appid, Mchid, SerialNo,
    v2::{Credential, SignType, SubMerchant},
    v3::Merchant,
};

use super::variable::*;
use crate::{
    json,
    key_ring::KeyRing,
    pem::{self, Kind},
    rsa::{Signer, Verifier},
    v3::V3,
};

/// Who we are.
pub(super) struct Identity {
    pub(super) page_appid: Appid,
    pub(super) v2: Option<Credential>,
    pub(super) v3: Option<V3>,
    /// By which API new orders are placed.
    pub(super) api: Api,
}

pub(super) fn read(env: &Environment<'_>) -> Option<Identity> {
    let appid = env.required(APPID, |text| Appid::new(&text).ok());
    let mchid = env.required(MCHID, |text| Mchid::new(&text).ok());
    let (has_v2, has_v3) = (env.has(API_V2_KEY), env.has(API_V3_KEY));
    let api = env.optional(API, if has_v3 { "v3" } else { "v2" }, |text| match text {
        "v2" => Some(Api::V2),
        "v3" => Some(Api::V3),
        _ => None,
    });
    // One of them has to be there; where neither is, V3's is what a new merchant has.
    let needs_v2 = has_v2 || api == Some(Api::V2) && env.has(API);
    let needs_v3 = has_v3 || !needs_v2 || api == Some(Api::V3);
    let v2 = if needs_v2 { credential(env, &appid, &mchid).map(Some) } else { Some(None) };
    let v3 = if needs_v3 { account(env, &appid, &mchid).map(Some) } else { Some(None) };
    let (v2, v3) = (v2?, v3?);
    let page_appid = v2.as_ref().map_or(appid?, |credential| credential.page_appid().clone());
    Some(Identity { page_appid, v2, v3, api: api? })
}

fn credential(
    env: &Environment<'_>,
    appid: &Option<Appid>,
    mchid: &Option<Mchid>,
) -> Option<Credential> {
    let sign_type = env.optional(SIGN_TYPE, "HMAC-SHA256", SignType::parse);
    let key = env.required(API_V2_KEY, |text| ApiV2Key::new(text).ok());
    let second = env.maybe(API_V2_KEY_2, |text| ApiV2Key::new(text).ok());
    let sub_merchant = sub_merchant(env);
    let mut credential = Credential::new(appid.clone()?, mchid.clone()?, sign_type?, key?);
    if let Some(second) = second? {
        credential = credential.with_second_key(second);
    }
    match sub_merchant? {
        Some(sub_merchant) => Some(credential.with_sub_merchant(sub_merchant)),
        None => Some(credential),
    }
}

/// For whom a service provider (服务商) acts.
fn sub_merchant(env: &Environment<'_>) -> Option<Option<SubMerchant>> {
    let mchid = env.maybe(SUB_MCHID, |text| Mchid::new(&text).ok());
    let appid = env.maybe(SUB_APPID, |text| Appid::new(&text).ok());
    match (mchid?, appid?) {
        (Some(mchid), appid) => Some(Some(SubMerchant { mchid, appid })),
        (None, None) => Some(None),
        (None, Some(_)) => env.complain(SUB_MCHID.0, "set it too, or take WXPAY_SUB_APPID away"),
    }
}

fn account(env: &Environment<'_>, appid: &Option<Appid>, mchid: &Option<Mchid>) -> Option<V3> {
    let key = env.required(API_V3_KEY, |text| ApiV3Key::new(text).ok());
    let second = env.maybe(API_V3_KEY_2, |text| ApiV3Key::new(text).ok());
    let signer = env.read(MERCHANT_KEY, "", private_key);
    let serial_no = env.required(MERCHANT_SERIAL, |text| {
        SerialNo::new(&text.to_ascii_uppercase()).ok().filter(|serial| !serial.is_public_key())
    });
    let public_keys = env.read(PUBLIC_KEYS, "{}", public_keys);
    let downloads = env.optional(CERTIFICATES, "", |text| match text {
        "" => Some(None),
        "download" => Some(Some(())),
        _ => None,
    });
    if env.has(SUB_MCHID) {
        return env
            .complain(SUB_MCHID.0, "service providers: API V2 only; take the V3 secrets away");
    }
    let (public_keys, mchid) = (public_keys?, mchid.clone()?);
    // Somebody has to vouch for what WeChat says.
    let downloads = downloads?.is_some() || public_keys.is_empty();
    let ring = KeyRing::new(public_keys, downloads.then(|| mchid.clone()));
    let wechatpay_serial = ring.preferred().cloned();
    let merchant =
        Merchant { appid: appid.clone()?, mchid, serial_no: serial_no?, wechatpay_serial };
    Some(V3::new(merchant, ring, signer?, iter::once(key?).chain(second?)))
}

fn private_key(text: &str) -> Result<Signer, &'static str> {
    match pem::read(text) {
        Some((Kind::PrivateKey, der)) => Ok(Signer::new(der)),
        Some((Kind::Pkcs1, _)) => {
            Err("it is PKCS#1; turn it into PKCS#8: openssl pkcs8 -topk8 -nocrypt -in key.pem")
        }
        Some((Kind::Certificate, _)) => Err("it is a certificate; set apiclient_key.pem"),
        Some((Kind::PublicKey, _)) => Err("it is a public key; set apiclient_key.pem"),
        None => Err("set the secret to the text of apiclient_key.pem"),
    }
}

fn public_keys(text: &str) -> Result<Vec<Verifier>, &'static str> {
    let table: serde_json::Map<String, serde_json::Value> = json::read(text.as_bytes())
        .map_err(|_| "set a table: PUB_KEY_ID_... = the text of pub_key.pem")?;
    table.iter().map(|(id, pem)| public_key(id, pem.as_str().unwrap_or_default())).collect()
}

fn public_key(id: &str, pem: &str) -> Result<Verifier, &'static str> {
    let serial_no = SerialNo::new(id).ok().filter(SerialNo::is_public_key);
    let serial_no = serial_no.ok_or("name each key by its id, PUB_KEY_ID_ and digits")?;
    match pem::read(pem) {
        Some((Kind::PublicKey, der)) => Ok(Verifier::new(serial_no, der.to_vec())),
        Some((Kind::Certificate, _)) => {
            Err("one is a certificate; download pub_key.pem (微信支付公钥)")
        }
        Some(_) => Err("one is a private key; download pub_key.pem (微信支付公钥)"),
        None => Err("one is no key; set the text of pub_key.pem (微信支付公钥)"),
    }
}
