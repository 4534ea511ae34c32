//! Percent-encoding, written out because the `url` crate costs a page 70 KB.
//!
//! Source: RFC 3986, section 2.3 (unreserved characters).

use super::Draft;

/// Appends `text` with everything but RFC 3986's unreserved characters percent-encoded.
///
/// The result is what JavaScript's `encodeURIComponent` makes, and `!'()*` encoded besides.
pub(super) fn encode_onto(out: &mut impl Draft, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.put_byte(byte);
        } else {
            out.put_byte(b'%');
            out.put_byte(hex_digit(byte >> 4));
            out.put_byte(hex_digit(byte & 0x0f));
        }
    }
}

fn hex_digit(nibble: u8) -> u8 {
    let base = if nibble < 10 { b'0' } else { b'A'.wrapping_sub(10) };
    base.wrapping_add(nibble)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn unreserved_characters_stay_and_all_others_are_encoded_in_upper_case() {
        let mut out = String::new();
        encode_onto(&mut out, "aZ9-._~ /?#[]@!$&'()*+,;=%付");
        assert_eq!(
            out,
            "aZ9-._~%20%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%E4%BB%98"
        );
    }
}
