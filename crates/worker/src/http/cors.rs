//! Which pages may call: our own origin and those listed in `ALLOWED_ORIGINS`, by exact match.
//!
//! Callers without an `Origin` header (WeChat, the shop's backend, a plain navigation) are not
//! pages; their routes have keys and signatures of their own.
//! No cookie is ever used, so no answer allows credentials, and `*` is never said.
use super::{origin::Origin, reply::Reply, routing::Method};

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum From {
    /// No `Origin` header: not a page's script, or a page's own GET.
    NoPage,
    /// A page served by this very Worker.
    Own,
    /// A page of an allowed origin, which needs our permission spelled out.
    Allowed(Origin),
    /// Any other page.
    Foreign,
}

impl From {
    /// `header` is the request's `Origin`, `own` what this Worker is reached as.
    pub(crate) fn of(header: Option<&str>, own: &[Origin], allowed: &[Origin]) -> Self {
        let Some(header) = header else { return Self::NoPage };
        match Origin::of(header) {
            Some(origin) if own.contains(&origin) => Self::Own,
            Some(origin) if allowed.contains(&origin) => Self::Allowed(origin),
            _ => Self::Foreign,
        }
    }

    /// Whether the request may do anything but look.
    pub(crate) fn may(&self, method: Method) -> bool {
        *self != Self::Foreign || method == Method::Get
    }

    /// Tells the browser whether the page may read the answer.
    pub(crate) fn permit(&self, reply: Reply) -> Reply {
        let reply = reply.with_header("vary", "Origin".to_owned());
        match self {
            Self::Allowed(origin) => {
                reply.with_header("access-control-allow-origin", origin.to_string()).with_header(
                    "access-control-expose-headers",
                    "retry-after, x-request-id".to_owned(),
                )
            }
            Self::NoPage | Self::Own | Self::Foreign => reply,
        }
    }

    /// The answer to a preflight. A foreign page gets no permission, which is a no.
    pub(crate) fn preflight(&self) -> Reply {
        let reply = self.permit(Reply::empty(204));
        match self {
            Self::Allowed(_) => reply
                .with_header("access-control-allow-methods", "GET, POST".to_owned())
                .with_header(
                    "access-control-allow-headers",
                    "authorization, content-type".to_owned(),
                )
                .with_header("access-control-max-age", "7200".to_owned()),
            Self::NoPage | Self::Own | Self::Foreign => reply,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(list: &[&str]) -> Vec<Origin> {
        list.iter().filter_map(|url| Origin::of(url)).collect()
    }

    fn from(header: Option<&str>) -> From {
        From::of(
            header,
            &origins(&["https://pay.example.com"]),
            &origins(&["https://shop.example.com"]),
        )
    }

    #[test]
    fn only_exact_origins_are_allowed() {
        assert_eq!(from(None), From::NoPage);
        assert_eq!(from(Some("https://pay.example.com")), From::Own);
        assert!(matches!(from(Some("https://shop.example.com")), From::Allowed(_)));
        for foreign in [
            "null",
            "http://shop.example.com",
            "https://shop.example.com.evil.example",
            "https://evil-shop.example.com",
            "https://shop.example.com:8443",
            "*",
        ] {
            assert_eq!(from(Some(foreign)), From::Foreign, "{foreign}");
        }
    }

    #[test]
    fn a_foreign_page_may_look_but_not_post_and_reads_nothing() {
        let foreign = from(Some("https://evil.example"));
        assert!(foreign.may(Method::Get) && !foreign.may(Method::Post));
        for reply in [foreign.preflight(), foreign.permit(Reply::empty(200))] {
            assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control-")));
        }
    }

    #[test]
    fn an_allowed_page_is_named_and_credentials_are_never_allowed() {
        let reply = from(Some("https://shop.example.com")).preflight();
        let allow = ("access-control-allow-origin", "https://shop.example.com".to_owned());
        assert!(reply.headers.contains(&allow));
        assert!(
            !reply.headers.iter().any(|(name, value)| name.contains("credentials") || value == "*")
        );
    }
}
