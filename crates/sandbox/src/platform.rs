//! What a merchant sets in the merchant platform (商户平台) and the one for service accounts
//! (公众平台).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// What a merchant sets in WeChat's platforms (商户平台, 公众平台), and may change at any time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformSettings {
    /// 支付授权目录: at most five directories, each an absolute address that ends in `/`. Without one,
    /// the root of [`crate::Account::host`].
    pub pay_dirs: Vec<String>,
    /// IP白名单: from where an `access_token` may be asked for. Empty admits everybody.
    pub ip_whitelist: Vec<IpAddr>,
}

/// Source: 支付授权目录: at most five.
const MOST_PAY_DIRS: usize = 5;

impl PlatformSettings {
    /// Says what is wrong with them.
    ///
    /// # Errors
    /// When there are more than five directories, or one is no `http(s)://` address that ends in `/`
    /// and has neither query nor fragment.
    pub fn check(&self) -> Result<(), String> {
        if self.pay_dirs.len() > MOST_PAY_DIRS {
            let found = self.pay_dirs.len();
            return Err(format!("expected at most {MOST_PAY_DIRS} directories, found {found}"));
        }
        match self.pay_dirs.iter().find(|dir| !is_directory(dir)) {
            Some(dir) => Err(format!("expected http(s)://host/…/, found `{dir}`")),
            None => Ok(()),
        }
    }

    /// Whether a page at this address may ask for the cashier; `host` is the merchant's.
    ///
    /// What follows the first `?` is not looked at. A root admits the whole host, and a deeper
    /// directory its own pages only, neither those above nor those below.
    ///
    /// Source: developers' reports, and the page that sets the directories. UNCONFIRMED: that a
    /// fragment before any `?` counts as part of the path.
    /// DIFFERENCE: neither scheme nor port is compared, since both are this machine's; nor does a
    /// change take the five minutes it takes at WeChat.
    pub(crate) fn allow_payment(&self, host: &str, address: &str) -> bool {
        let Some((page_host, path)) = host_and_path(address) else { return false };
        if self.pay_dirs.is_empty() {
            return page_host.eq_ignore_ascii_case(host);
        }
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        self.pay_dirs.iter().filter_map(|dir| host_and_path(dir)).any(|(dir_host, dir_path)| {
            let dir_path = dir_path.trim_end_matches('/');
            page_host.eq_ignore_ascii_case(dir_host)
                && (dir_path.is_empty() || dir_path == directory)
        })
    }
}

fn is_directory(text: &str) -> bool {
    host_and_path(text).is_some_and(|(host, path)| !host.is_empty() && path.ends_with('/'))
        && !text.contains(['?', '#'])
}

/// The host without its port, and the path as it was written, up to the first `?`.
fn host_and_path(address: &str) -> Option<(&str, &str)> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let rest = rest.split('?').next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find(['/', '#']).unwrap_or(rest.len()));
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    Some((host, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(dirs: &[&str], address: &str) -> bool {
        let pay_dirs = dirs.iter().map(|dir| (*dir).to_owned()).collect();
        let settings = PlatformSettings { pay_dirs, ..PlatformSettings::default() };
        assert_eq!(settings.check(), Ok(()));
        settings.allow_payment("localhost", address)
    }

    #[test]
    fn without_a_directory_the_whole_of_the_registered_host_pays() {
        assert!(admitted(&[], "http://localhost:8991/a/b?x=http://evil.example#/c"));
        assert!(!admitted(&[], "http://evil.example/a"));
        assert!(!admitted(&[], "http://localhost.evil.example/"));
        assert!(!admitted(&[], ""));
    }

    #[test]
    fn a_root_admits_its_host_and_a_deeper_directory_only_itself() {
        for (dirs, address, expected) in [
            (&["http://localhost/"][..], "http://localhost:8991/a/b", true),
            (&["http://localhost/pay/"], "http://localhost:8991/pay/", true),
            (&["http://localhost/pay/"], "http://localhost:8991/pay/cart.html?a=/x", true),
            (&["http://localhost/pay/"], "http://localhost:8991/pay/deep/cart", false),
            (&["http://localhost/pay/"], "http://localhost:8991/", false),
            (&["http://localhost/pay/"], "http://localhost:8991/pay", false),
            (&["http://localhost/pay/"], "http://localhost:8991/Pay/", false),
            (&["http://localhost/pay/"], "http://localhost:8991/pay/#/cart", false),
            (&["http://localhost/pay/"], "http://localhost:8991/pay/?#/cart", true),
            (&["http://other.example/", "http://localhost/b/"], "http://localhost/b/c", true),
            (&["http://other.example/"], "http://localhost/b/c", false),
        ] {
            assert_eq!(admitted(dirs, address), expected, "{dirs:?} {address}");
        }
    }

    #[test]
    fn what_is_no_directory_and_a_sixth_are_refused() {
        let check = |pay_dirs: &[&str]| {
            let pay_dirs = pay_dirs.iter().map(|dir| (*dir).to_owned()).collect();
            PlatformSettings { pay_dirs, ..PlatformSettings::default() }.check()
        };
        for wrong in ["localhost/", "http://localhost", "http:///a/", "http://a/b", "http://a/?b/"]
        {
            assert!(check(&[wrong]).is_err(), "{wrong}");
        }
        assert!(check(&["http://a/"; 5]).is_ok());
        assert!(check(&["http://a/"; 6]).is_err());
    }
}
