//! Whether a hit is somebody else's word: 骗子说保本, "someone called me claiming …"; and whether a customer asks about it.

use proviso_sdk::Direction;

use super::surroundings::Surroundings;
use crate::reading::Token;
use crate::words::Class;

/// How many characters may stand between a wish and what is wished for.
const WANTED: u32 = 12;

/// True if the sentence reports what somebody else said or wrote.
pub(super) fn holds(around: &Surroundings<'_, '_>) -> bool {
    says_third(around.before)
        || goes_on_reporting(around)
        || is_wanted(around)
        || is_under_a_name(around.before)
        || is_heard(around)
        || is_inquired(around)
        || says_customer(around)
        || is_chronicled(around)
}

/// A third person is the subject of a verb of saying that leads to the hit. Neither a contrast nor the speaker, as a subject or with his own
/// goods, comes between. What a fraudster does counts as what he says.
fn says_third(before: &[Token]) -> bool {
    let Some(at) = before
        .iter()
        .rposition(|token| token.is(Class::THIRD.with(Class::HOUSE)))
    else {
        return false;
    };
    // 只跟别人讲: spoken to.
    if at > 0 && before[at - 1].is(Class::BRIDGE) && !before[at].is(Class::LATIN) {
        return false;
    }
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

/// 客户说以前的经理讲过保本: no testimony (客户都说), no question that is answered, and nothing is offered.
fn says_customer(around: &Surroundings<'_, '_>) -> bool {
    let clause = around.clause_before();
    let Some(at) = clause.iter().position(|token| token.is(Class::CUSTOMER)) else {
        return false;
    };
    let says = |at: usize| {
        let testifies = ["都", "也", "全"].contains(&around.text_of(clause[at - 1]));
        clause[at].is(Class::SAY) && !testifies
    };
    let ends = Class::QUESTION.with(Class::DENIES).with(Class::BARRIER);
    (at + 1..clause.len()).any(says)
        && !around.is_addressed()
        && !clause[at..].iter().any(|token| token.is(ends))
        && !speaks_for_the_house(around)
}

/// 记者发现多个平台用保本招揽客户: what a court, an auditor or the press says of others, to nobody in particular.
fn is_chronicled(around: &Surroundings<'_, '_>) -> bool {
    let Some(at) = around
        .before
        .iter()
        .position(|token| token.is(Class::CASE) && !token.is(Class::BRIDGE))
    else {
        return false;
    };
    let verb = Class::SAY.with(Class::ACT).with(Class::BRIDGE);
    let contrasts = Class::BARRIER.with(Class::URGE);
    let told = &around.before[at + 1..];
    around.clause_before().iter().any(|token| token.is(verb))
        && !told.iter().any(|token| token.is(contrasts))
        && !speaks_for_the_house(around)
}

/// The sentence has the speaker, his house or an offer.
fn speaks_for_the_house(around: &Surroundings<'_, '_>) -> bool {
    let house = Class::OWN
        .with(Class::OFFER)
        .with(Class::DARES)
        .with(Class::VOUCH)
        .with(Class::SPEAKER);
    around
        .before
        .iter()
        .chain(around.rest_of_sentence())
        .any(|token| token.is(house))
}

/// 您在别处看到的保本: the attribute says where from.
fn is_heard(around: &Surroundings<'_, '_>) -> bool {
    let clause = around.clause_before();
    let own = Class::OWN.with(Class::OFFER);
    let [.., verb, _] = clause else { return false };
    let elsewhere = Class::HOUSE.with(Class::THIRD);
    let heard = verb.is(Class::SAY) && clause.iter().any(|token| token.is(elsewhere));
    heard && is_attribute(around) && !clause.iter().chain(around.rest_of_clause()).any(|token| token.is(own))
}

fn is_attribute(around: &Surroundings<'_, '_>) -> bool {
    let text = &around.scene.text()[..around.hit.start as usize];
    text.ends_with('的')
}

/// 销售人员是否承诺过保本？: whether somebody did.
fn is_inquired(around: &Surroundings<'_, '_>) -> bool {
    let end = around.after.get(around.rest_of_sentence().len());
    let clause = around.clause_before();
    let own = Class::OWN.with(Class::OFFER);
    // 是否存在承诺保本的行为？ asks of anybody.
    let act = around.after.iter().take(3).any(|token| token.is(Class::NOTION));
    let somebody = Class::CUSTOMER.with(Class::THIRD).with(Class::WHOEVER);
    let somebody = clause.iter().position(|token| token.is(somebody));
    let Some(at) = somebody.or(act.then_some(0)) else {
        return false;
    };
    let asked = clause
        .iter()
        .any(|token| token.is(Class::QUESTION.with(Class::NEUTRAL)));
    end.is_some_and(|token| token.is(Class::ASKS))
        && asked
        && clause[at..].iter().any(|token| token.is(Class::SAY))
        && !clause
            .iter()
            .chain(around.rest_of_sentence())
            .any(|token| token.is(own))
}

/// 客户：保本吗？: a record with the name of who speaks.
fn is_under_a_name(before: &[Token]) -> bool {
    let [name, colon, ..] = before else { return false };
    name.is(Class::CUSTOMER.with(Class::THIRD)) && colon.is(Class::COLON)
}

/// 客户非要保本, "the client kept asking for a guaranteed return": a demand or a belief, and nothing is offered.
fn is_wanted(around: &Surroundings<'_, '_>) -> bool {
    let clause = around.clause_before();
    let Some(at) = clause.iter().rposition(|token| token.is(Class::WANT)) else {
        return false;
    };
    let own = Class::OWN.with(Class::OFFER).with(Class::DARES);
    let between: u32 = clause[at + 1..].iter().map(|token| token.weight).sum();
    between <= WANTED
        && !around.is_addressed()
        && clause[..at].iter().any(|token| token.is(Class::CUSTOMER))
        && !around
            .before
            .iter()
            .chain(around.rest_of_sentence())
            .any(|token| token.is(own))
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
