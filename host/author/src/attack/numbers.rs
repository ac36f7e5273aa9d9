//! Figures in other shapes: amounts, percentages, numbers of telephones, cards and accounts.

use super::draw::Draw;
use super::letters;
use super::target::Target;
use std::ops::Range;

/// A shape: its name, and what it makes of a text. `None` where no figure has another shape.
pub(super) type Shape = (&'static str, fn(&Target<'_>, &mut Draw) -> Option<String>);

/// Every shape.
pub(super) const ALL: [Shape; 9] = [
    ("full-width digits", |target, _| {
        rewritten(target, |figure| each_digit(figure, letters::full_width))
    }),
    ("circled digits", |target, _| {
        rewritten(target, |figure| each_digit(figure, letters::circled))
    }),
    ("Chinese numerals", |target, _| chinese_numerals(target)),
    ("Arabic figures", |target, _| arabic_figures(target)),
    ("grouped", |target, _| rewritten(target, grouped)),
    ("spaced", |target, draw| {
        let separator = draw.one(&[" ", "-", "."]);
        rewritten(target, |figure| apart(figure, separator))
    }),
    ("万", |target, _| {
        rewritten(target, |figure| scaled(figure, 10_000, "万"))
    }),
    ("w", |target, _| rewritten(target, |figure| scaled(figure, 10_000, "w"))),
    ("k", |target, _| rewritten(target, |figure| scaled(figure, 1_000, "k"))),
];

/// Digits of an amount at most; what has more is the number of something.
const AMOUNT_DIGITS_MAX: usize = 9;
const ZERO_TO_NINE: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// A figure in a text: digits, with `,` or `.` between digits.
struct Figure<'a> {
    /// As it stands, such as `1,234.5`.
    text: &'a str,
    /// What stands directly behind it.
    after: &'a str,
}

impl Figure<'_> {
    /// The whole number, if it is one without separators.
    fn plain(&self) -> Option<&str> {
        self.text.bytes().all(|byte| byte.is_ascii_digit()).then_some(self.text)
    }

    /// An amount that no unit follows yet.
    fn amount(&self) -> Option<u64> {
        let digits: String = self.text.chars().filter(|c| *c != ',').collect();
        if digits.len() > AMOUNT_DIGITS_MAX
            || digits.starts_with('0')
            || self
                .after
                .starts_with(['万', '亿', '千', '百', '%', '％', 'k', 'w', '年', '-', '/', ':'])
        {
            return None;
        }
        digits.parse().ok()
    }
}

/// The text with each figure as `change` makes it; `None` if none changes.
fn rewritten(target: &Target<'_>, change: impl Fn(&Figure<'_>) -> Option<String>) -> Option<String> {
    let text = target.text;
    let (mut whole, mut at, mut is_changed) = (String::with_capacity(text.len() * 2), 0, false);
    while let Some(found) = figure_from(text, at) {
        whole.push_str(&text[at..found.start]);
        let figure = Figure {
            text: &text[found.clone()],
            after: &text[found.end..],
        };
        let changed = change(&figure);
        is_changed |= changed.as_deref().is_some_and(|changed| changed != figure.text);
        whole.push_str(changed.as_deref().unwrap_or(figure.text));
        at = found.end;
    }
    whole.push_str(&text[at..]);
    is_changed.then_some(whole)
}

/// The next figure at or behind a place.
fn figure_from(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let start = (at..bytes.len()).find(|at| is_digit(*at))?;
    let goes_on = |at: usize| is_digit(at) || matches!(bytes.get(at), Some(b',' | b'.')) && is_digit(at + 1);
    let end = (start..bytes.len()).find(|at| !goes_on(*at)).unwrap_or(bytes.len());
    Some(start..end)
}

#[expect(clippy::unnecessary_wraps, reason = "the form of every change")]
fn each_digit(figure: &Figure<'_>, other: fn(char) -> Option<char>) -> Option<String> {
    let digit = |c: char| if c.is_ascii_digit() { other(c).unwrap_or(c) } else { c };
    Some(figure.text.chars().map(digit).collect())
}

/// `50000` as `50,000`, `1234567.5` as `1,234,567.5`; a longer number as groups of four.
fn grouped(figure: &Figure<'_>) -> Option<String> {
    let digits = figure.plain()?;
    if digits.len() < 4 || figure.after.starts_with(['年', '-', '/', ':']) {
        return None;
    }
    if digits.len() > AMOUNT_DIGITS_MAX {
        return apart(figure, " ");
    }
    digits.parse::<u64>().ok().map(crate::figures::count)
}

