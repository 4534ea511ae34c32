//! A bill as it comes: fetched, gunzipped and read piece by piece, never whole in memory.
//!
//! Nobody reads ahead: a piece is asked for when the one before it has been used.
use js_sys::{
    Uint8Array,
    futures::{JsFuture, spawn_local},
};
use serde::Serialize;
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use web_sys::{
    ReadableStream, ReadableStreamDefaultReader, ReadableStreamReadResult, WritableStream,
    WritableStreamDefaultWriter,
};
use wxpay_core::{
    Error, Malformed, NonceStr, Outcome, Why,
    bill::{self, BillReader, BillRefusal, DownloadBill, Ending},
    fund_flow::{self, DownloadFundFlow, FundFlowReader},
    v2::{Credential, SignedRequest},
    v3::{BillAnswer, HashCheck},
};

use crate::{
    config::{Config, Speaker},
    gateway,
    http::{problem::Problem, problem_code::Code},
    random,
    v3::V3,
};

/// One line of a bill.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Row {
    Trade(Box<bill::Row>),
    FundFlow(fund_flow::Row),
}

/// Reads a bill's text.
enum Reader {
    Trade(BillReader),
    FundFlow(FundFlowReader),
}

/// Why there is no bill, or no more of it.
#[derive(Debug)]
pub(crate) enum NoBill {
    /// WeChat says so.
    Refused(BillRefusal),
    /// WeChat would ask for the merchant's certificate, and there is none.
    CertificateMissing,
    /// It did not arrive, broke off, or is not a bill.
    Unknown(Why),
}

/// Which bill.
pub(crate) enum Wish {
    Trade(DownloadBill),
    FundFlow(DownloadFundFlow),
}

/// A bill that is arriving.
pub(crate) struct Bill {
    name: &'static str,
    stream: Pieces,
    reader: Reader,
    /// V3's word for what it has to be.
    hash: Option<HashCheck>,
}

impl Bill {
    /// Asks for a bill, by the API of new orders, and reads its first rows; `None` where it has none.
    pub(crate) async fn begin(
        config: &Config,
        wish: &Wish,
    ) -> Result<Option<(Vec<Row>, Self)>, NoBill> {
        match config.speaker(config.shop.api) {
            Speaker::V2 => Self::by_v2(config, wish).await,
            Speaker::V3(by) => Self::by_v3(config, by, wish).await,
        }
    }

    /// If WeChat refuses our signature and there is a second key, it is asked again under that one.
    async fn by_v2(config: &Config, wish: &Wish) -> Result<Option<(Vec<Row>, Self)>, NoBill> {
        let nobody = NoBill::Unknown(Why::Transport);
        let Ok(nonce) = random::nonce_str() else { return Err(nobody) };
        let by_second = config.signs_by_second_key();
        let Some(signer) = config.signer_by(by_second) else { return Err(nobody) };
        let first = Self::open(config, wish, &wish.to_request(&signer, &nonce)).await;
        let other = match &first {
            Err(NoBill::Refused(no)) if no.is_about_our_signature() => signer.second(),
            _ => None,
        };
        let Some(other) = other else { return first };
        let again = Self::open(config, wish, &wish.to_request(&other, &nonce)).await;
        if again.is_ok() {
            config.sign_by_second_key(!by_second);
        }
        again
    }

    async fn open(
        config: &Config,
        wish: &Wish,
        request: &SignedRequest,
    ) -> Result<Option<(Vec<Row>, Self)>, NoBill> {
        if gateway::v2::lacks_certificate(config, request) {
            return Err(NoBill::CertificateMissing);
        }
        let stream = gateway::v2::open(config, request).await.map_err(NoBill::Unknown)?;
        Self::read(request.path(), stream, wish, None).await
    }

    /// Two calls: a signed answer says where the bill is and what it has to be, then it comes.
    async fn by_v3(
        config: &Config,
        by: &V3,
        wish: &Wish,
    ) -> Result<Option<(Vec<Row>, Self)>, NoBill> {
        let answer = match wish {
            Wish::Trade(wish) => gateway::v3::ask(config, by, wish, gateway::NO_NOTE).await,
            Wish::FundFlow(wish) => gateway::v3::ask(config, by, wish, gateway::NO_NOTE).await,
        };
        let statement = match answer {
            Outcome::Known(BillAnswer::Ready(statement)) => statement,
            Outcome::Known(BillAnswer::Refused(no)) => return Err(NoBill::Refused(no)),
            Outcome::Unknown(why) => return Err(NoBill::Unknown(why)),
        };
        let hash = Some(statement.hash_check());
        let name = statement.download.name();
        let stream = gateway::v3::open(config, by, statement.download).await;
        Self::read(name, stream.map_err(NoBill::Unknown)?, wish, hash).await
    }

    async fn read(
        name: &'static str,
        stream: ReadableStream,
        wish: &Wish,
        hash: Option<HashCheck>,
    ) -> Result<Option<(Vec<Row>, Self)>, NoBill> {
        let stream = Pieces::plain(stream).await.map_err(NoBill::Unknown)?;
        let mut bill = Self { name, stream, reader: wish.reader(), hash };
        Ok(bill.next().await?.map(|rows| (rows, bill)))
    }

