//! The table of lists that the policy's manifest names.

use crate::{ListInfo, ListKind};

/// The lists in the manifest's order. A list's index is what [`Hit::list`](crate::Hit::list) carries.
#[derive(Debug, Clone, Default)]
pub struct Lists(Vec<ListInfo>);

impl Lists {
    /// Takes the table as `configure` receives it.
    pub fn new(lists: Vec<ListInfo>) -> Self {
        Self(lists)
    }

    /// The index of the list of that name.
    pub fn index(&self, name: &str) -> Option<u16> {
        self.0
            .iter()
            .position(|list| list.name == name)
            .and_then(|index| u16::try_from(index).ok())
    }

    /// The list at an index.
    pub fn get(&self, index: u16) -> Option<&ListInfo> {
        self.0.get(usize::from(index))
    }

    /// All lists with their indexes.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &ListInfo)> {
        (0u16..).zip(self.0.iter())
    }

    /// What to say of a name that is not in the table: which names there are.
    pub fn unknown(&self, name: &str) -> String {
        let names: Vec<String> = self.0.iter().map(|list| format!("\"{}\"", list.name)).collect();
        if names.is_empty() {
            return format!("no list \"{name}\": the manifest names no lists for this policy");
        }
        format!("no list \"{name}\": the manifest names {}", names.join(", "))
    }
}

impl ListInfo {
    /// True for a lexicon, false for patterns.
    pub fn is_lexicon(&self) -> bool {
        matches!(self.kind, ListKind::Lexicon)
    }
}
