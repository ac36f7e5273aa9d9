//! Reads the body of a request within its bounds: memory is asked for first, and a body that dribbles is refused.

use super::Shared;
use super::problem::{ApiError, Code};
use crate::budget::{ByteBudget, ByteShare};
use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use proviso_model::limits::{HTTP_BODY_BYTES_MAX, HTTP_BODY_BYTES_PER_SECOND_MIN, HTTP_BODY_GRACE, HTTP_BODY_WAIT};
use serde::de::DeserializeOwned;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A whole body, and its share of the memory for all bodies.
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    /// Held until whatever was made of the body is committed.
    pub(super) share: Arc<ByteShare>,
}

/// Bounds of one body.
#[derive(Debug, Clone, Copy)]
struct Within {
    bytes_max: usize,
    /// Until there is memory.
    wait: Duration,
    /// How far behind the pace it may fall.
    grace: Duration,
    bytes_per_second_min: usize,
}

const WITHIN: Within = Within {
    bytes_max: HTTP_BODY_BYTES_MAX,
    wait: HTTP_BODY_WAIT,
    grace: HTTP_BODY_GRACE,
    bytes_per_second_min: HTTP_BODY_BYTES_PER_SECOND_MIN,
};

impl Received {
    /// The body as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        // Its words may quote the body, which is the caller's own.
        serde_json::from_slice(&self.bytes)
            .map_err(|error| ApiError::yours(Code::BadRequest, format!("the body is not what is asked for: {error}")))
    }
}

/// The bytes of a body that has another bound than those of messages.
pub(crate) async fn receive_within(body: Body, budget: &ByteBudget, bytes_max: usize) -> Result<Vec<u8>, ApiError> {
    let received = receive(body, budget, Within { bytes_max, ..WITHIN }).await?;
    Ok(received.bytes)
}

impl FromRequest<Shared> for Received {
    type Rejection = ApiError;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, ApiError> {
        receive(request.into_body(), shared.queue.request_bytes(), WITHIN).await
    }
}

async fn receive(mut body: Body, budget: &ByteBudget, within: Within) -> Result<Received, ApiError> {
    let Within {
        bytes_max,
        wait,
        grace,
        bytes_per_second_min,
    } = within;
    let too_large = || {
        let message = format!("the body is over {bytes_max} bytes: send it in several requests");
        ApiError::yours(Code::TooLarge, message)
    };
    let announced = body.size_hint().exact();
    let announced = announced.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if announced.is_some_and(|bytes| bytes > bytes_max) {
        return Err(too_large());
    }
    let share = budget.take_within(announced.unwrap_or(bytes_max), wait).await;
    let mut share = share.ok_or_else(|| {
        let message = "the memory for requests is taken by others: send the same again later";
        ApiError::yours(Code::Busy, message)
    })?;
    let mut bytes = Vec::with_capacity(announced.unwrap_or_default());
    // Each byte earns time, and nobody has more than the grace ahead: what came fast does not pay for a long silence.
    let mut deadline = Instant::now() + grace;
    loop {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let frame = timeout_at(deadline, frame);
        match frame.await {
            Err(_) => {
                let message = format!(
                    "the body came too slowly: {bytes_per_second_min} bytes a second must come, and be late by {} s at most",
                    grace.as_secs()
                );
                return Err(ApiError::yours(Code::TooSlow, message));
            }
            Ok(None) => break,
            Ok(Some(Err(_))) => return Err(ApiError::yours(Code::BadRequest, "the body breaks off")),
            Ok(Some(Ok(frame))) => {
                let Ok(data) = frame.into_data() else { continue };
                if bytes.len() + data.len() > bytes_max {
                    return Err(too_large());
                }
                bytes.extend_from_slice(&data);
                let earned = Duration::from_secs_f64(data.len() as f64 / bytes_per_second_min as f64);
                deadline = (deadline + earned).min(Instant::now() + grace);
            }
        }
    }
    share.shrink_to(bytes.len());
    let share = Arc::new(share);
    Ok(Received { bytes, share })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use http_body::{Frame, SizeHint};
    use std::task::{Context, Poll};

    const SMALL: Within = Within {
        bytes_max: 100 << 10,
        wait: Duration::from_millis(20),
        grace: Duration::from_millis(20),
        bytes_per_second_min: 1 << 20,
    };

    /// Pieces at hand, and then nothing more, without an end.
    struct Dribble(Vec<&'static [u8]>);

    impl HttpBody for Dribble {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            match self.0.pop() {
                Some(piece) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(piece))))),
                None => Poll::Pending,
            }
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::default()
        }
    }

    async fn code(body: Body, budget: &ByteBudget) -> Option<Code> {
        match receive(body, budget, SMALL).await {
            Ok(_) => None,
            Err(ApiError::Yours(code, _)) => Some(code),
            Err(ours) => panic!("{ours:?}"),
        }
    }

    #[tokio::test]
    async fn a_body_has_a_share_of_the_memory_as_long_as_it_lives() {
        let budget = ByteBudget::new(128 << 10);
        let received = receive(Body::from("[1, 2]"), &budget, SMALL).await.unwrap();
        assert_eq!(budget.taken_bytes(), 64 << 10);
        assert_eq!(received.json::<Vec<u32>>().unwrap(), [1, 2]);
        assert!(matches!(
            received.json::<String>(),
            Err(ApiError::Yours(Code::BadRequest, _))
        ));
        // One whose length is not told takes what it may need at most, and there is not so much.
        assert_eq!(code(Body::new(Dribble(vec![])), &budget).await, Some(Code::Busy));
        drop(received);
        assert_eq!(budget.taken_bytes(), 0);
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_or_too_slow_is_refused_and_gives_its_share_back() {
        static PIECE: [u8; 60 << 10] = [0; 60 << 10];
        let budget = ByteBudget::new(128 << 10);
        let large = vec![0; SMALL.bytes_max + 1];
        assert_eq!(
            code(Body::from(large), &budget).await,
            Some(Code::TooLarge),
            "by what it says of itself"
        );
        assert_eq!(
            code(Body::new(Dribble(vec![&PIECE, &PIECE])), &budget).await,
            Some(Code::TooLarge)
        );
        let started = Instant::now();
        assert_eq!(code(Body::new(Dribble(vec![b"x"])), &budget).await, Some(Code::TooSlow));
        // What came fast would be worth 60 ms, of which the grace is left.
        assert_eq!(
            code(Body::new(Dribble(vec![&PIECE])), &budget).await,
            Some(Code::TooSlow)
        );
        assert!(started.elapsed() >= 2 * SMALL.grace);
        assert_eq!(budget.taken_bytes(), 0);
    }
}
