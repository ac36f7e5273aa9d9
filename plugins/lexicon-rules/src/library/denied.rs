//! Whether what stands behind a hit denies it: 保本是不可能的, 保本？没有的, "guaranteed returns do not exist".

use super::surroundings::Surroundings;
use crate::reading::Token;
use crate::words::Class;

/// How many characters may stand between the hit and what denies it, in the hit's clause and in one that takes it up.
const BETWEEN: u32 = 24;
const TAKEN_UP: u32 = 14;

/// How many a reply may begin with, and how many tokens the name of who gives it.
const BEFORE_REPLY: u32 = 10;
const NAME: usize = 6;

/// True if the hit is denied behind it.
pub(super) fn holds(around: &Surroundings<'_, '_>) -> bool {
    let after = around.after.as_slice();
    let (clause, next) = clause_of(after);
    if denies(clause, BETWEEN) || refuses(clause) || is_unreal(around) {
        return true;
    }
    let Some((border, next)) = next else {
        return false;
    };
    let question = |token: &Token| token.is(Class::QUESTION);
    let asked =
        border.is(Class::ASKS) || clause.last().is_some_and(question) || around.clause_before().iter().any(question);
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
    let mut past = false;
    let mut placed = false;
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
        // 这话微信里不能说: it is so, and not to be said there.
        placed |= token.is(Class::PLACE);
        if token.is(Class::DENIES.with(Class::BAN)) && !placed && ends_in_negation(&clause[at..]) {
            return true;
        }
        let obeys = clause.get(at + 1).is_some_and(|next| next.is(Class::DENIES));
        if token.is(Class::BREACH) && !negated && !obeys {
            return true;
        }
        // 新规以后就没有了: long ago. 今后就没有了: soon.
        past |= token.is(Class::PAST);
        let ends = token.is(Class::FOREIGN.with(Class::OFFER)) && !token.is(Class::PAST);
        if ends || (token.is(Class::BARRIER) && !token.is(Class::PARTICLE) && !past) {
            return false;
        }
        between += token.weight;
        if between > most {
            return false;
        }
    }
    false
}

const WRONG: Class = Class::FRAUD
    .with(Class::SANCTION)
    .with(Class::TAINT)
    .with(Class::BAIT)
    .with(Class::DENY);

/// 是骗子的惯用话术: what it is, wherever in the clause.
fn is_called_wrong(clause: &[Token], most: u32) -> bool {
    let mut linked = false;
    let mut negated = false;
    let mut between = 0;
    for token in clause {
        if linked && !negated && token.is(WRONG) {
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
        // 不是吹的: what is no lie is so.
        if token.is(Class::ABSORB) {
            return false;
        }
        if token.is(Class::SAY.with(Class::ACT)) {
            said = true;
        } else if token.is(Class::PARTICLE) && (said || negator.is(Class::NONE)) && closes(&rest[at..]) {
            return true;
        } else if !token.is(Class::LIGHT.with(Class::BRIDGE).with(Class::QUOTE)) {
            return false;
        }
        weight += token.weight;
        if weight > 6 {
            return false;
        }
    }
    said || negator.is(Class::NONE)
}

/// 要是真能保本，我自己早买了; 稳赚的事轮得到咱们？
fn is_unreal(around: &Surroundings<'_, '_>) -> bool {
    let rest = around.rest_of_sentence();
    let supposed = around.clause_before().iter().any(|token| token.is(Class::IF));
    let asked = around.after.get(rest.len()).is_some_and(|end| end.is(Class::ASKS));
    rest.iter().any(|token| {
        let of_others = !around.text_of(*token).starts_with('我');
        token.is(Class::COUNTER) && (supposed || (asked && of_others))
    })
}

/// 导师：绝对不能: what the one says who is named before the colon.
fn behind_a_name(next: &[Token]) -> &[Token] {
    let colon = next.iter().take(NAME).position(|token| token.is(Class::BORDER));
    match colon {
        Some(at) if next[at].is(Class::COLON) => &next[at + 1..],
        _ => next,
    }
}

/// 没有的。 不可能。 "No such thing."
fn replies_no(next: &[Token]) -> bool {
    let next = behind_a_name(next);
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
        // 客户问能不能保本，我回复他：不能.
        let passes = token.is(Class::FILLER
            .with(Class::COMMA)
            .with(Class::COLON)
            .with(Class::QUOTE)
            .with(Class::THIS)
            .with(Class::SAY)
            .with(Class::BRIDGE)
            .with(Class::ANY)
            .with(Class::LIGHT));
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
    // 要保本的话，理财给不了.
    let topic = topic || whoever || clause.iter().any(|token| token.is(Class::TOPIC));
    let mut rest = next;
    for step in 0..2 {
        let (clause, further) = clause_of(rest);
        if step == 0 && refuses(clause) {
            return true;
        }
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

/// 他要我写保本，我拒绝了: the speaker did.
fn refuses(clause: &[Token]) -> bool {
    let Some(at) = clause.iter().position(|token| token.is(Class::REFUSE)) else {
        return false;
    };
    let speaks = |token: &Token| token.is(Class::SPEAKER.with(Class::OWN));
    let passes = |token: &Token| token.is(Class::LIGHT.with(Class::ANY).with(Class::PARTICLE).with(Class::BRIDGE));
    let (before, behind) = (&clause[..at], &clause[at + 1..]);
    (clause[at].is(Class::SPEAKER) || before.iter().any(speaks))
        && before.iter().all(|token| speaks(token) || passes(token))
        && closes(behind)
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
