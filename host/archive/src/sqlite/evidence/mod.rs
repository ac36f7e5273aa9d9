//! Exports: chooses messages, reads all that is given away of them, has the log tell of it, and adds what shows that it did.
//!
//! `choose` says which messages, `read` opens them, `judged_with` adds what they were judged with, `masked` makes and finds pseudonyms, `tell` writes the log's entry, `prove` leads from the log's entries to the checkpoint.

mod choose;
mod judged_with;
mod masked;
mod prove;
mod read;
mod tell;

pub(super) use masked::{Keyed, OfSearches, pseudonym_of_place, searched};
pub(super) use tell::{next_number, tell};

use super::Sqlite;
use super::log::start::log_key;
use crate::change::Change;
use crate::evidence::{Chosen, EXPORT_MESSAGES_MAX, ExportError, ExportRequest, Given, Packs, enclosed, pack_path};
use crate::log::LogTrouble;
use crate::opening::ArchiveError;
use crate::sqlite::bulk::number_list;
use crate::sqlite::log::checkpoints;
use crate::storage::StorageError;
use proviso_evidence::{Generation, Sink, Writer};
use proviso_model::{Digest, Principal, Timestamp};
use proviso_proof::note::VerifiedCheckpoint;
use std::collections::{BTreeSet, HashMap};

/// Messages that are read at once, and the sealed bytes at which no more are.
const CHUNK: usize = 256;
const CHUNK_BYTES: u64 = 8 << 20;

impl Sqlite {
    pub(crate) async fn export<S: Sink>(
        &self,
        sink: S,
        request: &ExportRequest,
        chosen: &[Chosen],
        packs: &dyn Packs,
        (by, now): (&Principal, fn() -> Timestamp),
    ) -> Result<(S, Given), ExportError<S::Error>>
    where
        S::Error: std::error::Error + 'static,
    {
        if chosen.is_empty() {
            return Err(ExportError::Nothing);
        }
        if chosen.len() > EXPORT_MESSAGES_MAX {
            return Err(ExportError::TooMany(chosen.len()));
        }
        let (number, key) = self
            .reading(|mut reader| async move {
                let number = tell::next_number(&mut reader).await?;
                Ok((number, log_key(&mut reader).await?))
            })
            .await?;
        let key = key.ok_or_else(|| self.nothing_signed())?;
        let about = request.about(number, key.name().to_string(), by);
        let mut writer = Writer::new(sink, about, request.views);
        let witnessed = self.witnessed(&key).await?;
        if let Some(witnessed) = &witnessed {
            writer.witnessed(witnessed.note().clone());
        }
        let mut reading = read::Reading::new(&request.zone);
        if !request.masked {
            reading.begin_judged_with();
        }
        let mut mask = if request.masked {
            Some(self.mask(masked::Keyed::new(&self.sealing, number)).await?)
        } else {
            None
        };
        let mut generations = BTreeSet::new();
        let mut left = chosen;
        while !left.is_empty() {
            let (chunk, rest) = left.split_at(self.room_for(left).await?);
            left = rest;
            for one in self.evidence(&mut reading, chunk).await? {
                let (mut evidence, known) = one.map_err(ExportError::Gone)?;
                if let Some(mask) = &mut mask {
                    mask.apply(&mut evidence);
                }
                for (number, pack, policy) in &known.policies {
                    writer.policy(*number, pack, policy);
                }
                for (number, json) in &known.proposals {
                    writer.proposal(*number, json);
                }
                generations.insert(evidence.verdict.generation);
                writer.message(&evidence).map_err(ExportError::Write)?;
            }
        }
        self.generations_of(&generations, packs, request.masked, &mut writer)
            .await?;
        let unproven = writer.finish().map_err(ExportError::Write)?;
        let (kind, fields) = unproven.exported();
        let before = self
            .reading(|mut reader| async move { tell::size(&mut reader).await })
            .await?;
        // Made anew of what was written: another message, form or recipient is another act than the one that was approved.
        let run = request
            .request
            .as_ref()
            .map(|run| (run.number, request.act(&run.tenant, chosen)));
        let exported = Change::Exported {
            number,
            kind,
            fields: &fields,
            request: run.as_ref().map(|(number, act)| (*number, act)),
            at: now(),
        };
        self.commit(exported, by).await?;
        let digest = *unproven.digest();
        let told = self
            .reading(|mut reader| async move { tell::told(&mut reader, before, &digest).await })
            .await?;
        let leaf = told.place.leaf;
        let witnessed = witnessed.as_ref().map(VerifiedCheckpoint::checkpoint);
        let proof = self.proof(key.clone(), told, unproven.places(), witnessed).await?;
        let given = Given {
            number,
            manifest: hex(unproven.digest()),
            messages: unproven.messages(),
            matches: unproven.matches(),
            conversations: unproven.conversations(),
            leaf,
            key: key.to_string(),
        };
        let sink = unproven.prove(&proof).map_err(ExportError::Write)?;
        Ok((sink, given))
    }

