//! The hostile corpus: programs that mean harm, each with what must come of it. They run one after another, so that time and
//! memory of each can be told, and after each a healthy neighbour judges its messages as always.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

// Named by its path, so that its own modules are found beside it wherever it is included.
#[path = "programs.rs"]
mod programs;
#[path = "../support/mod.rs"]
mod support;

use programs::program::{Expect, Program};
use proviso_engine::{Engine, EngineOptions, Generation, Outcome, ResolvedSet};
use proviso_model::set::{Apply, PolicySet};
use proviso_model::verdict::FaultCause;
use proviso_pack::TrustedPack;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use support::*;

/// Programs that the corpus has, at least.
const PROGRAMS_MIN: usize = 120;
/// Processor time that a refusal may take.
const REFUSAL_MAX: Duration = Duration::from_secs(2);
/// Processor time that a program may take which loops in `configure` until its fuel is used up, or is built and called.
const RUN_MAX: Duration = Duration::from_secs(20);
/// Memory that a refusal may take beside what the test had before it, in KiB.
const REFUSAL_KIB_MAX: u64 = 256 << 10;
/// Memory that a program may take which is built and called: up to 64 MiB of its own are held several times while they are
/// frozen.
const RUN_KIB_MAX: u64 = 512 << 10;
/// What the messages say. Only the one with `!` makes a program do harm.
const TEXTS: [&str; 3] = ["first", "! 保本", "last"];

/// Processor time of this process so far. Unlike a clock, it does not see what else the machine does.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = [fields[11], fields[12]]
        .iter()
        .map(|field| field.parse::<u64>().unwrap())
        .sum();
    // The kernel counts in hundredths of a second.
    Duration::from_millis(ticks * 10)
}

/// The most memory that this process had since the last reset, and has now, in KiB.
fn memory_kib() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    (of("VmHWM:"), of("VmRSS:"))
}

/// Lets the kernel count the most memory anew.
fn reset_memory() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

struct Bench {
    engine: Engine,
    neighbour: Arc<TrustedPack>,
    healthy: Generation,
    _cache: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let cache = tempfile::tempdir().unwrap();
        let options = EngineOptions {
            cache_dir: Some(cache.path().join("cache")),
            ..EngineOptions::default()
        };
        let engine = Engine::new(options).unwrap();
        let manifest = format!("{HEAD}{RULES_POLICY}").replace("test/pack", "test/neighbour");
        let neighbour = pack(&manifest, &rules_component(""), &[]);
        let healthy = build(&engine, &ResolvedSet::of_pack(Arc::clone(&neighbour))).unwrap();
        Self {
            engine,
            neighbour,
            healthy,
            _cache: cache,
        }
    }

    /// Runs a program, and says what was otherwise than expected.
    fn run(&self, program: &Program) -> Result<(), String> {
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| program.component()));
        let component = made.map_err(|_| "it could not be made".to_owned())?;
        let key = if program.interface() == "fold" {
            "key = \"sender\"\n"
        } else {
            ""
        };
        let manifest = format!(
            "{HEAD}\n[[policy]]\nname = \"policy\"\nplugin = \"plugin\"\ninterfaces = [\"{}\"]\ntrigger = \"always\"\nfields = [\"text\", \"parties\"]\n{key}budget = {{ fuel_per_kib = 1_000_000 }}\n",
            program.interface()
        );
        let hostile = pack(&manifest, &component, &[]);
        let apply = |pack: &Arc<TrustedPack>| Apply {
            pack: pack.origin().display().to_string(),
            assessment: Some("pack-test".to_owned()),
            ..Apply::default()
        };
        let set = ResolvedSet {
            file: hostile.path_of("pack.toml"),
            set: PolicySet {
                apply: vec![apply(&hostile), apply(&self.neighbour)],
                ..PolicySet::default()
            },
            packs: vec![hostile, Arc::clone(&self.neighbour)],
        };
        drop(component);
        let result = match (build(&self.engine, &set), program.expect) {
            (Err(error), Expect::Refused(words)) => {
                let long = error.problems.iter().find(|problem| problem.message.len() > 4096);
                let steers = error
                    .problems
                    .iter()
                    .find(|problem| problem.message.contains(char::is_control));
                if error.problems.len() > 1_000 || long.or(steers).is_some() {
                    return Err(format!(
                        "{} problems, too long: {long:?}, with control characters: {steers:?}",
                        error.problems.len()
                    ));
                }
                let told = error
                    .problems
                    .iter()
                    .any(|problem| problem.message.contains(words) && problem.line > 0);
                told.then_some(())
                    .ok_or_else(|| format!("refused with other words than {words:?}: {}", error.problems[0]))
            }
            (Err(error), _) => Err(format!("refused: {}", error.problems[0])),
            (Ok(_), Expect::Refused(words)) => Err(format!("not refused; expected {words:?}")),
            (Ok(generation), expect) => check(&generation, expect),
        };
        // The neighbour, once more and alone.
        for outcome in judge(&self.healthy, &["an", "ordinary", "day"]) {
            assert_eq!(
                (fault(&outcome), rules(&outcome)),
                (None, vec!["seen"]),
                "after {}",
                program.name
            );
        }
        result
    }
}

