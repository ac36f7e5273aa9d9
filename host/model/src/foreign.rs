//! Text of others: what somebody wrote who may mean harm to whoever reads it.
//!
//! A terminal obeys control characters, a reader is misled by a change of direction, Markdown and HTML make links and tags of
//! text. So a text of others has no `Display`: whoever prints it says where to, and it is escaped for that place.

use std::fmt::{self, Write as _};

/// What an error or a log quotes of a text at most, in bytes.
const QUOTED_BYTES_MAX: usize = 64;

/// A text of others, on its way out.
///
/// ```compile_fail
/// println!("{}", proviso_model::foreign::Foreign("\u{1b}[2J"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Foreign<'a>(pub &'a str);

impl<'a> Foreign<'a> {
    /// For a terminal, on one line: what a terminal obeys or a reader does not see is written as `\u{1b}`.
    pub fn terminal(self) -> impl fmt::Display + use<'a> {
        fmt::from_fn(move |f| self.0.chars().try_for_each(|c| plain(f, c)))
    }

    /// For Markdown (CommonMark with tables), on one line within a paragraph, a heading or a cell of a table: nothing of it is
    /// markup.
    pub fn markdown(self) -> impl fmt::Display + use<'a> {
        fmt::from_fn(move |f| {
            let mut before = None;
            let mut rest = self.0.chars().peekable();
            // Digits at the beginning, which a `.` or `)` would make the number of a list.
            let mut number = true;
            while let Some(c) = rest.next() {
                let inside_word = |before: Option<char>, after: Option<&char>| {
                    before.is_some_and(char::is_alphanumeric) && after.is_some_and(|c| c.is_alphanumeric())
                };
                let is_markup = match c {
                    '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!' => true,
                    '_' => !inside_word(before, rest.peek()),
                    '-' | '+' | '=' => before.is_none(),
                    '.' | ')' => number && before.is_some(),
                    _ => false,
                };
                number &= c.is_ascii_digit();
                match c {
                    '\n' | '\r' | '\t' => f.write_char(' ')?,
                    c if is_markup => write!(f, "\\{c}")?,
                    c => plain(f, c)?,
                }
                before = Some(c);
            }
            Ok(())
        })
    }

    /// For Markdown, as a span of code that ends where the text ends; `|` is escaped, as cells of tables want it.
    pub fn markdown_code(self) -> impl fmt::Display + use<'a> {
        fmt::from_fn(move |f| {
            let longest = self.0.split(|c| c != '`').map(str::len).max().unwrap_or_default();
            let fence = "`".repeat(longest + 1);
            let pad = if longest > 0 { " " } else { "" };
            write!(f, "{fence}{pad}")?;
            for c in self.0.chars() {
                match c {
                    '\n' | '\r' | '\t' => f.write_char(' ')?,
                    '|' => f.write_str("\\|")?,
                    c => plain(f, c)?,
                }
            }
            write!(f, "{pad}{fence}")
        })
    }

    /// For HTML, as text or in a quoted attribute.
    pub fn html(self) -> impl fmt::Display + use<'a> {
        fmt::from_fn(move |f| {
            self.0.chars().try_for_each(|c| match c {
                '&' => f.write_str("&amp;"),
                '<' => f.write_str("&lt;"),
                '>' => f.write_str("&gt;"),
                '"' => f.write_str("&quot;"),
                '\'' => f.write_str("&#39;"),
                '\n' | '\t' => f.write_char(c),
                c => plain(f, c),
            })
        })
    }

    /// For JSON: the text is a whole JSON text with strings of others in it, and stays the same value. What a terminal obeys or
    /// a reader does not see is written as JSON's own `\u202e`; line feeds between its tokens stay.
    pub fn json(self) -> impl fmt::Display + use<'a> {
        fmt::from_fn(move |f| {
            let mut rest = self.0;
            while let Some(at) = rest.find(|c| c != '\n' && is_unseen(c)) {
                let (before, from) = rest.split_at(at);
                f.write_str(before)?;
                let mut chars = from.chars();
                for unit in chars
                    .next()
                    .into_iter()
                    .flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec())
                {
                    write!(f, "\\u{unit:04x}")?;
                }
                rest = chars.as_str();
            }
            f.write_str(rest)
        })
    }

    /// For an error that names the value: at most its first 64 bytes, quoted and escaped: `"\u{1b}[2J"`, or `"2026-…"`.
    pub fn quoted(self) -> impl fmt::Display + use<'a> {
        fmt::from_fn(move |f| {
            let cut = self.0.floor_char_boundary(QUOTED_BYTES_MAX);
            let mark = if cut < self.0.len() { "…" } else { "" };
            f.write_char('"')?;
            for c in self.0[..cut].chars() {
                match c {
                    '"' | '\\' => write!(f, "\\{c}")?,
                    c => plain(f, c)?,
                }
            }
            write!(f, "{mark}\"")
        })
    }

    /// For a log: at most its first 64 bytes, quoted and escaped, and how long it is: `"\u{1b}[2J" (4 bytes)`. Never for the
    /// text of a message.
    pub fn log(self) -> impl fmt::Display + use<'a> {
        fmt::from_fn(move |f| write!(f, "{} ({} bytes)", self.quoted(), self.0.len()))
    }
}

