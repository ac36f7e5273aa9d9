//! Mail as RFC 5322 has it: headers, folded, with words of RFC 2047, and bodies in base64.

use crate::base64;
use proviso_model::Timestamp;
use proviso_model::time::Zone;
use std::fmt::Write as _;

/// Bytes of one encoded word: 75 at most with what stands around it (RFC 2047, section 2), of which base64 has 60, of 45 bytes.
const WORD_BYTES: usize = 45;

/// A header that is folded where it must be. Nothing of the text ends its line.
pub(super) fn header(name: &str, text: &str, out: &mut String) {
    let _ = write!(out, "{name}: {}\r\n", words(text));
}

/// An address: what somebody is called, and a mailbox that is none.
pub(super) fn mailbox(id: &str, channel: &str) -> String {
    let local: String = id
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
            _ => format!("={byte:02X}"),
        })
        .collect();
    // An address has 64 bytes before its sign; what is cut stands in the name.
    let local = &local[..local.len().min(64)];
    let local = if local.is_empty() { "nobody" } else { local };
    let channel: String = channel.chars().filter(char::is_ascii_alphanumeric).collect();
    let channel = if channel.is_empty() {
        "channel".to_owned()
    } else {
        channel
    };
    format!("{} <{local}@{channel}.invalid>", quoted(id))
}

/// A name before an address.
fn quoted(name: &str) -> String {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ') && name.len() <= WORD_BYTES && !name.is_empty() {
        name.to_owned()
    } else {
        encoded(name)
    }
}

fn words(text: &str) -> String {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && text.len() <= 900 && !text.contains("=?") {
        text.to_owned()
    } else {
        encoded(text)
    }
}

/// Encoded words, a line each.
fn encoded(text: &str) -> String {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        let (word, behind) = rest.split_at(rest.floor_char_boundary(WORD_BYTES.min(rest.len())));
        words.push(format!("=?UTF-8?B?{}?=", base64::encode(word.as_bytes())));
        if behind.is_empty() {
            return words.join("\r\n ");
        }
        rest = behind;
    }
}

/// A body in base64, in lines of 76.
pub(super) fn body(bytes: &[u8], out: &mut String) {
    let text = base64::encode(bytes);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(76));
        out.push_str(line);
        out.push_str("\r\n");
        rest = behind;
    }
}

/// `Sat, 31 Jan 2026 09:00:00 +0800`. Years of fewer or more than four digits stand as they are.
pub(super) fn date(at: Timestamp, zone: &Zone) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let wall = zone.wall_time(at);
    let local = crate::local_time::local(at, zone);
    let offset = local[local.len() - 6..].replace(':', "");
    format!(
        "{}, {} {} {:04} {:02}:{:02}:{:02} {offset}",
        DAYS[wall.weekday().to_monday_zero_offset() as usize],
        wall.day(),
        MONTHS[wall.month() as usize - 1],
        wall.year(),
        wall.hour(),
        wall.minute(),
        wall.second(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn no_text_ends_a_header() {
        each_row(
            [
                ("plain", "X: plain\r\n"),
                ("a\r\nBcc: x", "X: =?UTF-8?B?YQ0KQmNjOiB4?=\r\n"),
                ("保本", "X: =?UTF-8?B?5L+d5pys?=\r\n"),
            ],
            |(text, expected)| {
                let mut out = String::new();
                header("X", text, &mut out);
                assert_eq!(out, expected);
            },
        );
        let mut out = String::new();
        header("X", &"保".repeat(40), &mut out);
        assert!(out.lines().all(|line| line.len() <= 78), "{out}");
    }

    #[test]
    fn a_date_is_that_of_the_zone() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let at = Timestamp::from_millis(1_750_000_000_123).unwrap();
        assert_eq!(date(at, &zone), "Sun, 15 Jun 2025 23:06:40 +0800");
    }

    #[test]
    fn an_identifier_is_a_name_and_a_mailbox_that_is_none() {
        assert_eq!(mailbox("wei", "wecom"), "wei <wei@wecom.invalid>");
        assert_eq!(
            mailbox("a<b>\r\n", "x y"),
            "=?UTF-8?B?YTxiPg0K?= <a=3Cb=3E=0D=0A@xy.invalid>"
        );
    }
}
