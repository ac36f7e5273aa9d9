//! Reads messages with all that is given away of them: what they say, what was said of them, the sealed bytes with the key of each record,
//! and what the log tells.

use super::judged_with::{Between, Folds, folds};
use crate::evidence::Chosen;
use crate::sqlite::Sqlite;
use crate::sqlite::bulk::number_list;
use crate::sqlite::log::judged::{JUDGED, OfMessage};
use crate::sqlite::meanings::Known;
use crate::sqlite::records::{CONTENT_COLUMNS, content_columns, no_packs, open_content};
use crate::sqlite::rows::{damage, damaged, read_time};
use crate::sqlite::sealing::Part;
use crate::storage::StorageError;
use crate::stored::judgement::{self, Beside, Decided, Meanings as _};
use crate::stored::{content, decision, verdict};
use proviso_evidence::{Evidence, JudgedAt, JudgedWith, Person, Review, Sealed, Standing, Told, envelope_digest};
use proviso_model::directory::Directory;
use proviso_model::time::Zone;
use proviso_model::{Digest, Message};
use proviso_proof::Hash;
use proviso_proof::commitment::{Commitment, Salt};
use proviso_proof::entry::Entry;
use proviso_proof::entry_proof::Place;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const ROWS: &str = concat!(
    "SELECT ",
    content_columns!(),
    ", c.judgement, c.round, e.received_at, g.digest, e.pack_list, l.digests, e.held, e.withheld, e.statute_list, t.statutes,
       e.why, e.keep_until, e.directory, e.basis, b.applied, e.clocks,
       h.released_at, h.released_by, h.release_note,
       (SELECT f.leaf FROM log_leaves f WHERE f.first_message <= e.message ORDER BY f.first_message DESC LIMIT 1)
     FROM json_each(?1) w CROSS JOIN envelopes e ON e.message = w.value JOIN streams s USING (stream)
     JOIN contents c USING (message) JOIN generations g USING (generation) JOIN pack_lists l USING (pack_list)
     LEFT JOIN statute_lists t USING (statute_list) LEFT JOIN bases b USING (basis)
     LEFT JOIN held_messages h ON h.message = e.message AND h.released_at IS NOT NULL"
);

const TOLD: &str = "SELECT l.leaf, l.place, l.kind, l.message, l.commitment, l.salt, l.entry FROM json_each(?1) w
     CROSS JOIN log_entries l ON l.message = w.value
     WHERE l.kind IN ('judged', 'rejudged', 'decided', 'released', 'conflict') AND l.entry IS NOT NULL
     ORDER BY l.message, l.leaf, l.place";

const LEAVES: &str =
    "SELECT leaf, first_message, messages FROM log_leaves WHERE leaf IN (SELECT value FROM json_each(?))";

/// What is kept between chunks.
pub(super) struct Reading {
    zone: Zone,
    directories: HashMap<i64, Arc<Directory>>,
    /// Absent where nobody asks what messages were judged with.
    between: Option<Between>,
}

impl Reading {
    pub(super) fn new(zone: &Zone) -> Self {
        Self {
            zone: zone.clone(),
            directories: HashMap::new(),
            between: None,
        }
    }

    /// What follows comes with what it was judged with.
    pub(super) fn begin_judged_with(&mut self) {
        self.between = Some(Between::default());
    }
}

/// What the numbers in a judgement stand for.
pub(super) struct Named {
    pub(super) policies: Vec<(u32, Arc<str>, Arc<str>)>,
    pub(super) proposals: Vec<(u32, String)>,
}

/// What the log tells of some messages.
struct Log {
    /// First message and number of messages, by leaf.
    leaves: HashMap<i64, (i64, i64)>,
    told: HashMap<i64, Vec<ToldRow>>,
}

struct ToldRow {
    kind: String,
    commitment: Commitment,
    told: Told,
}

