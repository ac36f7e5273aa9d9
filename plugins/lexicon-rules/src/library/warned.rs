//! Whether a hit is taught or warned of: 警惕保本骗局, 典型案例：…, 凡是承诺保本的，请举报.
//!
//! A warning or the title of a teaching excuses what it governs or introduces in its own sentence, and nothing where the speaker offers.

use super::negated;
use super::surroundings::Surroundings;
use crate::reading::Token;
use crate::words::Class;

/// How many characters may stand between a title and its colon: 典型案例（三）：.
const BEFORE_COLON: u32 = 10;

/// How many tokens behind a hit the notion may stand that it belongs to.
const NOTION: usize = 3;

/// True if the hit is taught or warned of.
pub(super) fn holds(around: &Surroundings<'_, '_>) -> bool {
    negated::is_warned_of(around)
        || is_bait(around)
        || is_introduced(around)
        || is_told_with_its_end(around)
        || is_told_to_all(around)
}

/// True if the speaker offers something in the hit's sentence.
pub(super) fn offers(around: &Surroundings<'_, '_>, from: usize) -> bool {
    let offer = Class::OWN.with(Class::OFFER);
    let rest = around.rest_of_sentence();
    // 欢迎向我行举报 offers nothing.
    let offers = |token: &Token| token.is(offer) && !token.is(Class::BEWARE);
    around.before[from..].iter().chain(rest).any(offers)
}

/// 以保本为由, 保本的骗局: what stands right behind it, over a list of the same.
fn is_bait(around: &Surroundings<'_, '_>) -> bool {
    let own = Class::OWN.with(Class::OFFER);
    if around.clause_before().iter().any(|token| token.is(own)) {
        return false;
    }
    let listed = Class::LIST.with(Class::QUOTE).with(Class::SAY);
    // Another hit is one more of the list.
    let next = around
        .after
        .iter()
        .find(|token| !token.is(listed) && !around.covers(**token));
    next.is_some_and(|token| token.is(Class::BAIT)) || is_a_notion(around)
}

/// 保证收益的条款: what people speak of, where the speaker has no part in it.
fn is_a_notion(around: &Surroundings<'_, '_>) -> bool {
    let house = Class::OWN
        .with(Class::OFFER)
        .with(Class::SPEAKER)
        .with(Class::DARES)
        .with(Class::VOUCH)
        .with(Class::URGE);
    let speaks = |token: &Token| token.is(house);
    let notion = around.after.iter().take(NOTION).any(|token| token.is(Class::NOTION));
    notion && !around.before.iter().chain(around.rest_of_sentence()).any(speaks)
}

/// The title of a teaching and its colon stand before it.
fn is_introduced(around: &Surroundings<'_, '_>) -> bool {
    title(around.before).is_some_and(|behind| !offers(around, behind)) || is_an_option(around)
}

/// 考试题：哪项违规？A.承诺保本: an answer to choose.
fn is_an_option(around: &Surroundings<'_, '_>) -> bool {
    let asked = around.earlier.last().is_some_and(|token| token.is(Class::ASKS));
    asked && title(around.earlier).is_some() && !offers(around, 0)
}

/// Where what a title introduces begins.
pub(super) fn title(before: &[Token]) -> Option<usize> {
    let at = before.iter().position(|token| token.is(Class::TEACH))?;
    let mut weight = 0;
    for (step, token) in before[at + 1..].iter().enumerate() {
        // "Red flags include guaranteed returns": the title is a sentence's subject.
        let includes = token.is(Class::SAY) && token.is(Class::LATIN);
        if token.is(Class::COLON.with(Class::OPEN)) || includes && weight == 0 {
            return Some(at + 2 + step);
        }
        weight += token.weight;
        if weight > BEFORE_COLON || token.is(Class::COMMA.with(Class::BREAK)) {
            return None;
        }
    }
    // "Red flags include" is a title of its own.
    before[at].is(Class::SAY).then_some(at + 1)
}

/// Of whom it is told. Where somebody is spoken to (尊敬的客户，您…), a customer or 某 is no such person.
fn teller_of(around: &Surroundings<'_, '_>, tellers: Class) -> Option<usize> {
    let addressed = around.is_addressed();
    let tells = |token: &Token| {
        let vague = token.is(Class::CUSTOMER) || around.text_of(*token).starts_with('某');
        token.is(tellers) && !(addressed && vague)
    };
    around.before.iter().position(tells)
}

/// 某客户经理承诺保本，被罚三十万元: somebody else, and what came of it.
fn is_told_with_its_end(around: &Surroundings<'_, '_>) -> bool {
    let teller = Class::CASE
        .with(Class::THIRD)
        .with(Class::TEACH)
        .with(Class::WHOEVER)
        .with(Class::CUSTOMER);
    let Some(from) = teller_of(around, teller) else {
        return false;
    };
    let ended = |tokens: &[Token]| {
        tokens.iter().enumerate().any(|(at, token)| {
            let near = &tokens[at.saturating_sub(2)..at];
            let negated = near.iter().any(|token| token.is(Class::DENIES.with(Class::NEUTRAL)));
            token.is(Class::SANCTION) && !negated
        })
    };
    // "Regulators fined the adviser over ads touting …": the end is told first.
    let said = around.clause_before().last().is_some_and(|token| token.is(Class::SAY));
    let told_first = said && !around.before[from].is(Class::CUSTOMER) && ended(&around.before[from..]);
    (told_first || ended(around.rest_of_sentence())) && !offers(around, from)
}

/// 有人承诺保本，请举报: whoever it is, and what to do against it.
fn is_told_to_all(around: &Surroundings<'_, '_>) -> bool {
    let whoever = Class::WHOEVER.with(Class::THIRD).with(Class::CUSTOMER);
    let Some(from) = teller_of(around, whoever) else {
        return false;
    };
    let rest = around.rest_of_sentence();
    // 小心错过 lures.
    let lures = |at: usize| {
        rest.get(at + 1)
            .is_some_and(|next| next.is(Class::ABSORB) && !next.is(Class::FRAUD))
    };
    let told = (0..rest.len()).any(|at| rest[at].is(Class::BEWARE) && !lures(at));
    told && !offers(around, from)
}
