//! Whether an endpoint did what a case expects of it.

use super::{case::Expect, send::Answer};
use crate::{
    account::Account,
    ack::{ACK_SECONDS, ACKNOWLEDGED, Ack},
    ledger::Api,
};

/// How every line of `/etc/passwd` for root begins.
const PASSWD: &str = "root:x:";

/// What is wrong with the answers to one case; `None` if nothing is.
pub(super) fn wrong(
    account: &Account,
    api: Api,
    expect: Expect,
    answers: &[Answer],
    canary_called: bool,
) -> Option<String> {
    if canary_called {
        return Some("the endpoint asked an address that the XML named (XXE)".to_owned());
    }
    answers.iter().find_map(|answer| one_wrong(account, api, expect, &answer.ack))
}

fn one_wrong(account: &Account, api: Api, expect: Expect, ack: &Ack) -> Option<String> {
    let body = match ack {
        Ack::Timeout => return Some(format!("no answer within {ACK_SECONDS} seconds")),
        Ack::Unreachable(_) if expect == Expect::NoAckOrCut => return None,
        Ack::Unreachable(reason) => return Some(format!("no answer: {reason}")),
        Ack::Answer { body, .. } => String::from_utf8_lossy(body),
    };
    if [&account.v2_key, &account.v3_key].iter().any(|key| body.contains(key.as_str())) {
        return Some("the answer shows the merchant's key".to_owned());
    }
    if body.contains(PASSWD) {
        return Some("the answer shows /etc/passwd (XXE)".to_owned());
    }
    let outcome = ack.outcome(api);
    match expect {
        Expect::Ack if outcome != ACKNOWLEDGED => Some(format!("refused what is true: {outcome}")),
        Expect::NoAck | Expect::NoAckOrCut if outcome == ACKNOWLEDGED => {
            Some("acknowledged what has to be refused".to_owned())
        }
        _ => None,
    }
}

/// What is expected, in words.
pub(super) const fn expected(expect: Expect, api: Api) -> &'static str {
    match (expect, api) {
        (Expect::Ack, Api::V2) => "200 and return_code SUCCESS within 5 seconds",
        (Expect::Ack, Api::V3) => "200 or 204 within 5 seconds",
        (Expect::NoAck, Api::V2) => {
            "an answer within 5 seconds, but not 200 with return_code SUCCESS"
        }
        (Expect::NoAck, Api::V3) => "an answer within 5 seconds, but neither 200 nor 204",
        (Expect::NoAckOrCut, _) => "no ack within 5 seconds; hanging up is one way to say no",
        (Expect::Answer, _) => "any answer within 5 seconds",
    }
}
