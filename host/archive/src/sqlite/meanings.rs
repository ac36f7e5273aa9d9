//! What the numbers in stored judgements stand for.

use super::names::{Names, read_proposal};
use super::rows::damaged;
use crate::stored::judgement::Meanings as Read;
use proviso_model::Digest;
use proviso_model::verdict::AttributedProposal;
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What was read of the tables of names. A number never gets another meaning, so that nothing of it grows old.
#[derive(Default)]
pub(super) struct Meanings {
    known: Mutex<Arc<Known>>,
    /// The other way round: the numbers that the last commit of this process left.
    names: Mutex<Names>,
}

#[derive(Default)]
pub(super) struct Known {
    policies: HashMap<u32, (Arc<str>, Arc<str>)>,
    proposals: HashMap<u32, Arc<AttributedProposal>>,
    pack_lists: HashMap<i64, Arc<[Digest]>>,
}

impl Known {
    pub(super) fn packs(&self, pack_list: i64) -> Option<Arc<[Digest]>> {
        self.pack_lists.get(&pack_list).cloned()
    }
}

impl Read for Known {
    fn policy(&self, number: u32) -> Option<(Arc<str>, Arc<str>)> {
        self.policies.get(&number).cloned()
    }

    fn proposal(&self, number: u32) -> Option<Arc<AttributedProposal>> {
        self.proposals.get(&number).cloned()
    }
}

impl Meanings {
    /// The numbers of names that were committed, as far as this process has written any.
    pub(super) fn names(&self) -> Names {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of numbers that are committed.
    pub(super) fn remember(&self, names: &Names) {
        self.names
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(names);
    }

    /// What is known, all of these numbers included that the archive has.
    pub(super) async fn know(
        &self,
        connection: &mut SqliteConnection,
        policies: &[u32],
        proposals: &[u32],
        pack_list: i64,
    ) -> Result<Arc<Known>, sqlx::Error> {
        let known = Arc::clone(&self.known.lock().unwrap_or_else(PoisonError::into_inner));
        let has_all = policies.iter().all(|number| known.policies.contains_key(number))
            && proposals.iter().all(|number| known.proposals.contains_key(number))
            && known.pack_lists.contains_key(&pack_list);
        if has_all {
            return Ok(known);
        }
        let known = Arc::new(read(connection).await?);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&known);
        Ok(known)
    }
}

async fn read(connection: &mut SqliteConnection) -> Result<Known, sqlx::Error> {
    let mut known = Known::default();
    for row in sqlx::query("SELECT policy, pack, name FROM policies")
        .fetch_all(&mut *connection)
        .await?
    {
        let meaning = (row.try_get::<&str, _>(1)?.into(), row.try_get::<&str, _>(2)?.into());
        known.policies.insert(row.try_get(0)?, meaning);
    }
    for row in sqlx::query("SELECT proposal, json FROM proposals")
        .fetch_all(&mut *connection)
        .await?
    {
        known
            .proposals
            .insert(row.try_get(0)?, Arc::new(read_proposal(&row, 1)?));
    }
    for row in sqlx::query("SELECT pack_list, digests FROM pack_lists")
        .fetch_all(&mut *connection)
        .await?
    {
        let digests: Vec<Digest> = serde_json::from_str(row.try_get(1)?).map_err(|error| damaged(1, error))?;
        known.pack_lists.insert(row.try_get(0)?, digests.into());
    }
    Ok(known)
}
