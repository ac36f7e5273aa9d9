//! Whether what stands behind a hit denies it: 保本是不可能的, 保本？没有的, "guaranteed returns do not exist".

use super::reading::Token;
use super::surroundings::Surroundings;
use super::words::Class;

/// How many characters may stand between the hit and what denies it, in the hit's clause and in one that takes it up.
const BETWEEN: u32 = 24;
const TAKEN_UP: u32 = 14;

/// How many a reply may begin with.
const BEFORE_REPLY: u32 = 6;

/// True if the hit is denied behind it.
pub(super) fn holds(around: &Surroundings<'_, '_>) -> bool {
    let after = around.after.as_slice();
    let (clause, next) = clause_of(after);
    if denies(clause, BETWEEN) {
        return true;
    }
    let Some((border, next)) = next else {
        return false;
    };
    let asked = border.is(Class::ASKS) || clause.last().is_some_and(|token| token.is(Class::QUESTION));
    if asked && replies_no(next) {
        return true;
    }
    taken_up(around, clause, next)
}

/// The tokens up to the next border of a clause, and what stands behind that border.
fn clause_of(tokens: &[Token]) -> (&[Token], Option<(Token, &[Token])>) {
    let border = Class::COMMA.with(Class::BREAK).with(Class::END);
    match tokens.iter().position(|token| token.is(border)) {
        Some(at) => (&tokens[..at], Some((tokens[at], &tokens[at + 1..]))),
        None => (tokens, None),
    }
}

/// True if the clause ends with a denial and speaks of nobody else, of no loss, and offers nothing.
fn denies(clause: &[Token], most: u32) -> bool {
    if is_called_wrong(clause, most) {
        return true;
    }
    let mut between = 0;
    for (at, token) in clause.iter().enumerate() {
        let negated = at.checked_sub(1).is_some_and(|at| {
            clause[at].is(Class::DENIES) || (clause[at].is(Class::NEUTRAL) && !clause[at].is(Class::PARTICLE))
        });
        // 会被处罚, but not 支付罚款.
        let called = Class::LIGHT
            .with(Class::PARTICLE)
            .with(Class::SAY)
            .with(Class::ANY)
            .with(Class::QUOTE)
            .with(Class::NAMED);
        let punished =
            token.is(Class::SANCTION.with(Class::TEACH)) && at.checked_sub(1).is_none_or(|at| clause[at].is(called));
        if (token.is(Class::DENY) || punished) && !negated && closes(&clause[at + 1..]) {
            return true;
        }
        if token.is(Class::DENIES.with(Class::BAN)) && ends_in_negation(&clause[at..]) {
            return true;
        }
        if token.is(Class::FOREIGN.with(Class::OFFER)) || (token.is(Class::BARRIER) && !token.is(Class::PARTICLE)) {
            return false;
        }
        between += token.weight;
        if between > most {
            return false;
        }
    }
    false
}

/// 是骗子的惯用话术: what it is, wherever in the clause.
fn is_called_wrong(clause: &[Token], most: u32) -> bool {
    let mut linked = false;
    let mut negated = false;
    let mut between = 0;
    for token in clause {
        if linked && !negated && token.is(Class::FRAUD.with(Class::SANCTION)) {
            return true;
        }
        if token.is(Class::FOREIGN.with(Class::OFFER).with(Class::BARRIER)) {
            return false;
        }
        linked |= token.is(Class::LINK) && !negated;
        negated = token.is(Class::DENIES.with(Class::NEUTRAL)) && !token.is(Class::PARTICLE);
        between += token.weight;
        if between > most {
            return false;
        }
    }
    false
}

/// True if nothing of weight follows in the clause. In letters a preposition may go on: "impossible in equities".
fn closes(rest: &[Token]) -> bool {
    for token in rest {
        if token.is(Class::BRACKET.with(Class::COLON).with(Class::LIST)) {
            return true;
        }
        if token.is(Class::LATIN) {
            return token.is(Class::PARTICLE.with(Class::SPEAKER));
        }
        if !token.is(Class::PARTICLE
            .with(Class::DENY)
            .with(Class::SANCTION)
            .with(Class::QUOTE)
            .with(Class::NAMED))
        {
            return false;
        }
    }
    true
}

