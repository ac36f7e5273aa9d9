//! Proposing how long messages are kept.

use crate::{Configure, Failed, Failure, Message, Proposal};

/// The interface `retention`. It proposes; the host decides.
pub trait Retention: Configure {
    /// Proposes for one message: at most 16, none where no rule applies. The SDK fills in [`Proposal::message`].
    fn schedule(&self, message: &Message) -> Result<Vec<Proposal>, Failed>;
}

/// Proposes for a batch as the contract asks.
pub fn schedule_batch<P: Retention>(plugin: &P, messages: &[Message]) -> Result<Vec<Proposal>, Failure> {
    let mut all = Vec::new();
    for (index, message) in (0u32..).zip(messages) {
        let mut proposals = plugin.schedule(message).map_err(|failed| failed.at(index))?;
        for proposal in &mut proposals {
            proposal.message = index;
        }
        all.append(&mut proposals);
    }
    Ok(all)
}
