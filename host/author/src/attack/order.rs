//! The clauses of a text in another order.

use super::draw::Draw;
use super::target::{Target, clause_ends};

/// An order: its name, and what it makes of a text.
pub(super) type Order = (&'static str, fn(&Target<'_>, &mut Draw) -> Option<String>);

/// Every order.
pub(super) const ALL: [Order; 3] = [
    ("last clause first", |target, _| {
        reordered(target, |clauses| clauses.rotate_right(1))
    }),
    ("two clauses exchanged", |target, draw| {
        reordered(target, |clauses| {
            let at = draw.below(clauses.len() - 1);
            clauses.swap(at, at + 1);
        })
    }),
    ("backwards", |target, _| reordered(target, |clauses| clauses.reverse())),
];

/// The clauses' words in the order that `change` makes, the marks where they were.
fn reordered(target: &Target<'_>, change: impl FnOnce(&mut Vec<&str>)) -> Option<String> {
    let ends = clause_ends(target.text);
    if ends.is_empty() {
        return None;
    }
    let (mut words, mut marks, mut from) = (Vec::new(), Vec::new(), 0);
    for end in ends.into_iter().chain([target.text.len()]) {
        let clause = &target.text[from..end];
        let lead = clause.len() - clause.trim_start().len();
        let body = clause.trim_end_matches(|c: char| {
            !c.is_alphanumeric() && !matches!(c, '%' | '％' | '）' | ')' | '”' | '"' | '》')
        });
        let body = body.get(lead..).unwrap_or_default();
        words.push(body);
        marks.push((&clause[..lead], &clause[lead + body.len()..]));
        from = end;
    }
    change(&mut words);
    let text: String = words
        .iter()
        .zip(marks)
        .flat_map(|(words, (lead, mark))| [lead, words, mark])
        .collect();
    (text != target.text).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    fn ordered(name: &str, text: &str, seed: u64) -> Option<String> {
        let (_, change) = ALL.into_iter().find(|(of, _)| *of == name).unwrap();
        change(&Target::new(text, [])?, &mut Draw::new(seed, &[name]))
    }

    #[test]
    fn words_move_and_marks_stay() {
        each_row(
            [
                ("last clause first", "一，二；三。", Some("三，一；二。")),
                ("backwards", "一，二；三。", Some("三，二；一。")),
                ("two clauses exchanged", "a one, b 2%.", Some("b 2%, a one.")),
                ("backwards", "只有一句。", None),
                ("backwards", "好，好", None),
            ],
            |(name, text, expected)| assert_eq!(ordered(name, text, 1).as_deref(), expected),
        );
    }

    #[test]
    fn nothing_is_added_or_lost() {
        each_row(ALL.map(|(name, _)| name), |name| {
            for text in [
                "您好，账户（异常）；请 1,000 元，保本！谢谢",
                "one, two. three, \"four\" 5.5%, six",
            ] {
                let sorted = |text: &str| {
                    let mut chars: Vec<char> = text.chars().collect();
                    chars.sort_unstable();
                    chars
                };
                for seed in 0..8 {
                    assert_eq!(sorted(&ordered(name, text, seed).unwrap()), sorted(text));
                }
            }
        });
    }
}
