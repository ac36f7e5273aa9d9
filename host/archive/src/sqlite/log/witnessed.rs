//! What a witness elsewhere is sent and what it answers (<https://c2sp.org/tlog-witness>): that the newest checkpoint continues the last one that it
//! signed, and its signature over that.

use super::checkpoints;
use super::start::log_key;
use super::tiles;
use crate::log::{LogTrouble, WitnessRequest};
use crate::opening::{ArchiveError, beside};
use crate::sqlite::Sqlite;
use crate::sqlite::rows::damaged;
use crate::sqlite::whole_file::replace;
use proviso_proof::note::{Checkpoint, LogTrust, Note, Signature, VerifierKey};
use proviso_proof::tree::proof::{ConsistencyProof, MakeError};
use sqlx::SqliteConnection;
use std::path::Path;

/// What asks a witness for the size that it has: the checkpoint beside an archive that nobody opened, as if the witness had it already.
pub(crate) fn question(archive: &Path) -> Result<Option<WitnessRequest>, LogTrouble> {
    let path = checkpoints::path_of(archive);
    let Some(found) = checkpoints::read(path.clone())? else {
        return Ok(None);
    };
    let note = String::from_utf8_lossy(&found.bytes).into_owned();
    let read = Note::parse(&found.bytes).map_err(Into::into);
    let read = read.and_then(|note| Checkpoint::from_text(note.text()));
    let size = read
        .map_err(|source| LogTrouble::BadCheckpoint { path, source })?
        .size();
    Ok(Some(WitnessRequest::new(
        size,
        size,
        ConsistencyProof(Vec::new()),
        note,
    )))
}

/// That the first `size` leaves of the log continue the first `older`.
pub(in crate::sqlite) async fn consistency(
    connection: &mut SqliteConnection,
    older: u64,
    size: u64,
) -> Result<ConsistencyProof, sqlx::Error> {
    let edge = tiles::edge_at(connection, size).await?;
    let made = tiles::from_nodes(connection, &edge, |nodes| {
        match ConsistencyProof::make(older, size, &nodes) {
            Err(MakeError::Node(error)) => Err(error),
            Err(MakeError::Proof(error)) => Ok(Err(error)),
            Ok(proof) => Ok(Ok(proof)),
        }
    });
    made.await?.map_err(|error| damaged(0, error))
}

impl Sqlite {
    pub(crate) async fn witness_request(&self, old_size: u64) -> Result<Option<WitnessRequest>, ArchiveError> {
        let trouble = |source| ArchiveError::Log {
            path: self.path.clone(),
            source: Box::new(source),
        };
        // Before the database: what is committed is never behind what was signed.
        let Some(asked) = question(&self.path).map_err(trouble)? else {
            return Ok(None);
        };
        let size = asked.size;
        if old_size > size {
            return Ok(None);
        }
        let made = self.reading(|mut reader| async move { consistency(&mut reader, old_size, size).await });
        Ok(Some(WitnessRequest::new(old_size, size, made.await?, asked.note)))
    }

    pub(crate) async fn keep_witnessed(
        &self,
        request: &WitnessRequest,
        answer: &str,
        witness: &VerifierKey,
    ) -> Result<(), ArchiveError> {
        let trouble = |source| ArchiveError::Log {
            path: self.path.clone(),
            source: Box::new(source),
        };
        let refused = |source: Box<dyn std::error::Error + Send + Sync>| {
            let key = witness.to_string();
            trouble(LogTrouble::NotWitnessed { key, source })
        };
        let key = self.reading(|mut reader| async move { log_key(&mut reader).await });
        let key = key.await?.ok_or_else(|| {
            let path = checkpoints::path_of(&self.path);
            trouble(LogTrouble::NothingSigned { path })
        })?;
        let trust = LogTrust::new(key.name().as_str(), key.clone());
        let trust = trust.and_then(|trust| trust.with_witnesses(vec![witness.clone()], 1));
        let trust = trust.map_err(|error| refused(error.into()))?;
        let mut note = Note::parse(request.note.as_bytes()).map_err(|error| refused(error.into()))?;
        for signature in answer.lines().filter_map(Signature::parse) {
            note.add(signature).map_err(|error| refused(error.into()))?;
        }
        let verified = trust.verify(note).map_err(|error| refused(error.into()))?;
        let path = beside(&self.path, ".witnessed");
        let written = replace(&path, &verified.note().to_string());
        written.map_err(|source| trouble(LogTrouble::Io { path, source }))
    }
}
