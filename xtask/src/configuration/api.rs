//! WeChat's two payment APIs, and which of them a merchant's files are for.

use clap::ValueEnum;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Api {
    /// XML, signed by a shared key.
    V2,
    /// JSON, signed by RSA keys: what merchants get since 2024.
    V3,
}

impl Api {
    /// As `WXPAY_API` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V2 => "v2",
            Self::V3 => "v3",
        }
    }

    /// Reads it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "v2" => Some(Self::V2),
            "v3" => Some(Self::V3),
            _ => None,
        }
    }
}

/// Those that a merchant uses; both while it moves from one to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Apis {
    pub(crate) v2: bool,
    pub(crate) v3: bool,
}

impl Apis {
    /// One of them alone.
    pub(crate) fn only(api: Api) -> Self {
        Self { v2: api == Api::V2, v3: api == Api::V3 }
    }

    pub(crate) fn has(self, api: Api) -> bool {
        match api {
            Api::V2 => self.v2,
            Api::V3 => self.v3,
        }
    }
}
