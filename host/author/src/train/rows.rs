//! Texts as the numbers that the plugin sees: for each passage, how often each slot is met, divided by the root of the fragments.

use super::Options;
use super::examples::Example;
use super::mask::mask;
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

/// Of all examples.
#[derive(Debug)]
pub struct Rows {
    /// Passages of each example that are long enough; none of a text that is not. They have the fragments that enough groups have.
    pub of_example: Vec<Vec<Row>>,
    /// In how many groups a slot is met.
    pub groups_of_slot: Vec<u32>,
    /// A number for each group, by example.
    pub group: Vec<u32>,
}

impl Rows {
    /// Cuts every example's text.
    pub fn new(examples: &[Example], options: &Options) -> Self {
        let mut numbers: HashMap<(&str, &str), u32> = HashMap::new();
        let group: Vec<u32> = examples
            .iter()
            .map(|example| {
                let next = numbers.len() as u32;
                *numbers
                    .entry((example.source.as_str(), example.group.as_str()))
                    .or_insert(next)
            })
            .collect();
        let mut order: Vec<usize> = (0..examples.len()).collect();
        order.sort_by_key(|&example| group[example]);

        let never: Vec<String> = options.never.iter().map(|word| word.to_ascii_lowercase()).collect();
        let texts: Vec<_> = examples.iter().map(|example| mask(&example.text, &never)).collect();
        let mut met: HashMap<u64, Met> = HashMap::new();
        for &example in &order {
            let mut meeting = Meeting {
                group: group[example],
                met: &mut met,
            };
            fragments::cut(&texts[example], &mut meeting);
        }
        let known = |hash| {
            met.get(&hash)
                .is_some_and(|met| met.groups as usize >= options.groups_min)
        };
        let of_example: Vec<Vec<Row>> = texts.iter().map(|text| rows_of(text, options, &known)).collect();

        let mut slots = vec![Met::default(); 1 << options.slot_bits];
        for example in order {
            for &(slot, _) in of_example[example].iter().flat_map(|row| &row.values) {
                slots[slot as usize].meet(group[example]);
            }
        }
        Self {
            of_example,
            groups_of_slot: slots.into_iter().map(|met| met.groups).collect(),
            group,
        }
    }
}

/// The rows of one text, with those fragments that are known. All of them count for its length.
pub fn rows_of(text: &str, options: &Options, known: &impl Fn(u64) -> bool) -> Vec<Row> {
    let mut counting = Counting {
        bits: options.slot_bits,
        min_chars: options.min_chars.max(1),
        known,
        fragments: 0,
        slots: Vec::new(),
        rows: Vec::new(),
    };
    fragments::cut(text, &mut counting);
    counting.rows
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
    bits: u8,
    min_chars: u32,
    known: &'k K,
    fragments: usize,
    slots: Vec<u32>,
    rows: Vec<Row>,
}

impl<K: Fn(u64) -> bool> Sink for Counting<'_, K> {
    fn fragment(&mut self, there: bool, hash: u64, _start: usize, _end: usize) {
        self.fragments += usize::from(there);
        if there && (self.known)(hash) {
            self.slots.push(Model::slot(hash, self.bits) as u32);
        }
    }

    fn passage(&mut self, _bytes: Range<usize>, chars: u32) {
        let mut slots = std::mem::take(&mut self.slots);
        let fragments = std::mem::take(&mut self.fragments);
        if chars < self.min_chars || fragments == 0 {
            return;
        }
        let root = (fragments as f32).sqrt();
        slots.sort_unstable();
        let values = slots.chunk_by(|one, other| one == other);
        let values = values.map(|same| (same[0], same.len() as f32 / root)).collect();
        self.rows.push(Row { values });
    }
}
