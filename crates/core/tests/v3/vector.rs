//! A folder of `tests/vectors`, and the messages that are made of it.

use std::{fs, path::PathBuf};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use wxpay_core::{
    Appid, Mchid, NonceStr, Outcome, SerialNo, UnixSeconds, Verified,
    v3::{Headers, Merchant, RawReply, Reply, Verdict},
};

/// One folder.
pub(crate) struct Vector(PathBuf);

impl Vector {
    pub(crate) fn named(name: &str) -> Self {
        Self(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(name))
    }

    /// Every folder of a kind.
    pub(crate) fn all(kind: &str) -> Vec<Self> {
        let entries = fs::read_dir(Self::named(kind).0).unwrap();
        entries.map(|entry| Self(entry.unwrap().path())).collect()
    }

    pub(crate) fn name(&self) -> String {
        self.0.file_name().unwrap().to_string_lossy().into_owned()
    }

    /// A file's text; empty if there is none, which is how an empty body is kept.
    pub(crate) fn text(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap_or_default()
    }

    pub(crate) fn json(&self, file: &str) -> Value {
        serde_json::from_str(&self.text(file)).unwrap()
    }

    /// One text of a JSON file.
    pub(crate) fn field(&self, file: &str, name: &str) -> String {
        self.json(file)[name].as_str().unwrap().to_owned()
    }

    /// The headers of a message under `v3-verify`, some of them changed, or taken out.
    pub(crate) fn headers(&self, changed: &[(&str, Option<&str>)]) -> Headers {
        let headers = self.json("headers.json");
        Headers::read(|name| match changed.iter().find(|(other, _)| *other == name) {
            Some((_, value)) => value.map(str::to_owned),
            None => headers[name].as_str().map(str::to_owned),
        })
    }

    /// When it was signed.
    pub(crate) fn timestamp(&self, file: &str, name: &str) -> UnixSeconds {
        UnixSeconds::new(self.field(file, name).parse().unwrap())
    }

    pub(crate) fn nonce(&self, file: &str, name: &str) -> NonceStr {
        NonceStr::new(&self.field(file, name)).unwrap()
    }
}

pub(crate) fn base64(text: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text).unwrap()
}

/// The demo merchant of the official documentation, with the appid of its examples.
pub(crate) fn merchant(appid: &str, mchid: &str) -> Merchant {
    Merchant {
        appid: Appid::new(appid).unwrap(),
        mchid: Mchid::new(mchid).unwrap(),
        serial_no: SerialNo::new("408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB").unwrap(),
        wechatpay_serial: None,
    }
}

/// A reply whose signature was found right.
pub(crate) fn said(status: u16, body: &str) -> Outcome<Verified<Reply>> {
    let vector = Vector::named("v3-verify/native-reply");
    let now = vector.timestamp("headers.json", "Wechatpay-Timestamp");
    let headers = vector.headers(&[]);
    let raw = RawReply { status, headers, request_id: None, body: body.into() };
    raw.claim(now).unwrap().proven(Verdict::Right)
}
