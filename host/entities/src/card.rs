//! Payment cards: issuers' prefixes and lengths, the check digit, and the groups that cards are written in.

use super::checks;
use super::digits::Cluster;
use super::kind::EntityKind;
use super::names::Name;
use super::reading::{Claim, Reading};

/// Groups that a card stands in without a word for it, the longest first: all separators are the same.
const SHAPES: &[&[usize]] = &[
    &[4, 4, 4, 4, 3],
    &[4, 4, 4, 4, 2],
    &[4, 4, 4, 4, 1],
    &[4, 4, 4, 4],
    &[4, 4, 4, 3, 4],
    &[6, 13],
    &[6, 10],
    &[8, 8],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 7, 4],
];

/// Words for card count this far.
const NEAR_CHARS: usize = 28;

/// A card number.
pub(super) fn claim(reading: &Reading<'_>, cluster: &Cluster) -> Option<Claim> {
    let from = cluster.groups()[0].from;
    if cluster.digits(cluster.groups().len()).len() < 12 {
        return None;
    }
    let is_named = reading.is_near(Name::Card, cluster, NEAR_CHARS);
    if is_card(cluster.digits(1), is_named) && !(cluster.is_decimal() || cluster.goes_on(1)) {
        return reading.digits(EntityKind::BankCard, cluster, 1);
    }
    for shape in SHAPES {
        let groups = shape.len();
        if groups > cluster.groups().len() || !cluster.has_sizes(shape) {
            continue;
        }
        let separator = cluster.groups()[1].separator;
        let fits = cluster.groups()[1..groups]
            .iter()
            .all(|group| group.separator == separator)
            && " -·._/".contains(separator)
            && !cluster.goes_on(groups)
            && !reading.goes_before(from, separator);
        if fits && !cluster.is_decimal() && is_card(cluster.digits(groups), is_named) {
            return reading.digits(EntityKind::BankCard, cluster, groups);
        }
    }
    if !is_named || cluster.is_decimal() {
        return None;
    }
    // Beside a word for it, in any groups, over a line's end too. The longest that fits.
    (2..=cluster.groups().len()).rev().find_map(|groups| {
        let fits = cluster.digits(groups).len() <= 19
            && (0..groups).all(|group| cluster.size(group) < 12 && cluster.size(group) > usize::from(groups < 12))
            && cluster.separated_by(groups, " -·._/,\n");
        (fits && is_card(cluster.digits(groups), true))
            .then(|| reading.digits(EntityKind::BankCard, cluster, groups))
            .flatten()
    })
}

/// Whether digits are a card's: an issuer's prefix with its length, and the check digit. Some prefixes count beside a word
/// for card alone.
pub(super) fn is_card(digits: &[u8], is_named: bool) -> bool {
    (12..=19).contains(&digits.len())
        // A cluster may end in the X of an identity number.
        && digits.iter().all(u8::is_ascii_digit)
        && !checks::is_one_digit(digits)
        && match issuer(digits) {
            Some(Issuer::Known) => true,
            Some(Issuer::IfNamed) => is_named,
            None => false,
        }
        && checks::luhn(digits)
}

#[derive(Debug, PartialEq, Eq)]
enum Issuer {
    Known,
    /// A prefix that numbers of other kinds have as well.
    IfNamed,
}

/// The issuer whose prefix and length fit. Sources: ISO/IEC 7812 and the schemes' own published ranges; for domestic prefixes
/// of China the list that the banks published for routing (联行卡 BIN), of before UnionPay's 62.
fn issuer(digits: &[u8]) -> Option<Issuer> {
    let of = |count: usize| checks::number(&digits[..count]);
    let (two, three, four, six, len) = (of(2), of(3), of(4), of(6), digits.len());
    #[expect(clippy::match_same_arms, reason = "one arm for each scheme")]
    let is_known = match (four, len) {
        // Visa
        (4000..=4999, 13 | 16 | 19) => true,
        // Bank of Communications, before 62
        (4055, 17) => six == 405_512,
        // Mastercard
        (5100..=5599 | 2221..=2720, 16) => true,
        // American Express
        (3400..=3499 | 3700..=3799, 15) => true,
        // JCB
        (3528..=3589, 16..=19) | (1800 | 2131, 15) => true,
        // Diners Club
        (3000..=3059 | 3095 | 3800..=3999, 14 | 16..=19) | (3600..=3699, 14) => true,
        // Discover, RuPay, Troy, Verve within 65
        (6011 | 6440..=6599, 16..=19) => true,
        // UnionPay
        (6200..=6299 | 8100..=8171, 16..=19) => true,
        // Maestro, Dankort
        (5000..=5099 | 5600..=5899 | 6304 | 6390 | 6700..=6799, 12..=19) => true,
        // Mir, Borica
        (2200..=2205, 16..=19) => true,
        // RuPay, Hipercard, Elo
        (6000..=6099 | 8172..=8299 | 6362 | 6363 | 6370..=6389 | 6391..=6399, 16) => true,
        // Troy, UzCard, Humo
        (9792 | 8600 | 9860, 16) => true,
        // Industrial and Commercial Bank, Agricultural Bank, Postal Savings Bank
        (9551 | 9553 | 9555 | 9558 | 9559, 19) => true,
        // Bank of China, Bank of Communications
        (6013, 19) => six == 601_382,
        (6014, 17) => six == 601_428,
        _ => false,
    };
    if is_known {
        return Some(Issuer::Known);
    }
    #[expect(clippy::match_same_arms, reason = "one arm for each scheme")]
    let is_possible = match (two, len) {
        // Universal Air Travel Plan
        (10..=19, 15) => true,
        // City and rural banks of China
        (60, 16..=19) => matches!(three, 602 | 603),
        (68 | 69, 15..=19) => matches!(six, 685_800 | 690_755),
        (90, 16..=19) => matches!(three, 900),
        (94 | 98, 16..=19) => matches!(four, 9400 | 9843),
        (10, 19) => matches!(six, 103_000 | 102_033),
        (62, 13..=15) => true,
        // JCB, as far as it was given out before
        (35, 16) => true,
        _ => false,
    };
    is_possible.then_some(Issuer::IfNamed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn each_scheme_has_its_prefixes_and_lengths() {
        let table = [
            ("4111111111111111", true),
            ("4222222222222", true),
            ("411111111111116", false),
            ("5555555555554444", true),
            ("2221000000000009", true),
            ("2720990000000007", true),
            ("2721000000000004", false),
            ("378282246310005", true),
            ("3530111333300000", true),
            ("30569309025904", true),
            ("36227206271667", true),
            ("6011111111111117", true),
            ("6217001234567890122", true),
            ("6759649826438453", true),
            ("2200770212727079", true),
            ("0000000000000000", false),
            ("4111111111111112", false),
            ("1234567812345670", false),
            ("62170012345678001X", false),
        ];
        each_row(table, |(digits, expected)| {
            assert_eq!(is_card(digits.as_bytes(), false), expected, "{digits}");
        });
    }

    #[test]
    fn rare_prefixes_count_beside_a_word_alone() {
        let number = b"122000000000003";
        assert!(!is_card(number, false) && is_card(number, true));
    }
}
