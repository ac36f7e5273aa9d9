//! Looks into the archive, for commands and auditors.
//!
//! All is read by the archive's readers, which have connections and a time of their own. Who reads what people wrote, or looks for it, is told to the
//! archive's log before anything is given, with the message and never with its text; where that cannot be, nothing is given.

use super::Shared;
use super::answer::Room;
use super::body::Received;
use super::message_id::message_id;
use super::problem::{ApiError, Code};
use crate::completing::{self, CompletingError};
use crate::searching::{self, SearchError};
use crate::token::{Caller, Right};
use crate::wire::{
    ArrivedV1, CompleteV1, GenerationV1, HeldV1, ListedV1, RecordedPageV1, RecordedV1, SearchV1, ShownV1, StatsV1,
};
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use proviso_archive::{Act, ActKind, Change, Numbered, Sent, StorageError};
use proviso_model::limits::{HELD_LISTED_MAX, HTTP_ANSWER_BYTES_MAX, HTTP_LIST_BYTES_MAX, SAMPLE_LISTED_MAX};
use proviso_model::{Digest, MessageId, Timestamp};
use proviso_pipeline::places;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Messages of one answer at most, and the bytes of their raw forms and texts at which it takes no more.
const ARRIVED_MESSAGES: u32 = 512;
const ARRIVED_BYTES: usize = 4 << 20;
/// Messages with all that a replay of them needs, of one answer at most.
const RECORDED_MESSAGES: u32 = 128;
/// Scores that statistics may have.
const RISKS_MAX: u32 = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindQuery {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageQuery {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SampleQuery {
    count: u32,
    #[serde(default)]
    first: u32,
    steps: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArrivedQuery {
    #[serde(default)]
    after: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedBehindQuery {
    #[serde(default)]
    after: i64,
    /// Milliseconds since 1970.
    sent_from: Option<Timestamp>,
    sent_before: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeldQuery {
    #[serde(default)]
    after: i64,
    limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatsQuery {
    #[serde(default)]
    risks: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GenerationQuery {
    id: String,
}

/// `GET /v1/archive/messages?name=`: the messages that a person may mean.
pub(super) async fn find(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let FindQuery { name } = query(&uri)?;
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    let found = shared.archive.find(&name).await.map_err(unread)?;
    tell_of_list(&shared, caller, ActKind::Search, "messages", found.len()).await?;
    room.answer(ListedV1::from(found)).await
}

/// `POST /v1/archive/search`: messages that a query finds. The query stands in the body, so that no address has it.
pub(super) async fn search(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let asked = asked_by(&caller, body.json()?);
    let room = Room::take(&shared.answers, HTTP_ANSWER_BYTES_MAX).await?;
    let found = searching::search(&shared.archive, &asked, &caller.principal).await;
    room.answer(found.map_err(not_searched)?).await
}

/// `POST /v1/archive/count`: how many messages a query finds.
pub(super) async fn count(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let asked = asked_by(&caller, body.json()?);
    let room = Room::take(&shared.answers, HTTP_ANSWER_BYTES_MAX).await?;
    let counted = searching::count(&shared.archive, &asked, &caller.principal).await;
    room.answer(counted.map_err(not_searched)?).await
}

/// `POST /v1/archive/complete`: what may be written at a place of a query. No message is looked at, and the log has nothing of it.
pub(super) async fn complete(State(shared): State<Shared>, body: Received) -> Result<Response, ApiError> {
    let asked: CompleteV1 = body.json()?;
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    match completing::completed(&shared.archive, &asked).await {
        Ok(completed) => room.answer(completed).await,
        Err(CompletingError::Storage(error)) => Err(unread(error)),
        Err(error) => Err(ApiError::yours(Code::BadRequest, error)),
    }
}

/// What is looked for: under pseudonyms by who may not read content, whatever the body says.
fn asked_by(caller: &Caller, mut asked: SearchV1) -> SearchV1 {
    asked.masked |= !caller.permissions.allow(Right::Content);
    asked
}

fn not_searched(error: SearchError) -> ApiError {
    if error.is_of_the_caller() {
        ApiError::yours(Code::BadRequest, error)
    } else {
        ApiError::ours("nothing was looked for, or nothing is given", error)
    }
}

/// `GET /v1/archive/message?id=`: all that the archive has of a message.
pub(super) async fn show(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let MessageQuery { id } = query(&uri)?;
    let id = message_id(&id)?;
    let room = Room::take(&shared.answers, HTTP_ANSWER_BYTES_MAX).await?;
    let shown = shared.archive.show(&id).await.map_err(unread)?;
    let shown = shown.ok_or_else(|| unknown(&id))?;
    tell(&shared, caller, "message", &id).await?;
    room.answer(ShownV1::from(shown)).await
}

/// `GET /v1/archive/recorded?id=`: a message and all that a replay of it needs.
pub(super) async fn recorded(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let MessageQuery { id } = query(&uri)?;
    let id = message_id(&id)?;
    let room = Room::take(&shared.answers, HTTP_ANSWER_BYTES_MAX).await?;
    let recorded = shared.archive.recorded(&id).await.map_err(unread)?;
    let recorded = recorded.ok_or_else(|| unknown(&id))?;
    tell(&shared, caller, "recorded", &id).await?;
    room.answer(RecordedV1::from(recorded)).await
}

/// `GET /v1/archive/recorded-behind?after=&sent_from=&sent_before=`: the same of the messages behind a place in the order of arrival, as
/// many as one answer takes.
pub(super) async fn recorded_behind(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let RecordedBehindQuery {
        after,
        sent_from,
        sent_before,
    } = query(&uri)?;
    let room = Room::take(&shared.answers, HTTP_ANSWER_BYTES_MAX).await?;
    let sent = Sent {
        from: sent_from,
        before: sent_before,
    };
    let archive = &shared.archive;
    let page = archive.message_ids_sent(after, RECORDED_MESSAGES, sent).await;
    let (mut found, mut bytes, mut last) = (Vec::new(), 0, None);
    for Numbered { arrival, id } in page.map_err(unread)? {
        last = Some(arrival);
        // One that was disposed of meanwhile is passed over.
        let Some(recorded) = archive.recorded(&id).await.map_err(unread)? else {
            continue;
        };
        let messages = recorded.preceding.iter().chain([&recorded.message]);
        bytes += messages.map(|one| one.raw.len() + one.text.len()).sum::<usize>() + recorded.verdict.json.len();
        // States go as hexadecimal digits.
        bytes += recorded.folds.iter().map(|fold| 2 * fold.state.len()).sum::<usize>();
        found.push(recorded);
        if bytes >= ARRIVED_BYTES {
            break;
        }
    }
    tell_of_list(&shared, caller, ActKind::Reading, "recorded", found.len()).await?;
    room.answer(RecordedPageV1::from((found, last))).await
}

/// `GET /v1/archive/sample?count=&first=&steps=`: a part of a sample.
pub(super) async fn sample(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let SampleQuery { count, first, steps } = query(&uri)?;
    let steps = at_most("steps", steps, SAMPLE_LISTED_MAX)?;
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    let sample = shared.archive.sample_part(count, first, steps).await.map_err(unread)?;
    tell_of_list(&shared, caller, ActKind::Search, "sample", sample.len()).await?;
    room.answer(ListedV1::from(sample)).await
}

/// `GET /v1/archive/arrived?after=`: whole messages behind a place in the order of arrival, as many as one answer takes.
pub(super) async fn arrived(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let ArrivedQuery { after } = query(&uri)?;
    let room = Room::take(&shared.answers, HTTP_ANSWER_BYTES_MAX).await?;
    let archived = match after {
        0 => Some(shared.archive.message_count().await.map_err(unread)?),
        _ => None,
    };
    let page = shared
        .archive
        .message_ids(after, ARRIVED_MESSAGES)
        .await
        .map_err(unread)?;
    let (mut found, mut bytes) = (Vec::with_capacity(page.len()), 0);
    for Numbered { arrival, id } in page {
        // One by one: each may be as large as a message can be, and all that is read is in memory together.
        let message = shared.archive.messages(&[id]).await.map_err(unread)?.pop().flatten();
        let Some(message) = message else { continue };
        bytes += message.raw.len() + message.text.len();
        found.push((arrival, message));
        if bytes >= ARRIVED_BYTES {
            break;
        }
    }
    tell_of_list(&shared, caller, ActKind::Reading, "arrived", found.len()).await?;
    room.answer(ArrivedV1::from((found, archived))).await
}

/// `GET /v1/archive/held?after=&limit=`: messages that wait for a person.
pub(super) async fn held(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let HeldQuery { after, limit } = query(&uri)?;
    let limit = at_most("limit", limit, HELD_LISTED_MAX)?;
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    let held = shared.archive.held_behind(after, limit).await.map_err(unread)?;
    tell_of_list(&shared, caller, ActKind::Search, "held", held.len()).await?;
    room.answer(HeldV1::from(held)).await
}

/// `GET /v1/archive/stats?risks=`: counts over the whole archive.
pub(super) async fn stats(State(shared): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let StatsQuery { risks } = query(&uri)?;
    let risks = at_most("risks", Some(risks), RISKS_MAX)?;
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    let stats = shared.archive.stats(risks).await.map_err(unread)?;
    room.answer(StatsV1::from(stats)).await
}

/// `GET /v1/archive/generation?id=`: a recorded generation.
pub(super) async fn generation(State(shared): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let GenerationQuery { id } = query(&uri)?;
    let id: Digest = id
        .parse()
        .map_err(|error| ApiError::yours(Code::BadRequest, format!("`id`: {error}")))?;
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    let record = shared.archive.generation(&id).await.map_err(unread)?;
    let record =
        record.ok_or_else(|| ApiError::yours(Code::UnknownGeneration, format!("generation {id} is not recorded")))?;
    room.answer(GenerationV1::from(record)).await
}

pub(super) fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T, ApiError> {
    match Query::try_from_uri(uri) {
        Ok(Query(query)) => Ok(query),
        Err(error) => Err(ApiError::yours(Code::BadRequest, error.body_text())),
    }
}

/// What is asked for, or as much as one answer lists.
pub(super) fn at_most(key: &str, asked: Option<u32>, most: u32) -> Result<u32, ApiError> {
    match asked {
        Some(asked) if asked > most => {
            let message = format!("`{key}` is {asked}: expected at most {most}");
            Err(ApiError::yours(Code::BadRequest, message))
        }
        asked => Ok(asked.unwrap_or(most)),
    }
}

fn unknown(id: &MessageId) -> ApiError {
    ApiError::yours(Code::UnknownMessage, format!("message {id} is not in the archive"))
}

pub(super) fn unread(error: StorageError) -> ApiError {
    ApiError::ours("the archive could not be read", error)
}

/// Tells the archive's log that a message was read, before it is given.
async fn tell(shared: &Shared, by: Caller, what: &'static str, id: &MessageId) -> Result<(), ApiError> {
    tracing::info!(who = %by.principal, what, message_id = %id, "a message was read");
    note(shared, by, ActKind::Reading, what, Some(id.clone()), 1).await
}

/// Tells the archive's log that messages were listed or read, before they are given.
pub(super) async fn tell_of_list(
    shared: &Shared,
    by: Caller,
    kind: ActKind,
    what: &'static str,
    messages: usize,
) -> Result<(), ApiError> {
    tracing::info!(who = %by.principal, what, messages, "messages were listed");
    note(shared, by, kind, what, None, messages as u64).await
}

async fn note(
    shared: &Shared,
    by: Caller,
    kind: ActKind,
    what: &'static str,
    message: Option<MessageId>,
    messages: u64,
) -> Result<(), ApiError> {
    let archive = shared.archive.clone();
    // A task of its own: whoever asked may go away, and the transaction goes on to its end.
    let noted = tokio::spawn(async move {
        let act = Act {
            kind,
            message: message.as_ref(),
            what,
            inquiry: None,
            messages,
            at: places::now(),
        };
        archive.commit(Change::Noted(&act), &by.principal).await
    });
    let told = "nothing is given that the archive's log cannot tell of";
    match noted.await.map_err(|error| ApiError::ours(told, error))? {
        Ok(_) => Ok(()),
        Err(error) => Err(ApiError::ours(told, error)),
    }
}
