//! Addresses of Bitcoin, Tron and Ethereum.

use super::kind::EntityKind;
use super::reading::{Claim, Reading};
use proviso_model::digest::Digest;

const BASE_58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH_32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// Characters of the longest form, BIP 350.
const ADDRESS_MAX: usize = 90;

/// The word from `at` to `to` as an address.
pub(super) fn claim(reading: &Reading<'_>, at: usize, to: usize) -> Option<Claim> {
    let mut text = [0_u8; ADDRESS_MAX];
    let len = to - at;
    if !(26..=ADDRESS_MAX).contains(&len) {
        return None;
    }
    for (place, slot) in (at..to).zip(&mut text) {
        *slot = reading.tape.at(place) as u8;
    }
    let text = &text[..len];
    let is_address = is_base_58_check(text) || is_bech_32(text) || is_ethereum(text);
    (is_address && !reading.is_inside(at, to)).then(|| reading.claim(EntityKind::CryptoAddress, at, to))
}

/// `0x` and 40 hexadecimal digits that are not all the same.
fn is_ethereum(text: &[u8]) -> bool {
    text.len() == 42
        && (text.starts_with(b"0x") || text.starts_with(b"0X"))
        && text[2..].iter().all(u8::is_ascii_hexdigit)
        && !super::checks::is_one_digit(&text[2..])
}

/// Version 0 or 5, or 65 of Tron, 20 bytes, and four of a double SHA-256.
fn is_base_58_check(text: &[u8]) -> bool {
    if !(26..=35).contains(&text.len()) || !matches!(text[0], b'1' | b'3' | b'T') {
        return false;
    }
    let mut bytes = [0_u8; 25];
    for c in text {
        let Some(value) = BASE_58.iter().position(|known| known == c) else {
            return false;
        };
        let mut carry = value;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return false;
        }
    }
    let check = Digest::of(Digest::of(&bytes[..21]).as_bytes());
    matches!(bytes[0], 0 | 5 | 0x41) && check.as_bytes()[..4] == bytes[21..]
}

/// BIP 173 and BIP 350: `bc1`, in one case, with a check of six characters.
fn is_bech_32(text: &[u8]) -> bool {
    let lower = text.iter().all(|c| !c.is_ascii_uppercase());
    let upper = text.iter().all(|c| !c.is_ascii_lowercase());
    if !(lower || upper) || !(text.starts_with(b"bc1") || text.starts_with(b"BC1")) || text.len() < 14 {
        return false;
    }
    // The human-readable part, expanded: high bits, nothing, low bits.
    let mut sum = [3, 3, 0, 2, 3].iter().fold(1, |sum, value| polymod(sum, *value));
    for c in &text[3..] {
        let Some(value) = BECH_32.iter().position(|known| *known == c.to_ascii_lowercase()) else {
            return false;
        };
        sum = polymod(sum, value as u32);
    }
    matches!(sum, 1 | 0x2bc8_30a3)
}

fn polymod(sum: u32, value: u32) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = sum >> 25;
    let mut sum = (sum & 0x01ff_ffff) << 5 ^ value;
    for (bit, part) in GENERATOR.iter().enumerate() {
        if top >> bit & 1 == 1 {
            sum ^= part;
        }
    }
    sum
}
