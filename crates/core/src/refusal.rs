//! 错误码 · a no of WeChat's, with its code and the documented remedy.
use alloc::string::String;

use crate::NextStep;

/// A signed no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// V2 `err_code`, V3 `code`.
    pub code: ErrorCode,
    /// V2 `err_code_des`, V3 `message`: WeChat's own words, for logs and operators.
    pub description: String,
    /// V3's name for the call.
    pub request_id: Option<RequestId>,
}

/// `Request-ID`: WeChat's name for a call to V3, which its support asks for. The digits behind its
/// last hyphen are an internal code that often says more than `code`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

/// Source: protocol page "错误码排查", internal codes, read 2026-11.
const INTERNAL_CODES: [(&str, &str); 14] = [
    ("268512771", "the order does not exist"),
    ("268447840", "too many requests"),
    ("268435461", "a value is not allowed"),
    ("268449538", "the order is paid already"),
    ("268498689", "the order is paid already"),
    ("270924358", "a field is unknown"),
    ("268447843", "the order belongs to another merchant"),
    ("268447914", "the order is closed or over"),
    ("268443699", "the signature is wrong"),
    ("268501013", "the openid is missing"),
    ("268498688", "the same number came with other parameters"),
    ("268445527", "appid and mchid are not bound"),
    ("268435464", "a value is out of range"),
    ("268448010", "the merchant may not receive money for the moment"),
];

impl RequestId {
    pub(crate) fn new(text: String) -> Self {
        Self(text.chars().filter(char::is_ascii_graphic).take(64).collect())
    }

    /// The name, at most 64 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What its internal code says, if it is a known one.
    pub fn meaning(&self) -> Option<&'static str> {
        let (_, tail) = self.0.rsplit_once('-')?;
        INTERNAL_CODES.iter().find(|(code, _)| *code == tail).map(|(_, meaning)| *meaning)
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $wire:literal => $next:ident, $remedy:literal;)*) => {
        /// The codes of order, query, close and refund, with the documented remedy.
        ///
        /// Source: the error tables of "统一下单", "查询订单", "关闭订单", "申请退款",
        /// "查询退款" (V2), of their V3 pages and of "公共错误码", read 2026-11.
        /// Spellings differ by `_` between pages (ORDERNOTEXIST, ORDER_NOT_EXIST); both read the same.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
            /// A code this version does not know. Never taken for success.
            Unrecognised(String),
        }

        impl ErrorCode {
            /// Reads the wire's word, whatever its underscores.
            pub fn read(word: &str) -> Self {
                let bare: String = word.chars().filter(|letter| *letter != '_').collect();
                $(if $wire.chars().filter(|letter| *letter != '_').eq(bare.chars()) {
                    return Self::$name;
                })*
                Self::Unrecognised(word.chars().take(32).collect())
            }

            /// The wire's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $wire,)*
                    Self::Unrecognised(word) => word,
                }
            }

            /// What to do now.
            pub fn next_step(&self) -> NextStep {
                match self {
                    $(Self::$name => NextStep::$next,)*
                    // Not knowing what happened, ask.
                    Self::Unrecognised(_) => NextStep::QueryFirst,
                }
            }

            /// The documented remedy in a sentence.
            pub fn remedy(&self) -> &'static str {
                match self {
                    $(Self::$name => $remedy,)*
                    Self::Unrecognised(_) => "query the order, then look the code up in WeChat's pages",
                }
            }
        }

        #[cfg(test)]
        const ALL: &[(ErrorCode, &str)] = &[$((ErrorCode::$name, $wire),)*];
    };
}

