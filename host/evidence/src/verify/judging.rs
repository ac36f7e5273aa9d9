//! Messages that are judged again: what is asked of who has an engine, and what came of it. Nothing here judges.
//!
//! A message is judged again if its record was opened and is what the log has: its generation is that of its sealed verdict then, and packs
//! and set must make that very generation before anything of them runs. What stands in `judged-with/` the manifest vouches for.

use super::NotRead;
use super::fault::{Fault, Faults};
use super::members::read;
use crate::before::Before;
use crate::evidence::{Generation, JudgedWith};
use crate::lines::MessageV1;
use crate::member::Members;
use crate::write::GENERATIONS;
use proviso_model::verdict::{FaultCause, Verdict};
use proviso_model::{Addressed, Message};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Judges messages again.
pub trait Judges {
    /// Builds a generation. `packs` are the files of its packs, in its order; `None` where one is not enclosed. Asked once for each
    /// generation that judged a message of the export.
    fn build(&mut self, generation: &Generation, packs: Vec<Option<Vec<u8>>>) -> Result<(), Unbuilt>;

    /// Judges messages of generations that were built; the verdicts in order.
    fn judge(&mut self, messages: &[ToJudge]) -> Vec<Verdict>;

    /// What judges, with its version.
    fn versions(&self) -> &str;
}

/// A message with all that it is judged again with.
#[derive(Debug)]
pub struct ToJudge {
    /// Line of its member, from 1.
    pub(super) line: u64,
    /// The message.
    pub message: Arc<Addressed>,
    /// The verdict that the export has.
    pub verdict: Verdict,
    /// The same in its canonical bytes.
    pub(super) canonical: String,
    /// The generation, as `generations.jsonl` names it.
    pub generation: String,
    /// The messages before it that its verdict names, the oldest first.
    pub preceding: Vec<Arc<Addressed>>,
    /// The version of the directory that was asked; what it said stands in [`Self::with`].
    pub directory: Option<i64>,
    /// The rest.
    pub with: JudgedWith,
}

/// Why a generation judges nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unbuilt {
    /// What is enclosed is not what its name says.
    Wrong {
        /// The place of a pack in the generation, from 0; `None` of the generation itself.
        pack: Option<usize>,
        /// What is wrong.
        what: String,
    },
    /// Something is missing that it takes.
    Lacks(NotJudged, String),
}

/// Why a message was not judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotJudged {
    /// Names are pseudonyms: the message is not the one that was judged.
    Masked,
    /// The export was made by a version that did not enclose what messages were judged with.
    OlderExport,
    /// What the export has of it is at fault.
    Altered,
    /// A message that it was judged with is not in the export.
    Preceding,
    /// What the directory said of its parties is not in the export.
    Directory,
    /// Its generation is not in the export.
    Generation,
    /// A pack of its generation is not in the export.
    Pack,
    /// Packs or set in the export are others than those of its generation.
    OtherPacks,
    /// This program cannot build its generation.
    NotBuilt,
    /// A policy ran out of time, now or then: that depends on the machine.
    Deadline,
}

impl NotJudged {
    /// The name for programs: `older-export`.
    pub const fn name(self) -> &'static str {
        match self {
            NotJudged::Masked => "masked",
            NotJudged::OlderExport => "older-export",
            NotJudged::Altered => "altered",
            NotJudged::Preceding => "preceding",
            NotJudged::Directory => "directory",
            NotJudged::Generation => "generation",
            NotJudged::Pack => "pack",
            NotJudged::OtherPacks => "other-packs",
            NotJudged::NotBuilt => "not-built",
            NotJudged::Deadline => "deadline",
        }
    }
}

/// What came of judging again. Each message of the export is in one of the counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JudgedAgain {
    /// Messages with the very bytes of the verdict in the export.
    pub equal: u64,
    /// Messages with another verdict.
    pub different: u64,
    /// Messages that were not judged again, by the reason.
    pub not: BTreeMap<NotJudged, u64>,
    /// What judged.
    pub by: String,
    /// What had judged then, where it was something else.
    pub recorded_by: BTreeSet<String>,
    /// Verdicts that differ, and packs that are not what they are called: the first [`FAULTS_NAMED_MAX`](super::FAULTS_NAMED_MAX).
    pub differences: Vec<Fault>,
    /// All of them.
    pub differences_count: u64,
    /// Why generations judge nothing, where something is missing: as many at most.
    pub lacks: Vec<Fault>,
}

