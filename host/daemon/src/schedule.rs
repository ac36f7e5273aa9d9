//! Disposal by the clock: once a day, what `proviso retention dispose --yes` does. Off unless the configuration asks for it.
//!
//! A run that was missed, because no daemon ran or another run took its time, is not caught up with: the next time of day is the next run.
//! A clock that may be wrong stops a run, and nobody here says that it is right.

use crate::generations::Generations;
use crate::laws::Rulebook;
use crate::metrics::Metrics;
use crate::pauses::Pauses;
use crate::retention::{self, DisposedPage, RetentionError};
use proviso_archive::{Archive, CommitError};
use proviso_model::time::{TimeOfDay, Zone};
use proviso_model::{Principal, Timestamp};
use proviso_pipeline::places;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a wait is at most before the clock and the zone are looked at again: either may have changed.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// A clock that went back by more was wrong before, and what it had said of the last run means nothing.
const DAY_MS: i64 = 86_400_000;
/// A run that is later was missed: the machine slept, or its clock went forward.
const LATE_MS: i64 = 600_000;

/// What disposes by the clock.
pub(crate) struct Schedule {
    pub(crate) at: TimeOfDay,
    /// Whose policy set says in which zone.
    pub(crate) generations: Arc<Generations>,
    pub(crate) disposing: Disposing,
}

/// What a run needs.
pub(crate) struct Disposing {
    pub(crate) archive: Archive,
    pub(crate) rulebook: Arc<tokio::sync::Mutex<Rulebook>>,
    pub(crate) pauses: Pauses,
    pub(crate) metrics: Arc<Metrics>,
}

impl Schedule {
    /// Waits and disposes until it is to stop. A run that fails is told, and the next one comes all the same.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut times = Times::new(self.at, places::now());
        while !stop.is_cancelled() {
            let zone = self.generations.current().set().time_zone.clone();
            if let Some(left) = times.left(&zone, places::now()) {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(left.min(LOOK_AGAIN)) => {}
                }
            } else {
                self.disposing.once(&stop).await;
                times.ran(places::now());
            }
        }
        Ok(())
    }
}

/// When runs are due. Knows no clock.
struct Times {
    at: TimeOfDay,
    /// The next run is the first time of day behind it.
    behind: Timestamp,
}

impl Times {
    fn new(at: TimeOfDay, now: Timestamp) -> Self {
        Self { at, behind: now }
    }

    /// How long it is to the next run; `None` if it is due.
    fn left(&mut self, zone: &Zone, now: Timestamp) -> Option<Duration> {
        if self.behind.as_millis() - now.as_millis() > DAY_MS {
            self.behind = now;
        }
        let left = |behind| zone.next(behind, self.at).as_millis() - now.as_millis();
        if left(self.behind) < -LATE_MS {
            self.behind = now;
        }
        let left = left(self.behind);
        (left > 0).then(|| Duration::from_millis(left.unsigned_abs()))
    }

    /// What was due ran, up to now. A clock that went back meanwhile does not have it run again.
    fn ran(&mut self, now: Timestamp) {
        self.behind = self.behind.max(now);
    }
}

