use crate::{Error, Unverified, Verified};

/// What came of a call to WeChat: something known, or nothing known.
///
/// A time-out, a broken connection, an answer whose signature does not check: none of these says
/// that the payment failed, and none says that it succeeded. `Unknown` has no answer to read;
/// the one thing to do with it is to ask again, or to repeat the call with the same parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// A verified answer.
    Known(T),
    /// Nothing verified came back. Repeat with the same parameters, or query.
    Unknown(Why),
}

impl<T> Outcome<T> {
    pub(crate) fn map<U>(self, map: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Known(value) => Outcome::Known(map(value)),
            Self::Unknown(why) => Outcome::Unknown(why),
        }
    }
}

impl<T> Outcome<Verified<T>> {
    /// Reads what was verified. What is signed and yet not what was asked for is no answer.
    pub(crate) fn try_read<U, E: Into<Error>>(
        self,
        read: impl FnOnce(T) -> Result<U, E>,
    ) -> Outcome<Verified<U>> {
        match self {
            Self::Unknown(why) => Outcome::Unknown(why),
            Self::Known(said) => match said.try_map(read) {
                Ok(answer) => Outcome::Known(answer),
                Err(error) => Outcome::Unknown(Why::Distrusted(error.into())),
            },
        }
    }
}

/// Why nothing is known. For logs and operators; no decision about money rests on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// No answer within the time allowed.
    Timeout,
    /// The connection could not be made or broke.
    Transport,
    /// WeChat answered SYSTEMERROR or its like (V3: 202, 429, 5xx): it does not know either.
    Busy,
    /// WeChat answered no, and did not sign it: V2 `return_code=FAIL`, whose `return_msg` is kept as
    /// said (with a wrong key 签名错误); V3 4xx, with its code and message.
    UnsignedRefusal(alloc::string::String),
    /// The answer could not be read, or its signature or identity did not check.
    Distrusted(Error),
}

impl Why {
    /// Whether WeChat says that our signature did not check, so that it did nothing. While the key
    /// is being changed, the same call signed by [`second`](crate::v2::Credential::second) may pass.
    pub fn is_about_our_signature(&self) -> bool {
        matches!(self, Self::UnsignedRefusal(said) if crate::v2::is_about_our_signature(said))
    }

    /// Whether WeChat only tried if we check its signatures (V3). The same call may be made again.
    pub fn is_probe(&self) -> bool {
        matches!(self, Self::Distrusted(Error::Unverified(Unverified::Probe)))
    }
}
