//! The gateway's memory: orders, what they were asked to be, and every message about them.

mod book;
mod shelf;
mod store;

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

pub use book::Ledger;
use book::{Kind, Place};
pub(crate) use store::Store;

use crate::{
    fault::FaultChanges,
    ladder::Notice,
    message::{Request, Response},
    refund::Refund,
    sign::SignType,
    time::UnixSeconds,
};

/// Source: pay.weixin.qq.com 统一下单, answer field `prepay_id`: valid for two hours.
pub(crate) const PREPAY_SECONDS: i64 = 2 * 60 * 60;

/// Source: pay.weixin.qq.com H5支付: `mweb_url` is valid for five minutes.
pub(crate) const MWEB_SECONDS: i64 = 5 * 60;

/// Source: pay.weixin.qq.com FAQ: an unpaid order closes by itself after seven days.
pub(crate) const ORDER_SECONDS: i64 = 7 * 24 * 60 * 60;

/// Which of WeChat Pay's two APIs asked for something; what becomes of it is told by the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// XML, signed with the APIv2 key.
    V2,
    /// JSON, signed with RSA.
    V3,
}

/// 交易类型: how the buyer gets to the cashier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TradeType {
    /// 公众号支付, inside WeChat.
    Jsapi,
    /// H5支付, in a phone browser.
    Mweb,
    /// 扫码支付, by QR code.
    Native,
    /// APP支付, from the merchant's app; by V3 only.
    App,
}

impl TradeType {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jsapi => "JSAPI",
            Self::Mweb => "MWEB",
            Self::Native => "NATIVE",
            Self::App => "APP",
        }
    }
}

/// 交易状态: what `orderquery` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TradeState {
    /// 支付成功.
    Success,
    /// 转入退款: paid, and a refund was asked for.
    Refund,
    /// 订单未支付.
    NotPay,
    /// 订单已关闭.
    Closed,
}

impl TradeState {
    /// `trade_state` and `trade_state_desc`.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Success => ("SUCCESS", "支付成功"),
            Self::Refund => ("REFUND", "转入退款"),
            Self::NotPay => ("NOTPAY", "订单未支付"),
            Self::Closed => ("CLOSED", "订单已关闭"),
        }
    }
}

/// 预支付交易会话: one answer to one unified order call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Prepay {
    /// 预支付交易会话标识.
    pub prepay_id: String,
    /// When it was handed out.
    pub issued_at: UnixSeconds,
    /// MWEB only: the `package` number inside `mweb_url`.
    pub package: String,
    /// MWEB only.
    pub mweb_url: Option<String>,
    /// NATIVE only.
    pub code_url: Option<String>,
    /// The WeChat user who raised the cashier with it; no second user may.
    pub user: Option<String>,
}

/// A payment that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Payment {
    /// 微信支付订单号.
    pub transaction_id: String,
    /// The user who paid.
    pub openid: String,
    /// When.
    pub paid_at: UnixSeconds,
}

/// Why money cannot move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpayable {
    /// 订单不存在.
    Unknown,
    /// 该订单已支付.
    Paid,
    /// 该订单已关闭.
    Closed,
    /// `time_expire` has passed.
    Expired,
    /// 余额不足.
    NoMoney,
}

impl Unpayable {
    /// What a page shows.
    ///
    /// UNCONFIRMED: the wording of the cashier; taken from the API's `err_code_des`.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "订单不存在",
            Self::Paid => "该订单已支付",
            Self::Closed => "该订单已关闭",
            Self::Expired => "该订单已过期",
            Self::NoMoney => "余额不足",
        }
    }
}

/// 订单, keyed by 商户订单号.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// 商户订单号.
    pub out_trade_no: String,
    /// By which it was ordered first.
    pub api: Api,
    /// Every field of the first call except nonce and signature; a repeat must equal it.
    pub terms: BTreeMap<String, String>,
    /// 交易类型.
    pub trade_type: TradeType,
    /// 标价金额, in fen.
    pub total_fee: u64,
    /// The algorithm of V2's order call; notifications and the second signature follow it. `None`
    /// by V3, which has one algorithm only.
    pub sign_type: Option<SignType>,
    /// When the first call was accepted.
    pub created_at: UnixSeconds,
    /// `time_expire`, if it was given.
    pub expires_at: Option<UnixSeconds>,
    /// One per accepted call, oldest first.
    pub prepays: Vec<Prepay>,
    /// The payment, if there was one.
    pub payment: Option<Payment>,
    /// When the merchant closed it.
    pub closed_at: Option<UnixSeconds>,
    /// Refunds accepted, oldest first.
    pub refunds: Vec<Refund>,
    /// Notifications sent and to be sent.
    pub notices: Vec<Notice>,
    /// The faults that it was made under.
    pub faults: FaultChanges,
}

impl Order {
    /// What `orderquery` says at `now`.
    #[must_use]
    pub fn trade_state(&self, now: UnixSeconds) -> TradeState {
        if !self.refunds.is_empty() {
            TradeState::Refund
        } else if self.payment.is_some() {
            TradeState::Success
        } else if self.closed_at.is_some() || now >= self.created_at.saturating_add(ORDER_SECONDS) {
            TradeState::Closed
        } else {
            // UNCONFIRMED: an unpaid order past `time_expire` is still NOTPAY until it is closed;
            // the documentation only says that it cannot be paid any more.
            TradeState::NotPay
        }
    }

