//! The lists of a set's packs: parsed, given the set's extra terms, and put into the one matcher.

use crate::view::{ListInfo, ListKind, TermNote};
use proviso_model::limits::{LEXICON_TERMS_MAX, TERM_BYTES_MAX};
use proviso_model::segment::Role;
use proviso_model::{Digest, Problem};
use proviso_pack::Pack;
use proviso_pack::manifest::{self, List as DeclaredList};
use proviso_scan::{Folding, Gaps, List, ListContent, ListId, Matcher, MatcherBuilder, Owner, lexicon, patterns};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The compiled patterns of one pack, in bytes, at most; one more file may come on top.
const PROGRAM_BYTES_MAX: usize = 128 << 20;

/// Collects the lists of every pack of a set, and what is wrong with them.
#[derive(Default)]
pub(crate) struct Lists {
    builder: MatcherBuilder,
    /// Equal lists of one pack with equal extra terms are one list.
    known: HashMap<(Digest, String, Vec<String>), Known>,
    /// The lists of one pack share the steps that their patterns may take.
    owners: HashMap<Digest, Owner>,
    /// What the patterns of each pack take, compiled.
    program_bytes: HashMap<Digest, usize>,
    /// By number in the matcher: where its items stand.
    origins: Vec<Origin>,
    /// The host's own list, once a policy names it.
    segments: Option<Known>,
}

/// A list that is in the matcher.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) id: ListId,
    pub(crate) info: ListInfo,
}

#[derive(Default)]
struct Origin {
    file: PathBuf,
    /// Line of each item.
    lines: Vec<u32>,
    /// Where the set names the pack, for its extra terms.
    set_file: PathBuf,
    set_at: (usize, usize),
}

/// The matcher of a generation and what is known of its lists.
#[derive(Clone)]
pub(crate) struct MatcherOfLists {
    pub(crate) matcher: Arc<Matcher>,
    pub(crate) count: usize,
    /// The host's own list, if a policy sees it.
    pub(crate) segments: Option<ListId>,
}

/// Where extra terms come from.
pub(crate) struct Extra<'a> {
    pub(crate) terms: &'a [String],
    pub(crate) set_file: &'a Path,
    pub(crate) set_at: (usize, usize),
}

