//! Pieces of fixed text that a text must have before a regular expression can match in it.
//!
//! Running every expression over every message would cost as much as there are expressions. Most contain fixed pieces;
//! the matcher looks for these together with the terms, and runs an expression only over a text that has them in the
//! order, and as near to each other, as a match would have them. The pieces are folded as far as folding goes, which can
//! only make the matcher run an expression in vain.

use proviso_chars::{self as chars, Relation};
use regex_automata::meta::{self, BuildError};
use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind, Repetition};
use std::collections::BTreeSet;

/// Literals of one expression, at most. More would fill the trie with pieces that are too short to be rare.
const LITERALS_MAX: usize = 64;
/// Characters of one literal, at most.
const LITERAL_CHARS_MAX: usize = 32;

/// Compiles an expression to a program of at most `bytes_max` bytes.
#[expect(clippy::result_large_err, reason = "built once a pattern")]
pub(crate) fn compile(hir: &Hir, bytes_max: usize) -> Result<meta::Regex, BuildError> {
    let config = meta::Config::new()
        .nfa_size_limit(Some(bytes_max))
        .onepass_size_limit(Some(64 << 10))
        // Another crate's features may bring automata that are built whole. Where such a one is there for an expression, and
        // neither it nor a lazy one for what stands before a literal in it, regex-automata 0.4.18 panics.
        .dfa(false)
        .hybrid(has_automaton(hir));
    meta::Builder::new().configure(config).build_from_hir(hir)
}

/// True if a lazily built automaton looks for the expression. It gives up on `\b` beside a character that is not ASCII: with
/// an allocation, and after time lost. Patterns with it go to the other engines at once.
pub(crate) fn has_automaton(hir: &Hir) -> bool {
    !hir.properties().look_set().contains_word_unicode()
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

/// False only if no ideograph of which there are traditional and simplified forms makes a difference to an expression.
pub(crate) fn tells_variants(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0);
            text.map_or(true, |text| text.chars().any(chars::has_variants))
        }
        HirKind::Class(Class::Unicode(class)) => class.ranges().iter().any(|range| {
            let all = range.start() <= '\u{3400}' && '\u{9fff}' <= range.end();
            !all && (range.start().max('\u{3400}')..=range.end().min('\u{9fff}')).any(chars::has_variants)
        }),
        HirKind::Class(Class::Bytes(class)) => !class.is_ascii(),
        HirKind::Repetition(repetition) => tells_variants(&repetition.sub),
        HirKind::Capture(capture) => tells_variants(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(tells_variants),
    }
}

/// Pieces of text of one part of an expression, folded as far as folding goes, one of which is in every match, gaps left
/// out or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) literals: Literals,
    /// From the end of a piece of the group before to the end of the piece of this one, in bytes, at most. `None` if
    /// there is no such bound, or no group before.
    pub(crate) reach: Option<u32>,
}

/// A way for an expression to match: it takes a piece of each group, one behind the other. At least one group.
pub(crate) type Route = Vec<Group>;

/// Every match goes one of these ways. `None` if there is one without pieces that are rare enough to be worth looking
/// for.
pub(crate) fn routes(hir: &Hir) -> Option<Vec<Route>> {
    let relation = chars::relation(chars::ALL);
    let hir = without_conditions(hir);
    match hir.kind() {
        HirKind::Alternation(branches) if branches.len() <= ROUTES_MAX && exact(&hir, relation).is_none() => {
            branches.iter().map(|branch| route(branch, relation)).collect()
        }
        _ => route(&hir, relation).map(|route| vec![route]),
    }
}

/// How much it tells that a text has a piece of the rarest group of the least telling route at a given place.
pub(crate) fn bits(routes: &[Route]) -> f32 {
    let of_route = |route: &Route| route.iter().map(|group| bits_of(&group.literals)).fold(0.0, f32::max);
    routes.iter().map(of_route).fold(f32::MAX, f32::min)
}

