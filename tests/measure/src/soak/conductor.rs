//! Leads the run: phases, kills, full disks, ends; then the rest, and the account.

use super::account::{self, Measured};
use super::daemon::{self, Daemon};
use super::load::{self, Account};
use super::plan::Phase;
use super::random::Random;
use super::site::DRAIN_SECONDS;
use super::{ENDING, OVER, Soak, peers, policies, probe};
use crate::http;
use crate::page::count;
use anyhow::Context;
use std::sync::atomic::Ordering;
use std::thread::Scope;
use std::time::{Duration, Instant};

/// Between two looks at what is due.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Between two lines of progress.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// After the filling commits still find room in the write-ahead log, which is used again; then they fail, and that is told.
const FULL_TOLD_WITHIN: Duration = Duration::from_mins(2);
/// When there is room commits are noticed to work again within so long.
const FREED_TOLD_WITHIN: Duration = Duration::from_secs(10);
/// What others saw of a full disk is judged so long afterwards, as an answer may be on its way.
const FREED_MARGIN: Duration = Duration::from_millis(500);
/// A kill waits so long for a request to be under way.
const AT_WORK_WITHIN: Duration = Duration::from_secs(2);
/// Beyond the time to drain: what the process has to end by itself.
const END_MARGIN: Duration = Duration::from_millis(700);

/// The whole run.
pub(super) fn conduct(soak: &Soak) -> anyhow::Result<Measured> {
    let mut tokens = Vec::new();
    for feed in &soak.clients {
        let grant = format!("{}/{}", feed.source.tenant, feed.source.name);
        tokens.push(soak.token(&feed.source.name, &["--intake", &grant])?);
    }
    let changing = soak.token("changing", &["--policies", "--reading"])?;
    let slow = soak.token("slow-peer", &["--intake", "bank/slow", "--reading"])?;
    std::thread::scope(|scope| {
        let conducted = (|| {
            let mut conductor = Conductor::new(soak, scope)?;
            let mut threads = Vec::new();
            for (feed, token) in soak.clients.iter().zip(&tokens) {
                threads.push(scope.spawn(|| load::client(soak, &feed.source, &feed.account, token)));
            }
            for feed in &soak.spools {
                threads.push(scope.spawn(|| {
                    told(soak, "a spool", load::spool(soak, &feed.source, &feed.account));
                }));
            }
            threads.push(scope.spawn(|| told(soak, "changing policies", policies::change(soak, &changing))));
            threads.push(scope.spawn(|| peers::annoy(soak, &slow)));
            scope.spawn(|| probe::probe(soak));
            for (number, phase) in (1..).zip(&soak.plan.phases) {
                conductor.phase(number, *phase)?;
                conductor.end()?;
                conductor.begin()?;
            }
            soak.reach(ENDING);
            eprintln!("  nothing new comes any more");
            for thread in threads {
                thread
                    .join()
                    .map_err(|_| anyhow::anyhow!("a thread of the soak panicked"))?;
            }
            let measured = account::at_rest(soak)?;
            conductor.end()?;
            account::of_the_archive_afterwards(soak)?;
            Ok(measured)
        })();
        // Whoever still waits for something stops.
        soak.reach(OVER);
        conducted
    })
}

fn told(soak: &Soak, what: &str, done: anyhow::Result<()>) {
    if let Err(error) = done {
        soak.faults.tell(format!("{what}: {error:#}"));
    }
}

struct Conductor<'scope, 'env> {
    soak: &'env Soak,
    scope: &'scope Scope<'scope, 'env>,
    daemon: Option<Daemon<'env>>,
    random: Random,
    told: Instant,
}

impl<'scope, 'env> Conductor<'scope, 'env> {
    fn new(soak: &'env Soak, scope: &'scope Scope<'scope, 'env>) -> anyhow::Result<Self> {
        let mut conductor = Self {
            soak,
            scope,
            daemon: None,
            random: Random::of(soak.seed, 2),
            told: Instant::now(),
        };
        conductor.begin()?;
        Ok(conductor)
    }

    fn begin(&mut self) -> anyhow::Result<()> {
        let soak = self.soak;
        let config = soak.site.config();
        let begun = Instant::now();
        let daemon = Daemon::start(
            (&soak.proviso, &config),
            &soak.log,
            &soak.lives,
            &soak.faults,
            self.scope,
        )?;
        soak.figures.start.note(begun.elapsed());
        self.daemon = Some(daemon);
        Ok(())
    }

