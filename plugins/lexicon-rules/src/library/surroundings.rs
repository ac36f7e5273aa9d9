//! What stands around one hit: the tokens that a context looks at, and no more of them.

use proviso_sdk::Span;

use crate::reading::Token;
use crate::scene::Scene;
use crate::words::{Class, Words};

/// How far from a hit a context looks, in characters; a word in letters counts as two. Marks have a bound of their own.
pub(super) const REACH: u32 = 96;
const TOKENS_MAX: usize = 128;

/// How many hits before a token are asked whether they cover it.
const HITS_LOOKED_AT: usize = 8;

/// How many sentences behind the hit's own are looked at: an answer, or a word that takes the hit up.
const SENTENCES_BEHIND: usize = 2;

/// The tokens around a hit.
pub(super) struct Surroundings<'s, 'm> {
    pub(super) scene: &'s Scene<'m>,
    pub(super) hit: Span,
    /// Of the hit's sentence, those that start before it, in the order of the text.
    pub(super) before: &'s [Token],
    /// Of the hit's sentence and the next two, those that end behind it.
    pub(super) after: Vec<Token>,
    /// The sentence before.
    pub(super) earlier: &'s [Token],
}

impl<'s, 'm> Surroundings<'s, 'm> {
    pub(super) fn of(scene: &'s Scene<'m>, words: &Words, hit: Span) -> Self {
        let sentence = |at: usize| scene.reading().tokens(words, scene.text(), at, scene.sentence(at));
        let own = scene.sentence_at(hit.start);
        let tokens = sentence(own);
        Self {
            scene,
            hit,
            before: last_of(&tokens[..tokens.partition_point(|token| token.start < hit.start)]),
            after: behind(scene, hit, sentence),
            earlier: own.checked_sub(1).map_or(&[], |at| last_of(sentence(at))),
        }
    }

    /// What a token says.
    pub(super) fn text_of(&self, token: Token) -> &'m str {
        let text = self.scene.text();
        text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// True if the hit's sentence speaks to somebody: 您, 你.
    pub(super) fn is_addressed(&self) -> bool {
        let spoken_to = |token: &Token| self.text_of(*token).contains(['您', '你']);
        self.before.iter().chain(self.rest_of_sentence()).any(spoken_to)
    }

    /// The rest of the hit's sentence.
    pub(super) fn rest_of_sentence(&self) -> &[Token] {
        let end = self.after.iter().position(|token| token.is(Class::END));
        &self.after[..end.unwrap_or(self.after.len())]
    }

    /// Of the hit's clause, what stands behind it.
    pub(super) fn rest_of_clause(&self) -> &[Token] {
        let border = Class::COMMA.with(Class::BREAK).with(Class::COLON).with(Class::END);
        let end = self.after.iter().position(|token| token.is(border));
        &self.after[..end.unwrap_or(self.after.len())]
    }

    /// Of the hit's clause, what stands before it.
    pub(super) fn clause_before(&self) -> &'s [Token] {
        let border = Class::COMMA.with(Class::BREAK).with(Class::COLON).with(Class::END);
        let start = self.before.iter().rposition(|token| token.is(border));
        &self.before[start.map_or(0, |at| at + 1)..]
    }

    /// True if the hit goes over the end of a clause, and what stands behind that is no more of the same (…，如密码).
    pub(super) fn hit_has_border(&self) -> bool {
        let text = self.hit.of(self.scene.text());
        let mut clauses = text.split(['，', ',']).skip(1);
        clauses.any(|clause| {
            !["如", "例如", "比如", "包括", "或", "和", "以及", " or ", " and "]
                .iter()
                .any(|more| clause.starts_with(more))
        })
    }

    /// True if a hit of the message covers the token.
    pub(super) fn covers(&self, token: Token) -> bool {
        let hits = &self.scene.hits;
        let behind = hits.partition_point(|hit| hit.span.start <= token.start);
        hits[behind.saturating_sub(HITS_LOOKED_AT)..behind]
            .iter()
            .any(|hit| token.end <= hit.span.end)
    }

    /// True if the message has a hit between two offsets.
    pub(super) fn has_hit_between(&self, start: u32, end: u32) -> bool {
        let hits = &self.scene.hits;
        let from = hits.partition_point(|hit| hit.span.start < start);
        hits[from..]
            .iter()
            .take_while(|hit| hit.span.start < end)
            .any(|hit| hit.span.end <= end)
    }
}

/// The last tokens, as many as are near enough.
fn last_of(tokens: &[Token]) -> &[Token] {
    let mut room = REACH;
    let near = tokens.iter().rev().take(TOKENS_MAX).take_while(|token| {
        let fits = token.weight <= room;
        room = room.saturating_sub(token.weight);
        fits
    });
    &tokens[tokens.len() - near.count()..]
}

/// What stands behind a hit, to the end of the second sentence behind its own.
fn behind<'t>(scene: &Scene<'_>, hit: Span, sentence: impl Fn(usize) -> &'t [Token]) -> Vec<Token> {
    let mut after = Vec::new();
    let mut room = REACH;
    let mut sentences = 0;
    // A hit may reach over the end of its sentence.
    let own = scene.sentence_at(hit.end.saturating_sub(1).max(hit.start));
    for at in own..scene.sentences() {
        let tokens = sentence(at);
        let from = tokens.partition_point(|token| token.end <= hit.end);
        for token in &tokens[from..] {
            if token.weight > room || after.len() == TOKENS_MAX {
                return after;
            }
            room -= token.weight;
            after.push(*token);
        }
        // A sentence without a word, such as the second mark of ！！, does not count.
        sentences += usize::from(at == own || tokens.iter().any(|token| token.weight > 0));
        if sentences > SENTENCES_BEHIND {
            break;
        }
    }
    after
}
