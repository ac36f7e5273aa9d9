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

/// Steps that are read together: with those in front of each, 8 MiB at most.
const TOGETHER_MAX: usize = 64;
/// For each subject and message of a list, by its place: the steps in front of the message, the last first, down to the last whole one.
const CHAINS: &str = "SELECT w.key, b.state_before FROM json_each(?1) w
     CROSS JOIN fold_steps b ON b.fold = w.value ->> 0 AND b.message < w.value ->> 1
         AND b.message >= (SELECT p.message FROM fold_steps p WHERE p.fold = w.value ->> 0 AND p.message < w.value ->> 1
             AND substr(p.state_before, 1, 1) = x'00' ORDER BY p.message DESC LIMIT 1)
     WHERE substr(b.state_before, 1, 1) != x'ff' ORDER BY w.key, b.message DESC";

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
    let Some(distance) = differs_by(step) else {
        return restored(message, step, &[]);
    };
    let before = sqlx::query_as::<_, (Vec<u8>,)>(
        "SELECT state_before FROM fold_steps WHERE fold = ? AND message < ? AND substr(state_before, 1, 1) != x'ff'
         ORDER BY message DESC LIMIT ?",
    )
    .bind(fold)
    .bind(message)
    .bind(distance)
    .fetch_all(connection)
    .await?;
    let before: Vec<Vec<u8>> = before.into_iter().map(|(step,)| step).collect();
    restored(message, step, &before)
}

/// A step as it stands: of a subject, at a message.
pub(super) struct Step {
    pub(super) fold: i64,
    pub(super) message: i64,
    pub(super) stored: Vec<u8>,
}

/// Reads steps as [`read`] reads one, in their order.
pub(super) async fn read_all(connection: &mut SqliteConnection, steps: &[Step]) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    let mut states = Vec::with_capacity(steps.len());
    for steps in steps.chunks(TOGETHER_MAX) {
        let wanted: Vec<(i64, i64)> = steps
            .iter()
            .map(|step| match differs_by(&step.stored) {
                Some(_) => (step.fold, step.message),
                // In front of all messages stands none.
                None => (step.fold, 0),
            })
            .collect();
        let wanted = serde_json::to_string(&wanted).expect("numbers are written as JSON");
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(CHAINS).bind(wanted).fetch_all(&mut *connection).await?;
        let mut before: Vec<Vec<Vec<u8>>> = vec![Vec::new(); steps.len()];
        for (place, step) in rows {
            let place = usize::try_from(place).ok().and_then(|place| before.get_mut(place));
            place.expect("a place in the list that was asked for").push(step);
        }
        for (step, before) in steps.iter().zip(&before) {
            states.push(restored(step.message, &step.stored, before)?);
        }
    }
    Ok(states)
}

/// How many steps it is from a whole one; `None` if it is whole.
fn differs_by(step: &[u8]) -> Option<u8> {
    step.first().copied().filter(|first| !matches!(first, &(0 | ASIDE)))
}

/// The state that a step stands for. `before` are the steps in front of it in its chain, the last first, to a whole one at least.
fn restored(message: i64, step: &[u8], before: &[Vec<u8>]) -> Result<Vec<u8>, sqlx::Error> {
    match step.split_first() {
        Some((&(0 | ASIDE), state)) => Ok(state.to_vec()),
        Some((&distance, delta)) if distance <= DISTANCE_MAX => {
            let mut deltas = vec![delta];
            let mut expected = distance;
            for step in before {
                expected = expected.checked_sub(1).ok_or_else(|| broken(message))?;
                match step.split_first() {
                    // Sooner than the chain was written, where a message between went.
                    Some((&0, whole)) => return apply(whole, &deltas).ok_or_else(|| broken(message)),
                    Some((found, delta)) if *found == expected => deltas.push(delta),
                    _ => return Err(broken(message)),
                }
            }
            Err(broken(message))
        }
        _ => Err(broken(message)),
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
