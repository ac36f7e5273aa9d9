//! Where a text is worth reading for entities: a look at its characters, most of which are passed over.

use super::messenger;
use super::tape::is_han;
use proviso_chars::Pages;
use proviso_chars::{self as chars, Relation};
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
    /// A letter by which a messenger's name, or that of a bank's code, is told.
    Letter,
    /// A Chinese numeral.
    Numeral,
    /// The last character of a messenger's name: 微信, 扣扣.
    Name,
    /// 加 and +, which a short name for a messenger may stand behind.
    Plus,
}

/// Signs with the plain characters that have them.
const SIGNS: &[(Sign, &str)] = &[
    (
        Sign::Numeral,
        "一二三四五六七八九十两几数百千万零〇壹贰叁肆伍陆柒捌玖拾俩仨么",
    ),
    (Sign::Name, "信扣叩号报机芯码"),
    (Sign::Plus, "加添佳嘉伽➕"),
];

/// Those of ASCII characters.
static ASCII: [Sign; 128] = {
    let mut signs = [Sign::None; 128];
    let mut byte = 0;
    while byte < 128 {
        signs[byte] = match (byte as u8).to_ascii_lowercase() {
            b'0'..=b'9' | b'@' => Sign::Worth,
            b'.' => Sign::Point,
            b'+' => Sign::Plus,
            b'w' | b'x' | b'q' | b'g' | b'b' | b'k' | b'z' => Sign::Letter,
            _ => Sign::None,
        };
        byte += 1;
    }
    signs
};

/// ASCII characters that tell nothing.
static QUIET: [bool; 256] = {
    let mut quiet = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        quiet[byte] = matches!(ASCII[byte], Sign::None);
        byte += 1;
    }
    quiet
};

/// Those of other characters. All forms of a character have its sign; of forms of ASCII the ones that no alphabet of letters has.
static BY_CHAR: LazyLock<Pages<Sign>> = LazyLock::new(|| {
    let mut signs = Pages::new(Sign::None);
    let mut set = |plain: char, sign: Sign| {
        signs.set(plain, sign);
        for form in chars::forms(plain) {
            signs.set(*form, sign);
        }
    };
    for &(sign, chars) in SIGNS {
        chars.chars().for_each(|plain| set(plain, sign));
    }
    for plain in ('!'..='~').chain("€¥£₹₩₽".chars()) {
        let is_sign = plain.is_ascii_alphanumeric() || matches!(plain, '@' | '.' | '+' | '$') || !plain.is_ascii();
        let forms = chars::forms(plain).iter().filter(|form| is_sign && **form >= '\u{800}');
        forms.for_each(|form| signs.set(*form, Sign::Worth));
    }
    signs.set('€', Sign::Worth);
    signs
});

/// What makes a number of a numeral before it: more numerals, units, currencies.
const UNITS: &str = "一二三四五六七八九十零〇两几百千万亿佰仟拾元圆块厘刀壹贰叁肆伍陆柒捌玖余 $€£%‰bBpPwWkK";
/// Countries whose currency may be named behind a numeral, and what the currency is then called.
const COUNTRIES: &str = "美欧英港日韩台泰加澳新法卢人";
const CURRENCIES: &str = "元金刀镑币铢郎布比民台";

/// The first place from `from` on at which an entity, or the name of one, may stand; none only where nothing can be found.
pub(super) fn next(text: &str, from: usize) -> Option<usize> {
    let (bytes, signs, relation) = (text.as_bytes(), &*BY_CHAR, chars::relation(chars::ALL));
    let mut at = from;
    loop {
        let &byte = bytes.get(at)?;
        if QUIET[usize::from(byte)] {
            at += 1;
            continue;
        }
        let (sign, end) = if byte < 0x80 {
            (ASCII[usize::from(byte)], at + 1)
        } else {
            signs.decode(bytes, at)
        };
        let is_worth = match sign {
            Sign::None => false,
            Sign::Worth => true,
            Sign::Point => {
                let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
                is_letter(at.wrapping_sub(1)) && is_letter(end)
            }
            Sign::Letter => tells_name(bytes, at),
            sign => begins_with(sign, text, at, relation),
        };
        if is_worth {
            return Some(at);
        }
        at = end;
    }
}

/// By a letter that is rare elsewhere: vx, wx, qq, q号, tg, telegram, whatsapp, skype, wechat, weixin, viber, zalo, kakao; and swift, bic and bank code, whose codes
/// may have no digits. LINE asks for a digit.
fn tells_name(bytes: &[u8], at: usize) -> bool {
    let back = |word: &[u8]| {
        at.checked_sub(word.len())
            .is_some_and(|from| bytes[from..at].eq_ignore_ascii_case(word))
    };
    let next = |word: &[u8]| {
        bytes
            .get(at + 1..at + 1 + word.len())
            .is_some_and(|next| next.eq_ignore_ascii_case(word))
    };
    match bytes[at].to_ascii_lowercase() {
        b'x' => back(b"v") || back(b"w"),
        b'q' => back(b"q") || bytes.get(at + 1).is_some_and(|next| !next.is_ascii()),
        b'g' => back(b"t") || back(b"tele"),
        b'w' => next(b"echat") || next(b"eixin") || next(b"hatsap") || back(b"s") && next(b"ift"),
        b'b' => back(b"vi") || next(b"ic") || next(b"ank"),
        b'k' => next(b"akao") || back(b"s") && next(b"yp"),
        _ => next(b"alo"),
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
        _ => {
            let mut behind = text[at..].chars().skip(1).take(messenger::AFTER_PLUS_MAX + 1);
            let first = behind.find(|c| !messenger::is_after_plus(relation.fold(*c)));
            first.is_some_and(|c| !is_han(c) || "薇微威卫企球".contains(relation.fold(c)))
        }
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
            | ('微', '芯')
            | ('代' | '别', '码')
    )
}

#[cfg(test)]
mod tests {
    use super::next;
    use crate::{messenger, reader::Reader, tape::Tape, words};

    /// Every name that something is told by, in the ways in which it is told, with an identifier of letters alone.
    #[test]
    fn no_name_is_passed_over() {
        let messengers = messenger::NAMES.iter().map(|(name, _)| (*name, "zhangsan"));
        let of_banks = words::WORDS.iter().filter(|(name, _)| *name == words::Name::Bank);
        let banks = of_banks
            .flat_map(|(_, words)| words.split('|'))
            .map(|name| (name, "DEUTDEFF"));
        let mut found = 0;
        for (name, code) in messengers.chain(banks) {
            for before in ["", "加", "+", "加我", "+ 我的", "加 老师", "嘉我"] {
                for between in ["", " ", "：", "号是", " -> "] {
                    let text = format!("{before}{name}{between}{code}");
                    let (mut tape, mut entities) = (Tape::default(), Vec::new());
                    tape.read(&text, 0, text.len());
                    Reader::new(&tape).read(&mut entities, 1, &|_| true);
                    found += entities.len();
                    assert!(entities.is_empty() || next(&text, 0).is_some(), "{text}");
                }
            }
        }
        assert!(found > 200, "{found} texts have an entity");
    }
}
