//! What sources hand to the writer, and the bounded queue between them.
//!
//! The queue has two lanes, one for HTTP and one for the spools, each with places for messages and a budget of bytes of its own:
//! neither can keep the other out. A share of bytes is taken before a body is read, and a place before anything is queued;
//! both are given back when it is committed.

use crate::budget::{ByteBudget, ByteShare};
use proviso_archive::{SourceError, SourceOffset, SourcePlace};
use proviso_model::limits::{INTAKE_BYTES_MAX, QUEUE_MESSAGES_MAX};
use proviso_model::{Addressed, Message, Principal, PrincipalKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// Messages from one source that are to be judged and committed, and whom to tell. They go into one transaction.
pub(crate) struct Queued {
    /// At most [`TRANSACTION_MESSAGES_MAX`](proviso_model::limits::TRANSACTION_MESSAGES_MAX).
    pub(crate) messages: Vec<Arrival>,
    pub(crate) errors: Vec<SourceError>,
    pub(crate) offsets: Vec<SourceOffset>,
    /// Who hands them in.
    pub(crate) by: Principal,
    /// What it stands in.
    pub(crate) sequence: Sequence,
    pub(crate) done: oneshot::Sender<Result<Report, NotCommitted>>,
    /// Its places in the queue; given back when this is dropped.
    _places: OwnedSemaphorePermit,
    /// Its bytes, or those of the request that it is a part of.
    _bytes: Arc<ByteShare>,
}

/// What a source queues one behind the other before it hears of the first. Where a part is not committed, none behind it is: an
/// offset would pass over what was lost, and messages would change places.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequence {
    is_broken: Arc<AtomicBool>,
}

impl Sequence {
    /// A part was not committed.
    pub(crate) fn break_off(&self) {
        self.is_broken.store(true, Ordering::Relaxed);
    }

    /// True if a part was not committed.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }
}

/// A message and where it came from.
pub(crate) struct Arrival {
    pub(crate) message: Arc<Addressed>,
    pub(crate) place: SourcePlace,
}

/// What became of what was queued.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Judged and committed now.
    pub accepted: u64,
    /// Committed before, with the same content.
    pub duplicates: u64,
    /// Native identifiers that are known with another content; recorded as conflicts.
    pub conflicts: Vec<String>,
}

/// The archive refused. Nothing of the transaction at fault is kept; what was queued may be sent again.
#[derive(Debug, thiserror::Error)]
#[error("the archive could not commit")]
pub(crate) struct NotCommitted(#[source] pub(crate) anyhow::Error);

/// The bounded way to the writer.
#[derive(Clone)]
pub struct Queue {
    sender: mpsc::Sender<Queued>,
    http: Lane,
    spools: Lane,
}

/// What one kind of source may have under way.
#[derive(Clone)]
struct Lane {
    places: Arc<Semaphore>,
    bytes: ByteBudget,
}

impl Lane {
    fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(QUEUE_MESSAGES_MAX)),
            bytes: ByteBudget::new(INTAKE_BYTES_MAX),
        }
    }

    fn queued(&self) -> u64 {
        (QUEUE_MESSAGES_MAX - self.places.available_permits()) as u64
    }

    /// Waits while there is no room.
    async fn places_for(&self, messages: usize) -> OwnedSemaphorePermit {
        let places = Arc::clone(&self.places).acquire_many_owned(places(messages)).await;
        places.expect("nobody closes the semaphore of a lane")
    }
}

fn places(messages: usize) -> u32 {
    messages.clamp(1, QUEUE_MESSAGES_MAX) as u32
}

impl Queue {
    /// A queue and its far end.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Queued>) {
        // All that is queued has a place at least, so there is always room for one that has its places.
        let (sender, receiver) = mpsc::channel(2 * QUEUE_MESSAGES_MAX);
        let (http, spools) = (Lane::new(), Lane::new());
        (Self { sender, http, spools }, receiver)
    }

    /// Messages taken in and not yet committed.
    pub fn queued(&self) -> u64 {
        self.http.queued() + self.spools.queued()
    }

    /// Bytes that requests have taken, from before their body is read until its messages are committed; and spools.
    pub(crate) fn taken_bytes(&self) -> [(&'static str, u64); 2] {
        [
            ("http", self.http.bytes.taken_bytes()),
            ("spool", self.spools.bytes.taken_bytes()),
        ]
    }

    /// The bytes that requests share.
    pub(crate) fn request_bytes(&self) -> &ByteBudget {
        &self.http.bytes
    }

    /// Hands it over; it holds its places already.
    pub(crate) async fn send(&self, queued: Queued) -> Result<(), ()> {
        self.sender.send(queued).await.map_err(|_| ())
    }
}

/// Where the answer comes.
pub(crate) type Done = oneshot::Receiver<Result<Report, NotCommitted>>;

/// A part of an HTTP request, in the order of its body.
pub(crate) struct Part {
    pub(crate) messages: Vec<(u64, Message)>,
    pub(crate) by: Principal,
    pub(crate) bytes: Arc<ByteShare>,
}

/// A part of a spool file: what of it is judged, and what is recorded beside it.
pub(crate) struct SpoolPart {
    pub(crate) file: String,
    pub(crate) messages: Vec<(u64, Message)>,
    pub(crate) errors: Vec<SourceError>,
    pub(crate) offsets: Vec<SourceOffset>,
}

impl Queued {
    /// The first part of a request. `None` if the queue has no room: then nothing of the request is taken.
    pub(crate) fn from_http(queue: &Queue, part: Part) -> Option<(Self, Done)> {
        let places = Arc::clone(&queue.http.places).try_acquire_many_owned(places(part.messages.len()));
        Some(Self::of_request(part, places.ok()?))
    }

