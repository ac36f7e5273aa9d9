//! Answers of `retention` policies, kept for messages that look the same to the policy.
//!
//! A policy is a pure function of what it is given. One that asks for no text, no identifier and no exact time is given the
//! same for most messages of a quarter of an hour, so that it need not be asked again. The key is all that it is given, not
//! a digest of it. Only whole answers that were checked are kept; a fault is met anew by every message.

use crate::view::{Asked, MessageView};
use proviso_model::verdict::AttributedProposal;
use proviso_pack::manifest::TimePrecision;
use std::collections::HashMap;
use std::sync::Arc;

/// Answers that are kept of one policy at a time.
const ANSWERS_MAX: usize = 4_096;
/// A message with more recipients than this is asked about each time.
const RECIPIENTS_MAX: usize = 16;
/// A message with more hits than this is asked about each time.
const HITS_MAX: usize = 16;

/// The proposals of one message.
pub(crate) type Proposals = Arc<[Arc<AttributedProposal>]>;

/// The answers of one policy; one thread's own.
#[derive(Default)]
pub(crate) struct Memo {
    answers: HashMap<Box<[u8]>, Proposals, foldhash::fast::RandomState>,
}

impl Memo {
    /// What the policy answered to such a message.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Proposals> {
        self.answers.get(key)
    }

    /// Keeps an answer. When there are too many, all are forgotten: the next hour has others anyway.
    pub(crate) fn keep(&mut self, key: &[u8], proposals: Proposals) {
        if self.answers.len() == ANSWERS_MAX {
            self.answers.clear();
        }
        self.answers.insert(key.into(), proposals);
    }
}

/// Writes all that a policy is given of a message into `key`, which is cleared first. False if the policy asks for more than
/// is worth keeping answers for.
pub(crate) fn write_key(asked: Asked<'_>, view: &MessageView<'_>, key: &mut Vec<u8>) -> bool {
    let fields = asked.fields;
    let asks_for_more = fields.id
        || fields.parties
        || fields.conversation
        || fields.text
        || fields.amount
        || fields.attachments
        || fields.links
        || fields.time == TimePrecision::Exact;
    let message = view.message;
    if asks_for_more
        || !view.preceding.is_empty()
        || view.hits.len() > HITS_MAX
        || message.recipients.len() > RECIPIENTS_MAX
    {
        return false;
    }
    key.clear();
    key.extend([message.kind as u8, message.direction as u8, u8::from(view.truncated)]);
    key.extend(asked.time_of(message).to_le_bytes());
    // Its fuel goes by the length of its text.
    key.extend((view.text_bytes().div_ceil(1 << 10) as u32).to_le_bytes());
    if fields.departments {
        for party in message.parties() {
            let department = asked.set.department_of(party, message, view.directory);
            key.push(party.class as u8);
            key.extend((department.len() as u32).to_le_bytes());
            key.extend(department.as_bytes());
        }
    }
    // No department begins like this, so that the end of the parties is plain.
    key.push(u8::MAX);
    for hit in view.hits {
        key.extend(hit.list.to_le_bytes());
        for number in [hit.term, hit.start, hit.end] {
            key.extend(number.to_le_bytes());
        }
    }
    true
}