fn route(hir: &Hir, relation: &Relation) -> Option<Route> {
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => std::slice::from_ref(hir),
    };
    let mut found = sets(parts, relation);
    found.retain(|set| rarity(&set.literals) >= RARE_ENOUGH);
    // The rarest first; of equals the smallest, then the first.
    found.sort_by(|a, b| {
        let smaller = a.literals.len().cmp(&b.literals.len());
        bits_of(&b.literals).total_cmp(&bits_of(&a.literals)).then(smaller)
    });
    let mut chosen: Vec<Set> = Vec::new();
    for set in found {
        let apart = chosen.iter().all(|other| set.to <= other.from || other.to <= set.from);
        let telling = chosen.is_empty() || bits_of(&set.literals) >= FURTHER_BITS_MIN;
        if apart && telling && chosen.len() < GROUPS_MAX {
            chosen.push(set);
        }
    }
    chosen.sort_by_key(|set| set.from);
    let mut from = None;
    let route: Route = chosen
        .into_iter()
        .map(|set| {
            let reach = from.replace(set.from).and_then(|from| bytes_max(&parts[from..set.to]));
            Group {
                literals: set.literals,
                reach,
            }
        })
        .collect();
    (!route.is_empty()).then_some(route)
}

/// Bytes that these parts match together, at most.
fn bytes_max(parts: &[Hir]) -> Option<u32> {
    let lengths = parts.iter().map(|part| part.properties().maximum_len());
    let sum = lengths.sum::<Option<usize>>()?;
    u32::try_from(sum).ok()
}

/// Literals of which one is in every match of parts `from..to` of a sequence.
struct Set {
    literals: Literals,
    from: usize,
    to: usize,
}

/// The sets of literals that the parts of a sequence give.
fn sets(parts: &[Hir], relation: &Relation) -> Vec<Set> {
    let mut sets = Vec::new();
    // Neighbours with a finite language make longer literals together.
    let mut run: Option<Set> = None;
    for (at, part) in parts.iter().enumerate() {
        let whole = exact(part, relation);
        let longer = match (&run, &whole) {
            (Some(run), Some(whole)) => product(&run.literals, whole).map(|literals| (literals, run.from)),
            _ => None,
        };
        if let Some((literals, from)) = longer {
            run = Some(Set {
                literals,
                from,
                to: at + 1,
            });
        } else {
            let alone = whole.map(|literals| Set {
                literals,
                from: at,
                to: at + 1,
            });
            sets.extend(std::mem::replace(&mut run, alone));
        }
        sets.extend(required(part, relation).map(|literals| Set {
            literals,
            from: at,
            to: at + 1,
        }));
    }
    sets.extend(run);
    sets
}

pub(crate) type Literals = BTreeSet<String>;

/// Two letters of a Latin word, or one ideograph.
const RARE_ENOUGH: usize = 2;
/// What a second group of a route must tell. Looking for more pieces that are everywhere costs more than it saves.
const FURTHER_BITS_MIN: f32 = 10.0;
/// Ways of one expression, at most: beyond it the pieces of all of them are one group.
const ROUTES_MAX: usize = 16;
/// Groups of one way, at most.
const GROUPS_MAX: usize = 4;

/// How rare the most frequent of the literals is likely to be: the more, the rarer. Only what the trie looks for
/// counts: the letters of a literal, if it has any.
fn rarity(literals: &Literals) -> usize {
    let of_letter = |c: char| if c.is_ascii() { 1 } else { 2 };
    let of_mark = |c: char| if c.is_ascii() && c != '@' { 0 } else { 2 };
    let of_literal = |literal: &String| match letters(literal).map(of_letter).sum() {
        0 => literal.chars().map(of_mark).sum(),
        rarity => rarity,
    };
    literals.iter().map(of_literal).min().unwrap_or_default()
}

fn letters(literal: &str) -> impl Iterator<Item = char> {
    literal.chars().filter(|&c| chars::class(c) == chars::Class::Letter)
}

