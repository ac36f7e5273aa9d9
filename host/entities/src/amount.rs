//! Sums of money: figures and Chinese numerals with 万, 亿, `w`, `k` and currencies, and ranges of them.

use super::kind::EntityKind;
use super::names::{self, Name};
use super::numerals::{self, Number, ONE};
use super::reading::{Claim, Reading};
use super::tape::{Tape, is_han};

/// A sum or a range of sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sum {
    /// Behind it.
    pub(super) to: usize,
    /// In millionths of the currency.
    pub(super) low: u128,
    pub(super) high: u128,
    /// ISO 4217.
    pub(super) currency: Option<&'static str>,
    /// What says that it is money.
    evidence: Evidence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    Currency,
    /// 万, 亿.
    Ten,
    /// w, k, 千, 百.
    Short,
    /// A bare number of that many figures.
    Figures(usize),
}

const BEFORE: &[(&str, &str)] = &[
    ("us$", "USD"),
    ("hk$", "HKD"),
    ("nt$", "TWD"),
    ("au$", "AUD"),
    ("ca$", "CAD"),
    ("r$", "BRL"),
    ("a$", "AUD"),
    ("c$", "CAD"),
    ("s$", "SGD"),
    ("$", "USD"),
    ("¥", "CNY"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₽", "RUB"),
    ("rmb", "CNY"),
    ("cny", "CNY"),
    ("usd", "USD"),
    ("eur", "EUR"),
    ("gbp", "GBP"),
    ("hkd", "HKD"),
    ("jpy", "JPY"),
    ("inr", "INR"),
    ("aud", "AUD"),
    ("cad", "CAD"),
    ("sgd", "SGD"),
    ("chf", "CHF"),
    ("rs.", "INR"),
    ("rs", "INR"),
    ("人民币", "CNY"),
    ("美元", "USD"),
    ("美金", "USD"),
    ("港币", "HKD"),
    ("欧元", "EUR"),
    ("英镑", "GBP"),
];

const BEHIND: &[(&str, &str)] = &[
    ("人民币", "CNY"),
    ("元人民币", "CNY"),
    ("元", "CNY"),
    ("圆", "CNY"),
    ("块钱", "CNY"),
    ("块", "CNY"),
    ("rmb", "CNY"),
    ("cny", "CNY"),
    ("yuan", "CNY"),
    ("美元", "USD"),
    ("美金", "USD"),
    ("美刀", "USD"),
    ("刀", "USD"),
    ("usd", "USD"),
    ("us dollars", "USD"),
    ("dollars", "USD"),
    ("dollar", "USD"),
    ("bucks", "USD"),
    ("港币", "HKD"),
    ("港元", "HKD"),
    ("hkd", "HKD"),
    ("欧元", "EUR"),
    ("euros", "EUR"),
    ("euro", "EUR"),
    ("eur", "EUR"),
    ("英镑", "GBP"),
    ("pounds sterling", "GBP"),
    ("gbp", "GBP"),
    ("quid", "GBP"),
    ("日元", "JPY"),
    ("日币", "JPY"),
    ("jpy", "JPY"),
    ("yen", "JPY"),
    ("韩元", "KRW"),
    ("韩币", "KRW"),
    ("新台币", "TWD"),
    ("台币", "TWD"),
    ("卢布", "RUB"),
    ("泰铢", "THB"),
    ("加元", "CAD"),
    ("加币", "CAD"),
    ("澳元", "AUD"),
    ("澳币", "AUD"),
    ("新币", "SGD"),
    ("法郎", "CHF"),
    ("卢比", "INR"),
    ("rupees", "INR"),
    ("usdt", "USDT"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
];

/// What is counted in 万 and is no money: persons, pieces, measures.
const COUNTED: &str = "人名户家辆台件吨里公千斤次平㎡米年月日天字股粉条张只头亩款种位步页篇部艘架枚匹棵倍度瓦桶本册场所座栋套间只间所字级岁伏像多粒根份分秒时播阅观点";

/// The sum that begins at a place.
pub(super) fn claim(reading: &Reading<'_>, at: usize) -> Option<Claim> {
    let tape = reading.tape;
    let before = tape.before(at);
    let is_part = before.is_ascii_alphanumeric() && tape.at(at).is_ascii_alphanumeric()
        || matches!(before, '.' | ',') && tape.at(at.wrapping_sub(2)).is_ascii_digit()
        || is_numeral(before) && is_numeral(tape.at(at))
        || before == '第';
    if is_part {
        return None;
    }
    let sum = sum(tape, at)?;
    // $1 in a program's text.
    if tape.at(at) == '$' && sum.to == at + 2 && matches!(before, '/' | '{' | '"' | '\'' | '(') {
        return None;
    }
    let near = || reading.names.near(Name::Money, at, 10) || names::after(tape, sum.to, 5) == Some(Name::Money);
    let next = tape.at(sum.to);
    let is_money = names::after(tape, sum.to, 0) == Some(Name::Money);
    let is_counted = !is_money && (COUNTED.contains(next) || tape.has(sum.to, "用户") || tape.has(sum.to, "个"));
    let counts = match sum.evidence {
        Evidence::Currency => true,
        // 5000万考生 are people; 3万 at the end of what is said, or beside a word for money, is a sum.
        Evidence::Ten => {
            let ends =
                !is_han(next) || "的了呢吧吗啊呀以左上下给还就都到和或起不也是才够在可能内之本利块一现".contains(next);
            let is_counted = is_counted || reading.names.near(Name::Counted, at, 8);
            let ends = ends && next != '+';
            !is_counted && (ends || near()) && names::after(tape, sum.to, 3) != Some(Name::Counted)
        }
        Evidence::Short => !is_counted && near(),
        Evidence::Figures(figures) => {
            let is_free = !next.is_ascii_alphanumeric()
                && !is_counted
                && !matches!(next, '-' | '/' | '.' | ':' | '%' | '_' | '号');
            let is_free = is_free || next == '.' && !tape.at(sum.to + 1).is_ascii_alphanumeric();
            let is_free = is_free && tape.at(at) != '0';
            // 600519 beside 买 is a share.
            let is_round = figures != 6 || tape.has_before(sum.to, "00");
            is_round
                && (3..=8).contains(&figures)
                && is_free
                && reading.names.near(Name::Money, at, 3)
                && !reading.is_inside(at, sum.to)
        }
    };
    counts.then(|| reading.claim(EntityKind::Amount, at, sum.to))
}

fn is_numeral(c: char) -> bool {
    numerals::digit(c).is_some() || numerals::unit(c).is_some()
}

/// What stands at a place, read as a sum of money.
pub(super) fn sum(tape: &Tape, at: usize) -> Option<Sum> {
    let is_number = tape.at(at).is_ascii_digit() || numerals::begins(tape, at);
    let named = if is_number {
        None
    } else {
        BEFORE.iter().find(|(word, _)| tape.has(at, word))
    };
    let (before, first) = match named {
        Some((word, currency)) => {
            let to = at + word.chars().count();
            let to = if tape.at(to) == ':' { to + 1 } else { to };
            (Some(*currency), tape.skip_spaces(to, 1))
        }
        None if is_number => (None, at),
        None => return None,
    };
    let number = numerals::number(tape, first)?;
    if before.is_some() && number.is_chinese && number.figures < 2 {
        return None;
    }
    let mut low = Scaled::of(tape, number, before.is_some());
    let mut high = low;
    if let Some(next) = range(tape, low.to, before) {
        let number = numerals::number(tape, next)?;
        high = Scaled::of(tape, number, before.is_some());
        if high.micros < low.micros && high.unit == Unit::None {
            // 010-6901…, 7-3: no range.
            high = low;
        } else if low.unit == Unit::None {
            // The unit of the second is that of both: 6-8万.
            low.micros = low.micros.saturating_mul(high.times);
        }
    }
    let behind = currency_behind(tape, high.to, &number);
    let evidence = match (before, behind, high.unit) {
        (Some(_), _, _) | (_, Some(_), _) => Evidence::Currency,
        (_, _, Unit::Ten) => Evidence::Ten,
        (_, _, Unit::Short) => Evidence::Short,
        (_, _, Unit::None) if number.is_chinese && number.unit >= 10_000 => Evidence::Ten,
        (_, _, Unit::None) if number.is_chinese && number.unit >= 100 => Evidence::Short,
        (_, _, Unit::None) if number.is_chinese => return None,
        (_, _, Unit::None) => Evidence::Figures(number.figures),
    };
    Some(Sum {
        to: behind.map_or(high.to, |(_, to)| to),
        low: low.micros.min(high.micros),
        high: high.micros.max(low.micros),
        currency: before.or(behind.map(|(currency, _)| currency)),
        evidence,
    })
}

/// Where the second number of a range begins.
fn range(tape: &Tape, at: usize, before: Option<&str>) -> Option<usize> {
    let joint = tape.skip_spaces(at, 1);
    if !matches!(tape.at(joint), '-' | '~' | '至' | '到') {
        return None;
    }
    let mut next = tape.skip_spaces(joint + 1, 1);
    if before.is_some() && matches!(tape.at(next), '$' | '¥' | '€' | '£') {
        next += 1;
    }
    (tape.at(next).is_ascii_digit() || numerals::begins(tape, next)).then_some(next)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    None,
    Ten,
    Short,
}

/// A number with what multiplies it.
#[derive(Debug, Clone, Copy)]
struct Scaled {
    to: usize,
    micros: u128,
    times: u128,
    unit: Unit,
}

impl Scaled {
    fn of(tape: &Tape, number: Number, has_currency: bool) -> Self {
        let bare = Self {
            to: number.to,
            micros: number.micros,
            times: 1,
            unit: Unit::None,
        };
        let mut at = tape.skip_spaces(number.to, 1);
        if matches!(tape.at(at), '多' | '余' | '来' | '几') {
            at += 1;
        }
        if let Some((times, to, unit)) = english_unit(tape, at, has_currency) {
            return bare.times(times, to, unit);
        }
        if tape.at(at) == '个'
            && (matches!(tape.at(at + 1), '亿' | '万' | 'w' | 'W')
                || tape.has(at + 1, "百万")
                || tape.has(at + 1, "千万"))
        {
            at += 1;
        }
        let mut times = 1;
        let from = at;
        while let Some(value) =
            numerals::unit(tape.at(at)).filter(|value| (*value >= 100 || at > from) && at < from + 4)
        {
            times = u128::saturating_mul(times, value);
            at += 1;
        }
        if at == from {
            let c = tape.at(at);
            let is_last = !tape.at(at + 1).is_ascii_alphanumeric();
            return match c {
                'w' | 'W' if is_last => bare.times(10_000, at + 1, Unit::Short),
                // 1w5
                'w' | 'W' if tape.at(at + 1).is_ascii_digit() && !tape.at(at + 2).is_ascii_alphanumeric() => {
                    let tail = tape.at(at + 1).to_digit(10).unwrap_or(0);
                    let mut scaled = bare.times(10_000, at + 2, Unit::Short);
                    scaled.micros = scaled.micros.saturating_add(u128::from(tail) * 1_000 * ONE);
                    scaled
                }
                'k' | 'K' if is_last => bare.times(1_000, at + 1, Unit::Short),
                _ => bare,
            };
        }
        if matches!(tape.at(at), '多' | '余') {
            at += 1;
        }
        let unit = if times >= 10_000 { Unit::Ten } else { Unit::Short };
        let mut scaled = bare.times(times, at, unit);
        // 3万5, 3万5千.
        let tail = (at..at + 5).take_while(|&at| tape.at(at).is_ascii_digit()).count();
        if times >= 10_000 && (1..=4).contains(&tail) {
            let value = (at..at + tail)
                .filter_map(|at| tape.at(at).to_digit(10))
                .fold(0, |sum, digit| sum * 10 + u128::from(digit));
            let (value, to) = match numerals::unit(tape.at(at + tail)) {
                Some(unit) if unit < times => (value.saturating_mul(unit), at + tail + 1),
                _ if tail == 1 => (value.saturating_mul(times) / 10, at + tail),
                _ => (value, at + tail),
            };
            scaled.micros = scaled.micros.saturating_add(value.saturating_mul(ONE));
            scaled.to = to;
        }
        scaled
    }

    fn times(self, times: u128, to: usize, unit: Unit) -> Self {
        Self {
            to,
            micros: self.micros.saturating_mul(times),
            times,
            unit,
        }
    }
}

fn english_unit(tape: &Tape, at: usize, has_currency: bool) -> Option<(u128, usize, Unit)> {
    const UNITS: &[(&str, u128)] = &[
        ("thousand", 1_000),
        ("million", 1_000_000),
        ("billion", 1_000_000_000),
        ("trillion", 1_000_000_000_000),
        ("grand", 1_000),
        ("mn", 1_000_000),
        ("mm", 1_000_000),
        ("bn", 1_000_000_000),
        ("k", 1_000),
        ("m", 1_000_000),
        ("b", 1_000_000_000),
    ];
    if !tape.at(at).is_ascii_alphabetic() {
        return None;
    }
    let end = tape.word_end(at);
    let (word, times) = UNITS
        .iter()
        .find(|(word, _)| at + word.len() == end && tape.has(at, word))?;
    let is_clear = has_currency || *word == "grand";
    (is_clear || word.len() > 3).then_some((*times, end, if is_clear { Unit::Ten } else { Unit::None }))
}

/// The currency behind a number, and where its name ends.
fn currency_behind(tape: &Tape, at: usize, number: &Number) -> Option<(&'static str, usize)> {
    let first = tape.skip_spaces(at, 1);
    let first = if matches!(tape.at(first), '多' | '来' | '余') {
        first + 1
    } else {
        first
    };
    let c = tape.at(first);
    if !(c.is_ascii_alphabetic() || "元圆块人美刀港欧英日韩新台卢泰加澳法$€£".contains(c)) {
        return None;
    }
    let (word, currency) = BEHIND.iter().find(|(word, _)| tape.has(first, word))?;
    let to = first + word.chars().count();
    let next = tape.at(to);
    if word.is_ascii() && tape.before(to).is_ascii_alphabetic() && next.is_ascii_alphanumeric() {
        return None;
    }
    let is_small = number.micros < 10 * ONE && number.unit == 1 && (number.is_chinese || number.figures == 1);
    let is_money = match *word {
        // 一块儿, 两块蛋糕, 三元里, 2024元旦.
        "块" | "刀" => !is_small || !is_han(next) || matches!(next, '的' | '一' | '左' | '五' | '多' | '二' | '六'),
        "元" | "圆" => {
            !"旦宵素月年人形首凶".contains(next)
                && (!is_small || !number.is_chinese || !is_han(next) || "钱整的左起每一以就".contains(next))
        }
        "$" => !next.is_ascii_digit(),
        _ => true,
    };
    let to = match *word {
        "元" | "圆" => to + usize::from(matches!(next, '整' | '钱')),
        _ => to,
    };
    (is_money && (*word != "块" || tape.before(first) != '一' || tape.at(to) != '儿')).then_some((*currency, to))
}