error_codes! {
    /// A parameter is wrong, or the same number came with other parameters (201 商户订单号重复).
    InvalidRequest = "INVALID_REQUEST" => FixAndResend,
        "repeat an order number only with identical parameters; otherwise mend the parameter named";
    /// The product is not enabled for this merchant.
    NoAuth = "NOAUTH" => FixAndResend,
        "enable the product (JSAPI, H5 or Native) in the merchant console under 产品中心";
    /// The buyer's balance is short; for a refund the merchant's.
    NotEnough = "NOTENOUGH" => ResendSame,
        "the buyer pays by another card; for a refund top the merchant's balance up, then send the same";
    /// The order is paid already.
    OrderPaid = "ORDERPAID" => QueryFirst, "treat as a paid order: query it";
    /// The order is closed.
    OrderClosed = "ORDERCLOSED" => GiveUp, "place a new order under a new out_trade_no";
    /// WeChat does not know either.
    SystemError = "SYSTEMERROR" => ResendSame, "send the same request again";
    /// Unknown appid.
    AppidNotExist = "APPID_NOT_EXIST" => FixAndResend, "check WXPAY_APPID";
    /// Unknown merchant.
    MchidNotExist = "MCHID_NOT_EXIST" => FixAndResend, "check WXPAY_MCHID";
    /// Both exist, but are not bound to each other.
    AppidMchidNotMatch = "APPID_MCHID_NOT_MATCH" => FixAndResend,
        "bind the appid to the merchant in the console under AppID账号管理";
    /// A required field is missing.
    LackParams = "LACK_PARAMS" => FixAndResend, "send the missing field";
    /// The number was used for another order.
    OutTradeNoUsed = "OUT_TRADE_NO_USED" => GiveUp, "query it; a new order needs a new out_trade_no";
    /// Our signature did not check at WeChat.
    SignError = "SIGNERROR" => FixAndResend, "check the APIv2 key and the sign type";
    /// WeChat could not read our XML.
    XmlFormatError = "XML_FORMAT_ERROR" => FixAndResend, "report a defect of this library";
    /// WeChat saw no body.
    PostDataEmpty = "POST_DATA_EMPTY" => FixAndResend, "report a defect of this library";
    /// WeChat saw another encoding.
    NotUtf8 = "NOT_UTF8" => FixAndResend, "report a defect of this library";
    /// WeChat saw another method.
    RequirePostMethod = "REQUIRE_POST_METHOD" => FixAndResend, "report a defect of this library";
    /// No order was ever placed under this number.
    OrderNotExist = "ORDERNOTEXIST" => ResendSame, "the order was never placed: place it; only a paid one can be refunded";
    /// The order's state does not allow closing.
    TradeStateError = "TRADE_STATE_ERROR" => QueryFirst, "query the order";
    /// A parameter has a wrong form.
    ParamError = "PARAM_ERROR" => FixAndResend, "mend the parameter named";
    /// Too many requests.
    FrequencyLimited = "FREQUENCY_LIMITED" => ResendSame, "slow down, then send the same request again";
    /// A refund was not taken for a reason of the business.
    BizerrNeedRetry = "BIZERR_NEED_RETRY" => ResendSame,
        "send the same request again, never under a new out_refund_no";
    /// Too many refunds that WeChat had to refuse.
    InvalidReqTooMuch = "INVALID_REQ_TOO_MUCH" => ResendSame,
        "wait a minute, then send the same request again";
    /// Paid longer ago than a year.
    TradeOverdue = "TRADE_OVERDUE" => GiveUp, "refund by another way: this payment is over a year old";
    /// A refund is refused for a reason in `err_code_des`, for example 订单已全额退款.
    BusinessError = "ERROR" => GiveUp, "read err_code_des; the order may be refunded in full already";
    /// The buyer's account is closed.
    UserAccountAbnormal = "USER_ACCOUNT_ABNORMAL" => GiveUp,
        "the refund failed: pay the buyer back by another way";
    /// WeChat has no such payment.
    InvalidTransactionId = "INVALID_TRANSACTIONID" => FixAndResend, "check the transaction_id";
    /// The same out_refund_no came with another amount.
    RefundFeeMismatch = "REFUND_FEE_MISMATCH" => FixAndResend,
        "repeat an out_refund_no only with its amount; another refund needs another number";
    /// The API certificate is missing, expired or another merchant's.
    CertError = "CERT_ERROR" => FixAndResend,
        "check the API certificate; it must be this merchant's and not expired";
    /// No refund was ever taken under this number.
    RefundNotExist = "REFUNDNOTEXIST" => ResendSame, "the refund was never taken: ask for it again";
    /// V3: the merchant is unknown.
    MchNotExists = "MCH_NOT_EXISTS" => FixAndResend, "check WXPAY_MCHID";
    /// V3: what was asked about is not there: a refund never taken, or no certificate to download.
    ResourceNotExists = "RESOURCE_NOT_EXISTS" => ResendSame,
        "the refund was never taken: ask for it again";
    /// V3: a rule of the business forbids it.
    RuleLimit = "RULE_LIMIT" => QueryFirst, "read the message; query the order";
    /// V3: the trade's state forbids it.
    TradeError = "TRADE_ERROR" => QueryFirst, "read the message; query the order";
    /// V3: something about the buyer's account.
    AccountError = "ACCOUNT_ERROR" => GiveUp, "the buyer has to look at their WeChat account";
    /// V3: WeChat's risk control holds the refund back.
    RequestBlocked = "REQUEST_BLOCKED" => GiveUp, "refund by another way";
    /// V3: the bank does not answer.
    BankError = "BANK_ERROR" => ResendSame, "send the same request again";
    /// V3: too many requests, in one of its other spellings.
    RateLimitExceeded = "RATELIMIT_EXCEEDED" => ResendSame, "slow down, then send the same request again";
    /// V3: too many requests, in the third spelling.
    RateLimited = "RATE_LIMITED" => ResendSame, "slow down, then send the same request again";
    /// V3: WeChat is down for a moment.
    ServiceUnavailable = "SERVICE_UNAVAILABLE" => ResendSame, "send the same request again";
    /// V3: the openid belongs to another appid.
    OpenidMismatch = "OPENID_MISMATCH" => FixAndResend, "log the buyer in under the appid of the order";
    /// V3: no bill of this day: nothing was sold, or it is too old.
    NoStatementExist = "NO_STATEMENT_EXIST" => GiveUp, "there was nothing on that day, or it is over three months old";
    /// V3: the bill is being made.
    StatementCreating = "STATEMENT_CREATING" => ResendSame, "ask again after ten o'clock, then every half hour";
}

