//! The table of figures, for the page of operations.

use super::Soak;
use super::account::Measured;
use super::faults::lock;
use super::figures::{Slowest, thirds};
use super::load::Account;
use crate::machine;
use crate::page::{Table, count, marked};

pub(super) fn render(soak: &Soak, measured: &Measured, machine: &str) -> String {
    let figures = &soak.figures;
    let sum = |of: fn(&Account) -> &std::sync::atomic::AtomicU64| -> usize {
        soak.feeds().map(|feed| Account::of(of(&feed.account)) as usize).sum()
    };
    let millis = |slowest: &Slowest| format!("{} ms", count(slowest.get().as_millis() as usize));
    let samples = lock(&figures.samples);
    let long = (soak.plan.warm_up, soak.plan.life_min);
    let most = samples.iter().map(|sample| sample.resident_mb).fold(0.0, f64::max);
    let mut table = Table::new(&["", ">figure"]);
    let mut row = |name: &str, figure: String| table.row([name.to_owned(), figure]);
    row(
        "messages acknowledged, each in the archive once",
        count(measured.messages as usize),
    );
    row(
        "handed over again on purpose; lines that are no message",
        format!("{}; {}", count(sum(|one| &one.again)), count(sum(|one| &one.bad))),
    );
    row(
        "requests sent again because their end was not seen or not good",
        count(sum(|one| &one.unsure)),
    );
    row("changes of policies that went live", count(figures.live.get() as usize));
    row(
        "changes and packs that were refused",
        count(figures.refused.get() as usize),
    );
    row("slowest good change until it judged", millis(&figures.change));
    row("slowest broken change, hostile pack, until it was told", {
        format!("{}, {}", millis(&figures.refusal), millis(&figures.hostile))
    });
    row("kill -9; of these with a request under way", {
        format!(
            "{}; {}",
            count(figures.kills.get() as usize),
            count(figures.kills_at_work.get() as usize)
        )
    });
    row(
        "full disks",
        if soak.disk.is_some() {
            count(figures.fills.get() as usize)
        } else {
            "none: nothing could be mounted".to_owned()
        },
    );
    if soak.disk.is_some() {
        row("slowest word of a full disk, and of its end", {
            format!("{}, {}", millis(&figures.full_told), millis(&figures.freed_told))
        });
    }
    row(
        "connections that idled or dribbled",
        count(figures.dribbled.get() as usize),
    );
    row("slowest `/healthz`", millis(&figures.healthz));
    if let Some(resident) = thirds(&samples, long, |sample| sample.resident_mb).first() {
        row("resident memory of the longest life, first third, last third", {
            format!("{:.0} MB, {:.0} MB", resident.first, resident.last)
        });
    }
    row("resident memory at most", format!("{most:.0} MB"));
    if let Some(files) = thirds(&samples, long, |sample| sample.files).first() {
        row("open files beside connections, first third, last third", {
            format!("{}, {}", files.first, files.last)
        });
    }
    row(
        "processor time at rest",
        format!("{:.2} % of a core", measured.idle_percent),
    );
    row("slowest end after SIGTERM", millis(&figures.end));
    row("slowest start", millis(&figures.start));
    row("archive at the end", format!("{:.0} MB", measured.archive_megabytes));
    marked(&format!(
        "Measured by `make soak` on {}: {machine}. {} s, seed {}.\n\n{}",
        machine::now(),
        soak.plan.length.as_secs(),
        soak.seed,
        table.markdown()
    ))
}
