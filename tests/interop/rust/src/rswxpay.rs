//! rswxpay. Base URL: its own option `base_url`. It knows certificates only.

use anyhow::{Result, bail};
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::sha2::Sha256;
use rswxpay::crypto::sign::{build_sign_message, sign_sha256_rsa};
use rswxpay::model::bill::{BillResponse, FundFlowBillRequest, TradeBillRequest};
use rswxpay::model::common::{Amount, H5Info, Payer, SceneInfo};
use rswxpay::model::notify::NotifyHeaders;
use rswxpay::model::order::OrderQueryResponse;
use rswxpay::model::prepay::{
    AppPrepayRequest, H5PrepayRequest, JsapiPrepayRequest, NativePrepayRequest,
};
use rswxpay::model::refund::{RefundAmount, RefundRequest, RefundResponse};
use rswxpay::{ClientConfig, WxPayClient, WxPayError};
use serde_json::{Value, json};

use crate::{Opening, WeChatSaidNo, fen, text};

pub(crate) struct Client {
    sdk: WxPayClient,
    appid: String,
    /// Its client has the same one, and does not show it.
    key: SigningKey<Sha256>,
}

/// Its error, or WeChat's refusal in it.
fn asked<T>(result: Result<T, WxPayError>) -> Result<T> {
    result.map_err(|error| match error {
        WxPayError::Api { code, .. } => WeChatSaidNo(code).into(),
        error => error.into(),
    })
}

impl Client {
    pub(crate) async fn open(opening: Opening) -> Result<Self> {
        let Opening { gateway, merchant, platform } = opening;
        if !platform.public_keys.is_empty() {
            bail!("rswxpay takes no public key");
        }
        let config = ClientConfig::builder()
            .base_url(gateway)
            .mch_id(&merchant.mchid)
            .serial_no(&merchant.serial)
            .api_v3_key(&merchant.api_v3_key)
            .private_key_pem(&merchant.private_key)
            .build()?;
        let key = SigningKey::new(RsaPrivateKey::from_pkcs8_pem(&merchant.private_key)?);
        Ok(Self { sdk: asked(WxPayClient::new(config).await)?, appid: merchant.appid, key })
    }

    pub(crate) async fn call(&self, call: &str, args: &Value) -> Result<Option<Value>> {
        let number = |name: &str| text(args, &format!("/{name}"));
        let answer = match call {
            "signRequest" => self.sign_request(args),
            "signPage" => {
                let signature = sign_sha256_rsa(&self.key, &crate::page_to_sign(args))?;
                Ok(json!({ "paySign": signature }))
            }
            "native" => self.native(args).await,
            "h5" => self.h5(args).await,
            "jsapi" => self.jsapi(args).await,
            "app" => self.app(args).await,
            "queryByNumber" => {
                let query = self.sdk.query_order_by_out_trade_no(&number("out_trade_no")).await;
                Ok(transaction(&asked(query)?))
            }
            "queryById" => {
                let query = self.sdk.query_order_by_transaction_id(&number("transaction_id")).await;
                Ok(transaction(&asked(query)?))
            }
            "close" => {
                asked(self.sdk.close_order(&number("out_trade_no")).await)?;
                Ok(json!({}))
            }
            "refund" => self.refund(args).await,
            "queryRefund" => {
                Ok(refund(&asked(self.sdk.query_refund(&number("out_refund_no")).await)?))
            }
            "tradeBill" => {
                let bill_date = number("bill_date");
                let request = TradeBillRequest { bill_date, bill_type: None, tar_type: None };
                self.file(asked(self.sdk.get_trade_bill(&request).await)?).await
            }
            "fundFlowBill" => {
                let bill_date = number("bill_date");
                let request = FundFlowBillRequest { bill_date, account_type: None, tar_type: None };
                self.file(asked(self.sdk.get_fund_flow_bill(&request).await)?).await
            }
            "payment" => {
                let (headers, body) = (headers(args), text(args, "/body"));
                let told = asked(self.sdk.parse_transaction_notify(&headers, &body).await)?;
                Ok(json!({
                    "out_trade_no": told.out_trade_no,
                    "transaction_id": told.transaction_id,
                    "trade_state": told.trade_state,
                    "amount": { "total": told.amount.total },
                }))
            }
            "refunded" => {
                let (headers, body) = (headers(args), text(args, "/body"));
                let told = asked(self.sdk.parse_refund_notify(&headers, &body).await)?;
                Ok(json!({
                    "out_refund_no": told.out_refund_no,
                    "refund_status": told.refund_status,
                    "amount": { "refund": told.amount.refund },
                }))
            }
            _ => return Ok(None),
        };
        answer.map(Some)
    }

    fn sign_request(&self, args: &Value) -> Result<Value> {
        let [method, url, timestamp, nonce, body] = crate::to_sign(args);
        let message = build_sign_message(&method, &url, timestamp.parse()?, &nonce, &body);
        Ok(json!({ "signature": sign_sha256_rsa(&self.key, &message)? }))
    }