    /// Whether money may move at `now`, and if not, why.
    pub fn payable(&self, now: UnixSeconds) -> Result<(), Unpayable> {
        match self.trade_state(now) {
            TradeState::Success | TradeState::Refund => Err(Unpayable::Paid),
            TradeState::Closed => Err(Unpayable::Closed),
            TradeState::NotPay if self.expires_at.is_some_and(|expiry| now >= expiry) => {
                Err(Unpayable::Expired)
            }
            TradeState::NotPay => Ok(()),
        }
    }

    /// A field of the order call.
    #[must_use]
    pub fn term(&self, name: &str) -> Option<&str> {
        self.terms.get(name).map(String::as_str)
    }

    /// The WeChat user it was ordered for, by the id under the appid it was ordered with; JSAPI
    /// only.
    #[must_use]
    pub fn buyer(&self) -> Option<&str> {
        self.term("sub_openid").or_else(|| self.term("openid"))
    }

    /// Every try still to be made: when it is due, about which refund if about one, and its place
    /// among the notices there.
    pub(crate) fn planned(&self) -> impl Iterator<Item = (UnixSeconds, Option<&Refund>, usize)> {
        let planned = |refund| {
            move |(place, notice): (usize, &Notice)| Some((notice.planned_for()?, refund, place))
        };
        let of_refunds = self.refunds.iter().flat_map(move |refund| {
            refund.notices.iter().enumerate().filter_map(planned(Some(refund)))
        });
        self.notices.iter().enumerate().filter_map(planned(None)).chain(of_refunds)
    }

    /// When the next of them is due.
    pub(crate) fn next_due(&self) -> Option<UnixSeconds> {
        self.planned().map(|(due_at, ..)| due_at).min()
    }

    /// Whether a notification is on its way and nothing came back yet.
    pub(crate) fn is_waiting(&self) -> bool {
        let of_refunds = self.refunds.iter().flat_map(|refund| &refund.notices);
        self.notices.iter().chain(of_refunds).any(Notice::is_waiting)
    }

    /// When money moved last, if it ever did.
    pub(crate) fn moved_at(&self) -> Option<UnixSeconds> {
        let refunded = self.refunds.last().map(|refund| refund.requested_at);
        refunded.or(self.payment.as_ref().map(|payment| payment.paid_at))
    }

    /// The newest prepay; every order has one, because it exists only after an accepted call.
    #[must_use]
    pub fn newest(&self) -> Option<&Prepay> {
        self.prepays.last()
    }
}

/// Which way a message went, seen from WeChat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the merchant to WeChat.
    In,
    /// From WeChat to the merchant.
    Out,
}

/// One message, for the curious. It may hold `sign` values; it never holds a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    /// Counts the messages, from 1 on; a reset does not start it again.
    pub seq: u64,
    /// When, on the sandbox's clock.
    pub at: UnixSeconds,
    /// Which way.
    pub direction: Direction,
    /// The call's name, such as `unifiedorder`, or `notify`, `refund_notify`, `notify_ack`.
    pub what: Cow<'static, str>,
    /// The order it names, as far as that could be read.
    pub out_trade_no: Option<String>,
    /// Of a request: `GET` or `POST`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Of the merchant's request its path and query, of a notification its `notify_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Of an answer, WeChat's or the merchant's: the HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Names in lower case; none are kept of the merchant's answers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The raw body.
    pub body: String,
    /// The sandbox's remark for the developer, such as the string it would have signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Message {
    /// A message without an order and without a body. The ledger numbers it when it is recorded.
    pub(crate) const fn new(at: UnixSeconds, direction: Direction, what: &'static str) -> Self {
        Self {
            seq: 0,
            at,
            direction,
            what: Cow::Borrowed(what),
            out_trade_no: None,
            method: None,
            url: None,
            status: None,
            headers: BTreeMap::new(),
            body: String::new(),
            note: None,
        }
    }

    /// How many bytes its texts have.
    fn size(&self) -> usize {
        let texts = [self.url.as_ref(), Some(&self.body), self.note.as_ref()];
        texts.into_iter().flatten().chain(self.headers.values()).map(String::len).sum()
    }

    /// A call of the merchant's.
    pub(crate) fn of_request(at: UnixSeconds, what: &'static str, request: &Request) -> Self {
        Self {
            method: Some(request.method.clone()),
            url: Some(request.path_and_query()),
            headers: lower_case(&request.headers),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            ..Self::new(at, Direction::In, what)
        }
    }

    /// WeChat's answer; `text` is its body before it was packed.
    pub(crate) fn of_response(
        at: UnixSeconds,
        what: &'static str,
        response: &Response,
        text: String,
    ) -> Self {
        Self {
            status: Some(response.status),
            headers: lower_case(&response.headers),
            body: text,
            ..Self::new(at, Direction::Out, what)
        }
    }
}

/// Headers as they are kept.
pub(crate) fn lower_case(headers: &[(impl AsRef<str>, String)]) -> BTreeMap<String, String> {
    let pair = |(name, value): &(_, String)| {
        let name: &str = AsRef::as_ref(name);
        (name.to_ascii_lowercase(), value.clone())
    };
    headers.iter().map(pair).collect()
}
