//! Judges the messages of an export again, by the packs in it: in the sandbox of the daemon, with its limits.
//!
//! A pack of an export is foreign code. It runs if its digest is the one that its generation names, and if set, packs and versions give the very
//! address of the generation that the sealed judgement names. Whose signature it has is not asked.

use proviso_engine::{Engine, EngineError, EngineOptions, Generation, Identity, ResolvedSet, versions};
use proviso_evidence::verify::{Judges, NotJudged, ToJudge, Unbuilt};
use proviso_evidence::{Department, Generation as Listed};
use proviso_model::directory::{Account, Directory, Employment, PostClass};
use proviso_model::set::PolicySet;
use proviso_model::time::Zone;
use proviso_model::verdict::Verdict;
use proviso_model::{Digest, Message};
use proviso_pack::trust::Load;
use proviso_pack::{Trust, TrustedPack, UnreadPack};
use proviso_pipeline::loading::trust::Accepting;
use proviso_pipeline::{Replayed, replay};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Generations at hand. An export names as many as its maker likes, and each takes the memory that its packs want.
const GENERATIONS_KEPT_MAX: usize = 8;

/// Judges on all processors.
pub struct Judging {
    engine: Engine,
    accepting: Accepting,
    /// Those at hand, the one that judged last at the end.
    generations: Vec<(String, Generation)>,
    workers: usize,
}

impl Judging {
    /// One that has built nothing yet. Nothing is kept on the disk.
    ///
    /// # Errors
    /// A machine without the address space that the sandbox reserves.
    pub fn new() -> Result<Self, EngineError> {
        Ok(Self {
            engine: Engine::new(EngineOptions::default())?,
            // Packs that judged and judge again to compare: nobody is asked for a signature.
            accepting: Accepting {
                trust: Arc::new(Trust::development()),
                seen: Arc::default(),
            },
            generations: Vec::new(),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
        })
    }

    /// The packs of a generation, each the one that it names.
    fn packs(&self, listed: &Listed, files: &[Option<Vec<u8>>]) -> Result<Vec<Arc<TrustedPack>>, Unbuilt> {
        let mut known: HashMap<Digest, Arc<TrustedPack>> = HashMap::new();
        let mut packs = Vec::with_capacity(files.len());
        for (place, (pack, file)) in listed.packs.iter().zip(files).enumerate() {
            let wrong = |what: String| {
                let pack = Some(place);
                Unbuilt::Wrong { pack, what }
            };
            let digest =
                digest_of(&pack.digest).ok_or_else(|| wrong("its generation names it by no digest".to_owned()))?;
            if let Some(pack) = known.get(&digest) {
                packs.push(Arc::clone(pack));
                continue;
            }
            let Some(file) = file else {
                let what = format!("the pack {} {} ({digest}) is not enclosed", pack.name, pack.version);
                return Err(Unbuilt::Lacks(NotJudged::Pack, what));
            };
            let name = Path::new(pack.file.as_deref().unwrap_or_default());
            let unread = UnreadPack::from_file(file, name).map_err(|error| {
                wrong(format!(
                    "it is no pack that this program reads: {}",
                    first(&error.problems)
                ))
            })?;
            let found = unread.digest();
            if found != digest {
                return Err(wrong(format!(
                    "it holds the pack {found}, and its generation names {digest}"
                )));
            }
            let accepted = self.accepting.accept(unread, &Load::Replay { though_revoked: false });
            let accepted = accepted.map_err(|problems| {
                let what = format!("this program cannot use the pack {digest}: {}", first(&problems));
                Unbuilt::Lacks(NotJudged::NotBuilt, what)
            })?;
            known.insert(digest, Arc::clone(&accepted));
            packs.push(accepted);
        }
        Ok(packs)
    }
}

impl Judges for Judging {
    fn keeps(&self, generation: &str) -> bool {
        self.generations.iter().any(|(id, _)| id == generation)
    }

    fn build(&mut self, listed: &Listed, files: Vec<Option<Vec<u8>>>) -> Result<(), Unbuilt> {
        let lacks = |what: String| Unbuilt::Lacks(NotJudged::NotBuilt, what);
        // Nothing is read of packs, and nothing of them runs, before the address is the one that verdicts name.
        let identity = Identity {
            versions: &listed.engine,
            set_json: &listed.set_json,
        };
        let digests: Option<Vec<Digest>> = listed.packs.iter().map(|pack| digest_of(&pack.digest)).collect();
        let address = identity.address(digests.unwrap_or_default());
        if address.to_string() != listed.id {
            let what = format!(
                "its set and packs make the generation {address}, and it calls itself {}",
                listed.id
            );
            return Err(Unbuilt::Wrong { pack: None, what });
        }
        let packs = self.packs(listed, &files)?;
        let set = PolicySet::from_canonical_json(&listed.set_json)
            .map_err(|error| lacks(format!("this program cannot read its set: {error}")))?;
        if set.apply.len() != packs.len() {
            let (applied, packs) = (set.apply.len(), packs.len());
            return Err(lacks(format!("its set applies {applied} packs, and it has {packs}")));
        }
        let resolved = ResolvedSet {
            file: "set".into(),
            set,
            packs,
        };
        let built = self.engine.build_as(identity, &resolved, &|_| ());
        let built =
            built.map_err(|error| lacks(format!("this program cannot build it: {}", first(&error.problems))))?;
        if self.generations.len() == GENERATIONS_KEPT_MAX {
            self.generations.remove(0);
        }
        self.generations.push((listed.id.clone(), built));
        Ok(())
    }

    fn judge(&mut self, generation: &str, messages: &[ToJudge]) -> Vec<Verdict> {
        let place = self.generations.iter().position(|(id, _)| id == generation);
        self.generations[place.expect("built before")..].rotate_left(1);
        let (_, generation) = &self.generations[self.generations.len() - 1];
        let zone = &generation.set().time_zone;
        let recorded = messages.iter().map(|message| recorded(message, zone)).collect();
        replay(generation, self.workers, recorded)
    }

    fn versions(&self) -> &str {
        versions()
    }
}

fn recorded<'m>(message: &'m ToJudge, zone: &Zone) -> Replayed<'m> {
    let with = &message.with;
    let folds = with.folds.iter();
    Replayed {
        message: Arc::clone(&message.message),
        verdict: &message.verdict,
        preceding: message.preceding.clone(),
        directory: message.directory.map(|version| {
            directory(
                version,
                &message.message,
                with.departments.as_deref().unwrap_or_default(),
                zone,
            )
        }),
        folds: folds
            .map(|fold| (fold.policy.clone(), Arc::clone(&fold.key), Arc::clone(&fold.state)))
            .collect(),
    }
}

/// A directory that knows the parties to a message, and those to the messages before it, on their days alone.
fn directory(version: i64, message: &Message, departments: &[Department], zone: &Zone) -> Arc<Directory> {
    let rows: Vec<Employment> = departments
        .iter()
        .map(|known| Employment {
            tenant: message.id.tenant.clone(),
            person: known.account.clone(),
            from: Some(known.day),
            to: Some(known.day.plus(0, 1)),
            accounts: vec![Account {
                channel: message.id.channel.clone(),
                id: known.account.clone(),
            }],
            department: known.department.clone(),
            post: PostClass::Ordinary,
            manager: None,
        })
        .collect();
    Arc::new(Directory::new(version, &rows, zone))
}

fn digest_of(text: &str) -> Option<Digest> {
    text.parse().ok()
}

fn first(problems: &[proviso_model::Problem]) -> String {
    problems.first().map(ToString::to_string).unwrap_or_default()
}
