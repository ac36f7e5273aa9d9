//! A generation: everything that judges, built together and never changed.

use crate::dispatch::{Dispatch, DispatchScratch};
use crate::lists::MatcherOfLists;
use crate::memo::Memo;
use crate::policy::{Applied, Policy};
use crate::remembered::Remembered;
use crate::sandbox::Sandbox;
use proviso_model::Digest;
use proviso_model::retention::Laws;
use proviso_model::segment::Segment;
use proviso_model::set::{Apply, PolicySet};
use proviso_pack::TrustedPack;
use proviso_pack::manifest::Interface;
use proviso_scan::Token;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Policies, lists and settings, compiled and frozen; judges messages. Any number of threads may use one at a time.
pub struct Generation {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) remembered: Arc<Remembered>,
    pub(crate) id: Digest,
    pub(crate) set: PolicySet,
    laws: Arc<Laws>,
    /// Of the matcher.
    pub(crate) token: Token,
    pub(crate) lists: MatcherOfLists,
    /// Earlier messages that any of its policies may ask for, 0-5.
    preceding_max: usize,
    /// One for each `[[apply]]`, in the set's order, those that are off included.
    pub(crate) applied: Vec<Applied>,
    /// Of the packs that are on, in the order of the set and then of the manifest.
    pub(crate) policies: Vec<Policy>,
    pub(crate) dispatch: Dispatch,
    scratches: Mutex<Vec<Scratch>>,
}

/// What one thread needs to judge, kept from call to call.
pub(crate) struct Scratch {
    pub(crate) scan: proviso_scan::Scratch,
    pub(crate) hits: Vec<proviso_scan::Hit>,
    pub(crate) segments: Vec<Segment>,
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

impl Generation {
    pub(crate) fn new(
        (sandbox, remembered): (Arc<Sandbox>, Arc<Remembered>),
        id: Digest,
        set: PolicySet,
        laws: Arc<Laws>,
        lists: MatcherOfLists,
        applied: Vec<Applied>,
        policies: Vec<Policy>,
    ) -> Self {
        let dispatch = Dispatch::new(&set, &applied, &policies, lists.count);
        Self {
            token: lists.matcher.token(),
            preceding_max: policies.iter().map(|policy| policy.preceding).max().unwrap_or(0),
            sandbox,
            remembered,
            id,
            set,
            laws,
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

    /// What the settings in force state of the rules of retention policies.
    pub fn laws(&self) -> &Laws {
        &self.laws
    }

    /// The packs of the set, in its order, those that are off included.
    pub fn packs(&self) -> impl ExactSizeIterator<Item = &Arc<TrustedPack>> {
        self.applied.iter().map(|applied| &applied.pack)
    }

    /// Earlier messages of a conversation that any of its policies may ask for, 0-5. Where it is 0, `Input::preceding` is
    /// never looked at.
    pub fn preceding_max(&self) -> usize {
        self.preceding_max
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
        Self::new(
            (Arc::clone(&self.sandbox), Arc::clone(&self.remembered)),
            self.id,
            self.set.clone(),
            Arc::clone(&self.laws),
            self.lists.clone(),
            self.applied.clone(),
            policies,
        )
    }

    /// Memory to judge with; give it back with [`Generation::put_scratch`].
    pub(crate) fn take_scratch(&self) -> Scratch {
        let kept = self.scratches.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Scratch {
            scan: self.lists.matcher.scratch(),
            hits: Vec::new(),
            segments: Vec::new(),
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