impl JudgedAgain {
    /// How many messages were not judged again.
    pub fn not_judged(&self) -> u64 {
        self.not.values().sum()
    }

    /// True if nothing that was judged again differs.
    pub fn is_well(&self) -> bool {
        self.differences_count == 0
    }
}

/// Bytes of the packs of one generation.
const PACKS_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// What is gathered while messages are judged again.
pub(super) struct Again<'a> {
    judges: &'a mut dyn Judges,
    generations: BTreeMap<String, Listed>,
    /// False of an export of before.
    has_judged_with: bool,
    /// What came before the next message of the conversation at hand.
    before: Before<Arc<Addressed>>,
    /// Messages of the member at hand.
    waiting: Vec<ToJudge>,
    came: JudgedAgain,
    differences: Faults,
    lacks: Faults,
}

/// A generation of the export.
struct Listed {
    /// Line of its member, from 1.
    line: u64,
    record: Generation,
    /// Absent until a message needs it.
    built: Option<Result<(), NotJudged>>,
}

impl<'a> Again<'a> {
    pub(super) fn new(judges: &'a mut dyn Judges) -> Self {
        let by = judges.versions().to_owned();
        Self {
            judges,
            generations: BTreeMap::new(),
            has_judged_with: false,
            before: Before::default(),
            waiting: Vec::new(),
            came: JudgedAgain {
                by,
                ..JudgedAgain::default()
            },
            differences: Faults::default(),
            lacks: Faults::default(),
        }
    }

    /// Reads the generations. `has_judged_with` says whether the export has what its messages were judged with.
    pub(super) fn begin<M: Members>(
        &mut self,
        members: &mut M,
        has_judged_with: bool,
    ) -> Result<(), NotRead<M::Error>> {
        self.generations = generations(members, &mut self.lacks)?;
        self.has_judged_with = has_judged_with;
        Ok(())
    }

    /// Puts a message that was verified, at a line of its member, among those that are judged next. An error says what is wrong with it.
    pub(super) fn add(
        &mut self,
        at: u64,
        line: MessageV1,
        message: Message,
        verdict: Verdict,
        with: Option<JudgedWith>,
    ) -> Result<(), String> {
        self.before.begin(&message);
        let named = self.before.named(&verdict.preceding);
        let message = Arc::new(Addressed::from(message));
        let ready = match with {
            None if self.has_judged_with => Err(NotJudged::Altered),
            None => Err(NotJudged::OlderExport),
            Some(with) => match (named, &with.before) {
                (Some(named), Some(before)) => {
                    if !named.iter().map(|(number, _)| number).eq(before) {
                        return Err("the messages before it are not those that its verdict names".to_owned());
                    }
                    let preceding = named.into_iter().map(|(_, message)| Arc::clone(message));
                    Ok((preceding.collect(), with))
                }
                _ => Err(NotJudged::Preceding),
            },
        };
        let standing = line.standing;
        let ready = ready.and_then(|(preceding, with)| {
            if standing.directory.is_some() && with.departments.is_none() {
                Err(NotJudged::Directory)
            } else if !self.generations.contains_key(&standing.generation) {
                Err(NotJudged::Generation)
            } else {
                Ok((preceding, with))
            }
        });
        let without_raw = || Arc::new(message.without_raw());
        self.before.add(line.number, &message, &verdict, without_raw);
        match ready {
            Err(why) => self.not(why),
            Ok((preceding, with)) => self.waiting.push(ToJudge {
                line: at,
                canonical: String::from(Box::<str>::from(line.verdict)),
                generation: standing.generation,
                directory: standing.directory,
                message,
                verdict,
                preceding,
                with,
            }),
        }
        Ok(())
    }

