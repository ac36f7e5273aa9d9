//! Which messages of a batch are new.

use super::Sqlite;
use super::bulk::Lookup;
use super::rows::{read_digest, read_id};
use crate::known::Known;
use crate::storage::StorageError;
use proviso_model::{Digest, MessageId};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

const DIGESTS: Lookup = Lookup {
    columns: &["tenant", "channel", "native"],
    select: "SELECT w.tenant, w.channel, w.native, m.digest
             FROM wanted w
             CROSS JOIN streams s ON s.tenant = w.tenant AND s.channel = w.channel
             CROSS JOIN messages m ON m.stream = s.stream AND m.native = w.native",
};

impl Sqlite {
    pub(crate) async fn known(&self, messages: &[(&MessageId, Digest)]) -> Result<Vec<Known>, StorageError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.kept_digests(messages).await?;
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

    async fn kept_digests(
        &self,
        messages: &[(&MessageId, Digest)],
    ) -> Result<HashMap<MessageId, Digest>, StorageError> {
        self.reading(|mut reader| async move {
            let rows = DIGESTS
                .run(&mut reader, messages, |values, (id, _)| {
                    values.text(&id.tenant).text(&id.channel).text(&id.native);
                })
                .await?;
            rows.iter()
                .map(|row| Ok((read_id(row, 0)?, read_digest(row, 3)?)))
                .collect()
        })
        .await
    }
}
