//! Checksums of numbers that people and companies carry.

use serde::Deserialize;

/// What a hit's text must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validator {
    /// A payment card number, [`luhn`].
    Luhn,
    /// An 18-character resident identity number, [`cn_id`].
    CnId,
    /// A unified social credit code, [`cn_uscc`].
    CnUscc,
    /// An international bank account number, [`iban`].
    Iban,
}

impl Validator {
    /// True if `text` passes, spaces and hyphens skipped, full-width letters and digits read as ASCII.
    pub fn passes(self, text: &str) -> bool {
        let mut buffer = [0; 40];
        let Some(code) = compact(text, &mut buffer) else {
            return false;
        };
        match self {
            Validator::Luhn => luhn(code),
            Validator::CnId => cn_id(code),
            Validator::CnUscc => cn_uscc(code),
            Validator::Iban => iban(code),
        }
    }
}

/// Upper-case ASCII letters and digits of `text`; `None` if it holds anything else or is too long for any of the codes.
fn compact<'b>(text: &str, buffer: &'b mut [u8; 40]) -> Option<&'b [u8]> {
    let mut len = 0;
    for c in text.chars() {
        let c = match c {
            ' ' | '-' | '\u{3000}' | '\u{a0}' | '－' | '‐' | '–' => continue,
            // Full-width forms stand in the order of ASCII, this far behind it.
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(c as u32 - 0xFEE0)?,
            _ => c,
        };
        if !c.is_ascii_alphanumeric() {
            return None;
        }
        *buffer.get_mut(len)? = c.to_ascii_uppercase() as u8;
        len += 1;
    }
    Some(&buffer[..len])
}

/// ISO/IEC 7812-1, annex B: 12 to 19 digits, not all the same.
pub fn luhn(code: &[u8]) -> bool {
    if !(12..=19).contains(&code.len())
        || !code.iter().all(u8::is_ascii_digit)
        || code.iter().all(|digit| *digit == code[0])
    {
        return false;
    }
    let sum: u32 = code
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            match (at % 2, digit * 2) {
                (0, _) => digit,
                (_, doubled) if doubled > 9 => doubled - 9,
                (_, doubled) => doubled,
            }
        })
        .sum();
    sum % 10 == 0
}

