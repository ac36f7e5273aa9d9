//! A message with what was said of it: to be shown, and to be judged again.

use super::Unreadable;
use super::message::{IdV1, MessageV1};
use proviso_archive::{EarlierVerdict, FoldBefore, Recorded, Released, Shown, StoredDecision, StoredVerdict};
use proviso_model::basis::Applied;
use proviso_model::id::PolicyId;
use proviso_model::{Digest, Message, MessageId, Principal, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Messages with all that a replay of them needs, and the place in the order of arrival of the last one that was looked at: `None` if
/// there are no more.
pub type RecordedPage = (Vec<Recorded>, Option<i64>);

/// All that the archive has of one message.
#[derive(Debug, Serialize, Deserialize)]
pub struct ShownV1 {
    message: MessageV1,
    arrival: i64,
    received_at: Timestamp,
    digest: Digest,
    verdict: VerdictV1,
    /// The decision's JSON, as it is stored.
    retention: Option<String>,
    held_open: bool,
    released: Option<ReleasedV1>,
    earlier: Vec<EarlierV1>,
    differences: Vec<String>,
    recalled_by: Vec<IdV1>,
    /// How many.
    conflicts: u64,
}

/// A message, and all that a replay needs.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecordedV1 {
    message: MessageV1,
    verdict: VerdictV1,
    /// The decision's JSON, as it is stored, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retention: Option<String>,
    preceding: Vec<MessageV1>,
    /// How many more there were, disposed of since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preceding_gone: Option<u64>,
    folds: Vec<FoldV1>,
    differences: Vec<String>,
}

