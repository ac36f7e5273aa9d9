//! Which messages of a batch are new.

use super::Sqlite;
use super::bulk::Lookup;
use super::disposal;
use super::records::{content_columns, read_delivered};
use crate::known::Known;
use crate::storage::StorageError;
use proviso_model::{Digest, MessageId};
use sqlx::Row as _;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

const OF_TAGS: Lookup = Lookup {
    columns: &["tag"],
    select: concat!(
        "SELECT ",
        content_columns!(),
        " FROM wanted w CROSS JOIN identities i ON i.tag = w.tag CROSS JOIN envelopes e ON e.message = i.message
          CROSS JOIN streams s USING (stream) CROSS JOIN contents c ON c.message = i.message"
    ),
};

/// Tags of messages that were disposed of.
const DISPOSED: Lookup = Lookup {
    columns: &["tag"],
    select: "SELECT w.tag FROM wanted w CROSS JOIN identities i ON i.tag = w.tag CROSS JOIN disposals d ON d.message = i.message",
};

impl Sqlite {
    pub(crate) async fn known(&self, messages: &[(&MessageId, Digest)]) -> Result<Vec<Known>, StorageError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let (kept, disposed) = self.kept_digests(messages).await?;
        let mut first: HashMap<&MessageId, Digest> = HashMap::with_capacity(messages.len());
        let known = messages.iter().map(|(id, digest)| {
            if disposed.contains(*id) {
                return Known::Disposed;
            }
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

    /// A message that is there is opened for it: few of a batch are.
    async fn kept_digests(
        &self,
        messages: &[(&MessageId, Digest)],
    ) -> Result<(HashMap<MessageId, Digest>, HashSet<MessageId>), StorageError> {
        self.reading(|mut reader| async move {
            let rows = OF_TAGS
                .run(&mut reader, messages, |values, (id, _)| {
                    values.blob(&self.sealing.tag(id));
                })
                .await?;
            let kept = rows.iter().map(|row| read_delivered(row, 0, &self.sealing));
            let kept = kept.collect::<Result<HashMap<_, _>, _>>()?;
            if !disposal::any(&mut reader).await? {
                return Ok((kept, HashSet::new()));
            }
            let rows = DISPOSED
                .run(&mut reader, messages, |values, (id, _)| {
                    values.blob(&self.sealing.tag(id));
                })
                .await?;
            let tags = rows.iter().map(|row| row.try_get::<Vec<u8>, _>(0));
            let tags: HashSet<Vec<u8>> = tags.collect::<Result<_, _>>()?;
            let disposed = messages
                .iter()
                .filter(|(id, _)| tags.contains(&self.sealing.tag(id)[..]));
            Ok((kept, disposed.map(|(id, _)| MessageId::clone(id)).collect()))
        })
        .await
    }
}
