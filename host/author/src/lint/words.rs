//! Short Chinese terms, which stand in other words: Chinese is written without spaces.

use super::codes::{SHORT_TERMS, TERM_IN_WORDS};
use super::conditions::{Leaf, leaves, selects};
use super::rules::LEXICON_RULES;
use super::{Places, Remark};
use crate::han::is_han;
use proviso_model::Problems;
use proviso_pack::Pack;
use proviso_pack::manifest::{Folding, List, ListKind};
use proviso_scan::common_words::{Around, CommonWords};
use proviso_scan::lexicon::{self, Term};

/// A longer word that comes more rarely in a million words of running text is not told, nor are two that meet more rarely.
const WORD_PER_MILLION_MIN: f64 = 1.0;
const PAIR_PER_MILLION_MIN: f64 = 0.02;
/// Words and terms that a remark names.
const NAMED_MAX: usize = 3;

pub(super) fn check(pack: &Pack, places: &Places<'_>) -> Result<Vec<Remark>, Problems> {
    let policies = pack.manifest().policies.iter();
    let leaves: Vec<Leaf<'_>> = policies
        .filter(|policy| policy.plugin == LEXICON_RULES)
        .flat_map(|policy| leaves(&policy.settings))
        .filter(|leaf| leaf.is_alone)
        .collect();
    let mut common = None;
    let mut remarks = Vec::new();
    for (index, list) in pack.manifest().lists.iter().enumerate() {
        let ListKind::Lexicon(folding) = list.kind else {
            continue;
        };
        let text = pack.lexicon_text(&list.name).unwrap_or_default();
        let lexicon = lexicon::parse(&pack.path_of(&list.file), text).map_err(Problems)?;
        let mut bare = Vec::new();
        for term in lexicon.terms.iter().filter(|term| is_short(&term.text)) {
            let mut counted = leaves.iter().filter(|leaf| selects(leaf.keys, &list.name, term));
            let Some(first) = counted.next() else { continue };
            let unexcused = std::iter::once(first).chain(counted).find(|leaf| !leaf.is_excused);
            if let Some(leaf) = unexcused.filter(|_| !folding.word_segmentation) {
                bare.push((term, leaf.rule));
            }
            let common = common.get_or_insert_with(CommonWords::load);
            remarks.extend(in_words(list, folding, term, first.rule, common));
        }
        remarks.extend(short(&bare).map(|message| places.at_list(SHORT_TERMS, index, message)));
    }
    Ok(remarks)
}

/// True of two or three Chinese characters.
fn is_short(term: &str) -> bool {
    (2..=3).contains(&term.chars().count()) && term.chars().all(is_han)
}

/// Terms of one list that a rule counts by themselves, with the rule.
fn short(terms: &[(&Term, &str)]) -> Option<String> {
    let (_, rule) = terms.first()?;
    let named: Vec<String> = terms
        .iter()
        .take(NAMED_MAX)
        .map(|(term, _)| format!("{:?}", term.text))
        .collect();
    Some(format!(
        "{} terms of two or three characters ({}{}) count by themselves in {rule:?}: fold `word_segmentation = true`, or ask for \
         something beside them",
        terms.len(),
        named.join(", "),
        if terms.len() > NAMED_MAX { ", …" } else { "" }
    ))
}

/// A term that stands in frequent words, as the list finds it there.
fn in_words(list: &List, folding: Folding, term: &Term, rule: &str, common: &CommonWords) -> Option<Remark> {
    let around: Vec<Around> = common
        .common_words_containing(&term.text)
        .into_iter()
        .filter(|around| !(folding.word_segmentation && around.is_dropped))
        .filter(|around| {
            let least = if around.words.len() > 1 {
                PAIR_PER_MILLION_MIN
            } else {
                WORD_PER_MILLION_MIN
            };
            around.per_million >= least
        })
        .collect();
    if around.is_empty() {
        return None;
    }
    let named: Vec<String> = around
        .iter()
        .take(NAMED_MAX)
        .map(|around| around.words.join("|"))
        .collect();
    let dropped = around.iter().filter(|around| around.is_dropped).count();
    let mend = if dropped == around.len() {
        "`word_segmentation = true` drops it there".to_owned()
    } else if dropped > 0 {
        format!(
            "`word_segmentation = true` drops it in {dropped} of these {}; for the rest write a longer term, or ask for something beside it",
            around.len()
        )
    } else {
        "write a longer term, or ask for something beside it".to_owned()
    };
    let message = format!(
        "{:?} stands in {}{}, and {rule:?} counts it by itself: {mend}",
        term.text,
        named.join(", "),
        if around.len() > NAMED_MAX { ", …" } else { "" }
    );
    Some(Remark::on_line(TERM_IN_WORDS, &list.file, term.line as usize, message))
}
