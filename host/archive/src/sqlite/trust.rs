//! What the check of packs remembers: which versions were live, which older ones were allowed again, and the trust files.

use super::Sqlite;
use super::failure::Failure;
use super::log::entries::{Entries, text};
use super::log::rows::{DOWNGRADES, TRUST};
use super::rows::{damaged, read_principal, read_time};
use crate::generations::PackRecord;
use crate::storage::StorageError;
use crate::stored::lists::read_packs;
use crate::trust::{AllowedDowngrade, Downgrade, PackSeen, TrustRecord};
use proviso_model::{Digest, Principal};
use sqlx::{Row as _, SqliteConnection};
use std::collections::BTreeMap;

/// Records the trust file that a generation was admitted under. The same as the last is not recorded again.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    trust: &TrustRecord,
    log: &mut Entries,
) -> Result<(), Failure> {
    let entry: Option<i64> = sqlx::query_scalar(
        "INSERT INTO trust_history (at, file, text) SELECT ?1, ?2, ?3
         WHERE NOT EXISTS (SELECT 1 FROM (SELECT file, text FROM trust_history ORDER BY entry DESC LIMIT 1)
                           WHERE file IS ?2 AND text = ?3) RETURNING entry",
    )
    .bind(trust.at.as_millis())
    .bind(trust.file.clone())
    .bind(trust.text.clone())
    .fetch_optional(&mut *connection)
    .await?;
    match entry {
        Some(entry) => log.tell_row(connection, &TRUST, entry, None, Vec::new()).await,
        None => Ok(()),
    }
}

/// Records that somebody allows an older version from now on.
pub(super) async fn allow_downgrade(
    connection: &mut SqliteConnection,
    allowed: &AllowedDowngrade,
    by: &Principal,
    log: &mut Entries,
) -> Result<(), Failure> {
    let downgrade = sqlx::query_scalar(
        "INSERT INTO downgrades (at, pack, version, after, who, note)
         SELECT ?, ?, ?, coalesce(max(entry), 0), ?, ? FROM generation_history RETURNING downgrade",
    )
    .bind(allowed.at.as_millis())
    .bind(allowed.pack.clone())
    .bind(allowed.version.clone())
    .bind(by.to_string())
    .bind(allowed.note.clone())
    .fetch_one(&mut *connection)
    .await?;
    let fields = vec![
        text("pack", allowed.pack.clone()),
        text("version", allowed.version.clone()),
    ];
    log.tell_row(connection, &DOWNGRADES, downgrade, None, fields).await
}

impl Sqlite {
    pub(crate) async fn packs_seen(&self) -> Result<Vec<PackSeen>, StorageError> {
        let rows = self
            .reading(|mut reader| async move {
                sqlx::query(
                    "SELECT g.packs, min(h.at), max(h.entry) FROM generation_history h JOIN generations g USING (generation)
                     WHERE h.outcome = 'activated' GROUP BY g.generation",
                )
                .fetch_all(&mut *reader)
                .await?
                .iter()
                .map(|row| {
                    let packs = read_packs(row.try_get(0)?).map_err(|error| damaged(0, error))?;
                    Ok((packs, read_time(row, 1)?, row.try_get::<i64, _>(2)?))
                })
                .collect::<Result<Vec<(Vec<PackRecord>, _, _)>, sqlx::Error>>()
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

    pub(crate) async fn downgrades(&self) -> Result<Vec<Downgrade>, StorageError> {
        self.reading(|mut reader| async move {
            sqlx::query("SELECT at, pack, version, after, who, note FROM downgrades ORDER BY downgrade")
                .fetch_all(&mut *reader)
                .await?
                .iter()
                .map(|row| {
                    Ok(Downgrade {
                        at: read_time(row, 0)?,
                        pack: row.try_get(1)?,
                        version: row.try_get(2)?,
                        after: row.try_get(3)?,
                        who: read_principal(row, 4)?,
                        note: row.try_get(5)?,
                    })
                })
                .collect()
        })
        .await
    }

    pub(crate) async fn last_trust(&self) -> Result<Option<TrustRecord>, StorageError> {
        self.reading(|mut reader| async move {
            let row = sqlx::query("SELECT at, file, text FROM trust_history ORDER BY entry DESC LIMIT 1")
                .fetch_optional(&mut *reader)
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
