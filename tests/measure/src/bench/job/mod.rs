//! One job that every program can do: say in which messages at least one of some terms stands, and where.
//!
//! - `terms`: the lists
//! - `matcher`: the matcher alone, beside another
//! - `packs`: the same lists as packs of Proviso
//! - `others`: building and running the other programs

mod matcher;
mod others;
mod packs;
mod terms;

use super::aim::Aim;
use super::{Bench, Section, Spread, alone, input};
use crate::native::Alone;
use crate::page::{Table, count, percent};
use crate::process;
use anyhow::{Context, ensure};
use others::{Other, Others};
use packs::Matching;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use terms::{Lists, SIZES};

pub(super) use matcher::measure as measure_matcher;
pub(in crate::bench) use others::cargo;
pub(super) use others::slow_plugin;
pub(super) use packs::{Pack, Plugin, write as write_packs};
pub(super) use terms::plain as plain_terms;

/// Runs of each program, in turns.
const ROUNDS: usize = 3;
/// Numbers of packs that share the longest list.
const PACKS: [usize; 3] = [1, 10, 100];
/// What is aimed at: how many times the time of one pack a hundred may take, and how many times as fast as others (b) is to be.
const AIM_PACKS: f64 = 1.5;
const AIM_REGORUS: f64 = 100.0;
const AIM_EXTISM: f64 = 10.0;
const AIM_PYTHON: f64 = 10.0;

/// A program of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Program {
    Native,
    Matcher,
    Proviso,
    OwnMatcher,
    Other(Other),
}

const PROGRAMS: [Program; 8] = [
    Program::Native,
    Program::Matcher,
    Program::Proviso,
    Program::OwnMatcher,
    Program::Other(Other::Extism),
    Program::Other(Other::ExtismBatch),
    Program::Other(Other::Regorus),
    Program::Other(Other::Python),
];

impl Program {
    const fn name(self) -> &'static str {
        match self {
            Self::Native => "(a) native",
            Self::Matcher => "(a) its matcher alone",
            Self::Proviso => "(b) Proviso",
            Self::OwnMatcher => "(c) Proviso, matcher in the guest",
            Self::Other(other) => other.name(),
        }
    }

    /// One of so many messages is judged, so that slow programs end.
    const fn every(self, terms: usize, packs: usize) -> usize {
        match (self, terms, packs) {
            (Self::OwnMatcher, _, 2..) => packs,
            (Self::Other(Other::Python), ..) => 5,
            (Self::Other(Other::Regorus), 200, _) => 20,
            (Self::Other(Other::Regorus), 2_000, _) => 200,
            (Self::Other(Other::Regorus), ..) => 500,
            _ => 1,
        }
    }
}

/// A program with a list of so many terms, shared out among so many packs.
type Contender = (Program, usize, usize);

/// What a program took in each round, in ns a message, or why it is missing.
type Times = BTreeMap<Contender, Result<Vec<f64>, String>>;

/// The lists and the other programs.
struct Job<'a> {
    bench: &'a Bench<'a>,
    lists: Lists,
    others: Others,
}

pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Section>> {
    eprintln!("  choosing terms, building the other programs");
    let lists = Lists::choose(bench)?;
    let others = Others::build(bench, &lists);
    let job = Job { bench, lists, others };
    Ok(vec![job.programs()?, job.packs()?])
}