    /// The next rows, at least one; `None` once the bill is complete and has as many as WeChat
    /// counted. After an error, which the log has, there is nothing more.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Row>>, NoBill> {
        let rows = self.rows().await;
        if let Err(no) = &rows {
            self.stop();
            if let NoBill::Unknown(why) = no {
                gateway::broke_off(self.name, why);
            }
        }
        rows
    }

    async fn rows(&mut self) -> Result<Option<Vec<Row>>, NoBill> {
        while let Some(piece) = self.stream.next().await.map_err(NoBill::Unknown)? {
            if let Some(hash) = &mut self.hash {
                hash.feed(&piece);
            }
            let rows = self.reader.feed(&piece)?;
            if !rows.is_empty() {
                return Ok(Some(rows));
            }
        }
        if let Some(hash) = self.hash.take() {
            hash.finish()?;
        }
        self.reader.finish().map(|()| None)
    }

    /// Nobody wants the rest.
    pub(crate) fn stop(&self) {
        // Whether the sender hears of it does not matter; we read no further.
        let _ = self.stream.reader.cancel();
    }
}

impl Wish {
    fn to_request(&self, credential: &Credential, nonce: &NonceStr) -> SignedRequest {
        match self {
            Self::Trade(wish) => wish.to_v2_request(credential, nonce),
            Self::FundFlow(wish) => wish.to_v2_request(credential, nonce),
        }
    }

    fn reader(&self) -> Reader {
        match self {
            Self::Trade(_) => Reader::Trade(BillReader::new()),
            Self::FundFlow(_) => Reader::FundFlow(FundFlowReader::new()),
        }
    }
}

impl Reader {
    fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Row>, Malformed> {
        let mut rows = Vec::new();
        match self {
            Self::Trade(reader) => {
                reader.feed(bytes, &mut |row| rows.push(Row::Trade(Box::new(row))))?;
            }
            Self::FundFlow(reader) => {
                reader.feed(bytes, &mut |row| rows.push(Row::FundFlow(row)))?;
            }
        }
        Ok(rows)
    }

    /// Takes what was read out of `self`, which is of no more use.
    fn finish(&mut self) -> Result<(), NoBill> {
        let refused = match self {
            Self::Trade(reader) => match std::mem::take(reader).finish()? {
                Ending::Refused(refusal) => Some(refusal),
                Ending::Complete(_) => None,
            },
            Self::FundFlow(reader) => match std::mem::take(reader).finish()? {
                Ending::Refused(refusal) => Some(refusal),
                Ending::Complete(_) => None,
            },
        };
        refused.map_or(Ok(()), |refusal| Err(NoBill::Refused(refusal)))
    }
}

impl From<Malformed> for NoBill {
    fn from(malformed: Malformed) -> Self {
        Self::Unknown(Why::Distrusted(Error::Malformed(malformed)))
    }
}

impl From<NoBill> for Problem {
    fn from(no: NoBill) -> Self {
        match no {
            NoBill::Refused(BillRefusal::NotThere) => Code::BillNotFound.into(),
            NoBill::Refused(BillRefusal::Creating) => Code::BillNotReady.into(),
            // WeChat's words about our request; nobody's data is in them.
            NoBill::Refused(BillRefusal::Refused(said)) => {
                Self::with_detail(Code::GatewayRefused, format!("`{said}`"))
            }
            NoBill::CertificateMissing => Code::CertificateMissing.into(),
            NoBill::Unknown(_) => Code::BillUnknown.into(),
        }
    }
}

/// A stream, piece by piece.
struct Pieces {
    reader: ReadableStreamDefaultReader,
    /// Read already.
    first: Option<Vec<u8>>,
}

/// The first bytes of every gzip file. Source: RFC 1952, 2.3.1.
const GZIP: [u8; 2] = [0x1f, 0x8b];

#[wasm_bindgen]
extern "C" {
    /// The runtime's; `web_sys` has it behind an unstable flag only.
    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &DecompressionStream) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &DecompressionStream) -> WritableStream;
}

impl Pieces {
    fn of(stream: &ReadableStream) -> Result<Self, Why> {
        let reader = ReadableStreamDefaultReader::new(stream).map_err(|_| Why::Transport)?;
        Ok(Self { reader, first: None })
    }

    /// The stream as text: gunzipped if it is gzip. We ask for gzip, but what WeChat refuses, it
    /// refuses in plain XML.
    async fn plain(stream: ReadableStream) -> Result<Self, Why> {
        let mut raw = Self::of(&stream)?;
        let mut start = Vec::new();
        while start.len() < GZIP.len()
            && let Some(piece) = raw.next().await?
        {
            start.extend_from_slice(&piece);
        }
        let zipped = start.starts_with(&GZIP);
        raw.first = Some(start);
        if !zipped {
            return Ok(raw);
        }
        let gunzip = DecompressionStream::new("gzip").map_err(|_| Why::Transport)?;
        let writer = gunzip.writable().get_writer().map_err(|_| Why::Transport)?;
        let plain = Self::of(&gunzip.readable())?;
        spawn_local(raw.pour_into(writer));
        Ok(plain)
    }

    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Why> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let step = JsFuture::from(self.reader.read()).await.map_err(|_| Why::Transport)?;
        let step: ReadableStreamReadResult = step.unchecked_into();
        if step.get_done().unwrap_or(true) {
            return Ok(None);
        }
        let piece = step.get_value().dyn_into::<Uint8Array>().map_err(|_| Why::Transport)?;
        Ok(Some(piece.to_vec()))
    }

    /// Passes everything on at the pace at which it is taken.
    async fn pour_into(mut self, writer: WritableStreamDefaultWriter) {
        loop {
            match self.next().await {
                Ok(Some(piece)) => {
                    let piece = Uint8Array::from(piece.as_slice());
                    if JsFuture::from(writer.write_with_chunk(&piece)).await.is_err() {
                        // Not gzip after all, or nobody reads: the other side knows.
                        let _ = self.reader.cancel();
                        return;
                    }
                }
                Ok(None) => {
                    // What is cut short fails here and on the other side.
                    let _ = JsFuture::from(writer.close()).await;
                    return;
                }
                Err(_) => {
                    let _ = JsFuture::from(writer.abort()).await;
                    return;
                }
            }
        }
    }
}