/// A long number in groups of four.
fn apart(figure: &Figure<'_>, separator: &str) -> Option<String> {
    let digits = figure.plain().filter(|digits| digits.len() >= 7)?;
    // A number of a mobile telephone in China is said in groups of 3, 4 and 4; others begin with a group of four.
    let first = if digits.len() == 11 { 3 } else { 4 };
    let mut groups = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index >= first && (index - first) % 4 == 0 {
            groups.push_str(separator);
        }
        groups.push(digit);
    }
    Some(groups)
}

/// `50000` as `5万`, `55000` as `5.5万`.
fn scaled(figure: &Figure<'_>, unit: u64, name: &str) -> Option<String> {
    let amount = figure
        .amount()
        .filter(|amount| *amount >= unit && amount.is_multiple_of(unit / 10))?;
    let tenths = amount % unit / (unit / 10);
    let whole = amount / unit;
    Some(if tenths == 0 {
        format!("{whole}{name}")
    } else {
        format!("{whole}.{tenths}{name}")
    })
}

/// `8.5%` as `百分之八点五`, `50000` as `五万`, a long number digit by digit.
fn chinese_numerals(target: &Target<'_>) -> Option<String> {
    let spelled = rewritten(target, |figure| {
        let percent = figure.after.starts_with(['%', '％']);
        let said = match figure.plain() {
            Some(digits) if digits.len() > AMOUNT_DIGITS_MAX || digits.starts_with('0') => digit_by_digit(digits),
            Some(digits) => numeral(digits.parse().ok()?),
            None => {
                let without = figure.text.replace(',', "");
                let (whole, fraction) = without.split_once('.').unwrap_or((&without, ""));
                let point = if fraction.is_empty() { "" } else { "点" };
                format!("{}{point}{}", numeral(whole.parse().ok()?), digit_by_digit(fraction))
            }
        };
        Some(if percent { format!("百分之{said}") } else { said })
    })?;
    // The sign that 百分之 says already. A sign that stood without a figure stays.
    let mut whole = String::with_capacity(spelled.len());
    let mut rest = spelled.as_str();
    while let Some(at) = rest.find("百分之") {
        let figure_at = at + "百分之".len();
        let end = rest[figure_at..]
            .find(|c| !is_numeral(c))
            .map_or(rest.len(), |end| figure_at + end);
        whole.push_str(&rest[..end]);
        rest = rest[end..].strip_prefix(['%', '％']).unwrap_or(&rest[end..]);
    }
    whole.push_str(rest);
    Some(whole)
}

fn digit_by_digit(digits: &str) -> String {
    digits
        .bytes()
        .map(|byte| ZERO_TO_NINE[usize::from(byte.wrapping_sub(b'0')).min(9)])
        .collect()
}

/// A number below ten thousand millions in words: 10500 is 一万零五百.
fn numeral(number: u64) -> String {
    if number == 0 {
        return "零".to_owned();
    }
    let mut said = String::new();
    let mut is_gap = false;
    for (unit, name) in [(100_000_000, "亿"), (10_000, "万"), (1, "")] {
        let group = number / unit % 10_000;
        if group == 0 {
            is_gap |= !said.is_empty();
            continue;
        }
        if !said.is_empty() && (is_gap || group < 1_000) {
            said.push('零');
        }
        is_gap = false;
        said.push_str(&below_ten_thousand(group));
        said.push_str(name);
    }
    // People say 十二, not 一十二.
    said.strip_prefix("一十")
        .map_or(said.clone(), |rest| format!("十{rest}"))
}