/// 这种话不能说, 我们行没有: the clause's last predicate is a negation whose object stands in front.
fn ends_in_negation(clause: &[Token]) -> bool {
    let (negator, rest) = match clause.split_first() {
        Some((negator, rest)) => (*negator, rest),
        None => return false,
    };
    let mut said = false;
    let mut weight = 0;
    for (at, token) in rest.iter().enumerate() {
        if at == 0 && token.is(Class::LATIN) && !negator.is(Class::BAN.with(Class::NONE)) && !token.is(Class::LIGHT) {
            // "returns that others don't offer" praises; "returns cannot be promised" denies.
            return false;
        }
        if token.is(Class::SAY.with(Class::ACT)) {
            said = true;
        } else if token.is(Class::PARTICLE) && (said || negator.is(Class::NONE)) && closes(&rest[at..]) {
            return true;
        } else if !token.is(Class::LIGHT.with(Class::BRIDGE)) {
            return false;
        }
        weight += token.weight;
        if weight > 6 {
            return false;
        }
    }
    said || negator.is(Class::NONE)
}

/// 没有的。 不可能。 "No such thing."
fn replies_no(next: &[Token]) -> bool {
    let mut weight = 0;
    for (at, token) in next.iter().enumerate() {
        if token.is(Class::REPLY.with(Class::DENY)) {
            let (clause, _) = clause_of(&next[at + 1..]);
            if closes(clause) {
                return true;
            }
        }
        if token.is(Class::DENIES) {
            let (clause, _) = clause_of(&next[at..]);
            if ends_in_negation(clause) {
                return true;
            }
        }
        let passes = token.is(Class::FILLER.with(Class::COMMA).with(Class::QUOTE).with(Class::THIS));
        if !passes || token.is(Class::FOREIGN) {
            return false;
        }
        weight += token.weight;
        if weight > BEFORE_REPLY {
            return false;
        }
    }
    false
}

/// The next clause takes the hit up (这种说法…) and denies it; behind a topic (您说的保本，…) it need not, and the one after it may.
fn taken_up(around: &Surroundings<'_, '_>, clause: &[Token], next: &[Token]) -> bool {
    let topic = around
        .clause_before()
        .iter()
        .any(|token| token.is(Class::TOPIC.with(Class::WHOEVER)))
        || clause.iter().any(|token| token.is(Class::THIS));
    // 承诺保本的，后果自负: whoever does so.
    let whoever = clause.last().is_some_and(|token| token.is(Class::PARTICLE))
        && around.clause_before().iter().any(|token| token.is(Class::SAY))
        && !around.clause_before().iter().any(|token| token.is(Class::OWN));
    let topic = topic || whoever;
    let mut rest = next;
    for step in 0..2 {
        let (clause, further) = clause_of(rest);
        let this = clause.iter().position(|token| token.is(Class::THIS));
        let foreign = clause.iter().any(|token| token.is(Class::FOREIGN.with(Class::OFFER)));
        if foreign {
            return false;
        }
        // 承诺保本，是违规行为.
        let linked = step == 0 && clause.first().is_some_and(|token| token.is(Class::LINK));
        if linked && is_called_wrong(clause, TAKEN_UP) {
            return true;
        }
        if this.is_some() || topic {
            if denies(clause, TAKEN_UP) {
                return true;
            }
            if this.is_some_and(|at| negates_this(clause, at)) {
                return true;
            }
        }
        match further {
            Some((_, further)) if step == 0 && topic => rest = further,
            _ => return false,
        }
    }
    false
}

/// 我们行没有这种产品, 不做这样的承诺.
fn negates_this(clause: &[Token], this: usize) -> bool {
    if clause[this].is(Class::LATIN) {
        return false;
    }
    let behind: u32 = clause[this + 1..].iter().map(|token| token.weight).sum();
    if behind > 8 {
        return false;
    }
    for token in clause[..this].iter().rev() {
        if token.is(Class::DENIES.with(Class::BAN)) {
            return true;
        }
        if !token.is(Class::LIGHT
            .with(Class::SAY)
            .with(Class::ACT)
            .with(Class::ANY)
            .with(Class::BRIDGE))
        {
            return false;
        }
    }
    false
}
