//! Pseudonyms: names, numbers and identifiers of an export are replaced, each by the same pseudonym wherever it comes, and marked where that is
//! within a text. Who makes pseudonyms has a key; nobody else tells from one whose it is, or whether two exports are about the same.
//!
//! Replaced are the identifiers of parties, people, conversations, messages, attachments and links, wherever they have a field of their own; and
//! within texts the identifiers of everybody whom the archive knows, and what [`proviso_entities`] finds that tells somebody apart: telephones,
//! numbers of identity, cards, accounts, addresses. What a text says of somebody in other words stays.

use crate::evidence::Evidence;
use aho_corasick::{AhoCorasick, BuildError};
use proviso_entities::{Entity, Finder};
use proviso_model::verdict::{Factor, Finding, Reason, Score};
use proviso_model::{Digest, EntityKind, Message, MessageId};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// What stands around a pseudonym within a text.
const MARKS: (&str, &str) = ("⟦", "⟧");
/// An identifier that is shorter is not looked for within texts: it would be found in words.
const SOUGHT_BYTES_MIN: usize = 3;
/// Entities of one text that are replaced at most: more than a text of 8 MiB may have, and a bound.
const ENTITIES_MAX: usize = 1 << 20;
/// Parties of a message that are looked for in its texts beside those that are known.
const PARTIES_MAX: usize = 1_000;
/// The most bytes of identifiers that are looked for within texts.
pub const SOUGHT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The port by which pseudonyms are made.
pub trait Pseudonyms {
    /// 16 bytes that stand for a text of a kind: the same for the same, and nothing for whoever lacks the key.
    fn bytes(&mut self, kind: &'static str, text: &str) -> [u8; 16];
}

/// Replaces what names somebody.
pub struct Mask<P> {
    pseudonyms: P,
    finder: Finder,
    /// Identifiers that are looked for within texts.
    sought: AhoCorasick,
    /// Those of the message that is being masked: who received it may be nobody that ever wrote.
    parties: Vec<String>,
}

/// A part of a text and the pseudonym in its place, by their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// In the text as it was.
    pub was: Range<usize>,
    /// In the text with pseudonyms, with the marks around it.
    pub is: Range<usize>,
}

/// Identifiers that are too many to be looked for.
#[derive(Debug, thiserror::Error)]
pub enum TooMany {
    /// More bytes.
    #[error("the identifiers of everybody have {0} bytes: expected at most {SOUGHT_BYTES_MAX}")]
    Bytes(usize),
    /// More states than an automaton has.
    #[error(transparent)]
    States(#[from] BuildError),
}

/// The name of a pseudonym: `KIND-` and 16 hexadecimal digits.
pub fn name(kind: &str, bytes: &[u8; 16]) -> String {
    format!("{kind}-{}", hex::encode(&bytes[..8]))
}

/// The pseudonym of a text of a kind. What is absent stays absent.
pub fn pseudonym(pseudonyms: &mut impl Pseudonyms, kind: &'static str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    name(kind, &pseudonyms.bytes(kind, text))
}

impl<P: Pseudonyms> Mask<P> {
    /// `known`: the identifiers of everybody, which are looked for within texts. Those of fewer than 3 bytes are not.
    pub fn new(pseudonyms: P, known: &[String]) -> Result<Self, TooMany> {
        let sought: Vec<&String> = known.iter().filter(|id| id.len() >= SOUGHT_BYTES_MIN).collect();
        let bytes = sought.iter().map(|id| id.len()).sum();
        if bytes > SOUGHT_BYTES_MAX {
            return Err(TooMany::Bytes(bytes));
        }
        Ok(Self {
            pseudonyms,
            finder: Finder::default(),
            sought: AhoCorasick::new(sought)?,
            parties: Vec::new(),
        })
    }

    /// The same with another port, for another thread. The identifiers that are looked for are shared.
    #[must_use]
    pub fn another(&self, pseudonyms: P) -> Self {
        Self {
            pseudonyms,
            finder: Finder::default(),
            sought: self.sought.clone(),
            parties: Vec::new(),
        }
    }

    /// The port.
    pub fn pseudonyms(&self) -> &P {
        &self.pseudonyms
    }

