//! PEM: base64 between two lines that say what it is.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Letters of base64 in a line.
///
/// Source: RFC 7468 section 2.
const LINE: usize = 64;

/// `der` as PEM.
pub(crate) fn write(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut lines = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while let Some((line, tail)) = rest.split_at_checked(LINE) {
        lines.push_str(line);
        lines.push('\n');
        rest = tail;
    }
    if !rest.is_empty() {
        lines.push_str(rest);
        lines.push('\n');
    }
    lines.push_str(&format!("-----END {label}-----\n"));
    lines
}

/// What stands between the two lines; text around them is a remark. `None` if there is none such.
pub(crate) fn read(label: &str, text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (inside, _) = rest.split_once(&format!("-----END {label}-----"))?;
    STANDARD.decode(inside.split_whitespace().collect::<String>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_comes_back_whatever_stands_around_it() {
        for length in 0..200 {
            let der = vec![7; length];
            let text = write("X", &der);
            assert!(text.lines().all(|line| line.len() <= LINE), "{text}");
            assert_eq!(read("X", &format!("a remark\n{text}\nanother")), Some(der));
        }
        assert_eq!(read("Y", &write("X", b"1")), None);
    }
}
