//! The log when an archive is opened: it begins with the archive, and is compared with what was signed.

use super::checkpoints::{self, Checkpoints, FoundNote};
use super::entries::{Entries, Field, integer, text};
use super::key::Signers;
use super::tiles;
use super::{Log, key, rows};
use crate::log::LogTrouble;
use crate::opening::{ArchiveError, Opening, Witnessed};
use crate::sqlite::clock::{CLOCK_DOUBTED, CLOCK_TRUSTED, ClockGuard};
use crate::sqlite::failure::Failure;
use crate::sqlite::rows::{damage, damaged};
use crate::storage::StorageError;
use proviso_model::{Principal, Timestamp};
use proviso_proof::Hash;
use proviso_proof::entry::{Entry, Value};
use proviso_proof::leaf::Leaf;
use proviso_proof::note::{Checkpoint, KeyKind, LogTrust, Note, SignerKey, VerifierKey};
use proviso_proof::tree::{Edge, node};
use sqlx::{Row as _, SqliteConnection};
use std::path::{Path, PathBuf};

/// Begins a log: the schema, and how much was there before it.
pub(super) const BEGAN: &str = "began";
/// Begins the log of an archive of before the log.
pub(super) const UPGRADED: &str = "upgraded";
/// Names the keys that sign from here on.
pub(super) const LOG_KEY: &str = "log-key";
/// Somebody went on without what was lost.
pub(super) const LOST: &str = "lost-writes";

/// A backup was restored.
pub(super) const RESTORED: &str = "restored";

/// Changes that the file beside the archive counted and the archive has not, which somebody accepted.
#[derive(Debug, Clone, Copy)]
pub(in crate::sqlite) struct LostWrites {
    pub(in crate::sqlite) found: u64,
    pub(in crate::sqlite) acknowledged: Option<u64>,
}

/// A backup that was restored: its log was compared with its checkpoint, and goes on under another name.
#[derive(Debug, Clone)]
pub(in crate::sqlite) struct RestoredFrom {
    /// Leaves of which it is known what was disposed of: those of the newer log that was given, else those of the backup.
    pub(in crate::sqlite) told: u64,
    /// Leaves of the newer log, where one was given or a witness has seen it.
    pub(in crate::sqlite) newer: Option<u64>,
}

/// What an archive is when it is opened.
pub(in crate::sqlite) struct Start<'a> {
    pub(in crate::sqlite) path: &'a Path,
    pub(in crate::sqlite) opening: &'a Opening,
    /// Schema version before migrations; 0 for a new archive.
    pub(in crate::sqlite) version: i64,
    pub(in crate::sqlite) newest: i64,
    pub(in crate::sqlite) lost: Option<LostWrites>,
    pub(in crate::sqlite) restored: Option<&'a RestoredFrom>,
    pub(in crate::sqlite) now: Timestamp,
}

