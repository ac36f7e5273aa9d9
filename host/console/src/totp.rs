//! Second factors: codes of 6 digits that change every 30 seconds (RFC 6238), by SHA-1, which is what authenticators speak.

use proviso_archive::{TOTP_SECRET_BYTES, TotpSecret};
use proviso_model::Timestamp;
use std::fmt::Write as _;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

/// Seconds of one code.
const STEP_SECONDS: u64 = 30;
/// Steps that a clock may be behind or before.
const SKEW_STEPS: u16 = 1;
/// What an authenticator shows beside the code.
const ISSUER: &str = "Proviso";

fn totp(secret: &TotpSecret) -> Totp {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(SKEW_STEPS)
        .with_step_duration(STEP_SECONDS)
        .with_secret(*secret.as_bytes())
        .build_noncompliant()
}

/// A secret of random bytes.
pub(crate) fn secret() -> Result<TotpSecret, getrandom::Error> {
    let mut bytes = Zeroizing::new([0; TOTP_SECRET_BYTES]);
    getrandom::fill(&mut *bytes)?;
    Ok(TotpSecret::new(*bytes))
}

/// The step whose code it is, near a time; `None` of any other text.
pub(crate) fn step(secret: &TotpSecret, code: &str, at: Timestamp) -> Option<i64> {
    // As it is typed: digits, which some write in two groups.
    let code: String = code.chars().filter(|c| *c != ' ').collect();
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = u64::try_from(at.as_millis()).ok()? / 1_000;
    let step = totp(secret).check(&code, seconds)?;
    i64::try_from(step).ok()
}

/// The secret as a person types it: base 32 (RFC 4648), without padding.
pub(crate) fn to_text(secret: &TotpSecret) -> Zeroizing<String> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = Zeroizing::new(String::with_capacity(32));
    for five in secret.as_bytes().chunks(5) {
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in (0..8).rev() {
            text.push(LETTERS[(bits >> (5 * place) & 31) as usize].into());
        }
    }
    text
}

/// The same as an authenticator reads it from a picture.
pub(crate) fn to_uri(secret: &TotpSecret, name: &str) -> Zeroizing<String> {
    let mut uri = Zeroizing::new(String::new());
    // A user's name has nothing that has to be written otherwise in an address.
    let _ = write!(
        uri,
        "otpauth://totp/{ISSUER}:{name}?secret={}&issuer={ISSUER}&algorithm=SHA1&digits=6&period={STEP_SECONDS}",
        *to_text(secret)
    );
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000).unwrap()
    }

    /// RFC 6238, appendix B: the last 6 of the 8 digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = TotpSecret::new(*b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step(&secret, code, at(seconds)), Some(seconds / 30), "{seconds}");
        }
        assert_eq!(*to_text(&secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(to_uri(&secret, "li.na").starts_with("otpauth://totp/Proviso:li.na?secret=GEZDGNBV"));
    }

    #[test]
    fn a_code_counts_near_its_time_and_nothing_else_does() {
        let secret = TotpSecret::new(*b"12345678901234567890");
        // The code of 59 seconds is that of step 1.
        for (seconds, found) in [(29, Some(1)), (30, Some(1)), (89, Some(1)), (90, None), (1_000, None)] {
            assert_eq!(step(&secret, "287082", at(seconds)), found, "{seconds}");
        }
        assert_eq!(step(&secret, "287 082", at(59)), Some(1));
        for text in ["", "28708", "2870822", "28708x", "２８７０８２", "-287082", "287083"] {
            assert_eq!(step(&secret, text, at(59)), None, "{text}");
        }
        assert_ne!(secret_bytes(), secret_bytes());
    }

    fn secret_bytes() -> [u8; TOTP_SECRET_BYTES] {
        *super::secret().unwrap().as_bytes()
    }
}
