//! Which hits a condition looks at.

use proviso_sdk::{Hit, ListInfo, Lists, Problems};

/// Compiled from `lists`, `tags`, `not_tags`, `patterns`, `min_weight`.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    /// The same for selections of the same hits.
    pub(crate) number: usize,
    parts: Vec<Part>,
}

/// The chosen terms of one list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    list: u16,
    terms: Terms,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Terms {
    All,
    /// One bit for each term up to the last that has a note or a name; `plain` for those behind.
    Bits {
        bits: Vec<u64>,
        plain: bool,
    },
}

/// The keys of a selection, whichever settings they stand in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys<'s> {
    pub(crate) lists: &'s [String],
    pub(crate) tags: Option<&'s [String]>,
    pub(crate) not_tags: Option<&'s [String]>,
    pub(crate) patterns: Option<&'s [String]>,
    pub(crate) min_weight: Option<f64>,
}

impl Selection {
    /// Compiles the keys that stand in the object at `pointer`. `known` are the policy's selections so far, in the order of their numbers.
    pub(crate) fn compile(
        keys: Keys<'_>,
        lists: &Lists,
        known: &mut Vec<Selection>,
        pointer: &str,
        problems: &mut Problems,
    ) -> Self {
        let mut parts = Vec::new();
        if keys.lists.is_empty() {
            problems.push(format!("{pointer}/lists"), "no list named: at least one is needed");
        }
        let mut found = Vec::new();
        for (at, name) in keys.lists.iter().enumerate() {
            match lists.index(name).and_then(|index| Some((index, lists.get(index)?))) {
                Some(list) => found.push(list),
                None => problems.push(format!("{pointer}/lists/{at}"), lists.unknown(name)),
            }
        }
        if found.len() == keys.lists.len() {
            keys.check_names(&found, pointer, problems);
        }
        for (index, list) in found {
            parts.push(Part {
                list: index,
                terms: keys.terms(list),
            });
        }
        let number = known.iter().position(|known| known.parts == parts);
        let number = number.unwrap_or(known.len());
        let selection = Self { number, parts };
        if number == known.len() {
            known.push(selection.clone());
        }
        selection
    }

    /// True if the hit is chosen.
    pub(crate) fn accepts(&self, hit: &Hit) -> bool {
        self.has(hit.list, hit.term)
    }

    /// True if hits of this term of this list are chosen.
    pub(crate) fn has(&self, list: u16, term: u32) -> bool {
        let mut of_list = self.parts.iter().filter(|part| part.list == list);
        of_list.any(|part| part.terms.contains(term))
    }

    /// True if some terms of the list are chosen.
    pub(crate) fn looks_at(&self, list: u16) -> bool {
        self.parts.iter().any(|part| part.list == list)
    }

    /// How many terms of the list it may tell apart; those behind are all alike to it.
    pub(crate) fn told(&self, list: u16) -> u32 {
        let of_list = self.parts.iter().filter(|part| part.list == list);
        of_list.map(|part| part.terms.told()).max().unwrap_or(0)
    }
}

impl Terms {
    fn told(&self) -> u32 {
        match self {
            Terms::All => 0,
            Terms::Bits { bits, .. } => bits.len() as u32 * 64,
        }
    }

    fn contains(&self, term: u32) -> bool {
        match self {
            Terms::All => true,
            Terms::Bits { bits, plain } => bits
                .get(term as usize / 64)
                .map_or(*plain, |word| word >> (term % 64) & 1 == 1),
        }
    }
}

impl Keys<'_> {
    /// A name that no term carries would make a condition that can never do anything.
    fn check_names(self, lists: &[(u16, &ListInfo)], pointer: &str, problems: &mut Problems) {
        let tagged = |tag: &String| {
            lists
                .iter()
                .any(|(_, list)| list.notes.iter().any(|note| note.tags.contains(tag)))
        };
        for (key, tags) in [("tags", self.tags), ("not_tags", self.not_tags)] {
            if tags.is_some_and(<[String]>::is_empty) {
                problems.push(format!("{pointer}/{key}"), "empty: name a tag or leave the key out");
            }
            for (at, tag) in tags.unwrap_or_default().iter().enumerate() {
                if !tagged(tag) {
                    problems.push(
                        format!("{pointer}/{key}/{at}"),
                        format!("no term of these lists carries the tag \"{tag}\""),
                    );
                }
            }
        }
        if self.patterns.is_some_and(<[String]>::is_empty) {
            problems.push(
                format!("{pointer}/patterns"),
                "empty: name a pattern or leave the key out",
            );
        }
        for (at, name) in self.patterns.unwrap_or_default().iter().enumerate() {
            if !lists.iter().any(|(_, list)| list.pattern_names.contains(name)) {
                problems.push(
                    format!("{pointer}/patterns/{at}"),
                    format!("no pattern \"{name}\" in these lists"),
                );
            }
        }
    }

    fn terms(self, list: &ListInfo) -> Terms {
        if self.tags.is_none() && self.not_tags.is_none() && self.patterns.is_none() && self.min_weight.is_none() {
            return Terms::All;
        }
        let mut notes = list.notes.iter().peekable();
        let sorted = list.notes.is_sorted_by_key(|note| note.term);
        // Terms behind the last one with a note or a name are all alike.
        let noted = list.notes.iter().map(|note| note.term + 1).max().unwrap_or(0);
        let told = noted.max(list.pattern_names.len() as u32);
        let mut bits = vec![0u64; told.div_ceil(64) as usize];
        let plain = self.tags.is_none() && self.patterns.is_none() && self.min_weight.is_none_or(|least| 1.0 >= least);
        for term in 0..bits.len() as u32 * 64 {
            let note = if sorted {
                notes.next_if(|note| note.term == term)
            } else {
                list.notes.iter().find(|note| note.term == term)
            };
            let tags = note.map_or(&[][..], |note| &note.tags);
            let weight = note.and_then(|note| note.weight).unwrap_or(1.0);
            let name = list.pattern_names.get(term as usize);
            let chosen = self
                .tags
                .is_none_or(|wanted| tags.iter().any(|tag| wanted.contains(tag)))
                && self
                    .not_tags
                    .is_none_or(|unwanted| !tags.iter().any(|tag| unwanted.contains(tag)))
                && self
                    .patterns
                    .is_none_or(|wanted| name.is_some_and(|name| wanted.contains(name)))
                && self.min_weight.is_none_or(|least| weight >= least);
            if chosen {
                bits[term as usize / 64] |= 1 << (term % 64);
            }
        }
        Terms::Bits { bits, plain }
    }
}
