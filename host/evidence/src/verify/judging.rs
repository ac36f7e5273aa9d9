//! Messages that are judged again: what is asked of who has an engine, and what came of it. Nothing here judges.
//!
//! A message is judged again if its record was opened and is what the log has: its generation is that of its sealed verdict then, and packs
//! and set must make that very generation before anything of them runs. What stands in `judged-with/` the manifest vouches for.

use super::NotRead;
use super::fault::Faults;
use super::judged::{JudgedAgain, NotJudged};
use super::members::read;
use crate::before::Before;
use crate::evidence::{Generation, JudgedWith};
use crate::lines::MessageV1;
use crate::member::Members;
use crate::write::GENERATIONS;
use proviso_model::verdict::{FaultCause, Verdict};
use proviso_model::{Addressed, Message};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Judges messages again.
pub trait Judges {
    /// True of a generation that was built and is at hand. An export may have any number of them, and what one takes of memory is
    /// its packs' to say: who judges keeps some, and is asked to build another again when its turn comes.
    fn keeps(&self, generation: &str) -> bool;

    /// Builds a generation. `packs` are the files of its packs, in its order; `None` where one is not enclosed.
    fn build(&mut self, generation: &Generation, packs: Vec<Option<Vec<u8>>>) -> Result<(), Unbuilt>;

    /// Judges messages of a generation that is at hand; the verdicts in order.
    fn judge(&mut self, generation: &str, messages: &[ToJudge]) -> Vec<Verdict>;

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

    /// Judges what was added of a member, the messages of each generation together.
    pub(super) fn judge_all<M: Members>(&mut self, members: &mut M, member: &str) -> Result<(), NotRead<M::Error>> {
        let mut by_generation: BTreeMap<String, Vec<ToJudge>> = BTreeMap::new();
        for message in std::mem::take(&mut self.waiting) {
            by_generation
                .entry(message.generation.clone())
                .or_default()
                .push(message);
        }
        for (generation, messages) in by_generation {
            match self.built(&generation, |path| read(members, path))? {
                Ok(()) => self.judge(member, &generation, &messages),
                Err(why) => self.not_all(why, messages.len() as u64),
            }
        }
        Ok(())
    }

    fn not_all(&mut self, why: NotJudged, messages: u64) {
        *self.came.not.entry(why).or_default() += messages;
    }

    pub(super) fn not(&mut self, why: NotJudged) {
        self.not_all(why, 1);
    }

    /// Counts what was not there to be judged, of so many messages.
    pub(super) fn not_reached(&mut self, messages: u64) {
        let reached = self.came.equal + self.came.different + self.came.not_judged();
        if messages > reached {
            self.not_all(NotJudged::Altered, messages - reached);
        }
    }

