//! Character references of HTML, which stand in texts that came from a page or a mail.

/// Bytes of a name, at most.
const NAME_BYTES_MAX: usize = 8;

/// The character that a reference at the beginning of `text` stands for, and the bytes that it takes. `&amp;` may stand for the `&`
/// any number of times, as it does in text that was written as HTML more than once.
pub(crate) fn reference(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while bytes.get(at..).is_some_and(|rest| rest.starts_with(b"amp;")) {
        at += 4;
    }
    let written_twice = (at > 1).then_some(('&', at));
    let here = bytes.get(at..)?;
    let found = if here.first() == Some(&b'#') {
        number(&here[1..]).map(|(c, length)| (c, at + 1 + length))
    } else {
        name(here).map(|(c, length)| (c, at + length))
    };
    found.or(written_twice)
}

/// Decimal or hexadecimal, with a semicolon or without one.
fn number(text: &[u8]) -> Option<(char, usize)> {
    let (radix, from) = match text.first()? {
        b'x' | b'X' => (16, 1),
        _ => (10, 0),
    };
    let digits = text[from..]
        .iter()
        .take(8)
        .map_while(|byte| char::from(*byte).to_digit(radix));
    let (mut value, mut count) = (0_u32, 0);
    for digit in digits {
        value = value.saturating_mul(radix).saturating_add(digit);
        count += 1;
    }
    let c = char::from_u32(value).filter(|&c| count > 0 && c != '\0')?;
    let end = from + count;
    Some((c, end + usize::from(text.get(end) == Some(&b';'))))
}

fn name(text: &[u8]) -> Option<(char, usize)> {
    let length = text.iter().take(NAME_BYTES_MAX + 1).position(|&byte| byte == b';')?;
    let name = std::str::from_utf8(&text[..length]).ok()?;
    let place = NAMES.binary_search_by_key(&name, |(name, _)| name).ok()?;
    Some((NAMES[place].1, length + 1))
}

/// Names with their characters, by name.
const NAMES: [(&str, char); 94] = [
    ("AMP", '&'),
    ("Eacute", 'É'),
    ("GT", '>'),
    ("LT", '<'),
    ("NewLine", '\n'),
    ("QUOT", '"'),
    ("Tab", '\t'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("aelig", 'æ'),
    ("agrave", 'à'),
    ("amp", '&'),
    ("apos", '\''),
    ("aring", 'å'),
    ("ast", '*'),
    ("atilde", 'ã'),
    ("auml", 'ä'),
    ("bull", '•'),
    ("ccedil", 'ç'),
    ("cent", '¢'),
    ("colon", ':'),
    ("comma", ','),
    ("commat", '@'),
    ("copy", '©'),
    ("deg", '°'),
    ("divide", '÷'),
    ("dollar", '$'),
    ("eacute", 'é'),
    ("ecirc", 'ê'),
    ("egrave", 'è'),
    ("emsp", '\u{2003}'),
    ("ensp", '\u{2002}'),
    ("equals", '='),
    ("euml", 'ë'),
    ("euro", '€'),
    ("excl", '!'),
    ("frac12", '½'),
    ("gt", '>'),
    ("hairsp", '\u{200a}'),
    ("hellip", '…'),
    ("hyphen", '‐'),
    ("iacute", 'í'),
    ("icirc", 'î'),
    ("igrave", 'ì'),
    ("iuml", 'ï'),
    ("laquo", '«'),
    ("lbrace", '{'),
    ("lbrack", '['),
    ("ldquo", '“'),
    ("lowbar", '_'),
    ("lpar", '('),
    ("lrm", '\u{200e}'),
    ("lsquo", '‘'),
    ("lt", '<'),
    ("mdash", '—'),
    ("middot", '·'),
    ("nbsp", '\u{a0}'),
    ("ndash", '–'),
    ("ntilde", 'ñ'),
    ("num", '#'),
    ("oacute", 'ó'),
    ("ocirc", 'ô'),
    ("ograve", 'ò'),
    ("oslash", 'ø'),
    ("otilde", 'õ'),
    ("ouml", 'ö'),
    ("percnt", '%'),
    ("period", '.'),
    ("plus", '+'),
    ("plusmn", '±'),
    ("pound", '£'),
    ("quest", '?'),
    ("quot", '"'),
    ("raquo", '»'),
    ("rbrace", '}'),
    ("rbrack", ']'),
    ("rdquo", '”'),
    ("reg", '®'),
    ("rlm", '\u{200f}'),
    ("rpar", ')'),
    ("rsquo", '’'),
    ("sect", '§'),
    ("semi", ';'),
    ("shy", '\u{ad}'),
    ("sol", '/'),
    ("szlig", 'ß'),
    ("thinsp", '\u{2009}'),
    ("times", '×'),
    ("uacute", 'ú'),
    ("ugrave", 'ù'),
    ("uuml", 'ü'),
    ("yen", '¥'),
    ("zwj", '\u{200d}'),
    ("zwnj", '\u{200c}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_nothing_else_is() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| name));
        assert!(NAMES.iter().all(|(name, _)| name.len() <= NAME_BYTES_MAX));
        let table = [
            ("&#20445;本", Some(('保', 8))),
            ("&#20445本", Some(('保', 7))),
            ("&#x4FDD;", Some(('保', 8))),
            ("&#X4fdd;", Some(('保', 8))),
            ("&nbsp;x", Some(('\u{a0}', 6))),
            ("&amp;#20445;", Some(('保', 12))),
            ("&amp;amp;nbsp;", Some(('\u{a0}', 14))),
            ("&amp;", Some(('&', 5))),
            ("&amp;c", Some(('&', 5))),
            ("&", None),
            ("&#", None),
            ("&#x;", None),
            ("&#0;", None),
            ("&#55296;", None),
            ("&#99999999;", None),
            ("&nbsp x", None),
            ("&保;", None),
            ("&unknown;", None),
            ("& b;", None),
        ];
        for (text, expected) in table {
            assert_eq!(reference(text), expected, "{text}");
        }
    }
}
