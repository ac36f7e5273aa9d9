//! Pseudonyms of exports: made under the archive's own key and the export's number, and found again by going through what there is.

use super::read::Reading;
use crate::evidence::Chosen;
use crate::sqlite::Sqlite;
use crate::sqlite::rows::damage;
use crate::sqlite::sealing::Sealing;
use crate::storage::StorageError;
use proviso_evidence::Role;
use proviso_evidence::mask::{self, Mask, Pseudonyms};
use proviso_model::time::Zone;
use std::sync::Arc;

/// Messages that are looked at together.
const CHUNK: u32 = 256;

/// What stands for the number of an export in searches: none has it.
const SEARCHES: u64 = 0;

/// Pseudonyms of searches.
pub(in crate::sqlite) struct OfSearches(pub(in crate::sqlite) Arc<Sqlite>);

impl Pseudonyms for OfSearches {
    fn bytes(&mut self, kind: &'static str, text: &str) -> [u8; 16] {
        self.0.sealing.pseudonym(SEARCHES, kind, text)
    }
}

/// Pseudonyms of one export.
pub(in crate::sqlite) struct Keyed<'a> {
    sealing: &'a Sealing,
    export: u64,
}

impl<'a> Keyed<'a> {
    pub(in crate::sqlite) fn new(sealing: &'a Sealing, export: u64) -> Self {
        Self { sealing, export }
    }
}

impl Pseudonyms for Keyed<'_> {
    fn bytes(&mut self, kind: &'static str, text: &str) -> [u8; 16] {
        self.sealing.pseudonym(self.export, kind, text)
    }
}

/// The pseudonym of a text of a kind in searches.
pub(in crate::sqlite) fn searched(sealing: &Sealing, kind: &'static str, text: &str) -> String {
    mask::pseudonym(&mut Keyed::new(sealing, SEARCHES), kind, text)
}

/// The pseudonym of a message in tables, which are made without its identifier: that is sealed. Of a kind of its own, so that no identifier of a
/// message has the same.
pub(in crate::sqlite) fn pseudonym_of_place(pseudonyms: &mut impl Pseudonyms, place: i64) -> String {
    mask::name("message", &pseudonyms.bytes("message by its place", &place.to_string()))
}

/// Looks for what a pseudonym stands for while messages are masked.
struct Sought<'a> {
    keyed: Keyed<'a>,
    pseudonym: &'a str,
    found: Option<String>,
}

impl Pseudonyms for Sought<'_> {
    fn bytes(&mut self, kind: &'static str, text: &str) -> [u8; 16] {
        let bytes = self.keyed.bytes(kind, text);
        if self.found.is_none() && mask::name(kind, &bytes) == self.pseudonym {
            self.found = Some(text.to_owned());
        }
        bytes
    }
}

impl Sqlite {
    /// The identifiers of everybody: accounts in channels, and people of the directory.
    async fn everybody(&self) -> Result<Vec<String>, StorageError> {
        self.reading(|mut reader| async move {
            sqlx::query_scalar("SELECT id FROM parties UNION SELECT person FROM employments")
                .fetch_all(&mut *reader)
                .await
        })
        .await
    }

    /// A mask that knows everybody.
    pub(in crate::sqlite) async fn mask<P: Pseudonyms>(&self, pseudonyms: P) -> Result<Mask<P>, StorageError> {
        let everybody = self.everybody().await?;
        Mask::new(pseudonyms, &everybody).map_err(|error| self.storage(damage(error.to_string())))
    }

    /// What a pseudonym of an export, or of searches, stands for; `None` if nothing that is there has it.
    pub(crate) async fn unmask(&self, export: u64, pseudonym: &str) -> Result<Option<String>, StorageError> {
        let sought = Sought {
            keyed: Keyed::new(&self.sealing, export),
            pseudonym,
            found: None,
        };
        let mut mask = self.mask(sought).await?;
        let mut reading = Reading::new(&Zone::utc());
        let mut after = 0;
        loop {
            let numbers: Vec<i64> = self
                .reading(|mut reader| async move {
                    sqlx::query_scalar("SELECT message FROM envelopes WHERE message > ? ORDER BY message LIMIT ?")
                        .bind(after)
                        .bind(CHUNK)
                        .fetch_all(&mut *reader)
                        .await
                })
                .await?;
            let Some(last) = numbers.last() else { return Ok(None) };
            after = *last;
            let role = Role::Match;
            let chosen: Vec<Chosen> = numbers
                .iter()
                .map(|arrival| Chosen {
                    arrival: *arrival,
                    role,
                })
                .collect();
            let mut left = &chosen[..];
            while !left.is_empty() {
                let (chunk, rest) = left.split_at(self.room_for(left).await?);
                left = rest;
                for (mut evidence, _) in self.evidence(&mut reading, chunk).await?.into_iter().flatten() {
                    if pseudonym_of_place(&mut Keyed::new(&self.sealing, export), evidence.number) == pseudonym {
                        return Ok(Some(evidence.message.id.to_string()));
                    }
                    mask.apply(&mut evidence);
                }
            }
            if let Some(found) = &mask.pseudonyms().found {
                return Ok(Some(found.clone()));
            }
        }
    }
}
