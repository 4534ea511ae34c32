//! The keys of the shop's backend: who may ask for what, and until when.
//!
//! Of a key only its SHA-256 is known here, so whoever reads the configuration cannot call. A key
//! has 256 random bits (`cargo xtask key`); a salt or a slow hash would defend nothing more.
use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};
use wxpay_core::{BeijingDay, UnixSeconds};
use zeroize::Zeroizing;

use crate::http::{problem::Problem, problem_code::Code};

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Create, read, list, close and reprice orders.
    Orders,
    /// Make and read refunds.
    Refunds,
    /// List and resend events, try the webhook.
    Events,
    /// Reconciliation and bills.
    Reports,
    /// The findings of the doctor.
    Doctor,
}

impl Scope {
    pub(crate) const ALL: [Self; 5] =
        [Self::Orders, Self::Refunds, Self::Events, Self::Reports, Self::Doctor];

    /// The word in SHOP_API_KEYS.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Refunds => "refunds",
            Self::Events => "events",
            Self::Reports => "reports",
            Self::Doctor => "doctor",
        }
    }

    /// The scopes that a list like `orders,refunds` names; `all` are all.
    fn list(words: &str) -> Option<Vec<Self>> {
        if words == "all" {
            return Some(Self::ALL.to_vec());
        }
        let named = |word: &str| Self::ALL.into_iter().find(|scope| scope.word() == word);
        words.split(',').map(named).collect()
    }
}

/// Who calls: the name of the key, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller(String);

impl Caller {
    /// The key's name as SHOP_API_KEYS gives it.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

/// Every key that opens something.
pub(crate) struct ShopKeys(Vec<ShopKey>);

struct ShopKey {
    name: String,
    scopes: Vec<Scope>,
    digest: Zeroizing<[u8; 32]>,
    /// The last day on which it works.
    until: Option<BeijingDay>,
}

impl ShopKeys {
    /// Reads SHOP_API_KEYS: one key per line or between semicolons. The error says which entry is
    /// wrong and what it should be, and repeats nothing of it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let entries = text.split(['\n', ';']).map(str::trim).filter(|entry| !entry.is_empty());
        let mut keys = Vec::<ShopKey>::new();
        for (entry, number) in entries.zip(1_u32..) {
            let key = ShopKey::parse(entry).map_err(|rule| format!("entry {number}: {rule}"))?;
            if keys.iter().any(|other| other.name == key.name) {
                return Err(format!("entry {number}: give each key a name of its own"));
            }
            keys.push(key);
        }
        match keys.is_empty() {
            true => Err("make a key by `cargo xtask key <name> all`, and set its line".to_owned()),
            false => Ok(Self(keys)),
        }
    }

    /// Lets in whoever shows a key with this scope. Every digest is compared, each in constant
    /// time, so the time taken tells neither a key's content nor which entry it met.
    pub(crate) fn admit(
        &self,
        authorization: Option<&str>,
        scope: Scope,
        now: UnixSeconds,
    ) -> Result<Caller, Problem> {
        let shown = authorization.and_then(bearer).ok_or(Code::Unauthorized)?;
        let digest = Zeroizing::new(<[u8; 32]>::from(Sha256::digest(shown)));
        let mut met = 0_u32;
        for (key, number) in self.0.iter().zip(1_u32..) {
            met.conditional_assign(&number, key.digest.ct_eq(digest.as_slice()));
        }
        let met = self.0.iter().zip(1_u32..).find(|(_, number)| *number == met);
        let (key, _) = met.ok_or(Code::Unauthorized)?;
        if let Some(until) = key.until
            && now >= until.next().starts_at()
        {
            // Said only to who has the key.
            let detail = format!("the key `{}` ended with {until}", key.name);
            return Err(Problem::with_detail(Code::Unauthorized, detail));
        }
        if !key.scopes.contains(&scope) {
            let detail = format!("the key `{}` lacks `{}`", key.name, scope.word());
            return Err(Problem::with_detail(Code::ScopeMissing, detail));
        }
        Ok(Caller(key.name.clone()))
    }
}

impl ShopKeys {
    /// The keys that end, each with its last day.
    pub(crate) fn ends(&self) -> impl Iterator<Item = (&str, BeijingDay)> {
        self.0.iter().filter_map(|key| Some((key.name.as_str(), key.until?)))
    }
}

/// Names only: the digests are nobody's business.
impl fmt::Debug for ShopKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|key| &key.name)).finish()
    }
}

impl ShopKey {
    fn parse(entry: &str) -> Result<Self, &'static str> {
        let parts: Vec<&str> = entry.split_whitespace().collect();
        let (name, scopes, digest, until) = match *parts.as_slice() {
            [name, scopes, digest] => (name, scopes, digest, None),
            [name, scopes, digest, "until", day] => (name, scopes, digest, Some(day)),
            _ => return Err("expected `<name> <scopes> <sha256 of the key> [until YYYY-MM-DD]`"),
        };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !((1..=32).contains(&name.len()) && name.bytes().all(fits)) {
            return Err("a name has 1 to 32 letters, digits, `-`, `_` or `.`");
        }
        if digest.starts_with("wes_") {
            return Err("set the key's SHA-256, not the key; make a new one, this one was shown");
        }
        Ok(Self {
            name: name.to_owned(),
            scopes: Scope::list(scopes).ok_or(
                "scopes are `all`, or some of orders,refunds,events,reports,doctor without blanks",
            )?,
            digest: sha256(digest).ok_or("the SHA-256 of a key has 64 hex digits")?,
            until: match until {
                Some(day) => {
                    Some(BeijingDay::parse(day).map_err(|_| "`until` takes a date, YYYY-MM-DD")?)
                }
                None => None,
            },
        })
    }
}

