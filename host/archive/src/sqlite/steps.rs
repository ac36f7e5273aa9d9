//! The states that folds began a message from: each as what it differs in from that of the subject's message before, and at
//! times whole, so that few rows are read for one of them.

use super::rows::damage;
use proviso_model::limits::FOLD_STATE_BYTES_MAX;
use proviso_seal::delta;
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

    /// A subject's next state in its stored form.
    pub(super) fn next(&mut self, fold: i64, state: &Arc<[u8]>) -> Vec<u8> {
        if self.0.len() >= REMEMBERED_MAX {
            self.forget();
        }
        let mut step = Vec::with_capacity(32);
        let distance = match self.0.get(&fold) {
            Some((before, distance)) if *distance < DISTANCE_MAX => {
                step.push(distance + 1);
                delta::write(before, state, &mut step).then_some(distance + 1)
            }
            _ => None,
        };
        if distance.is_none() {
            step.clear();
            step.push(0);
            step.extend_from_slice(state);
        }
        self.0.insert(fold, (Arc::clone(state), distance.unwrap_or(0)));
        step
    }
}

/// A state that no other differs from.
pub(super) fn aside(state: &[u8]) -> Vec<u8> {
    [&[ASIDE], state].concat()
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
    let broken = || {
        damage(format!(
            "the state before message {message} cannot be read: steps of its subject are missing"
        ))
    };
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
                    Some((&0, whole)) if expected == 0 => return apply(whole, &deltas).ok_or_else(broken),
                    Some((found, delta)) if *found == expected => deltas.push(delta),
                    _ => return Err(broken()),
                }
            }
            Err(broken())
        }
        _ => Err(broken()),
    }
}

/// Goes from a whole state forward; the last delta is the first to be applied.
fn apply(whole: &[u8], deltas: &[&[u8]]) -> Option<Vec<u8>> {
    let mut state = whole.to_vec();
    for delta in deltas.iter().rev() {
        state = delta::restore(&state, delta, FOLD_STATE_BYTES_MAX).ok()?;
    }
    Some(state)
}
