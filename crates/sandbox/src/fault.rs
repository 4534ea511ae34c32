//! Named faults (故障): what may go wrong with WeChat, switched on by name and off by `normal`.

use serde::{Deserialize, Serialize};

use crate::refund::RefundStatus;

/// The faults in force. Each stays until it is changed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// What happens to notifications of payments and refunds (支付结果通知, 退款结果通知).
    pub notify: NotifyFault,
    /// How many copies [`NotifyFault::Duplicate`] sends.
    pub times: u32,
    /// What happens to new orders (统一下单).
    pub order: OrderFault,
    /// What a query says (查询订单).
    pub query: QueryFault,
    /// What happens to calls that close an order (关闭订单).
    pub close: CloseFault,
    /// What happens to calls that ask for a refund (申请退款).
    pub refund: RefundFault,
    /// What refunds accepted from now on become; `Processing` is what they stay.
    pub refund_end: RefundStatus,
    /// After how many seconds they become it.
    pub refund_seconds: u32,
    /// What is wrong with trade bills (下载交易账单).
    pub bill: BillFault,
    /// What happens when a page asks for the cashier inside WeChat (JSAPI 调起支付).
    pub bridge: BridgeFault,
    /// With which status API V3 refuses every call.
    pub v3_status: V3Status,
    /// What is wrong with the answers of API V3.
    pub v3_answer: V3Fault,
    /// What is wrong with the notifications of API V3.
    pub v3_notify: V3Fault,
    /// How many of a hundred answers of API V3 are signature probes (签名探测流量).
    pub probe_answer_percent: u8,
    /// How many of a hundred notifications of API V3 are signature probes at their first try; they
    /// are tried again with a right signature.
    pub probe_notify_percent: u8,
}

/// How long a refund is in process unless told otherwise.
///
/// DIFFERENCE: the real one takes some five minutes to a wallet and days to a card.
const REFUND_SECONDS: u32 = 60;

impl Default for Faults {
    fn default() -> Self {
        Self {
            notify: NotifyFault::Normal,
            times: 20,
            order: OrderFault::Normal,
            query: QueryFault::Normal,
            close: CloseFault::Normal,
            refund: RefundFault::Normal,
            refund_end: RefundStatus::Success,
            refund_seconds: REFUND_SECONDS,
            bill: BillFault::Normal,
            bridge: BridgeFault::Normal,
            v3_status: V3Status::Normal,
            v3_answer: V3Fault::Normal,
            v3_notify: V3Fault::Normal,
            probe_answer_percent: 0,
            probe_notify_percent: 0,
        }
    }
}

/// What happens to notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyFault {
    /// Sent when due.
    Normal,
    /// Lost on the way: every try counts as sent and as failed, none arrives.
    Lost,
    /// Each try arrives [`Faults::times`] times at once.
    Duplicate,
    /// The first try about what is paid or refunded from now on leaves only after
    /// [`crate::LATE_SECONDS`].
    Late,
    /// Signed, or for a refund encrypted, with a key that is not the merchant's.
    Forged,
    /// Rightly sealed, but `total_fee`, or for a refund `refund_fee`, is one fen too much.
    WrongAmount,
    /// Each try arrives [`Faults::times`] times at once, byte by byte the same, headers included.
    Replay,
}

/// What is wrong with whatever API V3 sends: with an answer, or with a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum V3Fault {
    /// Nothing.
    Normal,
    /// Not signed at all.
    Unsigned,
    /// Signed by one key, with the serial of another.
    WrongSerial,
    /// Signed by a key that the merchant cannot know, with a serial that nobody has.
    UnknownSerial,
    /// Rightly signed, but five minutes and a second ago.
    Stale,
    /// Rightly signed, but for five minutes and a second from now.
    Future,
    /// Signed by a stranger in WeChat Pay's name.
    WrongSignature,
    /// Rightly signed, but `Wechatpay-Signature-Type` names another algorithm.
    WrongAlgorithm,
    /// Rightly signed, but sealed under another APIv3 key; certificates as well.
    OtherV3Key,
}

/// With which status API V3 refuses every call before it looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum V3Status {
    /// It does not.
    Normal,
    /// 429 `FREQUENCY_LIMITED`.
    FrequencyLimited,
    /// 500 `SYSTEM_ERROR`.
    SystemError,
    /// 502, a page of a proxy's.
    BadGateway,
    /// 503 `SERVICE_UNAVAILABLE`.
    ServiceUnavailable,
}

/// What happens to new orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderFault {
    /// Answered.
    Normal,
    /// The order is made, but no answer ever comes.
    Timeout,
    /// `SYSTEMERROR`, and nothing was made.
    Systemerror,
    /// `SYSTEMERROR`, though the order was made.
    SystemerrorAfterEffect,
}

/// What a query says; all but [`Self::Bare`] are said of unpaid orders only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryFault {
    /// What is the case.
    Normal,
    /// `USERPAYING`: the buyer is typing the password.
    Userpaying,
    /// `PAYERROR`: the bank, for one, has refused.
    Payerror,
    /// A `trade_state` that no document has.
    NewWord,
    /// What is the case, but of everything that is not `SUCCESS` only what is promised:
    /// `out_trade_no`, and `attach`.
    Bare,
}

/// What happens to calls that close an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseFault {
    /// Closed.
    Normal,
    /// Refused within five minutes of ordering.
    TooSoon,
}

/// What happens to calls that ask for a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundFault {
    /// Answered.
    Normal,
    /// The refund is made, but no answer ever comes.
    Timeout,
    /// `SYSTEMERROR`, and nothing was made.
    Systemerror,
    /// `SYSTEMERROR`, though the refund was made.
    SystemerrorAfterEffect,
    /// `BIZERR_NEED_RETRY`, and nothing was made.
    BizerrNeedRetry,
    /// `FREQUENCY_LIMITED`, and nothing was made.
    FrequencyLimited,
    /// `FREQUENCY_LIMITED` within a minute of the order's last refund.
    OneAMinute,
    /// `NOTENOUGH`: the merchant's balance is short.
    Notenough,
    /// `USER_ACCOUNT_ABNORMAL`: the buyer's account is closed.
    UserAccountAbnormal,
}

/// What is wrong with trade bills. A spoilt row is the last one of the bill, so that what happened
/// last on that day decides what is wrong; the summary agrees with the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillFault {
    /// Nothing.
    Normal,
    /// Still being made, however late; the flow of funds as well.
    Creating,
    /// The last row is missing.
    DropRow,
    /// There is one row more, of a payment that nobody made: `UNKNOWN-000001`, 1 yuan.
    UnknownRow,
    /// The last row's amount, or refunded amount, is one fen too much.
    WrongAmount,
    /// The last row is a payment `REVOKED`, or a refund `CHANGE` instead of `SUCCESS`, or the other
    /// way round.
    WrongStatus,
    /// V3: the hash is told of another table than the one that can be fetched; of the flow of funds
    /// as well.
    WrongHash,
    /// V3: `NO_AUTH` when a table is fetched, as if another merchant had asked where it is.
    NoAuth,
}

/// What happens when a page asks for the cashier inside WeChat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BridgeFault {
    /// Checked honestly.
    Normal,
    /// `get_brand_wcpay_request:fail` without a reason.
    Fail,
    /// 当前页面的URL未注册, as if the payment directory were wrong.
    FailUnregisteredUrl,
    /// 调用支付JSAPI缺少参数：total_fee, as if the `prepay_id` were malformed or expired.
    FailMissingTotalFee,
    /// 跨号支付: the WeChat user is not the one the order was made for.
    CrossAccount,
}
