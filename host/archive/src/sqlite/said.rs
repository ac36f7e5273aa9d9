//! What policies said of messages, as rows: verdicts with their findings and faults, retention, states and scores.

use super::bulk::{Insert, Lookup, Values};
use super::failure::Failure;
use super::names::Names;
use super::rows::kebab;
use super::steps::Chains;
use crate::batch::{Advance, Entry};
use crate::change::CommitError;
use crate::endings::Clocks;
use crate::stats::CitedRule;
use crate::stored::codes;
use crate::stored::judgement::{self, Decided};
use proviso_model::retention::Decision;
use proviso_model::verdict::{Fault, Finding, Score};
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;
use std::sync::Arc;

const FINDINGS: Insert = Insert {
    head: "INSERT INTO findings (message, policy, rule, severity, shadow)",
    columns: 5,
    tail: "",
};
const FAULTS: Insert = Insert {
    head: "INSERT INTO faults (message, policy, cause, detail)",
    columns: 4,
    tail: "",
};
const FOLD_STEPS: Insert = Insert {
    head: "INSERT INTO fold_steps (message, fold, state_before)",
    columns: 3,
    tail: "",
};
// `ON CONFLICT` behind `INSERT … VALUES` needs no `WHERE true`; behind `SELECT` it would.
const FOLD_STATES: Insert = Insert {
    head: "INSERT INTO fold_states (tenant, policy, key, message, state)",
    columns: 5,
    tail: "ON CONFLICT (tenant, policy, key) DO UPDATE SET message = excluded.message, state = excluded.state",
};
const SCORES: Insert = Insert {
    head: "INSERT INTO scores (tenant, policy, key, message, value, factors)",
    columns: 6,
    tail: "ON CONFLICT (tenant, policy, key) DO UPDATE SET message = excluded.message, value = excluded.value, \
           factors = excluded.factors",
};

const FOLDS: Lookup = Lookup {
    columns: &["tenant", "policy", "key"],
    select: "SELECT w.tenant, w.policy, w.key, f.fold FROM wanted w
             CROSS JOIN fold_states f ON f.tenant = w.tenant AND f.policy = w.policy AND f.key = w.key",
};

/// An entry with the numbers that stand for it and for the names it uses.
pub(super) struct Numbered<'a> {
    pub(super) message: i64,
    pub(super) stream: i64,
    pub(super) kind: i64,
    pub(super) generation: i64,
    pub(super) pack_list: i64,
    /// The rules that decided, where something was decided.
    pub(super) statute_list: Option<i64>,
    /// The lawful basis that was found.
    pub(super) basis: Option<i64>,
    pub(super) entry: &'a Entry,
}

impl Numbered<'_> {
    /// Binds `generation` to `clocks` of an envelope.
    pub(super) fn bind_judged(&self, values: &mut Values) {
        let verdict = &self.entry.verdict;
        values.int(self.generation).int(self.pack_list).int(verdict.held.into());
        values.maybe_text(verdict.withheld.map(kebab).as_deref());
        let decision = self.entry.retention.as_deref();
        values
            .maybe_int(self.statute_list)
            .maybe_int(decision.map(|decision| codes::of_why(decision.why).into()))
            .maybe_int(
                decision
                    .and_then(|decision| decision.until)
                    .map(|until| until.number().into()),
            )
            .maybe_int(self.entry.directory)
            .maybe_int(self.basis)
            .int(Clocks::of_verdict(verdict).bits());
    }

    /// What was said of it.
    pub(super) fn judgement(&self, names: &Names) -> Vec<u8> {
        judgement_of(self.entry, names)
    }
}

/// What was said of a message, in its stored form.
pub(super) fn judgement_of(entry: &Entry, names: &Names) -> Vec<u8> {
    let Entry {
        message,
        verdict,
        fuel,
        retention,
        ..
    } = entry;
    let decided = match retention {
        Some(decision) => Decided::Decision(Arc::clone(decision)),
        None => Decided::Nothing,
    };
    judgement::write(verdict, *fuel, &decided, (&message.text, message.digest()), names)
}

/// Something of a message that a policy said or did.
pub(super) struct Said<'a, T> {
    pub(super) message: i64,
    pub(super) tenant: &'a str,
    pub(super) policy: i64,
    pub(super) what: &'a T,
}

/// Gives messages the numbers that follow the last one, and looks up those of the names that they use.
pub(super) async fn number<'a>(
    connection: &mut SqliteConnection,
    names: &mut Names,
    entries: &'a [Entry],
) -> Result<Vec<Numbered<'a>>, Failure> {
    // One writer: nobody takes a number in between. The sequence never gives a number again, even of a message disposed of.
    let last: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'envelopes'")
        .fetch_optional(&mut *connection)
        .await?;
    let mut numbered = Vec::with_capacity(entries.len());
    for (message, entry) in (last.unwrap_or(0) + 1..).zip(entries) {
        let generation = &entry.verdict.generation;
        for proposal in &entry.verdict.proposals {
            names.note_proposal(connection, proposal).await?;
        }
        numbered.push(Numbered {
            message,
            stream: names
                .stream(connection, &entry.message.id.tenant, &entry.message.id.channel)
                .await?,
            kind: names.kind(connection, entry.message.kind).await?,
            generation: names.generation(connection, generation).await?.ok_or(Failure::Refused(
                CommitError::UnknownGeneration {
                    generation: *generation,
                },
            ))?,
            pack_list: names.pack_list(connection, &entry.verdict.packs).await?,
            statute_list: match &entry.retention {
                Some(decision) => Some(names.statute_list(connection, &cited_rules(decision)).await?),
                None => None,
            },
            basis: match &entry.basis {
                Some(applied) => Some(names.basis(connection, applied).await?),
                None => None,
            },
            entry,
        });
    }
    Ok(numbered)
}

