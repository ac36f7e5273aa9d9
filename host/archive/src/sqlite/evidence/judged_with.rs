//! What messages were judged with beside themselves, for who judges them again by an export alone: the numbers of the messages before them,
//! the states of their subjects, and what the directory said of their parties. Of a message that is not exported nothing is given.

use crate::sqlite::Sqlite;
use crate::sqlite::steps::{self, Step};
use crate::storage::StorageError;
use proviso_evidence::{Before, Department, Evidence, FoldBefore, JudgedWith};
use proviso_model::directory::Directory;
use proviso_model::id::PolicyId;
use proviso_model::set::PolicySet;
use proviso_model::time::Zone;
use proviso_model::{Digest, Message, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

const FOLDS: &str = "SELECT t.message, p.pack, p.name, f.key, t.fold, t.state_before FROM json_each(?1) w
     CROSS JOIN fold_steps t ON t.message = w.value JOIN fold_states f USING (fold) JOIN policies p USING (policy)
     ORDER BY t.message, p.pack, p.name, f.key";

/// States before messages, by message.
pub(super) type Folds = HashMap<i64, Vec<FoldBefore>>;

/// What is kept from message to message.
#[derive(Default)]
pub(super) struct Between {
    before: Before<Parties>,
    /// The time zone of each generation's set; `None` where its set cannot be read.
    zones: HashMap<Digest, Option<Zone>>,
    /// By version and time zone; `None` where the version is not there.
    directories: HashMap<(i64, String), Option<Arc<Directory>>>,
}

/// Whom the directory is asked about for a message, and of which moment.
struct Parties {
    sent_at: Timestamp,
    accounts: Vec<String>,
}

impl Parties {
    fn of(message: &Message) -> Self {
        Self {
            sent_at: message.sent_at,
            accounts: message.parties().map(|party| party.id.clone()).collect(),
        }
    }
}

/// The states before some messages.
pub(super) async fn folds(connection: &mut SqliteConnection, list: &str) -> Result<Folds, sqlx::Error> {
    let rows = sqlx::query(FOLDS)
        .bind(list.to_owned())
        .fetch_all(&mut *connection)
        .await?;
    let read = |row: &SqliteRow| {
        Ok(Step {
            message: row.try_get(0)?,
            fold: row.try_get(4)?,
            stored: row.try_get(5)?,
        })
    };
    let read: Vec<Step> = rows.iter().map(read).collect::<Result<_, sqlx::Error>>()?;
    let states = steps::read_all(connection, &read).await?;
    let mut folds = Folds::new();
    for ((row, step), state) in rows.iter().zip(&read).zip(states) {
        folds.entry(step.message).or_default().push(FoldBefore {
            policy: PolicyId {
                pack: row.try_get::<&str, _>(1)?.into(),
                policy: row.try_get::<&str, _>(2)?.into(),
            },
            key: row.try_get::<&str, _>(3)?.into(),
            state: state.into(),
        });
    }
    Ok(folds)
}

impl Sqlite {
    /// Puts to the next message of an export what it was judged with. `folds` are its own.
    pub(super) async fn judged_with(
        &self,
        between: &mut Between,
        evidence: &mut Evidence,
        folds: Vec<FoldBefore>,
    ) -> Result<(), StorageError> {
        let (message, verdict) = (&evidence.message, &evidence.verdict);
        between.before.begin(message);
        let directory = match evidence.standing.directory {
            Some(version) => self.directory_of(between, version, verdict.generation).await?,
            None => None,
        };
        let named = between.before.named(&verdict.preceding);
        let departments = directory.map(|(directory, zone)| {
            let own = Parties::of(message);
            let before = named.iter().flatten().map(|(_, parties)| *parties);
            departments(&directory, &zone, message, std::iter::once(&own).chain(before))
        });
        evidence.judged_with = JudgedWith {
            before: named.map(|named| named.into_iter().map(|(number, _)| number).collect()),
            departments,
            folds,
        };
        between
            .before
            .add(evidence.number, message, verdict, || Parties::of(message));
        Ok(())
    }

    /// A version of the directory as a generation asks it, with the zone in which its days begin.
    async fn directory_of(
        &self,
        between: &mut Between,
        version: i64,
        generation: Digest,
    ) -> Result<Option<(Arc<Directory>, Zone)>, StorageError> {
        let zone = if let Some(zone) = between.zones.get(&generation) {
            zone.clone()
        } else {
            let record = self.generation(&generation).await?;
            let set = record.and_then(|record| PolicySet::from_canonical_json(&record.set_json).ok());
            let zone = set.map(|set| set.time_zone);
            between.zones.insert(generation, zone.clone());
            zone
        };
        let Some(zone) = zone else { return Ok(None) };
        let key = (version, zone.name().to_owned());
        let directory = if let Some(directory) = between.directories.get(&key) {
            directory.clone()
        } else {
            let record = self.directory(Some(version)).await?;
            let directory = record.map(|record| Arc::new(Directory::new(version, &record.rows, &zone)));
            between.directories.insert(key, directory.clone());
            directory
        };
        Ok(directory.map(|directory| (directory, zone)))
    }
}

/// What a directory says of parties in the channel of a message, each at its moment.
fn departments<'p>(
    directory: &Directory,
    zone: &Zone,
    of: &Message,
    parties: impl Iterator<Item = &'p Parties>,
) -> Vec<Department> {
    let mut found = BTreeSet::new();
    for Parties { sent_at, accounts } in parties {
        for account in accounts {
            let standing = directory.standing_at(&of.id.tenant, &of.id.channel, account, *sent_at);
            if let Some(standing) = standing {
                found.insert(Department {
                    account: account.clone(),
                    day: zone.day(*sent_at),
                    department: standing.department.to_owned(),
                });
            }
        }
    }
    found.into_iter().collect()
}
