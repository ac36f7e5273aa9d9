//! Looks at the daemon all the time: whether it answers, and what it takes.

use super::Soak;
use super::faults::lock;
use super::figures::Sample;
use crate::{http, process};
use std::time::{Duration, Instant};

/// Between two probes, and between two while the daemon rests: asking is work too.
const EVERY: Duration = Duration::from_millis(100);
const EVERY_AT_REST: Duration = Duration::from_secs(2);
/// A look at memory and descriptors each so many probes.
const SAMPLE_EVERY: u64 = 2;
/// A probe gives up after so long.
const PATIENCE: Duration = Duration::from_secs(15);
/// Resident memory, in MB of 1,000,000 bytes, at no time more.
const RESIDENT_MB_MAX: f64 = 700.0;

/// Asks until the run is over.
pub(super) fn probe(soak: &Soak) {
    let mut most_told = RESIDENT_MB_MAX;
    for number in 0_u64.. {
        if soak.is_over() {
            return;
        }
        ask(soak);
        if number.is_multiple_of(SAMPLE_EVERY)
            && let Some(sample) = sample(soak)
        {
            lock(&soak.figures.samples).push(sample);
            if sample.resident_mb > most_told {
                most_told = sample.resident_mb;
                soak.faults.tell(format!("{:.0} MB are resident", sample.resident_mb));
            }
        }
        std::thread::sleep(if soak.troubles_end() { EVERY_AT_REST } else { EVERY });
    }
}

/// `GET /healthz` as a load balancer asks it, with a connection of its own.
fn ask(soak: &Soak) {
    let Some(door) = soak.lives.door() else { return };
    let was_full = soak.lives.now().is_full;
    let begun = Instant::now();
    let mut connected = Duration::ZERO;
    let answer = http::connect(&door.address, PATIENCE).and_then(|stream| {
        connected = begun.elapsed();
        http::ask_over(stream, "", ("GET", "/healthz"), "")
    });
    let took = begun.elapsed();
    if !soak.lives.is_open(&door) {
        return;
    }
    soak.figures.healthz.note(took);
    soak.faults.expect(took < soak.plan.healthz_within, || {
        let (took, connected) = (took.as_millis(), connected.as_millis());
        format!("/healthz took {took} ms, {connected} ms of these until it was connected")
    });
    match answer {
        Ok((200, _)) => {}
        Ok((503, said)) => {
            let may_be = (was_full || soak.lives.now().is_full) && said == "commits fail\n";
            soak.faults.expect(may_be, || format!("/healthz says {said:?}"));
        }
        other => soak.faults.tell(format!("/healthz: {other:?}")),
    }
}

/// `None` where there is no process, or it goes away meanwhile.
fn sample(soak: &Soak) -> Option<Sample> {
    let life = soak.lives.now();
    let since = life.since.filter(|_| life.address.is_some())?;
    let resident = process::resident_of(life.process).ok()?;
    let descriptors = process::descriptors_of(life.process).ok()?;
    (soak.lives.now().number == life.number).then(|| Sample {
        life: life.number,
        at: since.elapsed(),
        resident_mb: resident.now,
        files: descriptors.others,
    })
}
