//! The way to the WeChat Pay gateway. Only a signed request can take it, and only core can read
//! what comes back.
use serde::Serialize;
use wxpay_core::{Outcome, Why, v2::SignedRequest};

use crate::{config::Config, outbound};

/// Sends one V2 request and reads the reply.
pub(crate) async fn ask<T>(
    config: &Config,
    request: &SignedRequest,
    read: impl FnOnce(&[u8]) -> Outcome<T>,
) -> Outcome<T> {
    let url = format!("{}{}", config.gateway_url, request.path());
    let outcome = match outbound::post_xml(&url, request.body()).await {
        Ok(bytes) => read(&bytes),
        Err(why) => Outcome::Unknown(why),
    };
    if let Outcome::Unknown(why) = &outcome {
        log(request.path(), why);
    }
    outcome
}

#[derive(Serialize)]
struct Line<'a> {
    gateway: &'a str,
    unknown: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
}

/// Says why nothing is known: a wrong key shows here and nowhere else. Neither our errors nor
/// WeChat's `return_msg` hold anything about an order or a buyer.
fn log(gateway: &str, why: &Why) {
    let (unknown, said) = match why {
        Why::Timeout => ("timeout", None),
        Why::Transport => ("transport", None),
        Why::Busy => ("busy", None),
        Why::UnsignedRefusal(said) => ("unsigned_refusal", Some(said.clone())),
        Why::Distrusted(error) => ("distrusted", Some(error.to_string())),
    };
    // Text always has a JSON form.
    let line = serde_json::to_string(&Line { gateway, unknown, said }).unwrap_or_default();
    worker::console_warn!("{line}");
}
