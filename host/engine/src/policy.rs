//! A policy of a generation: what it asks for, and what it is to be called with.

use crate::fault::CallFault;
use crate::plugin::Plugin;
use crate::view::{Asked, Fields, HitView, ListInfo};
use proviso_model::Digest;
use proviso_model::id::PolicyId;
use proviso_model::limits;
use proviso_model::message::Message;
use proviso_model::set::{Mode, PolicySet};
use proviso_model::trigger::Trigger;
use proviso_model::verdict::{Fault, FaultCause};
use proviso_pack::TrustedPack;
use proviso_pack::manifest::{Interface, SubjectKey};
use proviso_scan::{Hit, ListId};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// One `[[apply]]` with its pack.
#[derive(Clone)]
pub(crate) struct Applied {
    pub(crate) pack: Arc<TrustedPack>,
    /// Why none of its policies runs; absent if they do.
    pub(crate) off: Option<String>,
    /// Range of its policies in `Generation::policies`.
    pub(crate) policies: std::ops::Range<usize>,
}

/// One policy of the generation.
#[derive(Clone)]
pub(crate) struct Policy {
    pub(crate) id: PolicyId,
    /// Index of its `[[apply]]`.
    pub(crate) apply: usize,
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) plugin_name: String,
    pub(crate) plugin_digest: Digest,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) key: Option<SubjectKey>,
    pub(crate) trigger: Trigger<ListId>,
    /// What `configure` was told of its lists.
    pub(crate) lists: Arc<Vec<ListInfo>>,
    /// By number of a list in the matcher: its index in the policy's own table, or `NOT_ASKED`.
    pub(crate) table: Arc<Vec<u16>>,
    pub(crate) fields: Fields,
    /// Earlier messages that it is given, 0-5.
    pub(crate) preceding: usize,
    pub(crate) fuel_per_kib: u64,
    /// `Enforce` or `Shadow`: what is off is not built.
    pub(crate) mode: Mode,
    /// Messages that triggered it since [`Generation::take_triggered`] was asked last.
    pub(crate) triggered: Arc<AtomicU64>,
}

/// A list that a policy does not see.
pub(crate) const NOT_ASKED: u16 = u16::MAX;

impl Policy {
    pub(crate) fn has(&self, interface: Interface) -> bool {
        self.interfaces.contains(&interface)
    }

    pub(crate) fn asked<'a>(&self, set: &'a PolicySet) -> Asked<'a> {
        Asked {
            fields: self.fields,
            set,
        }
    }

    /// Fuel for one message with that much text, its preceding messages' included.
    pub(crate) fn fuel_for(&self, text_bytes: usize) -> u64 {
        let begun_kib = text_bytes.div_ceil(1 << 10).max(1) as u64;
        self.fuel_per_kib
            .saturating_mul(begun_kib)
            .min(limits::FUEL_PER_CALL_MAX)
    }

    /// The subject that a message belongs to; `None` if the message does not say.
    ///
    /// A tab stands between the parts of a key: no identifier has one.
    pub(crate) fn key_of<'m>(&self, message: &'m Message) -> Option<Cow<'m, str>> {
        let (sender, conversation) = (message.sender.id.as_str(), message.conversation.as_str());
        match self.key? {
            SubjectKey::Sender => (!sender.is_empty()).then_some(Cow::Borrowed(sender)),
            SubjectKey::Conversation => (!conversation.is_empty()).then_some(Cow::Borrowed(conversation)),
            SubjectKey::SenderInConversation => (!sender.is_empty() && !conversation.is_empty())
                .then(|| Cow::Owned(format!("{sender}\t{conversation}"))),
        }
    }
}

impl Policy {
    /// True if it judges messages one by one, whatever else it does.
    pub(crate) fn has_stateless(&self) -> bool {
        self.has(Interface::Rules) || self.has(Interface::Retention)
    }

    /// True if it has a fold and the message says whose.
    pub(crate) fn folds(&self, message: &Message) -> bool {
        self.has(Interface::Fold) && self.key_of(message).is_some()
    }

    /// True if one of its interfaces would be called with the message, once it is triggered.
    pub(crate) fn runs_on(&self, message: &Message) -> bool {
        self.has_stateless() || self.folds(message)
    }

    /// The hits in the first `text_bytes` of a text that the policy sees, in its own numbering and order; false if there were
    /// more than it may see.
    pub(crate) fn hits_of(&self, hits: &[Hit], text_bytes: usize, seen: &mut Vec<HitView>) -> bool {
        let first = seen.len();
        self.all_hits_of(hits, text_bytes, seen);
        let whole = seen.len() - first <= limits::HITS_MAX;
        seen.truncate(first + limits::HITS_MAX);
        whole
    }

    /// The same, however many there are.
    pub(crate) fn all_hits_of(&self, hits: &[Hit], text_bytes: usize, seen: &mut Vec<HitView>) {
        let first = seen.len();
        for hit in hits.iter().filter(|hit| hit.end as usize <= text_bytes) {
            let list = self.table[hit.list.0 as usize];
            if list != NOT_ASKED {
                seen.push(HitView {
                    list,
                    term: hit.term,
                    start: hit.start,
                    end: hit.end,
                });
            }
        }
        // The matcher's order of lists is not the policy's.
        seen[first..].sort_unstable_by_key(|hit| (hit.start, hit.end, hit.list, hit.term));
    }

    /// True if it is told of hits of the list.
    pub(crate) fn sees(&self, list: ListId) -> bool {
        self.table[list.0 as usize] != NOT_ASKED
    }

    /// True if what it answers can depend on the text or its hits.
    pub(crate) fn depends_on_text(&self) -> bool {
        self.fields.text || !self.lists.is_empty()
    }

    /// Says, once, that the policy judged a part of the message.
    pub(crate) fn at_fault_in_part(&self, index: usize, faults: &mut Vec<(usize, Fault)>, detail: &str) {
        let is_told = |(policy, fault): &(usize, Fault)| *policy == index && fault.cause == FaultCause::Partial;
        if !faults.iter().any(is_told) {
            let fault = CallFault {
                cause: FaultCause::Partial,
                detail: detail.to_owned(),
            };
            faults.push((index, self.fault(fault)));
        }
    }

    /// In the words of a verdict.
    pub(crate) fn fault(&self, fault: CallFault) -> Fault {
        let CallFault { cause, detail } = fault;
        Fault {
            pack: self.id.pack.clone(),
            policy: self.id.policy.clone(),
            cause,
            detail,
        }
    }
}

impl Policy {
    /// Counts messages that triggered it; those on which it was not called, being quarantined, are none.
    pub(crate) fn count_triggered(&self, messages: usize) {
        self.triggered.fetch_add(messages as u64, Ordering::Relaxed);
    }
}
