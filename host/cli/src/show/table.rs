//! Tables for people. Widths are terminal columns, so that Chinese text lines up.

pub(crate) use proviso_author::figures::count;

use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table, presets};
use proviso_model::Foreign;
use proviso_model::verdict::Severity;
use std::io::IsTerminal;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Whether a stream gets colours.
pub(crate) fn wants_colour(choice: crate::cli::Colour) -> bool {
    use crate::cli::Colour;
    match choice {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    }
}

/// A table being filled.
pub(crate) struct Columns {
    table: Table,
    colour: bool,
}

impl Columns {
    /// A table with these headings; a heading that begins with `>` is for figures and stands to the right.
    pub(crate) fn new(colour: bool, headings: &[&str]) -> Self {
        let mut table = Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        let cells = headings.iter().map(|heading| {
            let cell = Cell::new(heading.trim_start_matches('>'));
            if colour {
                cell.add_attribute(comfy_table::Attribute::Bold)
            } else {
                cell
            }
        });
        table.set_header(cells);
        for (index, heading) in headings.iter().enumerate() {
            let column = table.column_mut(index).expect("a heading makes a column");
            column.set_padding((if index == 0 { 2 } else { 1 }, 1));
            if heading.starts_with('>') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self { table, colour }
    }

    /// Names and values, without headings.
    pub(crate) fn pairs(colour: bool) -> Self {
        let mut table = Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        Self { table, colour }
    }

    /// Adds a row. Every cell may hold text of others: here it is escaped, and nowhere else. A cell that names a severity is
    /// coloured.
    pub(crate) fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let cells = cells.into_iter().map(|text| {
            let cell = Cell::new(Foreign(text.as_ref()).terminal());
            match Severity::ALL
                .into_iter()
                .find(|severity| severity.name() == text.as_ref())
            {
                Some(severity) if self.colour => cell.fg(match severity {
                    Severity::Low => Color::Grey,
                    Severity::Medium => Color::Yellow,
                    Severity::High => Color::Red,
                    Severity::Critical => Color::Magenta,
                }),
                _ => cell,
            }
        });
        self.table.add_row(cells);
    }

    /// Prints the table, or a line that says that it is empty.
    pub(crate) fn print(mut self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        if self.table.is_empty() {
            return writeln!(out, "  (none)");
        }
        if self.colour {
            self.table.enforce_styling();
        }
        for line in self.table.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Cuts a text to at most `columns` terminal columns, on one line, with `…` where something is missing.
pub(crate) fn clip(text: &str, columns: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.width() <= columns {
        return line;
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in line.chars() {
        let width = c.width().unwrap_or(0);
        if used + width + 1 > columns {
            break;
        }
        used += width;
        kept.push(c);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_counts_columns() {
        assert_eq!(clip("保本保息", 8), "保本保息");
        assert_eq!(clip("保本保息了", 8), "保本保…");
        assert_eq!(clip("ab\ncd", 9), "ab cd");
        assert_eq!(clip("abcdef", 4), "abc…");
    }

    #[test]
    fn no_cell_commands_the_terminal() {
        for colour in [false, true] {
            let mut table = Columns::new(colour, &["rule", "reason"]);
            table.row(["a\u{1b}[2Jb", "c\u{202e}d\re\nf"]);
            let mut out = Vec::new();
            table.print(&mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            assert!(out.contains("a\\u{1b}[2Jb"), "{out}");
            assert!(out.contains("c\\u{202e}d\\u{d}e\\u{a}f"), "{out}");
            assert!(!out.contains("\u{1b}[2J") && !out.contains(['\u{202e}', '\r']), "{out}");
        }
    }

    #[test]
    fn chinese_columns_line_up() {
        let mut table = Columns::new(false, &["rule", ">count"]);
        table.row(["保本承诺", "7"]);
        table.row(["kickback", "12"]);
        let mut out = Vec::new();
        table.print(&mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let widths: Vec<_> = out.lines().map(unicode_width::UnicodeWidthStr::width).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{out}");
    }
}
