//! Merging occurrences that overlap or repeat.

use proviso_sdk::Span;

use crate::scene::Occurrence;

/// Keeps, of occurrences that overlap, the longest (of equals the first), ordered by start. So `保本` inside `保本保息` counts once.
pub(crate) fn merge_to_longest(hits: &mut Vec<Occurrence>) {
    if !hits.is_sorted_by_key(|hit| hit.span.start) {
        hits.sort_by_key(|hit| hit.span.start);
    }
    let mut kept = 0usize;
    for at in 0..hits.len() {
        let hit = hits[at];
        match kept.checked_sub(1).map(|last| hits[last]) {
            Some(last) if clashes(last.span, hit.span) => {
                if hit.span.len() > last.span.len() {
                    hits[kept - 1] = hit;
                }
            }
            _ => {
                hits[kept] = hit;
                kept += 1;
            }
        }
    }
    hits.truncate(kept);
}

/// True if two spans share a byte or are the same.
fn clashes(a: Span, b: Span) -> bool {
    a.overlaps(&b) || a == b
}

/// The spans of merged occurrences, with directly repeated text (`保本保本`) joined into one.
pub(crate) fn joined(text: &str, hits: &[Occurrence]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::with_capacity(hits.len());
    let mut last_text = "";
    for hit in hits {
        let hit_text = hit.span.of(text);
        match spans.last_mut() {
            Some(last) if last.end == hit.span.start && last_text == hit_text => last.end = hit.span.end,
            _ => spans.push(hit.span),
        }
        last_text = hit_text;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn overlapping_occurrences_become_the_longest() {
        type Pairs = &'static [(u32, u32)];
        let table: &[(Pairs, Pairs)] = &[
            (&[], &[]),
            (&[(0, 6), (0, 12), (6, 12)], &[(0, 12)]),
            (&[(0, 6), (6, 12)], &[(0, 6), (6, 12)]),
            (&[(3, 6), (0, 4), (0, 4)], &[(0, 4)]),
            (&[(0, 3), (2, 8), (7, 9)], &[(2, 8)]),
            (&[(4, 4), (4, 4)], &[(4, 4)]),
        ];
        each_row(table, |(input, expected)| {
            let mut hits: Vec<Occurrence> = input
                .iter()
                .map(|&(start, end)| Occurrence {
                    span: Span::new(start, end),
                    list: 0,
                    term: 0,
                })
                .collect();
            merge_to_longest(&mut hits);
            let merged: Vec<(u32, u32)> = hits.iter().map(|hit| (hit.span.start, hit.span.end)).collect();
            assert_eq!(merged, *expected, "{input:?}");
        });
    }

    #[test]
    fn directly_repeated_text_is_one_span() {
        let occurrence = |start, end| Occurrence {
            span: Span::new(start, end),
            list: 0,
            term: 0,
        };
        let text = "ababcdab";
        let hits = [occurrence(0, 2), occurrence(2, 4), occurrence(4, 6), occurrence(6, 8)];
        assert_eq!(joined(text, &hits), [Span::new(0, 4), Span::new(4, 6), Span::new(6, 8)]);
    }
}
