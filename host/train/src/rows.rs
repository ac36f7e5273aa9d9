//! Texts as the numbers that the plugin sees: for each passage, how often each slot is met, divided by the root of the fragments.
//!
//! Every text is cut once ([`Texts`]). Which fragments are learnt is counted anew for each model, in the texts that it learns from
//! ([`Texts::rows`]): what is kept apart of a model has no part in that.

use super::Options;
use super::examples::Example;
use super::mask::Mask;
use proviso_text_features::Model;
use proviso_text_features::fragments::{self, Sink};
use std::collections::HashMap;
use std::ops::Range;

/// Of one passage.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Slots with what they count for, by slot.
    pub values: Vec<(u32, f32)>,
}

/// What some of the examples can teach.
#[derive(Debug)]
pub struct Rows {
    /// By example: the passages of those that are learnt from, with the fragments that enough groups of them have.
    pub of_example: Vec<Vec<Row>>,
    /// In how many groups of them a slot is met.
    pub groups_of_slot: Vec<u32>,
}

/// All examples, cut.
#[derive(Debug)]
pub struct Texts {
    /// Passages of each example that are long enough; none of a text that is not.
    passages: Vec<Vec<Passage>>,
    /// The slot of each fragment, by its number.
    slots: Vec<u32>,
    slot_bits: u8,
    groups_min: u32,
    /// A number for each group, by example.
    pub group: Vec<u32>,
}

#[derive(Debug)]
struct Passage {
    /// Numbers of fragments that enough groups of all examples have, as often as they stand there.
    fragments: Vec<u32>,
    /// Of the number of all fragments.
    root: f32,
}

impl Texts {
    /// Cuts every example's text. Of the words of `mask` there are no fragments.
    pub fn new(examples: &[Example], mask: &Mask, options: &Options) -> Self {
        let group = groups(examples);
        let mut order: Vec<usize> = (0..examples.len()).collect();
        order.sort_by_key(|&example| group[example]);
        let texts: Vec<_> = examples.iter().map(|example| mask.apply(&example.text)).collect();
        let mut met: HashMap<u64, Met> = HashMap::new();
        for example in order {
            let mut meeting = Meeting {
                group: group[example],
                met: &mut met,
            };
            fragments::cut(&texts[example], &mut meeting);
        }
        // What too few groups of all have, too few of any part of them have: it need not be numbered.
        met.retain(|_, met| met.groups as usize >= options.groups_min);
        let mut numbers: HashMap<u64, u32> = HashMap::with_capacity(met.len());
        let mut slots = Vec::with_capacity(met.len());
        let mut number = |hash: u64| {
            met.contains_key(&hash).then(|| {
                *numbers.entry(hash).or_insert_with(|| {
                    slots.push(Model::slot(hash, options.slot_bits) as u32);
                    slots.len() as u32 - 1
                })
            })
        };
        let passages = texts
            .iter()
            .map(|text| passages_of(text, options, &mut number))
            .collect();
        Self {
            passages,
            slots,
            slot_bits: options.slot_bits,
            groups_min: u32::try_from(options.groups_min).unwrap_or(u32::MAX),
            group,
        }
    }

    /// True if the text of that example is too short to be learnt from.
    pub fn is_too_short(&self, example: usize) -> bool {
        self.passages[example].is_empty()
    }

    /// What these examples can teach. Nothing of any other one enters.
    pub fn rows(&self, members: &[usize]) -> Rows {
        let mut order = members.to_vec();
        order.sort_by_key(|&example| self.group[example]);
        let mut met = vec![Met::default(); self.slots.len()];
        for &example in &order {
            for &fragment in self.passages[example].iter().flat_map(|passage| &passage.fragments) {
                met[fragment as usize].meet(self.group[example]);
            }
        }
        let is_known = |fragment: u32| met[fragment as usize].groups >= self.groups_min;
        let mut of_example = vec![Vec::new(); self.passages.len()];
        let mut slots = vec![Met::default(); 1 << self.slot_bits];
        for example in order {
            let rows = self.rows_of(example, &is_known);
            for &(slot, _) in rows.iter().flat_map(|row| &row.values) {
                slots[slot as usize].meet(self.group[example]);
            }
            of_example[example] = rows;
        }
        Rows {
            of_example,
            groups_of_slot: slots.into_iter().map(|met| met.groups).collect(),
        }
    }

