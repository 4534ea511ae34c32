//! 下单 · placing an order: V2's 统一下单, V3's JSAPI, H5, Native and App下单.
//!
//! Source: protocol pages "统一下单", "JSAPI下单", "H5下单", "Native下单", "APP下单", read 2026-11.
//! Units: fen. A prepay id and a `code_url` live two hours, an `mweb_url` (V3: `h5_url`) five minutes.
//! A repeat is safe with identical parameters: same order, newest handle. With any others it is
//! refused. On a time-out repeat, never mint a new number.
use alloc::string::String;
use core::net::IpAddr;

use super::Question;
use crate::{
    Attach, BeijingTime, Body, Fen, NotifyUrl, Openid, OutTradeNo, PrepayId, refusal::Refusal,
};

/// Seconds an `mweb_url` works. Source: "H5支付", 5 minutes, read 2026-11.
pub const MWEB_URL_SECONDS: u64 = 300;
/// Seconds a `prepay_id` or `code_url` works. Source: "统一下单", 2 hours, read 2026-11.
pub const PREPAY_SECONDS: u64 = 7200;

/// How the buyer will pay, with what that way needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trade {
    /// Inside WeChat, by `WeixinJSBridge`.
    Jsapi {
        /// The buyer, under the appid of the page.
        openid: Openid,
    },
    /// In a phone's browser outside WeChat, by the middle page. V3 calls it H5.
    Mweb {
        /// The site, as registered: its address…
        wap_url: String,
        /// … and its name.
        wap_name: String,
    },
    /// On any other screen, by a QR code.
    Native {
        /// What is sold, in the merchant's words; at most 32 characters. V3 does not ask for it.
        product_id: OutTradeNo,
    },
    /// In the merchant's own app.
    App,
}

impl Trade {
    /// `trade_type`, the same word in both APIs.
    pub fn trade_type(&self) -> &'static str {
        match self {
            Self::Jsapi { .. } => "JSAPI",
            Self::Mweb { .. } => "MWEB",
            Self::Native { .. } => "NATIVE",
            Self::App => "APP",
        }
    }
}

/// One order, as it is placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepay {
    /// The merchant's number, the key of every repeat.
    pub out_trade_no: OutTradeNo,
    /// What the buyer reads in the bill.
    pub body: Body,
    /// At least 1 fen.
    pub total_fee: Fen,
    /// Echoed in notification and query.
    pub attach: Option<Attach>,
    /// Where the notification goes.
    pub notify_url: NotifyUrl,
    /// The buyer's own address as the edge saw it. H5 compares it with who opens the middle page.
    pub spbill_create_ip: IpAddr,
    /// After this the cashier refuses. At least one minute ahead (observed: five); fixed by the
    /// first call.
    pub time_expire: BeijingTime,
    /// How the buyer will pay.
    pub trade: Trade,
}

impl Question for Prepay {
    type Answer = Answer;
}

/// What WeChat answers. By V3 it names no order, so it is believed for the one just asked for: TLS, not
/// the signature, says which question it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The order stands; hand this to the page.
    Placed(Placed),
    /// A signed no.
    Refused(Refusal),
}

/// A standing order's handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// For the bridge. V3 says it for JSAPI and App only.
    pub prepay_id: Option<PrepayId>,
    /// `mweb_url` or `h5_url` for H5, `code_url` for Native, nothing for JSAPI and App.
    pub url: Option<String>,
}
