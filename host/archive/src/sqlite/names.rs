//! Names that many rows share, and the numbers that stand for them.

use super::rows::damaged;
use crate::stats::CitedRule;
use crate::stored::basis;
use crate::stored::judgement::Numbers;
use crate::stored::lists::write_cited_rules;
use crate::stored::verdict::{self, write_proposal};
use proviso_model::basis::Applied;
use proviso_model::message::Kind;
use proviso_model::verdict::AttributedProposal;
use proviso_model::{Digest, Verdict};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use std::collections::HashMap;
use std::sync::Arc;

/// Proposals that are given numbers. A pack's rules make a few dozen; a plugin that words each one anew has them written out.
const PROPOSALS_MAX: usize = 4_096;

/// What is known of the tables of names. Never forgets: all of them are as few as an operator's configuration is long. A copy
/// costs nothing until it learns something.
#[derive(Clone, Default)]
pub(super) struct Names {
    tables: Arc<Tables>,
}

#[derive(Clone, Default)]
struct Tables {
    streams: HashMap<String, HashMap<String, i64>>,
    policies: HashMap<Arc<str>, HashMap<Arc<str>, i64>>,
    pack_lists: HashMap<Vec<Digest>, i64>,
    statute_lists: HashMap<Vec<CitedRule>, i64>,
    generations: HashMap<Digest, i64>,
    kinds: HashMap<Kind, i64>,
    bases: HashMap<Arc<Applied>, i64>,
    proposals: HashMap<Arc<AttributedProposal>, i64>,
}

impl Numbers for Names {
    fn policy(&self, pack: &str, policy: &str) -> u32 {
        let number = self.tables.policies.get(pack).and_then(|policies| policies.get(policy));
        let number = number.expect("every policy that said something was looked up before");
        u32::try_from(*number).expect("policies are few")
    }

    fn proposal(&self, proposal: &AttributedProposal) -> Option<u32> {
        self.tables
            .proposals
            .get(proposal)
            .map(|number| u32::try_from(*number).expect("they are bounded"))
    }
}

impl Names {
    /// True if all that a verdict names has a number.
    pub(super) fn has_all(&self, verdict: &Verdict) -> bool {
        let has = |pack: &str, policy: &str| {
            let policies = self.tables.policies.get(pack);
            policies.is_some_and(|policies| policies.contains_key(policy))
        };
        verdict
            .findings
            .iter()
            .all(|finding| has(&finding.pack, &finding.policy))
            && verdict.faults.iter().all(|fault| has(&fault.pack, &fault.policy))
            && verdict.scores.iter().all(|score| has(&score.pack, &score.policy))
            && verdict
                .proposals
                .iter()
                .all(|proposal| self.tables.proposals.contains_key(proposal))
    }

    pub(super) async fn load(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let mut names = Tables::default();
        for row in sqlx::query("SELECT tenant, channel, stream FROM streams")
            .fetch_all(&mut *connection)
            .await?
        {
            names
                .streams
                .entry(row.try_get(0)?)
                .or_default()
                .insert(row.try_get(1)?, row.try_get(2)?);
        }
        for row in sqlx::query("SELECT pack, name, policy FROM policies")
            .fetch_all(&mut *connection)
            .await?
        {
            names
                .policies
                .entry(row.try_get::<&str, _>(0)?.into())
                .or_default()
                .insert(row.try_get::<&str, _>(1)?.into(), row.try_get(2)?);
        }
        for row in sqlx::query("SELECT proposal, json FROM proposals")
            .fetch_all(&mut *connection)
            .await?
        {
            names
                .proposals
                .insert(Arc::new(read_proposal(&row, 1)?), row.try_get(0)?);
        }
        Ok(Self {
            tables: Arc::new(names),
        })
    }

    fn learn(&mut self) -> &mut Tables {
        Arc::make_mut(&mut self.tables)
    }

    pub(super) async fn stream(
        &mut self,
        connection: &mut SqliteConnection,
        tenant: &str,
        channel: &str,
    ) -> Result<i64, sqlx::Error> {
        if let Some(stream) = self
            .tables
            .streams
            .get(tenant)
            .and_then(|channels| channels.get(channel))
        {
            return Ok(*stream);
        }
        let stream = sqlx::query_scalar(
            "INSERT INTO streams (tenant, channel) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET tenant = excluded.tenant RETURNING stream",
        )
        .bind(tenant.to_owned())
        .bind(channel.to_owned())
        .fetch_one(connection)
        .await?;
        let streams = &mut self.learn().streams;
        streams
            .entry(tenant.to_owned())
            .or_default()
            .insert(channel.to_owned(), stream);
        Ok(stream)
    }

