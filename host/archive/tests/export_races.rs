//! An approved request for an export that many run at once: one of them makes it. `PROVISO_EXPORT_RACES` says how many rounds.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::evidence::{self, all_of, filled};
use crate::log::whole;
use crate::requests::{ask, by, decide, li, made, request};
use crate::support::raw_connection;
use proviso_archive::RequestRefusal;
use std::sync::{Arc, Barrier};
use tokio::runtime::Handle;

/// How many run it at once.
const RUNNERS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_export_that_many_run_at_once_is_made_once() {
    let rounds: usize = std::env::var("PROVISO_EXPORT_RACES").map_or(20, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let chosen: Arc<[_]> = all_of(&archive).await[..2].into();
    let export = evidence::request();
    let mut winners = [0; RUNNERS];
    for round in 0..rounds {
        let mut asked = request(export.act("bank", &chosen));
        asked.reason.clone_from(&export.reason);
        let asked = ask(&archive, &asked).await;
        decide(&archive, &asked, true, &li()).await.unwrap();
        let barrier = Arc::new(Barrier::new(RUNNERS));
        let runners = (0..RUNNERS).map(|_| {
            let (archive, barrier, chosen) = (archive.clone(), Arc::clone(&barrier), Arc::clone(&chosen));
            let run = by(asked.number, &export);
            // What is exported is written on the thread that began.
            let runtime = Handle::current();
            tokio::task::spawn_blocking(move || {
                barrier.wait();
                runtime.block_on(made(&archive, &run, &chosen))
            })
        });
        let runners: Vec<_> = runners.collect();
        let mut given = Vec::new();
        for (runner, ended) in runners.into_iter().enumerate() {
            match ended.await.unwrap() {
                Ok(made) => given.push((runner, made)),
                Err(refusal) => assert!(
                    matches!(refusal, RequestRefusal::Ran { .. }),
                    "round {round}: {refusal}"
                ),
            }
        }
        assert_eq!(given.len(), 1, "round {round}: {given:?}");
        assert_eq!(given[0].1.number, round as u64 + 1);
        winners[given[0].0] += 1;
    }
    let mut connection = raw_connection(archive.path()).await;
    let told: Vec<(String, i64)> = sqlx::query_as(
        "SELECT kind, count(*) FROM log_entries WHERE kind IN ('exported', 'request-run') GROUP BY kind ORDER BY kind",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let rounds = rounds as i64;
    assert_eq!(
        told,
        [("exported".to_owned(), rounds), ("request-run".to_owned(), rounds)]
    );
    assert!(
        winners.iter().filter(|won| **won > 0).count() > 1,
        "no race: {winners:?}"
    );
    println!("{rounds} races of {RUNNERS}: one export each, by {winners:?}");
    whole(&archive).await;
    archive.close().await;
}