    fn of(&mut self, kind: &'static str, text: &str) -> String {
        pseudonym(&mut self.pseudonyms, kind, text)
    }

    /// Masks a message with all that is said of it. Its sealed parts and entries are not to be given away with it, nor its bytes.
    pub fn apply(&mut self, evidence: &mut Evidence) {
        let (masked, _) = self.message(&evidence.message);
        let people = std::mem::take(&mut evidence.people);
        let people = people.into_iter().map(|(account, mut person)| {
            person.person = self.of("employee", &person.person);
            (self.of("person", &account), person)
        });
        evidence.people = people.collect::<BTreeMap<_, _>>();
        for review in &mut evidence.reviews {
            review.by = self.of("principal", &review.by);
            review.note = self.text(&review.note);
        }
        let verdict = &mut evidence.verdict;
        verdict.message = Arc::clone(&masked.id);
        // A digest of what was given to policies would tell whether a guess is right.
        verdict.input = Digest::from_bytes([0; 32]);
        verdict.preceding = verdict
            .preceding
            .iter()
            .map(|native| self.of("message", native))
            .collect();
        verdict.findings = verdict.findings.iter().map(|finding| self.finding(finding)).collect();
        verdict.scores = verdict.scores.iter().map(|score| self.score(score)).collect();
        for fault in &mut verdict.faults {
            fault.detail = self.text(&fault.detail);
        }
        evidence.delivered = None;
        evidence.told.clear();
        evidence.message = masked;
    }

    /// Masks a message, and says what was replaced in its text. Of attachments and links all is.
    pub fn message(&mut self, message: &Message) -> (Message, Vec<Replaced>) {
        let parties = message.parties().map(|party| &party.id);
        let parties = parties.filter(|id| id.len() >= SOUGHT_BYTES_MIN);
        self.parties = parties.take(PARTIES_MAX).cloned().collect();
        let mut masked = message.clone();
        masked.id = Arc::new(MessageId {
            tenant: message.id.tenant.clone(),
            channel: message.id.channel.clone(),
            native: self.of("message", &message.id.native),
        });
        masked.sender.id = self.of("person", &message.sender.id);
        for party in &mut masked.recipients {
            party.id = self.of("person", &party.id);
        }
        masked.conversation = self.of("conversation", &message.conversation);
        masked.recalls = message.recalls.as_ref().map(|native| self.of("message", native));
        for attachment in &mut masked.attachments {
            let extension = attachment.name.rsplit_once('.').map(|(_, extension)| extension);
            let extension = extension.filter(|text| (1..=8).contains(&text.len()) && text.is_ascii());
            let extension = extension.map_or_else(String::new, |text| format!(".{text}"));
            attachment.name = self.of("file", &attachment.name) + &extension;
            attachment.reference = self.of("reference", &attachment.reference);
        }
        masked.links = message.links.iter().map(|link| self.of("link", link)).collect();
        masked.notes = message.notes.iter().map(|note| self.text(note)).collect();
        let (text, replaced) = self.replaced(&message.text);
        masked.text = text;
        if let Some(consent) = &mut masked.consent {
            consent.party = self.of("person", &consent.party);
        }
        masked.raw = Arc::from("");
        (masked, replaced)
    }

    fn finding(&mut self, finding: &Finding) -> Finding {
        let mut said = |text: &Option<String>| text.as_ref().map(|text| self.text(text));
        let reason = Reason {
            zh: said(&finding.reason.zh),
            en: said(&finding.reason.en),
        };
        Finding {
            // They are those of the text as it was.
            spans: Vec::new(),
            text: self.text(&finding.text),
            reason,
            ..finding.clone()
        }
    }

    fn score(&mut self, score: &Score) -> Score {
        let factors = score.factors.iter().map(|factor| Factor {
            message: self.of("message", &factor.message),
            ..factor.clone()
        });
        Score {
            factors: factors.collect(),
            key: self.of("subject", &score.key).into(),
            ..score.clone()
        }
    }

    /// A text with pseudonyms between marks.
    fn text(&mut self, text: &str) -> String {
        self.replaced(text).0
    }

