//! Whether the speaker takes an excuse back: 合同里不能写，我给您兜着, "they say so, and they are right".

use super::surroundings::Surroundings;
use crate::reading::Token;
use crate::words::Class;

/// True if the speaker stands for what was denied, or winks.
pub(super) fn by_the_speaker(around: &Surroundings<'_, '_>) -> bool {
    by_a_wink(around) || stands_for_it(around)
}

/// True if the hit's sentence or what stands behind it winks: 您懂的, 事实如此.
pub(super) fn by_a_wink(around: &Surroundings<'_, '_>) -> bool {
    winks(around.before) || winks(&around.after)
}

fn winks(tokens: &[Token]) -> bool {
    tokens.iter().enumerate().any(|(at, token)| {
        // "But it is" winks only where nothing follows.
        let ends = !token.is(Class::LINK) || ends_clause(&tokens[at + 1..]);
        token.is(Class::WINK)
            && ends
            && !is_asked(tokens, at)
            && !tokens[..at].last().is_some_and(|last| last.is(UNDOES))
    })
}

/// 亏了我赔: not one more word that is denied, quoted, listed or found.
fn stands_for_it(around: &Surroundings<'_, '_>) -> bool {
    let after = around.after.as_slice();
    let border = after.iter().position(|token| token.is(CLAUSE)).unwrap_or(after.len());
    let listed = |at: usize| at < border && after[..at].iter().any(|token| token.is(Class::LIST.with(Class::JOINS)));
    let counts = |at: usize| {
        after[at].is(Class::VOUCH)
            && !listed(at)
            && !around.covers(after[at])
            && !is_quoted(after, at)
            && !is_asked(after, at)
            && !is_undone(after, at)
    };
    (0..after.len()).any(counts)
}

const CLAUSE: Class = Class::COMMA.with(Class::BREAK).with(Class::END);
const UNDOES: Class = Class::DENIES.with(Class::BAN).with(Class::WARN).with(Class::THIRD);

/// Of the clause that the token stands in, a negator, a ban or a warning stands before it.
fn is_undone(tokens: &[Token], at: usize) -> bool {
    let mut clause = tokens[..at].iter().rev().take_while(|token| !token.is(CLAUSE));
    clause.any(|token| token.is(UNDOES))
}

fn is_asked(tokens: &[Token], at: usize) -> bool {
    let next = tokens.get(at + 1);
    next.is_some_and(|token| token.is(Class::QUESTION))
}

fn is_quoted(tokens: &[Token], at: usize) -> bool {
    let mark = tokens[..at].iter().rfind(|token| token.is(Class::QUOTE));
    mark.is_some_and(|mark| mark.is(Class::OPEN))
}

fn ends_clause(rest: &[Token]) -> bool {
    let next = rest.iter().find(|token| !token.is(Class::PARTICLE));
    next.is_none_or(|token| token.is(Class::BORDER))
}
