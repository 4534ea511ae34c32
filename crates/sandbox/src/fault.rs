//! Named faults (故障): what may go wrong with WeChat, switched on by name and off by `normal`.

use serde::{Deserialize, Serialize};

/// The faults in force. Each stays until it is changed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// What happens to payment notifications (支付结果通知).
    pub notify: NotifyFault,
    /// How many copies [`NotifyFault::Duplicate`] sends.
    pub times: u32,
    /// What happens to new orders (统一下单).
    pub order: OrderFault,
    /// What happens when a page asks for the cashier inside WeChat (JSAPI 调起支付).
    pub bridge: BridgeFault,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            notify: NotifyFault::Normal,
            times: 20,
            order: OrderFault::Normal,
            bridge: BridgeFault::Normal,
        }
    }
}

/// What happens to payment notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyFault {
    /// Sent when due.
    Normal,
    /// Lost on the way: every try counts as sent and as failed, none arrives.
    Lost,
    /// Each try arrives [`Faults::times`] times at once.
    Duplicate,
    /// The first try of an order paid from now on leaves only after [`crate::LATE_SECONDS`].
    Late,
    /// Signed with a key that is not the merchant's.
    Forged,
    /// Rightly signed, but `total_fee` is one fen more than ordered.
    WrongAmount,
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
