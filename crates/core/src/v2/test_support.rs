//! A merchant and a WeChat for the unit tests of this folder.
use alloc::{string::ToString, vec::Vec};

use super::{Credential, Fields, SignType};
use crate::{ApiV2Key, Appid, Mchid};

pub(crate) fn key() -> ApiV2Key {
    ApiV2Key::new("192006250b4c09247ec02edce69f6a2d".to_string()).unwrap() // published test key
}

pub(crate) fn credential() -> Credential {
    let appid = Appid::new("wx2421b1c4370ec43b").unwrap();
    Credential::new(appid, Mchid::new("10000100").unwrap(), SignType::HmacSha256, key())
}

pub(crate) fn reply(fields: &[(&str, &str)]) -> Vec<u8> {
    let all =
        fields.iter().fold(Fields::new().with("return_code", "SUCCESS"), |all, (name, value)| {
            all.with(name, value)
        });
    credential().as_wechat_would_say(all)
}