fn below_ten_thousand(group: u64) -> String {
    let (mut said, mut is_gap) = (String::new(), false);
    for (unit, name) in [(1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = group / unit % 10;
        if digit == 0 {
            is_gap |= !said.is_empty();
            continue;
        }
        if is_gap {
            said.push('零');
        }
        is_gap = false;
        said.push(ZERO_TO_NINE[digit as usize]);
        said.push_str(name);
    }
    said
}

fn is_numeral(c: char) -> bool {
    ZERO_TO_NINE.contains(&c) || matches!(c, '两' | '十' | '百' | '千' | '万' | '亿' | '点')
}

/// `百分之二十五` as `25%`, `八十万` as `80万`. Numerals of one character stay: they are words as often as figures.
fn arabic_figures(target: &Target<'_>) -> Option<String> {
    let text = target.text;
    let (mut whole, mut rest, mut is_changed) = (String::with_capacity(text.len()), text, false);
    while let Some(at) = rest.find(is_numeral) {
        let is_percent = rest[at..].starts_with("百分之");
        let from = if is_percent { at + "百分之".len() } else { at };
        let end = rest[from..]
            .find(|c| !is_numeral(c))
            .map_or(rest.len(), |end| from + end);
        let said = &rest[from..end];
        match value_of(said).filter(|_| is_percent || said.chars().count() > 1) {
            Some(value) => {
                whole.extend([&rest[..at], &value, if is_percent { "%" } else { "" }]);
                is_changed = true;
            }
            None => whole.push_str(&rest[..end]),
        }
        rest = &rest[end..];
    }
    whole.push_str(rest);
    is_changed.then_some(whole)
}

/// `二十五` is `25`, `三点五` is `3.5`, `八十万` is `80万`; `None` for what is no number.
fn value_of(said: &str) -> Option<String> {
    if let Some(said) = said.strip_suffix('万') {
        return small(said).map(|value| format!("{value}万"));
    }
    match said.split_once('点') {
        Some((whole, fraction)) => {
            let digits: Option<String> = fraction
                .chars()
                .map(|c| digit(c).map(|digit| digit.to_string()))
                .collect();
            let digits = digits.filter(|digits| !digits.is_empty())?;
            Some(format!("{}.{digits}", small(whole)?))
        }
        None => small(said).map(|value| value.to_string()),
    }
}

fn digit(c: char) -> Option<u64> {
    let at = ZERO_TO_NINE.iter().position(|digit| *digit == c);
    at.map(|at| at as u64).or((c == '两').then_some(2))
}

/// A number below ten thousand that is said with units, or one digit.
fn small(said: &str) -> Option<u64> {
    let (mut sum, mut ahead, mut least) = (0, None, u64::MAX);
    for c in said.chars() {
        let unit = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1_000,
            '零' => {
                ahead = None;
                continue;
            }
            c => {
                if ahead.is_some() {
                    return None;
                }
                ahead = Some(digit(c)?);
                continue;
            }
        };
        // Units become smaller, and only ten may stand without a digit.
        if unit >= least || ahead.is_none() && unit != 10 {
            return None;
        }
        sum += ahead.take().unwrap_or(1) * unit;
        least = unit;
    }
    let sum = sum + ahead.unwrap_or(0);
    (!said.is_empty() && (sum > 0 || said == "零")).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn figures_have_the_shapes_that_people_write() {
        each_row(
            [
                ("full-width digits", "年化8.5%", Some("年化８.５%")),
                ("full-width digits", "没有", None),
                ("circled digits", "加我138", Some("加我①③⑧")),
                ("grouped", "转50000元", Some("转50,000元")),
                ("grouped", "卡号6222021234567890", Some("卡号6222 0212 3456 7890")),
                ("grouped", "2026年，120 个", None),
                ("万", "转50000元和55000", Some("转5万元和5.5万")),
                ("万", "转50,000元", Some("转5万元")),
                ("万", "转12345元，8万，20000年", None),
                ("w", "50000", Some("5w")),
                ("k", "5000 usd", Some("5k usd")),
                (
                    "Chinese numerals",
                    "年化8.5%，转10500元",
                    Some("年化百分之八点五，转一万零五百元"),
                ),
                ("Chinese numerals", "打13800138000", Some("打一三八零零一三八零零零")),
                ("Chinese numerals", "12% 和 5", Some("百分之十二 和 五")),
                ("Chinese numerals", "100%", Some("百分之一百")),
                (
                    "Arabic figures",
                    "年化百分之二十五，奖金八十万元",
                    Some("年化25%，奖金80万元"),
                ),
                (
                    "Arabic figures",
                    "百分之三点五，一百零五，两千三百",
                    Some("3.5%，105，2300"),
                ),
                ("Arabic figures", "一个，万一，千万别，十分，百分之百", None),
            ],
            |(name, text, expected)| {
                let (_, change) = ALL.into_iter().find(|(of, _)| *of == name).unwrap();
                let made = change(&Target::new(text, []).unwrap(), &mut Draw::new(1, &[]));
                assert_eq!(made.as_deref(), expected);
            },
        );
    }

    #[test]
    fn a_telephone_number_is_said_in_its_groups() {
        let (_, change) = ALL.into_iter().find(|(name, _)| *name == "spaced").unwrap();
        let made: std::collections::BTreeSet<_> = (0..64)
            .filter_map(|seed| change(&Target::new("打13800138000", []).unwrap(), &mut Draw::new(seed, &[])))
            .collect();
        let expected = ["打138 0013 8000", "打138-0013-8000", "打138.0013.8000"];
        assert_eq!(made, expected.map(str::to_owned).into());
    }

    #[test]
    fn what_is_said_in_words_is_the_number_again() {
        each_row([1, 10, 12, 20, 105, 110, 999, 1_005, 1_050, 2_300, 9_999], |number| {
            assert_eq!(small(&numeral(number)), Some(number), "{}", numeral(number));
        });
        each_row(
            [
                (0, "零"),
                (10_000, "一万"),
                (10_500, "一万零五百"),
                (100_001, "十万零一"),
                (100_000_000, "一亿"),
                (120_000_300, "一亿二千万零三百"),
            ],
            |(number, said)| assert_eq!(numeral(number), said),
        );
    }
}
