//! What policies said of messages, as rows: verdicts with their findings and faults, retention, states and scores.

use super::bulk::Insert;
use super::failure::Failure;
use super::names::Names;
use super::rows::kebab;
use crate::batch::{Advance, Entry};
use crate::change::CommitError;
use crate::stats::CitedRule;
use crate::stored;
use proviso_model::Digest;
use proviso_model::digest::DigestBuilder;
use proviso_model::retention::Decision;
use proviso_model::verdict::{Fault, Finding, Score};
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;

const VERDICTS: Insert = Insert {
    head: "INSERT INTO verdicts (message, generation, pack_list, fuel, held, withheld, input, verdict, form, digest, directory)",
    columns: 11,
    tail: "",
};
const FINDINGS: Insert = Insert {
    head: "INSERT INTO findings (message, policy, rule, severity, shadow, spans, text, reason_zh, reason_en)",
    columns: 9,
    tail: "",
};
const FAULTS: Insert = Insert {
    head: "INSERT INTO faults (message, policy, cause, detail)",
    columns: 4,
    tail: "",
};
const RETENTION: Insert = Insert {
    head: "INSERT INTO retention (message, statute_list, keep_until, decision)",
    columns: 4,
    tail: "",
};
const FOLD_STEPS: Insert = Insert {
    head: "INSERT INTO fold_steps (message, policy, key, state_before)",
    columns: 4,
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

/// An entry with the numbers that stand for it and for the names it uses.
pub(super) struct Numbered<'a> {
    pub(super) message: i64,
    pub(super) stream: i64,
    generation: i64,
    pack_list: i64,
    /// Where something was decided.
    retention: Option<Kept<'a>>,
    pub(super) entry: &'a Entry,
}

/// A retention decision and the number that stands for its rules.
struct Kept<'a> {
    statute_list: i64,
    decision: &'a Decision,
    json: String,
}

impl Kept<'_> {
    fn until(&self) -> Option<String> {
        self.decision.until.map(|day| day.to_string())
    }
}

/// Something of a message that a policy said or did.
pub(super) struct Said<'a, T> {
    pub(super) message: i64,
    tenant: &'a str,
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
    let last: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'messages'")
        .fetch_optional(&mut *connection)
        .await?;
    let mut numbered = Vec::with_capacity(entries.len());
    for (message, entry) in (last.unwrap_or(0) + 1..).zip(entries) {
        let generation = &entry.verdict.generation;
        numbered.push(Numbered {
            message,
            stream: names
                .stream(connection, &entry.message.id.tenant, &entry.message.id.channel)
                .await?,
            generation: names.generation(connection, generation).await?.ok_or(Failure::Refused(
                CommitError::UnknownGeneration {
                    generation: *generation,
                },
            ))?,
            pack_list: names.pack_list(connection, &entry.verdict.packs).await?,
            retention: match &entry.retention {
                Some(decision) => Some(Kept {
                    statute_list: names.statute_list(connection, &cited_rules(decision)).await?,
                    decision,
                    json: stored::decision::write(decision),
                }),
                None => None,
            },
            entry,
        });
    }
    Ok(numbered)
}

/// The rules that decided, without the days of one message: many messages share them.
fn cited_rules(decision: &Decision) -> Vec<CitedRule> {
    let cited = decision.decided_by.iter().map(|cited| CitedRule {
        rule: cited.rule.clone(),
        law: cited.law.clone(),
        article: cited.article.clone(),
    });
    cited.collect()
}

/// What tells a stored verdict from one that was altered: over its text, what the policies used, and the retention decision.
pub(super) fn digest(verdict: &str, fuel: i64, decision: Option<(&str, Option<&str>)>) -> Digest {
    let mut digest = DigestBuilder::new("proviso archived verdict 1");
    digest.part(verdict.as_bytes()).part(&fuel.to_le_bytes());
    if let Some((json, keep_until)) = decision {
        digest
            .part(json.as_bytes())
            .part(keep_until.unwrap_or_default().as_bytes());
    }
    digest.finish()
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

pub(super) async fn write_verdicts(
    connection: &mut SqliteConnection,
    entries: &[Numbered<'_>],
    findings: &[Said<'_, Finding>],
    faults: &[Said<'_, Fault>],
) -> Result<(), sqlx::Error> {
    VERDICTS
        .run(connection, entries, |values, numbered| {
            let verdict = &numbered.entry.verdict;
            let json = verdict.to_canonical_json();
            let fuel = i64::try_from(numbered.entry.fuel).unwrap_or(i64::MAX);
            let keep_until = numbered.retention.as_ref().and_then(Kept::until);
            let decision = numbered
                .retention
                .as_ref()
                .map(|kept| (kept.json.as_str(), keep_until.as_deref()));
            let digest = digest(&json, fuel, decision);
            values
                .int(numbered.message)
                .int(numbered.generation)
                .int(numbered.pack_list);
            values.int(fuel).int(verdict.held.into());
            values.maybe_text(verdict.withheld.map(kebab).as_deref());
            values.blob(verdict.input.as_bytes()).owned_text(json);
            values.int(stored::verdict::FORM).blob(digest.as_bytes());
            values.maybe_int(numbered.entry.directory);
        })
        .await?;
    FINDINGS
        .run(connection, findings, |values, said| {
            let finding = said.what;
            values
                .int(said.message)
                .int(said.policy)
                .text(&finding.rule)
                .text(finding.severity.name());
            values
                .int(finding.shadow.into())
                .owned_text(json(&finding.spans))
                .text(&finding.text);
            values
                .maybe_text(finding.reason.zh.as_deref())
                .maybe_text(finding.reason.en.as_deref());
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

pub(super) async fn write_retention(
    connection: &mut SqliteConnection,
    entries: &[Numbered<'_>],
) -> Result<(), sqlx::Error> {
    let decided: Vec<_> = entries
        .iter()
        .filter_map(|numbered| Some((numbered.message, numbered.retention.as_ref()?)))
        .collect();
    RETENTION
        .run(connection, &decided, |values, (message, kept)| {
            values.int(*message).int(kept.statute_list);
            values.maybe_text(kept.until().as_deref()).text(&kept.json);
        })
        .await
}

pub(super) async fn write_folds(
    connection: &mut SqliteConnection,
    advances: &[Said<'_, Advance>],
    scores: &[Said<'_, Score>],
) -> Result<(), sqlx::Error> {
    FOLD_STEPS
        .run(connection, advances, |values, said| {
            values
                .int(said.message)
                .int(said.policy)
                .text(&said.what.key)
                .blob(&said.what.before);
        })
        .await?;
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
