//! What the check of packs remembers: which versions were live, which older ones were allowed again, and the trust files.

use crate::generations::PackRecord;
use crate::open::Archive;
use crate::rows::{read_json, read_time};
use crate::storage::StorageError;
use proviso_model::{Digest, Timestamp};
use sqlx::Row as _;
use std::collections::BTreeMap;

/// A pack that was live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackSeen {
    /// What it is, as its generation records it.
    pub pack: PackRecord,
    /// When a generation with it was put into force first.
    pub first_live: Timestamp,
    /// The entry of the history that put one into force last.
    pub last_entry: i64,
}

/// An older version that somebody allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downgrade {
    /// When.
    pub at: Timestamp,
    /// `vendor/name`.
    pub pack: String,
    /// The version that may be live again, and every newer one.
    pub version: String,
    /// The newest entry of the history then: what was live up to it forbids nothing any more.
    pub after: i64,
    /// Who allowed it.
    pub who: String,
    /// What they say about it; may be empty.
    pub note: String,
}

/// A trust file as it was when a generation was admitted under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustRecord {
    /// Since when.
    pub at: Timestamp,
    /// As the operator named it; absent where there was none.
    pub file: Option<String>,
    /// What it held; empty where there was none.
    pub text: String,
}

impl Archive {
    /// Every pack that was ever live, ordered by digest.
    pub async fn packs_seen(&self) -> Result<Vec<PackSeen>, StorageError> {
        let rows = self
            .reading(async {
                sqlx::query(
                    "SELECT g.packs, min(h.at), max(h.entry) FROM generation_history h JOIN generations g USING (generation)
                     WHERE h.outcome = 'activated' GROUP BY g.generation",
                )
                .fetch_all(self.readers())
                .await?
                .iter()
                .map(|row| Ok((read_json::<Vec<PackRecord>>(row, 0)?, read_time(row, 1)?, row.try_get::<i64, _>(2)?)))
                .collect::<Result<Vec<_>, sqlx::Error>>()
            })
            .await?;
        let mut seen: BTreeMap<Digest, PackSeen> = BTreeMap::new();
        for (packs, first_live, last_entry) in rows {
            for pack in packs {
                let entry = seen.entry(pack.digest).or_insert_with(|| PackSeen {
                    pack,
                    first_live,
                    last_entry,
                });
                entry.first_live = entry.first_live.min(first_live);
                entry.last_entry = entry.last_entry.max(last_entry);
            }
        }
        Ok(seen.into_values().collect())
    }

    /// Records that `who` allows an older version from now on.
    pub async fn allow_downgrade(
        &self,
        pack: &str,
        version: &str,
        who: &str,
        note: &str,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO downgrades (at, pack, version, after, who, note)
             SELECT ?, ?, ?, coalesce(max(entry), 0), ?, ? FROM generation_history",
        )
        .bind(at.as_millis())
        .bind(pack.to_owned())
        .bind(version.to_owned())
        .bind(who.to_owned())
        .bind(note.to_owned())
        .execute(self.writer()?)
        .await
        .map_err(|error| self.storage(error))?;
        Ok(())
    }

    /// The older versions that were ever allowed, the first first.
    pub async fn downgrades(&self) -> Result<Vec<Downgrade>, StorageError> {
        self.reading(async {
            sqlx::query("SELECT at, pack, version, after, who, note FROM downgrades ORDER BY downgrade")
                .fetch_all(self.readers())
                .await?
                .iter()
                .map(|row| {
                    Ok(Downgrade {
                        at: read_time(row, 0)?,
                        pack: row.try_get(1)?,
                        version: row.try_get(2)?,
                        after: row.try_get(3)?,
                        who: row.try_get(4)?,
                        note: row.try_get(5)?,
                    })
                })
                .collect()
        })
        .await
    }

    /// Records the trust file that a generation was admitted under. The same as the last is not recorded again.
    pub async fn record_trust(&self, trust: &TrustRecord) -> Result<(), StorageError> {
        let last = self.last_trust().await?;
        if last.is_some_and(|last| last.file == trust.file && last.text == trust.text) {
            return Ok(());
        }
        sqlx::query("INSERT INTO trust_history (at, file, text) VALUES (?, ?, ?)")
            .bind(trust.at.as_millis())
            .bind(trust.file.clone())
            .bind(trust.text.clone())
            .execute(self.writer()?)
            .await
            .map_err(|error| self.storage(error))?;
        Ok(())
    }

    /// The trust file that a generation was admitted under last; `None` before the first.
    pub async fn last_trust(&self) -> Result<Option<TrustRecord>, StorageError> {
        self.reading(async {
            let row = sqlx::query("SELECT at, file, text FROM trust_history ORDER BY entry DESC LIMIT 1")
                .fetch_optional(self.readers())
                .await?;
            row.map(|row| {
                Ok(TrustRecord {
                    at: read_time(&row, 0)?,
                    file: row.try_get(1)?,
                    text: row.try_get(2)?,
                })
            })
            .transpose()
        })
        .await
    }
}