fn sha256(hex: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = crate::token::unhex(hex)?;
    <[u8; 32]>::try_from(bytes).ok().map(Zeroizing::new)
}

/// The token of `Bearer <token>`.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use wxpay_core::BeijingTime;

    use super::*;
    use crate::random::hex;

    const NEW: &str = "wes_test_key_that_comes_0123456789abcdefghijklm";
    const OLD: &str = "wes_test_key_that_goes__0123456789abcdefghijklm";
    const READER: &str = "wes_test_key_that_reads_0123456789abcdefghijklm";

    fn line(name: &str, scopes: &str, key: &str) -> String {
        format!("{name} {scopes} {}", hex(&Sha256::digest(key)))
    }

    fn keys() -> ShopKeys {
        let lines = [
            line("backend-2", "all", NEW),
            format!("{} until 2026-11-30", line("backend", "all", OLD)),
            line("reader", "orders,reports", READER),
        ];
        ShopKeys::parse(&lines.join("\n")).unwrap()
    }

    /// Noon of that day in Beijing.
    fn noon(day: &str) -> UnixSeconds {
        BeijingTime::parse(&format!("{day}120000")).unwrap().unix()
    }

    fn admit(authorization: Option<&str>, scope: Scope, day: &str) -> Result<String, Code> {
        let caller = keys().admit(authorization, scope, noon(day));
        caller.map(|caller| caller.name().to_owned()).map_err(|problem| problem.code)
    }

    #[test]
    fn only_a_whole_key_under_bearer_opens() {
        let admit = |shown: &str| admit(Some(shown), Scope::Refunds, "20261123");
        assert_eq!(admit(&format!("Bearer {NEW}")).as_deref(), Ok("backend-2"));
        assert_eq!(admit(&format!("bearer  {NEW}")).as_deref(), Ok("backend-2"));
        let digest = hex(&Sha256::digest(NEW));
        for no in [
            "",
            "Bearer",
            "Bearer ",
            NEW,
            &format!("Basic {NEW}"),
            &format!("Bearer {NEW}x"),
            &format!("Bearer {}", &NEW[..46]),
            &format!("Bearer {digest}"),
            "Bearer backend-2",
        ] {
            assert_eq!(admit(no), Err(Code::Unauthorized), "{no}");
        }
        let none = keys().admit(None, Scope::Orders, noon("20261123"));
        assert_eq!(none.map_err(|problem| problem.code), Err(Code::Unauthorized));
    }

    #[test]
    fn a_key_opens_what_its_scopes_name_and_nothing_else() {
        let reader = format!("Bearer {READER}");
        for scope in Scope::ALL {
            let opened = admit(Some(&reader), scope, "20261123");
            match scope {
                Scope::Orders | Scope::Reports => assert_eq!(opened.as_deref(), Ok("reader")),
                _ => assert_eq!(opened, Err(Code::ScopeMissing), "{scope:?}"),
            }
        }
    }

    #[test]
    fn two_keys_work_side_by_side_until_the_old_one_ends_with_its_beijing_day() {
        let old = format!("Bearer {OLD}");
        let at = |instant: &str| {
            let now = BeijingTime::parse(instant).unwrap().unix();
            keys().admit(Some(&old), Scope::Orders, now).map_err(|problem| problem.code)
        };
        assert_eq!(at("20261130235959").unwrap().name(), "backend");
        assert_eq!(at("20261201000000"), Err(Code::Unauthorized));
        let new = admit(Some(&format!("Bearer {NEW}")), Scope::Orders, "20270101");
        assert_eq!(new.as_deref(), Ok("backend-2"));
    }

    #[test]
    fn a_wrong_entry_is_named_with_its_rule_and_not_repeated() {
        let good = line("one", "all", NEW);
        let digest = hex(&Sha256::digest(NEW));
        for (bad, rule) in [
            ("", "make a key"),
            (" \n ; ", "make a key"),
            ("two all", "entry 1: expected `<name>"),
            (&format!("{good} till 2026-11-30"), "entry 1: expected `<name>"),
            (&format!("{good};two orders,refund {digest}"), "entry 2: scopes are"),
            (&format!("{good};two orders, refunds {digest}"), "entry 2: expected"),
            (&format!("{good}\n{good}"), "entry 2: give each key a name of its own"),
            (&format!("t/wo all {digest}"), "entry 1: a name has"),
            (&format!("two all {}", &digest[1..]), "entry 1: the SHA-256"),
            (&format!("two all {NEW}"), "entry 1: set the key's SHA-256, not the key"),
            (&format!("{good} until 2026-02-30"), "entry 1: `until` takes a date"),
            (&format!("{good} until 20261130"), "entry 1: `until` takes a date"),
        ] {
            let said = ShopKeys::parse(bad).unwrap_err();
            assert!(said.starts_with(rule), "{bad}: {said}");
            assert!(!said.contains(&digest[..8]) && !said.contains("wes_"), "{said}");
        }
    }

    #[test]
    fn debug_shows_names_only() {
        assert_eq!(format!("{:?}", keys()), r#"{"backend-2", "backend", "reader"}"#);
    }
}