/// How much it tells that a text has one of these at a given place: the negative binary logarithm of an estimate of how
/// often that happens.
fn bits_of(literals: &Literals) -> f32 {
    let of_char = |c: char| match c {
        'e' | 't' | 'a' | 'o' | 'i' | 'n' | 's' | 'h' | 'r' => 4.0,
        'a'..='z' => 5.5,
        '0'..='9' => 6.0,
        _ => 9.0,
    };
    let often = |literal: &String| {
        let letters: f32 = letters(literal).map(of_char).sum();
        let bits = if letters > 0.0 {
            letters
        } else {
            literal.chars().map(of_char).sum()
        };
        (-bits).exp2()
    };
    -literals.iter().map(often).sum::<f32>().log2()
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
        HirKind::Concat(parts) => sets(parts, relation)
            .into_iter()
            .map(|set| set.literals)
            .max_by_key(|literals| (rarity(literals), usize::MAX - literals.len())),
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

    /// Pieces of a group with spaces between them, after the reach; groups and routes in order.
    fn shown(regex: &str) -> Option<Vec<Vec<String>>> {
        let show = |group: Group| {
            let pieces = group.literals.into_iter().collect::<Vec<_>>().join(" ");
            group.reach.map(|reach| format!("{reach}: ")).unwrap_or_default() + &pieces
        };
        let routes = routes(&regex_syntax::parse(regex).unwrap())?;
        Some(
            routes
                .into_iter()
                .map(|route| route.into_iter().map(show).collect())
                .collect(),
        )
    }

    fn check(regex: &str, expected: &[&[&str]]) {
        let expected: Vec<Vec<String>> = expected
            .iter()
            .map(|route| route.iter().map(ToString::to_string).collect())
            .collect();
        assert_eq!(shown(regex), Some(expected), "{regex}");
    }

    #[test]
    fn the_rarest_pieces_of_a_part_are_found() {
        check("(?i)Guaranteed", &[&["guaranteed"]]);
        check(
            "加(?:我|個)?(?:微信|薇)",
            &[&["加个微信 加个薇 加微信 加我微信 加我薇 加薇"]],
        );
        check(r"\d+(?:\.\d+)?[万亿元]", &[&["万 亿 元"]]);
        check(r"(?:年化|保底)\s*\d+%", &[&["保底 年化"]]);
        check(r"\b[\w.]+@[\w.]+\b", &[&["@"]]);
        check(r"\bAKIA[0-9A-Z]{16}\b", &[&["akia"]]);
        check(r"1[34]\d{9}", &[&["13 14"]]);
        check("a.*保本.*b", &[&["保本"]]);
    }

    #[test]
    fn pieces_follow_each_other_on_every_way() {
        check("点击.{0,4}链接.*身份", &[&["点击", "28: 炼接", "身份"]]);
        check("(?:点击|打开)(?:.{2})?(?:链接)", &[&["打开 点击", "20: 炼接"]]);
        check(
            "^转账.{0,2}现金|(?i)cash.*money$",
            &[&["转账", "20: 现金"], &["cash", "money"]],
        );
        check("保本|稳赚|保息", &[&["保息 保本 稳赚"]]);
        // Single ideographs beside rarer pieces are not worth looking for; nor is a second piece of the same part.
        check("[元块万].{3}验证码", &[&["验证码"]]);
        check("(?:验证码.动态码)+", &[&["动态码"]]);
    }

    #[test]
    fn what_is_too_frequent_or_unbounded_is_not_looked_for() {
        for regex in [
            r"[0-9]{11}",
            r"\d{17}[\dXx]",
            "[a-z]+",
            ".{3}",
            r"(?:保本|\d+)",
            r"保本.|x\d+",
            r"x\.y?",
            r"保?\d",
        ] {
            assert_eq!(shown(regex), None, "{regex}");
        }
    }
}
