//! One reading of a tape: from left to right, each place once, the most specific kind first. What a kind claims is behind the
//! reader, so that no other kind sees it.

use super::code::Code;
use super::digits::{Cluster, is_contact_word};
use super::kind::{Entity, EntityKind};
use super::names::{Name, Names};
use super::numerals;
use super::tape::Tape;
use super::{
    accounts, amount, card, chain, date, identity, messenger, net, papers, parcels, percent, phone, securities, web,
};

/// Places of the tape that are of one kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) kind: EntityKind,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// What is known where the reading stands.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    pub(super) tape: &'t Tape,
    pub(super) names: Names,
    /// The address that begins next in the run of characters without a blank that is read now.
    address: Option<Claim>,
    /// Behind that run.
    token_to: usize,
    /// Behind the last entity.
    claimed_to: usize,
}

impl<'t> Reader<'t> {
    /// At the beginning of a tape.
    pub(super) fn new(tape: &'t Tape) -> Self {
        Self {
            tape,
            names: Names::new(),
            address: None,
            token_to: 0,
            claimed_to: 0,
        }
    }

    /// Reads to the end, or until there are `max`, and adds what it finds, in order.
    pub(super) fn read(mut self, found: &mut Vec<Entity>, max: usize) {
        let mut at = 0;
        while at < self.tape.len() && found.len() < max {
            let c = self.tape.at(at);
            if at >= self.token_to && c.is_ascii_graphic() {
                match web::token(self.tape, at) {
                    web::Token::File(to) => {
                        at = to;
                        continue;
                    }
                    web::Token::Other(to) => self.token_to = to,
                }
                self.address = web::next(self.tape, at, self.token_to);
            }
            self.names.note(self.tape, at);
            let name = if c.is_ascii_alphanumeric() {
                self.names.of(self.tape, at)
            } else {
                None
            };
            let claim = match self.address {
                Some(address) if address.from == at => Some(address),
                Some(address) => self.claim_at(at, name).filter(|claim| claim.to <= address.from),
                None => self.claim_at(at, name),
            };
            let Some(claim) = claim else {
                at = self.behind(at);
                continue;
            };
            found.push(Entity {
                kind: claim.kind,
                start: self.tape.start(claim.from),
                end: self.tape.end(claim.to),
            });
            let is_named = matches!(
                claim.kind,
                EntityKind::OrderNumber | EntityKind::Waybill | EntityKind::BankCard
            );
            self.names.claimed(self.tape, at, claim.to, name.filter(|_| is_named));
            at = claim.to;
            self.claimed_to = at;
            if self.address.is_some_and(|address| address.from < at) {
                self.address = web::next(self.tape, at, self.token_to);
            }
        }
    }

    /// What begins at a place.
    fn claim_at(&self, at: usize, name: Option<Name>) -> Option<Claim> {
        let (tape, c) = (self.tape, self.tape.at(at));
        match c {
            '0'..='9' => self.claim_digits(at, name),
            'a'..='z' | 'A'..='Z' => self.claim_word(at, name),
            '+' => messenger::claim(self, at).or_else(|| phone::claim_international(self, at)),
            '(' => phone::claim_in_brackets(self, at),
            ':' => net::claim(self, at),
            '$' | '¥' | '€' | '£' | '₹' | '₩' | '₽' => amount::claim(self, at),
            _ if c.is_ascii() => None,
            '么' => phone::claim_spelled(self, at),
            _ if numerals::begins(tape, at) => phone::claim_spelled(self, at)
                .or_else(|| date::claim(self, at))
                .or_else(|| percent::claim(self, at))
                .or_else(|| amount::claim(self, at)),
            _ => messenger::claim(self, at)
                .or_else(|| papers::claim_plate(self, at))
                .or_else(|| {
                    let names_currency = matches!(c, '人' | '美' | '港' | '欧' | '英');
                    names_currency.then(|| amount::claim(self, at)).flatten()
                }),
        }
    }

