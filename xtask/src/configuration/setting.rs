//! One setting of the Worker: what kind of value it has, whom it concerns, how it is printed.

use super::api::{Api, Apis};
use super::settings::PUBLIC_KEYS;
use super::shape;

/// A sentence in both languages.
#[derive(Clone, Copy)]
pub(crate) struct Both {
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
}

pub(super) const fn both(zh: &'static str, en: &'static str) -> Both {
    Both { zh, en }
}

/// Where a setting's value is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Under `[vars]` of wrangler.toml.
    Variable,
    /// The id under `[[mtls_certificates]]` of wrangler.toml.
    Certificate,
    /// At Cloudflare, by `wrangler secret put`; never in wrangler.toml.
    Secret,
}

/// One setting.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(super) needed: bool,
    /// The one API that it concerns.
    pub(super) api: Option<Api>,
    /// Whether `init` asks for it; for a secret it asks where the file is.
    pub(crate) asked: bool,
    /// What it is and where to find it.
    pub(crate) what: Both,
    /// What its value looks like.
    pub(crate) rule: Both,
    pub(crate) fits: fn(&str) -> bool,
}

impl Setting {
    pub(super) const fn new(
        name: &'static str,
        fits: fn(&str) -> bool,
        what: Both,
        rule: Both,
    ) -> Self {
        let kind = Kind::Variable;
        Self { name, kind, needed: true, api: None, asked: true, what, rule, fits }
    }

    pub(super) const fn secret(
        name: &'static str,
        fits: fn(&str) -> bool,
        what: Both,
        rule: Both,
    ) -> Self {
        Self { kind: Kind::Secret, asked: false, ..Self::new(name, fits, what, rule) }
    }

    /// The Worker does without it.
    pub(super) const fn optional(self) -> Self {
        Self { needed: false, ..self }
    }

    /// Few change it, so `init` leaves it as it stands in the file.
    pub(super) const fn unasked(self) -> Self {
        Self { needed: false, asked: false, ..self }
    }

    /// It means nothing to the other API.
    pub(super) const fn only(self, api: Api) -> Self {
        Self { api: Some(api), ..self }
    }

    /// Whether it means something to a merchant who uses these.
    pub(crate) fn concerns(&self, apis: Apis) -> bool {
        self.api.is_none_or(|api| apis.has(api))
    }

    /// A value as it may be printed: no secret, and of public keys their IDs.
    pub(crate) fn shown(&self, value: &str) -> String {
        if self.kind == Kind::Secret {
            return "secret, not shown".to_owned();
        }
        if self.name != PUBLIC_KEYS {
            return value.to_owned();
        }
        // Whatever else was pasted here may be a private key.
        let Some(keys) = shape::texts(value) else { return "no table of keys".to_owned() };
        keys.into_iter().map(|(id, _)| id).collect::<Vec<_>>().join(", ")
    }

    /// Whether the Worker of a merchant who uses these does not start without it.
    pub(crate) fn is_needed(&self, apis: Apis) -> bool {
        self.needed && self.concerns(apis)
    }
}
