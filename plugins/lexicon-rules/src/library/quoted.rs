//! Whether a hit stands in quotation marks that name it as words: 禁用词：“保本”, “保本”等字样.

use super::negated;
use super::surroundings::Surroundings;
use super::{reported, warned};
use crate::reading::Token;
use crate::words::Class;

/// How far a quotation reaches around the hit, in characters.
const QUOTATION: u32 = 48;

/// True if the hit stands in a quotation that teaches, denies or reports it, and the speaker offers nothing in the sentence.
pub(super) fn holds(around: &Surroundings<'_, '_>) -> bool {
    let removes = |tokens: &[Token]| tokens.iter().any(|token| token.is(Class::REMOVE));
    // 保本这几个字要删掉: named without marks.
    let next = around.after.iter().find(|token| !token.is(Class::QUOTE));
    if next.is_some_and(|token| token.is(Class::NAMED)) && removes(around.rest_of_sentence()) {
        return true;
    }
    let Some(open) = opens(around.before) else {
        return false;
    };
    let Some(close) = closes(&around.after) else {
        return false;
    };
    if warned::offers(around, 0) {
        return false;
    }
    let ahead = &around.before[..open];
    // 话术里出现了“保本”: found there. 文案写“保本”: to be written.
    let found = ahead
        .last()
        .is_some_and(|token| around.text_of(*token).ends_with(['着', '有', '了', '现', '到']))
        && ahead.iter().any(|token| token.is(Class::NAMED));
    let introduced = found || ahead.iter().any(|token| token.is(Class::TEACH));
    let named = around.after[close + 1..]
        .iter()
        .take_while(|token| !token.is(Class::COMMA.with(Class::BREAK).with(Class::END)))
        .any(|token| token.is(Class::NAMED));
    let governed = negated::governing(around, Class::DENIES.with(Class::BAN).with(Class::WARN)).is_some();
    let removed = removes(around.rest_of_sentence()) || removes(ahead);
    introduced || named || removed || governed || reported::holds(around)
}

/// Where the quotation opens that the hit stands in.
fn opens(before: &[Token]) -> Option<usize> {
    let mut weight = 0;
    for (at, token) in before.iter().enumerate().rev() {
        if token.is(Class::CLOSE) {
            return None;
        }
        if token.is(Class::OPEN) {
            return Some(at);
        }
        weight += token.weight;
        if weight > QUOTATION {
            return None;
        }
    }
    None
}

fn closes(after: &[Token]) -> Option<usize> {
    let mut weight = 0;
    for (at, token) in after.iter().enumerate() {
        if token.is(Class::OPEN) {
            return None;
        }
        if token.is(Class::CLOSE) {
            return Some(at);
        }
        weight += token.weight;
        if weight > QUOTATION {
            return None;
        }
    }
    None
}