    /// The same, with what was replaced, in order.
    fn replaced(&mut self, text: &str) -> (String, Vec<Replaced>) {
        let mut found: Vec<Entity> = Vec::new();
        self.finder.find(text, &mut found, ENTITIES_MAX, names_somebody);
        let mut places: Vec<(usize, usize, &'static str)> = found
            .iter()
            .map(|entity| (entity.start as usize, entity.end as usize, entity.kind.name()))
            .collect();
        let known = self.sought.find_overlapping_iter(text);
        let known = known.map(|found| (found.start(), found.end(), "person"));
        let own = self.parties.iter().flat_map(|id| text.match_indices(id.as_str()));
        let own = own.map(|(start, found)| (start, start + found.len(), "person"));
        let all = known.chain(own);
        places.extend(all.filter(|(start, end, _)| stands_alone(text, *start, *end)));
        // The first, and of two that begin together the longer; what overlaps it goes with it.
        places.sort_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
        let (mut masked, mut at, mut replaced) = (String::with_capacity(text.len()), 0, Vec::new());
        for (start, end, kind) in places {
            if end <= at {
                continue;
            }
            let start = start.max(at);
            masked.push_str(&text[at..start]);
            let from = masked.len();
            masked.push_str(MARKS.0);
            masked.push_str(&self.of(kind, &text[start..end]));
            masked.push_str(MARKS.1);
            replaced.push(Replaced {
                was: start..end,
                is: from..masked.len(),
            });
            at = end;
        }
        masked.push_str(&text[at..]);
        (masked, replaced)
    }
}

/// An identifier of letters and digits is not looked for within longer ones.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let is_part = |character: Option<char>| character.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let begins = text[start..end].chars().next();
    let ends = text[start..end].chars().next_back();
    !(is_part(begins) && is_part(text[..start].chars().next_back())
        || is_part(ends) && is_part(text[end..].chars().next()))
}

/// True of entities that tell somebody apart. Sums, shares, days, and what is traded in say what was done.
fn names_somebody(kind: EntityKind) -> bool {
    use EntityKind::{Amount, Date, Percent, SecurityCode};
    !matches!(kind, Amount | Date | Percent | SecurityCode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;
    use sha2::{Digest as _, Sha256};

    struct Hashed;

    impl Pseudonyms for Hashed {
        fn bytes(&mut self, kind: &'static str, text: &str) -> [u8; 16] {
            let hash: [u8; 32] = Sha256::digest(format!("{kind}/{text}")).into();
            *hash.first_chunk().unwrap()
        }
    }

    fn mask() -> Mask<Hashed> {
        let known = ["li.na", "wei", "李娜", "x"].map(str::to_owned);
        Mask::new(Hashed, &known).unwrap()
    }

    #[test]
    fn what_names_somebody_is_replaced_and_what_was_done_stays() {
        each_row(
            [
                ("打给我 138 0013 8000", "138"),
                ("ask li.na about it", "li.na"),
                ("请问李娜在吗", "李娜"),
                ("write to a.b@example.com", "example"),
            ],
            |(text, gone)| {
                let masked = mask().text(text);
                assert!(
                    !masked.contains(gone) && masked.contains('⟦') && masked.contains('⟧'),
                    "{masked}"
                );
                assert_eq!(mask().text(text), masked, "the same for the same");
            },
        );
        for text in ["保本保息 8% 收益，转 5000 元", "a weird word", "2026-10-12 见", ""] {
            assert_eq!(mask().text(text), text);
        }
    }

    #[test]
    fn what_was_replaced_is_known_by_its_bytes() {
        let text = "问 li.na：138 0013 8000，李娜";
        let (masked, replaced) = mask().replaced(text);
        let was: Vec<&str> = replaced.iter().map(|one| &text[one.was.clone()]).collect();
        assert_eq!(was, ["li.na", "138 0013 8000", "李娜"]);
        assert!(replaced.iter().all(|one| masked[one.is.clone()].starts_with('⟦')));
        assert_eq!(mask().another(Hashed).replaced(text), (masked, replaced));
    }

    #[test]
    fn a_pseudonym_has_its_kind_and_what_is_absent_stays_absent() {
        let mut mask = mask();
        assert_eq!(mask.of("person", ""), "");
        let one = mask.of("person", "wei");
        assert!(one.starts_with("person-") && one.len() == "person-".len() + 16, "{one}");
        assert_ne!(one, mask.of("message", "wei").replace("message", "person"));
    }
}
