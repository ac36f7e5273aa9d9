//! Terms of an index: what messages are found by, as bytes that sort by class first.
//!
//! | class | behind it |
//! |---|---|
//! | pair | two ideographs that follow each other, UTF-16 big-endian; one alone where no other follows it |
//! | word | letters in a row, folded |
//! | number | digits in a row, or those of a number that is written in groups |
//! | sign | one picture or symbol |
//! | entity | kind, `=`, value |
//! | from, to, conversation | an identifier in lower case |
//! | channel, kind, direction | a name |
//! | next | 16 bits of a hash over two rows of letters or digits that follow each other, big-endian |
//! | many, whole | nothing: messages with more recipients, or more terms, than are indexed |
//! | beside | nothing: messages that may say more than stands in them |
//!
//! An ideograph alone is found by all pairs that begin with it: each one of a text begins a pair. What follows what says of few messages
//! that they have a phrase: long ones have any two words, and are not to be looked at for each phrase of them.

/// A class of terms. The number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Class {
    Pair = 1,
    Word = 2,
    Number = 3,
    Sign = 4,
    Entity = 5,
    From = 6,
    To = 7,
    Conversation = 8,
    Channel = 9,
    Kind = 10,
    Direction = 11,
    Many = 12,
    Whole = 13,
    Next = 14,
    Beside = 15,
}

/// Bytes of a term behind its class, at most: a longer word, number, value or identifier is known by its beginning.
pub(crate) const TERM_BYTES_MAX: usize = 64;

/// Writes a term. True if it is that of no other text: a cut one may be.
pub(crate) fn write(class: Class, text: impl Iterator<Item = char>, term: &mut Vec<u8>) -> bool {
    term.clear();
    term.push(class as u8);
    let mut bytes = [0; 4];
    for c in text {
        let bytes = c.encode_utf8(&mut bytes).as_bytes();
        if term.len() + bytes.len() > TERM_BYTES_MAX + 1 {
            return false;
        }
        term.extend_from_slice(bytes);
    }
    term.len() - 1 <= TERM_BYTES_MAX - bytes.len()
}

/// Writes the term of an entity; all of a kind begin with the term of an empty value.
pub(crate) fn write_entity(kind: &str, value: &str, term: &mut Vec<u8>) -> bool {
    write(Class::Entity, kind.chars().chain(['=']).chain(value.chars()), term)
}

/// Writes the term of two ideographs, or of one that no other follows.
pub(crate) fn write_pair(first: char, second: Option<char>, term: &mut Vec<u8>) {
    term.clear();
    term.push(Class::Pair as u8);
    for c in std::iter::once(first).chain(second) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            term.extend_from_slice(&unit.to_be_bytes());
        }
    }
}

/// Writes the term of two rows that follow each other. Others have the same one.
pub(crate) fn write_next(first: impl Iterator<Item = char>, second: impl Iterator<Item = char>, term: &mut Vec<u8>) {
    // FNV-1a over code points, with what no row has between the two.
    let step = |hash: u64, code: u32| (hash ^ u64::from(code)).wrapping_mul(0x0100_0000_01b3);
    let codes = first.map(u32::from).chain([0]).chain(second.map(u32::from));
    let hash = codes.fold(0xcbf2_9ce4_8422_2325, step);
    // Its upper bits depend on all of it.
    let mixed = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    term.clear();
    term.push(Class::Next as u8);
    term.extend_from_slice(&((mixed >> 48) as u16).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_an_ideograph_begin_with_it() {
        let (mut one, mut two) = (Vec::new(), Vec::new());
        write_pair('保', None, &mut one);
        write_pair('保', Some('𠮷'), &mut two);
        assert_eq!(one, [1, 0x4f, 0xdd]);
        assert!(two.starts_with(&one) && two.len() == 7);
    }

    #[test]
    fn a_long_term_is_cut_between_characters() {
        let mut term = Vec::new();
        assert!(write(Class::Word, "x".repeat(60).chars(), &mut term));
        assert!(
            !write(Class::Word, "x".repeat(61).chars(), &mut term),
            "as a cut one may be"
        );
        assert_eq!(term.len(), 62);
        assert!(!write(Class::Word, "é".repeat(40).chars(), &mut term));
        assert_eq!(term.len(), 65);
        assert!(!write(Class::Word, format!("x{}", "保".repeat(40)).chars(), &mut term));
        assert_eq!(term.len(), 65);
        assert!(write_entity("date", "-2026-01", &mut term));
        assert_eq!(term, b"\x05date=-2026-01");
    }
}