    async fn native(&self, args: &Value) -> Result<Value> {
        let request = NativePrepayRequest {
            appid: self.appid.clone(),
            mchid: self.sdk.mch_id().to_owned(),
            description: text(args, "/description"),
            out_trade_no: text(args, "/out_trade_no"),
            time_expire: None,
            notify_url: text(args, "/notify_url"),
            amount: amount(args)?,
            detail: None,
            scene_info: None,
            settle_info: None,
            attach: None,
            goods_tag: None,
        };
        Ok(json!({ "code_url": asked(self.sdk.native_prepay(&request).await)?.code_url }))
    }

    async fn h5(&self, args: &Value) -> Result<Value> {
        let h5_info = H5Info {
            h5_type: text(args, "/scene_info/h5_info/type"),
            app_name: None,
            app_url: None,
            bundle_id: None,
            package_name: None,
        };
        let scene_info = SceneInfo {
            payer_client_ip: text(args, "/scene_info/payer_client_ip"),
            device_id: None,
            store_info: None,
            h5_info: Some(h5_info),
        };
        let request = H5PrepayRequest {
            appid: self.appid.clone(),
            mchid: self.sdk.mch_id().to_owned(),
            description: text(args, "/description"),
            out_trade_no: text(args, "/out_trade_no"),
            time_expire: None,
            notify_url: text(args, "/notify_url"),
            amount: amount(args)?,
            scene_info,
            detail: None,
            settle_info: None,
            attach: None,
            goods_tag: None,
        };
        Ok(json!({ "h5_url": asked(self.sdk.h5_prepay(&request).await)?.h5_url }))
    }

    async fn jsapi(&self, args: &Value) -> Result<Value> {
        let request = JsapiPrepayRequest {
            appid: self.appid.clone(),
            mchid: self.sdk.mch_id().to_owned(),
            description: text(args, "/description"),
            out_trade_no: text(args, "/out_trade_no"),
            time_expire: None,
            notify_url: text(args, "/notify_url"),
            amount: amount(args)?,
            payer: Payer { openid: text(args, "/payer/openid") },
            detail: None,
            scene_info: None,
            settle_info: None,
            attach: None,
            goods_tag: None,
            support_fapiao: None,
        };
        let reply = asked(self.sdk.jsapi_prepay(&request).await)?;
        let params = self.sdk.build_jsapi_pay_params(&self.appid, &reply.prepay_id)?;
        Ok(serde_json::to_value(params)?)
    }

    async fn app(&self, args: &Value) -> Result<Value> {
        let request = AppPrepayRequest {
            appid: self.appid.clone(),
            mchid: self.sdk.mch_id().to_owned(),
            description: text(args, "/description"),
            out_trade_no: text(args, "/out_trade_no"),
            time_expire: None,
            notify_url: text(args, "/notify_url"),
            amount: amount(args)?,
            detail: None,
            scene_info: None,
            settle_info: None,
            attach: None,
            goods_tag: None,
        };
        let reply = asked(self.sdk.app_prepay(&request).await)?;
        let params = self.sdk.build_app_pay_params(&self.appid, &reply.prepay_id)?;
        Ok(serde_json::to_value(params)?)
    }

    async fn refund(&self, args: &Value) -> Result<Value> {
        let request = RefundRequest {
            transaction_id: None,
            out_trade_no: Some(text(args, "/out_trade_no")),
            out_refund_no: text(args, "/out_refund_no"),
            reason: Some(text(args, "/reason")),
            notify_url: Some(text(args, "/notify_url")),
            amount: RefundAmount {
                refund: i64::try_from(fen(args, "/amount/refund"))?,
                total: i64::try_from(fen(args, "/amount/total"))?,
                currency: text(args, "/amount/currency"),
                from: None,
            },
            funds_account: None,
            goods_detail: None,
        };
        Ok(refund(&asked(self.sdk.create_refund(&request).await)?))
    }

    async fn file(&self, told: BillResponse) -> Result<Value> {
        let bytes = asked(self.sdk.download_bill(&told.download_url).await)?;
        Ok(json!({ "text": String::from_utf8(bytes.to_vec())?, "hash": told.hash_value }))
    }
}

fn headers(args: &Value) -> NotifyHeaders {
    let part = |name: &str| text(args, &format!("/headers/wechatpay-{name}"));
    NotifyHeaders {
        timestamp: part("timestamp"),
        nonce: part("nonce"),
        signature: part("signature"),
        serial: part("serial"),
    }
}

fn amount(args: &Value) -> Result<Amount> {
    let total = i64::try_from(fen(args, "/amount/total"))?;
    Ok(Amount { total, currency: Some(text(args, "/amount/currency")) })
}

fn transaction(told: &OrderQueryResponse) -> Value {
    json!({
        "out_trade_no": told.out_trade_no,
        "transaction_id": told.transaction_id,
        "trade_state": told.trade_state,
        "amount": told.amount.as_ref().map(|amount| json!({ "total": amount.total })),
    })
}

fn refund(told: &RefundResponse) -> Value {
    json!({
        "out_refund_no": told.out_refund_no,
        "refund_id": told.refund_id,
        "status": told.status,
        "amount": { "refund": told.amount.refund },
    })
}