impl Sqlite {
    /// Some messages, in order; the place of one that is not there.
    pub(super) async fn evidence(
        &self,
        reading: &mut Reading,
        chosen: &[Chosen],
    ) -> Result<Vec<Result<(Evidence, Named), i64>>, StorageError> {
        let list = number_list(chosen.iter().map(|one| one.arrival));
        let directories = &reading.directories;
        let is_judged_with = reading.between.is_some();
        let (mut read, missing, mut folds) = self
            .reading(|mut reader| async move {
                let rows = sqlx::query(ROWS).bind(list.clone()).fetch_all(&mut *reader).await?;
                let log = log_of(&mut reader, &list, &rows).await?;
                let mut read = HashMap::with_capacity(rows.len());
                let mut missing = Vec::new();
                for row in &rows {
                    let one = self.evidence_of(&mut reader, row, &log).await?;
                    let version = one.0.standing.directory;
                    missing.extend(version.filter(|version| !directories.contains_key(version)));
                    read.insert(one.0.number, one);
                }
                // In the transaction of the rows: what is disposed of meanwhile takes its states with it.
                let folds = if is_judged_with {
                    folds(&mut reader, &list).await?
                } else {
                    Folds::new()
                };
                Ok((read, missing, folds))
            })
            .await?;
        for version in missing {
            if !reading.directories.contains_key(&version)
                && let Some(record) = self.directory(Some(version)).await?
            {
                let directory = Directory::new(version, &record.rows, &reading.zone);
                reading.directories.insert(version, Arc::new(directory));
            }
        }
        let mut all = Vec::with_capacity(chosen.len());
        for one in chosen {
            let Some((mut evidence, named)) = read.remove(&one.arrival) else {
                all.push(Err(one.arrival));
                continue;
            };
            evidence.role = one.role;
            let version = evidence.standing.directory;
            if let Some(directory) = version.and_then(|version| reading.directories.get(&version)) {
                evidence.people = people(&evidence.message, directory);
            }
            if let Some(between) = &mut reading.between {
                let folds = folds.remove(&one.arrival).unwrap_or_default();
                self.judged_with(between, &mut evidence, folds).await?;
            }
            all.push(Ok((evidence, named)));
        }
        Ok(all)
    }

    async fn evidence_of(
        &self,
        connection: &mut SqliteConnection,
        row: &SqliteRow,
        log: &Log,
    ) -> Result<(Evidence, Named), sqlx::Error> {
        let at = |column: usize| CONTENT_COLUMNS + column;
        let number: i64 = row.try_get(0)?;
        let (record, message) = open_content(row, 0, &self.sealing)?;
        let whose = |error: &dyn std::fmt::Display| damage(format!("the record of message {number}: {error}"));
        let sealed_content: &[u8] = row.try_get(CONTENT_COLUMNS - 1)?;
        let plain = record
            .open(Part::Content, sealed_content)
            .map_err(|error| whose(&error))?;
        let (_, delivered) =
            content::read(&plain, &message.id.tenant, &message.id.channel).map_err(|error| whose(&error))?;
        let (sealed_judgement, round): (&[u8], u32) = (row.try_get(at(0))?, row.try_get(at(1))?);
        let bytes = record
            .open(Part::Judgement(round), sealed_judgement)
            .map_err(|error| whose(&error))?;
        let (policies, proposals) = judgement::used(&bytes).map_err(|error| whose(&error))?;
        let pack_list: i64 = row.try_get(at(4))?;
        let known = self.meanings.know(connection, &policies, &proposals, pack_list).await?;
        let generation: &str = row.try_get(at(3))?;
        let beside = Beside {
            message: &message,
            generation: generation.parse().map_err(|error| damaged(at(3), error))?,
            packs: known.packs(pack_list).ok_or_else(|| no_packs(pack_list))?,
        };
        let judged = judgement::read(&bytes, beside, &*known).map_err(|error| whose(&error))?;
        let standing = standing(row, round)?;
        let received_at = read_time(row, at(2))?;
        let of = OfMessage {
            number,
            envelope: envelope_digest(&message, received_at.as_millis()),
            content: Digest::of(sealed_content),
            verdict: Digest::of(sealed_judgement),
            standing: standing.digest(&judged.verdict),
        };
        let leaf: Option<i64> = row.try_get(at(19))?;
        let told = log.told.get(&number).map(Vec::as_slice).unwrap_or_default();
        let judged_at = judged_at(&of, leaf, log, told, || (self.sealing.tag(&message.id), record.salt()))?;
        let mut reviews = Vec::new();
        if let Some(released) = row.try_get::<Option<i64>, _>(at(16))? {
            reviews.push(Review {
                at: released,
                by: row.try_get::<Option<String>, _>(at(17))?.unwrap_or_default(),
                note: row.try_get::<Option<String>, _>(at(18))?.unwrap_or_default(),
            });
        }
        let evidence = Evidence {
            number,
            role: proviso_evidence::Role::Match,
            received_at,
            delivered,
            fuel: judged.fuel,
            retention: match &judged.decision {
                Decided::Nothing => None,
                Decided::Decision(made) => Some(decision::write(made)),
                Decided::Text(json) => Some(json.clone()),
            },
            verdict: judged.verdict,
            standing,
            people: BTreeMap::new(),
            reviews,
            told: told
                .iter()
                .filter(|told| told.kind != JUDGED)
                .map(|told| told.told.clone())
                .collect(),
            judged: judged_at,
            sealed: Sealed {
                key: *record.disclosed().as_bytes(),
                content: sealed_content.to_vec(),
                judgement: sealed_judgement.to_vec(),
                round,
            },
            judged_with: JudgedWith::default(),
            message,
        };
        Ok((evidence, named(&known, &policies, &proposals)))
    }
}

