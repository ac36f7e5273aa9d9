//! Which messages of a batch are new.

use crate::bulk::Lookup;
use crate::open::Archive;
use crate::rows::read_digest;
use crate::storage::StorageError;
use proviso_model::{Digest, MessageId};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What the archive has under a message's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is to be judged and ingested.
    New,
    /// The same content: it was delivered before.
    Same,
    /// Other content: the first stays, and this one is a conflict.
    Conflict {
        /// Content digest of the first.
        kept: Digest,
    },
}

const DIGESTS: Lookup = Lookup {
    columns: &["tenant", "channel", "native"],
    select: "SELECT w.tenant, w.channel, w.native, m.digest
             FROM wanted w
             CROSS JOIN streams s ON s.tenant = w.tenant AND s.channel = w.channel
             CROSS JOIN messages m ON m.stream = s.stream AND m.native = w.native",
};

impl Archive {
    /// For each message, in order, what the archive has under its identifier; a message that the batch itself has further
    /// up counts as kept. Any number of messages may be asked for.
    pub async fn known(&self, messages: &[(&MessageId, Digest)]) -> Result<Vec<Known>, StorageError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.kept_digests(messages).await.map_err(|error| self.storage(error))?;
        let mut first: HashMap<&MessageId, Digest> = HashMap::with_capacity(messages.len());
        let known = messages.iter().map(|(id, digest)| {
            let kept = match (first.entry(id), kept.get(*id)) {
                (Entry::Occupied(entry), _) => *entry.get(),
                (Entry::Vacant(entry), Some(kept)) => *entry.insert(*kept),
                (Entry::Vacant(entry), None) => {
                    entry.insert(*digest);
                    return Known::New;
                }
            };
            if kept == *digest {
                Known::Same
            } else {
                Known::Conflict { kept }
            }
        });
        Ok(known.collect())
    }

    async fn kept_digests(&self, messages: &[(&MessageId, Digest)]) -> Result<HashMap<MessageId, Digest>, sqlx::Error> {
        let mut connection = self.readers().acquire().await?;
        let rows = DIGESTS
            .run(&mut connection, messages, |values, (id, _)| {
                values.text(&id.tenant).text(&id.channel).text(&id.native);
            })
            .await?;
        rows.iter()
            .map(|row| Ok((crate::rows::read_id(row, 0)?, read_digest(row, 3)?)))
            .collect()
    }
}
