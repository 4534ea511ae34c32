//! The console (控制台): the page `/`, which shows what happens here and turns what can be turned.
//!
//! It is plain files without a build step, and speaks to the control API only: whatever it can do,
//! a test can do.

use crate::message::Response;

/// What the page may load, and from where: nothing but this sandbox, and nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

const PAGE: &str = include_str!("index.html");

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Below `/sandbox/console/`: name, type, text.
const FILES: [(&str, &str, &str); 14] = [
    ("console.css", STYLE, include_str!("console.css")),
    ("main.js", SCRIPT, include_str!("main.js")),
    ("api.js", SCRIPT, include_str!("api.js")),
    ("store.js", SCRIPT, include_str!("store.js")),
    ("words.js", SCRIPT, include_str!("words.js")),
    ("dom.js", SCRIPT, include_str!("dom.js")),
    ("orders.js", SCRIPT, include_str!("orders.js")),
    ("order.js", SCRIPT, include_str!("order.js")),
    ("timeline.js", SCRIPT, include_str!("timeline.js")),
    ("send.js", SCRIPT, include_str!("send.js")),
    ("signatures.js", SCRIPT, include_str!("signatures.js")),
    ("faults.js", SCRIPT, include_str!("faults.js")),
    ("clock.js", SCRIPT, include_str!("clock.js")),
    ("connect.js", SCRIPT, include_str!("connect.js")),
];

/// `GET /`.
pub(crate) fn page() -> Response {
    Response::html(200, PAGE.to_owned())
        .with_header("content-security-policy", POLICY)
        .with_header("x-content-type-options", "nosniff")
}

/// `GET /sandbox/console/{name}`; `None` if there is no such file.
pub(crate) fn file(name: &str) -> Option<Response> {
    let (_, content_type, text) = FILES.iter().find(|(known, ..)| *known == name)?;
    // A sandbox that was built anew is to be seen at the next look.
    Some(Response::new(200, content_type, *text).with_header("cache-control", "no-cache"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_the_page_or_another_file_names_is_there() {
        let texts = FILES.iter().map(|(_, _, text)| *text).chain([PAGE]);
        let imports = texts.flat_map(|text| text.split("from \"./").skip(1));
        let imported: Vec<_> = imports.filter_map(|rest| rest.split('"').next()).collect();
        let linked = PAGE.split("/sandbox/console/").skip(1);
        let linked: Vec<_> = linked.filter_map(|rest| rest.split('"').next()).collect();
        assert!(imported.contains(&"dom.js") && linked.contains(&"main.js"), "{linked:?}");
        for name in imported.into_iter().chain(linked) {
            assert!(file(name).is_some(), "{name}");
        }
    }

    #[test]
    fn no_data_can_become_markup_and_nothing_inline_runs() {
        assert!(page().header("content-security-policy").is_some());
        for (name, _, text) in FILES {
            for danger in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"] {
                assert!(!text.contains(danger), "{name} uses {danger}");
            }
        }
        assert!(!PAGE.contains(" style=") && !PAGE.contains("<style"));
        assert_eq!(
            PAGE.matches("<script").count(),
            PAGE.matches("<script src=").count()
                + PAGE.matches("<script type=\"module\" src=").count()
        );
    }
}
