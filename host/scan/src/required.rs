//! What a regular expression needs of a text before it can match: literals of which one must be there.
//!
//! Running every expression over every message would cost as much as there are expressions. Most contain a fixed piece;
//! the matcher looks for these pieces together with the terms, and runs an expression only over a text that has one of
//! its pieces. The pieces are folded as far as folding goes, which can only make the matcher run an expression in vain.

use crate::chars::{self, Relation};
use regex_automata::meta::{self, BuildError};
use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind, Repetition};
use std::collections::BTreeSet;

/// Literals of one expression, at most. More would fill the automaton with pieces that are too short to be rare.
const LITERALS_MAX: usize = 64;
/// Characters of one literal, at most.
const LITERAL_CHARS_MAX: usize = 32;

/// Compiles an expression to a program of at most `bytes_max` bytes.
#[expect(clippy::result_large_err, reason = "built once a pattern")]
pub(crate) fn compile(hir: &Hir, bytes_max: usize) -> Result<meta::Regex, BuildError> {
    // The lazily built automaton gives up on `\b` beside a character that is not ASCII: with an allocation, and after
    // time lost. Patterns with it go to the other engines at once.
    let lazy = !hir.properties().look_set().contains_word_unicode();
    let config = meta::Config::new()
        .nfa_size_limit(Some(bytes_max))
        .onepass_size_limit(Some(64 << 10))
        .hybrid(lazy);
    meta::Builder::new().configure(config).build_from_hir(hir)
}

/// The same expression without its conditions on neighbours (`^`, `\b`, …): it matches wherever `hir` does, and
/// elsewhere. A search for it needs no look at neighbouring characters, so that it never falls back to a slow engine.
pub(crate) fn without_conditions(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
        HirKind::Look(_) => Hir::empty(),
        HirKind::Repetition(repetition) => {
            let sub = Box::new(without_conditions(&repetition.sub));
            Hir::repetition(Repetition {
                sub,
                ..repetition.clone()
            })
        }
        HirKind::Capture(capture) => without_conditions(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(without_conditions).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(without_conditions).collect()),
    }
}

/// Literals, folded as far as folding goes, one of which is in every match of the expression, gaps left out or not.
/// `None` if there are none that are rare enough to be worth looking for.
pub(crate) fn literals(hir: &Hir) -> Option<BTreeSet<String>> {
    let relation = chars::relation(chars::ALL);
    required(hir, relation).filter(|literals| rarity(literals) >= RARE_ENOUGH)
}

type Literals = BTreeSet<String>;

/// Two letters of a Latin word, or one ideograph.
const RARE_ENOUGH: usize = 2;

/// How rare the most frequent of the literals is likely to be: the more, the rarer. Only what the automaton looks for
/// counts: the letters of a literal, if it has any.
fn rarity(literals: &Literals) -> usize {
    let of_letter = |c: char| if c.is_ascii() { 1 } else { 2 };
    let of_mark = |c: char| if c.is_ascii() && c != '@' { 0 } else { 2 };
    literals
        .iter()
        .map(|literal| {
            let letters = literal.chars().filter(|&c| chars::class(c) == chars::Class::Letter);
            match letters.map(of_letter).sum() {
                0 => literal.chars().map(of_mark).sum(),
                rarity => rarity,
            }
        })
        .min()
        .unwrap_or_default()
}

/// The finite language of an expression, conditions overlooked.
fn exact(hir: &Hir, relation: &Relation) -> Option<Literals> {
    let language = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Literals::from([String::new()]),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Literals::from([text.chars().map(|c| relation.fold(c)).collect()])
        }
        HirKind::Class(Class::Unicode(class)) => {
            let chars: usize = class.ranges().iter().map(ClassUnicodeRange::len).sum();
            if chars > LITERALS_MAX {
                return None;
            }
            let chars = class.ranges().iter().flat_map(|range| range.start()..=range.end());
            chars.map(|c| relation.fold(c).to_string()).collect()
        }
        HirKind::Class(Class::Bytes(_)) => return None,
        HirKind::Repetition(repetition) => {
            let sub = exact(&repetition.sub, relation)?;
            match (repetition.min, repetition.max) {
                (0, Some(1)) => sub.into_iter().chain([String::new()]).collect(),
                (min, Some(max)) if min == max && max as usize <= LITERAL_CHARS_MAX => {
                    (0..max).try_fold(Literals::from([String::new()]), |all, _| product(&all, &sub))?
                }
                _ => return None,
            }
        }
        HirKind::Capture(capture) => exact(&capture.sub, relation)?,
        HirKind::Concat(parts) => {
            let empty = Literals::from([String::new()]);
            parts
                .iter()
                .try_fold(empty, |all, part| product(&all, &exact(part, relation)?))?
        }
        HirKind::Alternation(parts) => parts
            .iter()
            .map(|part| exact(part, relation))
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect(),
    };
    (language.len() <= LITERALS_MAX).then_some(language)
}

