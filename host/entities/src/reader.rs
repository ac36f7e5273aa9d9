//! One reading of a tape: from left to right, each place once, the most specific kind first. What a kind claims is behind the
//! reader, so that no other kind sees it.

use super::code::Code;
use super::digits::Cluster;
use super::kind::{Entity, EntityKind};
use super::names::{Name, Names};
use super::numerals;
use super::reading::{Claim, Reading};
use super::tape::Tape;
use super::{
    accounts, amount, card, chain, date, identity, messenger, net, papers, parcels, percent, phone, prose, securities,
    web,
};

/// One reading, and where it stands.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    reading: Reading<'t>,
    /// The address that begins next in the run of characters without a blank that is read now.
    address: Option<Claim>,
    /// Behind that run.
    token_to: usize,
}

impl<'t> Reader<'t> {
    /// At the beginning of a tape.
    pub(super) fn new(tape: &'t Tape) -> Self {
        Self {
            reading: Reading {
                tape,
                names: Names::new(),
                claimed_to: 0,
            },
            address: None,
            token_to: 0,
        }
    }

    /// Reads to the end, or until there are `max`, and adds what it finds of the kinds that are sought, in order.
    pub(super) fn read(mut self, found: &mut Vec<Entity>, max: usize, is_sought: &impl Fn(EntityKind) -> bool) {
        let mut at = 0;
        loop {
            at = self.reading.tape.next_telling(at);
            if at >= self.reading.tape.len() || found.len() >= max {
                return;
            }
            let c = self.reading.tape.at(at);
            if let Some(to) = self.prose(at) {
                at = to;
                continue;
            }
            if at >= self.token_to && c.is_ascii_graphic() {
                let may_be_address = match web::token(self.reading.tape, at) {
                    web::Token::File(to) => {
                        at = to;
                        continue;
                    }
                    web::Token::Other(to, may_be_address) => {
                        self.token_to = to;
                        may_be_address
                    }
                };
                let next = || web::next(self.reading.tape, at, self.token_to);
                self.address = may_be_address.then(next).flatten();
            }
            self.reading.names.note(self.reading.tape, at);
            let name = if c.is_ascii_alphanumeric() {
                self.reading.names.of(self.reading.tape, at)
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
            if is_sought(claim.kind) {
                found.push(Entity {
                    kind: claim.kind,
                    start: self.reading.tape.start(claim.from),
                    end: self.reading.tape.end(claim.to),
                });
            }
            let is_named = matches!(
                claim.kind,
                EntityKind::OrderNumber | EntityKind::Waybill | EntityKind::BankCard
            );
            self.reading
                .names
                .claimed(self.reading.tape, at, claim.to, name.filter(|_| is_named));
            at = claim.to;
            self.reading.claimed_to = at;
            if self.address.is_some_and(|address| address.from < at) {
                self.address = web::next(self.reading.tape, at, self.token_to);
            }
        }
    }

    /// Behind a word of prose that begins at a place, with which nothing begins.
    fn prose(&mut self, at: usize) -> Option<usize> {
        let tape = self.reading.tape;
        let is_in_token = at < self.token_to;
        if is_in_token && self.address.is_some() {
            return None;
        }
        let to = prose::word(tape, at)?;
        if self.reading.names.of(tape, at).is_some() {
            return None;
        }
        if !is_in_token {
            self.token_to = web::end_of_plain(tape, to)?;
            self.address = None;
        }
        Some(to)
    }

    /// What begins at a place.
    fn claim_at(&self, at: usize, name: Option<Name>) -> Option<Claim> {
        let (tape, c) = (self.reading.tape, self.reading.tape.at(at));
        match c {
            '0'..='9' => self.claim_digits(at, name),
            'a'..='z' | 'A'..='Z' => self.claim_word(at, name),
            '+' => messenger::claim(&self.reading, at).or_else(|| phone::claim_international(&self.reading, at)),
            '(' => phone::claim_in_brackets(&self.reading, at),
            ':' => net::claim(&self.reading, at),
            '$' | '¥' | '€' | '£' | '₹' | '₩' | '₽' => amount::claim(&self.reading, at),
            _ if c.is_ascii() => None,
            '么' => phone::claim_spelled(&self.reading, at),
            _ if numerals::begins(tape, at) => phone::claim_spelled(&self.reading, at)
                .or_else(|| date::claim(&self.reading, at))
                .or_else(|| percent::claim(&self.reading, at))
                .or_else(|| amount::claim(&self.reading, at)),
            _ => messenger::claim(&self.reading, at)
                .or_else(|| papers::claim_plate(&self.reading, at))
                .or_else(|| {
                    let names_currency = matches!(c, '人' | '美' | '港' | '欧' | '英');
                    names_currency.then(|| amount::claim(&self.reading, at)).flatten()
                }),
        }
    }

    fn claim_digits(&self, at: usize, name: Option<Name>) -> Option<Claim> {
        let tape = self.reading.tape;
        let cluster = Cluster::at(tape, at);
        if let Some(claim) = parcels::claim_named(&self.reading, at, name, cluster.as_ref()) {
            return Some(claim);
        }
        if let Some(claim) = net::claim(&self.reading, at).or_else(|| date::claim(&self.reading, at)) {
            return Some(claim);
        }
        if let Some(claim) = cluster
            .as_ref()
            .and_then(|cluster| identity::claim(&self.reading, cluster))
        {
            return Some(claim);
        }
        // The first group of a telephone is no sum: 打给我 139 1234 5678.
        let mobile = || cluster.as_ref().filter(|cluster| cluster.groups().len() > 1);
        let claim = percent::claim(&self.reading, at)
            .or_else(|| phone::claim_mobile(&self.reading, mobile()?))
            .or_else(|| amount::claim(&self.reading, at));
        if claim.is_some() {
            return claim;
        }
        let word_to = tape.word_end(at);
        if word_to - at >= 17 || tape.at(word_to) == ' ' {
            let claim = identity::claim_credit_code(&self.reading, &Code::at(tape, at));
            if claim.is_some() {
                return claim;
            }
        }
        let Some(cluster) = cluster else {
            return chain::claim(&self.reading, at, word_to)
                .or_else(|| parcels::claim_shape(&self.reading, at, word_to))
                .or_else(|| papers::claim_passport(&self.reading, at, word_to));
        };
        let claim = parcels::claim_before(&self.reading, &cluster)
            .or_else(|| card::claim(&self.reading, &cluster))
            .or_else(|| phone::claim_mobile(&self.reading, &cluster))
            .or_else(|| papers::claim_number(&self.reading, &cluster))
            .or_else(|| parcels::claim_digits(&self.reading, &cluster))
            .or_else(|| securities::claim(&self.reading, &cluster, name))
            .or_else(|| phone::claim(&self.reading, &cluster, name))
            .or_else(|| papers::claim_passport(&self.reading, at, word_to))?;
        (!self.reading.is_inside(at, claim.to)).then_some(claim)
    }

    fn claim_word(&self, at: usize, name: Option<Name>) -> Option<Claim> {
        let tape = self.reading.tape;
        if tape.before(at).is_ascii_alphanumeric() {
            return None;
        }
        let to = tape.word_end(at);
        let has_digits = (at..to).any(|at| tape.at(at).is_ascii_digit());
        messenger::claim(&self.reading, at)
            .or_else(|| parcels::claim_named(&self.reading, at, name, None))
            .or_else(|| {
                let begins_account = tape.at(at + 2).is_ascii_digit() && tape.at(at + 3).is_ascii_digit();
                let code = (has_digits && (begins_account || to - at == 18)).then(|| Code::at(tape, at))?;
                accounts::claim_iban(&self.reading, &code).or_else(|| identity::claim_credit_code(&self.reading, &code))
            })
            .or_else(|| {
                // A month and a currency stand directly before figures.
                let behind = tape.skip_spaces(to + usize::from(matches!(tape.at(to), '.' | ':' | '$')), 1);
                let has_figures = tape.at(behind).is_ascii_digit() || (tape.before(to).is_ascii_digit() && to - at > 3);
                let claim = || date::claim(&self.reading, at).or_else(|| amount::claim(&self.reading, at));
                has_figures.then(claim).flatten()
            })
            // The first group of an address that begins with a letter ends with a colon.
            .or_else(|| (tape.at(to) == ':').then(|| net::claim(&self.reading, at)).flatten())
            .or_else(|| {
                if !has_digits {
                    return accounts::claim_swift(&self.reading, at, to);
                }
                chain::claim(&self.reading, at, to)
                    .or_else(|| parcels::claim_shape(&self.reading, at, to))
                    .or_else(|| papers::claim_passport(&self.reading, at, to))
                    .or_else(|| papers::claim_licence(&self.reading, at, to))
                    .or_else(|| accounts::claim_swift(&self.reading, at, to))
                    .or_else(|| securities::claim_prefixed(&self.reading, at, to))
            })
    }

    /// Where to go on when nothing begins at a place: behind the word, or where a word for a number ends within it.
    fn behind(&self, at: usize) -> usize {
        if !self.reading.tape.at(at).is_ascii_alphanumeric() {
            return at + 1;
        }
        let to = self.reading.tape.word_end(at);
        let named = self.reading.names.place();
        let end = if at < named && named < to { named } else { to };
        // An address may begin within it, where a word is very long.
        match self.address {
            Some(address) if address.from > at => end.min(address.from),
            _ => end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::starts::tells;
    use super::super::{names, words};
    use super::*;

    /// A word of prose begins nothing, whatever stands behind it, and names nothing; and most words are prose.
    #[test]
    fn nothing_begins_with_a_word_of_prose() {
        let letters = || 'a'..='z';
        let of_two = || letters().flat_map(|a| letters().map(move |b| format!("{a}{b}")));
        let of_three = of_two().flat_map(|two| letters().map(move |c| format!("{two}{c}")));
        let longer = of_two().flat_map(|two| [format!("{two}ing"), format!("{two}XXXXXX").to_uppercase()]);
        let named = words::WORDS.iter().flat_map(|(_, words)| words.split('|'));
        let others = "january|mar|sept|december|may|usd|rmb|hkd|eur|aud|cny|DEUTDEFF|GENODEFFXXX|face|dead|fe80";
        let others = named
            .chain(messenger::NAMES.iter().map(|(name, _)| *name))
            .chain(others.split('|'));
        let words = of_three
            .chain(of_two())
            .chain(longer)
            .chain(letters().map(String::from));
        let (mut prose, mut all) = (0, 0);
        let mut tape = Tape::default();
        for word in words.chain(others.map(str::to_owned)) {
            for behind in [
                " ",
                " 12345678",
                "12345",
                ": zhang_san",
                "::1",
                ". 5",
                ".5",
                "$ 5",
                "_san",
                "号：ab123",
                "-15-2026",
            ] {
                let text = format!("{word}{behind}");
                tape.read(&text, 0, text.len());
                all += usize::from(behind == " ");
                let Some(to) = prose::word(&tape, 0) else {
                    continue;
                };
                prose += usize::from(behind == " ");
                assert_eq!(to, word.len(), "{text}");
                assert!(Reader::new(&tape).claim_at(0, None).is_none(), "{text}");
                assert!(names::after(&tape, 0, 0).is_none(), "{text}");
            }
        }
        assert!(prose * 5 > all * 4, "{prose} of {all}");
    }

    /// What is passed over begins nothing, whatever stands behind it, and names nothing.
    #[test]
    fn nothing_begins_with_what_does_not_tell() {
        let mut tape = Tape::default();
        for c in ('\u{80}'..=char::MAX).filter(|&c| !tells(c)) {
            for behind in ["12345", "A12345", "号：abc_123", "：ab123", "分之五", "万元", "民币5元"] {
                let text = format!("{c}{behind}");
                tape.read(&text, 0, text.len());
                if tape.at(0) != c {
                    continue;
                }
                let mut reader = Reader::new(&tape);
                assert!(reader.claim_at(0, None).is_none(), "{text}");
                reader.reading.names.note(&tape, 0);
                assert_eq!(reader.reading.names.place(), 0, "{text}");
            }
        }
    }
}
