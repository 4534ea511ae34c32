//! The dialect: one element `<xml>` (inside a refund notification `<root>`), text-only children, UTF-8.
//!
//! A narrow gate in front of quick-xml. Refused outright: DOCTYPE, entities beyond the five,
//! comments, processing instructions, attributes, nesting, the same field twice, anything outside
//! the fields but white space. None of these is in a real message, and each has been an attack on
//! some WeChat Pay integration (XXE in the official Java SDK, 2018).
use alloc::string::{String, ToString};

use quick_xml::{Reader, events::Event};

use super::Fields;
use crate::Malformed;

/// No V2 message comes near this; `detail` is at most 6000 characters. Self-set limit.
pub const MESSAGE_LIMIT_BYTES: usize = 64 * 1024;

/// Writes every value as CDATA, which V2 asks for where JSON is inside and allows everywhere.
pub(crate) fn encode(fields: &Fields) -> String {
    let mut xml = String::from("<xml>");
    for (name, value) in fields.iter() {
        xml.push('<');
        xml.push_str(name);
        xml.push_str("><![CDATA[");
        // `]]>` would end the section early; it is cut in two.
        xml.push_str(&value.replace("]]>", "]]]]><![CDATA[>"));
        xml.push_str("]]></");
        xml.push_str(name);
        xml.push('>');
    }
    xml.push_str("</xml>");
    xml
}

/// Reads one message. `Err` names the first thing that is not the dialect.
pub(crate) fn decode(bytes: &[u8]) -> Result<Fields, Malformed> {
    decode_rooted(bytes, "xml")
}

/// Reads one message whose root element is named `root`.
pub(crate) fn decode_rooted(bytes: &[u8], root: &str) -> Result<Fields, Malformed> {
    if bytes.len() > MESSAGE_LIMIT_BYTES {
        return Err(Malformed::TooLarge { limit: MESSAGE_LIMIT_BYTES });
    }
    let text = core::str::from_utf8(bytes)
        .map_err(|error| Malformed::NotUtf8 { offset: error.valid_up_to() })?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;

    let mut fields = Fields::new();
    let mut place = Place::Outside;
    loop {
        let event = reader
            .read_event()
            .map_err(|_| Malformed::NotXml { offset: reader.error_position() })?;
        let offset = reader.buffer_position();
        place = match (event, place) {
            (Event::DocType(_), _) => return Err(Malformed::Doctype),
            (Event::Start(tag), _) if !tag.attributes_raw().trim().is_empty() => {
                return Err(Malformed::Nested { offset });
            }
            (Event::Start(tag), Place::Outside) if tag.name().as_ref() == root => Place::Message,
            (Event::Start(tag), Place::Message) => {
                Place::Field { name: tag.name().as_ref().to_string(), value: String::new() }
            }
            (Event::Start(_), Place::Field { .. }) => return Err(Malformed::Nested { offset }),
            (Event::End(_), Place::Field { name, value }) => {
                fields.insert_once(name, value)?;
                Place::Message
            }
            (Event::End(_), Place::Message) => Place::After,
            (Event::Text(text), Place::Field { name, mut value }) => {
                value.push_str(&text.xml10_content());
                Place::Field { name, value }
            }
            (Event::CData(text), Place::Field { name, mut value }) => {
                value.push_str(&text.xml10_content());
                Place::Field { name, value }
            }
            (Event::GeneralRef(reference), Place::Field { name, mut value }) => {
                value.push(named_entity(&reference).ok_or(Malformed::Entity)?);
                Place::Field { name, value }
            }
            (Event::Text(text), place) if text.trim().is_empty() => place,
            (Event::Decl(_), Place::Outside) => Place::Outside,
            (Event::Eof, Place::After) => return Ok(fields),
            _ => return Err(Malformed::NotXml { offset }),
        };
    }
}

/// Where the reader stands. Anything that does not fit its place is refused.
enum Place {
    Outside,
    Message,
    Field { name: String, value: String },
    After,
}

