//! The set, its packs, one matcher and every plugin configured, as the host reads them.

use super::judge::Scratch;
use super::plugin::Plugin;
use super::shown::{Lens, NOT_ASKED};
use anyhow::{Context, anyhow, ensure};
use proviso_model::Problem;
use proviso_model::set::{Apply, Mode, PolicySet};
use proviso_model::trigger::Trigger;
use proviso_pack::manifest::{self, Interface, SubjectKey};
use proviso_pack::{PLUGIN_PATH_VARIABLE, Pack, PluginPath};
use proviso_scan::{Folding, Gaps, List, ListContent, ListId, Matcher, MatcherBuilder, lexicon, patterns};
use proviso_sdk::{ListInfo, ListKind, TermNote};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

/// All that judges.
pub(super) struct Native {
    pub(super) set: PolicySet,
    pub(super) matcher: Matcher,
    pub(super) lists: usize,
    /// For each `[[apply]]` its policies; none where it is off.
    pub(super) applied: Vec<Range<usize>>,
    pub(super) policies: Vec<Policy>,
}

/// One policy, ready to judge.
pub(super) struct Policy {
    /// Number of its `[[apply]]`.
    pub apply: usize,
    pub pack: String,
    pub name: String,
    pub shadow: bool,
    pub plugin: Plugin,
    pub interfaces: Vec<Interface>,
    pub key: Option<SubjectKey>,
    pub trigger: Trigger<ListId>,
    pub lens: Lens,
    pub preceding: usize,
}

/// A list in the matcher.
struct Known {
    id: ListId,
    info: ListInfo,
}

impl Native {
    /// Reads a set. `proviso` is the binary beside which the packs' plugins are: a pack is not whole without them.
    pub(super) fn load(file: &Path, proviso: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let set = PolicySet::parse(file, &text).map_err(|problems| all(&problems))?;
        let plugins = PluginPath::from_values(std::env::var_os(PLUGIN_PATH_VARIABLE).as_deref(), proviso.parent());
        let mut builder = MatcherBuilder::new();
        let mut planned = Vec::new();
        for apply in &set.apply {
            let beside = file.parent().unwrap_or(Path::new(""));
            let pack = proviso_pack::resolve(&apply.pack, beside, &plugins, &[])
                .and_then(proviso_pack::UnreadPack::read)
                .map_err(|error| all(&error.problems))?;
            let off = apply.mode == Mode::Off || pack.manifest().requires_assessment && apply.assessment.is_none();
            let mut known = HashMap::new();
            for declared in pack.manifest().lists.iter().filter(|_| !off) {
                known.insert(declared.name.clone(), add(&mut builder, &pack, declared, apply)?);
            }
            planned.push((pack, known, off));
        }
        let lists = planned.iter().map(|(_, known, _)| known.len()).sum();
        let matcher = builder
            .build()
            .map_err(|problems| anyhow!("no matcher: {problems:?}"))?;
        let mut applied = Vec::new();
        let mut policies = Vec::new();
        for (number, (apply, (pack, known, off))) in set.apply.iter().zip(&planned).enumerate() {
            let first = policies.len();
            for declared in pack.manifest().policies.iter().filter(|_| !off) {
                policies.push(policy((number, apply), pack, declared, known, lists)?);
            }
            applied.push(first..policies.len());
        }
        Ok(Self {
            set,
            matcher,
            lists,
            applied,
            policies,
        })
    }

    /// What a thread needs to judge.
    pub(super) fn scratch(&self) -> Scratch {
        Scratch::new(self)
    }
}

fn all(problems: &[Problem]) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow!("{}", lines.join("\n"))
}

fn policy(
    (number, apply): (usize, &Apply),
    pack: &Pack,
    declared: &manifest::Policy,
    known: &HashMap<String, Known>,
    lists: usize,
) -> anyhow::Result<Policy> {
    let place = || format!("{}:{}", pack.manifest().name, declared.name);
    let overrides = apply.settings.get(&declared.name).cloned().unwrap_or_default();
    let settings = serde_json::to_string(&pack.merged_settings(&declared.name, &overrides))?;
    let list = |name: &String| {
        known
            .get(name)
            .with_context(|| format!("{}: no list {name:?}", place()))
    };
    let mut table = vec![NOT_ASKED; lists];
    let mut infos = Vec::new();
    for (index, name) in declared.lists.iter().enumerate() {
        table[list(name)?.id.0 as usize] = index as u16;
        infos.push(list(name)?.info.clone());
    }
    Ok(Policy {
        apply: number,
        pack: pack.manifest().name.clone(),
        name: declared.name.clone(),
        shadow: apply.mode == Mode::Shadow,
        plugin: Plugin::configure(&declared.plugin, &settings, infos).with_context(place)?,
        interfaces: declared.interfaces.clone(),
        key: declared.key,
        trigger: declared.trigger.try_map(&mut |name| list(name).map(|list| list.id))?,
        lens: Lens::new(declared, table),
        preceding: declared.preceding,
    })
}

fn add(builder: &mut MatcherBuilder, pack: &Pack, declared: &manifest::List, apply: &Apply) -> anyhow::Result<Known> {
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
    let id = builder.add(List {
        name: declared.name.clone(),
        content,
    });
    Ok(Known {
        id,
        info: ListInfo {
            name: declared.name.clone(),
            kind,
            pattern_names,
            notes,
        },
    })
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
