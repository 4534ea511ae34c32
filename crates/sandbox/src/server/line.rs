//! Answers that the line spoils: bodies that end in their middle, and bodies that dribble.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::message::Wire;

/// The body of an answer as `wire` carries it.
pub(super) fn carry(body: Vec<u8>, wire: Wire) -> Body {
    match wire {
        Wire::HalfClosed if !body.is_empty() => Body::new(HalfClosed::new(body)),
        Wire::Slow { seconds } if !body.is_empty() => Body::new(Slow::new(body, seconds)),
        Wire::Whole | Wire::HalfClosed | Wire::Slow { .. } => Body::from(body),
    }
}

/// Promises a whole body, and breaks off in the middle.
struct HalfClosed {
    promised: u64,
    half: Option<Bytes>,
    /// Whether what was written before the break has been given time to leave.
    flushed: bool,
}

impl HalfClosed {
    fn new(body: Vec<u8>) -> Self {
        let promised = length(&body);
        let mut half = Bytes::from(body);
        half.truncate(half.len() / 2);
        Self { promised, half: Some(half), flushed: false }
    }
}

impl http_body::Body for HalfClosed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        if !self.flushed {
            // Who has to wait for a body writes out what is there, headers and half; an error at
            // once would throw both away.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let broken = io::Error::new(io::ErrorKind::BrokenPipe, "fault wire=half_closed");
        Poll::Ready(Some(Err(broken)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}

/// Sends byte by byte.
struct Slow {
    rest: Bytes,
    pause: Duration,
    next: Pin<Box<Sleep>>,
}

impl Slow {
    fn new(body: Vec<u8>, seconds: u32) -> Self {
        let pieces = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let whole = Duration::from_secs(seconds.into());
        let pause = whole.checked_div(pieces).unwrap_or_default();
        Self { rest: Bytes::from(body), pause, next: Box::pin(sleep(pause)) }
    }
}

impl http_body::Body for Slow {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if self.next.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        let pause = self.pause;
        self.next.set(sleep(pause));
        let piece = self.rest.split_to(1);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(length(&self.rest))
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_half_closed_body_promises_all_and_brings_half() {
        let mut body = carry(b"0123456789".to_vec(), Wire::HalfClosed);
        assert_eq!(http_body::Body::size_hint(&body).exact(), Some(10));
        let first = body.frame().await.unwrap().unwrap();
        assert_eq!(first.into_data().unwrap(), "01234");
        assert!(body.frame().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_slow_body_comes_byte_by_byte_and_whole() {
        let mut body = carry(b"abc".to_vec(), Wire::Slow { seconds: 0 });
        let mut pieces = Vec::new();
        while let Some(frame) = body.frame().await {
            pieces.push(frame.unwrap().into_data().unwrap());
        }
        assert_eq!(pieces, ["a", "b", "c"]);
    }

    #[tokio::test]
    async fn a_slow_body_takes_as_long_as_it_was_told() {
        let slow = Slow::new(vec![0; 20], 10);
        assert_eq!(slow.pause * 20, Duration::from_secs(10));
    }
}