impl Start<'_> {
    /// Begins the log where there is none, compares it with its checkpoint, and makes ready to sign it.
    pub(in crate::sqlite) async fn log(&self, connection: &mut SqliteConnection) -> Result<Log, ArchiveError> {
        let trouble = |source| ArchiveError::Log {
            path: self.path.to_owned(),
            source: Box::new(source),
        };
        let storage = |error| ArchiveError::Storage(StorageError::new(self.path, error));
        let mut edge = tiles::edge(connection).await.map_err(storage)?;
        let found = match self.restored {
            Some(_) => Ok(None),
            None => self.compare(connection, &edge).await.map_err(storage)?,
        };
        let (signer, said) = match found {
            Ok(signer) => (signer, None),
            Err(found) if self.opening.accept_lost_writes && found.may_be_accepted() => {
                tracing::warn!(path = %self.path.display(), error = %found, "the log goes on under another name and key");
                (None, Some(found))
            }
            Err(found) => return Err(trouble(found)),
        };
        let is_new_key = signer.is_none();
        let signer = match signer {
            Some(signer) => signer,
            None => key::make(self.path).map_err(trouble)?,
        };
        let sm2 = self.sm2(&signer).map_err(trouble)?;
        let named = log_keys(connection, None).await.map_err(storage)?;
        let named = named.filter(|named| named.log == *signer.verifier());
        let is_same_sm2 = named.and_then(|named| named.sm2).as_ref() == sm2.as_ref().map(SignerKey::verifier);
        let mut entries = Entries::new(&Principal::system("archive"));
        let last = last_time(connection).await.map_err(storage)?;
        let told = async {
            if edge.size() == 0 {
                self.begin(connection, &mut entries).await?;
            }
            if let Some(from) = self.restored {
                entries.tell(RESTORED, None, restored_fields(&edge, from))?;
            }
            if said.is_some() || self.lost.is_some() {
                entries.tell(LOST, None, self.lost_fields(&edge, said.as_ref()))?;
            }
            // The key of an archive that was killed before its log began is there, and not named yet.
            if is_new_key || edge.size() == 0 || !is_same_sm2 {
                let mut fields = vec![text("key", signer.verifier().to_string())];
                fields.extend(sm2.as_ref().map(|sm2| text("sm2", sm2.verifier().to_string())));
                entries.tell(LOG_KEY, None, fields)?;
            }
            if let Some(last) = last.filter(|last| ClockGuard::is_long(*last, self.now)) {
                let fields = vec![integer("last", last.as_millis()), integer("now", self.now.as_millis())];
                entries.tell(CLOCK_DOUBTED, None, fields)?;
            }
            append(connection, &mut edge, entries, self.now).await?;
            Ok(tell_unknown(connection, self.path).await?)
        };
        told.await.map_err(|failure| match failure {
            Failure::Sql(error) => storage(error),
            Failure::Refused(refused) => storage(damage(refused.to_string())),
        })?;
        let checkpoints = Checkpoints::new(self.places(), Signers { log: signer, sm2 }, (edge.size(), edge.root()))
            .map_err(trouble)?;
        Ok(Log {
            edge: Some(edge),
            checkpoints,
        })
    }

    /// The key in SM2 where one is asked for: the one that is there if it is of this log, else a new one. That the log names another was
    /// looked at before.
    fn sm2(&self, signer: &SignerKey) -> Result<Option<SignerKey>, LogTrouble> {
        if !self.opening.sm2 {
            return Ok(None);
        }
        let name = signer.verifier().name();
        let of_log = |key: &SignerKey| key.verifier().kind() == KeyKind::Sm2 && key.verifier().name() == name;
        match key::read(key::sm2_path_of(self.path))?.filter(of_log) {
            Some(key) => Ok(Some(key)),
            None => key::make_sm2(self.path, name).map(Some),
        }
    }

    /// The key that the log goes on with; `Ok(None)` where it has not begun. The inner error is for an operator to decide.
    async fn compare(
        &self,
        connection: &mut SqliteConnection,
        edge: &Edge,
    ) -> Result<Result<Option<SignerKey>, LogTrouble>, sqlx::Error> {
        let signer = match key::read(key::path_of(self.path)) {
            Ok(signer) => signer,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let mut notes = Vec::new();
        for place in self.places() {
            match checkpoints::read(place) {
                Ok(note) => notes.push(note),
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
        let Some(LogKeys { log: expected, sm2 }) = log_keys(connection, None).await? else {
            // Nothing was logged yet. A checkpoint tells of an archive that was here before.
            return Ok(match notes.iter().flatten().next() {
                Some(note) => Err(of_another(note)),
                None => Ok(signer),
            });
        };
        let signer = match of_log(signer, &expected, key::path_of(self.path)) {
            Ok(signer) => signer,
            Err(trouble) => return Ok(Err(trouble)),
        };
        if let Some(expected) = sm2.filter(|_| self.opening.sm2) {
            let path = key::sm2_path_of(self.path);
            if let Err(trouble) = key::read(path.clone()).and_then(|key| of_log(key, &expected, path)) {
                return Ok(Err(trouble));
            }
        }
        if let Some(Witnessed { by, leaves, is_other }) = self.opening.witnessed.clone()
            && (is_other || leaves > edge.size())
        {
            let found = edge.size();
            return Ok(Err(LogTrouble::Witnessed {
                found,
                leaves,
                is_other,
                by,
            }));
        }
        // The process that made the archive may have been killed before it signed.
        if edge.size() > 1 && notes[0].is_none() {
            return Ok(Err(LogTrouble::NoCheckpoint {
                leaves: edge.size(),
                path: checkpoints::path_of(self.path),
            }));
        }
        for (place, note) in self.places().iter().zip(notes) {
            let Some(note) = note else {
                tracing::warn!(path = %place.display(), "the witness's file has no checkpoint of this log yet");
                continue;
            };
            if let Err(trouble) = compare(connection, edge, &expected, note).await? {
                return Ok(Err(trouble));
            }
        }
        Ok(Ok(Some(signer)))
    }

    /// The files that get every checkpoint.
    fn places(&self) -> Vec<PathBuf> {
        let beside = checkpoints::path_of(self.path);
        [beside].into_iter().chain(self.opening.witness.clone()).collect()
    }

    async fn begin(&self, connection: &mut SqliteConnection, entries: &mut Entries) -> Result<(), Failure> {
        let messages: i64 =
            sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'envelopes'")
                .fetch_one(&mut *connection)
                .await?;
        let mut fields = vec![integer("schema", self.newest), integer("messages", messages)];
        for kind in rows::ALL {
            let count = kind.count(connection).await?;
            if count > 0 {
                fields.push(integer(kind.before, count));
            }
        }
        let kind = match self.version {
            0 => BEGAN,
            from => {
                fields.push(integer("from", from));
                UPGRADED
            }
        };
        entries.tell(kind, None, fields)
    }

    fn lost_fields(&self, edge: &Edge, trouble: Option<&LogTrouble>) -> Vec<Field> {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let mut fields = vec![integer("leaves", count(edge.size()))];
        if let Some(trouble) = trouble {
            fields.push(text("trouble", trouble.to_string()));
        }
        if let Some(lost) = self.lost {
            fields.push(integer("writes", count(lost.found)));
            fields.extend(
                lost.acknowledged
                    .map(|acknowledged| integer("acknowledged", count(acknowledged))),
            );
        }
        fields
    }
}

fn restored_fields(edge: &Edge, from: &RestoredFrom) -> Vec<Field> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let mut fields = vec![integer("leaves", count(edge.size())), integer("told", count(from.told))];
    fields.extend(from.newer.map(|newer| integer("newer", count(newer))));
    fields
}

/// Says what a restoration left unknown, each time that the archive is opened: what was disposed of after the backup and is told of by no log
/// that was given. Entries of programs before do not say what was given.
async fn tell_unknown(connection: &mut SqliteConnection, path: &Path) -> Result<(), sqlx::Error> {
    let entry: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT entry FROM log_entries WHERE kind = 'restored' ORDER BY leaf DESC LIMIT 1")
            .fetch_optional(connection)
            .await?
            .flatten();
    let Some(entry) = entry else { return Ok(()) };
    let entry = Entry::from_bytes(&entry).map_err(|error| damaged(0, error))?;
    let number = |name: &str| match entry.field(name) {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    };
    let (leaves, told, newer) = (number("leaves"), number("told"), number("newer"));
    if let (Some(leaves), Some(told)) = (leaves, told)
        && (told == leaves && newer != Some(leaves) || newer.is_some_and(|newer| newer > told))
    {
        tracing::warn!(
            path = %path.display(), leaves, told, witnessed = newer,
            "a backup was restored, and of what was disposed of behind transaction `told` of its log nothing is known: such a message is there \
             again, or is taken in when it is delivered again. When that log is found, restore anew with --log"
        );
    }
    Ok(())
}

async fn append(
    connection: &mut SqliteConnection,
    edge: &mut Edge,
    entries: Entries,
    at: Timestamp,
) -> Result<(), Failure> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    // The archive is not open yet: where this fails, the connection goes.
    let appended = tiles::append(connection, edge, entries, at).await?;
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    if let Some(appended) = appended {
        edge.accept(appended).expect("the leaf was appended to this edge");
    }
    Ok(())
}

