//! Numbers of people and bodies in China: resident identity (GB 11643), and unified social credit (GB 32100).

use super::checks;
use super::code::Code;
use super::digits::Cluster;
use super::kind::EntityKind;
use super::names::Name;
use super::reading::{Claim, Reading};

/// An identity number of 18 or 15 characters.
pub(super) fn claim(reading: &Reading<'_>, cluster: &Cluster) -> Option<Claim> {
    if let Some(groups) = cluster.groups_of(18) {
        let separators = if reading.is_near(Name::Identity, cluster, 12) {
            " -._·/,\n"
        } else {
            " -._·/"
        };
        let fits = cluster.separated_by(groups, separators) && !cluster.goes_on(groups) && !cluster.is_decimal();
        if fits && is_identity(cluster.digits(groups)) {
            return reading.digits(EntityKind::CnIdentity, cluster, groups);
        }
    }
    let groups = cluster.groups_of(15)?;
    let is_named = reading.is_near(Name::Identity, cluster, 12);
    let fits = cluster.separated_by(groups, " -") && !cluster.goes_on(groups) && !cluster.is_disguised(groups);
    if is_named && fits && is_identity_15(cluster.digits(groups)) {
        return reading.digits(EntityKind::CnIdentity15, cluster, groups);
    }
    None
}

/// 18 digits, or 17 and `X`: GB 11643-1999, and the residence card of foreigners, which has its shape since 2023.
pub(super) fn is_identity(code: &[u8]) -> bool {
    let date = |code: &[u8]| {
        let year = checks::number(&code[6..10]);
        (1900..=2099).contains(&year)
            && checks::is_date(year, checks::number(&code[10..12]), checks::number(&code[12..14]))
    };
    code.len() == 18
        && code[..17].iter().all(u8::is_ascii_digit)
        && date(code)
        && (is_region(&code[..6]) || (code[0] == b'9' && is_province(checks::number(&code[1..3]))))
        && checks::mod_11_2(code)
}

fn is_identity_15(code: &[u8]) -> bool {
    let year = 1900 + checks::number(&code[6..8]);
    code.iter().all(u8::is_ascii_digit)
        && is_region(&code[..6])
        && checks::is_date(year, checks::number(&code[8..10]), checks::number(&code[10..12]))
}

/// GB/T 2260: provinces, and 81 to 83 for the residence permits of Hong Kong, Macao and Taiwan.
fn is_province(province: u32) -> bool {
    matches!(province, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
}

/// Plausible by GB/T 2260's structure. Codes were given out and withdrawn over sixty years, so that a list of today's would
/// refuse real numbers.
fn is_region(region: &[u8]) -> bool {
    let (province, prefecture, county) = (
        checks::number(&region[..2]),
        checks::number(&region[2..4]),
        checks::number(&region[4..6]),
    );
    is_province(province)
        && match province {
            11 | 12 | 31 | 50 => matches!(prefecture, 1..=3) && county > 0,
            71 | 81..=83 => true,
            _ => matches!(prefecture, 1..=53 | 90) && county > 0,
        }
}

/// A unified social credit code, whole or in groups of four and more.
pub(super) fn claim_credit_code(reading: &Reading<'_>, code: &Code) -> Option<Claim> {
    let to = code.end_of(18)?;
    let letters = code.chars(18).iter().filter(|c| c.is_ascii_uppercase()).count();
    // An identity number with a wrong check character is not a credit code.
    let is_named_otherwise = reading.names.near(Name::Identity, code.from(), 12);
    let is_code =
        is_credit_code(code.chars(18)) && (letters > 0 || !is_identity(code.chars(18))) && !is_named_otherwise;
    (is_code && (code.is_one_word(18) || code.shortest_word(18) >= 2))
        .then(|| reading.claim(EntityKind::CreditCode, code.from(), to))
}

/// Registering authority, kind of body, six digits of region, nine of organisation code, one check character.
pub(super) fn is_credit_code(code: &[u8]) -> bool {
    let region = &code[2..8];
    // 100000 is the country itself: bodies that the central authority registers.
    let is_region =
        region.iter().all(u8::is_ascii_digit) && (region == b"100000" || is_province(checks::number(&region[..2])));
    code.len() == 18
        && matches!(code[0], b'1'..=b'9' | b'A' | b'N' | b'Y')
        && matches!(code[1], b'1'..=b'9' | b'A')
        && is_region
        && checks::mod_31(code)
}
