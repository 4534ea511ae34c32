//! For the operator: `GET /v1/doctor`. It answers while the configuration is broken, too; then only
//! SHOP_API_KEYS has to be right, for it is not told to strangers what is wrong here.
use serde::Serialize;
use worker::{Date, DateInit, Env};
use wxpay_core::{
    Api, OutTradeNo, Outcome, Why,
    question::order_query::{Answer, OrderQuery},
};

use super::{Call, Noted};
use crate::{
    border, clock,
    config::Config,
    doctor::{self, Finding, by_hand},
    gateway,
    http::{client_ip, problem::Problem, reply::Reply},
    object::certificates,
    random,
    shop_keys::Scope,
    webhook,
};

#[derive(Serialize)]
struct Findings {
    findings: Vec<Finding>,
}

/// Looks at everything, and calls whom it takes to know.
pub(super) async fn examine(call: &Call<'_>) -> Result<Reply, Problem> {
    let config = &call.config;
    let mut findings = doctor::findings(config, call.own.first(), clock::now());
    findings.push(address(call));
    if config.v3.is_some() {
        findings.extend(wechat(config, Api::V3).await?);
    }
    if config.v2.is_some() {
        findings.extend(wechat(config, Api::V2).await?);
    }
    findings.extend(certificates(call).await?);
    findings.push(shop(config).await?);
    findings.extend(by_hand::findings());
    Reply::json(200, &Findings { findings })
}

/// What can be said without a configuration: what is wrong with it.
pub(super) fn without_config(
    request: &web_sys::Request,
    env: &Env,
    noted: &Noted,
) -> Result<Reply, Problem> {
    let shown = border::header(request, "authorization");
    noted.admit(&Config::shop_keys(env)?, shown, Scope::Doctor)?;
    let complaints = Config::complaints(env).into_iter().map(Finding::from);
    let findings = complaints.chain(by_hand::findings()).collect();
    Reply::json(200, &Findings { findings })
}

/// Whether the header arrives that says where buyers come from. What it says is not repeated.
fn address(call: &Call<'_>) -> Finding {
    const CHECK: &str = "CLIENT_IP_HEADER";
    let header = call.header(&call.config.client_ip_header);
    let read = client_ip::client_ip(header.as_deref(), call.config.is_real_gateway());
    let code = match read {
        Ok(address) if address.is_ipv6() => return Finding::ok(CHECK, "one IPv6 address"),
        Ok(_) => return Finding::ok(CHECK, "one IPv4 address"),
        Err(problem) => problem.code.text(),
    };
    let remedies = [code.remedy, "让可信的前置代理把用户的公网 IP 写进这个头，只写一个地址"];
    Finding::failure(CHECK, code.title, remedies)
}

/// When the downloaded certificates end; none where none are used.
async fn certificates(call: &Call<'_>) -> Result<Vec<Finding>, Problem> {
    let mchid = call.config.v3.as_ref().and_then(|v3| v3.ring.downloads());
    let Some(mchid) = mchid else { return Ok(Vec::new()) };
    let listed = certificates::ask(call.env, mchid, None).await?;
    let end = |it: &certificates::Certificate| doctor::certificate_end(it.expires_at, clock::now());
    Ok(listed.certificates.iter().map(end).collect())
}

/// Asks WeChat for an order that cannot exist: that it says so, signed, shows that appid, merchant
/// number and key are right and that the way there is open; its date shows our clock.
async fn wechat(config: &Config, api: Api) -> Result<[Finding; 2], Problem> {
    let nobodys = format!("DOCTOR{}", random::hex(&random::bytes::<8>()?));
    let out_trade_no = OutTradeNo::new(&nobodys);
    let out_trade_no = out_trade_no.map_err(|_| Problem::internal("the doctor's order number"))?;
    let (outcome, date) = gateway::probe(config, api, &OrderQuery::of(out_trade_no)).await;
    let check = match api {
        Api::V2 => "gateway_v2",
        Api::V3 => "gateway_v3",
    };
    let gateway = match outcome {
        Outcome::Known(answer) => match answer.get() {
            Answer::Refused(refusal) => {
                let code = refusal.code.as_str();
                let remedies = [
                    refusal.code.remedy(),
                    "按微信返回的错误码处理：检查商户号、AppID 是否绑定、产品是否开通",
                ];
                Finding::failure(check, format!("WeChat refuses: `{code}`"), remedies)
            }
            _ => Finding::ok(check, "reached; it took our key and its answer's signature checks"),
        },
        Outcome::Unknown(why) => unknown(check, api, &why),
    };
    // What is no date comes out as 1970.
    let theirs = date.map(|date| Date::from(DateInit::String(date)).as_millis() / 1000);
    let theirs = theirs.filter(|seconds| *seconds > 0);
    Ok([gateway, doctor::clock(clock::now().seconds(), theirs)])
}

