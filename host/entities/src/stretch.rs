//! What of a text is read: lines on which something may stand, with those around them. The rest of a long mail is passed over.

use super::notice;
use proviso_chars::{self as chars, Class};
use std::ops::Range;

/// A shorter text is read whole, in bytes.
const WHOLE_BYTES_MAX: usize = 512;
/// So many characters that are seen are read around a line, and at least a line more: further than any word reaches that names a
/// number, and any identifier behind the name of a messenger.
const AROUND_CHARS: usize = 64;

/// The stretches of one text, in order, each by its bytes. They do not meet, and begin and end with lines.
pub(super) struct Stretches<'t> {
    text: &'t str,
    /// A line that may have something, and is in no stretch yet.
    next: Option<Range<usize>>,
    /// Behind the last stretch.
    given: usize,
}

impl<'t> Stretches<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            text,
            next: line_from(text, 0),
            given: 0,
        }
    }
}

impl Iterator for Stretches<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let line = self.next.take()?;
        if self.text.len() <= WHOLE_BYTES_MAX {
            return Some(0..self.text.len());
        }
        let start = before(self.text, self.given, line.start);
        let mut end = line.end;
        loop {
            self.next = line_from(self.text, end);
            // What is around two lines meets where so little is between.
            if let Some(line) = self.next.take_if(|line| line.start - end <= AROUND_CHARS) {
                end = line.end;
                continue;
            }
            // What is between two lines is counted from both, and nothing else is, however much of it nobody sees.
            let around = behind(
                self.text,
                end,
                self.next.as_ref().map_or(self.text.len(), |line| line.start),
            );
            let met = self
                .next
                .take_if(|line| before(self.text, around, line.start) <= around);
            let Some(line) = met else {
                self.given = around;
                return Some(start..around);
            };
            end = line.end;
        }
    }
}

/// The first line from the beginning of one on that may have something.
fn line_from(text: &str, from: usize) -> Option<Range<usize>> {
    let at = notice::next(text, from)?;
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    Some(start..line_end(text, at))
}

/// Behind the line that a place stands on.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

/// Where what is read with a line begins that begins at `start`: not before `floor`, where a line begins too.
fn before(text: &str, floor: usize, start: usize) -> usize {
    let head = text.get(floor..start.saturating_sub(1)).unwrap_or_default();
    let plain = head.len().checked_sub(AROUND_CHARS);
    let plain = plain.filter(|&from| is_seen(&head.as_bytes()[from..]));
    let from = plain.unwrap_or_else(|| {
        let mut seen = head
            .char_indices()
            .rev()
            .filter(|(_, c)| chars::class(*c) != Class::Invisible);
        seen.nth(AROUND_CHARS - 1).map_or(0, |(at, _)| at)
    });
    floor + head[..from].rfind('\n').map_or(0, |end| end + 1)
}

/// Where what is read with a line ends that ends at `end`: not behind `ceiling`, where a line begins, or the text ends.
fn behind(text: &str, end: usize, ceiling: usize) -> usize {
    let tail = &text[end..ceiling];
    let plain = tail.as_bytes().get(..AROUND_CHARS).filter(|bytes| is_seen(bytes));
    let last = plain.map(|_| AROUND_CHARS - 1).or_else(|| {
        let mut seen = tail
            .char_indices()
            .filter(|(_, c)| chars::class(*c) != Class::Invisible);
        seen.nth(AROUND_CHARS - 1).map(|(at, _)| at)
    });
    last.map_or(ceiling, |last| line_end(text, end + last))
}

/// True of ASCII of which each byte is a character on a tape.
fn is_seen(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| matches!(byte, b' '..=b'~' | b'\t'..=b'\r'))
}

#[cfg(test)]
mod tests {
    use super::super::reader::Reader;
    use super::super::tape::Tape;
    use super::super::{Entity, Finder};
    use super::*;
    use proptest::prelude::*;

    /// What names something, what is something, what stands between, and lines that have nothing.
    const PIECES: [&str; 40] = [
        "\n",
        "\n",
        "\n",
        "\n\n",
        "\r\n",
        " ",
        " ",
        ", ",
        "\u{200b}",
        "账号：",
        "card number",
        "卡号\n",
        "微信",
        "vx",
        "加我",
        "BIC: ",
        "swift code is ",
        "身份证",
        "tel",
        "order no.",
        "6222021001116245704",
        "4111 1111 1111 1111",
        "13800138000",
        "zhang_san",
        "abcdefgh",
        "DEUTDEFF",
        "11010519491231002X",
        "5万",
        "三百元",
        "1",
        "2. ",
        "www.example.com",
        "a@b.cn",
        "pay ",
        "8.5%",
        "a line of prose that says nothing of anything to anybody, however long one looks at it here\n",
        "this is another one, as people write them in mails, with words that have no figures in them\n",
        "一行没有数字的话，说的是今天的天气和明天的安排，别的什么也没有\n",
        "short line\n",
        "好\n",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn what_is_passed_over_changes_nothing(pieces in proptest::collection::vec(0..PIECES.len(), 10..60)) {
            let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
            let (mut whole, mut tape) = (Vec::<Entity>::new(), Tape::default());
            tape.read(&text, 0, text.len());
            Reader::new(&tape).read(&mut whole, usize::MAX, &|_| true);
            let mut found = Vec::new();
            Finder::default().find(&text, &mut found, usize::MAX, |_| true);
            prop_assert_eq!(found, whole, "{:?}", text);
        }
    }

    #[test]
    fn what_nobody_sees_parts_no_lines() {
        let unseen = format!("{}\n", "\u{200b}".repeat(2_000));
        let text = format!("{unseen}1\n{unseen}2\n{unseen}3\n");
        assert_eq!(Stretches::of(&text).collect::<Vec<_>>(), vec![0..text.len()]);
    }

    #[test]
    fn stretches_are_lines_with_those_around_and_pass_over_the_rest() {
        let prose = "a line of prose that says nothing of anything to anybody, however long\n".repeat(10);
        let text = format!("{prose}call 13800138000\n{prose}a card\n{prose}4111111111111111\n");
        let stretches: Vec<_> = Stretches::of(&text).map(|stretch| text[stretch].to_owned()).collect();
        let line = &prose[..prose.len() / 10];
        assert_eq!(
            stretches,
            [
                format!("{line}call 13800138000\n{line}"),
                format!("{line}4111111111111111\n")
            ]
        );
        assert_eq!(Stretches::of(&prose).count(), 0);
        assert_eq!(Stretches::of("a 1").collect::<Vec<_>>(), vec![0..3]);
    }
}
