//! 下单 · `POST /v3/pay/transactions/{jsapi|h5|native|app}`, called by the merchant's server.
//!
//! Source: protocol pages "JSAPI下单", "H5下单", "Native下单", "APP下单", read 2026-11.
use alloc::string::{String, ToString as _};

use serde_json::{Value, json};

use super::{
    Ask, Merchant, Reply, Request,
    json::{Json, object},
};
use crate::{
    Attach, Malformed, Outcome, PrepayId, Verified,
    question::prepay::{Answer, Placed, Prepay, Trade},
};

impl Ask for Prepay {
    fn to_request(&self, merchant: &Merchant) -> Request {
        let (name, payer, h5_info) = match &self.trade {
            Trade::Jsapi { openid } => {
                let payer = json!({ "openid": openid.as_str() });
                ("/v3/pay/transactions/jsapi", payer, Value::Null)
            }
            Trade::Mweb { wap_url, wap_name } => {
                let h5_info = json!({ "type": "Wap", "app_name": wap_name, "app_url": wap_url });
                ("/v3/pay/transactions/h5", Value::Null, h5_info)
            }
            Trade::Native { .. } => ("/v3/pay/transactions/native", Value::Null, Value::Null),
            Trade::App => ("/v3/pay/transactions/app", Value::Null, Value::Null),
        };
        let ip = self.spbill_create_ip.to_string();
        let body = object([
            ("appid", merchant.appid.as_str().into()),
            ("mchid", merchant.mchid.as_str().into()),
            ("description", self.body.as_str().into()),
            ("out_trade_no", self.out_trade_no.as_str().into()),
            ("time_expire", self.time_expire.rfc3339().into()),
            ("attach", self.attach.as_ref().map(Attach::as_str).into()),
            ("notify_url", self.notify_url.as_str().into()),
            ("amount", json!({ "total": self.total_fee.fen(), "currency": "CNY" })),
            ("payer", payer),
            ("scene_info", object([("payer_client_ip", ip.into()), ("h5_info", h5_info)])),
        ]);
        Request::post(name, name.into(), &body)
    }

    fn read_reply(&self, _: &Merchant, reply: Outcome<Verified<Reply>>) -> Outcome<Answer> {
        reply.try_read(|reply| read(&self.trade, reply)).map(Verified::into_inner)
    }
}

fn read(trade: &Trade, reply: Reply) -> Result<Answer, Malformed> {
    let body = match reply {
        Reply::Refused(refusal) => return Ok(Answer::Refused(refusal)),
        Reply::Success(body) => body,
    };
    let json = Json::decode(&body)?;
    let url = |name| json.required(name).map(String::from).map(Some);
    Ok(Answer::Placed(match trade {
        Trade::Jsapi { .. } | Trade::App => {
            Placed { prepay_id: Some(json.read("prepay_id", PrepayId::new)?), url: None }
        }
        Trade::Mweb { .. } => Placed { prepay_id: None, url: url("h5_url")? },
        Trade::Native { .. } => Placed { prepay_id: None, url: url("code_url")? },
    }))
}
