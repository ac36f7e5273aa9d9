//! What a batch that waits for its commit brings to the one that is judged meanwhile: the archive does not have it yet, or has it by
//! now. Both are the same to who asks here. Consent and the last messages of conversations are in the pipeline's memory.

use proviso_archive::{Entry, Known};
use proviso_engine::FoldStates;
use proviso_model::id::FoldKey;
use proviso_model::{Digest, MessageId};
use std::collections::HashMap;
use std::sync::Arc;

/// What the archive will have when a batch is committed, where it answers otherwise before.
#[derive(Default)]
pub(crate) struct Ahead {
    /// Digests of what was delivered under an identifier.
    delivered: HashMap<Arc<MessageId>, Digest>,
    states: FoldStates,
}

impl Ahead {
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let mut ahead = Self::default();
        for Entry { message, advances, .. } in entries {
            let delivered = message.delivered().unwrap_or(message.digest());
            ahead.delivered.insert(Arc::clone(&message.id), delivered);
            let tenant: Arc<str> = message.id.tenant.as_str().into();
            for advance in advances {
                let key = FoldKey {
                    tenant: Arc::clone(&tenant),
                    policy: advance.policy.clone(),
                    key: Arc::clone(&advance.key),
                };
                // In order of arrival: the last one stays.
                ahead.states.insert(key, Arc::clone(&advance.after));
            }
        }
        ahead
    }

    /// What is known of a message, when the archive says that `known` is.
    pub(crate) fn known(&self, id: &MessageId, digest: Digest, known: Known) -> Known {
        match self.delivered.get(id) {
            None => known,
            Some(kept) if *kept == digest => Known::Same,
            Some(kept) => Known::Conflict { kept: *kept },
        }
    }

    /// The states of subjects that the batch advanced, and the subjects that the archive is to be asked for.
    pub(crate) fn states(&self, subjects: &[FoldKey]) -> (FoldStates, Vec<FoldKey>) {
        let (mut states, mut others) = (FoldStates::new(), Vec::new());
        for subject in subjects {
            match self.states.get(subject) {
                Some(state) => {
                    states.insert(subject.clone(), Arc::clone(state));
                }
                None => others.push(subject.clone()),
            }
        }
        (states, others)
    }
}
