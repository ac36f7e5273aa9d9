//! One character: what it counts as, and what it is after folding.
//!
//! The tables are written out here instead of asking the standard library, so that the compiler of a guest and the one of the host
//! cannot differ by a version of Unicode. Case alone is the standard library's, for scripts whose case has been settled for decades.

/// What a character is for cutting a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nobody sees it: as if it were not there.
    Skip,
    /// It parts what stands on its sides.
    Break,
    /// It ends a sentence, and parts as well.
    Stop,
    /// A letter or digit of a script that is written in words.
    Letter,
    /// A character of a script that is written without spaces.
    Sign,
}

/// The folded character: lower case, half width, every digit `0`.
#[inline]
pub(crate) fn fold(c: char) -> (u32, Class) {
    let code = c as u32;
    match code {
        0x61..=0x7a | 0x4e00..=0x9fff => (code, if code < 0x80 { Class::Letter } else { Class::Sign }),
        0x00..=0x7f => ascii(code),
        _ => other(c),
    }
}

fn ascii(code: u32) -> (u32, Class) {
    match code as u8 {
        b'A'..=b'Z' => (code + 0x20, Class::Letter),
        b'0'..=b'9' => (0x30, Class::Letter),
        // Money is worth a fragment of its own.
        b'a'..=b'z' | b'$' | b'%' => (code, Class::Letter),
        b'.' | b'!' | b'?' | b'\n' => (code, Class::Stop),
        _ => (code, Class::Break),
    }
}

fn other(c: char) -> (u32, Class) {
    let code = c as u32;
    match code {
        0xff01..=0xff5e => ascii(code - 0xfee0),
        // Soft hyphen, zero-width characters, marks of direction, variation selectors, byte order mark, marks laid over letters.
        0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2064 | 0xfe00..=0xfe0f | 0xfeff | 0x300..=0x36f => {
            (code, Class::Skip)
        }
        0x3002 | 0xff61 | 0x2026 => (code, Class::Stop),
        0xa3 | 0xa5 | 0x20ac | 0xffe5 => (0x24, Class::Letter),
        0xd7 | 0xf7 => (code, Class::Break),
        0xc0..=0x52f => (lower(c), Class::Letter),
        0x530..=0x1fff => (code, Class::Letter),
        0x3040..=0x30ff | 0x3400..=0x4dbf | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff => {
            (code, Class::Sign)
        }
        _ => (code, Class::Break),
    }
}

/// The small letter, where it stands in the same ranges.
fn lower(c: char) -> u32 {
    let code = c.to_lowercase().next().map_or(0, u32::from);
    if code < 0x530 { code } else { c as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_character_are_equal() {
        let table = [
            ('A', 'a'),
            ('Ａ', 'a'),
            ('ａ', 'a'),
            ('7', '0'),
            ('７', '0'),
            ('É', 'é'),
            ('Я', 'я'),
            ('￥', '$'),
            ('％', '%'),
            ('，', ','),
            ('！', '!'),
        ];
        for (one, other) in table {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold('安'), fold('全'));
    }

    #[test]
    fn every_character_has_a_class_and_folding_twice_changes_nothing() {
        for c in (0..=0x0010_ffff).filter_map(char::from_u32) {
            let (code, class) = fold(c);
            if matches!(class, Class::Letter | Class::Sign) {
                let folded = char::from_u32(code).expect("a character stays one");
                assert_eq!(fold(folded), (code, class), "{c:?}");
            }
        }
    }
}
