//! The name that somebody probably meant.

/// The name that was probably meant: the nearest of `known` if few characters of `text` are wrong, missing or swapped.
pub fn nearest<'k>(text: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // A third of the characters, at most three: `scpoe` is `scope`, and `on` is not `off`. Long texts are no typos.
    let allowed = (text.chars().take(64).count() / 3).min(3);
    let near = |name: &'k str| Some((edits(text, name, allowed)?, name));
    known.into_iter().filter_map(near).min().map(|(_, name)| name)
}

/// Insertions, deletions, replacements and swaps of neighbours that make one text the other; `None` if more than `allowed`.
fn edits(a: &str, b: &str, allowed: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().take(65).collect();
    let b: Vec<char> = b.chars().take(65).collect();
    if a.len().abs_diff(b.len()) > allowed {
        return None;
    }
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                let swapped = if swapped { rows[i - 2][j - 2] + 1 } else { usize::MAX };
                replaced.min(swapped).min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1)
            };
        }
    }
    Some(rows[a.len()][b.len()]).filter(|&edits| edits <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let table = [
            ("scpoe", Some("scope")),
            ("sope", Some("scope")),
            ("scopes", Some("scope")),
            ("setings", Some("settings")),
            ("on-fault", Some("on_fault")),
            ("mo", None),
            ("name", None),
            ("", None),
        ];
        each_row(table, |(text, expected)| {
            assert_eq!(
                nearest(text, ["scope", "settings", "on_fault", "mode"]),
                expected,
                "{text}"
            );
        });
        assert_eq!(nearest(&"a".repeat(1 << 20), ["scope"]), None);
    }
}
