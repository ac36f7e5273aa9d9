//! What the matcher knows of a pack's lists.

use super::codes::{COMMON_TERM, CONTAINED_TERM, QUADRATIC_PATTERN, SAME_TERM, UNREACHABLE_TERM};
use super::{Remark, triggers};
use crate::one_list;
use proviso_engine::scan_folding;
use proviso_model::Problems;
use proviso_pack::manifest::{List, ListKind};
use proviso_pack::{Edit, Pack};
use proviso_scan::lexicon::{Lexicon, Term};
use proviso_scan::{Folding, GAP_CHARS_MAX, Hit, ListContent, MatcherBuilder, can_be_quadratic, lexicon, patterns};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// Texts of harmless messages, in which a list that makes policies run should have few hits.
#[derive(Debug, Clone, Default)]
pub struct Harmless {
    /// One text a message. Without any, nothing is said of them.
    pub texts: Vec<String>,
    /// Hits in more than this share of them are told, in per cent, 0 to 100.
    pub share: f64,
}

impl Harmless {
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

pub(super) fn check(pack: &Pack, harmless: &Harmless) -> Result<Vec<Remark>, Problems> {
    let mut remarks = Vec::new();
    for list in &pack.manifest().lists {
        let file = pack.path_of(&list.file);
        match list.kind {
            ListKind::Lexicon(folding) => {
                let text = pack.lexicon_text(&list.name).unwrap_or_default();
                let lexicon = lexicon::parse(&file, text).map_err(Problems)?;
                remarks.extend(repeated(list, text, &lexicon));
                remarks.extend(of_terms(list, text, &lexicon, scan_folding(folding)));
            }
            ListKind::Patterns => {
                let text = pack.pattern_text(&list.name).unwrap_or_default();
                let patterns = patterns::parse(&file, text).map_err(Problems)?;
                remarks.extend(quadratic(list, &patterns.patterns));
            }
        }
        if !harmless.is_empty() && triggers(pack, list) {
            remarks.extend(common(pack, list, harmless)?);
        }
    }
    Ok(remarks)
}

/// Lines that hold a term again: the reader leaves them out.
fn repeated(list: &List, text: &str, lexicon: &Lexicon) -> Vec<Remark> {
    let kept: HashSet<u32> = lexicon.terms.iter().map(|term| term.line).collect();
    let first: HashMap<&str, &Term> = lexicon.terms.iter().map(|term| (term.text.as_str(), term)).collect();
    let mut remarks = Vec::new();
    for (number, range) in (1..).zip(lines(text)) {
        let line = text[range.clone()].trim_start_matches('\u{feff}');
        let mut fields = line.split('\t').map(str::trim);
        let term = fields.next().unwrap_or_default();
        if term.is_empty() || line.starts_with('#') || kept.contains(&number) {
            continue;
        }
        let Some(first) = first.get(term) else { continue };
        let more = fields.any(|field| !field.is_empty());
        let message = if more {
            format!(
                "{term:?} stands in line {} already: this line is left out, with its tags and weight",
                first.line
            )
        } else {
            format!("{term:?} stands in line {} already: this line is left out", first.line)
        };
        let edits = if more { Vec::new() } else { vec![without(range)] };
        remarks.push(Remark {
            edits,
            ..Remark::on_line(SAME_TERM, &list.file, number as usize, message)
        });
    }
    remarks
}

/// What each term of a lexicon finds in its own text: itself, and which others.
fn of_terms(list: &List, text: &str, lexicon: &Lexicon, folding: Folding) -> Vec<Remark> {
    let mut builder = MatcherBuilder::new();
    builder.add(proviso_scan::List {
        name: list.name.clone(),
        content: ListContent::Lexicon {
            terms: lexicon.terms.iter().map(|term| term.text.clone()).collect(),
            folding,
        },
    });
    // A list that cannot be built has problems that building tells; there is nothing to compare then.
    let Ok(matcher) = builder.build() else {
        return Vec::new();
    };
    let ranges: Vec<Range<usize>> = lines(text).collect();
    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    let mut remarks = Vec::new();
    for (index, term) in lexicon.terms.iter().enumerate() {
        hits.clear();
        let _ = matcher.scan(&term.text, &mut scratch, &mut hits);
        let line = term.line as usize;
        let remark = |code, message: String| Remark::on_line(code, &list.file, line, message);
        let Some(own) = hits.iter().find(|hit| hit.term as usize == index).copied() else {
            let message = format!(
                "{:?} does not find its own text: the list skips at most {GAP_CHARS_MAX} characters at a time",
                term.text
            );
            remarks.push(remark(UNREACHABLE_TERM, message));
            continue;
        };
        let others = |inside: &dyn Fn(&Hit) -> bool| {
            hits.iter()
                .find(|hit| hit.term as usize != index && inside(hit))
                .map(|hit| &lexicon.terms[hit.term as usize])
        };
        // Of two that find the same, the later one is told.
        let same = others(&|hit| (hit.term as usize) < index && (hit.start, hit.end) == (own.start, own.end));
        if let Some(other) = same {
            let alike = is_alike(term, other);
            let message = format!(
                "{:?} finds what {:?} in line {} finds{}",
                term.text,
                other.text,
                other.line,
                if alike {
                    ""
                } else {
                    ", with other tags or another weight: each hit counts twice"
                }
            );
            let edits = match ranges.get(line - 1).filter(|_| alike) {
                Some(range) => vec![without(range.clone())],
                None => Vec::new(),
            };
            remarks.push(Remark {
                edits,
                ..remark(SAME_TERM, message)
            });
            continue;
        }
        let contained = others(&|hit| {
            (hit.start, hit.end) != (own.start, own.end)
                && own.start <= hit.start
                && hit.end <= own.end
                && is_alike(&lexicon.terms[hit.term as usize], term)
        });
        if let Some(other) = contained {
            let message = format!(
                "{:?} holds {:?} of line {}, which finds it as well: only the marked text is longer",
                term.text, other.text, other.line
            );
            remarks.push(remark(CONTAINED_TERM, message));
        }
    }
    remarks
}

/// Patterns that can take time which grows with the square of a text.
fn quadratic(list: &List, patterns: &[patterns::Pattern]) -> Vec<Remark> {
    let remark = |pattern: &patterns::Pattern| {
        let message = format!("{:?}: {}", pattern.name, can_be_quadratic(pattern)?);
        Some(Remark::on_line(
            QUADRATIC_PATTERN,
            &list.file,
            pattern.line as usize,
            message,
        ))
    };
    patterns.iter().filter_map(remark).collect()
}

fn is_alike(one: &Term, other: &Term) -> bool {
    let tags = |term: &Term| term.tags.iter().cloned().collect::<std::collections::BTreeSet<_>>();
    tags(one) == tags(other) && one.weight == other.weight
}

/// Terms and patterns of a list that stand in too many harmless messages.
fn common(pack: &Pack, list: &List, harmless: &Harmless) -> Result<Vec<Remark>, Problems> {
    let Some((matcher, names)) = one_list::matcher_of(pack, list).map_err(Problems)? else {
        return Ok(Vec::new());
    };
    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    let mut messages: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for (number, text) in harmless.texts.iter().enumerate() {
        hits.clear();
        let _ = matcher.scan(text, &mut scratch, &mut hits);
        for hit in &hits {
            let (count, last) = messages.entry(hit.term).or_insert((0, usize::MAX));
            if *last != number {
                (*count, *last) = (*count + 1, number);
            }
        }
    }
    let all = harmless.texts.len();
    let common = messages.into_iter().filter_map(|(term, (count, _))| {
        let share = count as f64 * 100.0 / all as f64;
        let (name, line) = &names[term as usize];
        (share > harmless.share).then(|| {
            let message = format!(
                "{name:?} stands in {count} of {all} harmless messages ({share:.2} %), and its list makes a policy run"
            );
            Remark::on_line(COMMON_TERM, &list.file, *line as usize, message)
        })
    });
    Ok(common.collect())
}

/// The bytes of every line, with its end.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        at..start
    })
}

fn without(range: Range<usize>) -> Edit {
    Edit {
        range,
        replacement: String::new(),
    }
}
