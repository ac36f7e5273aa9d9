//! Which messages of a batch are new.

use super::Sqlite;
use super::bulk::Lookup;
use super::records::{content_columns, read_delivered};
use super::{disposal, disposed_elsewhere};
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
        let of_messages: Vec<_> = messages.iter().map(|(id, _)| self.sealing.tag(id)).collect();
        self.reading(|mut reader| async move {
            let rows = OF_TAGS
                .run(&mut reader, &of_messages, |values, tag| {
                    values.blob(tag);
                })
                .await?;
            let kept = rows.iter().map(|row| read_delivered(row, 0, &self.sealing));
            let kept = kept.collect::<Result<HashMap<_, _>, _>>()?;
            let elsewhere = disposed_elsewhere::of_tags(&mut reader, &of_messages).await?;
            if elsewhere.is_empty() && !disposal::any(&mut reader).await? {
                return Ok((kept, HashSet::new()));
            }
            let rows = DISPOSED
                .run(&mut reader, &of_messages, |values, tag| {
                    values.blob(tag);
                })
                .await?;
            let tags = rows.iter().map(|row| row.try_get::<Vec<u8>, _>(0));
            let tags: HashSet<Vec<u8>> = tags.collect::<Result<_, _>>()?;
            let disposed = messages
                .iter()
                .zip(&of_messages)
                .filter(|(_, tag)| tags.contains(&tag[..]) || elsewhere.contains(*tag));
            Ok((kept, disposed.map(|((id, _), _)| MessageId::clone(id)).collect()))
        })
        .await
    }
}
