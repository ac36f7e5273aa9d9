//! `make quality`: what the packs say of real text, and a page of it.
//!
//! - `judge`: one pack over all corpora, by the binary under test
//! - `fraud`: precision and recall of one pack on labelled dialogues
//! - `frames`: the same on dialogues that were written before the pack's rules
//! - `attack`: what of the packs' findings survives who evades them
//! - this file: the packs, the limit, the page

mod attack;
mod frames;
mod fraud;
mod judge;

use crate::corpus::{self, Corpus};
use crate::page::{Table, count, percent, publish};
use crate::{QualityArgs, machine};
use anyhow::{Context, ensure};
use attack::Attacked;
use fraud::Labelled;
use judge::{Judgement, Roles};
use proviso_pack::{PLUGIN_PATH_VARIABLE, Pack, PluginPath};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Corpora of ordinary talk in which next to nothing is to be found.
const BENIGN: [&str; 3] = [
    "zh_service_dialogue_crosswoz",
    "zh_chitchat_kdconv",
    "en_bank_customer_banking77",
];
/// Messages flagged in such a corpus, at most, of a thousand.
const BENIGN_PER_THOUSAND_MAX: usize = 5;
/// Dialogues with a label, and the pack that is to find what the label says.
const LABELLED: (&str, &str) = ("zh_fraud_dialogue_teleantifraud_SYNTHETIC", "bank-cn");

/// What the tables leave out: where the figures come from, and how far they can be believed.
const NOTES: &str = include_str!("notes.md");

/// One pack and what it says of each corpus.
struct Measured {
    pack: String,
    /// Its own tests.
    cases: usize,
    judgements: Vec<Judgement>,
    /// As if staff had written everything.
    strictest: Vec<Judgement>,
    /// Absent of a pack whose cases expect no findings.
    attacked: Option<Attacked>,
}

