//! What the writer knows of names, and what it must forget with a transaction.

use super::names::Names;
use super::people::People;
use super::steps::Chains;

/// The numbers that stand for names.
pub(super) struct Vocabulary {
    pub(super) names: Names,
    pub(super) parties: People,
    pub(super) conversations: People,
    pub(super) chains: Chains,
}

impl Vocabulary {
    pub(super) fn new(names: Names) -> Self {
        Self {
            names,
            parties: People::parties(),
            conversations: People::conversations(),
            chains: Chains::default(),
        }
    }

    /// A rolled back transaction takes the numbers of its new names with it.
    pub(super) fn roll_back(&mut self, names: Names) {
        self.names = names;
        self.parties.forget();
        self.conversations.forget();
        self.chains.forget();
    }
}
