//! Whether a negator governs a hit: 不承诺保本, "we never promise a guaranteed return".
//!
//! From the hit back to the start of its sentence each negator is tried, the nearest first, and read forward to the hit: what stands between
//! lets it through, carries it on (a verb of saying), or ends it (a border, a contrast, a predicate of its own). Two negators in a row affirm.

use super::denied;
use super::surroundings::Surroundings;
use crate::reading::Token;
use crate::words::Class;

/// How many negators are tried.
const TRIES: usize = 6;

/// How many unknown characters a negator reaches over: behind a verb of saying, behind a word that brings a party in, by itself.
const CARRIED: u32 = 36;
const BRIDGED: u32 = 12;
const ALONE: u32 = 4;

/// How many tokens behind the hit may leave the speaker out.
const SAVED_BEHIND: usize = 16;

/// What governs, by how far it reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Governor {
    /// 严禁: over everything in its clause.
    Ban,
    /// 警惕: over what it touches nearly, or introduces.
    Warning,
    /// 不会: over a few characters, and on behind a verb of saying.
    Negator,
    /// 不, 违规: over what it touches, and on behind a verb of saying.
    Bare,
    /// 没有: as 不, and over whom or what there is none of.
    None,
}

/// True if a negator governs the hit.
pub(super) fn holds(around: &Surroundings<'_, '_>) -> bool {
    let before = around.before;
    let negators = Class::DENIES.with(Class::BAN);
    let Some(at) = governing(around, negators) else {
        return false;
    };
    let negator = before[at];
    if negator.is(Class::RHETORIC) && (answered_by_oneself(around) || !is_asked(around, negator)) {
        return false;
    }
    if saves_the_speaker(around, at)
        || asks_for_assent(around, negator)
        || is_of_others(around, at)
        || makes_haste(around, at)
    {
        return false;
    }
    // 不方便提供卡号，至少报验证码: a hit over a border is taken up again behind it.
    if !negator.is(Class::BAN) && around.hit_has_border() {
        return false;
    }
    // 不保本是不可能的: both together affirm.
    let touches = negator.is(Class::BARE) && negator.end == around.hit.start;
    if touches && denied::holds(around) {
        return false;
    }
    if (touches || negator.is(Class::NONE)) && (passes_over_others(around) || asks_back(around)) {
        return false;
    }
    negator.is(Class::BAN) || (affirmed_by(before, at) == 0 && !is_unsaid(around, at))
}

/// True if a ban governs the hit.
pub(super) fn is_forbidden(around: &Surroundings<'_, '_>) -> bool {
    governing(around, Class::BAN).is_some()
}

/// True if a warning, or a word that calls it wrong, governs the hit.
pub(super) fn is_warned_of(around: &Surroundings<'_, '_>) -> bool {
    governing(around, Class::WARN.with(Class::TAINT)).is_some_and(|at| {
        let negated = at.checked_sub(1).map(|at| around.before[at]);
        !negated.is_some_and(|token| token.is(Class::DENIES.with(Class::NEUTRAL)))
    })
}

/// The nearest word of these classes that reaches the hit.
pub(super) fn governing(around: &Surroundings<'_, '_>, classes: Class) -> Option<usize> {
    let before = around.before;
    (0..before.len())
        .rev()
        .filter(|&at| before[at].is(classes) && before[at].end <= around.hit.start)
        .take(TRIES)
        .find(|&at| reaches(around, governor(before[at], classes), at, before.len()))
}

/// 没有哪个客户说过这款不保本: a negator behind a verb of saying is itself denied.
fn is_unsaid(around: &Surroundings<'_, '_>, at: usize) -> bool {
    let before = around.before;
    let joined = before[..at]
        .iter()
        .rposition(|token| token.is(Class::JOINS.with(Class::BORDER)));
    let from = joined.map_or(0, |joined| joined + 1);
    (from..at)
        .rev()
        .filter(|&outer| before[outer].is(Class::DENIES))
        .take(TRIES)
        .any(|outer| {
            let says = before[outer..at].iter().any(|token| token.is(Class::SAY));
            says && reaches(around, governor(before[outer], Class::DENIES), outer, at)
        })
}