fn named(known: &Known, policies: &[u32], proposals: &[u32]) -> Named {
    let policies = policies.iter().filter_map(|number| {
        let (pack, policy) = known.policy(*number)?;
        Some((*number, pack, policy))
    });
    let proposals = proposals
        .iter()
        .filter_map(|number| Some((*number, verdict::write_proposal(&*known.proposal(*number)?))));
    Named {
        policies: policies.collect(),
        proposals: proposals.collect(),
    }
}

fn standing(row: &SqliteRow, round: u32) -> Result<Standing, sqlx::Error> {
    let at = |column: usize| CONTENT_COLUMNS + column;
    let statute_list: Option<i64> = row.try_get(at(8))?;
    let statutes: Option<String> = row.try_get(at(9))?;
    let (basis, applied): (Option<i64>, Option<String>) = (row.try_get(at(13))?, row.try_get(at(14))?);
    Ok(Standing {
        generation: row.try_get(at(3))?,
        packs: row.try_get(at(5))?,
        held: row.try_get(at(6))?,
        withheld: row.try_get(at(7))?,
        statutes: statute_list.map(|_| statutes.unwrap_or_default()),
        why: row.try_get(at(10))?,
        keep_until: row.try_get(at(11))?,
        round: round.into(),
        directory: row.try_get(at(12))?,
        basis: basis.map(|_| applied.unwrap_or_default()),
        clocks: row.try_get(at(15))?,
    })
}

/// What the log has of a message that arrived: what is kept of it, or what its record makes.
fn judged_at(
    of: &OfMessage,
    leaf: Option<i64>,
    log: &Log,
    told: &[ToldRow],
    key: impl FnOnce() -> ([u8; proviso_seal::TAG_BYTES], Salt),
) -> Result<Option<JudgedAt>, sqlx::Error> {
    if let Some(kept) = told.iter().find(|told| told.kind == JUDGED) {
        return Ok(Some(JudgedAt {
            place: kept.told.place,
            entry: Entry::from_bytes(&kept.told.entry).map_err(|error| damaged(6, error))?,
            commitment: kept.commitment,
        }));
    }
    let Some(leaf) = leaf else { return Ok(None) };
    let Some((first, messages)) = log.leaves.get(&leaf) else {
        return Ok(None);
    };
    let place = of.number - first;
    if place >= *messages {
        return Ok(None);
    }
    let (tag, salt) = key();
    Ok(Some(JudgedAt {
        place: Place {
            leaf: leaf.unsigned_abs(),
            entry: place as u32,
        },
        entry: of.entry(&tag),
        commitment: of.commitment(&tag, &salt),
    }))
}

async fn log_of(connection: &mut SqliteConnection, list: &str, rows: &[SqliteRow]) -> Result<Log, sqlx::Error> {
    let mut leaves = Vec::with_capacity(rows.len());
    for row in rows {
        leaves.extend(row.try_get::<Option<i64>, _>(CONTENT_COLUMNS + 19)?);
    }
    leaves.sort_unstable();
    leaves.dedup();
    let found: Vec<(i64, i64, i64)> = sqlx::query_as(LEAVES)
        .bind(number_list(leaves))
        .fetch_all(&mut *connection)
        .await?;
    let leaves = found
        .into_iter()
        .map(|(leaf, first, messages)| (leaf, (first, messages)));
    let mut log = Log {
        leaves: leaves.collect(),
        told: HashMap::new(),
    };
    let told = sqlx::query(TOLD).bind(list.to_owned()).fetch_all(connection).await?;
    for row in &told {
        let commitment = Hash::try_from(row.try_get::<&[u8], _>(4)?).map_err(|error| damaged(4, error))?;
        let salt = <[u8; 16]>::try_from(row.try_get::<&[u8], _>(5)?).map_err(|error| damaged(5, error))?;
        let (leaf, place): (i64, u32) = (row.try_get(0)?, row.try_get(1)?);
        let told = Told {
            place: Place {
                leaf: leaf.unsigned_abs(),
                entry: place,
            },
            salt: Salt::new(salt),
            entry: row.try_get(6)?,
        };
        log.told.entry(row.try_get(3)?).or_default().push(ToldRow {
            kind: row.try_get(2)?,
            commitment: Commitment::from_hash(commitment),
            told,
        });
    }
    Ok(log)
}

fn people(message: &Message, directory: &Directory) -> BTreeMap<String, Person> {
    let (tenant, channel) = (&message.id.tenant, &message.id.channel);
    let named = message.parties().filter_map(|party| {
        let standing = directory.standing_at(tenant, channel, &party.id, message.sent_at)?;
        let person = Person {
            person: standing.person.to_owned(),
            department: standing.department.to_owned(),
            post: standing.post.name().to_owned(),
        };
        Some((party.id.clone(), person))
    });
    named.collect()
}
