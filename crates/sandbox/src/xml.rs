//! The flat XML of API V2 (扁平 XML): one `<xml>` root, one level of text elements.
//!
//! Reading goes through roxmltree, whose DTD support is off, and then through a narrow gate:
//! the dialect has no attributes, no nesting, no repeated names.

use std::collections::BTreeSet;

use roxmltree::{Document, Node};

/// Element names and values in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of an element; `None` if it is absent or empty, which API V2 treats alike.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(known, value)| *known == name && !value.is_empty())
            .map(|(_, value)| value)
    }

    /// Adds one element at the end.
    pub(crate) fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Fields {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec())
    }
}

/// Reads a document, or says in a few words why it is not the dialect.
pub(crate) fn decode(text: &str) -> Result<Fields, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let root = document.root_element();
    // UNCONFIRMED: documents say `xml`; npm's weixin-pay 1.1.7 and wechat-payment-node 2.8.0 order
    // with `root`, and have users.
    if !root.has_tag_name("xml") && !root.has_tag_name("root") {
        return Err("expected the root `xml`".to_owned());
    }
    refuse_attributes(root)?;
    let mut fields = Fields::default();
    let mut names = BTreeSet::new();
    for child in root.children() {
        if child.is_element() {
            let name = child.tag_name().name();
            if !names.insert(name) {
                return Err(format!("element `{name}` appears twice"));
            }
            let value = text_of(child)?;
            fields.push(name, value);
        } else if child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty()) {
            return Err("expected only elements below the root, found text".to_owned());
        }
    }
    Ok(fields)
}

fn refuse_attributes(element: Node<'_, '_>) -> Result<(), String> {
    if element.attributes().len() > 0 || element.tag_name().namespace().is_some() {
        return Err(format!("element `{}` has an attribute", element.tag_name().name()));
    }
    Ok(())
}

fn text_of(element: Node<'_, '_>) -> Result<String, String> {
    refuse_attributes(element)?;
    let mut value = String::new();
    for part in element.children() {
        if !part.is_text() {
            return Err(format!("element `{}` holds more than text", element.tag_name().name()));
        }
        value.push_str(part.text().unwrap_or_default());
    }
    Ok(value)
}

/// Writes a document the way the real gateway does: CDATA everywhere, numbers of fen bare.
pub(crate) fn encode(fields: &Fields) -> String {
    let mut text = String::from("<xml>");
    for (name, value) in fields.iter() {
        // Source: notifications seen in the wild: `<total_fee>1</total_fee>` is the bare one.
        if name == "total_fee" {
            text.push_str(&format!("<{name}>{value}</{name}>\n"));
        } else {
            // `]]>` cannot stand inside CDATA; it is split over two sections.
            let value = value.replace("]]>", "]]]]><![CDATA[>");
            text.push_str(&format!("<{name}><![CDATA[{value}]]></{name}>\n"));
        }
    }
    text.push_str("</xml>");
    text
}

/// Writes the document inside `req_info`: `<root>` and CDATA throughout, a line each.
pub(crate) fn encode_inner(fields: &Fields) -> String {
    let line = |(name, value)| format!("<{name}><![CDATA[{value}]]></{name}>\n");
    let lines: String = fields.iter().map(line).collect();
    format!("<root>\n{lines}</root>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let fields = Fields::from([
            ("attach", "支付 a&b<c> ]]> d"),
            ("device_info", ""),
            ("total_fee", "1"),
        ]);
        assert_eq!(decode(&encode(&fields)), Ok(fields));
    }

    #[test]
    fn plain_text_cdata_and_the_five_entities_are_read_alike() {
        let fields =
            decode("<xml><a>x&amp;y</a><b><![CDATA[x&y]]></b><c>x<![CDATA[&]]>y</c></xml>")
                .unwrap();
        assert!(fields.iter().all(|(_, value)| value == "x&y"));
    }

    #[test]
    fn hostile_documents_are_refused() {
        let bomb = "<xml><a>&lol;</a></xml>";
        let entity = r#"<!DOCTYPE xml [<!ENTITY lol "x">]><xml><a>&lol;</a></xml>"#;
        let external = r#"<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><a>1</a></xml>"#;
        let deep = format!("{}{}", "<xml>".repeat(95_000), "</xml>".repeat(95_000));
        for text in [
            bomb,
            entity,
            external,
            &deep,
            "",
            "{}",
            "<xml>",
            "<xml><a>1</a><a>2</a></xml>",
            "<xml><a b='1'>1</a></xml>",
            "<xml c='1'><a>1</a></xml>",
            "<xml><a><b>1</b></a></xml>",
            "<xml>text<a>1</a></xml>",
            "<html><a>1</a></html>",
            "<xml xmlns='urn:x'><a>1</a></xml>",
            "<xml><a>1</a></xml><xml/>",
        ] {
            assert!(decode(text).is_err(), "{}", text.chars().take(60).collect::<String>());
        }
    }
}
