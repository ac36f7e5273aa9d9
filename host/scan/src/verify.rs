//! Whether a term is where its key was found, under the options of its own list, and where it begins and ends.

use crate::folding::{GAP_CHARS_MAX, Gaps, is_word};
use crate::identifiers;
use crate::machine_text;
use crate::matcher::Matcher;
use crate::term::{Rule, Term, WordEnd};
use crate::term_search::Reduced;
use proviso_chars::{Class, Classes};

impl Matcher {
    /// The span of a term whose key ends at byte `at`, if it is there.
    /// Adds what it looks at to `steps`. In a reading without repeated characters it is there if it overlooks them; else if it does
    /// not.
    pub(crate) fn verify(
        &self,
        (text, reduced): (&str, Option<Reduced<'_>>),
        at: usize,
        term: &Term,
        steps: &mut u64,
    ) -> Option<(u32, u32)> {
        *steps += 1;
        let rule = &self.rules[usize::from(term.rule)];
        if rule.folding.repeats != reduced.is_some() {
            return None;
        }
        let gaps = rule.folding.gaps;
        if term.ends_word() && text.as_bytes().get(at).is_some_and(u8::is_ascii_alphanumeric) {
            return None;
        }
        let chars = term.chars.of(&self.chars);
        let (before, behind) = chars.split_at(chars.len() - usize::from(term.behind));
        let walk = Walk {
            classes: self.classes,
            rule,
            compared: term.compared,
        };
        let (taken_before, taken_behind) = if let Some(counts) = reduced.map(Reduced::counts) {
            let counted = |(at, c): (usize, char)| (c, counts[at]);
            let chars_before = text[..at].char_indices().rev().map(counted);
            let chars_behind = text[at..].char_indices().map(|(ahead, c)| counted((at + ahead, c)));
            (
                walk.consume_repeated(chars_before, before.iter().rev(), steps)?,
                walk.consume_repeated(chars_behind, behind.iter(), steps)?,
            )
        } else {
            let before = walk.consume(text[..at].chars().rev(), before.iter().rev(), steps)?;
            let behind = if behind.is_empty() {
                0
            } else {
                walk.consume(text[at..].chars(), behind.iter(), steps)?
            };
            (before, behind)
        };
        let found = (at - taken_before) as u32..(at + taken_behind) as u32;
        // What stands around it, as it came in.
        let (text, start, end) = match reduced {
            None => (text, found.start as usize, found.end as usize),
            Some(reduced) => {
                let span = reduced.span_of_text(&(found.start as usize..found.end as usize));
                (reduced.text, span.start, span.end)
            }
        };
        let starts = !term.word_start || !self.is_word_neighbour(text[..start].chars().rev(), gaps);
        let ends = match term.word_end {
            WordEnd::Anything => true,
            WordEnd::Border => !self.is_word_neighbour(text[end..].chars(), gaps),
            WordEnd::BorderOrIdentifier => {
                !self.is_word_neighbour(text[end..].chars(), gaps) || identifiers::begins(&text[end..])
            }
        };
        let is_machine_text = || rule.folding.skip_machine_text && machine_text::holds(text, start..end);
        (starts && ends && !is_machine_text()).then_some((found.start, found.end))
    }

    /// True if the nearest of `chars` that is not invisible makes a word border matter. Invisible characters count
    /// where the list does not skip them.
    fn is_word_neighbour(&self, chars: impl Iterator<Item = char>, gaps: Gaps) -> bool {
        let mut chars = chars.take(GAP_CHARS_MAX + 1);
        chars
            .find(|&c| gaps == Gaps::None || self.classes.get(c) != Class::Invisible)
            .is_some_and(is_word)
    }
}

/// How characters of a text are compared with those of a term.
struct Walk<'a> {
    classes: &'a Classes,
    rule: &'a Rule,
    compared: bool,
}

impl Walk<'_> {
    /// The bytes of `text` that the characters of `term` take, gaps between them included.
    /// Each character is a step.
    fn consume<'t>(
        &self,
        mut text: impl Iterator<Item = char>,
        term: impl Iterator<Item = &'t char>,
        steps: &mut u64,
    ) -> Option<usize> {
        let mut bytes = 0;
        for &wanted in term {
            let mut skipped = 0;
            loop {
                let c = text.next()?;
                *steps += 1;
                bytes += c.len_utf8();
                let class = self.classes.get(c);
                if self.rule.folding.gaps.skips(class) {
                    skipped += 1;
                    if skipped > GAP_CHARS_MAX {
                        return None;
                    }
                } else if self.compared && class == Class::Letter || self.rule.relation.fold(c) == wanted {
                    break;
                } else {
                    return None;
                }
            }
        }
        Some(bytes)
    }

    /// As `consume`, of a text in which no character is repeated: each comes with how often it stood. A character that the term has
    /// several times in a row must have stood as often, or more often.
    fn consume_repeated<'t>(
        &self,
        mut text: impl Iterator<Item = (char, u8)>,
        mut term: impl Iterator<Item = &'t char>,
        steps: &mut u64,
    ) -> Option<usize> {
        let mut bytes = 0;
        let mut next = term.next();
        while let Some(&wanted) = next {
            let mut times = 0_u32;
            loop {
                times += 1;
                next = term.next();
                if next != Some(&wanted) {
                    break;
                }
            }
            let (mut stood, mut skipped) = (0, 0);
            while stood < times {
                let (c, count) = text.next()?;
                *steps += 1;
                bytes += c.len_utf8();
                if self.rule.folding.gaps.skips(self.classes.get(c)) {
                    skipped += 1;
                    if skipped > GAP_CHARS_MAX {
                        return None;
                    }
                } else if self.rule.relation.fold(c) == wanted {
                    stood += u32::from(count);
                    skipped = 0;
                } else {
                    return None;
                }
            }
        }
        Some(bytes)
    }
}
