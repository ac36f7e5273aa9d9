//! Numbers of accounts and banks: IBAN (ISO 13616) and business identifier codes (ISO 9362).

use super::checks;
use super::code::Code;
use super::kind::EntityKind;
use super::names::Name;
use super::reading::{Claim, Reading};

/// An account number, whole or in groups.
pub(super) fn claim_iban(reading: &Reading<'_>, code: &Code) -> Option<Claim> {
    let head = code.chars(4);
    if head.len() < 4 || !head[..2].iter().all(u8::is_ascii_uppercase) || !head[2..].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let len = iban_length(&head[..2])?;
    let to = code.end_of(len)?;
    let is_grouped = code.is_one_word(len) || code.shortest_word(len) >= 2;
    (is_grouped && checks::mod_97(code.chars(len))).then(|| reading.claim(EntityKind::Iban, code.from(), to))
}

/// The length of a country's account numbers: SWIFT's registry of IBAN formats, release 99.
fn iban_length(country: &[u8]) -> Option<usize> {
    Some(match country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"FK" | b"FO" | b"GL" | b"NL" | b"SD" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"MN" | b"XK" => 20,
        b"CH" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"CR" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"OM" | b"SO" | b"TL" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"LY" | b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"BI" | b"DJ" | b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" => 27,
        b"AL" | b"AZ" | b"BY" | b"CY" | b"DO" | b"GT" | b"HN" | b"HU" | b"LB" | b"NI" | b"PL" | b"SV" => 28,
        b"BR" | b"EG" | b"PS" | b"QA" | b"UA" => 29,
        b"JO" | b"KW" | b"MU" | b"YE" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        b"RU" => 33,
        _ => return None,
    })
}

/// A bank's code: named so, or in capitals with a digit, which no word has.
pub(super) fn claim_swift(reading: &Reading<'_>, at: usize, to: usize) -> Option<Claim> {
    let mut code = [0_u8; 11];
    let len = to - at;
    if len != 8 && len != 11 {
        return None;
    }
    for (place, slot) in (at..to).zip(&mut code) {
        *slot = reading.tape.at(place) as u8;
    }
    let code = &code[..len];
    let has_shape = code[..6].iter().all(u8::is_ascii_uppercase)
        && code.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        && is_country(&code[4..6])
        // The place code: no 0 or 1 first in live codes, no letter O second.
        && !matches!(code[6], b'0' | b'1')
        && code[7] != b'O';
    let is_named = reading.names.near(Name::Bank, at, 16);
    let has_digit = code.iter().any(u8::is_ascii_digit);
    let stands_free = has_digit && !reading.is_inside(at, to) && (len == 8 || code.ends_with(b"XXX"));
    (has_shape && (is_named || stands_free)).then(|| reading.claim(EntityKind::Swift, at, to))
}

/// ISO 3166-1, alpha-2, and XK as banks use it.
const COUNTRIES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCV\
CWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKI\
KMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPT\
PWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

fn is_country(code: &[u8]) -> bool {
    COUNTRIES.as_bytes().chunks(2).any(|country| country == code)
}
