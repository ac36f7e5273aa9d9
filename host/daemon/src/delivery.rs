//! What sources hand to the writer, and the bounded queue between them.

use proviso_archive::{SourceError, SourceOffset, SourcePlace};
use proviso_model::limits::QUEUE_MESSAGES_MAX;
use proviso_model::{Addressed, Message};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// Messages from one source that are to be judged and committed, and whom to tell.
pub(crate) struct Delivery {
    pub(crate) messages: Vec<Arrival>,
    pub(crate) errors: Vec<SourceError>,
    pub(crate) offsets: Vec<SourceOffset>,
    pub(crate) done: oneshot::Sender<Result<Report, DeliveryError>>,
    /// Its places in the queue; given back when the delivery is dropped.
    _places: OwnedSemaphorePermit,
}

/// A message and where it came from.
pub(crate) struct Arrival {
    pub(crate) message: Arc<Addressed>,
    pub(crate) place: SourcePlace,
}

/// What became of a delivery.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Judged and committed now.
    pub accepted: u64,
    /// Committed before, with the same content.
    pub duplicates: u64,
    /// Native identifiers that are known with another content; recorded as conflicts.
    pub conflicts: Vec<String>,
}

/// Why a delivery was not committed. Nothing of the transaction at fault is kept; it may be sent again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliveryError {
    /// The archive refused.
    #[error("the archive could not commit")]
    Archive(#[source] anyhow::Error),
}

/// The bounded way to the writer.
#[derive(Clone)]
pub struct Queue {
    sender: mpsc::Sender<Delivery>,
    places: Arc<Semaphore>,
}

impl Queue {
    /// A queue and its far end.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Delivery>) {
        let (sender, receiver) = mpsc::channel(QUEUE_MESSAGES_MAX);
        (
            Self {
                sender,
                places: Arc::new(Semaphore::new(QUEUE_MESSAGES_MAX)),
            },
            receiver,
        )
    }

    /// Messages taken in and not yet committed.
    pub fn queued(&self) -> u64 {
        (QUEUE_MESSAGES_MAX - self.places.available_permits()) as u64
    }

    /// Hands a delivery over; it holds its places already.
    pub(crate) async fn send(&self, delivery: Delivery) -> Result<(), ()> {
        self.sender.send(delivery).await.map_err(|_| ())
    }

    fn places_for(messages: usize) -> u32 {
        messages.clamp(1, QUEUE_MESSAGES_MAX) as u32
    }
}

/// Where the answer to a delivery comes.
pub(crate) type Done = oneshot::Receiver<Result<Report, DeliveryError>>;

impl Delivery {
    /// Messages of one HTTP request. `None` if the queue has no room.
    pub(crate) fn from_http(queue: &Queue, messages: Vec<(u64, Message)>) -> Option<(Self, Done)> {
        let places = Arc::clone(&queue.places)
            .try_acquire_many_owned(Queue::places_for(messages.len()))
            .ok()?;
        let place = |line| SourcePlace {
            source: "http".to_owned(),
            file: "request".to_owned(),
            line,
        };
        let messages = messages
            .into_iter()
            .map(|(line, message)| Arrival::new(message, place(line)))
            .collect();
        let (done, receiver) = oneshot::channel();
        Some((
            Self {
                messages,
                errors: Vec::new(),
                offsets: Vec::new(),
                done,
                _places: places,
            },
            receiver,
        ))
    }

    /// What was read of one spool file. Waits while the queue has no room; `None` if the daemon is ending.
    pub(crate) async fn from_spool(
        queue: &Queue,
        source: &str,
        file: &str,
        messages: Vec<(u64, Message)>,
        errors: Vec<SourceError>,
        offsets: Vec<SourceOffset>,
    ) -> Option<(Self, Done)> {
        let places = Arc::clone(&queue.places)
            .acquire_many_owned(Queue::places_for(messages.len()))
            .await
            .ok()?;
        let place = |line| SourcePlace {
            source: source.to_owned(),
            file: file.to_owned(),
            line,
        };
        let messages = messages
            .into_iter()
            .map(|(line, message)| Arrival::new(message, place(line)))
            .collect();
        let (done, receiver) = oneshot::channel();
        Some((
            Self {
                messages,
                errors,
                offsets,
                done,
                _places: places,
            },
            receiver,
        ))
    }
}

impl Arrival {
    fn new(message: Message, place: SourcePlace) -> Self {
        Self {
            message: Arc::new(Addressed::from(message)),
            place,
        }
    }
}