    pub(super) async fn policy(
        &mut self,
        connection: &mut SqliteConnection,
        pack: &str,
        policy: &str,
    ) -> Result<i64, sqlx::Error> {
        if let Some(number) = self.tables.policies.get(pack).and_then(|policies| policies.get(policy)) {
            return Ok(*number);
        }
        let number = sqlx::query_scalar(
            "INSERT INTO policies (pack, name) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET pack = excluded.pack RETURNING policy",
        )
        .bind(pack.to_owned())
        .bind(policy.to_owned())
        .fetch_one(connection)
        .await?;
        let policies = &mut self.learn().policies;
        policies.entry(pack.into()).or_default().insert(policy.into(), number);
        Ok(number)
    }

    pub(super) async fn pack_list(
        &mut self,
        connection: &mut SqliteConnection,
        packs: &[Digest],
    ) -> Result<i64, sqlx::Error> {
        if let Some(number) = self.tables.pack_lists.get(packs) {
            return Ok(*number);
        }
        let number = sqlx::query_scalar(
            "INSERT INTO pack_lists (digests) VALUES (?)
             ON CONFLICT DO UPDATE SET digests = excluded.digests RETURNING pack_list",
        )
        .bind(pack_list_text(packs))
        .fetch_one(connection)
        .await?;
        self.learn().pack_lists.insert(packs.to_vec(), number);
        Ok(number)
    }

    pub(super) async fn statute_list(
        &mut self,
        connection: &mut SqliteConnection,
        statutes: &[CitedRule],
    ) -> Result<i64, sqlx::Error> {
        if let Some(number) = self.tables.statute_lists.get(statutes) {
            return Ok(*number);
        }
        let number = sqlx::query_scalar(
            "INSERT INTO statute_lists (statutes) VALUES (?)
             ON CONFLICT DO UPDATE SET statutes = excluded.statutes RETURNING statute_list",
        )
        .bind(write_cited_rules(statutes))
        .fetch_one(connection)
        .await?;
        self.learn().statute_lists.insert(statutes.to_vec(), number);
        Ok(number)
    }

    /// `None` if that generation was never recorded.
    pub(super) async fn generation(
        &mut self,
        connection: &mut SqliteConnection,
        generation: &Digest,
    ) -> Result<Option<i64>, sqlx::Error> {
        if let Some(number) = self.tables.generations.get(generation) {
            return Ok(Some(*number));
        }
        let number = sqlx::query_scalar("SELECT generation FROM generations WHERE digest = ?")
            .bind(generation.to_string())
            .fetch_optional(connection)
            .await?;
        if let Some(number) = number {
            self.learn().generations.insert(*generation, number);
        }
        Ok(number)
    }

    pub(super) async fn kind(&mut self, connection: &mut SqliteConnection, kind: Kind) -> Result<i64, sqlx::Error> {
        if let Some(number) = self.tables.kinds.get(&kind) {
            return Ok(*number);
        }
        let number = sqlx::query_scalar(
            "INSERT INTO kinds (name) VALUES (?) ON CONFLICT DO UPDATE SET name = excluded.name RETURNING kind",
        )
        .bind(kind.name())
        .fetch_one(connection)
        .await?;
        self.learn().kinds.insert(kind, number);
        Ok(number)
    }

    pub(super) async fn basis(
        &mut self,
        connection: &mut SqliteConnection,
        applied: &Arc<Applied>,
    ) -> Result<i64, sqlx::Error> {
        if let Some(number) = self.tables.bases.get(applied) {
            return Ok(*number);
        }
        let number = sqlx::query_scalar(
            "INSERT INTO bases (permits, applied) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET applied = excluded.applied RETURNING basis",
        )
        .bind(applied.permits.name())
        .bind(basis::write(applied))
        .fetch_one(connection)
        .await?;
        self.learn().bases.insert(Arc::clone(applied), number);
        Ok(number)
    }

    /// Gives a proposal a number, while there are any.
    pub(super) async fn note_proposal(
        &mut self,
        connection: &mut SqliteConnection,
        proposal: &Arc<AttributedProposal>,
    ) -> Result<(), sqlx::Error> {
        if self.tables.proposals.contains_key(proposal) || self.tables.proposals.len() >= PROPOSALS_MAX {
            return Ok(());
        }
        let number = sqlx::query_scalar(
            "INSERT INTO proposals (json) VALUES (?) ON CONFLICT DO UPDATE SET json = excluded.json RETURNING proposal",
        )
        .bind(write_proposal(proposal))
        .fetch_one(connection)
        .await?;
        self.learn().proposals.insert(Arc::clone(proposal), number);
        Ok(())
    }
}

/// A list of packs as its table has it.
pub(super) fn pack_list_text(packs: &[Digest]) -> String {
    serde_json::to_string(packs).expect("digests are written as texts")
}

/// A proposal of the table of them.
pub(super) fn read_proposal(row: &SqliteRow, at: usize) -> Result<AttributedProposal, sqlx::Error> {
    verdict::read_proposal(row.try_get(at)?).map_err(|error| damaged(at, error))
}
