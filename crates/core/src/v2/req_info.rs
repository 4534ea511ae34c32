//! `req_info`: the sealed part of a refund notification.
//!
//! Source: protocol page "退款结果通知", read 2026-11. base64 of AES-256-ECB with PKCS#7; the key is
//! the text of the APIv2 key's MD5, 32 small hex digits with their leading zeros.
//! ECB proves nothing: who cannot read a block can still move, repeat and drop blocks.
use alloc::{string::String, vec::Vec};
use core::fmt::Write as _;

use aes::{
    Aes256Dec, Block,
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
    let cipher = Aes256Dec::new_from_slice(aes_key(key).as_bytes()).ok()?;
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

/// The key's 32 bytes.
fn aes_key(key: &ApiV2Key) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(32));
    for byte in Md5::digest(key.expose().as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The other direction, for tests: only WeChat seals.
#[cfg(any(test, feature = "testing"))]
pub(super) fn seal(plain: &[u8], key: &ApiV2Key) -> String {
    use aes::{Aes256Enc, cipher::BlockCipherEncrypt as _};

    let padding = 16_usize.saturating_sub(plain.len() % 16);
    let mut bytes = plain.to_vec();
    bytes.extend(core::iter::repeat_n(u8::try_from(padding).unwrap_or_default(), padding));
    let Ok(cipher) = Aes256Enc::new_from_slice(aes_key(key).as_bytes()) else {
        return String::new();
    };
    for block in Block::slice_as_chunks_mut(&mut bytes).0 {
        cipher.encrypt_block(block);
    }
    BASE64_STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
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
    }

    #[test]
    fn padding_is_n_bytes_of_value_n() {
        let block = |end: [u8; 3]| {
            let plain = [b"a block's text".get(..13).unwrap(), &end].concat();
            let sealed = BASE64_STANDARD.decode(seal(&plain, &key())).unwrap();
            // Without its block of padding, so that the text ends as we say.
            open(&BASE64_STANDARD.encode(&sealed[..16]), &key()).map(|opened| opened.len())
        };
        assert_eq!(block([3, 3, 3]), Some(13));
        assert_eq!(block([9, 2, 2]), Some(14));
        for wrong in [[3, 2, 3], [9, 9, 0], [9, 9, 17], [9, 9, 255]] {
            assert_eq!(block(wrong), None, "{wrong:?}");
        }
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
