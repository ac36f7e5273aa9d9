//! Which patterns can make the scan look at one stretch of text again and again: for those who write them.

use crate::alphabet::Alphabet;
use crate::patterns::Pattern;
use regex_syntax::hir::{Hir, HirKind, Look};

/// Why looking for a pattern can take time that grows with the square of a text; none if it cannot.
///
/// A search that has a match goes on while a longer one, or one of an earlier alternative, is still possible. If that comes
/// to nothing, the next search looks at the same stretch. That can happen any number of times where a repetition without an
/// upper bound is followed by something that may be missing, a match can do without both, and the repetition runs over
/// whole matches: in an alternative (`保证.*收益|保证`), in an optional part (`保证(?:.*收益)?`), or within another
/// repetition. A repetition that stays in its line is not named where matches begin at the beginning of lines: the next search
/// begins behind it.
///
/// What is named here is bounded all the same, by the steps that a pack may take for one message: a message on which they
/// are used up is at fault. The answer errs to the side of naming a pattern.
pub fn can_be_quadratic(pattern: &Pattern) -> Option<String> {
    let whole = &pattern.hir;
    let repetition = within(whole, whole, false, false)?;
    Some(format!(
        "`{}` has no upper bound, what follows it may be missing, and the pattern can match without them: give it a bound, \
         such as `{{0,40}}`",
        shown(repetition)
    ))
}

/// The repetition in `part` that makes a search look again. `can_do_without`: a match can do without this part.
/// `followed`: something that may be missing stands behind it.
fn within<'h>(whole: &Hir, part: &'h Hir, can_do_without: bool, followed: bool) -> Option<&'h Hir> {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => None,
        HirKind::Capture(capture) => within(whole, &capture.sub, can_do_without, followed),
        HirKind::Repetition(repetition) => {
            if repetition.max.is_none() && can_do_without && followed && {
                let runs_over = Alphabet::of(&repetition.sub);
                let ends_at_cr = whole.properties().look_set().contains(Look::StartCRLF);
                let stays_in_line = !(runs_over.has('\n') || ends_at_cr && runs_over.has('\r'));
                matches_within(whole, &runs_over) && !(stays_in_line && begins_a_line(whole))
            } {
                return Some(part);
            }
            let repeats = repetition.max.is_none_or(|max| max > 1);
            // Behind one round comes the next, which may be missing.
            within(
                whole,
                &repetition.sub,
                can_do_without || repetition.min == 0 || repeats,
                followed,
            )
        }
        HirKind::Alternation(parts) => parts.iter().find_map(|part| within(whole, part, true, followed)),
        HirKind::Concat(parts) => parts.iter().enumerate().find_map(|(place, part)| {
            let may_fail = parts[place + 1..].iter().any(can_fail);
            within(whole, part, can_do_without, followed || may_fail)
        }),
    }
}

/// True only if every match begins at the beginning of a line.
fn begins_a_line(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Look(Look::Start | Look::StartLF | Look::StartCRLF) => true,
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => false,
        HirKind::Repetition(repetition) => repetition.min > 0 && begins_a_line(&repetition.sub),
        HirKind::Capture(capture) => begins_a_line(&capture.sub),
        HirKind::Concat(parts) => parts.first().is_some_and(begins_a_line),
        HirKind::Alternation(parts) => parts.iter().all(begins_a_line),
    }
}

/// False only if every match has a character that is not in the alphabet.
fn matches_within(hir: &Hir, alphabet: &Alphabet) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(_) => Alphabet::of(hir).is_within(alphabet),
        HirKind::Class(_) => Alphabet::of(hir).meets(alphabet),
        HirKind::Repetition(repetition) => repetition.min == 0 || matches_within(&repetition.sub, alphabet),
        HirKind::Capture(capture) => matches_within(&capture.sub, alphabet),
        HirKind::Concat(parts) => parts.iter().all(|part| matches_within(part, alphabet)),
        HirKind::Alternation(parts) => parts.iter().any(|part| matches_within(part, alphabet)),
    }
}

/// True of what does not match everywhere.
fn can_fail(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty => false,
        HirKind::Look(_) => true,
        _ => hir.properties().minimum_len() != Some(0) || !hir.properties().look_set().is_empty(),
    }
}

/// The expression as it would be written, cut to 64 bytes.
fn shown(hir: &Hir) -> String {
    let mut text = hir.to_string();
    if text.len() > 64 {
        text.truncate(text.floor_char_boundary(61));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn what_can_look_again_and_again_is_named_and_nothing_else_is() {
        let table = [
            ("保证.*收益|保证", true),
            ("保证(?:.*收益)?", true),
            (".*[^A-Z]|[A-Z]", true),
            ("(?:a[^x]*b)?c", true),
            ("(?:a.*b|c)+", true),
            ("(?:ab.*c){1,3}", true),
            ("(a+b)+", false),
            ("(?:ab)+c|a", true),
            ("保证(?:.*收益)?x", true),
            ("x(?:y[0-9]+z|w)", false),
            ("a(?:.*\\b)?", true),
            ("保证.*收益", false),
            ("保证.*?收益", false),
            ("保证.{0,40}收益|保证", false),
            (r"(?:年化|保底)\s*\d+(?:\.\d+)?%", false),
            (r"\d{3,}|[a-z]+", false),
            (r"[\w.]+@[\w.]+", false),
            (r"a(?:b+)?", false),
            (r"a[^\n]*b|a", true),
            (r"(?m)^(?:a[^\n]*b|a)", false),
            (r"(?mR)^(?:a[^\n]*b|a)", true),
            (r"(?mR)^(?:a[^\r\n]*b|a)", false),
            (r"(?m)^a[^\n]*b|a", true),
            (r"(?m)^(?:a[^x]*b|a)", true),
            (r"\A(?:a[^\n]*b|a)", false),
        ];
        for (regex, named) in table {
            let patterns = crate::patterns::parse(Path::new("p.txt"), &format!("p\t{regex}")).unwrap();
            let reason = can_be_quadratic(&patterns.patterns[0]);
            assert_eq!(reason.is_some(), named, "{regex}: {reason:?}");
        }
    }
}
