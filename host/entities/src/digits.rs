//! Digits in groups: the shape that cards, telephones and identity numbers are written in.

use super::tape::Tape;

/// Groups of one cluster, at most. What comes behind begins another one.
const GROUPS_MAX: usize = 20;
/// Digits of one cluster, at most.
const DIGITS_MAX: usize = 40;

/// Groups of digits with one separator between each two, as far as they are of use together.
#[derive(Debug)]
pub(super) struct Cluster {
    groups: [Group; GROUPS_MAX],
    len: usize,
    digits: [u8; DIGITS_MAX],
}

/// One group.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Group {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Digits of this group and those before it.
    pub(super) digits_to: usize,
    /// What separates it from the group before it; `\0` for the first one.
    pub(super) separator: char,
    /// Letters stand in the place of digits: `l38OO13…`.
    pub(super) disguised: bool,
}

impl Cluster {
    /// The cluster that begins at a place with a digit; none if the word there has letters too, or too many digits. A letter
    /// that looks like a digit counts as one between digits, and `X` behind 17 of them.
    pub(super) fn at(tape: &Tape, at: usize) -> Option<Self> {
        let mut cluster = Self {
            groups: [Group::default(); GROUPS_MAX],
            len: 0,
            digits: [0; DIGITS_MAX],
        };
        let (mut place, mut separator) = (at, '\0');
        while cluster.len < GROUPS_MAX {
            let Some(group) = cluster.group(tape, place, separator) else {
                break;
            };
            cluster.groups[cluster.len] = group;
            cluster.len += 1;
            let Some(next) = next_group(tape, group.to) else { break };
            (separator, place) = next;
        }
        (cluster.len > 0).then_some(cluster)
    }

    /// The group that begins at a place, its digits noted.
    fn group(&mut self, tape: &Tape, from: usize, separator: char) -> Option<Group> {
        let mut digits_to = self.len.checked_sub(1).map_or(0, |last| self.groups[last].digits_to);
        let (mut to, mut disguised) = (from, false);
        loop {
            let c = tape.at(to);
            let digit = match c {
                '0'..='9' => c as u8,
                'x' | 'X' | '×' if digits_to == 17 && !tape.at(to + 1).is_ascii_alphanumeric() => b'X',
                _ if !c.is_ascii_alphanumeric() && c != '|' => break,
                _ if to > from && is_contact_word(tape, to) => break,
                _ => {
                    let digit = looks_like(c)?;
                    let is_digit = |c: char| c.is_ascii_digit() || looks_like(c).is_some();
                    // The last digit may be a letter as well where many stand before it.
                    let ends = digits_to >= 10 && digit == b'0' && !tape.at(to + 1).is_ascii_alphanumeric();
                    if to == from || !(is_digit(tape.at(to + 1)) || ends) {
                        if c == '|' {
                            break;
                        }
                        return None;
                    }
                    disguised = true;
                    digit
                }
            };
            *self.digits.get_mut(digits_to)? = digit;
            digits_to += 1;
            to += 1;
        }
        Some(Group {
            from,
            to,
            digits_to,
            separator,
            disguised,
        })
    }

    /// The groups.
    pub(super) fn groups(&self) -> &[Group] {
        &self.groups[..self.len]
    }

    /// Digits of the first `groups` groups.
    pub(super) fn digits(&self, groups: usize) -> &[u8] {
        let to = groups.checked_sub(1).map_or(0, |last| self.groups[last].digits_to);
        &self.digits[..to]
    }

    /// Behind the first `groups` groups.
    pub(super) fn to(&self, groups: usize) -> usize {
        self.groups[groups - 1].to
    }

    /// How many digits a group has.
    pub(super) fn size(&self, group: usize) -> usize {
        let before = group.checked_sub(1).map_or(0, |last| self.groups[last].digits_to);
        self.groups[group].digits_to - before
    }

    /// Whether the first groups have these sizes.
    pub(super) fn has_sizes(&self, sizes: &[usize]) -> bool {
        sizes.len() <= self.len && sizes.iter().enumerate().all(|(group, size)| self.size(group) == *size)
    }

    /// How many groups have that many digits together, if there is such a number.
    pub(super) fn groups_of(&self, digits: usize) -> Option<usize> {
        let group = self.groups().iter().position(|group| group.digits_to == digits)?;
        Some(group + 1)
    }

    /// Whether all separators of the first `groups` groups are among these.
    pub(super) fn separated_by(&self, groups: usize, separators: &str) -> bool {
        self.groups[1..groups.max(1)]
            .iter()
            .all(|group| separators.contains(group.separator))
    }

    /// Whether a letter stands for a digit in the first `groups` groups.
    pub(super) fn is_disguised(&self, groups: usize) -> bool {
        self.groups[..groups].iter().any(|group| group.disguised)
    }

    /// Two groups with a point between them, and no third: a decimal number.
    pub(super) fn is_decimal(&self) -> bool {
        self.len >= 2 && self.groups[1].separator == '.' && !(self.len > 2 && self.groups[2].separator == '.')
    }

    /// Whether the group behind the first `groups` ones belongs to them by its look: the same separator, or any that joins.
    pub(super) fn goes_on(&self, groups: usize) -> bool {
        let Some(next) = self.groups().get(groups) else {
            return false;
        };
        match next.separator {
            ' ' => {
                groups > 1 && self.groups[groups - 1].separator == ' ' && self.size(groups) == 4 && self.size(0) == 4
            }
            '\n' | ',' => false,
            _ => true,
        }
    }
}

/// A messenger's short name that is written directly behind a number: 13800138000vx.
pub(super) fn is_contact_word(tape: &Tape, at: usize) -> bool {
    let names = ["vx", "wx", "qq", "v"];
    tape.one_of(at, &names)
        .is_some_and(|(_, to)| !tape.at(to).is_ascii_alphanumeric())
}

/// The digit that a letter is written for.
pub(super) fn looks_like(c: char) -> Option<u8> {
    match c {
        'o' | 'O' => Some(b'0'),
        'l' | 'I' | '|' => Some(b'1'),
        _ => None,
    }
}

/// The separator behind a group, and where the next group begins.
fn next_group(tape: &Tape, at: usize) -> Option<(char, usize)> {
    let separator = tape.at(at);
    if !matches!(separator, ' ' | '-' | '.' | '·' | '_' | '/' | ',' | '\n') {
        return None;
    }
    let is_digit = |at: usize| tape.at(at).is_ascii_digit();
    if is_digit(at + 1) {
        return Some((separator, at + 1));
    }
    match (separator, tape.at(at + 1), tape.at(at + 2)) {
        (' ', ' ', _) if is_digit(at + 2) => Some((' ', at + 2)),
        (' ', joint @ ('-' | '·'), ' ') if is_digit(at + 3) => Some((joint, at + 3)),
        _ => None,
    }
}