    /// One example as a model sees it that may not have learnt from it.
    pub fn rows_to_judge(&self, example: usize) -> Vec<Row> {
        self.rows_of(example, &|_| true)
    }

    fn rows_of(&self, example: usize, is_known: &impl Fn(u32) -> bool) -> Vec<Row> {
        let passages = self.passages[example].iter();
        let row = |passage: &Passage| {
            let known = passage.fragments.iter().filter(|fragment| is_known(**fragment));
            let slots = known.map(|fragment| self.slots[*fragment as usize]).collect();
            row_of(slots, passage.root)
        };
        passages.map(row).collect()
    }
}

/// A number for each group, by example.
fn groups(examples: &[Example]) -> Vec<u32> {
    let mut numbers: HashMap<(&str, &str), u32> = HashMap::new();
    let number = |example| {
        let Example { source, group, .. }: &Example = example;
        let next = numbers.len() as u32;
        *numbers.entry((source.as_str(), group.as_str())).or_insert(next)
    };
    examples.iter().map(number).collect()
}

fn row_of(mut slots: Vec<u32>, root: f32) -> Row {
    slots.sort_unstable();
    let values = slots.chunk_by(|one, other| one == other);
    Row {
        values: values.map(|same| (same[0], same.len() as f32 / root)).collect(),
    }
}

/// The passages of a text that are long enough, with those fragments that have a number. All of them count for its length.
fn passages_of(text: &str, options: &Options, number: &mut impl FnMut(u64) -> Option<u32>) -> Vec<Passage> {
    let mut counting = Counting {
        min_chars: options.min_chars.max(1),
        number,
        count: 0,
        fragments: Vec::new(),
        passages: Vec::new(),
    };
    fragments::cut(text, &mut counting);
    counting.passages
}

/// In how many groups something is met, which come one behind another.
#[derive(Debug, Clone, Copy, Default)]
struct Met {
    groups: u32,
    /// The last of them, and one more, so that 0 is none.
    last: u32,
}

impl Met {
    fn meet(&mut self, group: u32) {
        if self.last != group + 1 {
            self.last = group + 1;
            self.groups += 1;
        }
    }
}

struct Meeting<'m> {
    group: u32,
    met: &'m mut HashMap<u64, Met>,
}

impl Sink for Meeting<'_> {
    fn fragment(&mut self, there: bool, hash: u64, _start: usize, _end: usize) {
        if there {
            self.met.entry(hash).or_default().meet(self.group);
        }
    }

    fn passage(&mut self, _bytes: Range<usize>, _chars: u32) {}
}

struct Counting<'k, K> {
    min_chars: u32,
    number: &'k mut K,
    count: usize,
    fragments: Vec<u32>,
    passages: Vec<Passage>,
}

impl<K: FnMut(u64) -> Option<u32>> Sink for Counting<'_, K> {
    fn fragment(&mut self, there: bool, hash: u64, _start: usize, _end: usize) {
        self.count += usize::from(there);
        if there {
            self.fragments.extend((self.number)(hash));
        }
    }

    fn passage(&mut self, _bytes: Range<usize>, chars: u32) {
        let fragments = std::mem::take(&mut self.fragments);
        let count = std::mem::take(&mut self.count);
        if chars < self.min_chars || count == 0 {
            return;
        }
        let root = (count as f32).sqrt();
        self.passages.push(Passage { fragments, root });
    }
}

/// The rows of one text by all its fragments, as the plugin sees it.
#[cfg(test)]
pub fn rows_of_text(text: &str, options: &Options) -> Vec<Row> {
    let bits = options.slot_bits;
    let mut number = |hash: u64| Some(Model::slot(hash, bits) as u32);
    let passages = passages_of(text, options, &mut number).into_iter();
    passages
        .map(|passage| row_of(passage.fragments, passage.root))
        .collect()
}
