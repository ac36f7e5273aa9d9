//! Whether a hit belongs to a risk sentence that the law asks for: 过往业绩不代表未来收益保证, "past performance is no guarantee of …".

use proviso_sdk::Span;

use super::surroundings::Surroundings;
use crate::words::{Class, fold, is_invisible};

/// How many characters may stand between two parts of a form, and behind one that goes on.
const GAP: usize = 16;

/// One sentence by its form.
#[derive(Debug)]
pub(super) struct Form {
    parts: Vec<Vec<char>>,
    goes_on: bool,
}

/// Reads the forms.
pub(super) fn read(table: &str) -> Vec<Form> {
    let lines = table.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| Form {
            goes_on: line.ends_with('~'),
            parts: line
                .split('~')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|part| part.chars().map(fold).collect())
                .collect(),
        })
        .collect()
}

/// True if the hit overlaps such a sentence in its own clause, or stands right behind one that goes on.
pub(super) fn holds(forms: &[Form], around: &Surroundings<'_, '_>) -> bool {
    let clause = clause(around);
    let text = around.scene.text();
    let mut chars = Vec::new();
    let mut offsets = Vec::new();
    for (at, c) in clause.of(text).char_indices().filter(|(_, c)| !is_invisible(*c)) {
        chars.push(fold(c));
        offsets.push(clause.start + at as u32);
    }
    offsets.push(clause.end);
    forms.iter().any(|form| {
        (0..chars.len()).any(|start| {
            form.extent(&chars, start).is_some_and(|end| {
                let extent = Span::new(offsets[start], offsets[end]);
                let behind = offsets[(end + GAP).min(chars.len())];
                extent.overlaps(&around.hit)
                    || form.goes_on && extent.end <= around.hit.start && around.hit.start < behind
            })
        })
    })
}

impl Form {
    /// Where the form ends if it begins at `start`.
    fn extent(&self, chars: &[char], start: usize) -> Option<usize> {
        let mut end = start;
        for (at, part) in self.parts.iter().enumerate() {
            let gaps = if at == 0 { 0 } else { GAP };
            end = (end..=end + gaps).find(|&from| chars.get(from..).is_some_and(|rest| rest.starts_with(part)))?
                + part.len();
        }
        Some(end)
    }
}

/// The hit's clause, in which the speaker's own goods begin another.
fn clause(around: &Surroundings<'_, '_>) -> Span {
    let border = Class::COMMA
        .with(Class::LIST)
        .with(Class::BREAK)
        .with(Class::END)
        .with(Class::OWN)
        .with(Class::BARRIER);
    let before = around.before.iter().rfind(|token| token.is(border));
    let after = around.after.iter().find(|token| token.is(border));
    let first = around.before.first().map_or(around.hit.start, |token| token.start);
    let last = around.after.last().map_or(around.hit.end, |token| token.end);
    Span {
        start: before.map_or(first, |token| token.end).min(around.hit.start),
        end: after.map_or(last, |token| token.start).max(around.hit.end),
    }
}
