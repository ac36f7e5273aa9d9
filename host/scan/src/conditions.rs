//! What a text must have, byte by byte, before an expression can match anywhere in it.
//!
//! Two kinds of facts follow from an expression alone. A run: every match, or a part of it, is so many bytes of few
//! kinds in a row; `[1-9][0-9]{16}[0-9Xx]` needs eighteen digits or letters x. And a presence: some byte of a small set is
//! in every match; `[\w.]+@[\w.]+` needs an `@`. Both cost next to nothing to look for: a run of eighteen bytes covers
//! every eighteenth byte of a text, so that only these are looked at. What passes may still be no match.

use crate::byte_set::ByteSet;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::fmt;

/// Somewhere in the text, at least `least` bytes of the set follow each other. With one byte it is a presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Run {
    bytes: ByteSet,
    /// At least 1.
    least: u32,
}

impl Run {
    /// How much it tells that a text has the run at a given place.
    pub(crate) fn bits(&self) -> f32 {
        self.bytes.bits() * self.least as f32
    }

    pub(crate) fn least(&self) -> u32 {
        self.least
    }

    pub(crate) fn has_letters(&self) -> bool {
        self.bytes.bytes().any(|byte| byte.is_ascii_alphabetic())
    }

    fn either(&self, other: &Self) -> Self {
        Self {
            bytes: self.bytes.union(&other.bytes),
            least: self.least.min(other.least),
        }
    }
}

/// Runs that are rarer than this are worth a look.
const RUN_BITS_MIN: f32 = 12.0;
/// Presences that are rarer than this are.
const PRESENCE_BITS_MIN: f32 = 4.0;
/// Presences of one expression, at most.
const PRESENCES_MAX: usize = 3;
/// Parts of a sequence whose runs are tried with each other, at most.
const PARTS_MAX: usize = 48;

/// What every text with a match of `hir` has: the rarest run and the one that the whole match is, then the rarest
/// presences. May be empty.
pub(crate) fn of(hir: &Hir) -> Vec<Run> {
    let needs = needs(hir);
    let mut presences = needs.presences;
    // A byte within a character says little: the same byte is within many others.
    let telling =
        |run: &Run| run.bits() >= PRESENCE_BITS_MIN && !run.bytes.bytes().any(|byte| (0x80..0xc0).contains(&byte));
    presences.retain(telling);
    presences.sort_unstable_by(|a, b| b.bits().total_cmp(&a.bits()).then(a.cmp(b)));
    presences.dedup();
    presences.truncate(PRESENCES_MAX);
    let whole = whole_run(hir).filter(|whole| needs.run != Some(*whole));
    let mut conditions: Vec<Run> = needs.run.into_iter().chain(whole).collect();
    conditions.retain(|run| run.least > 1 && run.bits() >= RUN_BITS_MIN);
    conditions.extend(presences);
    conditions
}

/// What every match of an expression has.
#[derive(Default)]
struct Needs {
    /// The rarest run; of presences too.
    run: Option<Run>,
    presences: Vec<Run>,
}

impl Needs {
    fn offer(&mut self, run: Option<Run>) {
        self.run = [self.run, run]
            .into_iter()
            .flatten()
            .max_by(|a, b| a.bits().total_cmp(&b.bits()).then(b.cmp(a)));
    }

    fn rarest_presence(&self) -> Option<Run> {
        let rarest = |a: &&Run, b: &&Run| a.bits().total_cmp(&b.bits()).then(b.cmp(a));
        self.presences.iter().max_by(rarest).copied()
    }
}

