//! Numbers of orders, transactions and parcels: beside a word for them, or by a carrier's own shape.

use super::checks;
use super::digits::Cluster;
use super::kind::EntityKind;
use super::names::{self, Name};
use super::reading::{Claim, Reading};

/// Characters of such a number, at least and at most.
const CHARS: std::ops::RangeInclusive<usize> = 6..=64;

/// A number that a word for order or parcel stands by, or that goes on a list of them.
pub(super) fn claim_named(
    reading: &Reading<'_>,
    at: usize,
    name: Option<Name>,
    cluster: Option<&Cluster>,
) -> Option<Claim> {
    let tape = reading.tape;
    let kind = match name? {
        Name::Order => EntityKind::OrderNumber,
        Name::Waybill => EntityKind::Waybill,
        _ => return None,
    };
    if tape.before(at).is_ascii_alphanumeric() && reading.names.place() != at {
        return None;
    }
    let (mut to, mut digits) = (at, 0);
    while to - at < *CHARS.end() && (tape.at(to).is_ascii_alphanumeric() || matches!(tape.at(to), '-' | '_')) {
        digits += usize::from(tape.at(to).is_ascii_digit());
        to += 1;
    }
    while to > at && matches!(tape.before(to), '-' | '_') {
        to -= 1;
    }
    // In groups, as carriers print them.
    if let Some(cluster) = cluster.filter(|cluster| cluster.size(0) <= 5 && cluster.groups().len() > 2) {
        let groups = cluster.groups().len();
        if cluster.separated_by(groups, " ") && cluster.digits(groups).len() >= 10 {
            (to, digits) = (cluster.to(groups), cluster.digits(groups).len());
        }
    }
    let next = tape.at(to);
    let is_other = next.is_ascii_alphanumeric()
        || matches!(next, '%' | '元' | '块' | '万' | '年' | '月' | '个' | '件' | '@' | '.')
            && (next != '.' || tape.at(to + 1).is_ascii_digit());
    let is_day = super::date::day(tape, at).is_some_and(|day| day.to >= to);
    let is_direct = reading.names.place() == at;
    let is_mobile = cluster.is_some_and(|cluster| cluster.size(0) == 11 && cluster.digits(1)[0] == b'1');
    let is_long = digits >= if is_direct { 4 } else { 8 } && CHARS.contains(&(to - at));
    (is_long && !is_other && !is_day && (is_direct || !is_mobile)).then(|| reading.claim(kind, at, to))
}

/// Digits that a word for order or parcel stands behind, and no word for card before: 4111… 是订单号.
pub(super) fn claim_before(reading: &Reading<'_>, cluster: &Cluster) -> Option<Claim> {
    let (from, to) = (cluster.groups()[0].from, cluster.to(1));
    if cluster.size(0) < 8 || cluster.groups().len() > 1 || reading.names.near(Name::Card, from, 8) {
        return None;
    }
    let kind = match names::after(reading.tape, to, 5) {
        Some(Name::Order) => EntityKind::OrderNumber,
        Some(Name::Waybill) => EntityKind::Waybill,
        _ => return None,
    };
    reading.digits(kind, cluster, 1)
}

/// Digits that a carrier's check digit fits.
pub(super) fn claim_digits(reading: &Reading<'_>, cluster: &Cluster) -> Option<Claim> {
    // United States Postal Service, publication 199: 22 digits, the first two a service.
    let groups = cluster.groups_of(22)?;
    let digits = cluster.digits(groups);
    let is_postal = matches!(digits, [b'9', b'1'..=b'5', ..]) && checks::mod_10_3_1(digits);
    (is_postal && cluster.separated_by(groups, " ")).then(|| reading.digits(EntityKind::Waybill, cluster, groups))?
}

/// Carriers' prefixes with the digits behind them, at least and at most. Source: the carriers' own forms of electronic waybills.
const CARRIERS: &[(&str, usize, usize)] = &[
    ("SF", 12, 15),
    ("YT", 13, 18),
    ("JDVA", 11, 13),
    ("JDVB", 11, 13),
    ("JDVC", 11, 13),
    ("JDX", 10, 13),
    ("JDK", 10, 13),
    ("JD", 11, 15),
    ("JT", 13, 15),
    ("ZTO", 12, 14),
    ("STO", 12, 14),
    ("YD", 13, 15),
    ("DPK", 12, 14),
    ("DPL", 12, 14),
    ("JYM", 12, 14),
    ("KYE", 12, 14),
];

/// A word with letters and digits that has a carrier's shape.
pub(super) fn claim_shape(reading: &Reading<'_>, at: usize, to: usize) -> Option<Claim> {
    let mut word = [0_u8; 24];
    let len = to - at;
    if !(13..=24).contains(&len) {
        return None;
    }
    for (place, slot) in (at..to).zip(&mut word) {
        *slot = reading.tape.at(place).to_ascii_uppercase() as u8;
    }
    let word = &word[..len];
    let are_digits = |from: usize, to: usize| word[from..to].iter().all(u8::is_ascii_digit);
    let by_prefix = CARRIERS.iter().any(|(prefix, min, max)| {
        word.starts_with(prefix.as_bytes())
            && (*min..=*max).contains(&(len - prefix.len()))
            && are_digits(prefix.len(), len)
    });
    // Universal Postal Union, standard S10.
    let is_postal = len == 13
        && word[..2].iter().chain(&word[11..]).all(u8::is_ascii_uppercase)
        && are_digits(2, 11)
        && checks::postal_s10(&word[2..11]);
    // United Parcel Service: shipper, service, parcel, check digit.
    let is_ups = len == 18 && word.starts_with(b"1Z") && word[17].is_ascii_digit() && ups_check(word);
    ((by_prefix || is_postal || is_ups) && !reading.is_inside(at, to))
        .then(|| reading.claim(EntityKind::Waybill, at, to))
}

/// Letters count as their distance from `?` modulo 10; every second character twice.
fn ups_check(word: &[u8]) -> bool {
    let sum: u32 = word[2..17]
        .iter()
        .enumerate()
        .map(|(at, &c)| {
            let value = if c.is_ascii_digit() {
                u32::from(c - b'0')
            } else {
                u32::from(c.wrapping_sub(63)) % 10
            };
            value * if at % 2 == 1 { 2 } else { 1 }
        })
        .sum();
    (10 - sum % 10) % 10 == u32::from(word[17] - b'0')
}
