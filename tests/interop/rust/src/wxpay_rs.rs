//! wxpay-rs. It has no base URL of its own, but takes an HTTP client: below is its own one, which
//! asks another host.

use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use serde_json::{Value, json};
use wxpay_rs::auth::{Sha256RsaSigner, Signer};
use wxpay_rs::cert::{CertDownloader, CertManager, CertificateDownloader as _};
use wxpay_rs::http::client::HttpResponse;
use wxpay_rs::http::{HttpClient, ReqwestHttpClient};
use wxpay_rs::notify::handler::NotifyHeaders;
use wxpay_rs::services::payments::app::AppRequest;
use wxpay_rs::services::payments::h5::{H5Info, H5Request, SceneInfo};
use wxpay_rs::services::payments::jsapi::{Amount, JsapiRequest, Payer};
use wxpay_rs::services::payments::native::NativeRequest;
use wxpay_rs::services::query::Transaction;
use wxpay_rs::services::refund::{RefundAmount, RefundRequest, RefundResponse};
use wxpay_rs::{WxPayClient, WxPayConfig, WxPayError, WxPayResult};

use crate::{Opening, WeChatSaidNo, fen, text};

const WECHAT: &str = "https://api.mch.weixin.qq.com";

pub(crate) struct Client {
    sdk: WxPayClient,
    appid: String,
    mchid: String,
}

/// The SDK's own HTTP client, with another host.
struct Elsewhere {
    client: ReqwestHttpClient,
    gateway: String,
}

impl Elsewhere {
    fn new(gateway: &str) -> WxPayResult<Self> {
        // Refusals are looked at, not repeated.
        let client = ReqwestHttpClient::builder().max_retries(0).build()?;
        Ok(Self { client, gateway: gateway.to_owned() })
    }

    fn url(&self, url: &str) -> String {
        url.replacen(WECHAT, &self.gateway, 1)
    }
}

type Headers = Vec<(String, String)>;

#[async_trait]
impl HttpClient for Elsewhere {
    async fn get(&self, url: &str, headers: Headers) -> WxPayResult<HttpResponse> {
        self.client.get(&self.url(url), headers).await
    }

    async fn post(&self, url: &str, headers: Headers, body: &str) -> WxPayResult<HttpResponse> {
        self.client.post(&self.url(url), headers, body).await
    }

    async fn put(&self, url: &str, headers: Headers, body: &str) -> WxPayResult<HttpResponse> {
        self.client.put(&self.url(url), headers, body).await
    }

    async fn delete(&self, url: &str, headers: Headers) -> WxPayResult<HttpResponse> {
        self.client.delete(&self.url(url), headers).await
    }

    async fn patch(&self, url: &str, headers: Headers, body: &str) -> WxPayResult<HttpResponse> {
        self.client.patch(&self.url(url), headers, body).await
    }
}

/// Its error, or WeChat's refusal in it.
fn asked<T>(result: WxPayResult<T>) -> Result<T> {
    result.map_err(|error| match error {
        WxPayError::ApiError { code, .. } => WeChatSaidNo(code).into(),
        // What WeChat answers without words, as for a path that it does not have.
        WxPayError::UnexpectedStatusCode(status) => WeChatSaidNo(status.to_string()).into(),
        error => error.into(),
    })
}

impl Client {
    pub(crate) async fn open(opening: Opening) -> Result<Self> {
        let Opening { gateway, merchant, platform } = opening;
        let manager = Arc::new(CertManager::new());
        if platform.certificates {
            let key = merchant.private_key.as_bytes();
            let signer: Arc<dyn Signer> =
                Arc::new(Sha256RsaSigner::new(&merchant.mchid, key, &merchant.serial)?);
            let http = Arc::new(Elsewhere::new(&gateway)?);
            let downloader =
                CertDownloader::new(WECHAT, &merchant.mchid, signer, http, manager.clone());
            asked(downloader.with_api_v3_key(&merchant.api_v3_key).download().await)?;
        }
        let mut config = WxPayConfig::builder()
            .app_id(&merchant.appid)
            .merchant_id(&merchant.mchid)
            .api_v3_key(&merchant.api_v3_key)
            .private_key(merchant.private_key.into_bytes())
            .cert_serial_number(&merchant.serial);
        for (id, pem) in platform.public_keys {
            config = config.platform_public_key(id, pem.into_bytes());
        }
        let http = Elsewhere::new(&gateway)?;
        let builder =
            WxPayClient::builder().config(config.build()?).cert_manager(manager).http_client(http);
        let sdk = builder.build().await?;
        Ok(Self { sdk, appid: merchant.appid, mchid: merchant.mchid })
    }

    pub(crate) async fn call(&self, call: &str, args: &Value) -> Result<Option<Value>> {
        let answer = match call {
            "signRequest" => self.sign_request(args).await,
            "signPage" => {
                let signature = self.sdk.signer().sign(&crate::page_to_sign(args)).await?;
                Ok(json!({ "paySign": signature }))
            }
            "native" => self.native(args).await,
            "h5" => self.h5(args).await,
            "jsapi" => self.jsapi(args).await,
            "app" => self.app(args).await,
            "queryByNumber" => {
                let query = self.sdk.query().by_out_trade_no(&text(args, "/out_trade_no")).await;
                Ok(transaction(&asked(query)?))
            }
            "queryById" => {
                let number = text(args, "/transaction_id");
                Ok(transaction(&asked(self.sdk.query().by_transaction_id(&number).await)?))
            }
            "close" => {
                asked(self.sdk.query().close(&text(args, "/out_trade_no")).await)?;
                Ok(json!({}))
            }
            "refund" => self.refund(args).await,
            "queryRefund" => {
                let query = self.sdk.refund().query_refund(&text(args, "/out_refund_no")).await;
                Ok(refund(&asked(query)?))
            }
            "payment" => self.payment(args).await,
            "refunded" => self.refunded(args).await,
            _ => return Ok(None),
        };
        answer.map(Some)
    }

