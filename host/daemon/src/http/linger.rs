//! A request that is refused before its body was read: the rest is taken from the wire and thrown away, for a while.
//!
//! A connection that is closed with unread bytes is reset, and a client that is still sending then never sees the answer.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use proviso_model::limits::HTTP_BODY_BYTES_MAX;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// How long a refused body is taken from the wire.
const LINGER: Duration = Duration::from_secs(2);

/// A body that the handler and this file share: what one leaves, the other finds.
#[derive(Clone)]
struct Rest(Arc<Mutex<Body>>);

impl Rest {
    fn body(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpBody for Rest {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.body()).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body().size_hint()
    }
}

/// Throws away what the handler left of a body that it refused.
pub(super) async fn linger(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // A client that asks first has sent nothing yet, and reads the answer.
    let asks_first = request.headers().contains_key(header::EXPECT);
    let (head, body) = request.into_parts();
    let mut rest = Rest(Arc::new(Mutex::new(body)));
    let answer = next.run(Request::from_parts(head, Body::new(rest.clone()))).await;
    let refused = answer.status().is_client_error() || answer.status().is_server_error();
    // One that was too slow had its time.
    let too_slow = answer.status() == axum::http::StatusCode::REQUEST_TIMEOUT;
    if refused && !asks_first && !too_slow {
        let _ = tokio::time::timeout(LINGER, throw_away(&mut rest)).await;
    }
    answer
}

async fn throw_away(rest: &mut Rest) {
    let mut bytes = 0;
    while bytes <= 2 * HTTP_BODY_BYTES_MAX {
        let frame = poll_fn(|context| Pin::new(&mut *rest).poll_frame(context)).await;
        let Some(Ok(frame)) = frame else { return };
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
}
