//! Addresses of the internet: RFC 791 and RFC 4291, with or without the length of a prefix.

use super::kind::EntityKind;
use super::names::Name;
use super::reading::{Claim, Reading};
use core::net::{Ipv4Addr, Ipv6Addr};

/// Characters of the longest form: eight groups, or six and four numbers.
const ADDRESS_MAX: usize = 45;

/// The address that begins at a place.
pub(super) fn claim(reading: &Reading<'_>, at: usize) -> Option<Claim> {
    let tape = reading.tape;
    let before = tape.before(at);
    if before.is_ascii_alphanumeric() || matches!(before, '.' | ':' | '-' | '_') {
        return None;
    }
    let (mut text, mut len) = ([0_u8; ADDRESS_MAX], 0);
    let (mut dots, mut colons) = (0, 0);
    loop {
        let c = tape.at(at + len);
        match c {
            '.' => dots += 1,
            ':' => colons += 1,
            _ if c.is_ascii_hexdigit() => {}
            _ => break,
        }
        *text.get_mut(len)? = c as u8;
        len += 1;
    }
    if dots < 3 && colons < 2 {
        return None;
    }
    // A mark of the sentence, or a port.
    while len > 0 && (text[len - 1] == b'.' || (text[len - 1] == b':' && !text[..len].ends_with(b"::"))) {
        len -= 1;
    }
    let mut text = std::str::from_utf8(&text[..len]).ok()?;
    if dots == 3 && colons == 1 {
        text = text.split(':').next()?;
    }
    let end = at + text.len();
    let mut to = end;
    if colons >= 2 {
        text.parse::<Ipv6Addr>().ok()?;
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        // a::b is a path in a program.
        if digits == 0 || (text.len() < 7 && !text.starts_with("::") && !text.contains("0::") && !text.contains("::1"))
        {
            return None;
        }
        if tape.at(to) == '%' && tape.at(to + 1).is_ascii_alphanumeric() {
            to = tape.word_end(to + 1);
        }
    } else {
        text.parse::<Ipv4Addr>().ok()?;
        if reading.names.of(tape, at) == Some(Name::Other) || reading.names.near(Name::Other, at, 10) {
            return None;
        }
    }
    if tape.at(to).is_ascii_alphanumeric() || (tape.at(to) == '.' && tape.at(to + 1).is_ascii_digit()) {
        return None;
    }
    if tape.at(to) == '/' {
        let prefix_to = tape.word_end(to + 1);
        let max = if colons >= 2 { 128 } else { 32 };
        let digits = (to + 1..prefix_to.min(to + 5)).map(|at| tape.at(at).to_digit(10));
        let prefix = digits.clone().try_fold(0, |sum, digit| Some(sum * 10 + digit?));
        if (1..=3).contains(&digits.count()) && prefix.is_some_and(|prefix| prefix <= max) {
            to = prefix_to;
        }
    }
    Some(reading.claim(EntityKind::IpAddress, at, to))
}
