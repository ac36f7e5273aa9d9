//! Amounts of money as people write them.

use std::fmt::Write as _;

/// `123450`, `CNY` becomes `1234.50 CNY`.
pub(crate) fn in_words(minor_units: u64, currency: &str) -> String {
    let digits = fraction_digits(currency);
    let unit = 10u64.pow(digits as u32);
    let mut text = format!("{}", minor_units / unit);
    if digits > 0 {
        write!(text, ".{:0digits$}", minor_units % unit).expect("writing to a String does not fail");
    }
    text.push(' ');
    text.push_str(currency);
    text
}

/// True for three upper-case letters.
pub(crate) fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// ISO 4217's exponent.
fn fraction_digits(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn amounts_have_their_currency_s_digits() {
        let table = [
            (0, "CNY", "0.00 CNY"),
            (5, "CNY", "0.05 CNY"),
            (123_450, "CNY", "1234.50 CNY"),
            (500, "JPY", "500 JPY"),
            (1_234, "KWD", "1.234 KWD"),
            (u64::MAX, "USD", "184467440737095516.15 USD"),
        ];
        each_row(table, |(minor, currency, expected)| {
            assert_eq!(in_words(minor, currency), expected);
        });
    }
}
