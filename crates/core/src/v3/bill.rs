//! 申请交易账单, 申请资金账单 · `GET /v3/bill/tradebill`, `GET /v3/bill/fundflowbill`, and the download.
//!
//! Source: protocol pages "申请交易账单", "申请资金账单", "下载账单", read 2026-11. The answer names the place
//! of the bill and its hash; the place works for five minutes (older pages: 30 seconds), so use it at
//! once. What is downloaded is not signed: its hash, which is, vouches for it. UNCONFIRMED: that the hash is over the text, unpacked; the pages are silent, SDKs say so.
use alloc::{format, string::String};

use sha1::{Digest as _, Sha1};

use super::{Ask, Merchant, Reply, Request, json::Json};
use crate::{
    ErrorCode, Malformed, Outcome, Verified,
    bill::{BillRefusal, DownloadBill},
    fund_flow::DownloadFundFlow,
    question::Question,
};

/// What WeChat answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BillAnswer {
    /// There is one.
    Ready(Statement),
    /// There is none.
    Refused(BillRefusal),
}

/// Where a bill is, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The request for its bytes, gzip. Whatever host was named, it goes to the gateway: a signed
    /// request is for nobody else.
    pub download: Request,
    sha1: [u8; 20],
}

/// Sees a bill's text go by and says in the end whether it was the one announced.
#[derive(Debug, Clone)]
pub struct HashCheck {
    seen: Sha1,
    announced: [u8; 20],
}

impl Statement {
    /// A check of this bill.
    pub fn hash_check(&self) -> HashCheck {
        HashCheck { seen: Sha1::new(), announced: self.sha1 }
    }
}

impl HashCheck {
    /// The next bytes of the text, unpacked.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.seen.update(bytes);
    }

    /// Whether it was all of the bill, and nothing else.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.seen.finalize()[..] == self.announced { Ok(()) } else { Err(Malformed::Hash) }
    }
}

impl Question for DownloadBill {
    type Answer = BillAnswer;
}

impl Ask for DownloadBill {
    fn to_request(&self, _: &Merchant) -> Request {
        let name = "/v3/bill/tradebill";
        let (day, kind) = (self.day, self.kind.as_str());
        let target = format!("{name}?bill_date={day}&bill_type={kind}&tar_type=GZIP");
        Request::get(name, target)
    }

    fn read_reply(&self, _: &Merchant, reply: Outcome<Verified<Reply>>) -> Outcome<BillAnswer> {
        reply.try_read(read).map(Verified::into_inner)
    }
}

impl Question for DownloadFundFlow {
    type Answer = BillAnswer;
}

impl Ask for DownloadFundFlow {
    fn to_request(&self, _: &Merchant) -> Request {
        let name = "/v3/bill/fundflowbill";
        let (day, account) = (self.day, self.account.as_str().to_ascii_uppercase());
        let target = format!("{name}?bill_date={day}&account_type={account}&tar_type=GZIP");
        Request::get(name, target)
    }

    fn read_reply(&self, _: &Merchant, reply: Outcome<Verified<Reply>>) -> Outcome<BillAnswer> {
        reply.try_read(read).map(Verified::into_inner)
    }
}

fn read(reply: Reply) -> Result<BillAnswer, Malformed> {
    let body = match reply {
        Reply::Refused(refusal) => {
            return Ok(BillAnswer::Refused(match refusal.code {
                ErrorCode::NoStatementExist => BillRefusal::NotThere,
                ErrorCode::StatementCreating => BillRefusal::Creating,
                code => BillRefusal::Refused(code.as_str().into()),
            }));
        }
        Reply::Success(body) => body,
    };
    let json = Json::decode(&body)?;
    json.same("hash_type", "SHA1")?;
    let sha1 = json.read("hash_value", |hex| sha1_of(hex).ok_or(()))?;
    let target = json.read("download_url", |url| target(url).ok_or(()))?;
    Ok(BillAnswer::Ready(Statement {
        download: Request::get("/v3/billdownload/file", target),
        sha1,
    }))
}

fn sha1_of(hex: &str) -> Option<[u8; 20]> {
    let mut sha1 = [0; 20];
    let digits = hex.as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != sha1.len() || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in sha1.iter_mut().zip(pairs) {
        let pair = core::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(sha1)
}

/// Path and query of an address, as they are to be signed.
fn target(url: &str) -> Option<String> {
    let (_, behind_scheme) = url.split_once("://")?;
    let (_, target) = behind_scheme.split_once('/')?;
    let fits = target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    (fits && target.starts_with("v3/")).then(|| format!("/{target}"))
}
