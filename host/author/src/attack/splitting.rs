//! A text in several messages of one sender.

use super::draw::Draw;
use super::target::{Target, clause_ends};

/// A way to split: its name, and the messages that it makes.
pub(super) type Split = (&'static str, fn(&Target<'_>, &mut Draw) -> Option<Vec<String>>);

/// Every way to split.
pub(super) const ALL: [Split; 4] = [
    ("two messages", |target, _| two_messages(target)),
    ("three messages", |target, _| three_messages(target)),
    ("between the spans", |target, _| between_the_spans(target)),
    ("within a span", |target, _| within_a_span(target)),
];

/// At the end of the clause that is nearest to the middle.
fn two_messages(target: &Target<'_>) -> Option<Vec<String>> {
    let ends = clause_ends(target.text);
    let nearest = ends.into_iter().min_by_key(|end| end.abs_diff(target.text.len() / 2))?;
    parts(target.text, &[nearest])
}

/// At the ends of the clauses that are nearest to a third and two thirds.
fn three_messages(target: &Target<'_>) -> Option<Vec<String>> {
    let ends = clause_ends(target.text);
    let near = |third: usize| {
        ends.iter()
            .copied()
            .min_by_key(|end| end.abs_diff(target.text.len() * third / 3))
    };
    let (first, second) = (near(1)?, near(2)?);
    if first == second {
        None
    } else {
        parts(target.text, &[first, second])
    }
}

/// Where two of the places that matter are furthest apart.
fn between_the_spans(target: &Target<'_>) -> Option<Vec<String>> {
    let pairs = target.spans().windows(2);
    let gap = pairs.max_by_key(|pair| pair[1].start - pair[0].end)?;
    parts(target.text, &[gap[1].start])
}

/// In the middle of the longest place that matters, between words where it has any.
fn within_a_span(target: &Target<'_>) -> Option<Vec<String>> {
    let span = target.spans().iter().max_by_key(|span| span.len())?;
    let part = &target.text[span.clone()];
    let middle = part.len() / 2;
    let borders = |is_border: fn(char, char) -> bool| {
        let chars = part.char_indices().zip(part.char_indices().skip(1));
        chars
            .filter(move |((_, before), (_, after))| is_border(*before, *after))
            .map(|(_, (at, _))| at)
            .min_by_key(|at| at.abs_diff(middle))
    };
    let at = borders(|before, after| before.is_whitespace() && !after.is_whitespace())
        .or_else(|| borders(|before, after| !before.is_ascii_alphanumeric() || !after.is_ascii_alphanumeric()))?;
    parts(target.text, &[span.start + at])
}

/// The text cut at these places; `None` if a part would have nothing to say.
fn parts(text: &str, at: &[usize]) -> Option<Vec<String>> {
    let mut parts = Vec::with_capacity(at.len() + 1);
    let mut from = 0;
    for end in at.iter().copied().chain([text.len()]) {
        parts.push(text[from..end].trim().to_owned());
        from = end;
    }
    parts
        .iter()
        .all(|part| part.chars().any(char::is_alphanumeric))
        .then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn texts_are_cut_where_people_cut_them() {
        each_row(
            [
                (
                    "two messages",
                    "一句，两句，三句",
                    &[(0, 6)][..],
                    Some(vec!["一句，", "两句，三句"]),
                ),
                ("two messages", "只有一句。", &[(0, 6)][..], None),
                (
                    "three messages",
                    "a one, b two, c three",
                    &[(0, 1)][..],
                    Some(vec!["a one,", "b two,", "c three"]),
                ),
                ("three messages", "a one, b two", &[(0, 1)][..], None),
                (
                    "between the spans",
                    "这产品保本而且保息",
                    &[(9, 15), (21, 27)][..],
                    Some(vec!["这产品保本而且", "保息"]),
                ),
                ("between the spans", "这产品保本", &[(9, 15)][..], None),
                (
                    "within a span",
                    "说稳赚不赔吧",
                    &[(3, 15)][..],
                    Some(vec!["说稳赚", "不赔吧"]),
                ),
                (
                    "within a span",
                    "a guaranteed return of",
                    &[(2, 19)][..],
                    Some(vec!["a guaranteed", "return of"]),
                ),
                ("within a span", "a guarantee", &[(2, 11)][..], None),
            ],
            |(name, text, spans, expected)| {
                let (_, split) = ALL.into_iter().find(|(of, _)| *of == name).unwrap();
                let spans = spans.iter().map(|(start, end)| *start..*end);
                let target = Target::new(text, spans).unwrap();
                let made = split(&target, &mut Draw::new(1, &[]));
                assert_eq!(
                    made,
                    expected.map(|parts| parts.into_iter().map(str::to_owned).collect())
                );
            },
        );
    }

    #[test]
    fn the_parts_are_the_text() {
        let text = "您好，这里是客服；您的账户异常，请核实 ID 和 code 吧。谢谢";
        each_row(ALL.map(|(name, split)| (name, split)), |(_, split)| {
            let target = Target::new(text, [0..6, text.len() - 12..text.len() - 6]).unwrap();
            let parts = split(&target, &mut Draw::new(1, &[])).unwrap();
            let plain = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(plain(&parts.concat()), plain(text));
        });
    }
}