impl Job<'_> {
    /// Every program flags what (a) flags, or this is an error; then all are measured in turns.
    fn measure(&self, contenders: &[Contender]) -> anyhow::Result<Times> {
        let mut times = Times::new();
        for contender @ (program, terms, packs) in contenders {
            eprintln!("  {}, {} terms in {packs}: compared", program.name(), count(*terms));
            let missing = match program {
                Program::OwnMatcher => self.others.missing_guest(),
                Program::Other(other) => self.others.missing(*other),
                _ => None,
            };
            if missing.is_none() {
                self.compare(*contender)
                    .with_context(|| format!("{} with {terms} terms", program.name()))?;
            }
            times.insert(
                *contender,
                missing.map_or(Ok(Vec::new()), |reason| Err(reason.to_owned())),
            );
        }
        for round in 1..=ROUNDS {
            eprintln!("  round {round} of {ROUNDS}");
            for (contender, times) in &mut times {
                if let Ok(times) = times {
                    times.push(self.run(*contender)?.ns_per_message);
                }
            }
        }
        Ok(times)
    }

    /// Holds what a program flags against the list itself.
    fn compare(&self, contender: Contender) -> anyhow::Result<()> {
        let (program, terms, packs) = contender;
        let file = self.file(contender)?;
        let flagged: BTreeSet<String> = match program {
            Program::Proviso => self.flagged_by_proviso(&self.set(terms, packs, Matching::Shared)?, &file)?,
            Program::OwnMatcher => self.flagged_by_proviso(&self.set(terms, packs, Matching::Own)?, &file)?,
            _ => self.run(contender)?.flagged.into_iter().collect(),
        };
        let expected = &self.lists.of(terms).flagged;
        let expected: BTreeSet<String> = input::read(&file)?
            .into_iter()
            .map(|message| message.id)
            .filter(|id| expected.contains(id))
            .collect();
        ensure!(
            flagged == expected,
            "flags {} messages, {} have a term; the first that differs is {:?}",
            flagged.len(),
            expected.len(),
            flagged.symmetric_difference(&expected).next()
        );
        Ok(())
    }

    fn run(&self, contender: Contender) -> anyhow::Result<Alone> {
        let (program, terms, packs) = contender;
        let (bench, file) = (self.bench, self.file(contender)?);
        let set = |matching| self.set(terms, packs, matching);
        let proviso = |matching| {
            let one = alone::proviso(bench, &set(matching)?, &file, 1)?.one_worker;
            anyhow::Ok(Alone {
                messages: one.messages,
                ns_per_message: one.ns_per_message,
                flagged: Vec::new(),
            })
        };
        match program {
            Program::Native => alone::native(bench, "verdicts", &set(Matching::Shared)?, &file, 1),
            Program::Matcher => alone::native(bench, "scan", &set(Matching::Shared)?, &file, 1),
            Program::Proviso => proviso(Matching::Shared),
            Program::OwnMatcher => proviso(Matching::Own),
            Program::Other(other) => self.others.run(other, &self.lists.of(terms).file, &file),
        }
    }

    fn file(&self, (program, terms, packs): Contender) -> anyhow::Result<PathBuf> {
        self.bench.workload.sample(program.every(terms, packs))
    }

    /// The policy set with a list of so many terms, shared out among so many packs; made where it is not there yet.
    fn set(&self, terms: usize, packs: usize, matching: Matching) -> anyhow::Result<PathBuf> {
        let folder = self
            .bench
            .folder
            .join(format!("{terms}-terms-{packs}-packs-{}", matching.name()));
        let set = folder.join("set.toml");
        if set.is_file() {
            return Ok(set);
        }
        let list = &self.lists.of(terms).terms;
        let of_pack = |part: usize| Pack {
            terms: list.iter().skip(part).step_by(packs).cloned().collect(),
            folding: false,
            plugin: match matching {
                Matching::Shared => Plugin::LexiconRules,
                Matching::Own => Plugin::OwnMatcher(self.others.guest(), terms, part, packs),
            },
        };
        Ok(write_packs(&folder, (0..packs).map(of_pack))?)
    }

    fn flagged_by_proviso(&self, set: &Path, file: &Path) -> anyhow::Result<BTreeSet<String>> {
        #[derive(Deserialize)]
        struct Line {
            message: String,
            held: bool,
            findings: Vec<serde_json::Value>,
        }
        let mut command = self.bench.proviso();
        command.args(["eval", "--format", "json", "--set"]).arg(set).arg(file);
        let mut flagged = BTreeSet::new();
        for line in process::output(&mut command)?
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let line: Line = serde_json::from_slice(line)?;
            ensure!(!line.held, "message {} is held: a policy failed on it", line.message);
            if !line.findings.is_empty() {
                flagged.insert(line.message);
            }
        }
        Ok(flagged)
    }

    fn programs(&self) -> anyhow::Result<Section> {
        let contenders: Vec<Contender> = SIZES
            .iter()
            .flat_map(|terms| PROGRAMS.map(|program| (program, *terms, 1)))
            .collect();
        let times = self.measure(&contenders)?;
        let spread = |program, terms| Some(Spread::of(times[&(program, terms, 1)].as_ref().ok()?.iter().copied()));
        let behind = |program, terms| Some(spread(program, terms)?.median / spread(Program::Proviso, terms)?.median);
        let heads: Vec<String> = SIZES.iter().map(|terms| format!(">{} terms", count(*terms))).collect();
        let mut heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        heads.insert(0, "time for a message");
        let mut table = Table::new(&heads);
        let mut against = Table::new(&[&["beside (b)"], &heads[1..]].concat());
        let mut missing = String::new();
        for program in PROGRAMS {
            let dash = || "-".to_owned();
            let row = |cell: &dyn Fn(usize) -> Option<String>| -> Vec<String> {
                let cells = SIZES.iter().map(|terms| cell(*terms).unwrap_or_else(dash));
                std::iter::once(program.name().to_owned()).chain(cells).collect()
            };
            table.row(row(&|terms| Some(spread(program, terms)?.show_nanos())));
            against.row(row(&|terms| Some(format!("{:.2} times", behind(program, terms)?))));
            if let Err(reason) = &times[&(program, SIZES[0], 1)] {
                missing.extend(["- ", program.name(), " is missing: ", reason, "\n"]);
            }
        }
        let flagged: Vec<String> = SIZES
            .iter()
            .map(|terms| percent(self.lists.of(*terms).flagged.len(), self.bench.workload.messages))
            .collect();
        let judged = |program: Program| -> Vec<String> {
            let judged = |terms: &usize| count(self.bench.workload.messages.div_ceil(program.every(*terms, 1)));
            SIZES.iter().map(judged).collect()
        };
        let text = format!(
            "One pack with one plain list of terms ({}), no folding, any occurrence counts: each program says of each message which \
             terms stand in it and where. {} of the messages have one. Parsed messages in, findings out, one thread; {ROUNDS} runs.\n\n\
             {}\n{}\n{missing}{}",
            self.lists.origin,
            flagged.join(", "),
            table.markdown(),
            against.markdown(),
            notes(
                &judged(Program::Other(Other::Regorus)),
                &judged(Program::Other(Other::Python))[0],
                &self.others
            ),
        );
        // The least favourable list counts.
        let least = |program, sizes: &[usize]| {
            sizes
                .iter()
                .try_fold(f64::INFINITY, |least, terms| Some(behind(program, *terms)?.min(least)))
        };
        let times_as_fast = |figure: f64| format!("{figure:.1} times");
        let aims = vec![
            Aim::at_least(
                ("against-regorus", "(b) beside regorus, the least of all lists"),
                AIM_REGORUS,
                least(Program::Other(Other::Regorus), &SIZES),
                times_as_fast,
            ),
            Aim::at_least(
                (
                    "against-extism",
                    "(b) beside extism called for each message, the least of all lists",
                ),
                AIM_EXTISM,
                least(Program::Other(Other::Extism), &SIZES),
                times_as_fast,
            ),
            Aim::at_least(
                (
                    "against-python",
                    "(b) beside Python with pyahocorasick, 2,000 terms and more",
                ),
                AIM_PYTHON,
                least(Program::Other(Other::Python), &SIZES[1..]),
                times_as_fast,
            ),
        ];
        Ok(Section {
            title: "One job, several programs",
            text,
            aims,
        })
    }

    fn packs(&self) -> anyhow::Result<Section> {
        let terms = SIZES[SIZES.len() - 1];
        let programs = [Program::Native, Program::Proviso, Program::OwnMatcher];
        let contenders: Vec<Contender> = PACKS
            .iter()
            .flat_map(|packs| programs.map(|program| (program, terms, *packs)))
            .collect();
        let times = self.measure(&contenders)?;
        let spread = |program, packs| {
            Some(Spread::of(
                times[&(program, terms, packs)].as_ref().ok()?.iter().copied(),
            ))
        };
        let beside_one = |program, packs| Some(spread(program, packs)?.median / spread(program, 1)?.median);
        let mut heads = vec![">packs"];
        heads.extend(programs.map(Program::name));
        heads.push("(b) beside one pack");
        let heads: Vec<String> = heads
            .iter()
            .map(|head| format!(">{}", head.trim_start_matches('>')))
            .collect();
        let mut table = Table::new(&heads.iter().map(String::as_str).collect::<Vec<_>>());
        let dash = || "-".to_owned();
        for packs in PACKS {
            let mut row = vec![packs.to_string()];
            row.extend(programs.map(|program| spread(program, packs).map_or_else(dash, Spread::show_nanos)));
            row.push(beside_one(Program::Proviso, packs).map_or_else(dash, |times| format!("{times:.2} times")));
            table.row(row);
        }
        let missing = self.others.missing_guest().map_or_else(String::new, |reason| {
            format!("\n{} is missing: {reason}\n", Program::OwnMatcher.name())
        });
        let text = format!(
            "The same {} terms, shared out among 1, 10 and 100 packs, a policy with one rule of its own in each: the same terms \
             stand in the same messages. Time for a message, one thread; {ROUNDS} runs. In (c) every policy is called for every \
             message and scans it; of 10 and 100 packs, one message of 10 and 100 is enough.\n\n{}{missing}",
            count(terms),
            table.markdown(),
        );
        let aim = Aim::at_most(
            ("packs", "100 packs beside one, the same terms"),
            AIM_PACKS,
            beside_one(Program::Proviso, 100),
            |times| format!("{times:.2} times"),
        );
        Ok(Section {
            title: "Many packs",
            text,
            aims: vec![aim],
        })
    }
}

