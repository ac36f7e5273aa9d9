//! Foreign texts as they are shown: nothing in them acts on a terminal or turns a line.

use std::fmt::Write as _;

/// A foreign text in one line, without what a terminal acts on: the character U+FFFD stands for each control character, and for each that changes
/// the direction of a line.
pub fn shown(text: &str) -> String {
    let plain = |character: char| {
        if character.is_control() || turns(character) {
            '\u{fffd}'
        } else {
            character
        }
    };
    text.chars().map(plain).collect()
}

/// JSON with what turns a line as escapes, which can stand in its strings alone.
pub fn json_text(value: &serde_json::Value) -> String {
    let mut text = String::new();
    for character in format!("{value:#}\n").chars() {
        if turns(character) {
            let _ = write!(text, "\\u{:04x}", character as u32);
        } else {
            text.push(character);
        }
    }
    text
}

/// True of what changes the direction of a line.
fn turns(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_acts_on_who_reads_it() {
        assert_eq!(
            shown("a\n\u{1b}[2Jb\u{202e}c\u{2066}d\u{85}e"),
            "a\u{fffd}\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}e"
        );
        assert_eq!(shown("案件 7，<b>"), "案件 7，<b>");
        let text = json_text(&serde_json::json!({ "a": "b\u{202e}c" }));
        assert_eq!(text, "{\n  \"a\": \"b\\u202ec\"\n}\n");
    }
}
