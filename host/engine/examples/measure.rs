//! Measures the engine with a trivial plugin: what a message costs apart from its rules, and what a build costs.
//!
//! `cargo run --release -p proviso-engine --example measure [PACK]`; with a pack's folder, its build is measured too.

#![allow(clippy::unwrap_used, reason = "a measurement ends at what it did not expect")]

#[path = "../tests/support/mod.rs"]
mod support;

use proviso_engine::{Engine, EngineOptions, Generation, ResolvedSet};
use proviso_pack::{Pack, PluginPath};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{HEAD, RULES_POLICY, build, engine, inputs, message, pack, rules_component, rules_generation};

const TEXTS: [&str; 4] = [
    "您好,这款理财产品的风险等级是R2,过往业绩不代表未来表现,请您仔细阅读产品说明书后再做决定。",
    "The documents you asked for are attached; please look them over and tell me before Friday if anything is unclear.",
    "明天下午三点我们在二楼会议室碰一下,把上个季度的回访记录和这个月的计划一起过一遍,大概一个小时。",
    "订单已经发出,物流单号稍后会同步到您的页面,如果两天内没有更新请随时联系我,我帮您催一下仓库。",
];

fn main() {
    let engine = engine();
    println!("features: {:?}", engine.features());
    let always = rules_generation(&engine);
    let manifest = format!(
        "{HEAD}[lexicon.words]\nfile = \"lexicons/words.txt\"\n{}",
        RULES_POLICY.replace("trigger = \"always\"", "lists = [\"words\"]")
    );
    let words: String = (0..2_000)
        .map(|number| format!("term{number}x\n"))
        .chain(["R2\n".to_owned()])
        .collect();
    let triggered = build(
        &engine,
        &ResolvedSet::of_pack(pack(&manifest, &rules_component(""), &[("lexicons/words.txt", &words)])),
    );
    let triggered = triggered.unwrap();

    println!("\nevaluate, one thread, every message triggers one policy that finds one thing:");
    for batch in [1, 16, 64, 256] {
        println!(
            "  batch of {batch:>3}: {:>6.0} ns a message",
            evaluate(&always, batch, |_| true)
        );
    }
    println!("evaluate, batch of 256, 2,001 terms, one message in N triggers:");
    for every in [4, 16, 256] {
        let nanos = evaluate(&triggered, 256, |number| number % every == 0);
        println!("  1 in {every:>3}: {nanos:>6.0} ns a message");
    }
    let bare = evaluate(&triggered, 256, |_| false);
    println!(
        "  none    : {bare:>6.0} ns a message: scope, scan, and its digest, which takes {:.0}",
        digest()
    );

    let one = threads(&always, 1);
    let two = threads(&always, 2);
    println!(
        "\nthreads: 1 thread {:.2} M messages/s, 2 threads {:.2} M messages/s, {:.2} times",
        one,
        two,
        two / one
    );

    println!("\nbuild of one small policy:");
    measure_builds(&ResolvedSet::of_pack(pack(
        &manifest,
        &rules_component(""),
        &[("lexicons/words.txt", &words)],
    )));
    if let Some(folder) = std::env::args().nth(1) {
        let pack = Pack::open(Path::new(&folder), &PluginPath::of_this_process()).unwrap();
        println!("\nbuild of {folder}:");
        let set = ResolvedSet::of_pack(Arc::new(pack));
        measure_builds(&set);
        let generation = build(&engine, &set).unwrap();
        let start = Instant::now();
        let reports = generation.self_test();
        let failed: Vec<_> = reports.iter().filter(|report| !report.passed()).collect();
        println!(
            "  {} cases in {:.1?}, {} do not hold",
            reports.len(),
            start.elapsed(),
            failed.len()
        );
        for report in failed {
            println!(
                "    {}:{} {}: {}",
                report.file,
                report.line,
                report.case,
                report.mismatches.join("; ")
            );
        }
    }
}

/// Over about 400,000 messages, in ns a message.
fn evaluate(generation: &Generation, batch: usize, hits: impl Fn(usize) -> bool) -> f64 {
    let texts: Vec<&str> = (0..batch)
        .map(|number| if hits(number) { TEXTS[0] } else { TEXTS[1 + number % 3] })
        .collect();
    let inputs = inputs(&texts);
    let rounds = 400_000 / batch;
    drop(generation.evaluate(&inputs));
    // The kernel accounts a thread's time when it leaves the processor.
    std::thread::yield_now();
    let start = processor_time();
    for _ in 0..rounds {
        std::hint::black_box(generation.evaluate(&inputs));
    }
    std::thread::yield_now();
    processor_time().saturating_sub(start).as_nanos() as f64 / (rounds * batch) as f64
}

/// The digest of a message, in ns.
fn digest() -> f64 {
    const ROUNDS: u32 = 400_000;
    let message = message(0, TEXTS[0]);
    std::thread::yield_now();
    let start = processor_time();
    for _ in 0..ROUNDS {
        std::hint::black_box(std::hint::black_box(&message).content_digest());
    }
    std::thread::yield_now();
    processor_time().saturating_sub(start).as_nanos() as f64 / f64::from(ROUNDS)
}

/// Time that this thread spent on a processor, so that a busy machine does not count. Elsewhere than on Linux, the time of day.
fn processor_time() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = schedule.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanos.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// Millions of messages a second, in batches of 256.
fn threads(generation: &Generation, count: usize) -> f64 {
    const ROUNDS: usize = 400;
    let inputs = inputs(&[TEXTS[0]; 256]);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| (0..ROUNDS).for_each(|_| drop(generation.evaluate(&inputs))));
        }
    });
    (count * ROUNDS * 256) as f64 / start.elapsed().as_secs_f64() / 1e6
}

fn measure_builds(set: &ResolvedSet) {
    let folder = tempfile::tempdir().unwrap();
    let options = || EngineOptions {
        cache_dir: Some(folder.path().join("cache")),
        ..EngineOptions::default()
    };
    for what in ["cold", "from the cache", "from the cache, again"] {
        let engine = Engine::new(options()).unwrap();
        let start = Instant::now();
        let generation = build(&engine, set).unwrap();
        let elapsed = start.elapsed();
        let description = generation.describe();
        let policies: Vec<_> = description.packs.iter().flat_map(|pack| &pack.policies).collect();
        let cached = policies.iter().filter(|policy| policy.from_cache).count();
        let anew = policies
            .iter()
            .filter(|policy| policy.configured_anew.is_some())
            .count();
        println!(
            "  {what}: {elapsed:.1?}, {} policies, {cached} from the cache, {anew} configured anew",
            policies.len()
        );
    }
}
