//! A generation: everything that judges, built together and never changed.

use crate::describe::{Description, describe};
use crate::dispatch::{Dispatch, DispatchScratch};
use crate::engine::Sandbox;
use crate::import_check::Interface;
use crate::memo::Memo;
use crate::plugin::Plugin;
use crate::view::{Asked, Fields, ListInfo};
use proviso_model::Digest;
use proviso_model::id::PolicyId;
use proviso_model::limits;
use proviso_model::message::Message;
use proviso_model::set::{Apply, PolicySet};
use proviso_model::trigger::Trigger;
use proviso_pack::TrustedPack;
use proviso_pack::manifest::SubjectKey;
use proviso_scan::{ListId, Matcher};
use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

/// Policies, lists and settings, compiled and frozen; judges messages. Any number of threads may use one at a time.
pub struct Generation {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) id: Digest,
    pub(crate) set: PolicySet,
    pub(crate) matcher: Arc<Matcher>,
    pub(crate) lists: usize,
    /// One for each `[[apply]]`, in the set's order, those that are off included.
    pub(crate) applied: Vec<Applied>,
    /// Of the packs that are on, in the order of the set and then of the manifest.
    pub(crate) policies: Vec<Policy>,
    pub(crate) dispatch: Dispatch,
    scratches: Mutex<Vec<Scratch>>,
}

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
    /// Messages that triggered it since [`Generation::take_triggered`] was asked last.
    pub(crate) triggered: Arc<AtomicU64>,
}

/// A list that a policy does not see.
pub(crate) const NOT_ASKED: u16 = u16::MAX;

/// What one thread needs to judge, kept from call to call.
pub(crate) struct Scratch {
    pub(crate) scan: proviso_scan::Scratch,
    pub(crate) hits: Vec<proviso_scan::Hit>,
    pub(crate) dispatch: DispatchScratch,
    /// By policy: the messages that triggered it.
    pub(crate) queues: Vec<Vec<usize>>,
    /// By policy: how many messages of the call at hand triggered it, for a fold or otherwise.
    pub(crate) triggered: Vec<usize>,
    /// By policy: what it answered to messages that look alike to it.
    pub(crate) memos: Vec<Memo>,
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation")
            .field("id", &self.id)
            .field("policies", &self.policies.len())
            .finish_non_exhaustive()
    }
}

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

impl Generation {
    pub(crate) fn new(
        sandbox: Arc<Sandbox>,
        id: Digest,
        set: PolicySet,
        (matcher, lists): (Arc<Matcher>, usize),
        applied: Vec<Applied>,
        policies: Vec<Policy>,
    ) -> Self {
        let dispatch = Dispatch::new(&set, &applied, &policies, lists);
        Self {
            sandbox,
            id,
            set,
            matcher,
            lists,
            applied,
            policies,
            dispatch,
            scratches: Mutex::new(Vec::new()),
        }
    }

    /// Its address: the digest of the policy set, the packs, and the versions of what judges.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// The policy set that it was built from.
    pub fn set(&self) -> &PolicySet {
        &self.set
    }

    /// The packs of the set, in its order, those that are off included.
    pub fn packs(&self) -> impl ExactSizeIterator<Item = &Arc<TrustedPack>> {
        self.applied.iter().map(|applied| &applied.pack)
    }

    /// What it is made of, for people and for the record.
    pub fn describe(&self) -> Description {
        describe(self)
    }

    /// Earlier messages of a conversation that any of its policies may ask for, 0-5. Where it is 0, `Input::preceding` is
    /// never looked at.
    pub fn preceding_max(&self) -> usize {
        self.policies.iter().map(|policy| policy.preceding).max().unwrap_or(0)
    }

    /// True if a policy keeps a state.
    pub fn has_folds(&self) -> bool {
        self.policies.iter().any(|policy| policy.has(Interface::Fold))
    }

    pub(crate) fn apply_of(&self, policy: &Policy) -> &Apply {
        &self.set.apply[policy.apply]
    }

    /// The same with other policies in the places of its own, for cases that bring settings.
    pub(crate) fn with_policies(&self, policies: Vec<Policy>) -> Self {
        let matcher = (Arc::clone(&self.matcher), self.lists);
        Self::new(
            Arc::clone(&self.sandbox),
            self.id,
            self.set.clone(),
            matcher,
            self.applied.clone(),
            policies,
        )
    }

    /// Memory to judge with; give it back with [`Generation::put_scratch`].
    pub(crate) fn take_scratch(&self) -> Scratch {
        let kept = self.scratches.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Scratch {
            scan: self.matcher.scratch(),
            hits: Vec::new(),
            dispatch: self.dispatch.scratch(self.policies.len()),
            queues: self.policies.iter().map(|_| Vec::new()).collect(),
            triggered: vec![0; self.policies.len()],
            memos: self.policies.iter().map(|_| Memo::default()).collect(),
        })
    }

    pub(crate) fn put_scratch(&self, scratch: Scratch) {
        self.scratches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(scratch);
    }
}
