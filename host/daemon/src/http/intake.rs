//! Takes messages in: canonical NDJSON in the body of a request, answered after the commit.
//!
//! The body is read whole, so that one that breaks off leaves nothing behind. Its lines are then parsed and handed to the writer
//! a part at a time: at no time are more of its messages in memory than go into one transaction.

use super::Shared;
use super::body::Received;
use super::problem::{ApiError, Code};
use crate::budget::ByteShare;
use crate::queue::{NotCommitted, Part, Queued, Report, bytes_of};
use crate::token::Caller;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Json, Response};
use proviso_model::Message;
use proviso_model::limits::{LINE_ERRORS_TOLD_MAX, TRANSACTION_MESSAGES_MAX};
use proviso_sources::{Format, Item, Origin, Reader, SourceContext};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The body is given to the parser in pieces of so many bytes.
const PIECE_BYTES: usize = 64 << 10;
/// Messages of a part, in bytes; the last one may exceed it.
const PART_BYTES_MAX: usize = 4 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessagesQuery {
    tenant: Option<String>,
    channel: Option<String>,
}

/// `POST /v1/messages`.
pub(super) async fn messages(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    body: Received,
) -> Result<Response, ApiError> {
    if shared.is_draining() {
        return Err(ApiError::ending());
    }
    let bad = |error: &dyn std::fmt::Display| ApiError::yours(Code::BadRequest, error);
    let Query(query) = Query::<MessagesQuery>::try_from_uri(&uri).map_err(|error| bad(&error.body_text()))?;
    let (tenant, channel) = (query.tenant.as_deref(), query.channel.as_deref());
    let context = SourceContext::new(tenant.unwrap_or("default"), channel.unwrap_or("chat"));
    let context = context.map_err(|error| bad(&error))?;

    // What the token may speak for is asked of each message below: it may be one channel of this tenant and another of that.
    let mut reader = Reader::new(Format::Ndjson, Origin::of_person("http", context));
    let mut taking = Taking::new(&shared, &caller, Arc::clone(&body.share));
    for piece in body.bytes.chunks(PIECE_BYTES) {
        reader.push(piece);
        while let Some(item) = reader.next_item() {
            taking.take(item).await?;
        }
    }
    drop(body);
    for item in reader.finish() {
        taking.take(item).await?;
    }
    taking.finish().await
}

/// A request on its way to the archive.
struct Taking<'a> {
    shared: &'a Shared,
    caller: &'a Caller,
    share: Arc<ByteShare>,
    part: Vec<(u64, Message)>,
    part_bytes: usize,
    /// What was committed so far; `None` before the first part.
    committed: Option<Report>,
    errors: LineErrors,
}

impl<'a> Taking<'a> {
    fn new(shared: &'a Shared, caller: &'a Caller, share: Arc<ByteShare>) -> Self {
        Self {
            shared,
            caller,
            share,
            part: Vec::new(),
            part_bytes: 0,
            committed: None,
            errors: LineErrors::default(),
        }
    }

    async fn take(&mut self, item: Item) -> Result<(), ApiError> {
        let message = item.result.map_err(|error| error.to_string()).and_then(|message| {
            self.caller.permissions.speak_for(&message.id)?;
            Ok(message)
        });
        match message {
            Ok(message) => {
                self.part_bytes += bytes_of(&message);
                self.part.push((item.line, message));
                if self.part.len() >= TRANSACTION_MESSAGES_MAX || self.part_bytes >= PART_BYTES_MAX {
                    self.hand_over().await?;
                }
            }
            Err(error) => {
                self.shared.metrics.source_errors.add(1);
                self.errors.add(item.line, &error);
            }
        }
        Ok(())
    }

    /// Hands the part to the writer and waits for its commit.
    async fn hand_over(&mut self) -> Result<(), ApiError> {
        self.part_bytes = 0;
        let part = Part {
            messages: std::mem::take(&mut self.part),
            by: self.caller.principal.clone(),
            bytes: Arc::clone(&self.share),
        };
        let queue = &self.shared.queue;
        let (queued, done) = if self.committed.is_some() {
            Queued::further(queue, part).await
        } else {
            let full = || ApiError::yours(Code::Busy, "the queue is full: send the same again later");
            Queued::from_http(queue, part).ok_or_else(full)?
        };
        queue.send(queued).await.map_err(|()| ApiError::ending())?;
        let report = match done.await {
            Ok(Ok(report)) => report,
            Ok(Err(NotCommitted(error))) => {
                return Err(ApiError::Ours {
                    code: Code::NotCommitted,
                    told: "the archive could not commit; nothing is lost if you send the same again",
                    error,
                });
            }
            Err(_) => return Err(ApiError::ending()),
        };
        let committed = self.committed.get_or_insert_default();
        committed.accepted += report.accepted;
        committed.duplicates += report.duplicates;
        committed.conflicts.extend(report.conflicts);
        Ok(())
    }

    async fn finish(mut self) -> Result<Response, ApiError> {
        if !self.part.is_empty() {
            self.hand_over().await?;
        }
        let Self { errors, committed, .. } = self;
        // Lines that are no message are told beside those that are; a body that has only such is refused.
        let refused = committed.is_none() && errors.count > 0;
        let status = if refused {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        let report = committed.unwrap_or_default();
        let mut answer = json!({
            "accepted": report.accepted,
            "duplicates": report.duplicates,
            "conflicts": report.conflicts,
            "errors": errors.told,
        });
        let untold = errors.count - errors.told.len() as u64;
        if untold > 0 {
            answer["errors_untold"] = untold.into();
        }
        Ok((status, Json(answer)).into_response())
    }
}

/// Lines that are no message, the first of them by name.
#[derive(Default)]
struct LineErrors {
    told: Vec<Value>,
    count: u64,
}

impl LineErrors {
    fn add(&mut self, line: u64, error: &str) {
        if self.told.len() < LINE_ERRORS_TOLD_MAX {
            self.told.push(json!({ "line": line, "error": error }));
        }
        self.count += 1;
    }
}
