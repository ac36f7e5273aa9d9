//! The matcher alone, beside daachorse's character-wise automaton: the same terms, the same messages, one thread.

use super::terms::{Lists, SIZES};
use crate::bench::aim::Aim;
use crate::bench::{Bench, Section, Spread, input};
use crate::page::{Table, count};
use anyhow::ensure;
use daachorse::CharwiseDoubleArrayAhoCorasick;
use proviso_scan::{Folding, List, ListContent, Matcher, MatcherBuilder, has_signs_of_disguise};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Runs of each, in turns.
const ROUNDS: usize = 5;
/// Messages that are scanned together, as `eval` does.
const TOGETHER: usize = 1_024;
/// How many times the throughput of daachorse alone the bare scan is to have.
const AIM_BARE: f64 = 1.0;
/// What folding may add to the bare scan, in percent.
const AIM_FOLDING: f64 = 30.0;

/// What is timed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Bare,
    Folding,
    Daachorse,
}

const WAYS: [(Way, &str); 3] = [
    (Way::Bare, "the matcher, no folding"),
    (Way::Folding, "the matcher, folding as by default"),
    (Way::Daachorse, "daachorse alone"),
];

/// One size of list.
struct Contest {
    bare: Matcher,
    folding: Matcher,
    daachorse: CharwiseDoubleArrayAhoCorasick<u32>,
    /// Time to build, and memory in bytes, of the bare matcher and of daachorse.
    built: [(Duration, usize); 2],
}

impl Contest {
    fn new(terms: &[String]) -> anyhow::Result<Self> {
        let started = Instant::now();
        let bare = matcher(terms, Folding::EXACT)?;
        let ours = started.elapsed();
        let folding = matcher(terms, Folding::default())?;
        let started = Instant::now();
        let daachorse = CharwiseDoubleArrayAhoCorasick::<u32>::new(terms)
            .map_err(|error| anyhow::anyhow!("daachorse takes the terms not: {error}"))?;
        let theirs = started.elapsed();
        let built = [(ours, bare.memory_bytes()), (theirs, daachorse.heap_bytes())];
        Ok(Self {
            bare,
            folding,
            daachorse,
            built,
        })
    }

    /// Fails where the bare matcher and daachorse do not find the same. A disguised text is read once more by the matcher alone,
    /// which may find more in it.
    fn agree(&self, texts: &[&str]) -> anyhow::Result<()> {
        let (disguised, plain): (Vec<&str>, Vec<&str>) = texts.iter().partition(|text| has_signs_of_disguise(text));
        let [ours, theirs] = [Way::Bare, Way::Daachorse].map(|way| self.run(way, &plain).1);
        ensure!(ours == theirs, "the matcher has {ours} hits, daachorse {theirs}");
        let [ours, theirs] = [Way::Bare, Way::Daachorse].map(|way| self.run(way, &disguised).1);
        ensure!(
            ours >= theirs,
            "the matcher has {ours} hits in disguised texts, daachorse {theirs}"
        );
        Ok(())
    }

    /// Time for all the texts, and how many hits there were.
    fn run(&self, way: Way, texts: &[&str]) -> (Duration, usize) {
        let started = Instant::now();
        let hits = match way {
            Way::Bare => scan(&self.bare, texts),
            Way::Folding => scan(&self.folding, texts),
            Way::Daachorse => texts
                .iter()
                .map(|text| self.daachorse.find_overlapping_iter(black_box(text)).count())
                .sum(),
        };
        (started.elapsed(), hits)
    }
}

fn matcher(terms: &[String], folding: Folding) -> anyhow::Result<Matcher> {
    let mut builder = MatcherBuilder::new();
    builder.add(List {
        name: "terms".to_owned(),
        content: ListContent::Lexicon {
            terms: terms.to_vec(),
            folding,
        },
    });
    builder.build().map_err(|problems| anyhow::anyhow!("{problems:?}"))
}

fn scan(matcher: &Matcher, texts: &[&str]) -> usize {
    let (mut scratch, mut hits) = (matcher.scratch(), 0);
    for together in texts.chunks(TOGETHER) {
        matcher.scan_each(black_box(together), &mut scratch, |found, _| hits += found.len());
    }
    hits
}

pub(in crate::bench) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Section>> {
    let lists = Lists::choose(bench)?;
    let messages = input::read(&bench.workload.file)?;
    let texts: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let contests: Vec<Contest> = SIZES
        .iter()
        .map(|terms| Contest::new(&lists.of(*terms).terms))
        .collect::<anyhow::Result<_>>()?;
    contests.iter().try_for_each(|contest| contest.agree(&texts))?;
    let mut times = vec![WAYS.map(|_| Vec::new()); SIZES.len()];
    for round in 0..=ROUNDS {
        for (contest, times) in contests.iter().zip(&mut times) {
            for ((way, _), times) in WAYS.into_iter().zip(times) {
                let (took, _) = contest.run(way, &texts);
                // The first round warms what there is to warm.
                if round > 0 {
                    times.push(took.as_nanos() as f64 / texts.len() as f64);
                }
            }
        }
    }
    let times: Vec<[Spread; WAYS.len()]> = times.into_iter().map(|of| of.map(Spread::of)).collect();

    let heads: Vec<String> = SIZES.iter().map(|terms| format!(">{} terms", count(*terms))).collect();
    let mut heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    heads.insert(0, "time for a message");
    let mut table = Table::new(&heads);
    let row = |name: &str, cell: &dyn Fn(usize) -> String| -> Vec<String> {
        std::iter::once(name.to_owned())
            .chain((0..SIZES.len()).map(cell))
            .collect()
    };
    for (number, (_, name)) in WAYS.into_iter().enumerate() {
        table.row(row(name, &|size| times[size][number].show_nanos()));
    }
    let bare_beside = |size: usize| times[size][2].median / times[size][0].median;
    let added = |size: usize| (times[size][1].median / times[size][0].median - 1.0) * 1e2;
    let rate = |size: usize| bytes as f64 / texts.len() as f64 / times[size][0].median;
    table.row(row("throughput without folding, beside daachorse", &|size| {
        format!("{:.2} times", bare_beside(size))
    }));
    table.row(row("what folding adds", &|size| format!("{:.0} %", added(size))));
    table.row(row("text a second, no folding", &|size| {
        format!("{:.2} GB", rate(size))
    }));
    for (number, of) in ["the matcher", "daachorse"].into_iter().enumerate() {
        table.row(row(&format!("{of}: built in, memory"), &|size| {
            let (took, memory) = contests[size].built[number];
            format!("{:.0} ms, {:.2} MB", took.as_secs_f64() * 1e3, memory as f64 / 1e6)
        }));
    }
    let last = SIZES.len() - 1;
    let aims = vec![
        Aim::at_least(
            (
                "bare-scan",
                "bare scan of 20,000 terms: throughput beside daachorse alone",
            ),
            AIM_BARE,
            Some(bare_beside(last)),
            |times| format!("{times:.2} times"),
        ),
        Aim::at_most(
            ("folding", "what folding adds to the scan of 20,000 terms"),
            AIM_FOLDING,
            Some(added(last)),
            |percent| format!("{percent:.0} %"),
        ),
    ];
    let text = format!(
        "The lists of \"One job, several programs\" over all messages, {} bytes each; {ROUNDS} runs, in turns. Both find the same \
         hits where nothing is folded. Terms of the matcher are verified and told by list; patterns are left out.\n\n{}",
        bytes / texts.len(),
        table.markdown(),
    );
    Ok(vec![Section {
        title: "The matcher alone",
        text,
        aims,
    }])
}
