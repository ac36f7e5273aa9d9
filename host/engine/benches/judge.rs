//! The engine's parts with a trivial plugin: what a message costs apart from its rules, and what a build costs.
//!
//! `cargo bench -p proviso-engine`. Where many messages are judged at a time, the rate beside the time is of messages.

#![allow(clippy::unwrap_used, reason = "a measurement ends at what it did not expect")]

#[path = "../tests/support/mod.rs"]
mod support;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use proviso_engine::{Engine, EngineOptions, FoldStates, Generation, Input, ResolvedSet};
use support::{
    HEAD, RULES_POLICY, build, engine, fold_generation, inputs, message, pack, rules_component, rules_generation,
};

const TEXTS: [&str; 4] = [
    "您好,这款理财产品的风险等级是R2,过往业绩不代表未来表现,请您仔细阅读产品说明书后再做决定。",
    "The documents you asked for are attached; please look them over and tell me before Friday if anything is unclear.",
    "明天下午三点我们在二楼会议室碰一下,把上个季度的回访记录和这个月的计划一起过一遍,大概一个小时。",
    "订单已经发出,物流单号稍后会同步到您的页面,如果两天内没有更新请随时联系我,我帮您催一下仓库。",
];
/// Messages that are handed over at a time, as `eval` does.
const CHUNK: usize = 1_024;

fn main() {
    println!("features: {:?}", engine().features());
    divan::main();
}

/// One call of one policy, by the size of its batch: every message triggers it, and it finds one thing in each.
#[divan::bench(args = [1, 16, 64, 256])]
fn call(bencher: Bencher, batch: usize) {
    let generation = rules_generation(&engine());
    let inputs = inputs(&vec![TEXTS[0]; batch]);
    bencher
        .counter(ItemsCount::new(batch))
        .bench_local(|| generation.evaluate(black_box(&inputs)));
}

/// The same by the fields that the policy asks for: for every string and list of a record the host asks the guest for memory, and empty
/// ones are no exception. No message here has an amount.
#[divan::bench(args = [r#""amount""#, r#""text""#, r#""text", "id", "parties""#])]
fn passed(bencher: Bencher, fields: &str) {
    let asked = RULES_POLICY.replace(r#"fields = ["text"]"#, &format!("fields = [{fields}]"));
    let set = ResolvedSet::of_pack(pack(&format!("{HEAD}{asked}"), &rules_component(""), &[]));
    let generation = build(&engine(), &set).unwrap();
    let inputs = inputs(&[TEXTS[0]; 256]);
    bencher
        .counter(ItemsCount::new(256_usize))
        .bench_local(|| generation.evaluate(black_box(&inputs)));
}

/// 2,001 terms, and a policy that one message in so many triggers; 0: none does. What is left then is scope, scan and digest.
#[divan::bench(args = [4, 16, 256, 0])]
fn triggered_one_in(bencher: Bencher, every: usize) {
    let generation = build(&engine(), &with_terms()).unwrap();
    let hits = |number: usize| every > 0 && number.is_multiple_of(every);
    let texts: Vec<&str> = (0..CHUNK)
        .map(|number| if hits(number) { TEXTS[0] } else { TEXTS[1 + number % 3] })
        .collect();
    let inputs = inputs(&texts);
    bencher
        .counter(ItemsCount::new(CHUNK))
        .bench_local(|| generation.evaluate(black_box(&inputs)));
}

/// Whole chunks on threads that share one generation.
#[divan::bench(threads = [1, 2])]
fn threads(bencher: Bencher) {
    let generation = rules_generation(&engine());
    let inputs = inputs(&[TEXTS[0]; CHUNK]);
    bencher
        .counter(ItemsCount::new(CHUNK))
        .bench(|| generation.evaluate(black_box(&inputs)));
}

/// A fold's part of a chunk, by the number of keys that its messages belong to.
#[divan::bench(args = [1, 64, 1_024])]
fn fold(bencher: Bencher, keys: usize) {
    let generation = fold_generation(&engine());
    let inputs: Vec<Input> = (0..CHUNK)
        .map(|number| {
            let mut message = message(number, TEXTS[1 + number % 3]);
            message.sender.id = format!("employee-{}", number % keys);
            Input::new(message)
        })
        .collect();
    bencher
        .counter(ItemsCount::new(CHUNK))
        .with_inputs(|| (generation.evaluate(&inputs), FoldStates::new()))
        .bench_local_values(|(judged, mut states)| generation.advance(judged, &inputs, &mut states));
}

/// The digest of a message's content.
#[divan::bench]
fn digest(bencher: Bencher) {
    let message = message(0, TEXTS[0]);
    bencher.bench_local(|| black_box(&message).content_digest());
}

/// A generation of one small policy: compiled, configured, snapshotted.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn build_without_cache(bencher: Bencher) {
    let set = with_terms();
    bencher
        .with_inputs(engine)
        .bench_local_refs(|engine| build(engine, &set).unwrap());
}

/// The same where its snapshot was compiled before.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn build_from_cache(bencher: Bencher) {
    let set = with_terms();
    let folder = tempfile::tempdir().unwrap();
    let cached = || -> Engine {
        Engine::new(EngineOptions {
            cache_dir: Some(folder.path().join("cache")),
            ..EngineOptions::default()
        })
        .unwrap()
    };
    drop::<Generation>(build(&cached(), &set).unwrap());
    bencher
        .with_inputs(cached)
        .bench_local_refs(|engine| build(engine, &set).unwrap());
}

/// A policy that hits of 2,001 terms trigger.
fn with_terms() -> ResolvedSet {
    let manifest = format!(
        "{HEAD}[lexicon.words]\nfile = \"lexicons/words.txt\"\n{}",
        RULES_POLICY.replace("trigger = \"always\"", "lists = [\"words\"]")
    );
    let words: String = (0..2_000)
        .map(|number| format!("term{number}x\n"))
        .chain(["R2\n".to_owned()])
        .collect();
    ResolvedSet::of_pack(pack(&manifest, &rules_component(""), &[("lexicons/words.txt", &words)]))
}
