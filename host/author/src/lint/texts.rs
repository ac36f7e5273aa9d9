//! What nobody sees in a file.

use super::Remark;
use super::codes::{BROKEN_TEXT, BYTE_ORDER_MARK, INVISIBLE_CHARACTER, MIXED_ENCODINGS, MIXED_FORMS, MIXED_LINE_ENDS};
use proviso_pack::Edit;
use proviso_pack::Pack;
use proviso_pack::manifest::{Folding, Gaps, List, ListKind};
use proviso_pack::parts::MANIFEST;
use std::ops::Range;
use std::path::Path;

const MARK: char = '\u{feff}';

pub(super) fn check(pack: &Pack) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let texts = pack
        .files()
        .filter_map(|(part, bytes)| std::str::from_utf8(bytes).ok().map(|text| (part, text)));
    for (part, text) in texts.filter(|(part, _)| !part.starts_with("plugins/")) {
        remarks.extend(byte_order_mark(part, text));
        remarks.extend(mixed_line_ends(part, text));
        remarks.extend(broken(part, text));
        if let Some(list) = pack.manifest().lists.iter().find(|list| list.file == part) {
            remarks.extend(invisible_in_list(list, text));
            if let ListKind::Lexicon(folding) = list.kind {
                remarks.extend(mixed_forms(part, text, folding));
            }
        } else if part == MANIFEST {
            remarks.extend(invisible_in_manifest(text));
        }
    }
    remarks
}

fn byte_order_mark(part: &str, text: &str) -> Option<Remark> {
    text.starts_with(MARK).then(|| Remark {
        edits: vec![remove(0..MARK.len_utf8())],
        ..Remark::on_line(
            BYTE_ORDER_MARK,
            part,
            1,
            "the file begins with a byte order mark (U+FEFF)",
        )
    })
}

fn mixed_line_ends(part: &str, text: &str) -> Option<Remark> {
    let returns: Vec<usize> = text.match_indices("\r\n").map(|(at, _)| at).collect();
    let lines = text.matches('\n').count();
    if returns.is_empty() || returns.len() == lines {
        return None;
    }
    let message = format!(
        "{} of {lines} lines end with CR LF, the others with LF alone",
        returns.len()
    );
    Some(Remark {
        edits: returns.iter().map(|&at| remove(at..at + 1)).collect(),
        ..Remark::at_offset(MIXED_LINE_ENDS, part, text, returns[0], message)
    })
}

/// Marks of a text that was decoded by the wrong table: what a decoder writes where it fails, and UTF-8 taken for Latin-1
/// or Windows-1252. One remark a line.
fn broken(part: &str, text: &str) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (start, line) in lines(text) {
        let chars: Vec<(usize, char)> = line.char_indices().collect();
        let found = chars.iter().enumerate().find_map(|(index, &(at, c))| {
            let next = |ahead: usize| chars.get(index + ahead).map(|&(_, c)| c);
            let continues = |ahead: usize| next(ahead).is_some_and(is_continuation);
            match c {
                '\u{fffd}' => Some((at, "U+FFFD stands where a character could not be decoded")),
                '锟' if next(1) == Some('斤') && next(2) == Some('拷') => {
                    Some((at, "锟斤拷 is what is left of characters that could not be decoded"))
                }
                'Â' | 'Ã' if continues(1) => Some((at, "this reads as UTF-8 that was taken for Latin-1")),
                '\u{e0}'..='\u{ef}' if continues(1) && continues(2) => {
                    Some((at, "this reads as UTF-8 that was taken for Latin-1"))
                }
                _ => None,
            }
        });
        if let Some((at, why)) = found {
            let shown: String = line[at..].chars().take(8).collect();
            let message = format!("{shown:?}: {why}; take the file from where it came and convert it once");
            remarks.push(Remark::at_offset(BROKEN_TEXT, part, text, start + at, message));
        }
    }
    remarks
}

/// A character that a byte 0x80 to 0xBF becomes in Latin-1 or Windows-1252.
fn is_continuation(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{bf}') || "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ".contains(c)
}

