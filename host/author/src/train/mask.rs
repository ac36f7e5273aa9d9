//! Words of which nothing is learnt: where they stand, a text for learning has a mark, so that no fragment of them or across them is there.

use std::borrow::Cow;

/// It parts what stands on its sides, and no piece of it is a fragment.
const MARK: &str = "\u{fffd}";

/// The text with a mark for each of these words. They are in small letters.
pub fn mask<'t>(text: &'t str, words: &[String]) -> Cow<'t, str> {
    let mut masked = Cow::Borrowed(text);
    // Lengths and borders of characters stay what they are where ASCII alone is made small.
    let mut small = text.to_ascii_lowercase();
    for word in words.iter().filter(|word| !word.is_empty()) {
        let mut out = String::new();
        let mut from = 0;
        for (at, _) in small.match_indices(word.as_str()) {
            let end = at + word.len();
            if at < from || within_word(&small, at, end) {
                continue;
            }
            out.push_str(&masked[from..at]);
            out.push_str(MARK);
            from = end;
        }
        if from > 0 {
            out.push_str(&masked[from..]);
            small = out.to_ascii_lowercase();
            masked = Cow::Owned(out);
        }
    }
    masked
}

/// True where a Latin letter or digit stands beside one of the word's own.
fn within_word(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let joined = |left: Option<&u8>, right: Option<&u8>| {
        left.is_some_and(u8::is_ascii_alphanumeric) && right.is_some_and(u8::is_ascii_alphanumeric)
    };
    joined(start.checked_sub(1).and_then(|at| bytes.get(at)), bytes.get(start))
        || joined(bytes.get(end - 1), bytes.get(end))
}
