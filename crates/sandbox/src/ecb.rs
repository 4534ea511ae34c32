//! AES-256-ECB with PKCS#7 padding, which seals `req_info` of a refund notification.
//!
//! Source: pay.weixin.qq.com V2 退款结果通知, 解密步骤.

use aes::{
    Aes256,
    cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use md5::{Digest, Md5};

const BLOCK: usize = 16;

/// The 32 letters of the key's MD5 in lower-case hex are the AES key, leading zeros and all.
fn cipher(v2_key: &str) -> Aes256 {
    let digest = Md5::digest(v2_key.as_bytes());
    let mut key = Array::default();
    let letters: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    key.iter_mut().zip(letters.bytes()).for_each(|(place, letter)| *place = letter);
    Aes256::new(&key)
}

/// Seals `text` under the APIv2 key.
pub(crate) fn encrypt(v2_key: &str, text: &[u8]) -> Vec<u8> {
    let cipher = cipher(v2_key);
    let (whole, rest) = text.as_chunks::<BLOCK>();
    // PKCS#7: the last block says in every padding byte how many there are, one to sixteen.
    let padding = BLOCK.saturating_sub(rest.len());
    let mut last = [u8::try_from(padding).unwrap_or_default(); BLOCK];
    last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    let mut sealed = Vec::with_capacity(text.len().saturating_add(padding));
    for block in whole.iter().chain([&last]) {
        let mut block = Array::from(*block);
        cipher.encrypt_block(&mut block);
        sealed.extend_from_slice(&block);
    }
    sealed
}

/// Opens what [`encrypt`] sealed; `None` under another key.
pub(crate) fn decrypt(v2_key: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let cipher = cipher(v2_key);
    let mut text = Vec::new();
    for block in sealed.as_chunks::<BLOCK>().0 {
        let mut block = Array::from(*block);
        cipher.decrypt_block(&mut block);
        text.extend_from_slice(&block);
    }
    let padding = usize::from(*text.last()?);
    let kept = text.len().checked_sub(padding).filter(|_| (1..=BLOCK).contains(&padding))?;
    let (plain, rest) = text.split_at_checked(kept)?;
    rest.iter().all(|byte| usize::from(*byte) == padding).then(|| plain.to_vec())
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::*;

    /// Demo key that the official signature page publishes.
    const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
    const TEXT: &str = "<root><refund_status><![CDATA[SUCCESS]]></refund_status></root>";

    /// Both values also come out of `openssl enc -aes-256-ecb`.
    #[test]
    fn the_key_keeps_the_leading_zeros_of_its_hex() {
        for (key, sealed) in [
            (
                KEY,
                "bDP/xixH0hFEaZusu714U7rO4wZDF5SwkOt7MIFNUaladrdy0yQefoW3LYmmUmF3r7t23yZjibKV29fZKVgeUQ==",
            ),
            (
                "k0000000000000000000000000000003",
                "Ob4emvEHoynYbw551jZMd48Xy2FfRQI6YtjvYxcsSQvJgpIJ8m9CFCijeniN/3CDyNESsLF8WRTzsfrolJsusg==",
            ),
        ] {
            assert_eq!(STANDARD.encode(encrypt(key, TEXT.as_bytes())), sealed);
        }
    }

    #[test]
    fn every_length_comes_back_and_only_under_the_same_key() {
        for length in 0..=2 * BLOCK {
            let text = vec![b'x'; length];
            let sealed = encrypt(KEY, &text);
            assert_eq!(sealed.len(), (length / BLOCK + 1) * BLOCK);
            assert_eq!(decrypt(KEY, &sealed), Some(text));
        }
        assert_eq!(decrypt("another", &encrypt(KEY, TEXT.as_bytes())), None);
    }
}