impl ErrorCode {
    /// WeChat took no decision: the same request may be sent again and may have had its effect.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(
            self,
            Self::SystemError
                | Self::FrequencyLimited
                | Self::BizerrNeedRetry
                | Self::InvalidReqTooMuch
                | Self::BankError
                | Self::RateLimitExceeded
                | Self::RateLimited
                | Self::ServiceUnavailable
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_with_or_without_underscores() {
        for (code, wire) in ALL {
            assert_eq!(&ErrorCode::read(wire), code);
            assert_eq!(&ErrorCode::read(&wire.replace('_', "")), code);
            assert_eq!(code.as_str(), *wire);
        }
        assert_eq!(ErrorCode::read("ORDER_NOT_EXIST"), ErrorCode::OrderNotExist);
    }

    #[test]
    fn the_tail_of_a_request_id_tells_more_than_the_code() {
        let told = |id: &str| RequestId::new(id.into()).meaning();
        assert_eq!(told("08F6D0-268498688"), Some("the same number came with other parameters"));
        assert_eq!((told("268498688"), told("08F6D0-1"), told("")), (None, None, None));
    }

    #[test]
    fn an_unknown_word_is_kept_and_asks_first() {
        let code = ErrorCode::read("NEW_WORD");
        assert_eq!(code, ErrorCode::Unrecognised("NEW_WORD".into()));
        assert_eq!(code.next_step(), NextStep::QueryFirst);
    }
}