fn notes(regorus: &[String], python: &str, others: &Others) -> String {
    format!(
        "- Each program first showed that it flags exactly the messages in which a term stands, as found by the matcher of (a) over \
         all of them. If one did not, nothing would stand here.\n\
         - What is not alike: (a), (b), (c) make findings with a rule, spans and a reason in two languages, and a verdict; \
         (b) and (c) also a digest of each message's input. The others return spans alone, in whatever form costs them least: \
         extism bytes, Python tuples, Rego a set of objects.\n\
         - (a), (b): `lexicon-rules`, triggered by hits of the host's matcher. (c): the trigger is `always`, and a plugin that \
         carries daachorse scans each text in the sandbox, in batches, each batch in a fresh copy of its memory. (d): the same \
         matcher by extism {}, whose instance keeps its memory from call to call. (e): `tests/compare/lexicon.rego` by regorus {}, \
         its terms as data; {} messages. (f): `tests/compare/ahocorasick_peer.py`, pyahocorasick {}; {python} messages.\n\
         - (d), (e), (f) are timed in their own processes from the first to the last message, apart from start, compiling and \
         reading; a tenth of the messages is judged before that. For (a), (b), (c) see \"Judging alone\".\n",
        others.version(Other::Extism),
        others.version(Other::Regorus),
        regorus.join(", "),
        others.version(Other::Python),
    )
}