impl Disposing {
    /// All pages, one after the other; batches of messages are judged between them.
    async fn once(&self, stop: &CancellationToken) {
        let by = Principal::system("disposal");
        let (mut disposed, mut stay, mut after) = (0, 0, 0);
        let ended = loop {
            if stop.is_cancelled() {
                break Ok(());
            }
            let page = {
                let mut rulebook = self.rulebook.lock().await;
                retention::dispose(&mut rulebook, &self.archive, &self.pauses, after, false, &by).await
            };
            match page {
                Ok(DisposedPage {
                    report,
                    stay: more,
                    last,
                }) => {
                    disposed += report.disposed;
                    stay += more;
                    let Some(last) = last else { break Ok(()) };
                    after = last;
                }
                Err(error) => break Err(error),
            }
        };
        self.metrics.scheduled_runs.add(1);
        self.metrics.scheduled_disposals.add(disposed);
        match ended {
            Ok(()) => tracing::info!(disposed, stay, who = %by, "messages were disposed of by the schedule"),
            Err(error) => {
                self.metrics.scheduled_stops.add(1);
                let error_of_today = error.to_string();
                if matches!(error, RetentionError::Commit(CommitError::Clock(_))) {
                    tracing::warn!(
                        disposed,
                        stay,
                        error = error_of_today,
                        "the schedule's disposal stopped: somebody has to look at the clock"
                    );
                } else {
                    tracing::error!(
                        disposed,
                        stay,
                        error = error_of_today,
                        "the schedule's disposal stopped; it goes on at its next time of day"
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::path::Path;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_rfc3339(text).unwrap()
    }

    fn seconds(left: Option<Duration>) -> Option<u64> {
        left.map(|left| left.as_secs())
    }

    #[test]
    fn each_time_of_day_is_due_once_and_what_was_missed_is_not_caught_up_with() {
        let zone = Zone::utc();
        // The daemon started a minute too late for today's.
        let mut times = Times::new("03:00".parse().unwrap(), at("2026-03-01T03:01:00Z"));
        assert_eq!(seconds(times.left(&zone, at("2026-03-01T03:01:00Z"))), Some(86_340));
        assert_eq!(seconds(times.left(&zone, at("2026-03-02T02:59:59Z"))), Some(1));
        assert_eq!(times.left(&zone, at("2026-03-02T03:00:00Z")), None);
        times.ran(at("2026-03-02T03:00:20Z"));
        assert_eq!(seconds(times.left(&zone, at("2026-03-02T03:00:20Z"))), Some(86_380));
        // A clock that goes back a little does not bring the run again.
        assert_eq!(seconds(times.left(&zone, at("2026-03-02T02:59:50Z"))), Some(86_410));
        // A little late is not missed; the machine slept over two of them, and they are.
        assert_eq!(times.left(&zone, at("2026-03-03T03:10:00Z")), None);
        assert_eq!(seconds(times.left(&zone, at("2026-03-04T12:00:00Z"))), Some(54_000));
        assert_eq!(times.left(&zone, at("2026-03-05T03:00:00Z")), None);
    }

    #[test]
    fn a_clock_that_was_a_year_ahead_does_not_stop_the_schedule_for_a_year() {
        let zone = Zone::utc();
        let mut times = Times::new("03:00".parse().unwrap(), at("2026-03-01T12:00:00Z"));
        assert_eq!(seconds(times.left(&zone, at("2027-03-01T12:00:00Z"))), Some(54_000));
        times.ran(at("2027-03-02T03:00:00Z"));
        assert_eq!(seconds(times.left(&zone, at("2026-03-01T12:00:00Z"))), Some(54_000));
    }

    #[test]
    fn another_zone_counts_from_the_next_look_on() {
        let mut times = Times::new("03:00".parse().unwrap(), at("2026-03-01T12:00:00Z"));
        let now = at("2026-03-01T12:00:00Z");
        assert_eq!(seconds(times.left(&Zone::utc(), now)), Some(54_000));
        let shanghai = Zone::named("Asia/Shanghai").unwrap();
        assert_eq!(seconds(times.left(&shanghai, now)), Some(25_200));
    }

    #[tokio::test]
    async fn a_run_that_fails_is_counted_and_told_and_one_that_is_to_stop_does_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("set = \"set.toml\"\ndata_dir = \"{}\"\n", folder.path().display());
        let config = Config::parse(Path::new("proviso.toml"), Path::new("."), &text).unwrap();
        let archive = Archive::open(&config.archive_path()).await.unwrap();
        let disposing = Disposing {
            rulebook: Arc::new(tokio::sync::Mutex::new(Rulebook::new(&config, &archive))),
            archive: archive.clone(),
            pauses: Pauses::default(),
            metrics: Arc::default(),
        };
        let counts = || {
            let metrics = &disposing.metrics;
            [
                metrics.scheduled_runs.get(),
                metrics.scheduled_stops.get(),
                metrics.scheduled_disposals.get(),
            ]
        };
        let stop = CancellationToken::new();
        disposing.once(&stop).await;
        assert_eq!(counts(), [1, 0, 0]);
        archive.close().await;
        disposing.once(&stop).await;
        assert_eq!(counts(), [2, 1, 0]);
        stop.cancel();
        disposing.once(&stop).await;
        assert_eq!(counts(), [3, 1, 0], "it looked at nothing");
    }
}
