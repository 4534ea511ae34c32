//! Every fault with its value, its amount, and what happens, in Chinese and English: the one list
//! that the control API, the header and the README's table are made of.

use serde::{Deserialize, Serialize};

/// One value of a key.
pub(super) struct Row {
    pub(super) value: &'static str,
    /// Its place among the amounts of its key; never given to another.
    pub(super) number: u64,
    pub(super) chinese: &'static str,
    pub(super) english: &'static str,
}

/// An enum of the faults of one key, and their rows.
macro_rules! faults {
    ($(#[$doc:meta])* $name:ident {
        $($number:literal $variant:ident = $value:literal, $chinese:literal, $english:literal;)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            /// Nothing is wrong.
            #[default]
            #[serde(rename = "normal")]
            Normal,
            $(
                #[doc = concat!($chinese, ": ", $english, ".")]
                #[serde(rename = $value)]
                $variant,
            )+
        }

        impl $name {
            pub(super) const ROWS: &[Row] = &[$(Row {
                value: $value, number: $number, chinese: $chinese, english: $english,
            }),+];

            /// The value of its key.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::Normal => "normal",
                    $(Self::$variant => $value,)+
                }
            }
        }
    };
}

faults! {
    /// What happens to notifications of payments and refunds (支付结果通知, 退款结果通知).
    NotifyFault {
        1 Lost = "lost", "通知丢失，重试也都丢失",
            "every try counts as sent and failed; none arrives";
        2 Duplicate = "duplicate", "每次通知同时到达 `times`（20）份",
            "each try arrives `times` (20) times at once";
        3 Late = "late", "此后支付或退款的首次通知晚到 15 分钟",
            "the first try about what is paid or refunded from now on leaves after 15 minutes";
        4 Forged = "forged", "用错误的密钥签名（退款：加密）",
            "signed, or for a V2 refund encrypted, with a wrong key";
        5 WrongAmount = "wrong_amount", "签名正确，金额多一分",
            "rightly signed or encrypted, one fen too much";
        6 Replay = "replay", "每次通知同时到达 `times`（20）份，连请求头都逐字节相同",
            "each try arrives `times` (20) times at once, byte by byte the same, headers included";
        7 Reordered = "reordered", "乱序：后发生的先通知，先发生的随后（最迟 15 分钟）到达",
            "the later one first: a first try waits until a second event (another payment, or a refund) has been told, at most 15 minutes";
        8 Stale = "stale", "陈旧：V3 为 301 秒前签名；V2 报文没有发送时间，只能是时间字段早了一天，签名正确",
            "V3: rightly signed, 301 s ago; a V2 message does not say when it was sent, so what it tells (`time_end`, `success_time`) is a day old, rightly signed";
        9 OtherMerchant = "other_merchant", "别的商户的通知，用那个商户的密钥正确签名",
            "names another mchid and appid, rightly signed and sealed with that merchant's own keys; V3's signature is WeChat Pay's and holds";
        10 OtherMerchantOurKey = "other_merchant_our_key", "报文里是别的商户，却用我们的密钥正确签名",
            "names another mchid and appid, rightly signed and sealed with our keys";
        11 BitFlip = "bit_flip", "签名之后报文中有一个比特翻转",
            "one bit of the body has flipped since it was signed";
    }
}

faults! {
    /// What happens to new orders (下单).
    OrderFault {
        1 Timeout = "timeout", "下单成功，但没有应答",
            "the order is made, but no answer comes (the line is held for 60 s)";
        2 TimeoutBeforeEffect = "timeout_before_effect", "没有下单，也没有应答",
            "no answer comes, and nothing was made";
        3 Systemerror = "systemerror", "系统错误，没有下单",
            "`SYSTEMERROR`, V3 500 `SYSTEM_ERROR`, nothing was made";
        4 SystemerrorAfterEffect = "systemerror_after_effect", "系统错误，但下单成功",
            "the same, though the order was made";
        5 Orderpaid = "orderpaid", "答复该订单已支付",
            "`ORDERPAID`, V3 400 `ORDER_PAID`, though nobody has paid";
        6 Orderclosed = "orderclosed", "答复该订单已关闭",
            "`ORDERCLOSED`, V3 400 `ORDER_CLOSED`, though nobody has closed it";
        7 OutTradeNoUsed = "out_trade_no_used", "答复 201 商户订单号重复",
            "`INVALID_REQUEST` with `201 商户订单号重复`, V3 403 `OUT_TRADE_NO_USED`";
    }
}

