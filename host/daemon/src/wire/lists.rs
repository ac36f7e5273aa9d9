//! Messages by their identifiers, those that wait, and a generation.

use super::message::{IdV1, MessageV1};
use proviso_archive::{GenerationRecord, HeldMessage, Numbered, PackRecord};
use proviso_model::verdict::{Fault, FaultCause};
use proviso_model::{Digest, Message, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Messages in the order of arrival.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListedV1 {
    messages: Vec<NumberedV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct NumberedV1 {
    arrival: i64,
    message: IdV1,
}

/// Whole messages in the order of arrival.
#[derive(Debug, Serialize, Deserialize)]
pub struct ArrivedV1 {
    messages: Vec<ArrivedMessageV1>,
    /// How many messages the archive has; told with the first of them alone.
    archived: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ArrivedMessageV1 {
    arrival: i64,
    message: MessageV1,
}

/// Messages with their places in the order of arrival, and how many the archive has.
pub type Arrived = (Vec<(i64, Message)>, Option<u64>);

impl From<Arrived> for ArrivedV1 {
    fn from((messages, archived): Arrived) -> Self {
        let messages = messages.into_iter().map(|(arrival, message)| ArrivedMessageV1 {
            arrival,
            message: message.into(),
        });
        Self {
            messages: messages.collect(),
            archived,
        }
    }
}

impl From<ArrivedV1> for Arrived {
    fn from(wire: ArrivedV1) -> Self {
        let messages = wire.messages.into_iter().map(|one| (one.arrival, one.message.into()));
        (messages.collect(), wire.archived)
    }
}

/// Messages that wait for a person.
#[derive(Debug, Serialize, Deserialize)]
pub struct HeldV1 {
    held: Vec<HeldMessageV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HeldMessageV1 {
    arrival: i64,
    message: IdV1,
    sent_at: Timestamp,
    received_at: Timestamp,
    faults: Vec<FaultV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct FaultV1 {
    pack: Arc<str>,
    policy: Arc<str>,
    cause: FaultCause,
    detail: String,
}

/// A recorded generation.
#[derive(Debug, Serialize, Deserialize)]
pub struct GenerationV1 {
    id: Digest,
    recorded_at: Timestamp,
    engine_version: String,
    packs: Vec<PackV1>,
    set_file: String,
    set_text: String,
    set_json: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct PackV1 {
    name: String,
    version: String,
    digest: Digest,
}

impl From<Vec<Numbered>> for ListedV1 {
    fn from(messages: Vec<Numbered>) -> Self {
        let messages = messages.into_iter().map(|Numbered { arrival, id }| NumberedV1 {
            arrival,
            message: id.into(),
        });
        Self {
            messages: messages.collect(),
        }
    }
}

impl From<ListedV1> for Vec<Numbered> {
    fn from(wire: ListedV1) -> Self {
        let messages = wire.messages.into_iter();
        let messages = messages.map(|NumberedV1 { arrival, message }| Numbered {
            arrival,
            id: message.into(),
        });
        messages.collect()
    }
}

impl From<Vec<HeldMessage>> for HeldV1 {
    fn from(held: Vec<HeldMessage>) -> Self {
        let held = held.into_iter().map(|held| HeldMessageV1 {
            arrival: held.arrival,
            message: held.id.into(),
            sent_at: held.sent_at,
            received_at: held.received_at,
            faults: held.faults.into_iter().map(FaultV1::from).collect(),
        });
        Self { held: held.collect() }
    }
}

impl From<HeldV1> for Vec<HeldMessage> {
    fn from(wire: HeldV1) -> Self {
        let held = wire.held.into_iter().map(|held| HeldMessage {
            arrival: held.arrival,
            id: held.message.into(),
            sent_at: held.sent_at,
            received_at: held.received_at,
            faults: held.faults.into_iter().map(Fault::from).collect(),
        });
        held.collect()
    }
}

impl From<Fault> for FaultV1 {
    fn from(fault: Fault) -> Self {
        Self {
            pack: fault.pack,
            policy: fault.policy,
            cause: fault.cause,
            detail: fault.detail,
        }
    }
}

impl From<FaultV1> for Fault {
    fn from(wire: FaultV1) -> Self {
        Self {
            pack: wire.pack,
            policy: wire.policy,
            cause: wire.cause,
            detail: wire.detail,
        }
    }
}

impl From<GenerationRecord> for GenerationV1 {
    fn from(record: GenerationRecord) -> Self {
        let packs = record
            .packs
            .into_iter()
            .map(|PackRecord { name, version, digest }| PackV1 { name, version, digest });
        Self {
            id: record.id,
            recorded_at: record.recorded_at,
            engine_version: record.engine_version,
            packs: packs.collect(),
            set_file: record.set_file,
            set_text: record.set_text,
            set_json: record.set_json,
        }
    }
}

impl From<GenerationV1> for GenerationRecord {
    fn from(wire: GenerationV1) -> Self {
        let packs = wire
            .packs
            .into_iter()
            .map(|PackV1 { name, version, digest }| PackRecord { name, version, digest });
        Self {
            id: wire.id,
            recorded_at: wire.recorded_at,
            engine_version: wire.engine_version,
            packs: packs.collect(),
            set_file: wire.set_file,
            set_text: wire.set_text,
            set_json: wire.set_json,
        }
    }
}
