//! What a message may hold, by a look at its hits alone: most rules are put aside by it before a text is looked at.

use std::collections::BTreeMap;

use proviso_sdk::Hit;

use crate::selection::Selection;

/// How many selections have a bit of their own. Those beyond share the last, so that a clear bit always means no hit.
const BITS: usize = 256;

/// Selections, one bit each: those that accept a hit, or one of the hits of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Chosen([u64; BITS / 64]);

impl Chosen {
    /// The bit of one selection.
    pub(crate) fn of(selection: &Selection) -> Self {
        let mut chosen = Self::default();
        chosen.set(selection.number);
        chosen
    }

    /// True if the selection may have a hit. Exact for the first 255 of a policy.
    pub(crate) fn has(&self, selection: &Selection) -> bool {
        let bit = selection.number.min(BITS - 1);
        self.0[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// True if the two share a selection.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(here, there)| here & there != 0)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (here, there) in self.0.iter_mut().zip(other.0) {
            *here |= there;
        }
    }

    fn set(&mut self, number: usize) {
        let bit = number.min(BITS - 1);
        self.0[bit / 64] |= 1 << (bit % 64);
    }
}

/// For each term of each list the selections that accept it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sieve {
    lists: Vec<OfList>,
    /// The different sets that terms have: few, since tags are few.
    sets: Vec<Chosen>,
}

/// The sets of one list's terms, by their place in [`Sieve::sets`].
#[derive(Debug, Clone)]
struct OfList {
    /// Up to the last term that some selection tells from others.
    told: Vec<u32>,
    /// Of every term behind.
    rest: u32,
}

impl Sieve {
    /// Of a policy's `lists` lists. `selections` stand in the order of their numbers.
    pub(crate) fn new(lists: usize, selections: &[Selection]) -> Self {
        let mut sieve = Self::default();
        let mut places: BTreeMap<Chosen, u32> = BTreeMap::new();
        for list in 0..lists as u16 {
            let on_list: Vec<&Selection> = selections.iter().filter(|selection| selection.looks_at(list)).collect();
            let mut place_of = |term: u32| {
                let mut set = Chosen::default();
                for selection in on_list.iter().filter(|selection| selection.has(list, term)) {
                    set.set(selection.number);
                }
                *places.entry(set).or_insert_with(|| {
                    sieve.sets.push(set);
                    sieve.sets.len() as u32 - 1
                })
            };
            let told = on_list.iter().map(|selection| selection.told(list)).max().unwrap_or(0);
            let told = (0..told).map(&mut place_of).collect();
            let rest = place_of(u32::MAX);
            sieve.lists.push(OfList { told, rest });
        }
        sieve
    }

    /// What any of these hits is accepted by.
    pub(crate) fn chosen(&self, hits: &[Hit]) -> Chosen {
        let mut chosen = Chosen::default();
        for hit in hits {
            if let Some(of) = self.lists.get(usize::from(hit.list)) {
                let place = of.told.get(hit.term as usize).unwrap_or(&of.rest);
                chosen.add(&self.sets[*place as usize]);
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::Keys;
    use proviso_sdk::testing::TestLists;
    use proviso_sdk::{Lists, Problems, Span};

    fn hit(list: u16, term: u32) -> Hit {
        Hit {
            list,
            term,
            span: Span::new(0, 3),
        }
    }

    /// One selection for each tag, over the lists `words` (a term for each tag, and one without) and `rest`.
    fn selections(lists: &Lists, tags: &[String]) -> Vec<Selection> {
        let mut known = Vec::new();
        let mut problems = Problems::new();
        let names = [vec!["words".to_owned()], vec!["words".to_owned(), "rest".to_owned()]];
        for (names, tags) in tags
            .iter()
            .map(|tag| (&names[0], Some(std::slice::from_ref(tag))))
            .chain([(&names[1], None)])
        {
            let keys = Keys {
                lists: names,
                tags,
                not_tags: None,
                patterns: None,
                min_weight: None,
            };
            // The second of two equal selections is the first.
            let selection = Selection::compile(keys, lists, &mut known, "", &mut problems);
            assert_eq!(
                Selection::compile(keys, lists, &mut known, "", &mut problems).number,
                selection.number
            );
        }
        assert!(problems.is_empty(), "{problems:?}");
        known
    }

    #[test]
    fn what_is_chosen_is_what_selections_accept_and_never_less() {
        let tags: Vec<String> = (0..300).map(|tag| format!("t{tag}")).collect();
        let terms: Vec<String> = (0..301).map(|term| format!("w{term}")).collect();
        let terms: Vec<&str> = terms.iter().map(String::as_str).collect();
        let lists = TestLists::new().lexicon("words", &terms);
        let lists = tags
            .iter()
            .zip(&terms)
            .fold(lists, |lists, (tag, term)| lists.note(term, &[tag], None));
        let lists = Lists::new(lists.lexicon("rest", &["x"]).infos());
        let selections = selections(&lists, &tags);
        assert_eq!(selections.len(), 301);
        let sieve = Sieve::new(2, &selections);
        for hits in [
            vec![],
            vec![hit(0, 0)],
            vec![hit(0, 7), hit(0, 254)],
            vec![hit(0, 280)],
            vec![hit(0, 300)],
            vec![hit(1, 0)],
            vec![hit(1, 9)],
        ] {
            let chosen = sieve.chosen(&hits);
            for selection in &selections {
                let accepts = hits.iter().any(|hit| selection.accepts(hit));
                let is_exact = selection.number < BITS - 1;
                assert!(
                    chosen.has(selection) == accepts || (!is_exact && !accepts),
                    "{hits:?} {selection:?}"
                );
            }
        }
        assert!(sieve.sets.len() <= BITS + 2, "{}", sieve.sets.len());
    }
}