fn needs(hir: &Hir) -> Needs {
    let mut needs = Needs::default();
    let whole = whole_run(hir);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            let presence = |&byte: &u8| Run {
                bytes: ByteSet::range(byte, byte),
                least: 1,
            };
            needs.presences = literal.0.iter().map(presence).collect();
        }
        HirKind::Class(class) => {
            let bytes = leads(class);
            needs.presences = vec![Run { bytes, least: 1 }];
        }
        HirKind::Repetition(repetition) => {
            if repetition.min > 0 {
                needs = self::needs(&repetition.sub);
            }
        }
        HirKind::Capture(capture) => needs = self::needs(&capture.sub),
        HirKind::Concat(parts) => {
            for part in parts {
                let of_part = self::needs(part);
                needs.presences.extend(of_part.presences);
                needs.offer(of_part.run);
            }
            for from in 0..parts.len().min(PARTS_MAX) {
                let mut so_far = Run {
                    bytes: ByteSet::default(),
                    least: 0,
                };
                for part in parts[from..].iter().take(PARTS_MAX) {
                    so_far.bytes = so_far.bytes.union(&alphabet(part));
                    so_far.least = so_far.least.saturating_add(least(part));
                    // A literal is better looked for as such.
                    needs.offer(Some(so_far).filter(|run| run.least > 0 && !is_literal(part)));
                }
            }
        }
        HirKind::Alternation(branches) => {
            let of_branches: Vec<Needs> = branches.iter().map(self::needs).collect();
            let presences: Option<Vec<Run>> = of_branches.iter().map(Needs::rarest_presence).collect();
            needs.presences = presences
                .into_iter()
                .filter_map(|all| all.into_iter().reduce(|a, b| a.either(&b)))
                .collect();
            let runs: Option<Vec<Run>> = of_branches.iter().map(|needs| needs.run).collect();
            needs.offer(runs.and_then(|all| all.into_iter().reduce(|a, b| a.either(&b))));
        }
    }
    needs.offer(whole);
    needs.offer(needs.rarest_presence());
    needs
}

fn is_literal(hir: &Hir) -> bool {
    hir.properties().is_literal()
}

/// The run that a match of the whole expression is.
fn whole_run(hir: &Hir) -> Option<Run> {
    let least = least(hir);
    (least > 0 && !is_literal(hir)).then(|| Run {
        bytes: alphabet(hir),
        least,
    })
}

/// Bytes of every match, at least.
fn least(hir: &Hir) -> u32 {
    let least = hir.properties().minimum_len().unwrap_or_default();
    u32::try_from(least).unwrap_or(u32::MAX)
}

/// All bytes that a match may have.
fn alphabet(hir: &Hir) -> ByteSet {
    let all = |parts: &[Hir]| {
        parts
            .iter()
            .fold(ByteSet::default(), |set, part| set.union(&alphabet(part)))
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => ByteSet::default(),
        HirKind::Literal(literal) => literal
            .0
            .iter()
            .fold(ByteSet::default(), |set, &byte| set.union(&ByteSet::range(byte, byte))),
        HirKind::Class(Class::Bytes(class)) => class.ranges().iter().fold(ByteSet::default(), |set, range| {
            set.union(&ByteSet::range(range.start(), range.end()))
        }),
        HirKind::Class(Class::Unicode(class)) => class.ranges().iter().fold(ByteSet::default(), |set, range| {
            set.union(&bytes_between(range.start(), range.end()))
        }),
        HirKind::Repetition(repetition) => alphabet(&repetition.sub),
        HirKind::Capture(capture) => alphabet(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => all(parts),
    }
}

/// The first bytes of the characters of a class.
fn leads(class: &Class) -> ByteSet {
    let lead = |c: char| c.encode_utf8(&mut [0; 4]).as_bytes()[0];
    match class {
        Class::Bytes(class) => class.ranges().iter().fold(ByteSet::default(), |set, range| {
            set.union(&ByteSet::range(range.start(), range.end()))
        }),
        // First bytes ascend with the characters.
        Class::Unicode(class) => class.ranges().iter().fold(ByteSet::default(), |set, range| {
            set.union(&ByteSet::range(lead(range.start()), lead(range.end())))
        }),
    }
}

/// All bytes of the characters between two, and perhaps more.
fn bytes_between(from: char, to: char) -> ByteSet {
    let (mut first, mut last) = ([0; 4], [0; 4]);
    let (first, last) = (
        from.encode_utf8(&mut first).as_bytes(),
        to.encode_utf8(&mut last).as_bytes(),
    );
    let lead = ByteSet::range(first[0], last[0]);
    let tail = match (first.len(), last.len()) {
        (1, 1) => ByteSet::default(),
        (a, b) if a == b => {
            let same = first.iter().zip(last).take_while(|(a, b)| a == b).count();
            let byte = |at: usize| match at.cmp(&same) {
                std::cmp::Ordering::Less | std::cmp::Ordering::Equal => ByteSet::range(first[at], last[at]),
                std::cmp::Ordering::Greater => ByteSet::range(0x80, 0xbf),
            };
            (1..a).map(byte).fold(ByteSet::default(), |set, byte| set.union(&byte))
        }
        _ => ByteSet::range(0x80, 0xbf),
    };
    lead.union(&tail)
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.bytes)?;
        if self.least > 1 {
            write!(f, "{{{}}}", self.least)?;
        }
        Ok(())
    }
}