/// The text itself is shown by `Debug` as a string is: quoted, with what is not seen escaped.
impl fmt::Debug for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

/// The character, or its escape if a terminal obeys it or a reader does not see it.
fn plain(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    if is_unseen(c) {
        write!(f, "{}", c.escape_unicode())
    } else {
        f.write_char(c)
    }
}

/// True for what is not seen and does something: control characters (C0, DEL, C1), marks and changes of direction (UAX #9),
/// separators of lines and paragraphs, invisible operators, tags, and marks of byte order. What joins emoji and letters of some
/// scripts (U+200C, U+200D) is let through.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_exit_has_its_escapes() {
        let table = [
            (
                "保本 bank-cn 1.2",
                "保本 bank-cn 1.2",
                "保本 bank-cn 1.2",
                "`保本 bank-cn 1.2`",
                "保本 bank-cn 1.2",
            ),
            (
                "\u{1b}[2Jx",
                "\\u{1b}[2Jx",
                "\\u{1b}\\[2Jx",
                "`\\u{1b}[2Jx`",
                "\\u{1b}[2Jx",
            ),
            (
                "a\u{202e}b",
                "a\\u{202e}b",
                "a\\u{202e}b",
                "`a\\u{202e}b`",
                "a\\u{202e}b",
            ),
            ("a\nb", "a\\u{a}b", "a b", "`a b`", "a\nb"),
            ("a`b|c", "a`b|c", "a\\`b\\|c", "`` a`b\\|c ``", "a`b|c"),
            (
                "<b a='1'>&",
                "<b a='1'>&",
                "\\<b a='1'\\>\\&",
                "`<b a='1'>&`",
                "&lt;b a=&#39;1&#39;&gt;&amp;",
            ),
            (
                "snake_case _x_ *y*",
                "snake_case _x_ *y*",
                "snake_case \\_x\\_ \\*y\\*",
                "`snake_case _x_ *y*`",
                "snake_case _x_ *y*",
            ),
            ("1. one", "1. one", "1\\. one", "`1. one`", "1. one"),
            ("- one", "- one", "\\- one", "`- one`", "- one"),
        ];
        for (text, terminal, markdown, code, html) in table {
            let text = Foreign(text);
            assert_eq!(text.terminal().to_string(), terminal);
            assert_eq!(text.markdown().to_string(), markdown);
            assert_eq!(text.markdown_code().to_string(), code);
            assert_eq!(text.html().to_string(), html);
        }
    }

    #[test]
    fn a_log_gets_a_short_form_and_the_length() {
        assert_eq!(Foreign("\u{1b}[2J\"").log().to_string(), "\"\\u{1b}[2J\\\"\" (5 bytes)");
        let long = "保".repeat(40);
        assert_eq!(
            Foreign(&long).log().to_string(),
            format!("\"{}…\" (120 bytes)", "保".repeat(21))
        );
    }

    proptest! {
        #[test]
        fn nothing_unseen_leaves(text in any::<String>()) {
            let text = Foreign(&text);
            let seen = |shown: String| !shown.chars().any(|c| is_unseen(c) && c != '\n' && c != '\t');
            prop_assert!(!text.terminal().to_string().contains(is_unseen));
            prop_assert!(!text.markdown().to_string().contains(is_unseen));
            prop_assert!(!text.markdown_code().to_string().contains(is_unseen));
            let json = serde_json::to_string(text.0).unwrap();
            let shown = Foreign(&json).json().to_string();
            prop_assert!(!shown.contains(is_unseen));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text.0);
            prop_assert!(!text.log().to_string().contains(is_unseen));
            prop_assert!(seen(text.html().to_string()));
        }
    }
}
