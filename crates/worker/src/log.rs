//! One JSON line per request. No order number, openid, address or token: only what an operator
//! needs to see that things go well or where they do not.
use serde::Serialize;

/// A line of the log.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) route: &'static str,
    /// The name of the shop's key, where one was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<&'a str>,
    pub(crate) status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'static str>,
    /// Which step of ours failed, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<&'static str>,
    pub(crate) took_ms: u64,
}

impl Line<'_> {
    pub(crate) fn write(&self) {
        // A line of strings and numbers always has a JSON form.
        let text = serde_json::to_string(self).unwrap_or_default();
        match self.status {
            500.. => worker::console_error!("{text}"),
            _ => worker::console_log!("{text}"),
        }
    }
}
