//! The matcher of one list of a pack, for what is said of its terms.

use proviso_engine::scan_folding;
use proviso_model::Problem;
use proviso_pack::Pack;
use proviso_pack::manifest::{List, ListKind};
use proviso_scan::{ListContent, Matcher, MatcherBuilder, lexicon, patterns};

/// A term or the name of a pattern, and its line from 1.
pub(crate) type NamedLine = (String, u32);

/// A matcher of that list alone, and what each of its terms is by number. `None` if no matcher can be made of it; building the
/// pack tells why.
pub(crate) fn matcher_of(pack: &Pack, list: &List) -> Result<Option<(Matcher, Vec<NamedLine>)>, Vec<Problem>> {
    let file = pack.path_of(&list.file);
    let (content, names) = match list.kind {
        ListKind::Lexicon(folding) => {
            let lexicon = lexicon::parse(&file, pack.lexicon_text(&list.name).unwrap_or_default())?;
            let terms = lexicon.terms.iter();
            let names: Vec<NamedLine> = terms.map(|term| (term.text.clone(), term.line)).collect();
            let terms = lexicon.terms.into_iter().map(|term| term.text).collect();
            (
                ListContent::Lexicon {
                    terms,
                    folding: scan_folding(folding),
                },
                names,
            )
        }
        ListKind::Patterns => {
            let patterns = patterns::parse(&file, pack.pattern_text(&list.name).unwrap_or_default())?;
            let names = patterns.patterns.iter();
            let names = names.map(|pattern| (pattern.name.clone(), pattern.line)).collect();
            (ListContent::Patterns(patterns), names)
        }
    };
    let mut builder = MatcherBuilder::new();
    builder.add(proviso_scan::List {
        name: list.name.clone(),
        content,
    });
    Ok(builder.build().ok().map(|matcher| (matcher, names)))
}
