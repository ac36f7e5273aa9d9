//! Numbers that stand for the model's words in stored bytes. A number never gets another meaning.

use super::unreadable::Unreadable;
use proviso_model::consent::ConsentState;
use proviso_model::message::{Direction, PartyClass};
use proviso_model::retention::{ClockStart, Counting, Disposition, Why};
use proviso_model::verdict::{FaultCause, Severity, Withheld};

/// Makes a pair of functions between an enumeration and its numbers.
macro_rules! codes {
    ($to:ident, $from:ident, $type:ident, $what:literal, $($code:literal => $name:ident),+ $(,)?) => {
        #[doc = concat!("The number of ", $what, ".")]
        pub const fn $to(value: $type) -> u8 {
            match value {
                $($type::$name => $code),+
            }
        }

        #[doc = concat!("Reads ", $what, ".")]
        pub fn $from(code: u8) -> Result<$type, Unreadable> {
            match code {
                $($code => Ok($type::$name),)+
                _ => Err(Unreadable::Code { what: $what, code: code.to_string() }),
            }
        }
    };
}

codes!(of_direction, direction, Direction, "the direction", 0 => Unknown, 1 => Internal, 2 => Outbound, 3 => Inbound);
codes!(of_class, class, PartyClass, "the class", 0 => Unknown, 1 => Employee, 2 => External, 3 => Robot);
codes!(of_consent, consent, ConsentState, "the consent", 1 => Agree, 2 => Disagree, 3 => DefaultAgree,
    4 => Unknown, 5 => Withdraw);
codes!(of_severity, severity, Severity, "the severity", 1 => Low, 2 => Medium, 3 => High, 4 => Critical);
codes!(of_withheld, withheld, Withheld, "the reason to withhold", 1 => ConsentRefused, 2 => ConsentMissing);
codes!(of_cause, cause, FaultCause, "the cause",
    1 => Trap, 2 => Fuel, 3 => Deadline, 4 => Memory, 5 => Stack, 6 => BadAnswer, 7 => Refused, 8 => Quarantined, 9 => Partial,
    10 => Inconsistent);
codes!(of_clock, clock, ClockStart, "the clock",
    1 => Message, 2 => Transaction, 3 => RelationshipEnd, 4 => ContractEnd, 5 => DisputeEnd);
codes!(of_disposition, disposition, Disposition, "the disposition", 1 => Dispose, 2 => KeepUntil, 3 => Keep, 4 => LegalHold);
codes!(of_why, why, Why, "the ground",
    1 => LegalHold, 2 => UnknownClock, 3 => NoRule, 4 => NothingVerified, 5 => LongestFloor, 6 => ShortestCeiling,
    7 => ConsentWithdrawn, 8 => Contradiction);
codes!(of_counting, counting, Counting, "the counting", 1 => CnCivilCode, 2 => Eu118271, 3 => UsRule6, 4 => Latest);