/// Every literal of `before` with every one of `after` behind it.
fn product(before: &Literals, after: &Literals) -> Option<Literals> {
    if before.len() * after.len() > LITERALS_MAX {
        return None;
    }
    let all: Literals = before
        .iter()
        .flat_map(|a| after.iter().map(move |b| format!("{a}{b}")))
        .collect();
    all.iter()
        .all(|literal| literal.chars().count() <= LITERAL_CHARS_MAX)
        .then_some(all)
}

/// The rarest set of literals of which one is in every match.
fn required(hir: &Hir, relation: &Relation) -> Option<Literals> {
    let whole = exact(hir, relation).filter(|literals| !literals.iter().any(String::is_empty));
    if whole.is_some() {
        return whole;
    }
    match hir.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub, relation),
        HirKind::Capture(capture) => required(&capture.sub, relation),
        HirKind::Concat(parts) => {
            let mut sets: Vec<Literals> = Vec::new();
            // Neighbours with a finite language make longer literals together.
            let mut run: Option<Literals> = None;
            for part in parts {
                let part_exact = exact(part, relation);
                let longer = match (&run, &part_exact) {
                    (Some(before), Some(after)) => product(before, after),
                    _ => None,
                };
                if longer.is_some() {
                    run = longer;
                } else {
                    sets.extend(std::mem::replace(&mut run, part_exact));
                }
                sets.extend(required(part, relation));
            }
            sets.extend(run);
            sets.into_iter().max_by_key(|set| (rarity(set), usize::MAX - set.len()))
        }
        HirKind::Alternation(parts) => {
            let all: Literals = parts
                .iter()
                .map(|part| required(part, relation))
                .collect::<Option<Vec<_>>>()?
                .into_iter()
                .flatten()
                .collect();
            (all.len() <= LITERALS_MAX).then_some(all)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals_of(regex: &str) -> Option<Vec<String>> {
        literals(&regex_syntax::parse(regex).unwrap()).map(|literals| literals.into_iter().collect())
    }

    #[test]
    fn the_rarest_required_literals_are_found() {
        let some = |literals: &[&str]| Some(literals.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(literals_of("(?i)Guaranteed"), some(&["guaranteed"]));
        assert_eq!(
            literals_of("加(?:我|個)?(?:微信|薇)"),
            some(&["加个微信", "加个薇", "加微信", "加我微信", "加我薇", "加薇"])
        );
        assert_eq!(literals_of(r"\d+(?:\.\d+)?[万亿元]"), some(&["万", "亿", "元"]));
        assert_eq!(literals_of(r"(?:年化|保底)\s*\d+%"), some(&["保底", "年化"]));
        assert_eq!(literals_of(r"\b[\w.]+@[\w.]+\b"), some(&["@"]));
        assert_eq!(literals_of(r"\bAKIA[0-9A-Z]{16}\b"), some(&["akia"]));
        assert_eq!(literals_of(r"1[34]\d{9}"), some(&["13", "14"]));
        assert_eq!(literals_of("a.*保本.*b"), some(&["保本"]));
    }

    #[test]
    fn what_is_too_frequent_or_unbounded_is_not_looked_for() {
        for regex in [
            r"[0-9]{11}",
            r"\d{17}[\dXx]",
            "[a-z]+",
            ".{3}",
            r"(?:保本|\d+)",
            r"x\.y?",
            r"保?\d",
        ] {
            assert_eq!(literals_of(regex), None, "{regex}");
        }
    }
}
