//! What an entity says, in one form whatever way it was written.

use super::amount;
use super::date;
use super::digits::looks_like;
use super::kind::{Entity, EntityKind};
use super::messenger;
use super::numerals::{self, ONE};
use super::percent;
use super::tape::Tape;

/// The value of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntityValue {
    /// Digits and capital letters without separators; an e-mail address or an address of the internet in small letters; an
    /// address of a block chain as it stands.
    Code(String),
    /// A telephone number: with `+` and country code (E.164) where that is known, else the digits as they are dialled.
    Phone(String),
    /// A sum of money or a range of sums, in hundredths of the currency; both are the same for a single sum.
    Amount {
        /// The least.
        minor_low: u64,
        /// The most.
        minor_high: u64,
        /// ISO 4217; none where the text names no currency.
        currency: Option<&'static str>,
    },
    /// A rate or a range of rates, in hundredths of a hundredth; both are the same for a single rate.
    Percent {
        /// The least.
        basis_points_low: u64,
        /// The most.
        basis_points_high: u64,
    },
    /// A date.
    Date {
        /// 1900-2100.
        year: Option<u32>,
        /// 1-12.
        month: u32,
        /// 1-31.
        day: Option<u32>,
    },
    /// The host of an address of the web, in small letters.
    Host(String),
    /// A messenger by the name that was written, and the identifier.
    Contact {
        /// In small letters.
        service: &'static str,
        /// As it stands, folded.
        id: String,
    },
}

/// The value of an entity that [`find`](super::find) found in this very text.
pub fn value(text: &str, entity: &Entity) -> EntityValue {
    let (start, end) = (entity.start as usize, entity.end as usize);
    let mut tape = Tape::default();
    if text.get(start..end).is_some() {
        tape.read(text, start, end);
    }
    let of_tape = match entity.kind {
        EntityKind::Amount => sum(&tape),
        EntityKind::Percent => rate(&tape),
        EntityKind::Date => day(&tape),
        EntityKind::Messenger => contact(&tape),
        EntityKind::Url => Some(EntityValue::Host(host(&tape))),
        EntityKind::CnMobile | EntityKind::CnLandline | EntityKind::Phone => {
            Some(EntityValue::Phone(dialled(&tape, entity.kind)))
        }
        EntityKind::Email | EntityKind::IpAddress => {
            Some(EntityValue::Code(chars(&tape, |c| Some(c.to_ascii_lowercase()))))
        }
        EntityKind::CryptoAddress => Some(EntityValue::Code(chars(&tape, Some))),
        _ => None,
    };
    let is_digits = matches!(entity.kind, EntityKind::CnIdentity | EntityKind::BankCard);
    of_tape.unwrap_or_else(|| {
        EntityValue::Code(chars(&tape, |c| match c {
            '×' => Some('X'),
            _ if is_digits && looks_like(c).is_some() => looks_like(c).map(char::from),
            // A plate's province is no separator.
            _ => c.is_alphanumeric().then(|| c.to_ascii_uppercase()),
        }))
    })
}

fn chars(tape: &Tape, keep: impl Fn(char) -> Option<char>) -> String {
    (0..tape.len()).filter_map(|at| keep(tape.at(at))).collect()
}

/// Millionths in hundredths.
fn minor(micros: u128) -> u64 {
    u64::try_from(micros / (ONE / 100)).unwrap_or(u64::MAX)
}

fn sum(tape: &Tape) -> Option<EntityValue> {
    let sum = amount::sum(tape, 0)?;
    Some(EntityValue::Amount {
        minor_low: minor(sum.low),
        minor_high: minor(sum.high),
        currency: sum.currency,
    })
}

fn rate(tape: &Tape) -> Option<EntityValue> {
    let rate = percent::rate(tape, 0)?;
    Some(EntityValue::Percent {
        basis_points_low: minor(rate.low),
        basis_points_high: minor(rate.high),
    })
}

fn day(tape: &Tape) -> Option<EntityValue> {
    let day = date::day(tape, 0)?;
    Some(EntityValue::Date {
        year: day.year,
        month: day.month,
        day: day.of_month,
    })
}

fn contact(tape: &Tape) -> Option<EntityValue> {
    let plus = usize::from(tape.at(0) == '+');
    let contact = messenger::contact(tape, tape.skip_spaces(plus, 2), true)?;
    Some(EntityValue::Contact {
        service: contact.service,
        id: (contact.id..contact.to).map(|at| tape.at(at)).collect(),
    })
}

/// Between scheme and user, and port or path.
fn host(tape: &Tape) -> String {
    let text = chars(tape, |c| Some(c.to_ascii_lowercase()));
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit('@').next().unwrap_or_default();
    let host = match rest.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => rest.split(':').next(),
    };
    host.unwrap_or_default().to_owned()
}

fn dialled(tape: &Tape, kind: EntityKind) -> String {
    let text = chars(tape, Some);
    let has_plus = text.trim_start_matches('(').starts_with('+');
    let number = text
        .split(['x', 'X', 'e', 'E'])
        .next()
        .unwrap_or_default()
        .replace("(0)", if has_plus { "" } else { "0" });
    let digits: String = number
        .chars()
        .filter_map(|c| {
            looks_like(c)
                .map(char::from)
                .or(numerals::spoken_digit(c).map(|value| char::from(b'0' + value as u8)))
                .or(Some(c))
        })
        .filter(char::is_ascii_digit)
        .collect();
    let international = |digits: &str| format!("+{digits}");
    if has_plus {
        return international(&digits);
    }
    match kind {
        EntityKind::CnMobile => international(&format!("86{}", &digits[digits.len().saturating_sub(11)..])),
        EntityKind::CnLandline if digits.len() > 8 => {
            let national = digits
                .strip_prefix("86")
                .filter(|rest| rest.len() > 9)
                .unwrap_or(&digits);
            international(&format!("86{}", national.trim_start_matches('0')))
        }
        _ => match digits.strip_prefix("00") {
            Some(rest) if rest.len() > 8 => international(rest),
            _ => digits,
        },
    }
}
