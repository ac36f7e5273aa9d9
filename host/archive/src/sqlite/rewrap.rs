//! Which key wraps which records, and wrapping them anew.

use super::Sqlite;
use super::failure::Failure;
use super::index;
use super::saved_queries;
use super::sealing::{ARCHIVE, Sealing, read_wrapped};
use super::users;
use crate::change::{Change, KeyAct};
use crate::key_report::{KeyReport, KeyStatus, KeysError, Unreadable};
use crate::keys::KeyError;
use proviso_model::{Principal, Timestamp};
use proviso_seal::{KeyInfo, KeyVersion, RingError, SuiteName, WrappedKey};
use sqlx::{Row as _, SqliteConnection};
use std::collections::BTreeMap;

/// Records that are looked at in one read or transaction.
const PAGE: i64 = 2_000;

const WRAPPED: &str =
    "SELECT c.message, s.tenant, c.key_version, c.key FROM contents c JOIN envelopes e USING (message)
     JOIN streams s USING (stream) WHERE c.message > ? ORDER BY c.message LIMIT ?";

const OF_ARCHIVE: &str = "SELECT purpose, key_version, key FROM archive_keys ORDER BY purpose";

/// A wrapped key, and where it stands.
struct Kept<R> {
    place: R,
    tenant: String,
    wrapped: WrappedKey,
}

async fn records(connection: &mut SqliteConnection, after: i64) -> Result<Vec<Kept<i64>>, sqlx::Error> {
    let rows = sqlx::query(WRAPPED)
        .bind(after)
        .bind(PAGE)
        .fetch_all(connection)
        .await?;
    let rows = rows.iter().map(|row| {
        Ok(Kept {
            place: row.try_get(0)?,
            tenant: row.try_get(1)?,
            wrapped: read_wrapped(row, 2)?,
        })
    });
    rows.collect()
}

async fn of_archive(connection: &mut SqliteConnection) -> Result<Vec<Kept<String>>, sqlx::Error> {
    let rows = sqlx::query(OF_ARCHIVE).fetch_all(connection).await?;
    let rows = rows.iter().map(|row| {
        Ok(Kept {
            place: row.try_get(0)?,
            tenant: ARCHIVE.to_owned(),
            wrapped: read_wrapped(row, 1)?,
        })
    });
    rows.collect()
}

async fn of_segments(connection: &mut SqliteConnection) -> Result<Vec<Kept<i64>>, sqlx::Error> {
    Ok(kept(index::wrapped(connection).await?))
}

async fn of_queries(connection: &mut SqliteConnection) -> Result<Vec<Kept<i64>>, sqlx::Error> {
    Ok(kept(saved_queries::wrapped(connection).await?))
}

async fn of_totp(connection: &mut SqliteConnection) -> Result<Vec<Kept<i64>>, sqlx::Error> {
    let rows = users::wrapped(connection).await?.into_iter();
    let of_archive = |(place, wrapped)| (place, ARCHIVE.to_owned(), wrapped);
    Ok(kept(rows.map(of_archive).collect()))
}

fn kept(rows: Vec<(i64, String, WrappedKey)>) -> Vec<Kept<i64>> {
    let rows = rows.into_iter();
    rows.map(|(place, tenant, wrapped)| Kept { place, tenant, wrapped })
        .collect()
}

/// Wraps the next records by the newest keys of their tenants, those of the archive itself, of the index, of saved queries and of second
/// factors with the first; how many were wrapped by another key, and the last that was looked at.
pub(super) async fn rewrap(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    after: i64,
) -> Result<(u64, Option<i64>), Failure> {
    let mut rewrapped = 0;
    if after == 0 {
        for (purpose, wrapped) in anew(sealing, of_archive(connection).await?)? {
            sqlx::query("UPDATE archive_keys SET key_version = ?, key = ? WHERE purpose = ?")
                .bind(wrapped.version.get())
                .bind(wrapped.bytes.to_vec())
                .bind(purpose)
                .execute(&mut *connection)
                .await?;
            rewrapped += 1;
        }
        for (segment, wrapped) in anew(sealing, of_segments(connection).await?)? {
            index::rewrap(connection, segment, wrapped).await?;
            rewrapped += 1;
        }
        for (query, wrapped) in anew(sealing, of_queries(connection).await?)? {
            saved_queries::rewrap(connection, query, wrapped).await?;
            rewrapped += 1;
        }
        for (totp, wrapped) in anew(sealing, of_totp(connection).await?)? {
            users::rewrap(connection, totp, wrapped).await?;
            rewrapped += 1;
        }
    }
    let rows = records(connection, after).await?;
    let last = rows.last().map(|row| row.place);
    for (message, wrapped) in anew(sealing, rows)? {
        sqlx::query("UPDATE contents SET key_version = ?, key = ? WHERE message = ?")
            .bind(wrapped.version.get())
            .bind(wrapped.bytes.to_vec())
            .bind(message)
            .execute(&mut *connection)
            .await?;
        rewrapped += 1;
    }
    Ok((rewrapped, last))
}

