//! Whether a text is worth reading for entities: a look at its characters, most of which are passed over.

use super::tape::is_han;
use crate::chars::{self, Relation};
use crate::pages::Pages;
use std::sync::LazyLock;

/// What a character is to this look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Nothing begins with it.
    None,
    /// A digit, `@`, a letter in another form: worth reading.
    Worth,
    /// A point: between letters it is an address.
    Point,
    /// A letter in which a messenger's name ends.
    Letter,
    /// A Chinese numeral.
    Numeral,
    /// The last character of a messenger's name: 微信, 扣扣.
    Name,
    /// A messenger's name behind 加 or + alone.
    Short,
    /// 加 and +.
    Plus,
}

/// Signs with the plain characters that have them.
const SIGNS: &[(Sign, &str)] = &[
    (Sign::Letter, "xqpgnt"),
    (
        Sign::Numeral,
        "一二三四五六七八九十两几数百千万零〇壹贰叁肆伍陆柒捌玖拾俩仨么",
    ),
    (Sign::Name, "信扣叩号报机"),
    (Sign::Short, "薇微威卫企球"),
    (Sign::Plus, "加添佳嘉伽➕"),
];

/// ASCII characters that are passed over without a further look.
static ASCII: [bool; 128] = {
    let mut plain = [true; 128];
    let mut byte = 0;
    while byte < 128 {
        plain[byte] = !matches!(
            byte as u8,
            b'0'..=b'9'
                | b'@'
                | b'.'
                | b'x'
                | b'X'
                | b'q'
                | b'Q'
                | b'p'
                | b'P'
                | b'g'
                | b'G'
                | b'n'
                | b'N'
                | b't'
                | b'T'
        );
        byte += 1;
    }
    plain
};

/// By character. All forms of a character have its sign; of those of ASCII the ones that no alphabet of letters has.
static BY_CHAR: LazyLock<Pages<Sign>> = LazyLock::new(|| {
    let mut signs = Pages::new(Sign::None);
    let mut set = |plain: char, sign: Sign| {
        signs.set(plain, sign);
        for form in chars::forms(plain) {
            signs.set(*form, sign);
        }
    };
    for &(sign, chars) in &SIGNS[1..] {
        chars.chars().for_each(|plain| set(plain, sign));
    }
    for plain in ('!'..='~').chain("€¥£₹₩₽".chars()) {
        let is_digit = plain.is_ascii_digit() || plain == '@';
        signs.set(plain, if is_digit { Sign::Worth } else { Sign::None });
        let is_sign = plain.is_ascii_alphanumeric() || matches!(plain, '@' | '.' | '+' | '$') || !plain.is_ascii();
        let forms = chars::forms(plain).iter().filter(|form| is_sign && **form >= '\u{800}');
        forms.for_each(|form| signs.set(*form, Sign::Worth));
    }
    signs.set('€', Sign::Worth);
    signs.set('.', Sign::Point);
    for letter in SIGNS[0].1.chars() {
        signs.set(letter, Sign::Letter);
        signs.set(letter.to_ascii_uppercase(), Sign::Letter);
    }
    signs
});

/// What makes a number of a numeral before it: more numerals, units, currencies.
const UNITS: &str = "一二三四五六七八九十零〇两几百千万亿佰仟拾元圆块厘刀壹贰叁肆伍陆柒捌玖余 $€£%‰bBpPwWkK";
/// Countries whose currency may be named behind a numeral, and what the currency is then called.
const COUNTRIES: &str = "美欧英港日韩台泰加澳新法卢人";
const CURRENCIES: &str = "元金刀镑币铢郎布比民台";

/// False only where nothing can be found.
pub(super) fn is_worth_reading(text: &str) -> bool {
    let (bytes, signs, relation) = (text.as_bytes(), &*BY_CHAR, chars::relation(chars::ALL));
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte < 0x80 && ASCII[usize::from(byte)] {
            at += 1;
            continue;
        }
        let (sign, next) = signs.decode(bytes, at);
        let is_worth = match sign {
            Sign::None => false,
            Sign::Worth => true,
            Sign::Point => {
                let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
                is_letter(at.wrapping_sub(1)) && is_letter(next)
            }
            Sign::Letter => ends_messenger(bytes, at),
            sign => begins_with(sign, text, at, relation),
        };
        if is_worth {
            return true;
        }
        at = next;
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

/// Whether a sign, with what stands beside it, can begin an entity or be a part of one.
#[inline(never)]
fn begins_with(sign: Sign, text: &str, at: usize, relation: &Relation) -> bool {
    let mut chars = text[at..].chars().map(|c| relation.fold(c));
    let (Some(c), next) = (chars.next(), chars.next().unwrap_or(' ')) else {
        return false;
    };
    let before = text[..at].chars().next_back().unwrap_or(' ');
    match sign {
        Sign::Numeral => {
            let third = chars.next().unwrap_or(' ');
            match next {
                _ if matches!(c, '千' | '万') => next == '分' && third == '之',
                '个' => matches!(third, '点' | '亿' | '万' | 'w' | 'W' | '百' | '千' | '多' | '基'),
                '分' => !matches!(c, '一' | '十' | '几') || matches!(third, '之' | '利' | '息' | '的'),
                '多' | '来' | '几' | '月' | '点' => {
                    third.is_ascii_digit() || UNITS.contains(third) || COUNTRIES.contains(third)
                }
                _ => UNITS.contains(next) || COUNTRIES.contains(next) && CURRENCIES.contains(third),
            }
        }
        // With an identifier behind.
        Sign::Name => {
            is_name(relation.fold(before), c)
                && (next.is_ascii_alphanumeric() || chars.take(16).any(|c| c.is_ascii_alphanumeric()))
        }
        Sign::Short => matches!(before, '加' | '+' | '＋' | '➕' | '添' | '佳' | '嘉' | '伽' | ' '),
        _ => next.is_ascii() || text[at..].chars().nth(1).is_some_and(|c| !is_han(c)),
    }
}

/// Whether two characters end a messenger's name: 微信, 扣扣, 企鹅号, 电报, 飞机.
fn is_name(before: char, c: char) -> bool {
    matches!(
        (before, c),
        ('微' | '薇' | '威' | '徽' | 'v', '信')
            | ('扣', '扣')
            | ('叩', '叩')
            | ('鹅', '号')
            | ('电', '报')
            | ('飞', '机')
    )
}
