//! The log: what each transaction tells, in a tree that only grows (`proviso_proof`). It is written in the transaction that it tells of.
//!
//! `entries` collects what a change tells while it is written, `tiles` stores it as one leaf, `rows` and `digests` say what an
//! entry has of rows, `key` and `checkpoints` sign what was committed, `start` compares an archive that is opened with what was
//! signed, `audit` reads all of it, `certified` makes certificates of disposal from it, `witnessed` has a witness elsewhere sign it.

mod audit;
mod certified;
pub(super) mod checkpoints;
pub(super) mod digests;
pub(super) mod entries;
pub(super) mod judged;
mod key;
pub(super) mod rows;
mod shown;
pub(super) mod start;
pub(super) mod tiles;
pub(crate) mod witnessed;

use checkpoints::Checkpoints;
use proviso_proof::tree::Edge;
use proviso_proof::tree::edge::Appended;

/// What the writer has of the log.
pub(super) struct Log {
    /// The tree as it was committed. Absent while a transaction runs, and after one that was dropped midway or broke: it is then
    /// read anew.
    pub(super) edge: Option<Edge>,
    pub(super) checkpoints: Checkpoints,
}

impl Log {
    /// After a commit: the edge that the transaction had, and the leaf that it appended, if any.
    pub(super) fn committed(&mut self, mut edge: Option<Edge>, appended: Option<Appended>) {
        if let (Some(edge), Some(appended)) = (&mut edge, appended) {
            edge.accept(appended).expect("the leaf was appended to this edge");
            self.checkpoints.note(edge.size(), edge.root());
        }
        self.edge = edge;
    }
}
