//! The script that makes a desktop browser believe it is the client it stands for.

use serde_json::json;

use super::{ClientKind, Platform};
use crate::{
    gateway::Gateway,
    message::{Request, Response},
};

const SCRIPT: &str = include_str!("inject.js");

/// `GET /sandbox/client.js`: the script, told which client it plays.
pub(crate) fn script(gateway: &Gateway, request: &Request) -> Response {
    let Some(kind) = request.client else {
        return Response::new(404, "text/plain", "only a fake client has a script");
    };
    let client = gateway.clients().one(kind);
    let (platform, vendor, touch_points) = match client.platform {
        Platform::Ios => ("iPhone", "Apple Computer, Inc.", 5),
        Platform::Android => ("Linux armv8l", "Google Inc.", 5),
        Platform::Windows => ("Win32", "Google Inc.", 0),
    };
    let settings = json!({
        "wechat": kind == ClientKind::Wechat,
        "userAgent": client.user_agent,
        "platform": platform,
        "vendor": vendor,
        "maxTouchPoints": touch_points,
        "pages": gateway.visitor(request).pages,
        "appId": gateway.account().appid,
    });
    let script = SCRIPT.replace("__SETTINGS__", &settings.to_string());
    Response::new(200, "text/javascript; charset=utf-8", script)
        .with_header("cache-control", "no-store")
}