    /// SIGTERM under whatever load there is.
    fn end(&mut self) -> anyhow::Result<()> {
        let daemon = self.daemon.take().context("there is no daemon to end")?;
        let (took, ended) = daemon.terminate()?;
        self.soak.figures.end.note(took);
        let limit = Duration::from_secs(DRAIN_SECONDS);
        self.soak
            .faults
            .expect(ended.success() && took < limit + END_MARGIN, || {
                format!("SIGTERM: {ended} after {} ms", took.as_millis())
            });
        Ok(())
    }

    fn phase(&mut self, number: usize, phase: Phase) -> anyhow::Result<()> {
        let end = Instant::now() + phase.length;
        let plan = self.soak.plan.clone();
        let mut kill = self.due(plan.kill_every_ms);
        let mut fill = self.due(plan.fill_every_ms);
        while Instant::now() < end {
            self.progress(number);
            if phase.has_kills && Instant::now() > kill {
                self.kill()?;
                kill = self.due(plan.kill_every_ms);
            }
            if self.soak.disk.is_some() && Instant::now() > fill {
                let kills_too = phase.has_kills && self.random.once_in(2);
                self.fill(kills_too)?;
                fill = self.due(plan.fill_every_ms);
            }
            if !self.daemon.as_mut().is_some_and(Daemon::runs) {
                self.soak.faults.tell("the daemon ended by itself");
                self.daemon = None;
                self.begin()?;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    fn due(&mut self, every_ms: (u64, u64)) -> Instant {
        Instant::now() + Duration::from_millis(self.random.between(every_ms))
    }

    /// SIGKILL while a request is under way, if one comes; then another life.
    fn kill(&mut self) -> anyhow::Result<()> {
        let soak = self.soak;
        let waited = Instant::now();
        let at_work = || soak.in_flight.load(Ordering::Relaxed) > 0;
        while !at_work() && waited.elapsed() < AT_WORK_WITHIN {
            std::thread::sleep(Duration::from_micros(100));
        }
        std::thread::sleep(Duration::from_micros(self.random.below(3_000)));
        let was_at_work = at_work();
        self.daemon.take().context("there is no daemon to kill")?.kill()?;
        soak.figures.kills.add(1);
        soak.figures.kills_at_work.add(u64::from(was_at_work));
        self.begin()
    }

    /// Fills the disk until the daemon says so, for a while; then it must be well again.
    fn fill(&mut self, kills_too: bool) -> anyhow::Result<()> {
        let soak = self.soak;
        let disk = soak.disk.as_ref().context("there is no disk to fill")?;
        soak.lives.set_full(true);
        disk.fill()?;
        let filled = Instant::now();
        if wait_for(soak, 503, FULL_TOLD_WITHIN) {
            soak.figures.full_told.note(filled.elapsed());
        } else {
            soak.faults.tell(format!(
                "the disk is full, and /healthz does not say so within {} s",
                FULL_TOLD_WITHIN.as_secs()
            ));
        }
        std::thread::sleep(Duration::from_millis(self.random.between(soak.plan.full_ms)));
        if kills_too {
            self.daemon.take().context("there is no daemon to kill")?.kill()?;
            soak.figures.kills.add(1);
        }
        disk.free()?;
        let freed = Instant::now();
        if kills_too {
            self.begin()?;
        }
        if wait_for(soak, 200, FREED_TOLD_WITHIN) {
            soak.figures.freed_told.note(freed.elapsed());
        } else {
            soak.faults.tell(format!(
                "the disk has room again, and /healthz does not say so within {} s",
                FREED_TOLD_WITHIN.as_secs()
            ));
        }
        soak.figures.fills.add(1);
        std::thread::sleep(FREED_MARGIN);
        soak.lives.set_full(false);
        Ok(())
    }

    fn progress(&mut self, phase: usize) {
        if self.told.elapsed() < TELL_EVERY {
            return;
        }
        self.told = Instant::now();
        let soak = self.soak;
        let figures = &soak.figures;
        let messages: u64 = soak.feeds().map(|feed| Account::of(&feed.account.messages)).sum();
        let resident = super::faults::lock(&figures.samples)
            .last()
            .map_or(0.0, |sample| sample.resident_mb);
        eprintln!(
            "  {} s of {}, phase {phase}: {} messages, {} live and {} refused, {} kills, {} full disks, {resident:.0} MB",
            soak.faults.begun().elapsed().as_secs(),
            soak.plan.length.as_secs(),
            count(messages as usize),
            figures.live.get(),
            figures.refused.get(),
            figures.kills.get(),
            figures.fills.get(),
        );
    }
}

/// Waits until `/healthz` has this status.
fn wait_for(soak: &Soak, status: u16, within: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < within {
        if let Some(door) = soak.lives.door()
            && let Ok((found, _)) = http::ask(&door.address, "", ("GET", "/healthz"), "", daemon::PATIENCE)
            && found == status
        {
            return true;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    false
}
