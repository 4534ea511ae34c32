//! The part of WeChat's go-live check-list that no program can look up: its consoles have no
//! interface for it.
//!
//! Source: the go-live check-list (上线检查清单) and the FAQ of pay.weixin.qq.com, read 2026-11.
use super::Finding;

/// One entry: the check's name, what it is called there, and where, in English and Chinese.
type Entry = (&'static str, &'static str, [&'static str; 2]);

const LIST: &[Entry] = &[
    (
        "payment_directory",
        "支付授权目录",
        [
            "pay.weixin.qq.com > Product Centre > Development Configuration: register the address of each page that pays, with a slash at its end",
            "pay.weixin.qq.com → 产品中心 → 开发配置：登记每个付款页面的地址，以 / 结尾",
        ],
    ),
    (
        "h5_domain",
        "H5支付域名",
        [
            "same page: register the host, and wait for the approval",
            "同一页：登记主机名，等待审核通过",
        ],
    ),
    (
        "oauth_domain",
        "网页授权域名, MP_verify_….txt",
        [
            "mp.weixin.qq.com > Settings > Function Settings: register each host, and serve the file at its top",
            "mp.weixin.qq.com → 公众号设置 → 功能设置：逐个登记域名，根目录放校验文件",
        ],
    ),
    (
        "js_domain",
        "JS接口安全域名",
        ["same page, only if your pages call wx.config", "同一页，只有页面调用 wx.config 才需要"],
    ),
    (
        "icp",
        "ICP备案",
        [
            "a site hosted in mainland China needs its filing: docs/mainland.md",
            "网站在中国大陆境内接入须备案，见 docs/mainland.md",
        ],
    ),
    (
        "ip_whitelist",
        "IP白名单",
        [
            "nothing to enter for payments; only jsapi_ticket needs a fixed address: docs/egress-ip.md",
            "支付不需要填；只有 jsapi_ticket 需要固定出口 IP，见 docs/egress-ip.md",
        ],
    ),
    (
        "WXPAY_APP_SECRET",
        "AppSecret",
        [
            "it cannot be checked without a buyer's login: open a page inside WeChat; `login_refused` in the log says it is wrong",
            "没有用户登录就无法校验：在微信里打开页面，日志里出现 login_refused 说明它不对",
        ],
    ),
];

/// The list, as findings.
pub(crate) fn findings() -> Vec<Finding> {
    LIST.iter()
        .map(|(check, detail, remedies)| Finding::manual(check, *detail, *remedies))
        .collect()
}
