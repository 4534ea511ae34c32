//! The query of a request, read without a URL parser (which would weigh 75 KB in the Worker).

/// The first value of `name`, percent-decoded; `None` if absent or not UTF-8.
pub(crate) fn value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if key == name { decode(value) } else { None }
    })
}

/// Percent-decoded text; `None` if it is not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                high << 4 | low
            }
            b'+' => b' ',
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn the_first_value_is_decoded_once() {
        let query = "scope=snsapi_base&return_to=http%3A%2F%2Flocalhost%2Fpay%3Fa%3D%25E5&scope=x";
        assert_eq!(value(query, "return_to").as_deref(), Some("http://localhost/pay?a=%E5"));
        assert_eq!(value(query, "scope").as_deref(), Some("snsapi_base"));
        assert_eq!(value(query, "state"), None);
    }

    #[test]
    fn broken_escapes_and_other_encodings_are_absent() {
        for broken in ["a=%", "a=%4", "a=%zz", "a=%ff%fe"] {
            assert_eq!(value(broken, "a"), None, "{broken}");
        }
    }
}
