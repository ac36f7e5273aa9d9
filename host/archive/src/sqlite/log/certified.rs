//! Certificates of disposal: what the archive says of one, the log's two entries about it with their proofs, and the checkpoint.

use super::checkpoints;
use super::start::log_key;
use super::tiles;
use crate::log::LogTrouble;
use crate::opening::ArchiveError;
use crate::sqlite::Sqlite;
use crate::sqlite::disposed_elsewhere;
use crate::sqlite::rows::{damage, damaged};
use crate::stored::disposed_again::{self, First};
use proviso_model::MessageId;
use proviso_proof::certificate::{Certificate, Disposal};
use proviso_proof::commitment::{Commitment, Salt, Shown};
use proviso_proof::entry::Entry;
use proviso_proof::entry_proof::{EntryProof, Place};
use proviso_proof::leaf::Leaf;
use proviso_proof::note::LogTrust;
use proviso_proof::tree::proof::{InclusionProof, MakeError};
use proviso_proof::{Hash, commitment};
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashMap;

/// What is found of a disposal.
enum Found {
    Nothing,
    Again(First),
    NotSigned(u64),
    Certificate(Box<Certificate>),
}

impl Sqlite {
    pub(crate) async fn certificate(&self, id: &MessageId) -> Result<Option<Certificate>, ArchiveError> {
        let trouble = |source| ArchiveError::Log {
            path: self.path.clone(),
            source: Box::new(source),
        };
        let path = checkpoints::path_of(&self.path);
        // Before the database: what is committed is never behind what was signed.
        let note = checkpoints::read(path.clone()).map_err(trouble)?;
        let note = note.ok_or_else(|| trouble(LogTrouble::NothingSigned { path: path.clone() }))?;
        let key = self.reading(|mut reader| async move { log_key(&mut reader).await });
        let key = key.await?.ok_or_else(|| {
            let path = path.clone();
            trouble(LogTrouble::NothingSigned { path })
        })?;
        let shown = |source| trouble(LogTrouble::NotShown { source });
        let trust = LogTrust::new(key.name().as_str(), key.clone()).map_err(|error| shown(error.into()))?;
        let verified = trust.open(&note.bytes).map_err(|source| {
            let path = path.clone();
            trouble(LogTrouble::BadCheckpoint { path, source })
        })?;
        let signed = verified.checkpoint().size();
        let text = String::from_utf8_lossy(&note.bytes).into_owned();
        let tag = self.sealing.tag(id);
        let found = self.reading(|mut reader| async move { made(&mut reader, &tag, signed, text).await });
        match found.await? {
            Found::Nothing => Ok(None),
            Found::Again(First { leaf, place, log, .. }) => {
                Err(trouble(LogTrouble::DisposedAgain { leaf, place, log }))
            }
            Found::NotSigned(leaf) => Err(trouble(LogTrouble::NotSigned { leaf, signed, path })),
            Found::Certificate(certificate) => {
                certificate.verify(&trust).map_err(|error| shown(error.into()))?;
                Ok(Some(*certificate))
            }
        }
    }
}

async fn made(
    connection: &mut SqliteConnection,
    tag: &[u8],
    size: u64,
    checkpoint: String,
) -> Result<Found, sqlx::Error> {
    let sql = "SELECT d.leaf, d.place, d.said FROM identities i JOIN disposals d USING (message) WHERE i.tag = ?";
    let row = sqlx::query(sql)
        .bind(tag.to_vec())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        let elsewhere = disposed_elsewhere::find(connection, tag).await?;
        let first = elsewhere.and_then(|elsewhere| disposed_again::read_elsewhere(&elsewhere.said));
        return Ok(first.map_or(Found::Nothing, Found::Again));
    };
    if let Some(first) = disposed_again::read(row.try_get(2)?) {
        return Ok(Found::Again(first));
    }
    let leaf = row.try_get::<i64, _>(0)?.unsigned_abs();
    if leaf >= size {
        return Ok(Found::NotSigned(leaf));
    }
    let disposal = Disposal::from_json(row.try_get(2)?).map_err(|error| damaged(2, error))?;
    let inclusion = inclusion(connection, leaf, size).await?;
    let of_leaf = OfLeaf::read(connection, leaf).await?;
    let places = [disposal.hold_check.entry, row.try_get(1)?];
    let proofs = places.map(|entry| of_leaf.proof(Place { leaf, entry }, inclusion.clone()));
    Ok(Found::Certificate(Box::new(Certificate {
        disposal,
        proofs: proofs.into_iter().collect::<Result<_, _>>()?,
        checkpoint,
    })))
}

/// A leaf with its entries.
struct OfLeaf {
    leaf: Leaf,
    commitments: Vec<Commitment>,
    shown: HashMap<u32, Shown>,
}

impl OfLeaf {
    async fn read(connection: &mut SqliteConnection, leaf: u64) -> Result<Self, sqlx::Error> {
        let data: Vec<u8> = sqlx::query_scalar("SELECT data FROM log_leaves WHERE leaf = ?")
            .bind(leaf.cast_signed())
            .fetch_one(&mut *connection)
            .await?;
        let rows = sqlx::query("SELECT place, commitment, salt, entry FROM log_entries WHERE leaf = ? ORDER BY place")
            .bind(leaf.cast_signed())
            .fetch_all(connection)
            .await?;
        let mut commitments = Vec::with_capacity(rows.len());
        let mut shown = HashMap::new();
        for row in &rows {
            let hash: &[u8] = row.try_get(1)?;
            let hash = <[u8; 32]>::try_from(hash).map_err(|error| damaged(1, error))?;
            commitments.push(Commitment::from_hash(Hash::from_bytes(hash)));
            let (salt, entry): (Option<&[u8]>, Option<&[u8]>) = (row.try_get(2)?, row.try_get(3)?);
            let (Some(salt), Some(entry)) = (salt, entry) else {
                continue;
            };
            let salt = <[u8; commitment::SALT_BYTES]>::try_from(salt).map_err(|error| damaged(2, error))?;
            let kept = Shown::Kept {
                salt: Salt::new(salt),
                entry: Entry::from_bytes(entry).map_err(|error| damaged(3, error))?,
            };
            shown.insert(row.try_get(0)?, kept);
        }
        let leaf = Leaf::from_bytes(&data).map_err(|error| damaged(0, error))?;
        Ok(Self {
            leaf,
            commitments,
            shown,
        })
    }

    fn proof(&self, place: Place, inclusion: InclusionProof) -> Result<EntryProof, sqlx::Error> {
        let Some(shown) = self.shown.get(&place.entry) else {
            let Place { leaf, entry } = place;
            return Err(damage(format!("entry {entry} of leaf {leaf} of the log is not there")));
        };
        EntryProof::new(shown.clone(), place, &self.commitments, self.leaf, inclusion)
            .map_err(|error| damaged(0, error))
    }
}

/// The proof that a leaf stands in the log of so many leaves.
async fn inclusion(connection: &mut SqliteConnection, leaf: u64, size: u64) -> Result<InclusionProof, sqlx::Error> {
    let edge = tiles::edge_at(connection, size).await?;
    let made = tiles::from_nodes(connection, &edge, |nodes| {
        match InclusionProof::make(leaf, size, &nodes) {
            Err(MakeError::Node(error)) => Err(error),
            Err(MakeError::Proof(error)) => Ok(Err(error)),
            Ok(proof) => Ok(Ok(proof)),
        }
    });
    made.await?.map_err(|error| damaged(0, error))
}