/// What the neighbour found, and what the program found.
fn by_pack(outcome: &Outcome) -> (Vec<&str>, Vec<&str>) {
    let of = |neighbour| {
        let findings = outcome.verdict.findings.iter();
        let of_pack = findings.filter(|finding| (&*finding.pack == "test/neighbour") == neighbour);
        of_pack.map(|finding| finding.rule.as_str()).collect()
    };
    (of(true), of(false))
}

/// Judges the messages together, then three times the one with `!` alone.
fn check(generation: &Generation, expect: Expect) -> Result<(), String> {
    let together = judge(generation, &TEXTS);
    let alone: Vec<Outcome> = (0..3).map(|_| judge(generation, &TEXTS[1..2]).remove(0)).collect();
    for outcome in together.iter().chain(&alone) {
        let neighbour = by_pack(outcome).0;
        if neighbour != ["seen"] {
            return Err(format!("the neighbour found {neighbour:?}"));
        }
        if outcome.verdict.held != fault(outcome).is_some() {
            return Err("a fault does not hold its message, or something else does".to_owned());
        }
        for fault in &outcome.verdict.faults {
            if fault.detail.is_empty()
                || fault.detail.len() > 512
                || fault.detail.contains(char::is_control)
                || fault.detail.contains("保本")
            {
                return Err(format!("the detail {:?}", fault.detail));
            }
        }
    }
    if expect == Expect::Contained {
        return Ok(());
    }
    let is_judged = |outcome: &Outcome| fault(outcome).is_none();
    let all_fault = matches!(expect, Expect::AllFault(_));
    for outcome in [&together[0], &together[2]] {
        if is_judged(outcome) == all_fault {
            return Err(format!("a message beside it: {:?}", outcome.verdict.faults));
        }
    }
    for outcome in together[1..2].iter().chain(&alone) {
        let (found, cause): (Vec<&str>, Option<FaultCause>) = (by_pack(outcome).1, fault(outcome));
        let as_expected = match expect {
            Expect::Fault(expected) | Expect::AllFault(expected) => cause == Some(expected) && found.is_empty(),
            Expect::Judged(expected) => cause.is_none() && found == expected,
            Expect::Refused(_) | Expect::Contained => unreachable!("asked before"),
        };
        if !as_expected {
            return Err(format!("found {found:?}, faults {:?}", outcome.verdict.faults));
        }
    }
    Ok(())
}

#[test]
fn every_program_of_the_corpus_comes_to_what_is_expected_of_it() {
    let bench = Bench::new();
    let programs = programs::all();
    let mut names: Vec<&str> = programs.iter().map(|program| program.name.as_str()).collect();
    names.sort_unstable();
    assert!(
        names.windows(2).all(|pair| pair[0] != pair[1]),
        "every program has a name of its own"
    );
    assert!(programs.len() >= PROGRAMS_MIN, "{} programs", programs.len());

    let mut wrong = String::new();
    let mut costs = Vec::new();
    for program in &programs {
        reset_memory();
        let (began, (_, memory_before)) = (processor_time(), memory_kib());
        let result = bench.run(program);
        let (took, used) = (
            processor_time().saturating_sub(began),
            memory_kib().0.saturating_sub(memory_before),
        );
        let runs = program.name.starts_with("a configure") || !matches!(program.expect, Expect::Refused(_));
        let (most, most_kib) = if runs {
            (RUN_MAX, RUN_KIB_MAX)
        } else {
            (REFUSAL_MAX, REFUSAL_KIB_MAX)
        };
        let result = result.and_then(|()| {
            let within = took <= most && used <= most_kib;
            within
                .then_some(())
                .ok_or_else(|| format!("took {took:?} of the processor and {used} KiB"))
        });
        if let Err(what) = result {
            writeln!(wrong, "{}: {what}", program.name).unwrap();
        }
        costs.push((took, used, program.name.as_str()));
    }
    costs.sort();
    for (took, used, name) in costs.iter().rev().take(10) {
        println!("{took:?} of the processor, {} MiB: {name}", used >> 10);
    }
    println!("{} programs", programs.len());
    assert!(wrong.is_empty(), "\n{wrong}");
}