fn named_entity(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use alloc::{format, vec::Vec};

    use proptest::prelude::*;

    use super::*;

    fn field(xml: &str) -> Option<String> {
        decode(xml.as_bytes()).unwrap().get("a").map(ToString::to_string)
    }

    #[test]
    fn plain_text_cdata_and_mixtures_read_the_same() {
        for xml in [
            "<xml><a>1&lt;2 &amp; 支付</a></xml>",
            "<xml><a><![CDATA[1<2 & 支付]]></a></xml>",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml>\n <a>1<![CDATA[<2 &]]> 支付</a>\n</xml>\n",
        ] {
            assert_eq!(field(xml).as_deref(), Some("1<2 & 支付"), "{xml}");
        }
    }

    #[test]
    fn white_space_inside_a_value_is_part_of_it() {
        assert_eq!(field("<xml><a> x </a></xml>").as_deref(), Some(" x "));
    }

    #[test]
    fn an_empty_field_reads_as_absent() {
        assert_eq!(field("<xml><a></a></xml>"), None);
        assert_eq!(field("<xml><a/></xml>"), None);
        assert_eq!(field("<xml><a><![CDATA[]]></a></xml>"), None);
    }

    #[test]
    fn the_root_is_the_one_asked_for() {
        let sealed = b"<root><a>1</a></root>";
        assert_eq!(decode_rooted(sealed, "root").unwrap().get("a"), Some("1"));
        assert!(decode_rooted(b"<xml><a>1</a></xml>", "root").is_err());
    }

    #[test]
    fn what_is_not_the_dialect_is_named() {
        let refused = |xml: &str| decode(xml.as_bytes()).unwrap_err();
        assert_eq!(
            refused("<!DOCTYPE xml [<!ENTITY a \"b\">]><xml><a>&a;</a></xml>"),
            Malformed::Doctype
        );
        assert_eq!(refused("<xml><a>&xxe;</a></xml>"), Malformed::Entity);
        assert_eq!(refused("<xml><a>&#65;</a></xml>"), Malformed::Entity);
        assert_eq!(
            refused("<xml><a>1</a><a>2</a></xml>"),
            Malformed::Duplicate { name: "a".into() }
        );
        assert!(matches!(refused("<xml><a><b>1</b></a></xml>"), Malformed::Nested { .. }));
        assert!(matches!(refused("<xml><a x=\"1\">1</a></xml>"), Malformed::Nested { .. }));
        for broken in [
            "",
            "   ",
            "hello",
            "<xml>",
            "<xml></yml>",
            "<root><a>1</a></root>",
            "<xml>stray</xml>",
            "<xml/><xml/>",
            "<xml></xml>tail",
            "<xml><!-- comment --></xml>",
            "<xml><a>1<!-- comment -->2</a></xml>",
            "<xml><?php ?></xml>",
            "<xml><a>1</a>",
        ] {
            assert!(matches!(refused(broken), Malformed::NotXml { .. }), "{broken}");
        }
        assert!(matches!(decode(b"<xml><a>\xff</a></xml>"), Err(Malformed::NotUtf8 { offset: 8 })));
        let large = format!("<xml><a>{}</a></xml>", "x".repeat(MESSAGE_LIMIT_BYTES));
        assert_eq!(refused(&large), Malformed::TooLarge { limit: MESSAGE_LIMIT_BYTES });
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(values in prop::collection::btree_map("[a-z_]{1,12}", "[^\u{0}-\u{1f}\u{7f}-\u{9f}\u{85}\u{2028}\u{fffe}\u{ffff}]{1,40}", 0..8)) {
            let mut fields = Fields::new();
            for (name, value) in values {
                fields.insert_once(name, value).unwrap();
            }
            prop_assert_eq!(decode(encode(&fields).as_bytes()).unwrap(), fields);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = decode(&bytes);
        }

        #[test]
        fn no_text_inside_a_message_makes_it_panic(text in "[<>/!\\[\\]&;a-c \"=?-]{0,60}") {
            let _ = decode(format!("<xml>{text}</xml>").as_bytes());
        }
    }
}
