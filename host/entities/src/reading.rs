//! What each kind is told of the text where it is asked: the tape, the names before, and what surrounds a number.

use super::digits::{Cluster, is_contact_word};
use super::kind::EntityKind;
use super::names::{self, Name, Names};
use super::tape::Tape;

/// Places of the tape that are of one kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) kind: EntityKind,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// A tape, and what is known where the reading of it stands.
#[derive(Debug)]
pub(super) struct Reading<'t> {
    pub(super) tape: &'t Tape,
    pub(super) names: Names,
    /// Behind the last entity.
    pub(super) claimed_to: usize,
}

impl Reading<'_> {
    /// A claim on places of the tape.
    #[expect(clippy::unused_self, reason = "a reading's claim reads better than a type's")]
    pub(super) fn claim(&self, kind: EntityKind, from: usize, to: usize) -> Claim {
        Claim { kind, from, to }
    }

    /// A claim on the first groups of a cluster that stands in no larger token.
    pub(super) fn digits(&self, kind: EntityKind, cluster: &Cluster, groups: usize) -> Option<Claim> {
        let (from, to) = (cluster.groups()[0].from, cluster.to(groups));
        (!self.is_inside(from, to)).then(|| self.claim(kind, from, to))
    }

    /// Whether a word of that name stands before the cluster, or close behind it.
    pub(super) fn is_near(&self, name: Name, cluster: &Cluster, max: usize) -> bool {
        let (from, to) = (cluster.groups()[0].from, cluster.to(cluster.groups().len()));
        self.names.near(name, from, max) || names::after(self.tape, to, 6) == Some(name)
    }

    /// Whether a number is a part of something larger: a decimal, a token, a hash, a name.
    pub(super) fn is_inside(&self, from: usize, to: usize) -> bool {
        let tape = self.tape;
        let before = tape.before(from);
        let is_part_before = match before {
            '.' => tape.before(from - 1).is_ascii_digit() && tape.at(from - 2) != '.',
            // A comma divides the thousands of one number; with more or fewer digits behind it, two numbers.
            ',' => tape.before(from - 1).is_ascii_digit() && self.digits_from(from) == 3,
            '-' | '_' | '=' | '~' => self.is_mixed_before(from - 1),
            '&' | '%' | '/' | '\\' => tape.before(from - 1).is_ascii_alphanumeric(),
            _ => before.is_ascii_alphanumeric() && self.names.place() != from,
        };
        let behind = tape.at(to + 1);
        is_part_before
            || match tape.at(to) {
                '.' => behind.is_ascii_digit(),
                '-' | '_' | '/' | '=' | '+' | '\\' => self.is_mixed(to + 1),
                '@' | '%' => behind.is_ascii_alphanumeric(),
                c => c.is_ascii_alphanumeric() && !is_contact_word(tape, to),
            }
    }

    /// Whether a group joined by the same separator stands directly before a place.
    pub(super) fn goes_before(&self, from: usize, separator: char) -> bool {
        let tape = self.tape;
        let is_joined = self.claimed_to + 1 != from
            && tape.before(from) == separator
            && tape.at(from.wrapping_sub(2)).is_ascii_digit();
        if separator != ' ' {
            return is_joined;
        }
        let digits = (2..7)
            .take_while(|&back| tape.at(from.wrapping_sub(back)).is_ascii_digit())
            .count();
        is_joined && digits == 4
    }

    /// How many digits stand at a place in a row, counted up to 4.
    fn digits_from(&self, from: usize) -> usize {
        (from..from + 4)
            .take_while(|&at| self.tape.at(at).is_ascii_digit())
            .count()
    }

    /// Whether the word before a place has letters and digits, or digits alone.
    fn is_mixed_before(&self, to: usize) -> bool {
        let mut digits = false;
        for back in 1..=WORD_MAX {
            let c = self.tape.at(to.wrapping_sub(back));
            if !c.is_ascii_alphanumeric() {
                break;
            }
            digits |= c.is_ascii_digit();
        }
        digits
    }

    fn is_mixed(&self, from: usize) -> bool {
        let word = (from..from + WORD_MAX).map(|at| self.tape.at(at));
        let (mut digits, mut letters) = (false, false);
        for c in word.take_while(char::is_ascii_alphanumeric) {
            digits |= c.is_ascii_digit();
            letters |= c.is_ascii_alphabetic();
        }
        digits && letters
    }
}

/// Characters of a word that are looked at to tell what it is.
const WORD_MAX: usize = 40;