/// In the terms and patterns of a list: comments may hold anything.
fn invisible_in_list(list: &List, text: &str) -> Vec<Remark> {
    let gaps = match list.kind {
        ListKind::Lexicon(folding) => Some(folding.gaps),
        ListKind::Patterns => None,
    };
    let mut remarks = Vec::new();
    for (start, line) in lines(text).filter(|(_, line)| !line.starts_with('#')) {
        let begin = if start == 0 && line.starts_with(MARK) {
            MARK.len_utf8()
        } else {
            0
        };
        let hidden = |c: char| is_hidden(c) || is_odd_space(c);
        let found: Vec<(usize, char)> = line[begin..]
            .char_indices()
            .map(|(at, c)| (start + begin + at, c))
            .filter(|&(_, c)| hidden(c))
            .collect();
        let Some(&(at, first)) = found.first() else { continue };
        let word = if is_odd_space(first) {
            "an unusual space"
        } else {
            "a character that nobody sees"
        };
        let message = format!("{word}, U+{:04X} ({} such in the line)", first as u32, found.len());
        // Where the list skips such a character anyway, the term finds the same without it.
        let skipped = |c: char| match gaps {
            Some(Gaps::Spaces | Gaps::Punctuation) => true,
            Some(Gaps::Invisible) => is_hidden(c),
            Some(Gaps::None) | None => false,
        };
        let all_hidden = line[begin..].chars().all(|c| hidden(c) || c.is_whitespace());
        let edits = if all_hidden || !found.iter().all(|&(_, c)| skipped(c)) {
            Vec::new()
        } else {
            let edit = |&(at, c): &(usize, char)| Edit {
                range: at..at + c.len_utf8(),
                replacement: if is_odd_space(c) { " ".to_owned() } else { String::new() },
            };
            found.iter().map(edit).collect()
        };
        remarks.push(Remark {
            edits,
            ..Remark::at_offset(INVISIBLE_CHARACTER, &list.file, text, at, message)
        });
    }
    remarks
}

/// In the manifest: words of settings and names of files. White space of any kind is left alone.
fn invisible_in_manifest(text: &str) -> Vec<Remark> {
    let inside = text.strip_prefix(MARK).map_or(0, |_| MARK.len_utf8());
    let hidden = text[inside..].char_indices().filter(|&(_, c)| is_hidden(c));
    let remark = |(at, c): (usize, char)| {
        let message = format!("a character that nobody sees, U+{:04X}; write it as \\u{{…}}", c as u32);
        Remark::at_offset(INVISIBLE_CHARACTER, MANIFEST, text, inside + at, message)
    };
    hidden.map(remark).collect()
}

/// Controls, default-ignorable characters (Unicode, DerivedCoreProperties), and those that turn the direction of text.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}')
}

/// White space that looks like a space and is none. The ideographic space is at home in Chinese text.
fn is_odd_space(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}'
    )
}

/// What folding does not make equal, since it compares character by character: a letter with a mark beside it, and full and
/// half width where the list does not fold width.
fn mixed_forms(part: &str, text: &str, folding: Folding) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let is_wide = |c: char| matches!(c, '\u{ff01}'..='\u{ff5e}');
    let term = |line: &'_ str| line.split('\t').next().unwrap_or_default().len();
    let terms: Vec<(usize, &str)> = lines(text)
        .filter(|(_, line)| !line.starts_with('#'))
        .map(|(start, line)| (start, &line[..term(line)]))
        .collect();
    for &(start, term) in &terms {
        let mut before = ' ';
        for (at, c) in term.char_indices() {
            if matches!(c, '\u{300}'..='\u{36f}') && before.is_alphabetic() {
                let message = format!(
                    "{before:?} and the mark U+{:04X} are two characters, which do not find the one that people type; write them as \
                     one (normalisation form C)",
                    c as u32
                );
                remarks.push(Remark::at_offset(MIXED_FORMS, part, text, start + at, message));
                break;
            }
            before = c;
        }
    }
    let has_narrow = terms
        .iter()
        .any(|(_, term)| term.chars().any(|c| c.is_ascii_alphanumeric()));
    if !folding.width && has_narrow {
        let wide = terms
            .iter()
            .filter_map(|(start, term)| term.find(is_wide).map(|at| start + at));
        for at in wide {
            let message = "a full-width character in a list that does not fold width, beside terms of half width";
            remarks.push(Remark::at_offset(MIXED_FORMS, part, text, at, message));
        }
    }
    remarks
}

/// Lists of a folder that are not UTF-8, line by line: such a pack does not open, and this says where to look. Files that
/// cannot be read are left to opening.
pub fn encodings(folder: &Path) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for kind in ["lexicons", "patterns"] {
        let Ok(entries) = std::fs::read_dir(folder.join(kind)) else {
            continue;
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "txt"))
            .collect();
        names.sort();
        for name in names {
            if let Ok(bytes) = std::fs::read(folder.join(kind).join(&name)) {
                remarks.extend(not_utf8(&format!("{kind}/{name}"), &bytes));
            }
        }
    }
    remarks
}

