//! A request's method and address, taken over the border at once.
use crate::border;

/// What came before the headers.
pub(crate) struct Head(String);

impl Head {
    pub(crate) fn of(request: &web_sys::Request) -> Self {
        Self(border::head(request))
    }

    /// As it was written: `POST`.
    pub(crate) fn method(&self) -> &str {
        self.0.split(' ').next().unwrap_or_default()
    }

    pub(crate) fn url(&self) -> &str {
        self.0.split_once(' ').map_or("", |(_, url)| url)
    }

    /// The path, from its first slash to the query.
    pub(crate) fn path(&self) -> &str {
        let (_, behind) = self.url().split_once("://").unwrap_or_default();
        let path = behind.find('/').and_then(|at| behind.get(at..)).unwrap_or("/");
        path.split(['?', '#']).next().unwrap_or_default()
    }

    /// What stands between `?` and `#`.
    pub(crate) fn query(&self) -> &str {
        let page = self.url().split('#').next().unwrap_or_default();
        page.split_once('?').map_or("", |(_, query)| query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_what_the_query_and_the_fragment_leave() {
        for (url, path, query) in [
            ("https://a/", "/", ""),
            ("https://a:443/b/c", "/b/c", ""),
            ("https://a/b?c=/d", "/b", "c=/d"),
            ("https://a/b?c=d#e?f", "/b", "c=d"),
            ("https://a/b#c?d", "/b", ""),
        ] {
            let head = Head(format!("POST {url}"));
            assert_eq!((head.method(), head.path(), head.query()), ("POST", path, query), "{url}");
        }
    }
}
