use alloc::string::String;

/// What went wrong, sorted by who must act.
///
/// Messages name fields and rules, never contents: an error can be logged and shown.
/// A refusal by WeChat is not an error but an answer; see [`crate::v2::Refusal`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Our caller gave something that WeChat would refuse. Mend the caller.
    #[error("`{what}`: {rule}")]
    Invalid {
        /// Which value, in the wire's words.
        what: &'static str,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// The bytes are not the dialect WeChat speaks. Refuse them.
    #[error("malformed message: {0}")]
    Malformed(#[from] Malformed),
    /// The bytes are readable but nothing proves that WeChat said them to us. Refuse them.
    #[error("unverified message: {0}")]
    Unverified(#[from] Unverified),
}

/// How a message failed to be flat V2 XML, or a bill its table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// More bytes than any V2 message, or any line of a bill, has.
    #[error("expected at most {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Not UTF-8, the only encoding of V2.
    #[error("expected UTF-8, found another byte at offset {offset}")]
    NotUtf8 {
        /// Offset of the first bad byte.
        offset: usize,
    },
    /// Not JSON, the only form of V3.
    #[error("expected JSON")]
    NotJson,
    /// Not well-formed XML, or characters outside the fields.
    #[error("expected flat XML, found something else near offset {offset}")]
    NotXml {
        /// Byte offset where reading stopped.
        offset: u64,
    },
    /// A document type definition: never in a real message, always in an attack (XXE).
    #[error("expected no DOCTYPE")]
    Doctype,
    /// An entity besides the five of XML itself.
    #[error("expected no entity besides lt, gt, amp, apos, quot")]
    Entity,
    /// An element inside a field, or attributes on one.
    #[error("expected text-only fields, found structure near offset {offset}")]
    Nested {
        /// Byte offset where reading stopped.
        offset: u64,
    },
    /// The same field twice: two readers could see two messages.
    #[error("expected each field once, found `{name}` twice")]
    Duplicate {
        /// The field's name.
        name: String,
    },
    /// A field this message must have is absent or empty.
    #[error("expected field `{0}`")]
    Missing(&'static str),
    /// A line of a bill that fits no table: other cells than its header has, text where none
    /// belongs, or not UTF-8.
    #[error("expected the table of a bill, found something else in line {line}")]
    Table {
        /// The line, counted from 1.
        line: u64,
    },
    /// A bill whose bytes are not those that WeChat announced by their hash (V3).
    #[error("expected the bill that was announced, found another by its hash")]
    Hash,
    /// A bill with more or fewer rows than WeChat counted.
    #[error("expected {said} rows, as the bill's totals say, found {found}")]
    Rows {
        /// What the totals say.
        said: u64,
        /// How many came.
        found: u64,
    },
    /// A field has a value its type does not allow.
    #[error("field `{0}` has an unexpected form")]
    Field(&'static str),
}

/// Why a message proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// There is no `sign` (V2).
    #[error("expected field `sign`")]
    Unsigned,
    /// A header that says how the message is signed is absent (V3).
    #[error("expected header `{0}`")]
    MissingHeader(&'static str),
    /// Said too long ago (V3).
    #[error("signed {seconds} seconds ago, expected less than 300")]
    Stale {
        /// How long ago.
        seconds: u64,
    },
    /// Said in the future: our clock or theirs is wrong (V3).
    #[error("signed {seconds} seconds in the future, expected less than 300")]
    Future {
        /// How far.
        seconds: u64,
    },
    /// WeChat tries whether we check at all: `WECHATPAY/SIGNTEST/…` (V3). It comes again, signed.
    #[error("a probe by WeChat, signed wrongly on purpose")]
    Probe,
    /// Signed by a key that is not one of WeChat's as we know them (V3).
    #[error("signed by a key we do not know")]
    UnknownSerial,
    /// Signed by another algorithm than the one agreed in the configuration: MD5 where
    /// HMAC-SHA256 was agreed is refused even if the MD5 is right.
    #[error("signed by another algorithm than the agreed one")]
    Algorithm,
    /// The signature is not the one the key gives.
    #[error("the signature does not check")]
    Signature,
    /// Sealed, and neither of our keys opens it.
    #[error("our key does not open the message")]
    Sealed,
    /// Signed, but for another `appid`, `mch_id` (`mchid`), `sub_mch_id` or `sub_appid`.
    #[error("field `{0}` is not ours")]
    Identity(&'static str),
}

/// What "try again" means: in payments it is four different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// The request or the merchant's settings are wrong. Mend them, then send.
    FixAndResend,
    /// Send exactly the same request again; never a new order number.
    ResendSame,
    /// Ask by order query what has become of the order before doing anything.
    QueryFirst,
    /// This order number is finished. A new order needs a new number.
    GiveUp,
}