/// The rows that another key than the newest wraps, each wrapped by that.
fn anew<R>(sealing: &Sealing, rows: Vec<Kept<R>>) -> Result<Vec<(R, WrappedKey)>, KeyError> {
    let mut by_tenant: BTreeMap<String, Vec<(R, WrappedKey)>> = BTreeMap::new();
    for row in rows {
        by_tenant.entry(row.tenant).or_default().push((row.place, row.wrapped));
    }
    let mut anew = Vec::new();
    for (tenant, rows) in by_tenant {
        let (rows, wrapped): (Vec<R>, Vec<WrappedKey>) = rows.into_iter().unzip();
        let rewrapped = sealing.rings().rewrap(&tenant, &wrapped)?;
        let changed = rows.into_iter().zip(rewrapped);
        anew.extend(changed.filter_map(|(row, rewrapped)| Some((row, rewrapped?))));
    }
    Ok(anew)
}

/// Counts as pages come.
#[derive(Default)]
struct Tally {
    /// By the ring of a tenant, or of all, and its version.
    wrapped: BTreeMap<(Option<String>, KeyVersion), u64>,
    unreadable: BTreeMap<(String, KeyVersion, String), u64>,
}

impl Tally {
    fn add<R>(&mut self, sealing: &Sealing, rows: &[Kept<R>]) -> Result<(), KeyError> {
        for row in rows {
            match sealing.rings().who_wraps(&row.tenant, row.wrapped)? {
                Ok(ring) => *self.wrapped.entry((ring, row.wrapped.version)).or_default() += 1,
                Err(why) => {
                    let key = (row.tenant.clone(), row.wrapped.version, why.to_string());
                    *self.unreadable.entry(key).or_default() += 1;
                }
            }
        }
        Ok(())
    }
}

impl Sqlite {
    async fn tally(&self) -> Result<Tally, KeysError> {
        let mut tally = Tally::default();
        let own = self
            .reading(|mut reader| async move { of_archive(&mut reader).await })
            .await?;
        tally.add(&self.sealing, &own)?;
        let of_index = self
            .reading(|mut reader| async move { of_segments(&mut reader).await })
            .await?;
        tally.add(&self.sealing, &of_index)?;
        let saved = self
            .reading(|mut reader| async move { of_queries(&mut reader).await })
            .await?;
        tally.add(&self.sealing, &saved)?;
        let totp = self
            .reading(|mut reader| async move { of_totp(&mut reader).await })
            .await?;
        tally.add(&self.sealing, &totp)?;
        let mut after = 0;
        loop {
            let page = self
                .reading(|mut reader| async move { records(&mut reader, after).await })
                .await?;
            let Some(last) = page.last() else { return Ok(tally) };
            after = last.place;
            tally.add(&self.sealing, &page)?;
        }
    }

    pub(crate) async fn keys(&self) -> Result<KeyReport, KeysError> {
        let mut tally = self.tally().await?;
        let mut keys = Vec::new();
        for (tenant, ring) in self.sealing.rings().each() {
            for key in ring.keys().map_err(KeyError::from)? {
                let place = (tenant.map(str::to_owned), key.version);
                let records = tally.wrapped.remove(&place).unwrap_or(0);
                keys.push(KeyStatus {
                    tenant: place.0,
                    key,
                    records,
                });
            }
        }
        let unreadable = tally.unreadable.into_iter();
        let unreadable = unreadable.map(|((tenant, version, why), records)| Unreadable {
            tenant,
            version,
            why,
            records,
        });
        Ok(KeyReport {
            keys,
            unreadable: unreadable.collect(),
        })
    }

    pub(crate) async fn add_key(
        &self,
        tenant: Option<&str>,
        suite: Option<SuiteName>,
        at: Timestamp,
        by: &Principal,
    ) -> Result<KeyInfo, KeysError> {
        let ring = self.sealing.rings().named(tenant)?;
        let suite = match suite {
            Some(suite) => suite,
            // A token may hold no key yet.
            None => ring.newest().map_or(SuiteName::Aes256Gcm, |newest| newest.suite),
        };
        let key = ring.add(suite, at).map_err(KeyError::from)?;
        let act = KeyAct::Made;
        let change = Change::Key {
            tenant,
            key: &key,
            act,
            at,
        };
        self.commit(change, by).await?;
        Ok(key)
    }

    pub(crate) async fn destroy_key(
        &self,
        tenant: Option<&str>,
        version: KeyVersion,
        at: Timestamp,
        by: &Principal,
    ) -> Result<KeyInfo, KeysError> {
        let ring = self.sealing.rings().named(tenant)?;
        // New records are wrapped by the newest, which cannot be destroyed: the count only falls from here.
        let tally = self.tally().await?;
        if let Some(records) = tally.wrapped.get(&(tenant.map(str::to_owned), version)) {
            return Err(KeysError::InUse {
                version,
                records: *records,
            });
        }
        let keys = ring.keys().map_err(KeyError::from)?;
        let key = keys.iter().find(|key| key.version == version);
        let refused = match key {
            None => Some(RingError::NoKey(version)),
            Some(key) if key.destroyed.is_some() => Some(RingError::Destroyed(version)),
            Some(_) if ring.newest().is_ok_and(|newest| newest.version == version) => Some(RingError::Newest(version)),
            Some(_) => None,
        };
        if let Some(refused) = refused {
            return Err(KeyError::from(refused).into());
        }
        if let Some(key) = key {
            // Before it goes: what the log does not tell does not happen.
            let act = KeyAct::Destroyed;
            self.commit(Change::Key { tenant, key, act, at }, by).await?;
        }
        Ok(ring.destroy(version, at).map_err(KeyError::from)?)
    }
}