/// The rules that decided, without the days of one message: many messages share them.
pub(super) fn cited_rules(decision: &Decision) -> Vec<CitedRule> {
    let cited = decision.decided_by.iter().map(|cited| CitedRule {
        rule: cited.rule.clone(),
        law: cited.law.clone(),
        article: cited.article.clone(),
    });
    cited.collect()
}

/// Words of policies, each under the policy's name.
pub(super) trait OfPolicy {
    fn pack_and_policy(&self) -> (&str, &str);
}

impl OfPolicy for Finding {
    fn pack_and_policy(&self) -> (&str, &str) {
        (&self.pack, &self.policy)
    }
}

impl OfPolicy for Fault {
    fn pack_and_policy(&self) -> (&str, &str) {
        (&self.pack, &self.policy)
    }
}

impl OfPolicy for Score {
    fn pack_and_policy(&self) -> (&str, &str) {
        (&self.pack, &self.policy)
    }
}

impl OfPolicy for Advance {
    fn pack_and_policy(&self) -> (&str, &str) {
        (&self.policy.pack, &self.policy.policy)
    }
}

pub(super) async fn said<'a, T: OfPolicy + 'a>(
    connection: &mut SqliteConnection,
    names: &mut Names,
    entries: &[Numbered<'a>],
    of: impl Fn(&'a Entry) -> &'a Vec<T>,
) -> Result<Vec<Said<'a, T>>, sqlx::Error> {
    let mut all = Vec::new();
    for numbered in entries {
        for what in of(numbered.entry) {
            let (pack, policy) = what.pack_and_policy();
            let policy = names.policy(connection, pack, policy).await?;
            all.push(Said {
                message: numbered.message,
                tenant: &numbered.entry.message.id.tenant,
                policy,
                what,
            });
        }
    }
    Ok(all)
}

pub(super) async fn write_findings(
    connection: &mut SqliteConnection,
    findings: &[Said<'_, Finding>],
    faults: &[Said<'_, Fault>],
) -> Result<(), sqlx::Error> {
    FINDINGS
        .run(connection, findings, |values, said| {
            values
                .int(said.message)
                .int(said.policy)
                .text(&said.what.rule)
                .text(said.what.severity.name())
                .int(said.what.shadow.into());
        })
        .await?;
    FAULTS
        .run(connection, faults, |values, said| {
            values
                .int(said.message)
                .int(said.policy)
                .text(said.what.cause.name())
                .text(&said.what.detail);
        })
        .await
}

pub(super) async fn write_folds(
    connection: &mut SqliteConnection,
    chains: &mut Chains,
    advances: &[Said<'_, Advance>],
    scores: &[Said<'_, Score>],
) -> Result<(), sqlx::Error> {
    FOLD_STATES
        .run(
            connection,
            &last_of_each_key(advances, |advance| &advance.key),
            |values, said| {
                values
                    .text(said.tenant)
                    .int(said.policy)
                    .text(&said.what.key)
                    .int(said.message)
                    .blob(&said.what.after);
            },
        )
        .await?;
    let folds = folds_of(connection, advances).await?;
    let states: Vec<_> = folds
        .iter()
        .zip(advances)
        .map(|(fold, said)| (*fold, &said.what.before))
        .collect();
    let steps = advances.iter().zip(&folds).zip(chains.next(&states));
    let steps: Vec<_> = steps.map(|((said, fold), step)| (said.message, *fold, step)).collect();
    FOLD_STEPS
        .run(connection, &steps, |values, (message, fold, step)| {
            values.int(*message).int(*fold).blob(step);
        })
        .await?;
    SCORES
        .run(
            connection,
            &last_of_each_key(scores, |score| &score.key),
            |values, said| {
                values
                    .text(said.tenant)
                    .int(said.policy)
                    .text(&said.what.key)
                    .int(said.message);
                values.real(said.what.value).owned_text(json(&said.what.factors));
            },
        )
        .await
}

/// The numbers of the subjects that were advanced, which have a state.
pub(super) async fn folds_of(
    connection: &mut SqliteConnection,
    advances: &[Said<'_, Advance>],
) -> Result<Vec<i64>, sqlx::Error> {
    let keys = last_of_each_key(advances, |advance| &advance.key);
    let rows = FOLDS
        .run(connection, &keys, |values, said| {
            values.text(said.tenant).int(said.policy).text(&said.what.key);
        })
        .await?;
    let mut numbers: HashMap<(String, i64, String), i64> = HashMap::with_capacity(rows.len());
    for row in rows {
        numbers.insert((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?), row.try_get(3)?);
    }
    let number = |said: &Said<'_, Advance>| {
        let key = (said.tenant.to_owned(), said.policy, said.what.key.to_string());
        numbers.get(&key).copied().ok_or(sqlx::Error::RowNotFound)
    };
    advances.iter().map(number).collect()
}

/// A batch may advance a key many times; only where it ends is the key's state.
fn last_of_each_key<'a, 's, T>(all: &'s [Said<'a, T>], key: impl Fn(&'a T) -> &'a str) -> Vec<&'s Said<'a, T>> {
    let mut last: HashMap<(&str, i64, &str), usize> = HashMap::new();
    for (at, said) in all.iter().enumerate() {
        last.insert((said.tenant, said.policy, key(said.what)), at);
    }
    let mut places: Vec<usize> = last.into_values().collect();
    places.sort_unstable();
    places.into_iter().map(|at| &all[at]).collect()
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("lists of spans and factors have no map keys")
}