faults! {
    /// What a query says (查询订单); those without an answer strike 查询退款 as well.
    QueryFault {
        1 Userpaying = "userpaying", "未支付订单答复用户支付中",
            "`USERPAYING` of unpaid orders";
        2 Payerror = "payerror", "未支付订单答复支付失败",
            "`PAYERROR` of unpaid orders";
        3 NewWord = "new_word", "未支付订单答复文档里没有的交易状态",
            "of unpaid orders a `trade_state` that no document has";
        4 Bare = "bare", "除已支付订单外，只答复文档承诺的字段",
            "of all but paid orders it says no more than is promised: `trade_state`, `out_trade_no`, `attach`";
        5 Timeout = "timeout", "没有应答",
            "no answer comes, to queries of refunds neither";
        6 Systemerror = "systemerror", "系统错误",
            "`SYSTEMERROR`, V3 500 `SYSTEM_ERROR`, to queries of refunds too";
    }
}

faults! {
    /// What happens to calls that close an order (关闭订单).
    CloseFault {
        1 TooSoon = "too_soon", "下单五分钟内不许关单",
            "`TRADE_STATE_ERROR`, V3 403 `TRADE_ERROR`, within five minutes of ordering";
        2 Timeout = "timeout", "已关单，但没有应答",
            "it is closed, but no answer comes";
        3 TimeoutBeforeEffect = "timeout_before_effect", "没有关单，也没有应答",
            "no answer comes, and it is not closed";
        4 Systemerror = "systemerror", "系统错误，没有关单",
            "`SYSTEMERROR`, V3 500 `SYSTEM_ERROR`, and it is not closed";
        5 SystemerrorAfterEffect = "systemerror_after_effect", "系统错误，但已关单",
            "the same, though it is closed";
    }
}

faults! {
    /// What happens to calls that ask for a refund (申请退款).
    RefundFault {
        1 Timeout = "timeout", "退款已受理，但没有应答",
            "the refund is made, but no answer comes";
        2 TimeoutBeforeEffect = "timeout_before_effect", "没有受理退款，也没有应答",
            "no answer comes, and nothing was made";
        3 Systemerror = "systemerror", "系统错误，没有受理退款",
            "`SYSTEMERROR`, V3 500 `SYSTEM_ERROR`, nothing was made";
        4 SystemerrorAfterEffect = "systemerror_after_effect", "系统错误，但退款已受理",
            "the same, though the refund was made";
        5 BizerrNeedRetry = "bizerr_need_retry", "退款业务流程错误，需要重试",
            "`BIZERR_NEED_RETRY`, V3 `SYSTEM_ERROR`, nothing was made";
        6 FrequencyLimited = "frequency_limited", "频率限制",
            "`FREQUENCY_LIMITED`, nothing was made";
        7 OneAMinute = "one_a_minute", "同一订单一分钟内的第二笔退款答复频率限制",
            "`FREQUENCY_LIMITED` within a minute of the order's last refund";
        8 Notenough = "notenough", "商户余额不足",
            "`NOTENOUGH`, V3 `NOT_ENOUGH`: the merchant's balance is short";
        9 UserAccountAbnormal = "user_account_abnormal", "用户账户异常",
            "`USER_ACCOUNT_ABNORMAL`: the buyer's account is closed";
    }
}

/// The ends of refunds; their enum is [`crate::RefundStatus`], a fact of the books.
pub(super) const REFUND_ENDS: &[Row] = &[
    Row {
        value: "CHANGE",
        number: 1,
        chinese: "此后受理的退款变为退款异常",
        english: "refunds accepted from now on become `CHANGE`, V3 `ABNORMAL`",
    },
    Row {
        value: "REFUNDCLOSE",
        number: 2,
        chinese: "此后受理的退款变为退款关闭",
        english: "they become `REFUNDCLOSE`, V3 `CLOSED`",
    },
    Row {
        value: "PROCESSING",
        number: 3,
        chinese: "此后受理的退款一直处理中",
        english: "they stay `PROCESSING`",
    },
];

