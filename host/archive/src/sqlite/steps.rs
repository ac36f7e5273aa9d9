//! The states that folds began a message from: each as what it differs in from that of the subject's message before, and at
//! times whole, so that few rows are read for one of them.

use super::rows::damage;
use proviso_model::limits::FOLD_STATE_BYTES_MAX;
use proviso_seal::delta::{self, Differ};
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashMap;
use std::sync::Arc;

/// Steps between two that are whole, at most.
const DISTANCE_MAX: u8 = 31;
/// A step that stands whole beside the others, and that none differs from: of a message that was judged again.
const ASIDE: u8 = u8::MAX;
/// Subjects whose last step is remembered, before all are forgotten.
const REMEMBERED_MAX: usize = 16_384;

/// The last step of each subject, and how far it is from a whole one.
#[derive(Default)]
pub(super) struct Chains(HashMap<i64, (Arc<[u8]>, u8)>);

impl Chains {
    /// Forgets all: what was remembered since may have been rolled back.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// The next states of subjects in their stored form, in order. A subject may come several times.
    pub(super) fn next(&mut self, states: &[(i64, &Arc<[u8]>)]) -> Vec<Vec<u8>> {
        if self.0.len() + states.len() > REMEMBERED_MAX {
            self.forget();
        }
        let known = |(fold, _): &(i64, _)| Some((*fold, self.0.get(fold)?.clone()));
        let earlier: HashMap<i64, (Arc<[u8]>, u8)> = states.iter().filter_map(known).collect();
        let mut last: HashMap<i64, (&Arc<[u8]>, u8)> = HashMap::with_capacity(states.len());
        last.extend(
            earlier
                .iter()
                .map(|(fold, (state, distance))| (*fold, (state, *distance))),
        );
        let mut differ = Differ::default();
        let mut steps = Vec::with_capacity(states.len());
        for (fold, state) in states {
            let mut step = Vec::with_capacity(32);
            let distance = match last.get(fold) {
                Some((before, distance)) if *distance < DISTANCE_MAX => {
                    step.push(distance + 1);
                    differ.write(before, state, &mut step).then_some(distance + 1)
                }
                _ => None,
            };
            if distance.is_none() {
                step.clear();
                step.push(0);
                step.extend_from_slice(state);
            }
            last.insert(*fold, (state, distance.unwrap_or(0)));
            steps.push(step);
        }
        let last = last.into_iter();
        self.0
            .extend(last.map(|(fold, (state, distance))| (fold, (Arc::clone(state), distance))));
        steps
    }
}

/// The states of subjects that were read last, each with its message: most that are read in the order of a subject's messages differ from
/// the one before, which is not read again then.
#[derive(Default)]
pub(super) struct LastRead(HashMap<i64, (i64, Vec<u8>)>);

impl LastRead {
    /// Reads a step as [`read`] does. `before` is the message of the step before it in its chain.
    pub(super) async fn read(
        &mut self,
        connection: &mut SqliteConnection,
        fold: i64,
        (before, message): (Option<i64>, i64),
        step: &[u8],
    ) -> Result<Vec<u8>, sqlx::Error> {
        let known = self.0.get(&fold).filter(|(known, _)| Some(*known) == before);
        let differs = step.first().is_some_and(|first| !matches!(first, &(0 | ASIDE)));
        let state = match known.filter(|_| differs) {
            Some((_, known)) => apply(known, &[&step[1..]]).ok_or_else(|| broken(message))?,
            None => read(connection, fold, message, step).await?,
        };
        if step.first() != Some(&ASIDE) {
            if self.0.len() >= REMEMBERED_MAX {
                self.0.clear();
            }
            self.0.insert(fold, (message, state.clone()));
        }
        Ok(state)
    }
}

/// A state that no other differs from.
pub(super) fn aside(state: &[u8]) -> Vec<u8> {
    [&[ASIDE], state].concat()
}

/// A state that stands whole in its chain.
pub(super) fn whole(state: &[u8]) -> Vec<u8> {
    [&[0], state].concat()
}

/// The step behind a message's in its chain, with its state, where it is kept as what it differs in.
pub(super) async fn next_that_differs(
    connection: &mut SqliteConnection,
    fold: i64,
    message: i64,
) -> Result<Option<(i64, Vec<u8>)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT message, state_before FROM fold_steps WHERE fold = ? AND message > ? AND substr(state_before, 1, 1) != x'ff'
         ORDER BY message LIMIT 1",
    )
    .bind(fold)
    .bind(message)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (next, step): (i64, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
    if step.first() == Some(&0) {
        return Ok(None);
    }
    let state = read(connection, fold, next, &step).await?;
    Ok(Some((next, state)))
}

/// The state that a fold began the first message from that is this one or a later one; `None` where there is none.
pub(super) async fn state_at(
    connection: &mut SqliteConnection,
    fold: i64,
    message: i64,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT message, state_before FROM fold_steps WHERE fold = ? AND message >= ? ORDER BY message LIMIT 1",
    )
    .bind(fold)
    .bind(message)
    .fetch_optional(&mut *connection)
    .await?;
    match row {
        Some(row) => read(connection, fold, row.try_get(0)?, row.try_get(1)?).await.map(Some),
        None => Ok(None),
    }
}

/// Reads a step that stands at a message.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    fold: i64,
    message: i64,
    step: &[u8],
) -> Result<Vec<u8>, sqlx::Error> {
    let broken = || broken(message);
    match step.split_first() {
        Some((&(0 | ASIDE), state)) => Ok(state.to_vec()),
        Some((&distance, delta)) if distance <= DISTANCE_MAX => {
            let before = sqlx::query_as::<_, (Vec<u8>,)>(
                "SELECT state_before FROM fold_steps WHERE fold = ? AND message < ? AND substr(state_before, 1, 1) != x'ff'
                 ORDER BY message DESC LIMIT ?",
            )
            .bind(fold)
            .bind(message)
            .bind(distance)
            .fetch_all(connection)
            .await?;
            let mut deltas = vec![delta];
            let mut expected = distance;
            for (step,) in &before {
                expected -= 1;
                match step.split_first() {
                    // Sooner than the chain was written, where a message between went.
                    Some((&0, whole)) => return apply(whole, &deltas).ok_or_else(broken),
                    Some((found, delta)) if *found == expected => deltas.push(delta),
                    _ => return Err(broken()),
                }
            }
            Err(broken())
        }
        _ => Err(broken()),
    }
}

fn broken(message: i64) -> sqlx::Error {
    damage(format!(
        "the state before message {message} cannot be read: steps of its subject are missing"
    ))
}

/// Goes from a whole state forward; the last delta is the first to be applied.
fn apply(whole: &[u8], deltas: &[&[u8]]) -> Option<Vec<u8>> {
    let mut state = whole.to_vec();
    for delta in deltas.iter().rev() {
        state = delta::restore(&state, delta, FOLD_STATE_BYTES_MAX).ok()?;
    }
    Some(state)
}
