//! Where the values of a document stand in the file that it was read from.
//!
//! A tree of the document's own shape: as large as the document, however long its keys are and however deep they stand.

use std::collections::BTreeMap;
use std::ops::Range;

/// Where a value stands, and the values inside it: in bytes of the file, or by line and column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places<P = Range<usize>> {
    at: P,
    below: Below<P>,
}

/// What is inside a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Below<P = Range<usize>> {
    #[default]
    Nothing,
    Items(Vec<Places<P>>),
    Entries(BTreeMap<String, Places<P>>),
}

impl<P> Places<P> {
    pub(crate) fn new(at: P, below: Below<P>) -> Self {
        Self { at, below }
    }

    /// The place of the value at that JSON Pointer (RFC 6901), or of the nearest value around it that is not the document;
    /// none if there is none.
    pub fn find(&self, pointer: &str) -> Option<&P> {
        let mut found = None;
        let mut here = self;
        for step in pointer.split('/').skip(1) {
            let below = match &here.below {
                Below::Nothing => None,
                Below::Items(items) => step.parse().ok().and_then(|index: usize| items.get(index)),
                Below::Entries(entries) => entries.get(&unescape(step)),
            };
            let Some(below) = below else { break };
            here = below;
            found = Some(&here.at);
        }
        found
    }

    /// The same value inside another one: `at` is where that one says it stands.
    pub(crate) fn at(self, at: P) -> Self {
        Self { at, ..self }
    }

    /// The same tree of other places: `convert` is given all of them, the document's own first, and gives as many.
    pub(crate) fn converted<Q>(&self, convert: impl FnOnce(&[&P]) -> Vec<Q>) -> Places<Q> {
        let mut all = Vec::new();
        self.collect(&mut all);
        let mut converted = convert(&all).into_iter();
        self.replaced(&mut converted)
    }

    fn collect<'p>(&'p self, all: &mut Vec<&'p P>) {
        all.push(&self.at);
        match &self.below {
            Below::Nothing => {}
            Below::Items(items) => items.iter().for_each(|item| item.collect(all)),
            Below::Entries(entries) => entries.values().for_each(|entry| entry.collect(all)),
        }
    }

    fn replaced<Q>(&self, by: &mut impl Iterator<Item = Q>) -> Places<Q> {
        let at = by.next().expect("there is one for each place");
        let below = match &self.below {
            Below::Nothing => Below::Nothing,
            Below::Items(items) => Below::Items(items.iter().map(|item| item.replaced(by)).collect()),
            Below::Entries(entries) => {
                let replaced = |(key, entry): (&String, &Self)| (key.clone(), entry.replaced(by));
                Below::Entries(entries.iter().map(replaced).collect())
            }
        };
        Places { at, below }
    }
}

impl<P: Clone> Places<P> {
    /// The place of the value at that JSON Pointer, or of the nearest value around it.
    pub fn of(&self, pointer: &str) -> P {
        self.find(pointer).unwrap_or(&self.at).clone()
    }
}

/// A step of a JSON Pointer as the key that it stands for (RFC 6901).
fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_value_around_a_pointer_is_found() {
        let leaf = |at| Places::new(at, Below::Nothing);
        let list = Places::new(3, Below::Items(vec![leaf(4), leaf(5)]));
        let entries = BTreeMap::from([("a/b".to_owned(), leaf(2)), ("c~".to_owned(), list)]);
        let places = Places::new(1, Below::Entries(entries));
        for (pointer, found) in [
            ("", None),
            ("/x", None),
            ("/a~1b", Some(2)),
            ("/a~1b/more", Some(2)),
            ("/c~0", Some(3)),
            ("/c~0/1", Some(5)),
            ("/c~0/2", Some(3)),
            ("/c~0/x/y", Some(3)),
        ] {
            assert_eq!(places.find(pointer).copied(), found, "{pointer}");
            assert_eq!(places.of(pointer), found.unwrap_or(1), "{pointer}");
        }
        let doubled = places.converted(|all| all.iter().map(|at| *at * 2).collect());
        assert_eq!((doubled.of(""), doubled.of("/c~0/1")), (2, 10));
    }
}
