//! Whether a hit is somebody else's word: 骗子说保本, "someone called me claiming …"; and whether a customer asks about it.

use proviso_sdk::Direction;

use super::reading::Token;
use super::surroundings::Surroundings;
use super::words::Class;

/// True if the sentence reports what somebody else said or wrote.
pub(super) fn holds(around: &Surroundings<'_, '_>) -> bool {
    says_third(around.before) || goes_on_reporting(around)
}

/// A third person is the subject of a verb of saying that leads to the hit. Neither a contrast nor the speaker, as a subject or with his own
/// goods, comes between. What a fraudster does counts as what he says.
fn says_third(before: &[Token]) -> bool {
    let Some(at) = before.iter().rposition(|token| token.is(Class::THIRD)) else {
        return false;
    };
    let verb = if before[at].is(Class::FRAUD) {
        Class::SAY.with(Class::ACT).with(Class::BRIDGE)
    } else {
        Class::SAY
    };
    // 我们行长他说: one of the house.
    let clause = before[..at].iter().rev().take_while(|token| !token.is(Class::BORDER));
    if clause.into_iter().any(|token| token.is(Class::OWN)) {
        return false;
    }
    let mut says = before[at].is(verb);
    let mut clauses = 0;
    for pair in before[at..].windows(2) {
        let (previous, token) = (pair[0], pair[1]);
        if token.is(Class::DENIES) && !says {
            return false;
        }
        if token.is(Class::BREAK) || token.is(Class::BARRIER) && !token.is(Class::LIGHT) {
            return false;
        }
        // 跟我说, "called me": the speaker as an object.
        let object = previous.is(Class::BRIDGE.with(Class::SAY).with(Class::ACT));
        if token.is(Class::OWN.with(Class::OFFER)) || (token.is(Class::SPEAKER) && clauses > 0 && !object) {
            return false;
        }
        // 他们拉我进群，说稳赚不赔: the verb may open the next clause, with nobody in front of it.
        if !says && previous.is(Class::COMMA) && !token.is(verb) {
            return false;
        }
        clauses += u32::from(token.is(Class::COMMA));
        says |= token.is(verb);
    }
    says
}

/// 有人给我打电话。说是保本的: the report goes on from the sentence before.
fn goes_on_reporting(around: &Surroundings<'_, '_>) -> bool {
    let first = around.before.iter().find(|token| token.weight > 0);
    let own = Class::OWN.with(Class::OFFER);
    first.is_some_and(|token| token.is(Class::SAY))
        && around.earlier.iter().any(|token| token.is(Class::THIRD))
        && !around.earlier.iter().chain(around.before).any(|token| token.is(own))
}

/// True if a customer's sentence asks about the hit and offers nothing.
pub(super) fn asks(around: &Surroundings<'_, '_>) -> bool {
    if around.scene.message.direction != Direction::Inbound {
        return false;
    }
    let rest = around.rest_of_sentence();
    let end = around.after.get(rest.len());
    let asked = end.is_some_and(|token| token.is(Class::ASKS))
        || around.before.iter().chain(rest).any(|token| token.is(Class::QUESTION));
    asked && !around.before.iter().chain(rest).any(|token| token.is(Class::OFFER))
}