/// The key that was read, if it is the one that the log names.
fn of_log(key: Option<SignerKey>, expected: &VerifierKey, path: PathBuf) -> Result<SignerKey, LogTrouble> {
    let Some(key) = key else {
        return Err(LogTrouble::NoKey { path });
    };
    if key.verifier() == expected {
        return Ok(key);
    }
    Err(LogTrouble::OtherKey {
        path,
        found: key.verifier().to_string(),
        expected: expected.to_string(),
    })
}

/// The public keys that a log names.
pub(in crate::sqlite) struct LogKeys {
    pub(in crate::sqlite) log: VerifierKey,
    /// Where checkpoints are signed in SM2 as well.
    pub(in crate::sqlite) sm2: Option<VerifierKey>,
}

/// The public key that the log names last; `None` where it has not begun.
pub(in crate::sqlite) async fn log_key(connection: &mut SqliteConnection) -> Result<Option<VerifierKey>, sqlx::Error> {
    Ok(log_keys(connection, None).await?.map(|keys| keys.log))
}

/// The public keys that the first `size` leaves of the log name last, or all of them; `None` where it has not begun.
pub(in crate::sqlite) async fn log_keys(
    connection: &mut SqliteConnection,
    size: Option<u64>,
) -> Result<Option<LogKeys>, sqlx::Error> {
    let entry: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT entry FROM log_entries WHERE kind = 'log-key' AND leaf < ? ORDER BY leaf DESC LIMIT 1",
    )
    .bind(size.map_or(i64::MAX, |size| i64::try_from(size).unwrap_or(i64::MAX)))
    .fetch_optional(connection)
    .await?
    .flatten();
    let Some(entry) = entry else { return Ok(None) };
    let entry = Entry::from_bytes(&entry).map_err(|error| damaged(0, error))?;
    let key = |name: &str| match entry.field(name) {
        Some(Value::Text(key)) => key.parse().map(Some).map_err(|error| damaged(0, error)),
        Some(_) => Err(damage("an entry of the log names no key".to_owned())),
        None => Ok(None),
    };
    let log = key("key")?.ok_or_else(|| damage("an entry of the log names no key".to_owned()))?;
    Ok(Some(LogKeys { log, sm2: key("sm2")? }))
}

