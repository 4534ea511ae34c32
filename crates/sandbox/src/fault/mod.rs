//! Named faults (故障): what may go wrong with WeChat, switched on by name and off by `normal`.
//!
//! A fault is in force because it was switched on for everything, because the call at hand asks for
//! it in its header, or because its order was made under it: by that header, or by an amount that
//! stands for it.

mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use table::{
    BillFault, BridgeFault, CloseFault, NotifyFault, OrderFault, QueryFault, RefundFault,
    StatusFault, V3Fault, WireFault,
};
use table::{REFUND_ENDS, Row};

use crate::{
    error_code::{CODES, ErrorFault},
    message::Wire,
    refund::RefundStatus,
};

/// The header by which a call asks for faults: `notify=lost, query=userpaying`.
pub(crate) const HEADER: &str = "x-sandbox-fault";

/// Amounts that stand for faults lie above this one, in fen: nearly ten million yuan, so that nobody
/// meets them by accident.
pub const AMOUNTS_ABOVE: u64 = 990_000_000;

/// Keys have so many amounts each.
const AMOUNTS_OF_A_KEY: u64 = 1_000;

/// How long a refund is in process unless told otherwise.
///
/// DIFFERENCE: the real one takes some five minutes to a wallet and days to a card.
const REFUND_SECONDS: u32 = 60;

/// The faults in force, and changes to them.
macro_rules! switches {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $normal:expr,)+) => {
        /// The faults in force. Each stays until it is changed back.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Faults {
            $($(#[$doc])* pub $name: $kind,)+
        }

        impl Default for Faults {
            fn default() -> Self {
                Self { $($name: $normal,)+ }
            }
        }

        /// Some of the switches of [`Faults`]; `None` leaves one as it is.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct FaultChanges {
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $name: Option<$kind>,
            )+
        }

        impl FaultChanges {
            /// `faults` with these changes made.
            #[must_use]
            pub fn apply(self, faults: Faults) -> Faults {
                Faults { $($name: self.$name.unwrap_or(faults.$name),)+ }
            }

            /// These changes, and where they say nothing, `others`.
            #[must_use]
            pub fn or(self, others: Self) -> Self {
                Self { $($name: self.$name.or(others.$name),)+ }
            }
        }
    };
}

switches! {
    /// What happens to notifications of payments and refunds (支付结果通知, 退款结果通知).
    notify: NotifyFault = NotifyFault::Normal,
    /// How many copies [`NotifyFault::Duplicate`] and [`NotifyFault::Replay`] send.
    times: u32 = 20,
    /// What happens to new orders (下单).
    order: OrderFault = OrderFault::Normal,
    /// What a query says (查询订单).
    query: QueryFault = QueryFault::Normal,
    /// What happens to calls that close an order (关闭订单).
    close: CloseFault = CloseFault::Normal,
    /// What happens to calls that ask for a refund (申请退款).
    refund: RefundFault = RefundFault::Normal,
    /// What refunds accepted from now on become; `Processing` is what they stay.
    refund_end: RefundStatus = RefundStatus::Success,
    /// After how many seconds they become it.
    refund_seconds: u32 = REFUND_SECONDS,
    /// What is wrong with trade bills (下载交易账单).
    bill: BillFault = BillFault::Normal,
    /// What happens when a page asks for the cashier inside WeChat (JSAPI 调起支付).
    bridge: BridgeFault = BridgeFault::Normal,
    /// What happens on the line to answers of both APIs.
    wire: WireFault = WireFault::Normal,
    /// How many seconds of real time [`WireFault::Slow`] takes.
    slow_seconds: u32 = 10,
    /// By which code every call is refused by whoever knows it.
    error: ErrorFault = ErrorFault::Normal,
    /// With which status API V2 refuses every call.
    v2_status: StatusFault = StatusFault::Normal,
    /// With which status API V3 refuses every call.
    v3_status: StatusFault = StatusFault::Normal,
    /// What is wrong with the answers of API V3.
    v3_answer: V3Fault = V3Fault::Normal,
    /// What is wrong with the notifications of API V3.
    v3_notify: V3Fault = V3Fault::Normal,
    /// How many of a hundred answers of API V3 are signature probes (签名探测流量).
    probe_answer_percent: u8 = 0,
    /// How many of a hundred notifications of API V3 are signature probes at their first try; they
    /// are tried again with a right signature.
    probe_notify_percent: u8 = 0,
}

/// One fault that can be switched on by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// `key=value`.
    pub name: String,
    /// Which switch of [`Faults`].
    pub key: &'static str,
    /// What it is switched to.
    pub value: &'static str,
    /// What happens, in Chinese.
    pub zh: &'static str,
    /// What happens, in English.
    pub en: &'static str,
    /// An order of so many fen is made under this fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<u64>,
}