fn governor(token: Token, classes: Class) -> Governor {
    let is = |class| token.is(class) && classes.has(class);
    if is(Class::BAN) {
        Governor::Ban
    } else if is(Class::WARN) {
        Governor::Warning
    } else if is(Class::NEGATOR.with(Class::RHETORIC)) {
        Governor::Negator
    } else if is(Class::NONE) {
        Governor::None
    } else {
        Governor::Bare
    }
}

/// How a negator's way to the hit stands.
#[derive(Debug, Default)]
struct Way {
    /// The verb that carries it, if one does.
    verb: Verb,
    /// Its last word but transparent ones is a verb.
    just_said: bool,
    /// Whom or what it has come upon.
    party: Party,
    /// Unknown characters since the last verb.
    unknown: u32,
    /// 诈骗, or words in letters: a verb or a preposition must still come.
    unfinished: bool,
    /// A ban or a warning has come upon the loss that it speaks of: 避免亏损.
    spent: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verb {
    #[default]
    Nothing,
    /// 收取: on to its object.
    Does,
    /// 承诺: on to all that is said, a list too.
    Says,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Party {
    #[default]
    Nothing,
    /// 向客户: a party or a means.
    Bridged,
    /// 任何, 员工: all of them.
    Any,
}

/// True if the word at `at` reaches the token at `to`, or behind the last the hit.
fn reaches(around: &Surroundings<'_, '_>, governor: Governor, at: usize, to: usize) -> bool {
    let start = around.before[at];
    let mut way = Way {
        verb: if start.is(Class::SAY) {
            Verb::Says
        } else {
            Verb::Nothing
        },
        party: if start.is(Class::ANY) {
            Party::Any
        } else {
            Party::Nothing
        },
        just_said: start.is(Class::SAY),
        ..Way::default()
    };
    for step in 0..to - at - 1 {
        if !way.goes_over(around, governor, start, at + 1 + step) {
            return false;
        }
    }
    if way.unfinished && way.verb == Verb::Nothing {
        return false;
    }
    // 不会变的保本产品: the negator stays in the attribute.
    let attribute = way.unknown > 0
        && way.verb == Verb::Nothing
        && (governor != Governor::Ban || way.spent)
        && is_de(around, around.before[to - 1]);
    !attribute
}

impl Way {
    fn goes_over(&mut self, around: &Surroundings<'_, '_>, governor: Governor, start: Token, at: usize) -> bool {
        let token = around.before[at];
        let touches = around.before[at - 1].start == start.start;
        let wide = matches!(governor, Governor::Ban | Governor::Warning);
        if token.is(Class::QUOTE) {
            return true;
        }
        if token.is(Class::LIST.with(Class::BRACKET)) {
            return wide
                || self.verb == Verb::Says
                || self.party == Party::Any
                || around.has_hit_between(start.end, token.start);
        }
        if token.is(Class::COLON) {
            // 不得转发：保本: what is not to be passed on is not denied.
            let before = around.before[at - 1];
            return (wide || before.is(Class::SAY)) && !before.is(Class::ABSORB);
        }
        // 误以为理财就是…: what is said goes on.
        if token.is(Class::BARRIER) && self.verb == Verb::Says && goes_on_saying(around, at) {
            return true;
        }
        let forbids_saying = governor == Governor::Ban && self.verb == Verb::Says;
        let foreign = token.is(Class::FOREIGN) && token.is(Class::LATIN) && !forbids_saying;
        if token.is(Class::BORDER.with(Class::BARRIER)) || foreign {
            return false;
        }
        if token.is(Class::OWN) {
            // "Nobody from our bank", 不得向我行客户: brought in as a party.
            return self.just_said || governor == Governor::Ban || around.before[at - 1].is(Class::BRIDGE);
        }
        if token.is(Class::DENIES) && governor != Governor::Ban && self.verb == Verb::Nothing {
            return false;
        }
        // 避免亏损，选择…: the loss is what the ban was for, and the choice is the speaker's.
        if token.is(Class::URGE) && wide && (self.spent || token.is(Class::OFFER)) && self.verb == Verb::Nothing {
            return false;
        }
        if wide && token.is(Class::ABSORB.with(Class::NEUTRAL)) && !token.is(Class::SAY.with(Class::FRAUD)) {
            if touches {
                return false;
            }
            self.spent |= token.is(Class::ABSORB);
        }
        if governor == Governor::Warning && token.is(Class::FRAUD) {
            self.unfinished = true;
            return true;
        }
        if token.is(Class::SAY.with(Class::ACT)) {
            self.verb = self
                .verb
                .max(if token.is(Class::SAY) { Verb::Says } else { Verb::Does });
            self.just_said = true;
            self.unfinished = false;
            self.unknown = 0;
            return true;
        }
        if token.is(Class::ABSORB) && self.verb != Verb::Says && !wide {
            return false;
        }
        if token.is(Class::BRIDGE) {
            self.party = self.party.max(Party::Bridged);
            self.unfinished = false;
            return true;
        }
        if token.is(Class::ANY) {
            self.party = Party::Any;
            return true;
        }
        if token.is(Class::LIGHT) {
            return true;
        }
        self.just_said = false;
        self.unknown += token.weight;
        self.unknown <= self.room(governor, token)
    }

    fn room(&mut self, governor: Governor, token: Token) -> u32 {
        if self.verb != Verb::Nothing || governor == Governor::Ban {
            return CARRIED;
        }
        match (governor, self.party) {
            (Governor::Ban, _) => CARRIED,
            (Governor::None, Party::Any) => BRIDGED * 2,
            // "No investment of this kind is …": a verb must still come.
            (Governor::None, _) if token.is(Class::LATIN) => {
                self.unfinished = true;
                ALONE * 2
            }
            (Governor::Warning, _) | (_, Party::Bridged | Party::Any) => BRIDGED,
            (Governor::Negator, Party::Nothing) => ALONE,
            (Governor::Bare | Governor::None, Party::Nothing) => 0,
        }
    }
}

/// 就, 就是, 就能; and 了 behind another word than the verb of saying: 别以为买了理财就….
fn goes_on_saying(around: &Surroundings<'_, '_>, at: usize) -> bool {
    let text = around.text_of(around.before[at]);
    text.starts_with('就') || (text == "了" && !around.before[at - 1].is(Class::SAY))
}

fn is_de(around: &Surroundings<'_, '_>, token: Token) -> bool {
    around.text_of(token).ends_with('的')
}

/// Whether the negator at `at` is itself negated, 1 or 0: 不是不, 没有不.
fn affirmed_by(before: &[Token], at: usize) -> usize {
    // "Neither … nor" denies once.
    if before[at].is(Class::JOINS) {
        return 0;
    }
    let mut negations = 0;
    for token in before[..at].iter().rev() {
        if token.is(Class::JOINS) || token.is(Class::BORDER) {
            break;
        }
        if token.is(Class::DENIES) {
            negations += 1;
        } else if !token.is(Class::LIGHT.with(Class::ANY).with(Class::SAY)) {
            break;
        }
    }
    negations % 2
}

/// 除了我们没有哪家…, 没有保本的了，只有我们有, 要是不…: the negation leaves the speaker out, or is supposed only.
fn saves_the_speaker(around: &Surroundings<'_, '_>, at: usize) -> bool {
    let before = around.before;
    if before[at].is(Class::BAN) {
        return before[at.saturating_sub(3)..at]
            .iter()
            .any(|token| token.is(Class::SAVE));
    }
    // 不能保证的话，我早就….
    let as_if = around
        .rest_of_clause()
        .iter()
        .any(|token| around.text_of(*token) == "的话");
    let condition = before[..at]
        .iter()
        .rfind(|token| !(token.is(Class::LIGHT) && token.is(Class::LATIN)));
    let supposed = condition.is_some_and(|token| token.is(Class::IF));
    let near = &before[at.saturating_sub(3)..at];
    let behind = around.after.iter().take(SAVED_BEHIND);
    supposed || as_if || near.iter().chain(behind).any(|token| token.is(Class::SAVE))
}

/// 过了今天就没有保本的了: soon there is none, so that one buys now. What long is no more (新规以后就没有了) is told.
fn makes_haste(around: &Surroundings<'_, '_>, at: usize) -> bool {
    let before = &around.before[..at];
    around.before[at].is(Class::DENIES)
        && before.iter().any(|token| token.is(Class::HASTE))
        && !before.iter().any(|token| token.is(Class::PAST))
        && (before
            .last()
            .is_some_and(|token| token.is(Class::BARRIER.with(Class::HASTE)))
            || around
                .rest_of_sentence()
                .iter()
                .any(|token| around.text_of(*token).ends_with('了')))
}

/// 别家没有保本的, "you can't get a guaranteed return elsewhere": what other houses lack. 别家也没有 denies.
fn is_of_others(around: &Surroundings<'_, '_>, at: usize) -> bool {
    let before = around.before;
    if before[at].is(Class::BAN) {
        return false;
    }
    if before[at].is(Class::LATIN) {
        let mut clause = around.after.iter().take_while(|token| !token.is(Class::BORDER));
        return clause.any(|token| token.is(Class::HOUSE));
    }
    let mut clause = before[..at]
        .iter()
        .rev()
        .take_while(|token| !token.is(Class::BORDER.with(Class::JOINS)));
    clause.any(|token| token.is(Class::HOUSE))
}

/// 您不是一直想要保本的吗: a question that wants a yes.
fn asks_for_assent(around: &Surroundings<'_, '_>, negator: Token) -> bool {
    let text = around.scene.text();
    let is_not = text[negator.start as usize..].starts_with("不是");
    let clause = around
        .after
        .iter()
        .take_while(|token| !token.is(Class::COMMA.with(Class::END)));
    is_not && clause.last().is_some_and(|token| token.is(Class::QUESTION))
}

/// 世上有稳赚的吗: some words deny in a question alone.
fn is_asked(around: &Surroundings<'_, '_>, negator: Token) -> bool {
    let rest = around.rest_of_sentence();
    !negator.is(Class::QUESTION)
        || rest.last().is_some_and(|token| token.is(Class::QUESTION))
        || around.after.get(rest.len()).is_some_and(|end| end.is(Class::ASKS))
}

/// 不保本我敢卖给您？ "No guaranteed return, no fee": denied for the sake of what follows.
fn asks_back(around: &Surroundings<'_, '_>) -> bool {
    let rest = around.rest_of_sentence();
    let asked = around.after.get(rest.len()).is_some_and(|end| end.is(Class::ASKS));
    let dares = around.rest_of_clause().iter().any(|token| token.is(Class::DARES));
    let next = rest.iter().skip_while(|token| !token.is(Class::COMMA)).nth(1);
    let stakes = next.is_some_and(|token| token.is(Class::NONE) && token.is(Class::LATIN));
    (asked && dares) || stakes
}

/// 不保本的我也不会推荐: what does not is left out, so that the rest does.
fn passes_over_others(around: &Surroundings<'_, '_>) -> bool {
    let clause = around.rest_of_clause();
    let speaker = clause.iter().position(|token| token.is(Class::SPEAKER));
    let denies = |at: usize| {
        let rest = &clause[at..];
        if rest.last().is_some_and(|token| token.is(Class::DENY)) {
            return true;
        }
        let negator = rest.iter().position(|token| token.is(Class::DENIES));
        negator.is_some_and(|negator| {
            rest[negator..]
                .iter()
                .take(4)
                .any(|token| token.is(Class::SAY.with(Class::ACT).with(Class::OFFER)))
        })
    };
    let links = |token: &Token| is_de(around, *token) || token.is(Class::LINK);
    clause.first().is_some_and(links) && speaker.is_some_and(denies)
}

/// 谁敢保证？我敢.
fn answered_by_oneself(around: &Surroundings<'_, '_>) -> bool {
    around.after.iter().take(16).any(|token| token.is(Class::DARES))
}
