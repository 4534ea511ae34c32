//! The look of WeChat's own pages: one stylesheet of ours, Chinese first, English beside it.

use crate::message::Response;

const STYLE: &str = include_str!("page/style.css");

/// Text made safe for HTML content and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A whole page around `body`, which is HTML already.
pub(crate) fn shell(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
<title>{}</title><style>{STYLE}</style></head>\n<body>{body}\n\
<footer>wxpay-sandbox · 本地模拟，不是微信 <span lang=\"en\">a local imitation, not WeChat</span></footer>\
</body></html>\n",
        escape(title)
    )
}

/// WeChat's refusal: its own words, and beneath them the cause for the developer.
pub(crate) fn error(text: &str, cause: &str) -> Response {
    let body = format!(
        "<main class=\"card\"><div class=\"mark warn\" aria-hidden=\"true\">!</div>\
<h1 id=\"sandbox-error\">{}</h1><p class=\"cause\" lang=\"en\">{}</p></main>",
        escape(text),
        escape(cause)
    );
    Response::html(200, shell("微信", &body))
}

/// A short word at the end of a visit.
pub(crate) fn done(mark: &str, text: &str, english: &str) -> Response {
    let body = format!(
        "<main class=\"card\"><div class=\"mark {mark}\" aria-hidden=\"true\"></div>\
<h1 id=\"sandbox-done\">{} <small lang=\"en\">{}</small></h1></main>",
        escape(text),
        escape(english)
    );
    Response::html(200, shell("微信支付", &body))
}

/// Fen as `¥12.34`.
pub(crate) fn yuan(fen: u64) -> String {
    format!("¥{}.{:02}", fen.wrapping_div(100), fen.wrapping_rem(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fen_are_shown_as_yuan() {
        assert_eq!(yuan(1), "¥0.01");
        assert_eq!(yuan(123_456), "¥1234.56");
    }

    #[test]
    fn text_cannot_break_out_of_a_page() {
        assert_eq!(escape("<a href='x'>&\""), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
    }
}