pub(crate) fn run(args: &QualityArgs) -> anyhow::Result<ExitCode> {
    let Some(folder) = args.corpus.clone().or_else(crate::corpus_of_environment) else {
        eprintln!(
            "proviso-measure: set PROVISO_CORPUS to the folder of corpora (with messages/*.jsonl in it); the packs are \
             measured on real text, which is no part of this repository"
        );
        return Ok(ExitCode::from(2));
    };
    ensure!(
        args.proviso.is_file(),
        "there is no binary {}: build it first",
        args.proviso.display()
    );
    let proviso = args.proviso.canonicalize()?;
    let corpora = corpus::read_all(&folder)?;
    let mut measured = Vec::new();
    for pack in packs(&args.packs)? {
        let name = pack.file_name().unwrap_or_default().to_string_lossy().into_owned();
        eprintln!("{name} on {} corpora", corpora.len());
        let judge =
            |roles| judge::judge(&proviso, &pack, &corpora, roles).with_context(|| format!("cannot measure {name}"));
        let (judgements, strictest) = (judge(Roles::AsSpoken)?, judge(Roles::AllByStaff)?);
        let plugins = PluginPath::from_values(std::env::var_os(PLUGIN_PATH_VARIABLE).as_deref(), proviso.parent());
        let opened = Pack::open(&pack, &plugins)?;
        let mut expected = opened.cases().iter().flat_map(|case| &case.expect);
        let expects_findings = expected.any(|expected| !expected.is_empty());
        let attacked = attack::attack(&proviso, &pack, expects_findings)?;
        measured.push(Measured {
            pack: name,
            cases: opened.cases().len(),
            attacked,
            judgements,
            strictest,
        });
    }
    let labelled = labelled(&proviso, args, &corpora, &measured)?;
    let frames = match packs(&args.packs)?.iter().find(|pack| pack.ends_with(LABELLED.1)) {
        Some(pack) => frames::measure(&proviso, pack)?,
        None => String::new(),
    };
    let failures = too_many(&corpora, &measured);
    let page = render(&corpora, &measured, (labelled.as_ref(), &frames), &machine::now());
    publish(&page, args.write.as_deref())?;
    for failure in &failures {
        eprintln!("{failure}");
    }
    Ok(if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Folders with a `pack.toml`, ordered by name.
fn packs(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = folder
        .canonicalize()
        .with_context(|| format!("there is no folder {}", folder.display()))?;
    let mut packs = fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    packs.retain(|path| path.join("pack.toml").is_file());
    packs.sort();
    ensure!(!packs.is_empty(), "{} has no pack", folder.display());
    Ok(packs)
}

/// The labelled dialogues, as they are spoken and with the sides exchanged.
fn labelled(
    proviso: &Path,
    args: &QualityArgs,
    corpora: &[Corpus],
    measured: &[Measured],
) -> anyhow::Result<Option<[Labelled; 2]>> {
    let Some(at) = corpora.iter().position(|corpus| corpus.name == LABELLED.0) else {
        return Ok(None);
    };
    let Some(pack) = measured.iter().find(|measured| measured.pack == LABELLED.1) else {
        return Ok(None);
    };
    let one = &corpora[at..=at];
    let exchanged = judge::judge(
        proviso,
        &args.packs.join(LABELLED.1).canonicalize()?,
        one,
        Roles::Exchanged,
    )?;
    Ok(Some([
        Labelled::of(&one[0], &pack.judgements[at]),
        Labelled::of(&one[0], &exchanged[0]),
    ]))
}

/// What is flagged more often than the limit allows, for people.
fn too_many(corpora: &[Corpus], measured: &[Measured]) -> Vec<String> {
    let mut failures = Vec::new();
    for Measured {
        pack,
        judgements,
        strictest,
        ..
    } in measured
    {
        for (how, judgements) in [("", judgements), (", all of it by staff", strictest)] {
            for (corpus, judgement) in corpora.iter().zip(judgements).filter(|(corpus, _)| is_benign(corpus)) {
                let flagged = judgement.flagged();
                if flagged * 1_000 > corpus.messages() * BENIGN_PER_THOUSAND_MAX {
                    let share = percent(flagged, corpus.messages());
                    let name = &corpus.name;
                    failures.push(format!(
                        "{pack} flags {flagged} messages ({share}) of {name}{how}: at most 0.50 % are allowed"
                    ));
                }
            }
        }
    }
    failures
}

fn is_benign(corpus: &Corpus) -> bool {
    BENIGN.contains(&&*corpus.name)
}

/// Messages flagged by each pack, by corpus.
fn flags(corpora: &[Corpus], measured: &[Measured], roles: Roles) -> String {
    let mut heads = vec![
        "corpus".to_owned(),
        "employee / customer".to_owned(),
        ">messages".to_owned(),
    ];
    heads.extend(measured.iter().map(|measured| format!(">{}", measured.pack)));
    let mut table = Table::new(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for (at, corpus) in corpora.iter().enumerate() {
        let mark = if is_benign(corpus) { " (benign)" } else { "" };
        let sides = if roles == Roles::AllByStaff {
            "all / -"
        } else {
            judge::roles_of(corpus)
        };
        let messages = corpus.messages();
        let mut row = vec![format!("{}{mark}", corpus.name), sides.to_owned(), count(messages)];
        row.extend(measured.iter().map(|measured| {
            let judgements = if roles == Roles::AllByStaff {
                &measured.strictest
            } else {
                &measured.judgements
            };
            let flagged = judgements[at].flagged();
            format!("{} ({})", count(flagged), percent(flagged, messages))
        }));
        table.row(row);
    }
    table.markdown()
}

fn render(
    corpora: &[Corpus],
    measured: &[Measured],
    (labelled, frames): (Option<&[Labelled; 2]>, &str),
    now: &str,
) -> String {
    let judgements = measured
        .iter()
        .flat_map(|measured| measured.judgements.iter().chain(&measured.strictest));
    let held: usize = judgements.map(|judgement| judgement.held).sum();
    let mut page = String::new();
    write!(
        page,
        "# Quality of the packs\n\n\
         What the packs of `policies/` find in real and in labelled text, measured by the sandboxed engine itself.\n\n    \
         PROVISO_CORPUS=/path/to/corpora make quality\n\n\
         writes this page; edits are lost. {now}. The corpora are public data sets, read from `messages/*.jsonl` in that folder, and no \
         part of this repository. Each pack is applied alone, with its own settings. A message counts as flagged if a policy has a finding \
         at medium or above.\n\n\
         ## Messages flagged, each side as it spoke\n\n\
         {spoken}\n\
         In the corpora marked benign, at most 0.50 % may be flagged by any pack, in this table and in the next; `make quality` fails \
         otherwise. The others have no label for what the packs look for, so their shares say how much there would be to look at, not how \
         much of it is right. Messages held because a policy failed, in all runs: {held}.\n\n\
         ## Messages flagged, as if staff had written everything\n\n\
         Several rules look at staff alone, and what customers write is recorded one or more steps lower: this is the strictest direction.\n\n\
         {strictest}",
        spoken = flags(corpora, measured, Roles::AsSpoken),
        strictest = flags(corpora, measured, Roles::AllByStaff),
    )
    .expect(WRITES);
    if let Some((pack, table)) = scores(corpora, measured) {
        write!(page, "\n## Scores\n\n`{pack}` finds nothing: it scores the employee of each conversation (here a person of their own).\n\n{table}")
            .expect(WRITES);
    }
    if let Some([spoken, exchanged]) = labelled {
        page.push_str(&fraud::render(LABELLED, spoken, exchanged));
    }
    page.push_str(frames);
    let mut cases = Table::new(&["pack", ">cases"]);
    for measured in measured {
        cases.row([measured.pack.clone(), count(measured.cases)]);
    }
    write!(page, "\n{NOTES}\n{}", cases.markdown()).expect(WRITES);
    let attacked = measured.iter();
    page.push_str(&attack::render(attacked.filter_map(|measured| {
        Some((measured.pack.as_str(), measured.attacked.as_ref()?))
    })));
    page
}

const WRITES: &str = "writing to a String does not fail";

/// Highest scores by corpus, for the pack that scores.
fn scores(corpora: &[Corpus], measured: &[Measured]) -> Option<(String, String)> {
    let scoring = measured.iter().find(|measured| {
        measured
            .judgements
            .iter()
            .any(|judgement| !judgement.score_of_conversation.is_empty())
    })?;
    let mut table = Table::new(&["corpus", ">people", ">10 or more", ">30 or more", ">highest score"]);
    for (corpus, judgement) in corpora.iter().zip(&scoring.judgements) {
        let scores: Vec<f64> = judgement.score_of_conversation.values().copied().collect();
        let at_least = |limit: f64| count(scores.iter().filter(|score| **score >= limit).count());
        let highest = scores.iter().copied().fold(0.0, f64::max);
        table.row([
            corpus.name.clone(),
            count(scores.len()),
            at_least(10.0),
            at_least(30.0),
            format!("{highest:.1}"),
        ]);
    }
    Some((scoring.pack.clone(), table.markdown()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Conversation, Turn};
    use judge::Flag;

    fn benign(messages: usize, flagged: usize) -> Vec<String> {
        let turns = (0..messages)
            .map(|_| Turn {
                text: String::new(),
                role: String::new(),
            })
            .collect();
        let corpus = Corpus {
            name: BENIGN[0].to_owned(),
            conversations: vec![Conversation {
                turns,
                label: String::new(),
                kind: String::new(),
            }],
        };
        let flags = (0..flagged)
            .map(|_| Flag {
                conversation: 0,
                rules: Vec::new(),
            })
            .collect();
        let judgements = vec![Judgement::default()];
        let strictest = vec![Judgement {
            flags,
            ..Judgement::default()
        }];
        too_many(
            &[corpus],
            &[Measured {
                pack: "p".to_owned(),
                cases: 0,
                judgements,
                strictest,
                attacked: None,
            }],
        )
    }

    #[test]
    fn half_a_percent_of_a_benign_corpus_may_be_flagged_and_no_more() {
        assert_eq!(benign(1_000, 5), Vec::<String>::new());
        assert_eq!(
            benign(1_000, 6),
            [
                "p flags 6 messages (0.60 %) of zh_service_dialogue_crosswoz, all of it by staff: at most 0.50 % are allowed"
            ]
        );
    }
}
