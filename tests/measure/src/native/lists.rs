//! The lists of a set's packs, in one matcher, as the host reads them.

use super::load::all;
use anyhow::{Context, ensure};
use proviso_model::segment::Role;
use proviso_model::set::Apply;
use proviso_pack::Pack;
use proviso_pack::manifest;
use proviso_scan::{Folding, Gaps, List, ListContent, ListId, MatcherBuilder, lexicon, patterns};
use proviso_sdk::{ListInfo, ListKind, TermNote};
use std::collections::{HashMap, HashSet};

/// A list in the matcher.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) id: ListId,
    pub(super) info: ListInfo,
}

/// Collects the lists.
#[derive(Default)]
pub(super) struct Lists {
    builder: MatcherBuilder,
    count: usize,
    /// The list of who speaks, once a policy names it: one for all packs.
    segments: Option<Known>,
}

impl Lists {
    /// Adds what a pack declares, and the host's own list where a policy names it.
    pub(super) fn of_pack(&mut self, pack: &Pack, apply: &Apply) -> anyhow::Result<HashMap<String, Known>> {
        let manifest = pack.manifest();
        let mut known = HashMap::new();
        for declared in &manifest.lists {
            let (content, info) = read(pack, declared, apply)?;
            known.insert(declared.name.clone(), self.add(content, info));
        }
        for declared in &manifest.entities {
            let names = declared.kinds.iter().map(|kind| kind.name().to_owned()).collect();
            let content = ListContent::Entities(declared.kinds.clone());
            known.insert(
                declared.name.clone(),
                self.add(content, built_in(&declared.name, names)),
            );
        }
        let names_segments = |policy: &manifest::Policy| policy.lists.iter().any(|list| list == manifest::SEGMENTS);
        if manifest.policies.iter().any(names_segments) {
            known.insert(manifest::SEGMENTS.to_owned(), self.segments());
        }
        Ok(known)
    }

    /// The matcher's builder, how many lists it has, and which of them has the segments.
    pub(super) fn into_parts(self) -> (MatcherBuilder, usize, Option<ListId>) {
        (self.builder, self.count, self.segments.map(|known| known.id))
    }

    fn segments(&mut self) -> Known {
        if let Some(known) = &self.segments {
            return known.clone();
        }
        let nothing = ListContent::Lexicon {
            terms: Vec::new(),
            folding: Folding::EXACT,
        };
        let names = Role::ALL.iter().map(|role| role.name().to_owned()).collect();
        let known = self.add(nothing, built_in(manifest::SEGMENTS, names));
        self.segments.insert(known).clone()
    }

    fn add(&mut self, content: ListContent, info: ListInfo) -> Known {
        self.count += 1;
        let id = self.builder.add(List {
            name: info.name.clone(),
            content,
        });
        Known { id, info }
    }
}

/// A list without a file: for the contract its items are patterns with a name.
fn built_in(name: &str, pattern_names: Vec<String>) -> ListInfo {
    ListInfo {
        name: name.to_owned(),
        kind: ListKind::Patterns,
        pattern_names,
        notes: Vec::new(),
    }
}

/// A list of a file: what the matcher looks for, and what a plugin is told of it.
fn read(pack: &Pack, declared: &manifest::List, apply: &Apply) -> anyhow::Result<(ListContent, ListInfo)> {
    let file = pack.path_of(&declared.file);
    let missing = || format!("{} is missing", file.display());
    let (content, info) = match declared.kind {
        manifest::ListKind::Lexicon(folding) => {
            let text = pack.lexicon_text(&declared.name).with_context(missing)?;
            let lexicon = lexicon::parse(&file, text).map_err(|problems| all(&problems))?;
            let (mut terms, mut notes) = (Vec::new(), Vec::new());
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
            let mut have: HashSet<String> = terms.iter().cloned().collect();
            for extra in apply
                .extra_terms
                .get(&declared.name)
                .into_iter()
                .flatten()
                .map(|extra| extra.trim())
            {
                ensure!(!extra.is_empty(), "extra_terms.{}: an empty term", declared.name);
                if have.insert(extra.to_owned()) {
                    terms.push(extra.to_owned());
                }
            }
            let content = ListContent::Lexicon {
                terms,
                folding: scan_folding(folding),
            };
            (content, (ListKind::Lexicon, Vec::new(), notes))
        }
        manifest::ListKind::Patterns => {
            let text = pack.pattern_text(&declared.name).with_context(missing)?;
            let patterns = patterns::parse(&file, text).map_err(|problems| all(&problems))?;
            let names: Vec<String> = patterns.patterns.iter().map(|pattern| pattern.name.clone()).collect();
            (ListContent::Patterns(patterns), (ListKind::Patterns, names, Vec::new()))
        }
    };
    let (kind, pattern_names, notes) = info;
    let info = ListInfo {
        name: declared.name.clone(),
        kind,
        pattern_names,
        notes,
    };
    Ok((content, info))
}

fn scan_folding(folding: manifest::Folding) -> Folding {
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
