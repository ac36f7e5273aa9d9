//! Passports, number plates and numbers of authorities abroad.

use super::checks;
use super::digits::Cluster;
use super::kind::EntityKind;
use super::names::Name;
use super::reading::{Claim, Reading};
use super::tape::is_han;

/// Words for a paper count this far.
const NEAR_CHARS: usize = 16;

/// A passport's number, beside a word for it: one to three letters and six to nine digits, or nine digits.
pub(super) fn claim_passport(reading: &Reading<'_>, at: usize, to: usize) -> Option<Claim> {
    let tape = reading.tape;
    let letters = (at..to).take_while(|&at| tape.at(at).is_ascii_alphabetic()).count();
    let digits = (at + letters..to).filter(|&at| tape.at(at).is_ascii_digit()).count();
    let fits = match letters {
        0 => (8..=9).contains(&digits) && to - at <= 9,
        1..=3 => {
            (6..=9).contains(&(to - at))
                && digits >= 5
                && (at + letters..to).all(|at| tape.at(at).is_ascii_alphanumeric())
        }
        _ => false,
    };
    let is_named =
        reading.names.near(Name::Passport, at, NEAR_CHARS) || super::names::after(tape, to, 6) == Some(Name::Passport);
    (fits && is_named && !reading.is_inside(at, to)).then(|| reading.claim(EntityKind::Passport, at, to))
}

/// Registration of the Drug Enforcement Administration.
pub(super) fn claim_licence(reading: &Reading<'_>, at: usize, to: usize) -> Option<Claim> {
    let tape = reading.tape;
    let digit = |place: usize| tape.at(at + place).to_digit(10);
    if to - at != 9 || !tape.at(at).is_ascii_uppercase() || !tape.at(at + 1).is_ascii_alphanumeric() {
        return None;
    }
    let sum = digit(2)? + digit(4)? + digit(6)? + 2 * (digit(3)? + digit(5)? + digit(7)?);
    let is_named = reading.names.near(Name::Licence, at, 24);
    (is_named && sum % 10 == digit(8)?).then(|| reading.claim(EntityKind::MedicalLicence, at, to))
}

/// Numbers of the United States' social security and tax authorities, and of the health service of the United Kingdom.
pub(super) fn claim_number(reading: &Reading<'_>, cluster: &Cluster) -> Option<Claim> {
    let from = cluster.groups()[0].from;
    if let Some(groups) = cluster.groups_of(9) {
        let digits = cluster.digits(groups);
        let is_ssn_shape = cluster.has_sizes(&[3, 2, 4]) && cluster.separated_by(3, "-");
        let near = |name| reading.names.near(name, from, NEAR_CHARS);
        let (is_ssn_named, is_itin_named) = (near(Name::Ssn), near(Name::Itin));
        let is_free = !cluster.goes_on(groups) && !reading.goes_before(from, '-') && cluster.separated_by(groups, " -");
        let (area, group, serial) = (
            checks::number(&digits[..3]),
            checks::number(&digits[3..5]),
            checks::number(&digits[5..]),
        );
        let is_itin = area >= 900 && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99);
        let is_ssn = !matches!(area, 0 | 666 | 900..) && group > 0 && serial > 0 && !checks::is_one_digit(digits);
        if is_free && is_itin && (is_ssn_shape || is_itin_named || is_ssn_named) {
            return reading.digits(EntityKind::UsItin, cluster, groups);
        }
        if is_free && is_ssn && (is_ssn_shape || is_ssn_named) {
            return reading.digits(EntityKind::UsSsn, cluster, groups);
        }
    }
    let groups = cluster.groups_of(10)?;
    let digits = cluster.digits(groups);
    let is_named = reading.is_near(Name::Nhs, cluster, NEAR_CHARS);
    let has_shape = cluster.has_sizes(&[3, 3, 4]) && cluster.separated_by(3, " -");
    // What no American telephone number can be.
    let is_no_phone = has_shape
        && matches!(digits[3], b'0' | b'1')
        && !checks::is_one_digit(&digits[3..6])
        && !reading.is_near(Name::Phone, cluster, NEAR_CHARS);
    let fits = (is_named || is_no_phone) && checks::mod_11_nhs(digits) && !checks::is_one_digit(digits);
    (fits && !cluster.goes_on(groups)).then(|| reading.digits(EntityKind::UkNhs, cluster, groups))?
}

/// Abbreviations of the provinces: GA 36-2018.
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/// A number plate: province, letter of the authority, five characters, or six of a new-energy vehicle.
pub(super) fn claim_plate(reading: &Reading<'_>, at: usize) -> Option<Claim> {
    let tape = reading.tape;
    let is_plate_letter = |c: char| c.is_ascii_alphabetic() && !matches!(c.to_ascii_uppercase(), 'I' | 'O');
    if !is_plate_letter(tape.at(at + 1)) || !PROVINCES.contains(tape.at(at)) {
        return None;
    }
    let mut first = at + 2;
    if matches!(tape.at(first), '·' | ' ' | '-' | '.') {
        first += 1;
    }
    let to = tape.word_end(first);
    let len = to - first;
    let is_number = |at: usize| tape.at(at).is_ascii_digit();
    let digits = (first..to).filter(|&at| is_number(at)).count();
    if !(first..to).all(|at| is_number(at) || is_plate_letter(tape.at(at))) {
        return None;
    }
    let is_energy_letter = |at: usize| is_plate_letter(tape.at(at)) && tape.at(at).to_ascii_uppercase() < 'L';
    let end = match len {
        // 学, 警, 港, 澳, 挂, 领, 使, 应急
        4 if digits >= 2 && "学警港澳挂领使试超".contains(tape.at(to)) => to + 1,
        5 if digits >= 2 => to,
        6 if is_energy_letter(first) && digits >= 4 || is_energy_letter(to - 1) && digits == 5 => to,
        _ => return None,
    };
    let has_small = (at + 1..to).any(|at| tape.at(at).is_ascii_lowercase());
    // 新K12345 is a plate, 全新K12345 a model: the province is no part of a word that goes on in letters.
    let is_word = has_small && digits < 3 || is_han(tape.before(at)) && tape.at(at) == '新' && tape.before(at) != '牌';
    (!is_word).then(|| reading.claim(EntityKind::Plate, at, end))
}
