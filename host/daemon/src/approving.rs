//! Has what runs follow the approvals that people are scored by: when somebody approves or ends one, and when the time of one is over.
//!
//! It sleeps until then. Where no approval is in force it wakes for word of one alone; where one is, once a minute too, since a clock
//! that is put forward tells nobody.

use crate::generations::Generations;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a wait is at most while an approval is in force.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
/// How long nothing is tried after a fault. Until then nothing is judged either, where an approval is over.
const AGAIN_AFTER_FAULT: Duration = Duration::from_secs(2);

/// Follows until it is to stop.
pub(crate) async fn follow(generations: Arc<Generations>, stop: CancellationToken) -> anyhow::Result<()> {
    loop {
        let is_over = generations.judging().is_none();
        let left = generations.approved_for();
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = generations.approvals_change() => {}
            () = wait(left), if !is_over => {}
            () = std::future::ready(()), if is_over => {}
        }
        if let Err(error) = generations.follow_approvals().await {
            tracing::error!(
                error = format!("{error:#}"),
                "what runs could not follow the approvals; it is tried again"
            );
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(AGAIN_AFTER_FAULT) => generations.was_approved(),
            }
        }
    }
}

/// Until the next end, or until the clock is to be looked at; for ever where nothing ends.
async fn wait(left: Option<Duration>) {
    match left {
        Some(left) => tokio::time::sleep(left.min(LOOK_AGAIN)).await,
        None => std::future::pending().await,
    }
}
