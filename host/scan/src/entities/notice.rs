//! Whether a text is worth reading for entities: a look at its bytes, most of which are passed over.

use super::tape::is_han;
use crate::chars::{self, Relation};

/// What a byte is to this look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Byte {
    /// Nothing begins with it.
    Plain,
    /// A digit, `@` or a sign of a currency: worth reading.
    Worth,
    /// A point: between letters it is an address.
    Point,
    /// A letter in which a messenger's name ends.
    Letter,
    /// The first byte of a character of three or four bytes.
    Wide,
}

static BYTES: [Byte; 256] = {
    let mut bytes = [Byte::Plain; 256];
    let mut byte = 0;
    while byte < 256 {
        bytes[byte] = match byte as u8 {
            b'0'..=b'9' | b'@' => Byte::Worth,
            b'.' => Byte::Point,
            b'x' | b'X' | b'q' | b'Q' | b'p' | b'P' | b'g' | b'G' | b'n' | b'N' | b't' | b'T' => Byte::Letter,
            0xe0..=0xf4 => Byte::Wide,
            _ => Byte::Plain,
        };
        byte += 1;
    }
    bytes
};

/// What makes a number of a numeral before it: more numerals, units, currencies, a month.
const FOLLOWS_NUMERAL: &str =
    "一二三四五六七八九十零〇两几百千万亿佰仟拾元圆块厘刀美欧英港日韩台泰加澳新法卢月多来余壹贰叁肆伍陆柒捌玖点人$€£ ";

/// False only where nothing can be found.
pub(super) fn is_worth_reading(text: &str) -> bool {
    let bytes = text.as_bytes();
    let relation = chars::relation(chars::ALL);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match BYTES[usize::from(byte)] {
            Byte::Plain => {}
            Byte::Worth => return true,
            Byte::Point => {
                let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
                if is_letter(at.wrapping_sub(1)) && is_letter(at + 1) {
                    return true;
                }
            }
            Byte::Letter => {
                if ends_messenger(bytes, at) {
                    return true;
                }
            }
            Byte::Wide => {
                if wide(text, at, relation) {
                    return true;
                }
                at += if byte >= 0xf0 { 4 } else { 3 };
                continue;
            }
        }
        at += 1;
    }
    false
}

/// vx, wx, qq, tg, whatsapp, wechat, weixin; and swift, whose codes have no digits.
fn ends_messenger(bytes: &[u8], at: usize) -> bool {
    let back = |count: usize| bytes.get(at.wrapping_sub(count)).map_or(0, u8::to_ascii_lowercase);
    match bytes[at].to_ascii_lowercase() {
        b'x' => matches!(back(1), b'v' | b'w'),
        b'q' => back(1) == b'q',
        b'g' => back(1) == b't',
        b'p' => back(1) == b'p' && back(2) == b'a' && back(3) == b's',
        b't' => match back(1) {
            b'a' => back(2) == b'h' && back(3) == b'c' && back(4) == b'e',
            _ => back(1) == b'f' && back(2) == b'i' && back(3) == b'w',
        },
        _ => back(1) == b'i' && back(2) == b'x' && back(3) == b'i',
    }
}

/// Whether the character at a place can begin or be a part of an entity, with the one behind it.
fn wide(text: &str, at: usize, relation: &Relation) -> bool {
    let mut chars = text[at..].chars().map(|c| relation.fold(c));
    let (Some(c), next) = (chars.next(), chars.next().unwrap_or(' ')) else {
        return false;
    };
    match c {
        // Full-width and other forms of what is worth reading; names of messengers.
        '0'..='9'
        | '@'
        | '.'
        | '€'
        | '$'
        | '¥'
        | '£'
        | '₹'
        | '₩'
        | '₽'
        | 'a'..='z'
        | '➕'
        | '+'
        | '信'
        | '扣'
        | '号'
        | '报'
        | '机' => true,
        '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '两' | '几' | '数' | '百' | '零'
        | '〇' | '壹' | '贰' | '叁' | '肆' | '伍' | '陆' | '柒' | '捌' | '玖' | '拾' | '俩' | '仨' | '么' => {
            match next {
                '一' if c == '一' => true,
                '个' => matches!(
                    chars.next(),
                    Some('点' | '亿' | '万' | 'w' | 'W' | '百' | '千' | '多' | '基')
                ),
                '分' => !matches!(c, '一' | '十' | '几') || matches!(chars.next(), Some('之' | '利' | '息' | '的')),
                _ => FOLLOWS_NUMERAL.contains(next),
            }
        }
        '薇' | '微' | '威' | '卫' => {
            // A name of a messenger alone, behind 加 or +.
            let before = text[..at].chars().next_back();
            matches!(before, Some('加' | '+' | '＋' | '➕' | '添' | '佳' | '嘉' | '伽' | ' '))
        }
        '加' | '添' | '佳' | '嘉' | '伽' => {
            next.is_ascii() || text[at..].chars().nth(1).is_some_and(|c| !is_han(c))
        }
        _ => false,
    }
}