    /// Judges what was added of a member.
    pub(super) fn judge_all<M: Members>(&mut self, members: &mut M, member: &str) -> Result<(), NotRead<M::Error>> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut ready = Vec::with_capacity(waiting.len());
        for message in waiting {
            match self.built(&message.generation, |path| read(members, path))? {
                Ok(()) => ready.push(message),
                Err(why) => self.not(why),
            }
        }
        self.judge(member, &ready);
        Ok(())
    }

    pub(super) fn not(&mut self, why: NotJudged) {
        *self.came.not.entry(why).or_default() += 1;
    }

    /// Counts what was not there to be judged, of so many messages.
    pub(super) fn not_reached(&mut self, messages: u64) {
        let reached = self.came.equal + self.came.different + self.came.not_judged();
        if messages > reached {
            *self.came.not.entry(NotJudged::Altered).or_default() += messages - reached;
        }
    }

    /// Has a generation built, once, by the packs that are enclosed.
    fn built<E>(
        &mut self,
        generation: &str,
        mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Result<(), NotJudged>, E> {
        let Some(listed) = self.generations.get_mut(generation) else {
            return Ok(Err(NotJudged::Generation));
        };
        if let Some(built) = listed.built {
            return Ok(built);
        }
        let mut packs = Vec::with_capacity(listed.record.packs.len());
        let mut bytes = 0;
        for pack in &listed.record.packs {
            let file = pack.file.as_deref().map(&mut read).transpose()?.flatten();
            bytes += file.as_ref().map_or(0, Vec::len);
            packs.push(file);
            if bytes > PACKS_BYTES_MAX {
                break;
            }
        }
        let unbuilt = if bytes > PACKS_BYTES_MAX {
            let what = format!("its packs have more than {PACKS_BYTES_MAX} bytes");
            Err(Unbuilt::Lacks(NotJudged::NotBuilt, what))
        } else {
            self.judges.build(&listed.record, packs)
        };
        let built = unbuilt.map_err(|unbuilt| match unbuilt {
            Unbuilt::Wrong { pack, what } => {
                let file = pack.and_then(|pack| listed.record.packs.get(pack)?.file.as_deref());
                match file {
                    Some(file) => self.differences.add(file, None, what),
                    None => self.differences.add(GENERATIONS, Some(listed.line), what),
                }
                NotJudged::OtherPacks
            }
            Unbuilt::Lacks(why, what) => {
                self.lacks.add(GENERATIONS, Some(listed.line), what);
                why
            }
        });
        listed.built = Some(built);
        if built.is_ok() && self.judges.versions() != listed.record.engine {
            self.came.recorded_by.insert(listed.record.engine.clone());
        }
        Ok(built)
    }

    /// Judges messages of a member, and compares.
    fn judge(&mut self, member: &str, messages: &[ToJudge]) {
        let verdicts = self.judges.judge(messages);
        assert_eq!(verdicts.len(), messages.len());
        for (message, again) in messages.iter().zip(&verdicts) {
            if again.to_canonical_json() == message.canonical {
                self.came.equal += 1;
            } else if out_of_time(&message.verdict) || out_of_time(again) {
                self.not(NotJudged::Deadline);
            } else {
                self.came.different += 1;
                let what = format!(
                    "judged again it has other {}",
                    differing(&message.verdict, again).join(", ")
                );
                self.differences.add(member, Some(message.line), what);
            }
        }
    }

    pub(super) fn finish(self) -> JudgedAgain {
        JudgedAgain {
            differences_count: self.differences.count,
            differences: self.differences.named,
            lacks: self.lacks.named,
            ..self.came
        }
    }
}

/// The generations of an export, by their names.
fn generations<M: Members>(members: &mut M, lacks: &mut Faults) -> Result<BTreeMap<String, Listed>, NotRead<M::Error>> {
    let mut listed = BTreeMap::new();
    // That it is missing, or no text, is told where members are listed.
    let bytes = read(members, GENERATIONS)?.unwrap_or_default();
    for (line, text) in (1..).zip(bytes.split(|byte| *byte == b'\n').filter(|text| !text.is_empty())) {
        match serde_json::from_slice::<Generation>(text) {
            Ok(record) => {
                let built = None;
                listed.insert(record.id.clone(), Listed { line, record, built });
            }
            Err(_) => lacks.add(GENERATIONS, Some(line), "it is not of its form"),
        }
    }
    Ok(listed)
}

fn out_of_time(verdict: &Verdict) -> bool {
    verdict.faults.iter().any(|fault| fault.cause == FaultCause::Deadline)
}

/// The parts of a verdict that differ, as its canonical form names them.
fn differing(one: &Verdict, other: &Verdict) -> Vec<&'static str> {
    let parts = [
        ("input", one.input != other.input || one.preceding != other.preceding),
        ("packs", one.packs != other.packs),
        ("truncated", one.truncated != other.truncated),
        ("held", one.held != other.held),
        ("findings", one.findings != other.findings),
        ("proposals", one.proposals != other.proposals),
        ("scores", one.scores != other.scores),
        ("faults", one.faults != other.faults),
    ];
    let found: Vec<_> = parts
        .iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| *name)
        .collect();
    if found.is_empty() { vec!["bytes"] } else { found }
}
