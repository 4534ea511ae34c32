//! One call of API V3, what may be answered, and how a call is refused.
//!
//! Source: pay.weixin.qq.com V3 基本规则, 错误码 and 请求唯一标示.

use serde_json::{Value, json};

use crate::fault::Break;

/// A call whose envelope has been checked.
pub(crate) struct Call {
    /// The path behind `/v3/`, each piece decoded.
    pub(crate) path: Vec<String>,
    /// Names and values of the query, decoded.
    pub(crate) query: Vec<(String, String)>,
    /// The body; `Null` if there was none.
    pub(crate) body: Value,
}

impl Call {
    /// The last piece of the path: the number that a query names.
    pub(crate) fn last(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// A value of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A text of the body, by its JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer).and_then(Value::as_str)
    }

    /// A number of the body, by its JSON pointer.
    pub(crate) fn number(&self, pointer: &str) -> Option<u64> {
        self.body.pointer(pointer).and_then(Value::as_u64)
    }
}

/// What a call is answered with; all but files are signed.
#[derive(Debug)]
pub(crate) enum Reply {
    /// 200.
    Json(Value),
    /// 204.
    NoContent,
    /// 200 with a table, plain or as gzip. Source: the download of a bill is not signed.
    Table { text: String, packed: bool },
}

/// The same object without the fields that are `null`.
///
/// UNCONFIRMED: that the real gateway leaves out what it does not know, such as the `success_time`
/// of what did not succeed.
pub(crate) fn present(mut object: Value) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.retain(|_, value| !value.is_null());
    }
    object
}

/// Why there is no such answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// An error with a code.
    Said(Box<Said>),
    /// No answer at all (fault `timeout`).
    Silence,
}

/// An error with a code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) detail: Option<Value>,
    /// The digits at the end of `Request-ID`.
    pub(crate) tail: u32,
}

impl From<Break> for Refusal {
    fn from(broken: Break) -> Self {
        match broken {
            Break::Silence => Self::Silence,
            Break::SystemError => Self::system_error(),
        }
    }
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let (message, tail) = (message.into(), tail(code));
        Self::Said(Box::new(Said { status, code, message, detail: None, tail }))
    }

    /// The same refusal with other digits at the end of `Request-ID`.
    pub(crate) fn tail(self, tail: u32) -> Self {
        match self {
            Self::Said(said) => Self::Said(Box::new(Said { tail, ..*said })),
            Self::Silence => Self::Silence,
        }
    }

    /// 参数错误: what is wrong with one field, named by its JSON pointer.
    ///
    /// UNCONFIRMED: the wording; the shape of `detail` is documented.
    pub(crate) fn field(location: &'static str, field: &str, value: &Value, issue: &str) -> Self {
        let message = format!("输入源“/{location}{field}”校验失败：{issue}");
        let detail =
            json!({ "field": field, "value": value, "issue": issue, "location": location });
        Self::Said(Box::new(Said {
            status: 400,
            code: "PARAM_ERROR",
            message,
            detail: Some(detail),
            tail: ILLEGAL_VALUE,
        }))
    }

    /// Source: error codes of API V3: 500 `SYSTEM_ERROR`, to be repeated with the same parameters.
    pub(crate) fn system_error() -> Self {
        Self::new(500, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用")
    }
}

/// Source: the twenty most frequent tails of `Request-ID` that WeChat Pay explains.
pub(crate) const ILLEGAL_VALUE: u32 = 268_435_461;
pub(crate) const OUT_OF_RANGE: u32 = 268_435_464;
pub(crate) const UNKNOWN_FIELD: u32 = 270_924_358;
pub(crate) const NO_OPENID: u32 = 268_501_013;
pub(crate) const ALREADY_PAID: u32 = 268_449_538;

/// DIFFERENCE: made up, for whatever is not among the twenty.
const UNEXPLAINED: u32 = 268_435_456;

/// The tail that goes with a code when nothing more exact is known.
const fn tail(code: &str) -> u32 {
    match code.as_bytes() {
        b"ORDER_NOT_EXIST" => 268_512_771,
        b"FREQUENCY_LIMITED" => 268_447_840,
        b"ORDER_PAID" => ALREADY_PAID,
        b"ORDER_CLOSED" => 268_447_914,
        b"SIGN_ERROR" => 268_443_699,
        b"OUT_TRADE_NO_USED" => 268_498_688,
        b"APPID_MCHID_NOT_MATCH" => 268_445_527,
        b"MCH_NOT_EXISTS" => 268_447_843,
        b"PARAM_ERROR" | b"INVALID_REQUEST" => ILLEGAL_VALUE,
        _ => UNEXPLAINED,
    }
}
