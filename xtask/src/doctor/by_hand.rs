//! What only a person can look up: WeChat's consoles have no interface for it.
//!
//! Source: the go-live check-list and the FAQ of pay.weixin.qq.com, and the rules of payment
//! directories and web authorisation domains, read 2026-11.

use super::Files;
use super::finding::Finding;
use crate::configuration::api::Apis;
use crate::configuration::shape;

/// The list, with this shop's own hosts.
pub(super) fn findings(files: &Files) -> Vec<Finding> {
    let mut list = domains(files, &sites(files));
    list.extend(account());
    list.extend(security(files.apis()));
    list
}

/// The origins where buyers see pages.
fn sites(files: &Files) -> Vec<String> {
    let origins = files.given("ALLOWED_ORIGINS").unwrap_or_default();
    let origins = origins.split(',').map(|origin| origin.trim().to_owned());
    let mut sites: Vec<String> = origins.filter(|text| !text.is_empty()).collect();
    // A Worker with pages of its own is a site too; one without is called from the others.
    if sites.is_empty() || files.manifest.assets().is_some() {
        sites.extend(files.given("PUBLIC_URL"));
    }
    sites.iter().map(|site| site.trim_end_matches('/').to_owned()).collect()
}

fn domains(files: &Files, sites: &[String]) -> Vec<Finding> {
    let hosts: Vec<&str> =
        sites.iter().filter_map(|site| shape::authority(site)).map(|(host, _)| host).collect();
    let hosts = hosts.join(", ");
    let directories: Vec<String> = sites.iter().map(|site| format!("{site}/")).collect();
    let h5 = files.given("H5_DOMAIN");
    vec![
        Finding::manual(
            "payment_directory",
            format!("支付授权目录: {}", directories.join(" ")),
            "pay.weixin.qq.com > Product Centre > Development Configuration: register each, with the slash",
            "pay.weixin.qq.com → 产品中心 → 开发配置 → 支付授权目录：逐个登记，以 / 结尾",
        ),
        Finding::manual(
            "h5_domain",
            format!("H5支付域名: {}", h5.unwrap_or_else(|| hosts.clone())),
            "same page: register it, the host alone, and wait for the approval",
            "同一页 → H5支付域名：只填主机名，等待审核通过",
        ),
        Finding::manual(
            "oauth_domain",
            format!("网页授权域名: {hosts}"),
            "mp.weixin.qq.com > Settings > Function Settings: register each host and serve its MP_verify_….txt at the top",
            "mp.weixin.qq.com → 公众号设置 → 功能设置 → 网页授权域名：逐个登记，根目录放 MP_verify_….txt",
        ),
        Finding::manual(
            "js_domain",
            format!("JS接口安全域名: {hosts}"),
            "same page, only if your pages call wx.config; raising the cashier by WeixinJSBridge needs none",
            "同一页，只有页面调用 wx.config 才需要；用 WeixinJSBridge 调起支付不需要",
        ),
        Finding::manual(
            "icp",
            format!("ICP 备案: {hosts}"),
            "a site hosted in mainland China needs its filing, and WeChat may ask for it: docs/mainland.md",
            "网站在中国大陆境内接入须备案，微信审核也会看，见 docs/mainland.md",
        ),
    ]
}

/// What stands under API安全, by the APIs that are used.
fn security(apis: Apis) -> Vec<Finding> {
    const CHECK: &str = "api_security";
    let v3 = apis.v3.then(|| {
        Finding::manual(
            CHECK,
            "APIv3密钥, 商户API证书, 微信支付公钥",
            "pay.weixin.qq.com > Account Centre > API Security: the APIv3 key is set, the certificate and WeChat Pay's public key are applied for",
            "pay.weixin.qq.com → 账户中心 → API安全：已设置 APIv3 密钥，已申请商户 API 证书和微信支付公钥",
        )
    });
    let v2 = apis.v2.then(|| {
        Finding::manual(
            CHECK,
            "APIv2密钥, API证书",
            "pay.weixin.qq.com > Account Centre > API Security: the APIv2 key is set and the certificate applied for",
            "pay.weixin.qq.com → 账户中心 → API安全：已设置 APIv2 密钥，已申请 API 证书",
        )
    });
    v3.into_iter().chain(v2).collect()
}

fn account() -> Vec<Finding> {
    vec![
        Finding::manual(
            "products",
            "JSAPI支付, H5支付, Native支付",
            "pay.weixin.qq.com > Product Centre > My Products: each that you use is enabled, or orders answer NOAUTH",
            "pay.weixin.qq.com → 产品中心 → 我的产品：要用的都已开通，否则下单报 NOAUTH",
        ),
        Finding::manual(
            "appid_bound",
            "AppID 与商户号绑定",
            "pay.weixin.qq.com > Product Centre > AppID accounts: the appid is bound, or orders answer APPID_MCHID_NOT_MATCH",
            "pay.weixin.qq.com → 产品中心 → AppID账号管理：已绑定，否则下单报 APPID_MCHID_NOT_MATCH",
        ),
        Finding::manual(
            "notify_source",
            "WAF, 机器人验证",
            "rules of your zone exempt /notify/*: being reached from here does not prove that WeChat gets through",
            "域名的安全规则放行 /notify/*：本机能访问不等于微信能访问",
        ),
        Finding::manual(
            "refund_notify",
            "退款结果通知",
            "nothing to register: each refund names its own address; have balance enough for refunds",
            "无需登记：每笔退款自带通知网址；账户里留够退款的余额",
        ),
        Finding::manual(
            "ip_whitelist",
            "IP白名单",
            "nothing to enter for payments; only jsapi_ticket needs one, from a fixed address: docs/egress-ip.md",
            "支付不需要填；只有 jsapi_ticket 需要固定出口 IP，见 docs/egress-ip.md",
        ),
        Finding::manual(
            "first_order",
            "1 分钱",
            "pay 1 fen in WeChat, in a phone browser and by code, refund each, and read the events: docs/deploy.md",
            "在微信内、手机浏览器、扫码各付 1 分钱并退款，查看事件，见 docs/deploy.md",
        ),
    ]
}
