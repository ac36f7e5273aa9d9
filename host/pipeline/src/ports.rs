//! What judging asks of whoever keeps messages. The daemon answers from its archive; where nothing is kept, [`Nothing`] answers.

use crate::settle::Settled;
use proviso_engine::{FoldStates, Input};
use proviso_model::basis::LawfulBases;
use proviso_model::consent::ConsentEvent;
use proviso_model::directory::Directory;
use proviso_model::id::{FoldKey, PolicyId};
use proviso_model::retention::Endings;
use proviso_model::{Addressed, Digest, Message};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

/// What was said before. [`crate::Memory`] asks for what it does not know, and once. What was judged and waits for its commit was said
/// before too; of that the memory knows all but the states of folds, for which [`States`] answers as if it were committed.
pub trait Past {
    /// Why the past cannot be told.
    type Error;

    /// Tells all that was ever said of these parties and archiving in a tenant's channel, each statement at the moment from which
    /// it counts, in any order; of people by their numbers where the channel is [`proviso_model::statement::PEOPLE`].
    fn consents(&mut self, tenant: &str, channel: &str, parties: &[&str]) -> Result<Vec<ConsentEvent>, Self::Error>;

    /// Tells, for each message in order, the last messages of its conversation ahead of it whose content was not withheld: at most
    /// [`proviso_model::limits::PRECEDING_MESSAGES_MAX`], the oldest first.
    fn preceding(&mut self, messages: &[&Addressed]) -> Result<Vec<Vec<Message>>, Self::Error>;

    /// Gives the newest version of the directory, with days in the time zone of the set that judges; `None` where none was ever
    /// imported. Asked once for each transaction.
    fn directory(&mut self) -> Option<Arc<Directory>>;

    /// Gives the ends from which retention clocks run, with days in the time zone of the set that judges; `None` where none was ever
    /// handed in.
    fn endings(&mut self) -> Option<Arc<Endings>>;

    /// Gives the lawful basis of each tenant that names its own.
    fn bases(&mut self) -> Arc<LawfulBases>;
}

/// The states from which folds go on.
pub trait States {
    /// Why the states cannot be told.
    type Error;

    /// True if every message goes on from where the one ahead of it left its subjects. False if each goes on from its own
    /// past, as when messages of different times are judged again.
    const CONTINUOUS: bool;

    /// Tells the states of these subjects before a message. Subjects without one are left out.
    fn before(&mut self, message: &Addressed, subjects: &[FoldKey]) -> Result<FoldStates, Self::Error>;
}

/// Whoever keeps what was judged again.
pub trait Keeper: Past + States<Error = <Self as Past>::Error> {
    /// What the keeper gives for what it kept.
    type Receipt;

    /// Keeps all of it in one transaction, or nothing. `admitted` and `settled` are of one length and one order.
    fn commit(&mut self, admitted: Vec<Input>, settled: Vec<Settled>) -> Result<Self::Receipt, <Self as Past>::Error>;
}

/// Stops policies that fail too often.
pub trait Breaker {
    /// Says how many of the `left` messages of a transaction are judged next, at least 1, when `done` were.
    fn slice(&self, done: usize, left: usize) -> usize;

    /// Names the policies that messages are not given to under this generation; `None` if there are none.
    fn stopped(&self, generation: Digest) -> Option<Arc<BTreeSet<PolicyId>>>;

    /// Takes note of a slice: how many messages triggered each policy, and what was said of them.
    fn observe(&self, generation: Digest, triggered: BTreeMap<PolicyId, u64>, settled: &[Settled]);
}

/// Where nothing is kept, nothing was said before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Past for Nothing {
    type Error = Infallible;

    fn consents(&mut self, _: &str, _: &str, _: &[&str]) -> Result<Vec<ConsentEvent>, Infallible> {
        Ok(Vec::new())
    }

    fn preceding(&mut self, messages: &[&Addressed]) -> Result<Vec<Vec<Message>>, Infallible> {
        Ok(messages.iter().map(|_| Vec::new()).collect())
    }

    fn directory(&mut self) -> Option<Arc<Directory>> {
        None
    }

    fn endings(&mut self) -> Option<Arc<Endings>> {
        None
    }

    fn bases(&mut self) -> Arc<LawfulBases> {
        Arc::default()
    }
}