impl Lists {
    /// Adds a pack's list, or finds that it is there; `None` if it cannot be read.
    pub(crate) fn add(
        &mut self,
        pack: &Pack,
        declared: &DeclaredList,
        extra: &Extra<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<Known> {
        let key = (pack.digest(), declared.name.clone(), extra.terms.to_vec());
        if let Some(known) = self.known.get(&key) {
            return Some(known.clone());
        }
        let file = pack.path_of(&declared.file);
        let read = match declared.kind {
            manifest::ListKind::Lexicon(folding) => read_lexicon(pack, declared, &file, scan_folding(folding), extra),
            manifest::ListKind::Patterns => {
                let taken = self.program_bytes.entry(pack.digest()).or_default();
                read_patterns(pack, declared, &file, taken)
            }
        };
        let (content, lines, info) = match read {
            Ok(read) => read,
            Err(found) => {
                problems.extend(found);
                return None;
            }
        };
        let owner = *self
            .owners
            .entry(pack.digest())
            .or_insert_with(|| self.builder.owner(pack.manifest().scan_steps_per_kib));
        let name = declared.name.clone();
        let id = self.builder.add_of(owner, List { name, content });
        debug_assert_eq!(id.0 as usize, self.origins.len());
        self.origins.push(Origin {
            file,
            lines,
            set_file: extra.set_file.to_owned(),
            set_at: extra.set_at,
        });
        let known = Known { id, info };
        self.known.insert(key, known.clone());
        Some(known)
    }

    /// Adds a pack's list of entities, or finds that it is there.
    pub(crate) fn add_entities(&mut self, pack: &Pack, declared: &manifest::Entities) -> Known {
        let key = (pack.digest(), declared.name.clone(), Vec::new());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let id = self.add_built_in(&declared.name, ListContent::Entities(declared.kinds.clone()));
        let info = ListInfo {
            name: declared.name.clone(),
            kind: ListKind::Entities,
            terms: declared.kinds.len() as u32,
            pattern_names: declared.kinds.iter().map(|kind| kind.name().to_owned()).collect(),
            notes: Vec::new(),
        };
        let known = Known { id, info };
        self.known.insert(key, known.clone());
        known
    }

    /// Adds a list without a file, whose items have no place of their own.
    fn add_built_in(&mut self, name: &str, content: ListContent) -> ListId {
        let id = self.builder.add(List {
            name: name.to_owned(),
            content,
        });
        debug_assert_eq!(id.0 as usize, self.origins.len());
        self.origins.push(Origin::default());
        id
    }

    /// The host's own list: its hits come from the message's segments, so that for the matcher it is empty.
    pub(crate) fn segments(&mut self) -> Known {
        if let Some(known) = &self.segments {
            return known.clone();
        }
        let nothing = ListContent::Lexicon {
            terms: Vec::new(),
            folding: Folding::EXACT,
        };
        let id = self.add_built_in(manifest::SEGMENTS, nothing);
        let info = ListInfo {
            name: manifest::SEGMENTS.to_owned(),
            kind: ListKind::Segments,
            terms: Role::ALL.len() as u32,
            pattern_names: Role::ALL.iter().map(|role| role.name().to_owned()).collect(),
            notes: Vec::new(),
        };
        self.segments.insert(Known { id, info }).clone()
    }

    /// The matcher, how many lists it has, and which of them has the segments.
    pub(crate) fn build(self) -> Result<MatcherOfLists, Vec<Problem>> {
        let (origins, segments) = (self.origins, self.segments.map(|known| known.id));
        self.builder
            .build()
            .map(|matcher| MatcherOfLists {
                matcher: Arc::new(matcher),
                count: origins.len(),
                segments,
            })
            .map_err(|found| {
                let place = |problem: proviso_scan::ScanProblem| {
                    let origin = &origins[problem.list.0 as usize];
                    match origin.lines.get(problem.item as usize) {
                        Some(line) => Problem::on_line(&origin.file, *line as usize, problem.message),
                        None => at(&origin.set_file, origin.set_at, problem.message),
                    }
                };
                found.into_iter().map(place).collect()
            })
    }
}

/// A problem at a line and column; (0, 0) is the whole file.
pub(crate) fn at(file: &Path, (line, column): (usize, usize), message: impl Into<String>) -> Problem {
    Problem {
        file: file.to_owned(),
        line,
        column,
        message: message.into(),
    }
}

type Read = (ListContent, Vec<u32>, ListInfo);

fn read_lexicon(
    pack: &Pack,
    declared: &DeclaredList,
    file: &Path,
    folding: Folding,
    extra: &Extra<'_>,
) -> Result<Read, Vec<Problem>> {
    let text = pack.lexicon_text(&declared.name).ok_or_else(|| vec![missing(file)])?;
    let lexicon = lexicon::parse(file, text)?;
    let lines = lexicon.terms.iter().map(|term| term.line).collect();
    let mut terms: Vec<String> = Vec::with_capacity(lexicon.terms.len() + extra.terms.len());
    let mut notes = Vec::new();
    for (index, term) in lexicon.terms.into_iter().enumerate() {
        if !term.tags.is_empty() || term.weight.is_some() {
            notes.push(TermNote {
                term: index as u32,
                tags: term.tags,
                weight: term.weight,
            });
        }
        terms.push(term.text);
    }
    let problems = add_extra(&mut terms, extra, &declared.name);
    if !problems.is_empty() {
        return Err(problems);
    }
    let info = ListInfo {
        name: declared.name.clone(),
        kind: ListKind::Lexicon,
        terms: terms.len() as u32,
        pattern_names: Vec::new(),
        notes,
    };
    Ok((ListContent::Lexicon { terms, folding }, lines, info))
}

/// Puts the set's extra terms behind the lexicon's own. One that the lexicon has is left out: it would be found twice.
fn add_extra(terms: &mut Vec<String>, extra: &Extra<'_>, list: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut have: HashSet<&str> = terms.iter().map(String::as_str).collect();
    let mut added = Vec::new();
    for term in extra.terms {
        let shown = term.trim();
        if shown.is_empty() || shown.len() > TERM_BYTES_MAX || shown.contains(['\t', '\n', '\r']) {
            let message = format!(
                "extra_terms.{list}: {:?} is not a term: expected 1-{TERM_BYTES_MAX} bytes in one line, without tabs",
                shown.chars().take(40).collect::<String>()
            );
            problems.push(at(extra.set_file, extra.set_at, message));
        } else if lexicon::is_invisible(shown) {
            let message = format!(
                "extra_terms.{list}: the term {} has nothing that can be seen",
                shown.escape_unicode().to_string().chars().take(64).collect::<String>()
            );
            problems.push(at(extra.set_file, extra.set_at, message));
        } else if have.insert(shown) {
            added.push(shown.to_owned());
        }
    }
    if terms.len() + added.len() > LEXICON_TERMS_MAX {
        let message = format!("extra_terms.{list}: the lexicon has more than {LEXICON_TERMS_MAX} terms with them");
        problems.push(at(extra.set_file, extra.set_at, message));
    }
    terms.extend(added);
    problems
}

/// `program_bytes` are those of the pack's patterns so far.
fn read_patterns(
    pack: &Pack,
    declared: &DeclaredList,
    file: &Path,
    program_bytes: &mut usize,
) -> Result<Read, Vec<Problem>> {
    if *program_bytes > PROGRAM_BYTES_MAX {
        let message = format!("the pack's other patterns take more than {PROGRAM_BYTES_MAX} bytes as programs");
        return Err(vec![Problem::in_file(file, message)]);
    }
    let text = pack.pattern_text(&declared.name).ok_or_else(|| vec![missing(file)])?;
    // A file that is refused may have taken as much as a file may.
    let patterns = patterns::parse(file, text).inspect_err(|_| *program_bytes += patterns::PROGRAMS_BYTES_MAX)?;
    *program_bytes += patterns.program_bytes();
    let lines = patterns.patterns.iter().map(|pattern| pattern.line).collect();
    let info = ListInfo {
        name: declared.name.clone(),
        kind: ListKind::Patterns,
        terms: patterns.patterns.len() as u32,
        pattern_names: patterns.patterns.iter().map(|pattern| pattern.name.clone()).collect(),
        notes: Vec::new(),
    };
    Ok((ListContent::Patterns(patterns), lines, info))
}

fn missing(file: &Path) -> Problem {
    Problem::in_file(file, "missing in the pack")
}

/// What a manifest says of folding, in the words of the matcher.
pub fn scan_folding(folding: manifest::Folding) -> Folding {
    Folding {
        case: folding.case,
        width: folding.width,
        variants: folding.variants,
        gaps: match folding.gaps {
            manifest::Gaps::None => Gaps::None,
            manifest::Gaps::Invisible => Gaps::Invisible,
            manifest::Gaps::Spaces => Gaps::Spaces,
            manifest::Gaps::Punctuation => Gaps::Punctuation,
        },
        word_boundaries: folding.word_boundaries,
        word_segmentation: folding.word_segmentation,
        glued_identifiers: folding.glued_identifiers,
        skip_machine_text: folding.skip_machine_text,
        repeats: folding.repeats,
    }
}
