//! Check digits and characters of the standards. Each takes the digits and capital letters of a number, without separators.

/// ISO/IEC 7812-1, annex B.
pub(super) fn luhn(code: &[u8]) -> bool {
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
    sum.is_multiple_of(10)
}

/// ISO/IEC 7064, MOD 11-2, over 18 characters, the last of which may be `X`.
pub(super) fn mod_11_2(code: &[u8]) -> bool {
    let sum = code.iter().fold(0, |sum, &c| {
        (sum * 2 + if c == b'X' { 10 } else { u32::from(c - b'0') }) % 11
    });
    sum == 1
}

/// GB 32100-2015: MOD 31 over 18 characters.
pub(super) fn mod_31(code: &[u8]) -> bool {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let value = |c: u8| ALPHABET.iter().position(|known| *known == c);
    let mut sum = 0;
    for (&c, weight) in code.iter().zip(WEIGHTS) {
        let Some(value) = value(c) else { return false };
        sum += value * weight;
    }
    code.last().is_some_and(|&c| value(c) == Some((31 - sum % 31) % 31))
}

/// ISO/IEC 7064, MOD 97-10, with the first four characters behind.
pub(super) fn mod_97(code: &[u8]) -> bool {
    let (head, rest) = code.split_at(code.len().min(4));
    rest.iter().chain(head).fold(0_u32, |rest, &c| match c {
        b'0'..=b'9' => (rest * 10 + u32::from(c - b'0')) % 97,
        _ => (rest * 100 + u32::from(c.saturating_sub(b'A')) + 10) % 97,
    }) == 1
}

/// The health service's MOD 11 over ten digits.
pub(super) fn mod_11_nhs(code: &[u8]) -> bool {
    let Some((check, body)) = code.split_last() else {
        return false;
    };
    let sum: u32 = body
        .iter()
        .zip((2..=10).rev())
        .map(|(&c, weight)| u32::from(c - b'0') * weight)
        .sum();
    match 11 - sum % 11 {
        11 => *check == b'0',
        10 => false,
        expected => u32::from(check - b'0') == expected,
    }
}

/// Universal Postal Union, standard S10: eight digits and their check digit.
pub(super) fn postal_s10(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 8] = [8, 6, 4, 2, 3, 5, 9, 7];
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(&c, weight)| u32::from(c - b'0') * weight)
        .sum();
    let expected = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        check => check,
    };
    digits.get(8).is_some_and(|&c| u32::from(c - b'0') == expected)
}

/// MOD 10 with weights 3 and 1 from the right, as postal services and GS1 use it.
pub(super) fn mod_10_3_1(digits: &[u8]) -> bool {
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, &c)| u32::from(c - b'0') * if at % 2 == 1 { 3 } else { 1 })
        .sum();
    sum.is_multiple_of(10)
}

/// The number that ASCII digits write.
pub(super) fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number: u32, &digit| {
        number
            .wrapping_mul(10)
            .wrapping_add(u32::from(digit.wrapping_sub(b'0')))
    })
}

/// Whether a day exists in the Gregorian calendar.
pub(super) fn is_date(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Whether all characters are the same.
pub(super) fn is_one_digit(code: &[u8]) -> bool {
    code.iter().all(|c| code.first() == Some(c))
}