/// The conditions of all expressions of a matcher, each looked for at most once a text.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    runs: Vec<(Run, Box<[bool; 256]>)>,
    presences: Vec<Run>,
    /// By byte, bit `n` for the `n`th of the runs that are long enough to cover a byte of each sample.
    sampled: Table,
    /// By byte, bit `n` for the `n`th presence.
    present: Table,
}

/// A word of 64 bits for each byte.
#[derive(Debug)]
struct Table(Box<[u64; 256]>);

impl Default for Table {
    fn default() -> Self {
        Self(Box::new([0; 256]))
    }
}

/// What an expression needs, by the numbers of a matcher's conditions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Needed {
    /// Runs, as bits of the samples.
    sampled: u64,
    present: u64,
    runs: Vec<u32>,
}

/// Runs of at least this many bytes cover a byte of each sample: every eighth byte of a text.
const SAMPLE_BYTES: usize = 8;

/// What is known of one text so far.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    sampled: Option<u64>,
    present: Option<u64>,
}

impl Conditions {
    /// What an expression with these conditions needs. Each kind has 64 places that cost nothing to look at; those who
    /// come first get them.
    pub(crate) fn add(&mut self, conditions: &[Run]) -> Needed {
        let mut needed = Needed::default();
        for condition in conditions {
            if condition.least == 1
                && let Some(bit) = place(&mut self.presences, condition)
            {
                needed.present |= 1 << bit;
                self.present.mark(&condition.bytes, bit);
                continue;
            }
            let known = self.runs.iter().position(|(run, _)| run == condition);
            let number = known.unwrap_or_else(|| {
                let members = std::array::from_fn(|byte| condition.bytes.contains(byte as u8));
                self.runs.push((*condition, Box::new(members)));
                self.runs.len() - 1
            });
            needed.runs.push(number as u32);
            if number < 64 && condition.least as usize >= SAMPLE_BYTES {
                needed.sampled |= 1 << number;
                self.sampled.mark(&condition.bytes, number);
            }
        }
        needed
    }

    /// False if no match of an expression that needs this can be in the text.
    pub(crate) fn passes(&self, needed: &Needed, text: &[u8], facts: &mut Facts) -> bool {
        if needed.sampled != 0 {
            let sampled = *facts.sampled.get_or_insert_with(|| self.sampled.of_samples(text));
            if needed.sampled & !sampled != 0 {
                return false;
            }
        }
        let has_run = |&number: &u32| {
            let (run, members) = &self.runs[number as usize];
            has_run(text, members, run.least as usize)
        };
        let present = |facts: &mut Facts| *facts.present.get_or_insert_with(|| self.present.of_all(text));
        (needed.present == 0 || needed.present & !present(facts) == 0) && needed.runs.iter().all(has_run)
    }
}

/// The place of a condition among those of its kind, where it is put if it is new; none if all places are taken.
fn place(known: &mut Vec<Run>, condition: &Run) -> Option<usize> {
    known.iter().position(|known| known == condition).or_else(|| {
        (known.len() < 64).then(|| {
            known.push(*condition);
            known.len() - 1
        })
    })
}

impl Table {
    fn mark(&mut self, bytes: &ByteSet, bit: usize) {
        bytes.bytes().for_each(|byte| self.0[usize::from(byte)] |= 1 << bit);
    }

    /// The bits of every byte of the text that ends a sample.
    fn of_samples(&self, text: &[u8]) -> u64 {
        let ends = text.iter().skip(SAMPLE_BYTES - 1).step_by(SAMPLE_BYTES);
        ends.fold(0, |bits, &byte| bits | self.0[usize::from(byte)])
    }

    /// The bits of all bytes of the text.
    fn of_all(&self, text: &[u8]) -> u64 {
        let of = |byte: u8| self.0[usize::from(byte)];
        let (fours, rest) = text.as_chunks();
        let bits = fours
            .iter()
            .fold(0, |bits, &[a, b, c, d]| bits | of(a) | of(b) | (of(c) | of(d)));
        rest.iter().fold(bits, |bits, &byte| bits | of(byte))
    }
}

