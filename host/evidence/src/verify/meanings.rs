//! What the numbers in sealed judgements stand for, as an export has it.

use super::NotRead;
use super::fault::Faults;
use super::members::read;
use crate::member::Members;
use crate::write::{MEANINGS, MeaningsV1};
use proviso_model::verdict::AttributedProposal;
use proviso_record::judgement::Meanings;
use proviso_record::verdict;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What numbers in judgements stand for.
#[derive(Default)]
pub(super) struct Known {
    policies: BTreeMap<u32, (Arc<str>, Arc<str>)>,
    proposals: BTreeMap<u32, Arc<AttributedProposal>>,
}

impl Meanings for Known {
    fn policy(&self, number: u32) -> Option<(Arc<str>, Arc<str>)> {
        self.policies.get(&number).cloned()
    }

    fn proposal(&self, number: u32) -> Option<Arc<AttributedProposal>> {
        self.proposals.get(&number).cloned()
    }
}

pub(super) fn meanings<M: Members>(members: &mut M, faults: &mut Faults) -> Result<Known, NotRead<M::Error>> {
    // That it is missing is told where members are listed.
    let Some(bytes) = read(members, MEANINGS)? else {
        return Ok(Known::default());
    };
    let Ok(MeaningsV1 { policies, proposals }) = serde_json::from_slice(&bytes) else {
        faults.add(MEANINGS, None, "it is not of its form");
        return Ok(Known::default());
    };
    let mut known = Known::default();
    for (number, (pack, policy)) in policies {
        known.policies.insert(number, (pack.into(), policy.into()));
    }
    for (number, json) in proposals {
        match verdict::read_proposal(&json) {
            Ok(proposal) => {
                known.proposals.insert(number, Arc::new(proposal));
            }
            Err(_) => faults.add(
                MEANINGS,
                None,
                format!("what proposal {number} stands for is not of its form"),
            ),
        }
    }
    Ok(known)
}
