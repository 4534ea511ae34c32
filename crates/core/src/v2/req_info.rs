//! `req_info`: the sealed part of a refund notification.
//!
//! Source: protocol page "退款结果通知", read 2026-11. base64 of AES-256-ECB with PKCS#7; the key is
//! the text of the APIv2 key's MD5, 32 small hex digits with their leading zeros.
//! ECB proves nothing: who cannot read a block can still move, repeat and drop blocks.
use alloc::vec::Vec;
use core::fmt::Write as _;

use aes::{
    Aes256, Block,
    cipher::{BlockCipherDecrypt as _, KeyInit as _},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use crate::ApiV2Key;

/// Opens `req_info`; `None` if it is no base64, not whole blocks, or not padded under this key.
pub(super) fn open(req_info: &str, key: &ApiV2Key) -> Option<Vec<u8>> {
    let mut bytes = BASE64_STANDARD.decode(req_info).ok()?;
    let (blocks, rest) = Block::slice_as_chunks_mut(&mut bytes);
    if !rest.is_empty() {
        return None;
    }
    let cipher = cipher(key);
    for block in blocks {
        cipher.decrypt_block(block);
    }
    // PKCS#7: n bytes of value n, 1 to 16 of them.
    let padding = usize::from(*bytes.last()?);
    let end = bytes.len().checked_sub(padding)?;
    let padded = bytes.get(end..)?;
    if !(1..=16).contains(&padding) || padded.iter().any(|byte| usize::from(*byte) != padding) {
        return None;
    }
    bytes.truncate(end);
    Some(bytes)
}

fn cipher(key: &ApiV2Key) -> Aes256 {
    let mut text = Zeroizing::new(alloc::string::String::with_capacity(32));
    for byte in Md5::digest(key.expose().as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    #[expect(clippy::expect_used, reason = "an MD5 in hex has the 32 bytes of an AES-256 key")]
    Aes256::new_from_slice(text.as_bytes()).expect("32 bytes")
}

/// The other direction, for tests: only WeChat seals.
#[cfg(any(test, feature = "testing"))]
pub(super) fn seal(plain: &[u8], key: &ApiV2Key) -> alloc::string::String {
    use aes::cipher::BlockCipherEncrypt as _;

    let padding = 16_usize.saturating_sub(plain.len() % 16);
    let mut bytes = plain.to_vec();
    bytes.extend(core::iter::repeat_n(u8::try_from(padding).unwrap_or_default(), padding));
    let cipher = cipher(key);
    for block in Block::slice_as_chunks_mut(&mut bytes).0 {
        cipher.encrypt_block(block);
    }
    BASE64_STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use std::{fs, path::Path};

    use proptest::prelude::*;

    use super::*;
    use crate::v2::test_support::key;

    /// The folder's `source.md` says where each vector is from.
    #[test]
    fn every_vector_opens_to_the_byte() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/v2-req-info");
        let mut cases = 0;
        for case in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
            let read = |name: &str| fs::read_to_string(case.join(name)).unwrap();
            let line = |name: &str| read(name).lines().next().unwrap().to_string();
            let key = ApiV2Key::new(line("test-key.txt")).unwrap();
            let (sealed, plain) = (line("req_info.txt"), read("plain.xml"));
            let opened = open(&sealed, &key).map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(opened.as_ref(), Some(&plain), "{case:?}");
            assert_eq!(seal(plain.as_bytes(), &key), sealed, "{case:?}");
            cases += 1;
        }
        assert!(cases >= 3, "only {cases} vectors were checked");
    }

    #[test]
    fn what_is_not_sealed_by_the_key_does_not_open() {
        let other = ApiV2Key::new("k0000000000000000000000000000003".to_string()).unwrap(); // test key
        assert_eq!(open(&seal(b"<root></root>", &key()), &other), None);
        for broken in ["", "not base64!", "AAAA", "QUJD\n"] {
            assert_eq!(open(broken, &key()), None, "{broken}");
        }
        // A whole block of blanks decrypts to something, and its last byte counts no padding.
        assert_eq!(open(&BASE64_STANDARD.encode([0_u8; 16]), &key()), None);
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(plain in any::<Vec<u8>>()) {
            prop_assert_eq!(open(&seal(&plain, &key()), &key()), Some(plain));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), text in any::<String>()) {
            let _ = open(&BASE64_STANDARD.encode(bytes), &key());
            let _ = open(&text, &key());
        }
    }
}