    fn claim_digits(&self, at: usize, name: Option<Name>) -> Option<Claim> {
        let tape = self.tape;
        let cluster = Cluster::at(tape, at);
        if let Some(claim) = parcels::claim_named(self, at, name, cluster.as_ref()) {
            return Some(claim);
        }
        if let Some(claim) = net::claim(self, at).or_else(|| date::claim(self, at)) {
            return Some(claim);
        }
        if let Some(claim) = cluster.as_ref().and_then(|cluster| identity::claim(self, cluster)) {
            return Some(claim);
        }
        let claim = percent::claim(self, at).or_else(|| amount::claim(self, at));
        if claim.is_some() {
            return claim;
        }
        let word_to = tape.word_end(at);
        if word_to - at >= 17 || tape.at(word_to) == ' ' {
            let claim = identity::claim_credit_code(self, &Code::at(tape, at));
            if claim.is_some() {
                return claim;
            }
        }
        let Some(cluster) = cluster else {
            return chain::claim(self, at, word_to)
                .or_else(|| parcels::claim_shape(self, at, word_to))
                .or_else(|| papers::claim_passport(self, at, word_to));
        };
        let claim = parcels::claim_before(self, &cluster)
            .or_else(|| card::claim(self, &cluster))
            .or_else(|| phone::claim_mobile(self, &cluster))
            .or_else(|| papers::claim_number(self, &cluster))
            .or_else(|| parcels::claim_digits(self, &cluster))
            .or_else(|| securities::claim(self, &cluster, name))
            .or_else(|| phone::claim(self, &cluster, name))
            .or_else(|| papers::claim_passport(self, at, word_to))?;
        (!self.is_inside(at, claim.to)).then_some(claim)
    }

    fn claim_word(&self, at: usize, name: Option<Name>) -> Option<Claim> {
        let tape = self.tape;
        if tape.before(at).is_ascii_alphanumeric() {
            return None;
        }
        let to = tape.word_end(at);
        let has_digits = (at..to).any(|at| tape.at(at).is_ascii_digit());
        messenger::claim(self, at)
            .or_else(|| parcels::claim_named(self, at, name, None))
            .or_else(|| {
                let begins_account = tape.at(at + 2).is_ascii_digit() && tape.at(at + 3).is_ascii_digit();
                let code = (has_digits && (begins_account || to - at == 18)).then(|| Code::at(tape, at))?;
                accounts::claim_iban(self, &code).or_else(|| identity::claim_credit_code(self, &code))
            })
            .or_else(|| {
                // A month and a currency stand directly before figures.
                let behind = tape.skip_spaces(to + usize::from(matches!(tape.at(to), '.' | ':' | '$')), 1);
                let has_figures = tape.at(behind).is_ascii_digit() || (tape.before(to).is_ascii_digit() && to - at > 3);
                let claim = || date::claim(self, at).or_else(|| amount::claim(self, at));
                has_figures.then(claim).flatten()
            })
            .or_else(|| net::claim(self, at))
            .or_else(|| {
                if !has_digits {
                    return accounts::claim_swift(self, at, to);
                }
                chain::claim(self, at, to)
                    .or_else(|| parcels::claim_shape(self, at, to))
                    .or_else(|| papers::claim_passport(self, at, to))
                    .or_else(|| papers::claim_licence(self, at, to))
                    .or_else(|| accounts::claim_swift(self, at, to))
                    .or_else(|| securities::claim_prefixed(self, at, to))
            })
    }

    /// Where to go on when nothing begins at a place: behind the word, or where a word for a number ends within it.
    fn behind(&self, at: usize) -> usize {
        if !self.tape.at(at).is_ascii_alphanumeric() {
            return at + 1;
        }
        let to = self.tape.word_end(at);
        let named = self.names.place();
        let end = if at < named && named < to { named } else { to };
        // An address may begin within it, where a word is very long.
        match self.address {
            Some(address) if address.from > at => end.min(address.from),
            _ => end,
        }
    }

    /// A claim on places of the tape.
    #[expect(clippy::unused_self, reason = "a reader's claim reads better than a type's")]
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
        self.names.near(name, from, max) || super::names::after(self.tape, to, 6) == Some(name)
    }

    /// Whether a number is a part of something larger: a decimal, a token, a hash, a name.
    pub(super) fn is_inside(&self, from: usize, to: usize) -> bool {
        let tape = self.tape;
        let before = tape.before(from);
        let is_part_before = match before {
            '.' | ',' => tape.before(from - 1).is_ascii_digit() && tape.at(from - 2) != '.',
            '-' | '_' | '/' | '=' | '~' | '\\' => self.is_mixed_before(from - 1),
            '&' | '%' => tape.before(from - 1).is_ascii_alphanumeric(),
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