    async fn sign_request(&self, args: &Value) -> Result<Value> {
        let [method, url, timestamp, nonce, body] = crate::to_sign(args);
        let timestamp = timestamp.parse()?;
        let message = Sha256RsaSigner::build_sign_message(&method, &url, timestamp, &nonce, &body);
        Ok(json!({ "signature": self.sdk.signer().sign(&message).await? }))
    }

    async fn native(&self, args: &Value) -> Result<Value> {
        let request = NativeRequest {
            appid: self.appid.clone(),
            mchid: self.mchid.clone(),
            description: text(args, "/description"),
            out_trade_no: text(args, "/out_trade_no"),
            amount: amount(args),
            notify_url: Some(text(args, "/notify_url")),
        };
        let reply = asked(self.sdk.native().create_order(&request).await)?;
        Ok(json!({ "code_url": reply.code_url }))
    }

    async fn h5(&self, args: &Value) -> Result<Value> {
        let scene_info = SceneInfo {
            payer_client_ip: Some(text(args, "/scene_info/payer_client_ip")),
            device_id: None,
            h5_info: Some(H5Info { r#type: text(args, "/scene_info/h5_info/type") }),
        };
        let request = H5Request {
            appid: self.appid.clone(),
            mchid: self.mchid.clone(),
            description: text(args, "/description"),
            out_trade_no: text(args, "/out_trade_no"),
            amount: amount(args),
            notify_url: Some(text(args, "/notify_url")),
            scene_info: Some(scene_info),
        };
        let reply = asked(self.sdk.h5().create_order(&request).await)?;
        Ok(json!({ "h5_url": reply.h5_url }))
    }

    async fn jsapi(&self, args: &Value) -> Result<Value> {
        let request = JsapiRequest {
            appid: self.appid.clone(),
            mchid: self.mchid.clone(),
            description: text(args, "/description"),
            out_trade_no: text(args, "/out_trade_no"),
            amount: amount(args),
            payer: Some(Payer { openid: text(args, "/payer/openid") }),
            notify_url: Some(text(args, "/notify_url")),
        };
        let reply = asked(self.sdk.jsapi().create_order(&request).await)?;
        let params = self.sdk.jsapi().generate_pay_params(&reply.prepay_id).await?;
        Ok(serde_json::to_value(params)?)
    }

    async fn app(&self, args: &Value) -> Result<Value> {
        let request = AppRequest {
            appid: self.appid.clone(),
            mchid: self.mchid.clone(),
            description: text(args, "/description"),
            out_trade_no: text(args, "/out_trade_no"),
            amount: amount(args),
            notify_url: Some(text(args, "/notify_url")),
        };
        let reply = asked(self.sdk.app().create_order(&request).await)?;
        let params = self.sdk.app().generate_pay_params(&reply.prepay_id).await?;
        Ok(serde_json::to_value(params)?)
    }

    async fn refund(&self, args: &Value) -> Result<Value> {
        let request = RefundRequest {
            transaction_id: None,
            out_trade_no: Some(text(args, "/out_trade_no")),
            out_refund_no: text(args, "/out_refund_no"),
            reason: Some(text(args, "/reason")),
            amount: RefundAmount {
                refund: fen(args, "/amount/refund"),
                total: fen(args, "/amount/total"),
                currency: text(args, "/amount/currency"),
            },
            notify_url: Some(text(args, "/notify_url")),
        };
        Ok(refund(&asked(self.sdk.refund().create_refund(&request).await)?))
    }

    async fn payment(&self, args: &Value) -> Result<Value> {
        let handler = self.sdk.notify_handler()?;
        let (parts, body) = (header_parts(args), text(args, "/body"));
        let request = handler.verify_and_parse(headers(&parts), body.as_bytes()).await?;
        Ok(serde_json::to_value(handler.handle_verified_payment_notify(&request).await?)?)
    }

    async fn refunded(&self, args: &Value) -> Result<Value> {
        let handler = self.sdk.notify_handler()?;
        let (parts, body) = (header_parts(args), text(args, "/body"));
        let request = handler.verify_and_parse(headers(&parts), body.as_bytes()).await?;
        Ok(serde_json::to_value(handler.handle_verified_refund_notify(&request).await?)?)
    }
}

fn header_parts(args: &Value) -> [String; 4] {
    ["timestamp", "nonce", "serial", "signature"]
        .map(|part| text(args, &format!("/headers/wechatpay-{part}")))
}

fn headers([timestamp, nonce, serial, signature]: &[String; 4]) -> NotifyHeaders<'_> {
    NotifyHeaders { timestamp, nonce, serial, signature }
}

fn amount(args: &Value) -> Option<Amount> {
    let currency = Some(text(args, "/amount/currency"));
    Some(Amount { total: fen(args, "/amount/total"), currency })
}

fn transaction(told: &Transaction) -> Value {
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
        "amount": told.amount.as_ref().map(|amount| json!({ "refund": amount.refund })),
    })
}
