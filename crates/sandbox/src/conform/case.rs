//! What a case is: one thing that is sent, how it has to end, and why that matters.

use serde::Serialize;

use super::{notice_v2, notice_v3};

/// Why a case matters, in both languages, and where it is written.
#[derive(Debug)]
pub(super) struct Why {
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) source: &'static str,
}

/// How an endpoint has to answer; in time, always (see [`crate::ACK_SECONDS`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// By an ack, as WeChat counts them.
    Ack,
    /// By anything that is no ack.
    NoAck,
    /// The same, or by hanging up in the middle of what is too long to be heard out.
    NoAckOrCut,
    /// By anything: the case is there for what it may break.
    Answer,
}

impl Expect {
    /// Whether what is sent is WeChat's own, which has to be believed.
    pub(super) const fn is_honest(self) -> bool {
        matches!(self, Self::Ack)
    }
}

/// How often a case is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    /// One after the other, each signed anew, as WeChat repeats itself.
    InTurn(usize),
    /// At the same time, each signed anew.
    AtOnce(usize),
}

/// What the endpoint must have been given, beyond one key of WeChat's, for a case to be fair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    /// WeChat's public key (微信支付公钥).
    PublicKey,
    /// WeChat's certificate (平台证书).
    Certificate,
}

/// What is done to a true notification before it is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Steps {
    V2(&'static [notice_v2::Step]),
    V3(&'static [notice_v3::Step]),
}

/// One row of the corpus.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    /// Unique in its group, and never changed.
    pub(super) name: &'static str,
    /// What is sent, in Chinese.
    pub(super) zh: &'static str,
    /// What is sent, in English.
    pub(super) en: &'static str,
    pub(super) expect: Expect,
    pub(super) why: &'static Why,
    pub(super) steps: Steps,
    pub(super) times: Times,
    pub(super) needs: Needs,
}

impl Case {
    pub(super) const fn new(
        expect: Expect,
        name: &'static str,
        words: [&'static str; 2],
        why: &'static Why,
        steps: Steps,
    ) -> Self {
        let [zh, en] = words;
        Self { name, zh, en, expect, why, steps, times: Times::Once, needs: Needs::Nothing }
    }

    pub(super) const fn times(self, times: Times) -> Self {
        Self { times, ..self }
    }

    pub(super) const fn needs(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }
}

/// What every endpoint has to do, and what only one can do that knows its orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Signature, freshness, sealing, parsing: judged always.
    Must,
    /// Amount, merchant, order: judged if orders were named.
    Should,
}

/// What cases are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// 真实通知: what WeChat sends, in every form that it may have.
    Honest,
    /// 请求头: the five headers of API V3.
    Headers,
    /// 时效: when it was signed.
    Freshness,
    /// 签名者: by whose key, under whose name.
    Signer,
    /// 签名: of what, and how.
    Signature,
    /// 改动: what was changed after it had been signed.
    Changed,
    /// 加密: what was sealed, and with what.
    Seal,
    /// 报文: what cannot be read, though WeChat signed it, or what is there to break a parser.
    Parsing,
    /// 核对: what is true by every signature, but not of this order.
    Order,
    /// 退款通知.
    Refund,
}

impl Group {
    pub(super) const fn level(self) -> Level {
        match self {
            Self::Order | Self::Refund => Level::Should,
            _ => Level::Must,
        }
    }

    /// The name in Chinese and in English; the latter is part of the names of cases.
    pub(super) const fn words(self) -> [&'static str; 2] {
        match self {
            Self::Honest => ["真实通知", "honest"],
            Self::Headers => ["请求头", "headers"],
            Self::Freshness => ["时效", "freshness"],
            Self::Signer => ["签名者", "signer"],
            Self::Signature => ["签名", "signature"],
            Self::Changed => ["改动", "changed"],
            Self::Seal => ["加密", "seal"],
            Self::Parsing => ["报文", "parsing"],
            Self::Order => ["核对", "order"],
            Self::Refund => ["退款通知", "refund"],
        }
    }
}
