//! The script that makes a desktop browser believe it is the device it stands for.

use serde_json::json;

use super::ClientKind;
use crate::{
    gateway::Gateway,
    message::{Request, Response},
};

const NAVIGATOR: &str = include_str!("navigator.js");
const BRIDGE: &str = include_str!("bridge.js");
const JS_SDK: &str = include_str!("jssdk.js");

/// `GET /sandbox/client.js`: the script, told which device it plays.
///
/// DIFFERENCE: the JS-SDK is a file that a page loads from res.wx.qq.com; here its part for
/// payments is there from the start, since this machine may be offline.
pub(crate) fn script(gateway: &Gateway, request: &Request) -> Response {
    let Some(kind) = request.client else {
        return Response::new(404, "text/plain", "only a fake client has a script");
    };
    let client = gateway.clients().one(kind);
    let navigator = client.device.navigator();
    let settings = json!({
        "device": client.device,
        "userAgent": client.user_agent,
        "platform": navigator.platform,
        "vendor": navigator.vendor,
        "maxTouchPoints": navigator.touch_points,
        "pages": gateway.visitor(request).pages,
    });
    let play = if kind == ClientKind::Wechat {
        "playNavigator(settings); playBridge(settings); playJsSdk();"
    } else {
        "playNavigator(settings);"
    };
    let script = format!(
        "(function () {{\n{NAVIGATOR}\n{BRIDGE}\n{JS_SDK}\nvar settings = {settings};\n{play}\n}})();\n"
    );
    Response::new(200, "text/javascript; charset=utf-8", script)
        .with_header("cache-control", "no-store")
}
