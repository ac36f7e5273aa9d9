//! Whether a hit is taught or warned of: 警惕保本骗局, 典型案例：…, 凡是承诺保本的，请举报.
//!
//! A warning or the title of a teaching excuses what it governs or introduces in its own sentence, and nothing where the speaker offers.

use super::negated;
use super::reading::Token;
use super::surroundings::Surroundings;
use super::words::Class;

/// How many characters may stand between a title and its colon: 典型案例（三）：.
const BEFORE_COLON: u32 = 10;

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
    around.before[from..].iter().chain(rest).any(|token| token.is(offer))
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
    next.is_some_and(|token| token.is(Class::BAIT))
}

/// The title of a teaching and its colon stand before it.
fn is_introduced(around: &Surroundings<'_, '_>) -> bool {
    title(around.before).is_some_and(|behind| !offers(around, behind))
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

/// 某客户经理承诺保本，被罚三十万元: somebody else, and what came of it.
fn is_told_with_its_end(around: &Surroundings<'_, '_>) -> bool {
    let teller = Class::CASE.with(Class::THIRD).with(Class::TEACH).with(Class::WHOEVER);
    let Some(from) = around.before.iter().position(|token| token.is(teller)) else {
        return false;
    };
    let rest = around.rest_of_sentence();
    let end = rest.iter().enumerate().any(|(at, token)| {
        let negated = rest[at.saturating_sub(2)..at]
            .iter()
            .any(|token| token.is(Class::DENIES.with(Class::NEUTRAL)));
        token.is(Class::SANCTION) && !negated
    });
    end && !offers(around, from)
}

/// 有人承诺保本，请举报: whoever it is, and what to do against it.
fn is_told_to_all(around: &Surroundings<'_, '_>) -> bool {
    let whoever = Class::WHOEVER.with(Class::THIRD);
    let Some(from) = around.before.iter().position(|token| token.is(whoever)) else {
        return false;
    };
    let rest = around.rest_of_sentence();
    rest.iter().any(|token| token.is(Class::BEWARE)) && !offers(around, from)
}
