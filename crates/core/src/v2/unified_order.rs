//! 统一下单 · unified order · `POST /pay/unifiedorder`, called by the merchant's server.
//!
//! Source: protocol pages "统一下单" (JSAPI, H5, Native), read 2026-11.
//! On a time-out repeat, never mint a new number: identical parameters are the same order, any other
//! ones are refused (INVALID_REQUEST, 201 商户订单号重复).
use alloc::string::ToString;

use serde::Serialize;

use super::{Ask, Credential, Fields, SignedRequest, credential::Reply};
use crate::{
    Error, Malformed, NonceStr, Outcome, PrepayId, Verified, Why,
    question::prepay::{Answer, Placed, Prepay, Trade},
};

#[derive(Serialize)]
struct SceneInfo<'a> {
    h5_info: H5Info<'a>,
}

#[derive(Serialize)]
struct H5Info<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    wap_url: &'a str,
    wap_name: &'a str,
}

impl Ask for Prepay {
    fn to_request(&self, credential: &Credential, nonce_str: &NonceStr) -> SignedRequest {
        let fields = Fields::new()
            .with("body", &self.body)
            .with("fee_type", "CNY")
            .with("notify_url", &self.notify_url)
            .with("out_trade_no", &self.out_trade_no)
            .with("spbill_create_ip", self.spbill_create_ip)
            .with("time_expire", self.time_expire)
            .with("total_fee", self.total_fee)
            .with("trade_type", self.trade.trade_type());
        let fields = match &self.attach {
            Some(attach) => fields.with("attach", attach),
            None => fields,
        };
        let fields = match &self.trade {
            Trade::App => fields,
            Trade::Jsapi { openid } => fields.with(credential.openid_field(), openid),
            Trade::Native { product_id } => fields.with("product_id", product_id),
            Trade::Mweb { wap_url, wap_name } => {
                let h5_info = H5Info { kind: "Wap", wap_url, wap_name };
                // Texts only: writing them cannot fail.
                let scene_info = serde_json::to_string(&SceneInfo { h5_info }).unwrap_or_default();
                fields.with("scene_info", scene_info)
            }
        };
        credential.request("/pay/unifiedorder", fields, nonce_str)
    }

    fn read_response(&self, credential: &Credential, bytes: &[u8]) -> Outcome<Answer> {
        let reply = match credential.verify_reply(bytes) {
            Outcome::Known(reply) => reply,
            Outcome::Unknown(why) => return Outcome::Unknown(why),
        };
        match read(self, reply) {
            Ok(answer) => Outcome::Known(answer),
            Err(malformed) => Outcome::Unknown(Why::Distrusted(Error::Malformed(malformed))),
        }
    }
}

fn read(order: &Prepay, reply: Verified<Reply>) -> Result<Answer, Malformed> {
    let fields = match reply.into_inner() {
        Reply::Refused(refusal) => return Ok(Answer::Refused(refusal)),
        Reply::Success(fields) => fields,
    };
    if fields.required("trade_type")? != order.trade.trade_type() {
        return Err(Malformed::Field("trade_type"));
    }
    let url = match &order.trade {
        Trade::Jsapi { .. } | Trade::App => None,
        Trade::Mweb { .. } => Some(fields.required("mweb_url")?.to_string()),
        Trade::Native { .. } => Some(fields.required("code_url")?.to_string()),
    };
    let prepay_id = Some(fields.read("prepay_id", PrepayId::new)?);
    Ok(Answer::Placed(Placed { prepay_id, url }))
}

#[cfg(test)]
mod tests {
    use core::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::{Body, ErrorCode, Fen, NotifyUrl, OutTradeNo, UnixSeconds, v2::test_support::*};

    fn order(trade: Trade) -> Prepay {
        Prepay {
            out_trade_no: OutTradeNo::new("20260101120000A").unwrap(),
            body: Body::new("示例商城-测试商品").unwrap(),
            total_fee: Fen::new(1),
            attach: None,
            notify_url: NotifyUrl::new("https://pay.example.com/notify/v2/pay").unwrap(),
            spbill_create_ip: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
            time_expire: UnixSeconds::new(1_767_241_800).into(),
            trade,
        }
    }

    fn mweb() -> Prepay {
        order(Trade::Mweb {
            wap_url: "https://pay.example.com".into(),
            wap_name: "示例\"商城".into(),
        })
    }

    #[test]
    fn a_request_carries_its_signature_and_every_field() {
        let request = mweb().to_request(&credential(), &NonceStr::new("n0").unwrap());
        insta::assert_snapshot!(request.body().replace("><", ">\n<"));
        let fields = super::super::xml::decode(request.body().as_bytes()).unwrap();
        assert_eq!(super::super::sign::verify(&fields, credential().sign_type(), &key()), Ok(()));
    }

    #[test]
    fn a_verified_yes_gives_the_handle() {
        let reply = reply(&[
            ("result_code", "SUCCESS"),
            ("trade_type", "MWEB"),
            ("prepay_id", "wx1"),
            ("mweb_url", "https://wx.tenpay.com/x"),
        ]);
        let placed = Placed {
            prepay_id: Some(PrepayId::new("wx1").unwrap()),
            url: Some("https://wx.tenpay.com/x".into()),
        };
        assert_eq!(
            mweb().read_response(&credential(), &reply),
            Outcome::Known(Answer::Placed(placed))
        );
    }

    #[test]
    fn a_reply_about_another_trade_type_is_distrusted() {
        let reply =
            reply(&[("result_code", "SUCCESS"), ("trade_type", "JSAPI"), ("prepay_id", "wx1")]);
        assert!(matches!(
            mweb().read_response(&credential(), &reply),
            Outcome::Unknown(Why::Distrusted(_))
        ));
    }

    #[test]
    fn a_signed_no_is_an_answer_and_systemerror_is_not() {
        let no = reply(&[
            ("result_code", "FAIL"),
            ("err_code", "ORDERPAID"),
            ("err_code_des", "该订单已支付"),
        ]);
        let Outcome::Known(Answer::Refused(refusal)) = mweb().read_response(&credential(), &no)
        else {
            panic!()
        };
        assert_eq!(refusal.code, ErrorCode::OrderPaid);
        let busy = reply(&[("result_code", "FAIL"), ("err_code", "SYSTEMERROR")]);
        assert_eq!(mweb().read_response(&credential(), &busy), Outcome::Unknown(Why::Busy));
    }

    #[test]
    fn an_unsigned_no_and_a_forged_yes_are_unknown() {
        let unsigned =
            "<xml><return_code>FAIL</return_code><return_msg>签名错误</return_msg></xml>";
        let answer = mweb().read_response(&credential(), unsigned.as_bytes());
        assert_eq!(answer, Outcome::Unknown(Why::UnsignedRefusal("签名错误".into())));
        let forged = "<xml><return_code>SUCCESS</return_code><result_code>SUCCESS</result_code><sign>0</sign></xml>";
        assert!(matches!(
            mweb().read_response(&credential(), forged.as_bytes()),
            Outcome::Unknown(Why::Distrusted(_))
        ));
        assert!(matches!(
            mweb().read_response(&credential(), b"<html>502</html>"),
            Outcome::Unknown(_)
        ));
    }
}