/// GB 11643-1999: six digits of region, eight of birth date (1900 to 2099), three of sequence, one check character by ISO 7064 MOD 11-2.
pub fn cn_id(code: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    if code.len() != 18 || !code[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = code
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = b"10X98765432"[(sum % 11) as usize];
    check == code[17] && is_region(&code[..6]) && is_date(&code[6..14])
}

/// GB 32100-2015: registering authority, kind of body, six digits of region, nine of organisation code, one check character, MOD 31.
pub fn cn_uscc(code: &[u8]) -> bool {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    if code.len() != 18
        || !matches!(code[0], b'1'..=b'9' | b'A' | b'N' | b'Y')
        || !matches!(code[1], b'1'..=b'9' | b'A')
    {
        return false;
    }
    let region = &code[2..8];
    // 100000 is the country itself: bodies that the central authority registers.
    if region != b"100000" && !(region.iter().all(u8::is_ascii_digit) && is_province(region)) {
        return false;
    }
    let value = |character: &u8| ALPHABET.iter().position(|known| known == character);
    let mut sum = 0;
    for (character, weight) in code[..17].iter().zip(WEIGHTS) {
        let Some(value) = value(character) else {
            return false;
        };
        sum += value * weight;
    }
    value(&code[17]) == Some((31 - sum % 31) % 31)
}

/// ISO 13616: the country's length, and the number that the code forms with its first four characters behind leaves 1 when divided by 97.
pub fn iban(code: &[u8]) -> bool {
    if code.len() < 15 || !code[2..4].iter().all(u8::is_ascii_digit) || iban_length(&code[..2]) != Some(code.len()) {
        return false;
    }
    let rest = code[4..]
        .iter()
        .chain(&code[..4])
        .fold(0u32, |rest, &character| match character {
            b'0'..=b'9' => (rest * 10 + u32::from(character - b'0')) % 97,
            _ => (rest * 100 + u32::from(character - b'A') + 10) % 97,
        });
    rest == 1
}

fn digits(code: &[u8]) -> u32 {
    code.iter()
        .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}

/// GB/T 2260: provinces, and 81 to 83 for the residence permits of Hong Kong, Macao and Taiwan.
fn is_province(region: &[u8]) -> bool {
    matches!(digits(&region[..2]), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
}

/// Plausible by GB/T 2260's structure. Codes were given out and withdrawn over sixty years, so that a list of today's would refuse real numbers.
fn is_region(region: &[u8]) -> bool {
    let (prefecture, county) = (digits(&region[2..4]), digits(&region[4..6]));
    is_province(region)
        && match digits(&region[..2]) {
            11 | 12 | 31 | 50 => matches!(prefecture, 1..=3) && county > 0,
            71 | 81..=83 => true,
            _ => matches!(prefecture, 1..=53 | 90) && county > 0,
        }
}

fn is_date(date: &[u8]) -> bool {
    let (year, month, day) = (digits(&date[..4]), digits(&date[4..6]), digits(&date[6..]));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1900..=2099).contains(&year) && (1..=days).contains(&day)
}

/// The length that the SWIFT registry of IBAN formats gives for a country.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    fn check(validator: Validator, table: &[(&str, bool)]) {
        each_row(table, |&(text, expected)| {
            assert_eq!(validator.passes(text), expected, "{validator:?} {text}");
        });
    }

    #[test]
    fn cards_pass_luhn() {
        check(
            Validator::Luhn,
            &[
                ("4111111111111111", true),
                ("4111 1111-1111 1111", true),
                ("４１１１１１１１１１１１１１１１", true),
                ("4111111111111112", false),
                ("378282246310005", true),
                ("0000000000000000", false),
                ("41111111111", false),
                ("6222 0000 0000 000a", false),
                ("", false),
            ],
        );
    }

    #[test]
    fn identity_numbers_have_region_date_and_check_character() {
        check(
            Validator::CnId,
            &[
                ("11010519491231002X", true),
                ("11010519491231002x", true),
                ("110105 19491231 002X", true),
                ("110105194912310021", false),
                ("440524188001010014", false), // born 1880
                ("110105194913310020", false),
                ("1101051949123100", false),
            ],
        );
    }

    #[test]
    fn an_identity_number_with_a_wrong_region_or_date_fails_though_its_check_character_is_right() {
        let with_check = |body: &str| -> String {
            ('0'..='9')
                .chain(['X'])
                .map(|c| format!("{body}{c}"))
                .find(|code| checked(code.as_bytes()))
                .expect("one character fits")
        };
        let table = [
            ("11010519900307001", true),
            ("99010519900307001", false),
            ("11110519900307001", false),
            ("11010019900307001", false),
            ("11010519900230001", false),
            ("11010519000229001", false),
            ("11010520000229001", true),
            ("81000019940823002", true),
        ];
        each_row(table, |(body, expected)| {
            assert_eq!(Validator::CnId.passes(&with_check(body)), expected, "{body}");
        });
    }

    /// MOD 11-2 the other way round: the weighted sum with the check character is 1.
    fn checked(code: &[u8]) -> bool {
        let sum = code.iter().fold(0u32, |sum, &c| {
            (sum * 2 + if c == b'X' { 10 } else { u32::from(c - b'0') }) % 11
        });
        sum == 1
    }

    #[test]
    fn social_credit_codes_have_authority_region_and_check_character() {
        check(
            Validator::CnUscc,
            &[
                ("91350100M000100Y43", true), // the standard's own example
                ("91350100m000100y43", true),
                ("91350100M000100Y44", false),
                ("91350100I000100Y43", false),
                ("01350100M000100Y43", false),
                ("91990100M000100Y43", false),
                ("91350100M000100Y4", false),
            ],
        );
    }

    #[test]
    fn account_numbers_have_length_and_rest() {
        check(
            Validator::Iban,
            &[
                ("GB82 WEST 1234 5698 7654 32", true),
                ("DE89370400440532013000", true),
                ("de89370400440532013000", true),
                ("GB82 WEST 1234 5698 7654 33", false),
                ("DE8937040044053201300", false),
                ("ZZ89370400440532013000", false),
                ("NO9386011117947", true),
                ("MT84MALT011000012345MTLCAST001S", true),
            ],
        );
    }
}
