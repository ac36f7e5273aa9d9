//! Judging messages one by one.

use crate::{Configure, Failure, Finding, Message};

/// Why one message has no answer. The host holds that message for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// This message cannot be judged by this plugin.
    BadMessage,
    /// A fault in the plugin itself. At most 256 bytes, without text of the message.
    Internal(String),
}

impl Failed {
    pub(crate) fn at(self, index: u32) -> Failure {
        match self {
            Failed::BadMessage => Failure::BadMessage(index),
            Failed::Internal(text) => Failure::Internal(text),
        }
    }
}

/// The interface `rules`. Taking one message at a time, it cannot let one message's answer depend on another.
pub trait Rules: Configure {
    /// Judges one message: at most 64 findings, in any order.
    fn evaluate(&self, message: &Message) -> Result<Vec<Finding>, Failed>;
}

/// Judges a batch as the contract asks.
pub fn evaluate_batch<P: Rules>(plugin: &P, messages: &[Message]) -> Result<Vec<Finding>, Failure> {
    let mut all = Vec::new();
    for (index, message) in (0u32..).zip(messages) {
        let mut findings = plugin.evaluate(message).map_err(|failed| failed.at(index))?;
        for finding in &mut findings {
            finding.message = index;
        }
        all.append(&mut findings);
    }
    Ok(all)
}