fn not_utf8(part: &str, bytes: &[u8]) -> Option<Remark> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let message = "the file is UTF-16: convert it to UTF-8";
        return Some(Remark::on_line(MIXED_ENCODINGS, part, 1, message));
    }
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let bad: Vec<usize> = (0..lines.len())
        .filter(|&line| std::str::from_utf8(lines[line]).is_err())
        .collect();
    let first = *bad.first()?;
    let good = lines.iter().filter(|line| !line.is_ascii()).count() - bad.len();
    let like = if bad.iter().all(|&line| is_like_gb18030(lines[line])) {
        "they may be GB18030"
    } else {
        "they are of an encoding of one byte a character, or damaged"
    };
    let mixed = if good > 0 {
        format!(", and {good} others beyond ASCII are: the file was joined from files of different encodings")
    } else {
        String::new()
    };
    let message = format!("{} lines are not UTF-8 ({like}){mixed}; convert them", bad.len());
    Some(Remark::on_line(MIXED_ENCODINGS, part, first + 1, message))
}

/// True if the bytes beyond ASCII are pairs, as most characters of GB18030 are.
fn is_like_gb18030(line: &[u8]) -> bool {
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        if byte < 0x80 {
            at += 1;
        } else if (0x81..=0xfe).contains(&byte) && line.get(at + 1).is_some_and(|next| (0x40..=0xfe).contains(next)) {
            at += 2;
        } else {
            return false;
        }
    }
    true
}

/// Lines with the byte at which each begins, without their ends.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        (at, line.trim_end_matches(['\n', '\r']))
    })
}

fn remove(range: Range<usize>) -> Edit {
    Edit {
        range,
        replacement: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn text_that_was_read_by_the_wrong_table_is_told() {
        let table = [
            ("保本", false),
            ("don’t «été» naïve Ärger", false),
            ("donâ€™t", true),
            ("ä¿\u{9d}æœ¬", true),
            ("Ã©tÃ©", true),
            ("ok \u{fffd}", true),
            ("锟斤拷", true),
            ("锟", false),
        ];
        each_row(table, |(text, expected)| {
            assert_eq!(!broken("x", text).is_empty(), expected, "{text}");
        });
    }

    #[test]
    fn lines_of_another_encoding_are_counted() {
        let gbk = b"abc\n\xe4\xbf\x9d\xe6\x9c\xac\n\xb1\xa3\xb1\xbe\n";
        let remark = not_utf8("lexicons/x.txt", gbk).unwrap();
        assert_eq!(remark.line, 3);
        assert!(
            remark
                .message
                .starts_with("1 lines are not UTF-8 (they may be GB18030), and 1 others")
        );
        assert_eq!(not_utf8("x", "保本\n".as_bytes()), None);
        assert!(not_utf8("x", b"\xff\xfea\0").unwrap().message.contains("UTF-16"));
    }

    #[test]
    fn what_the_list_skips_is_taken_out_and_what_it_does_not_skip_stays() {
        let list = |gaps| List {
            name: "x".to_owned(),
            file: "lexicons/x.txt".to_owned(),
            kind: ListKind::Lexicon(Folding {
                gaps,
                ..Folding::default()
            }),
        };
        let text = "# \u{200b}\n保\u{200b}本\nno\u{a0}risk\n";
        let edits = |gaps| -> Vec<usize> {
            let found = invisible_in_list(&list(gaps), text);
            found.iter().map(|remark| remark.edits.len()).collect()
        };
        assert_eq!(edits(Gaps::None), [0, 0]);
        assert_eq!(edits(Gaps::Invisible), [1, 0]);
        assert_eq!(edits(Gaps::Spaces), [1, 1]);
    }

    #[test]
    fn a_letter_and_its_mark_are_two_characters() {
        let found = mixed_forms("x", "cafe\u{301}\ncafé\n", Folding::default());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].line, found[0].column), (1, 5));
        let exact = Folding {
            width: false,
            ..Folding::default()
        };
        assert_eq!(mixed_forms("x", "vip\nＶＩＰ\n", exact).len(), 1);
        assert_eq!(mixed_forms("x", "vip\nＶＩＰ\n", Folding::default()).len(), 0);
    }
}
