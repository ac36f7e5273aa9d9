//! Judging sequences of messages that share a key.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::contract::fold::{Step as ContractStep, Subject};
use crate::{Configure, Failed, Failure, Finding, Message, Score, log, read_state, write_state};

/// What a key's state may take, in bytes: the contract's limit. A larger one is an error before the host sees it.
pub const STATE_BYTES_MAX: usize = 4096;

/// The interface `fold`.
pub trait Fold: Configure {
    /// What is kept for each key, written as postcard behind a byte of version. `Default` is the state of a key never seen.
    type State: Serialize + DeserializeOwned + Default;

    /// Raise it when `State` changes its shape. A state of another version, or one that cannot be read, starts anew from `Default`:
    /// a window or score then begins empty, which loses memory but never misreads it.
    const STATE_VERSION: u8;

    /// Advances one key by one message. Messages come in the order of arrival, which need not be that of `sent_at`. On an error the state is
    /// as it was before the message.
    fn advance(&self, state: &mut Self::State, message: &Message) -> Result<Step, Failed>;
}

/// What follows from one message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// At most 64.
    pub findings: Vec<Finding>,
    /// `None` where this fold does not score.
    pub score: Option<Score>,
}

/// Advances subjects as the contract asks.
pub fn advance_batch<P: Fold>(plugin: &P, subjects: &[Subject]) -> Result<Vec<Vec<ContractStep>>, Failure> {
    let mut answer = Vec::with_capacity(subjects.len());
    for (index, subject) in (0u32..).zip(subjects) {
        answer.push(advance_subject(plugin, subject).map_err(|failed| failed.at(index))?);
    }
    Ok(answer)
}

fn advance_subject<P: Fold>(plugin: &P, subject: &Subject) -> Result<Vec<ContractStep>, Failed> {
    let mut state = read_state::<P::State>(&subject.state, P::STATE_VERSION).unwrap_or_else(|| {
        log::warn("a state of another version, or one that cannot be read, starts anew");
        P::State::default()
    });
    let mut steps = Vec::with_capacity(subject.events.len());
    for (index, event) in (0u32..).zip(&subject.events) {
        let mut step = plugin.advance(&mut state, event)?;
        for finding in &mut step.findings {
            finding.message = index;
        }
        steps.push(ContractStep {
            state: write_state(&state, P::STATE_VERSION)?,
            findings: step.findings,
            score: step.score,
        });
    }
    Ok(steps)
}