/// True if at least `least` members follow each other somewhere. Looks at few bytes where members are rare, and at each
/// byte at most twice.
fn has_run(text: &[u8], members: &[bool; 256], least: usize) -> bool {
    let is_member = |byte: &u8| members[usize::from(*byte)];
    let mut at = least - 1;
    while let Some(byte) = text.get(at) {
        if !is_member(byte) {
            at += least;
            continue;
        }
        let before = text[at + 1 - least..at]
            .iter()
            .rev()
            .take_while(|byte| is_member(byte))
            .count();
        let wanted = least - 1 - before;
        let after = text[at + 1..]
            .iter()
            .take(wanted)
            .take_while(|byte| is_member(byte))
            .count();
        if after == wanted {
            return true;
        }
        // The byte behind these is no member.
        at += after + 1 + least;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(regex: &str) -> Vec<String> {
        let hir = regex_syntax::parse(regex).unwrap();
        of(&hir).iter().map(ToString::to_string).collect()
    }

    fn check(regex: &str, expected: &[&str]) {
        assert_eq!(shown(regex), expected, "{regex}");
    }

    #[test]
    fn runs_and_presences_follow_from_an_expression() {
        check("[1-9][0-9]{16}[0-9Xx]", &["[0-9Xx]{18}", "[1-9]", "[0-9]", "[0-9Xx]"]);
        check(r"[\w.]+@[a-z]+\.cn", &["[@]", "[.]", "[c]"]);
        check("(?:[0-9]{3}|[xy]{4,5})-?", &["[0-9x-y]{3}", "[-0-9x-y]{3}", "[0-9x-y]"]);
        check("(?:ab{2}|(cd))*[ghi]{0,4}", &[]);
        check("[０-９]{16}", &["[\\x90-\\x99\\xbc\\xef]{48}", "[\\xef]"]);
        check("(?:=|:|[0-9])?[^x]", &[]);
        check(r"^.\b[{(]$", &["[({]"]);
    }

    #[test]
    fn what_fulfils_every_condition_passes() {
        let mut known = Conditions::default();
        let mut passes = |regex: &str, text: &str| {
            let needed = known.add(&of(&regex_syntax::parse(regex).unwrap()));
            known.passes(&needed, text.as_bytes(), &mut Facts::default())
        };
        assert!(passes("[0-9]{11}", "13800138000"));
        assert!(passes("[0-9]{11}", "我的号码是13800138000，请记下"));
        assert!(!passes("[0-9]{11}", "1380013800 13800138"));
        assert!(!passes("[0-9]{11}", ""));
        assert!(passes("[a-z]{30}[{][a-z]", "fn main() {}"));
        assert!(!passes("[a-z]{30}[{][a-z]", "fn main()"));
        // More conditions than there are places.
        for number in 0..200 {
            let digits = number + 4;
            let mark = ['#', '@', '='][number % 3];
            let regex = format!("[0-9]{{{digits}}}[{mark}]");
            assert!(passes(&regex, &format!("x{}{mark}", "7".repeat(digits))), "{regex}");
            assert!(
                !passes(&regex, &format!("x{}{mark}", "7".repeat(digits - 1))),
                "{regex}"
            );
            assert!(!passes(&regex, &"7".repeat(digits)), "{regex}");
        }
        for mark in '!'..='/' {
            let regex = format!("[\\x{:02x}]", u32::from(mark));
            assert!(passes(&regex, &format!("保{mark}")) && !passes(&regex, "保"), "{regex}");
        }
    }

    #[test]
    fn a_run_is_found_wherever_it_lies() {
        let members: [bool; 256] = std::array::from_fn(|byte| (byte as u8).is_ascii_digit());
        for least in 1..9 {
            for length in 0..40 {
                for from in 0..length {
                    for to in from..length {
                        let text: Vec<u8> = (0..length)
                            .map(|at| {
                                if (from..to).contains(&at) || at % 5 == 0 {
                                    b'7'
                                } else {
                                    b'x'
                                }
                            })
                            .collect();
                        let longest = text
                            .split(|byte| *byte == b'x')
                            .map(<[u8]>::len)
                            .max()
                            .unwrap_or_default();
                        assert_eq!(has_run(&text, &members, least), longest >= least, "{text:?} {least}");
                    }
                }
            }
        }
    }
}
