//! One JSON line per request, per call to WeChat and per letter to the shop, all of one form, so
//! that Workers Logs can count and take latencies by `kind`, `name` and `outcome`. No order number,
//! openid, address, token or key: only what an operator needs to see where things do not go well.
use serde::Serialize;

/// What a line is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Somebody asked us; `name` is the route's.
    #[default]
    Request,
    /// We asked WeChat Pay; `name` is the path.
    Gateway,
    /// We told the shop; `name` is the event's type.
    Webhook,
    /// We compared a day's book with its bill; `name` is the day, `outcome` may be `differs`.
    Reconciliation,
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    Info,
    Warning,
    Error,
}

/// A line of the log. What says nothing about its kind is left out.
#[derive(Default, Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
    /// `ok`, or the one stable word for what went wrong.
    pub(crate) outcome: &'a str,
    pub(crate) took_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<&'a str>,
    /// The name of the shop's key, where one was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<&'a str>,
    /// `v6` where a buyer came by IPv6, which WeChat's middle page may see as another address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ip: Option<&'static str>,
    /// Which step of ours failed, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<&'static str>,
    /// `backup` where WeChat's first host could not be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<&'static str>,
    /// Where WeChat took the second API V2 key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) second_key: Option<bool>,
    /// WeChat's words for refusing, which are about the message and not about an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) said: Option<&'a str>,
}

impl Line<'_> {
    pub(crate) fn write(&self, severity: Severity) {
        // A line of strings and numbers always has a JSON form.
        let text = serde_json::to_string(self).unwrap_or_default();
        match severity {
            Severity::Error => worker::console_error!("{text}"),
            Severity::Warning => worker::console_warn!("{text}"),
            Severity::Info => worker::console_log!("{text}"),
        }
    }
}
