/// What happens to the next call: of the shop to WeChat, of WeChat to the shop, or of an event to
/// the shop's backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// It goes through.
    Fine,
    /// The request is lost: no effect, no answer.
    RequestLost,
    /// The answer is lost: the effect is there, nobody knows.
    AnswerLost,
    /// The effect is there, and the answer comes [`LATE_SECONDS`] later, after whatever else happens
    /// to the order meanwhile.
    AnswerLate,
    /// The shop's machine dies before the call; what it had stored stays.
    Crash,
}

/// How late an answer may be; a call that takes longer is given up.
pub(crate) const LATE_SECONDS: u64 = 4;
