//! What of a batch is made before its turn to be written comes: contents and judgements, packed as they will be sealed. It is the
//! larger part of the work on a record, and needs neither its number nor the connection.

use super::Sqlite;
use super::said::judgement_of;
use super::sealing::{Part, pack};
use crate::batch::{Entry, Packed, PackedEntry};
use crate::keys::KeyError;
use crate::stored::content;
use std::sync::Arc;

impl Sqlite {
    pub(crate) fn pack(&self, entries: &[Entry]) -> Packed {
        let names = self.meanings.names();
        let packed = entries.iter().map(|entry| {
            // A name without a number gets one within the transaction.
            let is_known = names.has_all(&entry.verdict);
            let judgement = is_known.then(|| pack(Part::Judgement(0), &judgement_of(entry, &names)));
            Ok(PackedEntry {
                message: Arc::clone(&entry.message),
                content: pack(Part::Content, &content::write(&entry.message))?,
                judgement: judgement.transpose()?,
            })
        });
        // What could not be packed is packed in the transaction, which tells why not.
        Packed(packed.collect::<Result<_, KeyError>>().unwrap_or_default())
    }
}
