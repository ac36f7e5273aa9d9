//! JSON that strict parsers refuse although it is clear what it says.
//!
//! Two kinds are known from archives. A lone surrogate (`\ud83d` without its other half) is what is left of an emoji that a
//! program cut in two; it has no meaning in Unicode and becomes U+FFFD. A control character that stands in a string as it
//! is, where JSON wants an escape, is what the platform's decryption gives; it is taken as that character. The message is
//! read and a note says so: refused, it would be judged by nobody. The raw bytes are kept as they came.

/// A text that was mended, and what to note of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mended {
    pub(crate) text: String,
    pub(crate) notes: Vec<&'static str>,
}

const SURROGATE: &str = "half of a character (a lone surrogate) in the source: read as U+FFFD";
const CONTROL: &str = "a control character in the source without its escape: taken as it is";

/// Mends the strings of a JSON text; `None` if there is nothing to mend. To be called for what a parser refused.
pub(crate) fn mended(json: &str) -> Option<Mended> {
    let bytes = json.as_bytes();
    let mut text = String::new();
    let (mut surrogates, mut controls) = (false, false);
    let (mut kept_to, mut at, mut in_string) = (0, 0, false);
    while at < bytes.len() {
        let taken = match bytes[at] {
            b'"' => {
                in_string = !in_string;
                1
            }
            b'\\' if in_string => match surrogate(&bytes[at..]) {
                None => 2,
                Some(high) if is_high(high) && surrogate(&bytes[at + ESCAPE..]).is_some_and(|low| !is_high(low)) => {
                    2 * ESCAPE
                }
                Some(_) => {
                    text.push_str(&json[kept_to..at]);
                    text.push_str("\\ufffd");
                    kept_to = at + ESCAPE;
                    surrogates = true;
                    ESCAPE
                }
            },
            control @ ..0x20 if in_string => {
                text.push_str(&json[kept_to..at]);
                text.push_str("\\u00");
                let digits = [control >> 4, control & 0xf].map(|digit| char::from_digit(digit.into(), 16));
                text.extend(digits.into_iter().flatten());
                kept_to = at + 1;
                controls = true;
                1
            }
            _ => 1,
        };
        at += taken;
    }
    let notes: Vec<_> = [(surrogates, SURROGATE), (controls, CONTROL)]
        .into_iter()
        .filter_map(|(met, note)| met.then_some(note))
        .collect();
    if notes.is_empty() {
        return None;
    }
    text.push_str(&json[kept_to..]);
    Some(Mended { text, notes })
}

/// Bytes of `\ud83d`.
const ESCAPE: usize = 6;

/// The surrogate whose escape the bytes begin with.
fn surrogate(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.get(..ESCAPE)?.strip_prefix(b"\\u")?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let digits = std::str::from_utf8(digits).ok()?;
    let unit = u16::from_str_radix(digits, 16).ok()?;
    (0xd800..=0xdfff).contains(&unit).then_some(unit)
}

fn is_high(surrogate: u16) -> bool {
    surrogate < 0xdc00
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a parser refused; what is made of it, and the notes.
    type Row<'a> = (&'a str, Option<(&'a str, &'a [&'a str])>);

    #[test]
    fn lone_surrogates_become_u_fffd_and_pairs_stay() {
        let both = [SURROGATE, CONTROL];
        let table: [Row<'_>; 12] = [
            (r#"{"a":"x\ud83d"}"#, Some((r#"{"a":"x\ufffd"}"#, &both[..1]))),
            (r#"{"a":"\uDE00x"}"#, Some((r#"{"a":"\ufffdx"}"#, &both[..1]))),
            (
                r#"["\ud83d\ud83d\ude00"]"#,
                Some((r#"["\ufffd\ud83d\ude00"]"#, &both[..1])),
            ),
            (r#"["\ude00\ud83d"]"#, Some((r#"["\ufffd\ufffd"]"#, &both[..1]))),
            (r#"["\ud83dA"]"#, Some((r#"["\ufffdA"]"#, &both[..1]))),
            (r#"["\ud83d\ude00"]"#, None),
            (r#"["\\ud83d"]"#, None),
            (r#"["\\\ud83d"]"#, Some((r#"["\\\ufffd"]"#, &both[..1]))),
            ("[\"a\u{1}\tb\",\t1]", Some(("[\"a\\u0001\\u0009b\",\t1]", &both[1..]))),
            ("[\"\u{0}\\ud83d\"]", Some(("[\"\\u0000\\ufffd\"]", &both))),
            (r#"["\ud8"#, None),
            ("", None),
        ];
        for (json, expected) in table {
            let found = mended(json);
            let found = found
                .as_ref()
                .map(|found| (found.text.as_str(), found.notes.as_slice()));
            assert_eq!(found, expected, "{json:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_mended_is_whole_and_needs_no_mending(units in prop::collection::vec(prop_oneof![0xd7f0_u16..0xe010, any::<u16>()], 0..12)) {
            let escapes: Vec<String> = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("[\"{}\"]", escapes.concat());
            let text = mended(&json).map_or(json, |mended| mended.text);
            let read: Vec<String> = serde_json::from_str(&text).expect("strict parsers take it");
            prop_assert_eq!(&read[0], &String::from_utf16_lossy(&units));
            prop_assert_eq!(mended(&text), None);
        }

        #[test]
        fn any_text_is_looked_at_without_panic(text in "[\\\\\"ud8Ddcef0 \u{0}\u{1}保]{0,24}") {
            let _ = mended(&text);
        }
    }
}