/// A checkpoint beside an archive that has no log.
fn of_another(note: &FoundNote) -> LogTrouble {
    let path = note.path.clone();
    let read = Note::parse(&note.bytes).map_err(Into::into);
    match read.and_then(|note| Checkpoint::from_text(note.text())) {
        Ok(checkpoint) => LogTrouble::Behind {
            found: 0,
            signed: checkpoint.size(),
            path,
        },
        Err(source) => LogTrouble::BadCheckpoint { path, source },
    }
}

/// Compares a log with a signed checkpoint; how many leaves that has.
pub(in crate::sqlite) async fn compare(
    connection: &mut SqliteConnection,
    edge: &Edge,
    key: &VerifierKey,
    FoundNote { path, bytes }: FoundNote,
) -> Result<Result<u64, LogTrouble>, sqlx::Error> {
    let trust = LogTrust::new(key.name().as_str(), key.clone()).map_err(|error| damage(error.to_string()))?;
    let opened = match trust.open(&bytes) {
        Ok(opened) => opened,
        Err(source) => return Ok(Err(LogTrouble::BadCheckpoint { path, source })),
    };
    let (size, signed) = (opened.checkpoint().size(), opened.checkpoint().root());
    if size > edge.size() {
        return Ok(Err(LogTrouble::Behind {
            found: edge.size(),
            signed: size,
            path,
        }));
    }
    let found = root(connection, edge, size).await?;
    Ok(if found == signed {
        Ok(size)
    } else {
        Err(LogTrouble::Forked {
            size,
            found,
            signed,
            path,
        })
    })
}

/// The root that a log had when it was shorter, from its edge and stored tiles.
async fn root(connection: &mut SqliteConnection, edge: &Edge, size: u64) -> Result<Hash, sqlx::Error> {
    tiles::from_nodes(connection, edge, |nodes| node::root(size, &nodes)).await
}

/// The time of the log's last leaf.
pub(in crate::sqlite) async fn last_time(connection: &mut SqliteConnection) -> Result<Option<Timestamp>, sqlx::Error> {
    let data: Option<Vec<u8>> = sqlx::query_scalar("SELECT data FROM log_leaves ORDER BY leaf DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    let Some(data) = data else { return Ok(None) };
    let leaf = Leaf::from_bytes(&data).map_err(|error| damage(error.to_string()))?;
    let time = Timestamp::from_millis(leaf.time_ms().cast_signed());
    time.map(Some).map_err(|error| damage(error.to_string()))
}

/// The pause that nobody has explained yet: the last transaction before it, and what the clock showed behind it.
pub(in crate::sqlite) async fn doubted(
    connection: &mut SqliteConnection,
) -> Result<Option<(Timestamp, Timestamp)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT kind, entry FROM log_entries WHERE kind IN ('clock-doubted', 'clock-trusted')
         ORDER BY leaf DESC, place DESC LIMIT 1",
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.try_get::<&str, _>(0)? == CLOCK_TRUSTED {
        return Ok(None);
    }
    let entry = Entry::from_bytes(row.try_get(1)?).map_err(|error| damaged(1, error))?;
    let time = |name: &str| match entry.field(name) {
        Some(Value::Integer(millis)) => Timestamp::from_millis(*millis).map_err(|error| damaged(1, error)),
        _ => Err(damaged(1, "a doubt about the clock without its times")),
    };
    Ok(Some((time("last")?, time("now")?)))
}
