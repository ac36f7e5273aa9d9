//! Names that many rows share, and the numbers that stand for them.

use crate::stats::CitedRule;
use crate::stored::lists::write_cited_rules;
use proviso_model::Digest;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;

/// What is known of the tables of names. Never forgets: all of them are as few as an operator's configuration is long.
#[derive(Clone, Default)]
pub(super) struct Names {
    streams: HashMap<String, HashMap<String, i64>>,
    policies: HashMap<String, HashMap<String, i64>>,
    pack_lists: HashMap<Vec<Digest>, i64>,
    statute_lists: HashMap<Vec<CitedRule>, i64>,
    generations: HashMap<Digest, i64>,
    /// True if this knows more than what it was cloned from.
    grown: bool,
}

impl Names {
    pub(super) async fn load(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let mut names = Self::default();
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
                .entry(row.try_get(0)?)
                .or_default()
                .insert(row.try_get(1)?, row.try_get(2)?);
        }
        Ok(names)
    }

    pub(super) fn take_grown(&mut self) -> bool {
        std::mem::take(&mut self.grown)
    }

    pub(super) async fn stream(
        &mut self,
        connection: &mut SqliteConnection,
        tenant: &str,
        channel: &str,
    ) -> Result<i64, sqlx::Error> {
        if let Some(stream) = self.streams.get(tenant).and_then(|channels| channels.get(channel)) {
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
        self.streams
            .entry(tenant.to_owned())
            .or_default()
            .insert(channel.to_owned(), stream);
        self.grown = true;
        Ok(stream)
    }

    pub(super) async fn policy(
        &mut self,
        connection: &mut SqliteConnection,
        pack: &str,
        policy: &str,
    ) -> Result<i64, sqlx::Error> {
        if let Some(number) = self.policies.get(pack).and_then(|policies| policies.get(policy)) {
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
        self.policies
            .entry(pack.to_owned())
            .or_default()
            .insert(policy.to_owned(), number);
        self.grown = true;
        Ok(number)
    }

    pub(super) async fn pack_list(
        &mut self,
        connection: &mut SqliteConnection,
        packs: &[Digest],
    ) -> Result<i64, sqlx::Error> {
        if let Some(number) = self.pack_lists.get(packs) {
            return Ok(*number);
        }
        let number = sqlx::query_scalar(
            "INSERT INTO pack_lists (digests) VALUES (?)
             ON CONFLICT DO UPDATE SET digests = excluded.digests RETURNING pack_list",
        )
        .bind(serde_json::to_string(packs).expect("digests are written as texts"))
        .fetch_one(connection)
        .await?;
        self.pack_lists.insert(packs.to_vec(), number);
        self.grown = true;
        Ok(number)
    }

    pub(super) async fn statute_list(
        &mut self,
        connection: &mut SqliteConnection,
        statutes: &[CitedRule],
    ) -> Result<i64, sqlx::Error> {
        if let Some(number) = self.statute_lists.get(statutes) {
            return Ok(*number);
        }
        let number = sqlx::query_scalar(
            "INSERT INTO statute_lists (statutes) VALUES (?)
             ON CONFLICT DO UPDATE SET statutes = excluded.statutes RETURNING statute_list",
        )
        .bind(write_cited_rules(statutes))
        .fetch_one(connection)
        .await?;
        self.statute_lists.insert(statutes.to_vec(), number);
        self.grown = true;
        Ok(number)
    }

    /// `None` if that generation was never recorded.
    pub(super) async fn generation(
        &mut self,
        connection: &mut SqliteConnection,
        generation: &Digest,
    ) -> Result<Option<i64>, sqlx::Error> {
        if let Some(number) = self.generations.get(generation) {
            return Ok(Some(*number));
        }
        let number = sqlx::query_scalar("SELECT generation FROM generations WHERE digest = ?")
            .bind(generation.to_string())
            .fetch_optional(connection)
            .await?;
        if let Some(number) = number {
            self.generations.insert(*generation, number);
            self.grown = true;
        }
        Ok(number)
    }
}