    /// Has a generation at hand, built by the packs that are enclosed.
    fn built<E>(
        &mut self,
        generation: &str,
        mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Result<(), NotJudged>, E> {
        let Some(listed) = self.generations.get_mut(generation) else {
            return Ok(Err(NotJudged::Generation));
        };
        match listed.built {
            Some(Ok(())) if !self.judges.keeps(generation) => {}
            Some(built) => return Ok(built),
            None => {}
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

    /// Judges messages of a member and a generation, and compares.
    fn judge(&mut self, member: &str, generation: &str, messages: &[ToJudge]) {
        let verdicts = self.judges.judge(generation, messages);
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

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_model::canonical::{Defaults, from_json};
    use proviso_model::{Digest, MessageId};
    use std::convert::Infallible;

    /// Keeps one generation, and gives every message the verdict that it has.
    #[derive(Default)]
    struct KeepsOne {
        kept: Option<String>,
        built: Vec<String>,
        judged: Vec<(String, usize)>,
        refuses: Option<&'static str>,
    }

    impl Judges for KeepsOne {
        fn keeps(&self, generation: &str) -> bool {
            self.kept.as_deref() == Some(generation)
        }

        fn build(&mut self, generation: &Generation, _: Vec<Option<Vec<u8>>>) -> Result<(), Unbuilt> {
            self.built.push(generation.id.clone());
            if self.refuses == Some(generation.id.as_str()) {
                return Err(Unbuilt::Lacks(NotJudged::NotBuilt, "not here".to_owned()));
            }
            self.kept = Some(generation.id.clone());
            Ok(())
        }

        fn judge(&mut self, generation: &str, messages: &[ToJudge]) -> Vec<Verdict> {
            assert!(self.keeps(generation), "{generation} is not at hand");
            self.judged.push((generation.to_owned(), messages.len()));
            messages.iter().map(|message| message.verdict.clone()).collect()
        }

        fn versions(&self) -> &'static str {
            "one that keeps one"
        }
    }

    struct NoMembers;

    impl Members for NoMembers {
        type Error = Infallible;

        fn paths(&mut self) -> Result<Vec<String>, Infallible> {
            Ok(Vec::new())
        }

        fn is_ordered(&self) -> bool {
            false
        }

        fn read(&mut self, _: &str) -> Result<Option<Vec<u8>>, Infallible> {
            Ok(None)
        }
    }

    fn listed(id: &str) -> (String, Listed) {
        let record = Generation {
            id: id.to_owned(),
            recorded_at: 0,
            engine: "one that keeps one".to_owned(),
            set_file: String::new(),
            set_text: String::new(),
            set_json: String::new(),
            packs: Vec::new(),
        };
        let (line, built) = (1, None);
        (id.to_owned(), Listed { line, record, built })
    }

    fn to_judge(generation: &str) -> ToJudge {
        let text = r#"{"id":"m","tenant":"t","channel":"c","conversation":"g","sent_at":0,"from":"a","text":"早"}"#;
        let message = from_json(text, &Defaults::default()).unwrap();
        let verdict = Verdict {
            message: Arc::new(MessageId::clone(&message.id)),
            generation: Digest::of(generation.as_bytes()),
            input: Digest::of(b"m"),
            packs: Arc::new([]),
            preceding: Vec::new(),
            truncated: false,
            withheld: None,
            held: false,
            findings: Vec::new(),
            proposals: Vec::new(),
            scores: Vec::new(),
            faults: Vec::new(),
        };
        ToJudge {
            line: 1,
            message: Arc::new(Addressed::from(message)),
            canonical: verdict.to_canonical_json(),
            verdict,
            generation: generation.to_owned(),
            preceding: Vec::new(),
            directory: None,
            with: JudgedWith {
                before: Some(Vec::new()),
                departments: None,
                folds: Vec::new(),
            },
        }
    }

    /// The members of an export, each by the generations of its messages.
    fn judged(judges: &mut KeepsOne, members: &[&[&str]]) -> JudgedAgain {
        let mut again = Again::new(judges);
        again.generations = ["a", "b", "c"].into_iter().map(listed).collect();
        for member in members {
            again.waiting = member.iter().copied().map(to_judge).collect();
            again
                .judge_all(&mut NoMembers, "messages/1")
                .unwrap_or_else(|_| unreachable!());
        }
        again.finish()
    }

    #[test]
    fn a_generation_that_is_not_kept_is_built_again() {
        let mut judges = KeepsOne::default();
        let came = judged(&mut judges, &[&["a", "b", "a", "b"], &["b"], &["a"]]);
        assert_eq!((came.equal, came.not_judged()), (6, 0));
        assert_eq!(judges.built, ["a", "b", "a"]);
        let judged: Vec<(&str, usize)> = judges.judged.iter().map(|(id, count)| (id.as_str(), *count)).collect();
        assert_eq!(judged, [("a", 2), ("b", 2), ("b", 1), ("a", 1)]);
        assert!(came.recorded_by.is_empty());
    }

    #[test]
    fn a_generation_that_cannot_be_built_is_asked_for_once() {
        let refuses = Some("b");
        let mut judges = KeepsOne {
            refuses,
            ..KeepsOne::default()
        };
        let came = judged(&mut judges, &[&["b", "a", "b"], &["b"], &["missing"]]);
        assert_eq!(came.equal, 1);
        let not = BTreeMap::from([(NotJudged::NotBuilt, 3), (NotJudged::Generation, 1)]);
        assert_eq!(came.not, not);
        assert_eq!(judges.built, ["a", "b"]);
        assert_eq!(came.lacks.len(), 1);
    }
}
