//! Codes of listed shares and funds.

use super::checks;
use super::digits::Cluster;
use super::kind::EntityKind;
use super::names::Name;
use super::reading::{Claim, Reading};
use super::tape::Tape;

/// Words for shares count this far.
const NEAR_CHARS: usize = 14;

/// Six digits with an exchange's prefix, or five of Hong Kong: with a suffix, or beside a word for shares.
pub(super) fn claim(reading: &Reading<'_>, cluster: &Cluster, name: Option<Name>) -> Option<Claim> {
    let (tape, from, to) = (reading.tape, cluster.groups()[0].from, cluster.to(1));
    let digits = cluster.digits(1);
    if let Some((exchanges, end)) = suffix(tape, to) {
        let fits = match digits.len() {
            6 => exchange(digits).is_some_and(|exchange| exchanges.contains(exchange)),
            4 | 5 => exchanges == "HK",
            _ => false,
        };
        return fits.then(|| reading.claim(EntityKind::SecurityCode, from, end));
    }
    let is_code = digits.len() == 6 && exchange(digits).is_some() && !cluster.goes_on(1) && !cluster.is_decimal();
    let is_named = || {
        reading.is_near(Name::Stock, cluster, NEAR_CHARS)
            || super::names::after(tape, to, NEAR_CHARS) == Some(Name::Stock)
    };
    let is_other = matches!(name, Some(Name::Other | Name::Order | Name::Waybill | Name::Phone));
    let is_counted = "元块万股手个人年月户%".contains(tape.at(to));
    (is_code && is_named() && !is_other && !is_counted)
        .then(|| reading.digits(EntityKind::SecurityCode, cluster, 1))
        .flatten()
}

/// sh600519, SZ000001.
pub(super) fn claim_prefixed(reading: &Reading<'_>, at: usize, to: usize) -> Option<Claim> {
    let tape = reading.tape;
    let exchanges = tape.one_of(at, &["sh", "sz", "bj"])?.0;
    let mut digits = [0_u8; 6];
    if to - at != 8 {
        return None;
    }
    for (place, slot) in (at + 2..to).zip(&mut digits) {
        *slot = tape.at(place) as u8;
    }
    let fits = digits.iter().all(u8::is_ascii_digit)
        && exchange(&digits).is_some_and(|exchange| exchange.eq_ignore_ascii_case(exchanges));
    fits.then(|| reading.claim(EntityKind::SecurityCode, at, to))
}

/// The exchanges that a suffix names, and where it ends.
fn suffix(tape: &Tape, at: usize) -> Option<(&'static str, usize)> {
    if tape.at(at) != '.' {
        return None;
    }
    let (word, to) = tape.one_of(at + 1, &["sh", "ss", "sz", "bj", "hk", "xshg", "xshe"])?;
    let exchanges = match word {
        "sh" | "ss" | "xshg" => "SH",
        "sz" | "xshe" => "SZ",
        "bj" => "BJ",
        _ => "HK",
    };
    (!tape.at(to).is_ascii_alphanumeric()).then_some((exchanges, to))
}

/// The exchange whose range a code of six digits is in: the exchanges' rules on codes (证券代码编制规则), with funds and B shares.
pub(super) fn exchange(digits: &[u8]) -> Option<&'static str> {
    Some(match checks::number(&digits[..3]) {
        600
        | 601
        | 603
        | 605
        | 688
        | 689
        | 900
        | 501
        | 502
        | 506
        | 508
        | 510..=518
        | 520
        | 530
        | 560..=563
        | 588
        | 589 => "SH",
        0..=3 | 300..=302 | 200 | 201 | 159 | 160..=169 | 180 => "SZ",
        430 | 830..=839 | 870..=873 | 920 => "BJ",
        _ => return None,
    })
}
