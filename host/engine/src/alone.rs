//! Which messages are judged both alone and in company, whatever batch they come in.
//!
//! That a plugin judges each message for itself cannot be enforced, as it sees the whole batch; it is tried on a sample. A
//! message of the sample that came in company is judged alone too; one that came alone is judged beside itself. So what the
//! trial shows does not depend on the batch, and `eval`, `serve` and a replay give the same verdict.

use crate::fault::CallFault;
use proviso_model::Digest;
use proviso_model::verdict::FaultCause;
use std::num::NonZeroU32;

/// One message in so many, where nothing else is said.
const ONE_IN: u32 = 1_024;

/// The sample, chosen by the messages' digests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    one_in: u32,
}

impl Sample {
    pub(crate) fn of(one_in: Option<NonZeroU32>) -> Self {
        Self {
            one_in: one_in.map_or(ONE_IN, NonZeroU32::get),
        }
    }

    pub(crate) fn has(self, digest: &Digest) -> bool {
        let bytes = digest.as_bytes();
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).is_multiple_of(self.one_in)
    }
}

/// True if the answer of another call says something else. A deadline says more about the machine than about the plugin; and a
/// call with company may fail for want of fuel or memory, which is why such calls are halved.
pub(crate) fn differs<R: PartialEq>(answer: &R, other: Result<Vec<R>, CallFault>, was_alone: bool) -> bool {
    match other {
        Ok(others) => others.iter().any(|other| other != answer),
        Err(fault) => was_alone && fault.cause != FaultCause::Deadline,
    }
}

/// What the policy is at fault with.
pub(crate) fn inconsistent(plugin: &str, digest: &Digest) -> CallFault {
    let digest = digest.short();
    CallFault {
        cause: FaultCause::Inconsistent,
        detail: format!("the plugin {plugin:?} ({digest}) answers otherwise for the message alone than in company"),
    }
}
