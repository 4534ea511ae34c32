//! What a fake client changes in the merchant's pages on their way to the browser.

/// Types whose bodies are rewritten; everything else passes untouched and unbuffered.
pub(crate) fn is_text(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/html")
        || kind.contains("json")
        || kind.contains("javascript")
        || kind.contains("ecmascript")
}

/// Whether the body is a page, into which the script goes.
pub(crate) fn is_html(content_type: &str) -> bool {
    content_type.trim().to_ascii_lowercase().starts_with("text/html")
}

/// Puts `pages`, WeChat as this client reaches it, for `gateway`, WeChat as the merchant's server
/// reaches it. In life the two have one name; on one machine they are different ports.
pub(crate) fn readdress(text: &str, gateway: &str, pages: &str) -> String {
    text.replace(gateway, pages)
}

/// Puts the client's script before the page's first.
pub(crate) fn inject(html: &str, pages: &str) -> String {
    let tag = format!("<script src=\"{pages}/sandbox/client.js\"></script>");
    let place = after_tag(html, "<head")
        .or_else(|| after_tag(html, "<html"))
        .or_else(|| after_tag(html, "<!doctype"))
        .unwrap_or(0);
    // A script may stand before `<head>`; then ours goes before that one.
    let place = find(html, "<script").map_or(place, |first| first.min(place));
    let (before, after) = html.split_at_checked(place).unwrap_or(("", html));
    format!("{before}{tag}{after}")
}

fn find(html: &str, needle: &str) -> Option<usize> {
    // Lower-casing ASCII only keeps every byte offset.
    html.to_ascii_lowercase().find(needle)
}

/// The place behind the first such tag.
fn after_tag(html: &str, tag: &str) -> Option<usize> {
    let lower = html.to_ascii_lowercase();
    lower.match_indices(tag).find_map(|(start, found)| {
        let (_, rest) = lower.split_at_checked(start.saturating_add(found.len()))?;
        // `<head` must not be the beginning of `<header`.
        let whole = rest.bytes().next().is_some_and(|byte| !byte.is_ascii_alphanumeric());
        let end = rest.find('>')?.saturating_add(1);
        whole.then(|| start.saturating_add(found.len()).saturating_add(end))
    })
}

/// Lets the client's script, its calls and its cashier through the site's own policy.
///
/// DIFFERENCE: WeChat lives outside the page and needs no such permission. The site's policy is
/// otherwise kept, so that what it forbids the shop's own code stays forbidden.
pub(crate) fn allow(policies: &str, pages: &str) -> String {
    policies.split(',').map(|policy| allow_in(policy, pages)).collect::<Vec<_>>().join(",")
}

fn allow_in(policy: &str, pages: &str) -> String {
    let mut directives: Vec<(String, String)> = policy
        .split(';')
        .map(str::trim)
        .filter(|directive| !directive.is_empty())
        .map(|directive| {
            let (name, sources) =
                directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
            (name.to_ascii_lowercase(), sources.trim().to_owned())
        })
        .collect();
    for (name, fallbacks) in [
        ("script-src", &["default-src"][..]),
        ("connect-src", &["default-src"]),
        ("frame-src", &["child-src", "default-src"]),
    ] {
        add_source(&mut directives, name, fallbacks, pages);
    }
    if directives.iter().any(|(name, _)| name == "script-src-elem") {
        add_source(&mut directives, "script-src-elem", &[], pages);
    }
    directives
        .iter()
        .map(|(name, sources)| format!("{name} {sources}").trim().to_owned())
        .collect::<Vec<_>>()
        .join("; ")
}

fn add_source(
    directives: &mut Vec<(String, String)>,
    name: &str,
    fallbacks: &[&str],
    source: &str,
) {
    let place = |wanted: &str| directives.iter().position(|(known, _)| known == wanted);
    // A directive that is absent is governed by its fallback; without one, all is allowed already.
    let Some(governing) = place(name).or_else(|| fallbacks.iter().find_map(|other| place(other)))
    else {
        return;
    };
    let Some((known, sources)) = directives.get(governing).cloned() else { return };
    let kept: Vec<&str> = sources.split_whitespace().filter(|word| *word != "'none'").collect();
    let widened = format!("{} {source}", kept.join(" ")).trim().to_owned();
    if known == name {
        if let Some(directive) = directives.get_mut(governing) {
            directive.1 = widened;
        }
    } else {
        directives.push((name.to_owned(), widened));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: &str = "http://127.0.0.1:8991";
    const TAG: &str = "<script src=\"http://127.0.0.1:8991/sandbox/client.js\"></script>";

    #[test]
    fn the_script_goes_before_the_pages_first() {
        for (page, expected) in [
            (
                "<!doctype html><html><head><script>1</script>",
                format!("<!doctype html><html><head>{TAG}<script>1</script>"),
            ),
            ("<HTML><HEAD lang=x><title>", format!("<HTML><HEAD lang=x>{TAG}<title>")),
            (
                "<!doctype html><title>支付</title>",
                format!("<!doctype html>{TAG}<title>支付</title>"),
            ),
            ("<script>1</script><head></head>", format!("{TAG}<script>1</script><head></head>")),
            ("<header>x</header>", format!("{TAG}<header>x</header>")),
            ("", TAG.to_owned()),
        ] {
            assert_eq!(inject(page, PAGES), expected);
        }
    }

    #[test]
    fn a_policy_lets_the_clients_script_through_and_nothing_else() {
        assert_eq!(
            allow("default-src 'self'; script-src 'self' 'unsafe-inline'; img-src *", PAGES),
            "default-src 'self'; script-src 'self' 'unsafe-inline' http://127.0.0.1:8991; img-src *; \
             connect-src 'self' http://127.0.0.1:8991; frame-src 'self' http://127.0.0.1:8991"
        );
        assert_eq!(allow("frame-src 'none'", PAGES), "frame-src http://127.0.0.1:8991");
        assert_eq!(allow("img-src 'self'", PAGES), "img-src 'self'");
    }

    #[test]
    fn only_text_is_rewritten() {
        assert!(is_text("text/html; charset=utf-8"));
        assert!(is_text("application/problem+json"));
        assert!(is_text("text/javascript"));
        assert!(!is_text("application/wasm"));
        assert!(!is_text("image/png"));
        assert!(!is_text(""));
    }

    #[test]
    fn the_gateways_address_becomes_the_clients() {
        assert_eq!(
            readdress(
                "{\"mweb_url\":\"http://127.0.0.1:8990/cgi-bin\"}",
                "http://127.0.0.1:8990",
                PAGES
            ),
            "{\"mweb_url\":\"http://127.0.0.1:8991/cgi-bin\"}"
        );
    }
}
