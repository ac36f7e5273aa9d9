//! Tables in Markdown that also read well on a terminal.

use anyhow::Context;
use std::fmt::Write as _;
use std::path::Path;
use unicode_width::UnicodeWidthStr;

/// A table; a head that begins with `>` makes its column right-aligned.
pub(crate) struct Table {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heads: &[&str]) -> Self {
        Self {
            heads: heads.iter().map(|head| (*head).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    pub(crate) fn markdown(&self) -> String {
        let heads: Vec<(&str, bool)> = self
            .heads
            .iter()
            .map(|head| {
                head.strip_prefix('>')
                    .map_or((head.as_str(), false), |head| (head, true))
            })
            .collect();
        let widths: Vec<usize> = heads
            .iter()
            .enumerate()
            .map(|(column, (head, _))| {
                let cells = self
                    .rows
                    .iter()
                    .filter_map(|row| row.get(column))
                    .map(|cell| cell.width());
                cells.chain([head.width(), 3]).max().unwrap_or(3)
            })
            .collect();
        let mut text = String::new();
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            for ((cell, width), (_, right)) in cells.zip(&widths).zip(&heads) {
                let pad = " ".repeat(width - cell.width());
                let (before, behind) = if *right {
                    (pad, String::new())
                } else {
                    (String::new(), pad)
                };
                write!(text, "| {before}{cell}{behind} ").expect("writing to a String does not fail");
            }
            text.push_str("|\n");
        };
        line(&mut heads.iter().map(|(head, _)| *head));
        let rules: Vec<String> = widths
            .iter()
            .zip(&heads)
            .map(|(width, (_, right))| {
                if *right {
                    format!("{}:", "-".repeat(width - 1))
                } else {
                    "-".repeat(*width)
                }
            })
            .collect();
        line(&mut rules.iter().map(String::as_str));
        for row in &self.rows {
            line(&mut row.iter().map(String::as_str));
        }
        text
    }
}

/// Digits in groups of three.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in percent, two digits; a dash where there is nothing to divide by.
pub(crate) fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        "-".to_owned()
    } else {
        format!("{:.2} %", part as f64 * 100.0 / whole as f64)
    }
}

/// Prints a page, and writes it where asked.
pub(crate) fn publish(page: &str, path: Option<&Path>) -> std::io::Result<()> {
    print!("{page}");
    path.map_or(Ok(()), |path| std::fs::write(path, page))
}

/// The lines between which a part of a page is written anew.
pub(crate) const MARKS: [&str; 2] = ["<!-- measured: begin -->", "<!-- measured: end -->"];

/// A part of a page, between the marks.
pub(crate) fn marked(text: &str) -> String {
    format!("{}\n\n{}\n{}", MARKS[0], text, MARKS[1])
}

/// Prints a part, and writes it into the page between the marks where asked.
pub(crate) fn publish_part(part: &str, path: Option<&Path>) -> anyhow::Result<()> {
    println!("{part}");
    if let Some(path) = path {
        let page = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let page = replaced(&page, part).with_context(|| format!("{} lacks the lines {MARKS:?}", path.display()))?;
        std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The page with what stands between the marks, and the marks, replaced.
fn replaced(page: &str, part: &str) -> Option<String> {
    let (before, rest) = page.split_once(MARKS[0])?;
    let (_, behind) = rest.split_once(MARKS[1])?;
    Some(format!("{before}{part}{behind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_with_chinese_text() {
        let mut table = Table::new(&["kind", ">n"]);
        table.row(["投资诈骗", "1"]);
        table.row(["all", "1,000"]);
        let expected = "| kind     |     n |\n| -------- | ----: |\n| 投资诈骗 |     1 |\n| all      | 1,000 |\n";
        assert_eq!(table.markdown(), expected);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!((percent(1, 8), percent(1, 0)), ("12.50 %".to_owned(), "-".to_owned()));
    }

    #[test]
    fn only_what_stands_between_the_marks_is_written_anew() {
        let page = format!("a\n{}\nold\n{}\nb\n", MARKS[0], MARKS[1]);
        let part = format!("{}\nnew\n{}", MARKS[0], MARKS[1]);
        let new = replaced(&page, &part).unwrap();
        assert_eq!(new, page.replace("old", "new"));
        assert_eq!(replaced("without marks", &part), None);
    }
}