/// What a replay of several messages needs, in the order of arrival.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecordedPageV1 {
    messages: Vec<RecordedV1>,
    /// The place of the last one that was looked at; absent: there are no more.
    last: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct VerdictV1 {
    /// The canonical JSON, byte for byte, in a text of its own.
    json: String,
    fuel: u64,
    /// The version of the directory, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    directory: Option<i64>,
    /// The lawful basis, where one is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    basis: Option<Applied>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ReleasedV1 {
    at: Timestamp,
    by: Principal,
    note: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct EarlierV1 {
    json: String,
    fuel: u64,
    generation: Digest,
    held: bool,
    retention: Option<String>,
    rejudged_at: Timestamp,
    rejudged_by: Principal,
    note: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct FoldV1 {
    pack: Arc<str>,
    policy: Arc<str>,
    key: Arc<str>,
    /// In hexadecimal digits.
    state: String,
}

impl From<Shown> for ShownV1 {
    fn from(shown: Shown) -> Self {
        Self {
            message: shown.message.into(),
            arrival: shown.arrival,
            received_at: shown.received_at,
            digest: shown.digest,
            verdict: shown.verdict.into(),
            retention: shown.retention.map(|kept| kept.json),
            held_open: shown.held_open,
            released: shown
                .released
                .map(|Released { at, by, note }| ReleasedV1 { at, by, note }),
            earlier: shown.earlier.into_iter().map(EarlierV1::from).collect(),
            differences: shown.differences,
            recalled_by: shown.recalled_by.into_iter().map(IdV1::from).collect(),
            conflicts: shown.conflicts,
        }
    }
}

impl TryFrom<ShownV1> for Shown {
    type Error = Unreadable;

    fn try_from(wire: ShownV1) -> Result<Self, Unreadable> {
        Ok(Self {
            message: wire.message.into(),
            arrival: wire.arrival,
            received_at: wire.received_at,
            digest: wire.digest,
            verdict: wire.verdict.try_into()?,
            retention: read_decision(wire.retention)?,
            held_open: wire.held_open,
            released: wire
                .released
                .map(|ReleasedV1 { at, by, note }| Released { at, by, note }),
            earlier: wire
                .earlier
                .into_iter()
                .map(EarlierVerdict::try_from)
                .collect::<Result<_, _>>()?,
            differences: wire.differences,
            recalled_by: wire.recalled_by.into_iter().map(MessageId::from).collect(),
            conflicts: wire.conflicts,
        })
    }
}

impl From<Recorded> for RecordedV1 {
    fn from(recorded: Recorded) -> Self {
        Self {
            message: recorded.message.into(),
            verdict: recorded.verdict.into(),
            retention: recorded.retention.map(|kept| kept.json),
            preceding: recorded.preceding.into_iter().map(MessageV1::from).collect(),
            preceding_gone: Some(recorded.preceding_gone).filter(|gone| *gone > 0),
            folds: recorded.folds.into_iter().map(FoldV1::from).collect(),
            differences: recorded.differences,
        }
    }
}

impl TryFrom<RecordedV1> for Recorded {
    type Error = Unreadable;

    fn try_from(wire: RecordedV1) -> Result<Self, Unreadable> {
        Ok(Self {
            message: wire.message.into(),
            verdict: wire.verdict.try_into()?,
            retention: read_decision(wire.retention)?,
            preceding: wire.preceding.into_iter().map(Message::from).collect(),
            preceding_gone: wire.preceding_gone.unwrap_or_default(),
            folds: wire
                .folds
                .into_iter()
                .map(FoldBefore::try_from)
                .collect::<Result<_, _>>()?,
            differences: wire.differences,
        })
    }
}

impl From<RecordedPage> for RecordedPageV1 {
    fn from((messages, last): RecordedPage) -> Self {
        Self {
            messages: messages.into_iter().map(RecordedV1::from).collect(),
            last,
        }
    }
}

impl TryFrom<RecordedPageV1> for RecordedPage {
    type Error = Unreadable;

    fn try_from(RecordedPageV1 { messages, last }: RecordedPageV1) -> Result<Self, Unreadable> {
        let messages: Result<_, _> = messages.into_iter().map(Recorded::try_from).collect();
        Ok((messages?, last))
    }
}

impl From<StoredVerdict> for VerdictV1 {
    fn from(stored: StoredVerdict) -> Self {
        Self {
            json: stored.json,
            fuel: stored.fuel,
            directory: stored.directory,
            basis: stored.basis,
        }
    }
}

impl TryFrom<VerdictV1> for StoredVerdict {
    type Error = Unreadable;

    fn try_from(wire: VerdictV1) -> Result<Self, Unreadable> {
        let VerdictV1 {
            json,
            fuel,
            directory,
            basis,
        } = wire;
        StoredVerdict::of_json(json, fuel, directory, basis).map_err(|error| Unreadable::new("verdict", &error))
    }
}

impl From<EarlierVerdict> for EarlierV1 {
    fn from(earlier: EarlierVerdict) -> Self {
        Self {
            json: earlier.json,
            fuel: earlier.fuel,
            generation: earlier.generation,
            held: earlier.held,
            retention: earlier.retention.map(|kept| kept.json),
            rejudged_at: earlier.rejudged_at,
            rejudged_by: earlier.rejudged_by,
            note: earlier.note,
        }
    }
}

impl TryFrom<EarlierV1> for EarlierVerdict {
    type Error = Unreadable;

    fn try_from(wire: EarlierV1) -> Result<Self, Unreadable> {
        Ok(Self {
            json: wire.json,
            fuel: wire.fuel,
            generation: wire.generation,
            held: wire.held,
            retention: read_decision(wire.retention)?,
            rejudged_at: wire.rejudged_at,
            rejudged_by: wire.rejudged_by,
            note: wire.note,
        })
    }
}

impl From<FoldBefore> for FoldV1 {
    fn from(fold: FoldBefore) -> Self {
        Self {
            pack: fold.policy.pack,
            policy: fold.policy.policy,
            key: fold.key,
            state: digits_of(&fold.state),
        }
    }
}

impl TryFrom<FoldV1> for FoldBefore {
    type Error = Unreadable;

    fn try_from(wire: FoldV1) -> Result<Self, Unreadable> {
        let state =
            bytes_of(&wire.state).ok_or_else(|| Unreadable::new("state", &"expected pairs of hexadecimal digits"))?;
        Ok(Self {
            policy: PolicyId {
                pack: wire.pack,
                policy: wire.policy,
            },
            key: wire.key,
            state: state.into(),
        })
    }
}

fn read_decision(json: Option<String>) -> Result<Option<StoredDecision>, Unreadable> {
    let decision = json.map(StoredDecision::of_json).transpose();
    decision.map_err(|error| Unreadable::new("retention", &error))
}

fn digits_of(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let digit = |half: u8| char::from_digit(u32::from(half), 16).expect("four bits are a digit");
    halves.map(digit).collect()
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let pair = |[high, low]: &[u8; 2]| {
        let (high, low) = (char::from(*high).to_digit(16)?, char::from(*low).to_digit(16)?);
        u8::try_from(high * 16 + low).ok()
    };
    rest.is_empty().then(|| pairs.iter().map(pair).collect()).flatten()
}
