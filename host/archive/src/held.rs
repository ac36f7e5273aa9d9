//! Messages that wait for a person because a policy failed on them.

use proviso_model::verdict::Fault;
use proviso_model::{MessageId, Timestamp};

/// A message that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMessage {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// The message.
    pub id: MessageId,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When its batch was received: since when it waits.
    pub received_at: Timestamp,
    /// Why it waits.
    pub faults: Vec<Fault>,
}