/// Keys, their place among the amounts if they have any, and their values. What is not an order's,
/// such as a bill or an answer, has no amounts.
const KEYS: [(&str, Option<u64>, &[Row]); 13] = [
    ("notify", Some(1), NotifyFault::ROWS),
    ("order", Some(2), OrderFault::ROWS),
    ("query", Some(3), QueryFault::ROWS),
    ("close", Some(4), CloseFault::ROWS),
    ("refund", Some(5), RefundFault::ROWS),
    ("refund_end", Some(6), REFUND_ENDS),
    ("bill", None, BillFault::ROWS),
    ("bridge", Some(7), BridgeFault::ROWS),
    ("wire", Some(8), WireFault::ROWS),
    ("v2_status", Some(9), StatusFault::ROWS),
    ("v3_status", Some(10), StatusFault::ROWS),
    ("v3_answer", None, V3Fault::ROWS),
    ("v3_notify", Some(11), V3Fault::ROWS),
];

impl Fault {
    /// Every fault, key by key; the codes of key `error` last.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let of_key = |(key, place, rows): &(&'static str, Option<u64>, &'static [Row])| {
            let (key, place) = (*key, *place);
            rows.iter().map(move |row| Self {
                name: format!("{key}={}", row.value),
                key,
                value: row.value,
                zh: row.chinese,
                en: row.english,
                amount: place.map(|place| amount(place, row.number)),
            })
        };
        let codes: BTreeMap<&str, &str> =
            CODES.iter().map(|known| (known.code, known.text)).collect();
        let of_code = |(code, text)| Self {
            name: format!("error={code}"),
            key: "error",
            value: code,
            zh: text,
            en: text,
            amount: None,
        };
        KEYS.iter().flat_map(of_key).chain(codes.into_iter().map(of_code)).collect()
    }
}

const fn amount(place: u64, number: u64) -> u64 {
    AMOUNTS_ABOVE.saturating_add(place.saturating_mul(AMOUNTS_OF_A_KEY)).saturating_add(number)
}

impl FaultChanges {
    /// Reads `notify=lost, times=3`.
    ///
    /// # Errors
    /// What is wrong with it, for the developer.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut switches = Map::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| format!("expected key=value, found `{part}`"))?;
            let (key, value) = (key.trim(), value.trim());
            let value = value.parse::<u32>().map_or_else(|_| Value::from(value), Value::from);
            switches.insert(key.to_owned(), value);
        }
        serde_json::from_value(Value::Object(switches)).map_err(|error| error.to_string())
    }

    /// What an order of `total_fee` fen is made under.
    pub(crate) fn of_amount(total_fee: u64) -> Self {
        let named = (total_fee > AMOUNTS_ABOVE)
            .then(Fault::all)
            .and_then(|all| all.into_iter().find(|fault| fault.amount == Some(total_fee)));
        named.and_then(|fault| Self::read(&fault.name).ok()).unwrap_or_default()
    }

    /// What an order keeps of the faults that it was made under: those that concern its later life.
    pub(crate) const fn kept(self) -> Self {
        Self {
            order: None,
            bill: None,
            wire: None,
            slow_seconds: None,
            error: None,
            v2_status: None,
            v3_status: None,
            v3_answer: None,
            probe_answer_percent: None,
            ..self
        }
    }
}

/// How a call breaks, whatever it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// No answer comes.
    Silence,
    /// `SYSTEMERROR`.
    SystemError,
}

/// What a call is broken by.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Broken {
    /// Nothing is done.
    pub(crate) before: Option<Break>,
    /// What was asked for is done, and nobody is told.
    pub(crate) after: Option<Break>,
}

impl Broken {
    /// Does `work` and hands out its answer, as far as nothing breaks.
    pub(crate) fn around<T, E: From<Break>>(
        self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(broken) = self.before {
            return Err(broken.into());
        }
        let answer = work()?;
        self.after.map_or(Ok(answer), |broken| Err(broken.into()))
    }
}

impl Faults {
    /// What becomes of answers of both APIs on the line.
    pub(crate) const fn on_the_line(self) -> Wire {
        match self.wire {
            WireFault::Normal => Wire::Whole,
            WireFault::HalfClosed => Wire::HalfClosed,
            WireFault::Slow => Wire::Slow { seconds: self.slow_seconds },
        }
    }

    /// What breaks the call that the record names `what`.
    pub(crate) fn breaks(self, what: &str) -> Broken {
        let value = match what {
            "unifiedorder" | "v3_order" => self.order.as_str(),
            "orderquery" | "refundquery" | "v3_query" | "v3_refund_query" => self.query.as_str(),
            "closeorder" | "v3_close" => self.close.as_str(),
            "refund" | "v3_refund" => self.refund.as_str(),
            _ => return Broken::default(),
        };
        match value {
            "timeout" => Broken { before: None, after: Some(Break::Silence) },
            "timeout_before_effect" => Broken { before: Some(Break::Silence), after: None },
            "systemerror" => Broken { before: Some(Break::SystemError), after: None },
            "systemerror_after_effect" => Broken { before: None, after: Some(Break::SystemError) },
            _ => Broken::default(),
        }
    }
}