fn unknown(check: &'static str, api: Api, why: &Why) -> Finding {
    const REACH: [&str; 2] = [
        "look whether this network reaches the host of GATEWAY_URL; WeChat's state is at pay.weixin.qq.com",
        "检查网络能否访问 GATEWAY_URL 的主机；微信支付的状态见 pay.weixin.qq.com",
    ];
    let keys = match api {
        Api::V2 => [
            "compare WXPAY_API_V2_KEY, WXPAY_SIGN_TYPE, WXPAY_MCHID and WXPAY_APPID with the merchant console: docs/keys.md",
            "对照商户平台检查 WXPAY_API_V2_KEY、WXPAY_SIGN_TYPE、WXPAY_MCHID、WXPAY_APPID，见 docs/keys.md",
        ],
        Api::V3 => [
            "compare WXPAY_MERCHANT_KEY, WXPAY_MERCHANT_SERIAL, WXPAY_PUBLIC_KEYS, WXPAY_API_V3_KEY and WXPAY_MCHID with the merchant console: docs/keys.md",
            "对照商户平台检查 WXPAY_MERCHANT_KEY、WXPAY_MERCHANT_SERIAL、WXPAY_PUBLIC_KEYS、WXPAY_API_V3_KEY、WXPAY_MCHID，见 docs/keys.md",
        ],
    };
    let (detail, remedies) = match why {
        Why::Timeout => ("it did not answer in time".to_owned(), REACH),
        Why::Transport => ("it is not reached".to_owned(), REACH),
        Why::Busy => ("it answers that it is busy".to_owned(), REACH),
        Why::UnsignedRefusal(said) => (format!("WeChat refuses: {said}"), keys),
        Why::Distrusted(error) => (format!("its answer is not to be trusted: {error}"), keys),
    };
    Finding::failure(check, detail, remedies)
}

/// Tries the shop's webhook endpoint as `POST /v1/webhook/verify` does.
async fn shop(config: &Config) -> Result<Finding, Problem> {
    const CHECK: &str = "WEBHOOK_URL";
    let Some(endpoint) = &config.webhook else {
        let remedies = [
            "set WEBHOOK_URL and WEBHOOK_SECRETS, or read events by GET /v1/events: docs/webhooks.md",
            "设置 WEBHOOK_URL 和 WEBHOOK_SECRETS，或用 GET /v1/events 查询，见 docs/webhooks.md",
        ];
        return Ok(Finding::warning(CHECK, "not set: events are kept and not sent", remedies));
    };
    let trial = webhook::trial(endpoint).await?;
    Ok(match (trial.accepted(), trial.forged) {
        (true, _) if trial.refuses_forgeries() => {
            Finding::ok(CHECK, "it takes what we sign, and nothing else")
        }
        (true, webhook::Answer::Accepted) => Finding::failure(
            CHECK,
            "it takes an event that somebody else signed",
            [
                "verify the signature before anything else: docs/webhooks.md",
                "先校验签名，再做任何事，见 docs/webhooks.md",
            ],
        ),
        (true, _) => Finding::warning(
            CHECK,
            "it takes what we sign; whether it refuses what others sign is not known: no answer came",
            [
                "answer an event whose signature is wrong too, with 401, and ask the doctor again: docs/webhooks.md",
                "签名错误的事件也要回答（401），然后再运行一次 doctor，见 docs/webhooks.md",
            ],
        ),
        (false, _) => Finding::failure(
            CHECK,
            "it does not answer 2xx to an event signed by us",
            [
                "answer 2xx within 15 s to `endpoint.verify`, and compare WEBHOOK_SECRETS: docs/webhooks.md",
                "在 15 秒内对 endpoint.verify 回答 2xx，并核对 WEBHOOK_SECRETS，见 docs/webhooks.md",
            ],
        ),
    })
}