    /// A further part of a request. Waits while the queue has no room.
    pub(crate) async fn further(queue: &Queue, part: Part) -> (Self, Done) {
        let places = queue.http.places_for(part.messages.len()).await;
        Self::of_request(part, places)
    }

    fn of_request(part: Part, places: OwnedSemaphorePermit) -> (Self, Done) {
        let Part { messages, by, bytes } = part;
        let (done, receiver) = oneshot::channel();
        let queued = Self {
            messages: arrivals("http", "request", messages),
            errors: Vec::new(),
            offsets: Vec::new(),
            by,
            // The next part of a request is read when this one is committed.
            sequence: Sequence::default(),
            done,
            _places: places,
            _bytes: bytes,
        };
        (queued, receiver)
    }

    /// What was read of one spool file. Waits while the queue has no room; `None` if the daemon is ending.
    pub(crate) async fn from_spool(
        queue: &Queue,
        source: &str,
        read: SpoolPart,
        sequence: &Sequence,
    ) -> Option<(Self, Done)> {
        let SpoolPart {
            file,
            messages,
            errors,
            offsets,
        } = read;
        if queue.sender.is_closed() {
            return None;
        }
        // In this order by all who take both, so that no two wait for each other.
        let bytes = messages.iter().map(|(_, message)| bytes_of(message)).sum();
        let bytes = queue.spools.bytes.take(bytes).await;
        let places = queue.spools.places_for(messages.len()).await;
        let by = Principal::new(PrincipalKind::Source, source).unwrap_or_else(|_| Principal::system("spool"));
        let (done, receiver) = oneshot::channel();
        let queued = Self {
            messages: arrivals(source, &file, messages),
            errors,
            offsets,
            by,
            sequence: sequence.clone(),
            done,
            _places: places,
            _bytes: Arc::new(bytes),
        };
        Some((queued, receiver))
    }
}

impl Queued {
    /// Tells that it is committed, and gives its places back.
    pub(crate) fn committed(self, report: Report) {
        // Nobody listens where an HTTP client went away; the commit stands all the same.
        let _ = self.done.send(Ok(report));
    }

    /// Tells that it is not committed, nor will be what stands behind it in its sequence.
    pub(crate) fn not_committed(self, why: anyhow::Error) {
        self.sequence.break_off();
        let _ = self.done.send(Err(NotCommitted(why)));
    }
}

/// What a message takes, as far as it depends on the message.
pub(crate) fn bytes_of(message: &Message) -> usize {
    message.raw.len() + message.text.len()
}

fn arrivals(source: &str, file: &str, messages: Vec<(u64, Message)>) -> Vec<Arrival> {
    let arrivals = messages.into_iter().map(|(line, message)| Arrival {
        message: Arc::new(Addressed::from(message)),
        place: SourcePlace {
            source: source.to_owned(),
            file: file.to_owned(),
            line,
        },
    });
    arrivals.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_model::canonical::{Defaults, from_json};

    fn messages(count: usize) -> Vec<(u64, Message)> {
        let json = r#"{"id":"m","tenant":"bank","channel":"chat","sent_at":0,"from":"a"}"#;
        let message = from_json(json, &Defaults::default()).unwrap();
        (0..count).map(|line| (line as u64, message.clone())).collect()
    }

    async fn part(queue: &Queue, count: usize) -> Part {
        Part {
            messages: messages(count),
            by: "token:feed".parse().unwrap(),
            bytes: Arc::new(queue.request_bytes().take(1).await),
        }
    }

    #[tokio::test]
    async fn neither_http_nor_spools_keep_the_other_out() {
        let (queue, mut writer) = Queue::new();
        let first = Queued::from_http(&queue, part(&queue, QUEUE_MESSAGES_MAX).await);
        let (first, _) = first.unwrap();
        assert!(
            Queued::from_http(&queue, part(&queue, 1).await).is_none(),
            "no room for more"
        );
        let read = |count| SpoolPart {
            file: "a.jsonl".to_owned(),
            messages: messages(count),
            errors: vec![],
            offsets: vec![],
        };
        let sequence = Sequence::default();
        let spool = Queued::from_spool(&queue, "inbox", read(QUEUE_MESSAGES_MAX), &sequence).await;
        let (spool, _) = spool.unwrap();
        assert_eq!(spool.by.to_string(), "source:inbox");
        assert_eq!(queue.queued(), 2 * QUEUE_MESSAGES_MAX as u64);
        queue.send(first).await.unwrap();
        queue.send(spool).await.unwrap();
        drop(writer.recv().await.unwrap());
        assert!(
            Queued::from_http(&queue, part(&queue, 1).await).is_some(),
            "the writer gave the places back"
        );
        drop(writer);
        assert!(
            Queued::from_spool(&queue, "inbox", read(1), &sequence).await.is_none(),
            "nobody would take it"
        );
    }

    #[tokio::test]
    async fn the_bytes_of_a_request_are_given_back_with_its_last_part() {
        let (queue, mut writer) = Queue::new();
        let bytes = Arc::new(queue.request_bytes().take(INTAKE_BYTES_MAX).await);
        let part = |count| Part {
            messages: messages(count),
            by: "token:feed".parse().unwrap(),
            bytes: Arc::clone(&bytes),
        };
        let (first, _) = Queued::from_http(&queue, part(1)).unwrap();
        let (second, _) = Queued::further(&queue, part(1)).await;
        drop(bytes);
        for queued in [first, second] {
            assert_eq!(queue.taken_bytes()[0], ("http", INTAKE_BYTES_MAX as u64));
            queue.send(queued).await.unwrap();
            drop(writer.recv().await.unwrap());
        }
        assert_eq!(queue.taken_bytes(), [("http", 0), ("spool", 0)]);
    }
}