    /// How many of the messages are read at once: one at least.
    async fn room_for(&self, chosen: &[Chosen]) -> Result<usize, StorageError> {
        let chosen = &chosen[..chosen.len().min(CHUNK)];
        let list = number_list(chosen.iter().map(|one| one.arrival));
        let sizes: Vec<(i64, i64)> = self
            .reading(|mut reader| async move {
                sqlx::query_as(
                    "SELECT c.message, length(c.content) FROM json_each(?) w CROSS JOIN contents c ON c.message = w.value",
                )
                .bind(list)
                .fetch_all(&mut *reader)
                .await
            })
            .await?;
        let sizes: HashMap<i64, u64> = sizes
            .into_iter()
            .map(|(message, bytes)| (message, bytes.unsigned_abs()))
            .collect();
        let mut bytes = 0;
        let taken = chosen.iter().take_while(|one| {
            let is_room = bytes < CHUNK_BYTES;
            bytes += sizes.get(&one.arrival).copied().unwrap_or_default();
            is_room
        });
        Ok(taken.count())
    }

    async fn generations_of<S: Sink>(
        &self,
        ids: &BTreeSet<Digest>,
        packs: &dyn Packs,
        masked: bool,
        writer: &mut Writer<S>,
    ) -> Result<(), ExportError<S::Error>>
    where
        S::Error: std::error::Error + 'static,
    {
        let mut written = BTreeSet::new();
        for id in ids {
            let Some(record) = self.generation(id).await? else {
                continue;
            };
            let mut named = Vec::with_capacity(record.packs.len());
            for pack in &record.packs {
                let at_hand = packs.pack(&pack.digest);
                if let Some(at_hand) = &at_hand
                    && written.insert(pack.digest)
                {
                    let path = pack_path(&pack.digest.to_string());
                    writer.enclose(&path, &at_hand.file).map_err(ExportError::Write)?;
                }
                named.push(enclosed(&pack.name, &pack.version, &pack.digest, at_hand.as_ref()));
            }
            // A set names people: who is in which department, whom a scope leaves out.
            let set = |text: String| if masked { String::new() } else { text };
            writer.generation(Generation {
                id: record.id.to_string(),
                recorded_at: record.recorded_at.as_millis(),
                engine: record.engine_version,
                set_file: record.set_file,
                set_text: set(record.set_text),
                set_json: set(record.set_json),
                packs: named,
            });
        }
        Ok(())
    }

    fn nothing_signed(&self) -> ArchiveError {
        self.log_trouble(LogTrouble::NothingSigned {
            path: checkpoints::path_of(&self.path),
        })
    }

    fn log_trouble(&self, source: LogTrouble) -> ArchiveError {
        ArchiveError::Log {
            path: self.path.clone(),
            source: Box::new(source),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    Digest::from_bytes(bytes.try_into().expect("a digest has 32 bytes"))
        .to_string()
        .trim_start_matches("sha256:")
        .to_owned()
}
