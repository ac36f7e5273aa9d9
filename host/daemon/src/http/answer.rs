//! Sends a large answer within its bounds: memory is asked for before anything is read, and is given back when the last byte is
//! sent.

use super::problem::{ApiError, Code};
use crate::budget::{ByteBudget, ByteShare};
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use proviso_model::limits::HTTP_ANSWER_WAIT;
use serde::Serialize;
use std::io::{self, Write};
use std::time::Duration;

/// Memory for an answer that is not made yet.
pub(crate) struct Room {
    share: ByteShare,
    bytes_max: usize,
}

impl Room {
    /// Waits for so much memory, and gives up after a time.
    pub(crate) async fn take(budget: &ByteBudget, bytes_max: usize) -> Result<Self, ApiError> {
        Self::take_within(budget, bytes_max, HTTP_ANSWER_WAIT).await
    }

    async fn take_within(budget: &ByteBudget, bytes_max: usize, wait: Duration) -> Result<Self, ApiError> {
        let share = budget.take_within(bytes_max, wait).await.ok_or_else(|| {
            let message = "the memory for answers is taken by others: ask again later";
            ApiError::yours(Code::Busy, message)
        })?;
        Ok(Self { share, bytes_max })
    }

    /// The value as JSON.
    pub(crate) async fn answer(self, value: impl Serialize + Send + 'static) -> Result<Response, ApiError> {
        let Self { mut share, bytes_max } = self;
        // Some hundred MiB take a moment, in which others are answered.
        let written = tokio::task::spawn_blocking(move || {
            let mut answer = Bounded {
                bytes: Vec::new(),
                bytes_max,
            };
            let written = serde_json::to_writer(&mut answer, &value);
            written.map(|()| answer.bytes)
        });
        let failed = |error: anyhow::Error| ApiError::ours("the answer could not be written", error);
        let bytes = match written.await.map_err(|error| failed(error.into()))? {
            Ok(bytes) => bytes,
            Err(error) if error.is_io() => {
                let message = format!("the answer is over {bytes_max} bytes: ask for less at a time");
                return Err(ApiError::yours(Code::NotPossible, message));
            }
            Err(error) => return Err(failed(error.into())),
        };
        share.shrink_to(bytes.len());
        let body = Body::from(Bytes::from_owner(Sent { bytes, _share: share }));
        Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
    }
}

/// Takes no more than its bound.
struct Bounded {
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.bytes_max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes on their way out, with their share of the memory.
struct Sent {
    bytes: Vec<u8>,
    _share: ByteShare,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    fn code<T>(result: Result<T, ApiError>) -> Option<Code> {
        match result {
            Ok(_) => None,
            Err(ApiError::Yours(code, _)) => Some(code),
            Err(ours) => panic!("{ours:?}"),
        }
    }

    #[tokio::test]
    async fn an_answer_has_its_memory_until_it_is_sent() {
        let budget = ByteBudget::new(256 << 10);
        let room = Room::take(&budget, 128 << 10).await.unwrap();
        let other = Room::take(&budget, 128 << 10).await.unwrap();
        let refused = Room::take_within(&budget, 64 << 10, Duration::from_millis(5)).await;
        assert_eq!(code(refused), Some(Code::Busy));
        let answer = room.answer(["保本"]).await.unwrap();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
        assert_eq!(budget.taken_bytes(), 192 << 10, "what it does not need is given back");
        drop(other);
        assert_eq!(budget.taken_bytes(), 64 << 10);
        let body = to_bytes(answer.into_body(), 1 << 10).await.unwrap();
        assert_eq!(body, "[\"保本\"]".as_bytes());
        drop(body);
        assert_eq!(budget.taken_bytes(), 0);
    }

    #[tokio::test]
    async fn an_answer_over_its_bound_is_refused_and_gives_its_memory_back() {
        let budget = ByteBudget::new(256 << 10);
        for (length, refused) in [(98, None), (99, Some(Code::NotPossible))] {
            let room = Room::take(&budget, 100).await.unwrap();
            assert_eq!(code(room.answer("x".repeat(length)).await), refused, "{length}");
        }
        assert_eq!(budget.taken_bytes(), 0);
    }
}
