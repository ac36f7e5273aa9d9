//! What leads from entries of the log to a signed checkpoint: one proof for the entries of each leaf, and one for all leaves.

use super::tell;
use crate::log::LogTrouble;
use crate::opening::{ArchiveError, beside};
use crate::sqlite::Sqlite;
use crate::sqlite::bulk::number_list;
use crate::sqlite::log::witnessed::consistency;
use crate::sqlite::log::{checkpoints, judged, tiles};
use crate::sqlite::records::{content_columns, read_content};
use crate::sqlite::rows::{damage, damaged};
use proviso_evidence::{LeafProof, Proof, Told};
use proviso_proof::Hash;
use proviso_proof::commitment::{Commitment, sub_tree};
use proviso_proof::leaf::Leaf;
use proviso_proof::note::{Checkpoint, LogTrust, Note, VerifiedCheckpoint, VerifierKey};
use proviso_proof::tree::multi::{MultiProof, multi_ranges};
use proviso_proof::tree::proof::{ConsistencyProof, MakeError};
use proviso_proof::tree::tiled::tile_of;
use sqlx::{Row as _, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// How long a checkpoint is waited for: one is written a second after a commit.
const CHECKPOINT_WITHIN: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Messages of leaves that are read at once.
const MESSAGES_TOGETHER: i64 = 1_024;

const TAGS: &str = concat!(
    "SELECT ",
    content_columns!(),
    " FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message)
     WHERE e.message BETWEEN ? AND ?"
);

impl Sqlite {
    /// What shows the log's entry of an export and the entries that it names, once a checkpoint covers them; and that this one continues what
    /// witnesses signed.
    pub(super) async fn proof(
        &self,
        key: VerifierKey,
        exported: Told,
        places: &BTreeMap<u64, BTreeSet<u32>>,
        witnessed: Option<&Checkpoint>,
    ) -> Result<Proof, ArchiveError> {
        let mut places = places.clone();
        places
            .entry(exported.place.leaf)
            .or_default()
            .insert(exported.place.entry);
        let (checkpoint, note) = self.covering(&key, exported.place.leaf).await?;
        let mut leaves = Vec::with_capacity(places.len());
        for (leaf, places) in &places {
            leaves.push(self.leaf_proof(*leaf, places).await?);
        }
        let indices: Vec<u64> = places.keys().copied().collect();
        let size = checkpoint.size();
        let tree = self
            .reading(|mut reader| async move { tree_proof(&mut reader, &indices, size).await })
            .await?;
        let hashes: Vec<(u64, Hash)> = leaves.iter().map(|leaf| (leaf.index, leaf.leaf.hash())).collect();
        if tree.root(&hashes, size) != Ok(checkpoint.root()) {
            let what = "the log does not lead to its checkpoint: `proviso audit verify` tells what was altered";
            return Err(self.storage(damage(what.to_owned())).into());
        }
        let continued = match witnessed {
            Some(older) => Some(self.continued(&checkpoint, older).await?),
            None => None,
        };
        Ok(Proof {
            key,
            checkpoint: note,
            exported,
            leaves,
            tree,
            continued,
        })
    }

    /// The newest checkpoint under the log's key that a witness signed as well. One under another key is of before the log went on under this one.
    pub(super) async fn witnessed(&self, key: &VerifierKey) -> Result<Option<VerifiedCheckpoint>, ArchiveError> {
        let found = checkpoints::read(beside(&self.path, ".witnessed")).map_err(|error| self.log_trouble(error))?;
        let trust = LogTrust::new(key.name().as_str(), key.clone());
        let verified = found
            .zip(trust.ok())
            .and_then(|(found, trust)| trust.open(&found.bytes).ok());
        let Some(verified) = verified.filter(|verified| verified.note().signatures().len() > 1) else {
            return Ok(None);
        };
        let size = self.reading(|mut reader| async move { tell::size(&mut reader).await });
        if verified.checkpoint().size() > size.await?.unsigned_abs() {
            return Err(self.not_continued());
        }
        Ok(Some(verified))
    }

    /// An older archive was put in the place of a newer one, or another log was made.
    fn not_continued(&self) -> ArchiveError {
        let what = "the log does not continue what its witness signed: `proviso audit verify` tells more";
        self.storage(damage(what.to_owned())).into()
    }

    /// From a checkpoint that witnesses signed to that of an export.
    async fn continued(&self, checkpoint: &Checkpoint, older: &Checkpoint) -> Result<ConsistencyProof, ArchiveError> {
        let (before, size) = (older.size(), checkpoint.size());
        let continued = self
            .reading(|mut reader| async move { consistency(&mut reader, before, size).await })
            .await?;
        match checkpoint.continues(older, &continued) {
            Ok(()) => Ok(continued),
            Err(_) => Err(self.not_continued()),
        }
    }

    /// The checkpoint that covers a leaf, with the log's own signature in Ed25519 alone: exports are verified in browsers too. It is waited for.
    async fn covering(&self, key: &VerifierKey, leaf: u64) -> Result<(Checkpoint, Note), ArchiveError> {
        let path = checkpoints::path_of(&self.path);
        let bad = |source| {
            let path = path.clone();
            self.log_trouble(LogTrouble::BadCheckpoint { path, source })
        };
        let trust = LogTrust::new(key.name().as_str(), key.clone());
        let trust = trust.map_err(|error| {
            let source = Box::new(error);
            self.log_trouble(LogTrouble::NotShown { source })
        })?;
        let until = Instant::now() + CHECKPOINT_WITHIN;
        loop {
            let found = checkpoints::read(path.clone()).map_err(|error| self.log_trouble(error))?;
            let found = found.ok_or_else(|| self.nothing_signed())?;
            let verified = trust.open(&found.bytes).map_err(bad)?;
            let signed = verified.checkpoint().size();
            if signed > leaf {
                let own = verified.note().signatures().iter();
                let own = own.filter(|signature| (&signature.name, signature.key_id) == (key.name(), key.id()));
                let mut note = Note::new(verified.note().text()).map_err(|error| bad(error.into()))?;
                for signature in own {
                    note.add(signature.clone()).map_err(|error| bad(error.into()))?;
                }
                return Ok((verified.checkpoint().clone(), note));
            }
            if Instant::now() >= until {
                return Err(self.log_trouble(LogTrouble::NotSigned { leaf, signed, path }));
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// From some entries of a leaf to its root. What the leaf has of messages is made from their records.
    async fn leaf_proof(&self, index: u64, places: &BTreeSet<u32>) -> Result<LeafProof, ArchiveError> {
        let (leaf, first, messages, kept) = self
            .reading(|mut reader| async move { stored(&mut reader, index.cast_signed()).await })
            .await?;
        let mut made: BTreeMap<i64, Commitment> = BTreeMap::new();
        let whole = (0..messages).all(|place| kept.contains_key(&place));
        let mut from = first;
        while !whole && from < first + messages {
            let to = (from + MESSAGES_TOGETHER).min(first + messages) - 1;
            let read = self.commitments((from, to)).await?;
            made.extend(
                read.into_iter()
                    .map(|(number, commitment)| (number - first, commitment)),
            );
            from = to + 1;
        }
        made.extend(kept);
        let altered = || {
            let what =
                format!("leaf {index} of the log is not what the archive has: `proviso audit verify` tells more");
            ArchiveError::from(self.storage(damage(what)))
        };
        let all: Vec<Commitment> = (0..i64::from(leaf.entries()))
            .map(|place| made.get(&place).copied().ok_or_else(altered))
            .collect::<Result<_, _>>()?;
        let tree = sub_tree(&all);
        if tree.root() != leaf.root() {
            return Err(altered());
        }
        let places: Vec<u64> = places.iter().map(|place| u64::from(*place)).collect();
        let path = MultiProof::make(&places, all.len() as u64, &tree).map_err(|_| altered())?;
        Ok(LeafProof { index, leaf, path })
    }

    /// What the log has of messages as they arrived, where nothing was kept of it because nothing of them changed.
    async fn commitments(&self, (first, last): (i64, i64)) -> Result<HashMap<i64, Commitment>, ArchiveError> {
        let made = self.reading(|mut reader| async move {
            let mut tags = HashMap::new();
            for row in sqlx::query(TAGS).bind(first).bind(last).fetch_all(&mut *reader).await? {
                let message = read_content(&row, 0, &self.sealing)?;
                tags.insert(row.try_get::<i64, _>(0)?, self.sealing.tag(&message.id));
            }
            let read = judged::read(&mut reader, &self.sealing, (first, last)).await?;
            let made = read.into_iter().filter_map(|read| {
                let (tag, salt) = (tags.get(&read.of.number)?, read.salt.ok()?);
                Some((read.of.number, read.of.commitment(tag, &salt)))
            });
            Ok(made.collect())
        });
        Ok(made.await?)
    }
}

type Stored = (Leaf, i64, i64, BTreeMap<i64, Commitment>);

/// A leaf, its first message, how many it has, and the commitments that are stored, by place.
async fn stored(connection: &mut SqliteConnection, leaf: i64) -> Result<Stored, sqlx::Error> {
    let row = sqlx::query("SELECT data, coalesce(first_message, 0), messages FROM log_leaves WHERE leaf = ?")
        .bind(leaf)
        .fetch_one(&mut *connection)
        .await?;
    let data = Leaf::from_bytes(row.try_get(0)?).map_err(|error| damaged(0, error))?;
    let rows = sqlx::query("SELECT place, commitment FROM log_entries WHERE leaf = ? ORDER BY place")
        .bind(leaf)
        .fetch_all(connection)
        .await?;
    let mut kept = BTreeMap::new();
    for row in &rows {
        let hash = Hash::try_from(row.try_get::<&[u8], _>(1)?).map_err(|error| damaged(1, error))?;
        kept.insert(row.try_get(0)?, Commitment::from_hash(hash));
    }
    Ok((data, row.try_get(1)?, row.try_get(2)?, kept))
}

async fn tree_proof(connection: &mut SqliteConnection, indices: &[u64], size: u64) -> Result<MultiProof, sqlx::Error> {
    let edge = tiles::edge_at(connection, size).await?;
    let ranges = multi_ranges(indices, size).map_err(|error| damaged(0, error))?;
    let positions = ranges.iter().flat_map(|range| range.positions());
    let wanted: BTreeSet<_> = positions.filter_map(|at| tile_of(at).map(|(id, ..)| id)).collect();
    let mut loaded = tiles::Loaded::default();
    let mut levels: BTreeMap<u8, Vec<i64>> = BTreeMap::new();
    for id in wanted {
        levels.entry(id.level()).or_default().push(id.index() as i64);
    }
    for (level, places) in levels {
        loaded.load(connection, level, &number_list(places)).await?;
    }
    let made = tiles::from_loaded(connection, &edge, loaded, |nodes| {
        match MultiProof::make(indices, size, &nodes) {
            Err(MakeError::Node(error)) => Err(error),
            Err(MakeError::Proof(error)) => Ok(Err(error)),
            Ok(proof) => Ok(Ok(proof)),
        }
    });
    made.await?.map_err(|error| damaged(0, error))
}