faults! {
    /// What is wrong with trade bills (下载交易账单). A spoilt row is the last one of the bill, so that
    /// what happened last on that day decides what is wrong; the summary agrees with the rows.
    BillFault {
        1 Creating = "creating", "账单一直在生成中",
            "`Bill Creating`, V3 `STATEMENT_CREATING`, however late; of the flow of funds too";
        2 DropRow = "drop_row", "缺最后一行",
            "the last row is missing";
        3 UnknownRow = "unknown_row", "多一行不存在的支付",
            "one row too many (`UNKNOWN-000001`, 1 yuan)";
        4 WrongAmount = "wrong_amount", "最后一行金额多一分",
            "the last row's amount, or refunded amount, is one fen too much";
        5 WrongStatus = "wrong_status", "最后一行状态不符",
            "the last row is a payment `REVOKED`, or a refund `CHANGE` instead of `SUCCESS`, or the other way round";
        6 WrongHash = "wrong_hash", "仅 V3：哈希与文件不符",
            "V3 only: the hash is of another text than what is fetched; of the flow of funds too";
        7 NoAuth = "no_auth", "仅 V3：下载时答复无权限",
            "V3 only: `NO_AUTH` when a table is fetched, as if another merchant had asked where it is";
    }
}

faults! {
    /// What happens when a page asks for the cashier inside WeChat (JSAPI 调起支付).
    BridgeFault {
        1 Fail = "fail", "支付失败，没有原因",
            "`get_brand_wcpay_request:fail` without a reason";
        2 FailUnregisteredUrl = "fail_unregistered_url", "当前页面的URL未注册",
            "as if the payment directory (支付授权目录) were wrong";
        3 FailMissingTotalFee = "fail_missing_total_fee", "调用支付JSAPI缺少参数：total_fee",
            "as if the `prepay_id` were malformed or expired";
        4 CrossAccount = "cross_account", "跨号支付",
            "`err_code` 3: the WeChat user is not the one the order was made for";
        5 AccessDenied = "access_denied", "system:access_denied（小程序 web-view，或页面地址过长）",
            "as in a mini program's web-view, or for too long an address";
        6 NoPermission = "no_permission", "get_brand_wcpay_request:fail_no permission to execute",
            "as if the page had not been granted the call";
        7 OfflineVerifying = "offline_verifying", "the permission value is offline verifying",
            "as in an emulator";
        8 NoTradePermission = "no_trade_permission", "商家暂时没有此类交易权限",
            "as if the product or the identity pay had not been opened";
        9 OpenidMismatch = "openid_mismatch", "appid与openid不匹配",
            "as if the order's openid were of another appid";
    }
}

faults! {
    /// What is wrong with whatever API V3 sends: with an answer, or with a notification.
    V3Fault {
        1 Unsigned = "unsigned", "没有签名",
            "not signed at all";
        2 WrongSerial = "wrong_serial", "序列号是另一把密钥的",
            "signed by one key, with the serial of another";
        3 UnknownSerial = "unknown_serial", "序列号不存在",
            "signed by a stranger, with a serial that nobody has";
        4 Stale = "stale", "签名正确，时间戳为 301 秒前",
            "rightly signed, 301 s ago";
        5 Future = "future", "签名正确，时间戳为 301 秒后",
            "rightly signed, for 301 s from now";
        6 WrongSignature = "wrong_signature", "陌生人以微信支付的名义签名",
            "signed by a stranger in WeChat Pay's name";
        7 WrongAlgorithm = "wrong_algorithm", "签名正确，但声明了另一种算法",
            "rightly signed, but `Wechatpay-Signature-Type` names another algorithm";
        8 OtherV3Key = "other_v3_key", "签名正确，但用另一把 APIv3 密钥加密（应答：仅平台证书）",
            "rightly signed, sealed under another APIv3 key; of answers only certificates are sealed";
    }
}

faults! {
    /// With which status every call is refused before anybody looks at it.
    StatusFault {
        1 FrequencyLimited = "frequency_limited", "频率超限",
            "every call is answered 429, unsigned, and nothing is done; V3 with `FREQUENCY_LIMITED`, V2 with a proxy's page";
        2 SystemError = "system_error", "系统错误",
            "500, V3 with `SYSTEM_ERROR`";
        3 BadGateway = "bad_gateway", "网关错误",
            "502, a proxy's page";
        4 ServiceUnavailable = "service_unavailable", "服务不可用",
            "503, V3 with `SERVICE_UNAVAILABLE`";
    }
}

faults! {
    /// What happens on the line to answers of both APIs. What was asked for takes effect.
    WireFault {
        1 HalfClosed = "half_closed", "应答头已到，连接在正文中间断开（204 没有正文，照常到达）",
            "the headers come, and the connection ends in the middle of the body; a 204 has none and arrives";
        2 Slow = "slow", "应答逐字节到达，共需 `slow_seconds`（10）秒真实时间",
            "the body dribbles in byte by byte, `slow_seconds` (10) seconds of real time in all";
    }
}
