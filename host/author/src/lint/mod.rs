//! Lint: what a pack could do better. It loads all the same; but somebody should look before it is shipped.
//!
//! - `codes`: every code there is, with its grade
//! - `texts`: what nobody sees in a file: byte order marks, invisible characters, broken or mixed encodings
//! - `lists`: lists that nothing looks at
//! - `rules`: rules without a case, a reason or a citation
//! - `contexts`: contexts that excuse more than their author thinks
//! - `statutes`: rules of law that have ended
//! - `terms`: what the matcher knows of the lists: terms that find the same, that are never found, that are too common
//! - `words`: short Chinese terms, which stand in other words; `entities`: patterns for what the host reads by itself
//! - `conditions`: how the rules of `lexicon-rules` use lists
//! - `measured`: what the cases show when they are run: fields that nobody reads, budgets and orders that nobody needs
//! - `allow`: comments that accept a remark, with a reason
//! - `fix`: mends what can be mended without a doubt
//! - `page`: docs/lint.md, which explains each code

mod allow;
pub mod codes;
mod conditions;
mod contexts;
mod entities;
mod fix;
mod lists;
mod measured;
mod page;
mod rules;
mod statutes;
mod terms;
mod texts;
mod words;

pub use codes::{Code, Grade};
pub use fix::mend;
pub use page::section;
pub use terms::Harmless;
pub use texts::encodings;

use lists::triggers;
use proviso_engine::EngineError;
use proviso_model::Problems;
use proviso_pack::manifest::{self, ManifestText};
use proviso_pack::parts::MANIFEST;
use proviso_pack::{Edit, Pack, TrustedPack};
use proviso_pipeline::loading::build::Tell;
use std::sync::Arc;

/// What a look at packs goes by.
#[derive(Debug, Clone)]
pub struct LintOptions {
    /// The day by which statutes are looked at, written `YYYY-MM-DD`.
    pub today: String,
    /// Messages in which terms should be rare.
    pub harmless: Harmless,
    /// Whether the cases are run. If not, nothing is said of fields, budgets and orders.
    pub runs_cases: bool,
}

/// Why a pack could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// The pack cannot judge.
    #[error("{0}")]
    Pack(#[from] Problems),
    /// There is no engine to run its cases.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Every remark of a pack that nobody has allowed, ordered by file and place. `tell` is told what is built to run the cases.
pub fn look(pack: &Arc<TrustedPack>, options: &LintOptions, tell: Tell<'_>) -> Result<Vec<Remark>, LintError> {
    let mut remarks = check(pack, &options.today);
    remarks.extend(terms::check(pack, &options.harmless)?);
    remarks.extend(words::check(pack, &Places::of(pack))?);
    remarks.extend(entities::check(pack)?);
    if options.runs_cases {
        remarks.extend(measured::check(pack, tell)?);
    }
    let looked_for = |code: &str| {
        let runs = [
            codes::LARGE_BUDGET.id,
            codes::UNREAD_FIELD.id,
            codes::ORDER_WITHOUT_CASE.id,
        ];
        !(!options.runs_cases && runs.contains(&code) || options.harmless.is_empty() && code == codes::COMMON_TERM.id)
    };
    Ok(allow::without_allowed(pack, remarks, looked_for))
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What kind of thing it is.
    pub code: Code,
    /// The file within the pack: `lexicons/promissory.txt`.
    pub part: String,
    /// Line in that file, from 1; 0 if the whole file is meant.
    pub line: usize,
    /// Column in characters, from 1; 0 if the whole line is meant.
    pub column: usize,
    /// What was found, with the value quoted, and what would be right.
    pub message: String,
    /// What mends it without a doubt, if anything does: changes of the same file that do not overlap.
    pub edits: Vec<Edit>,
}

impl Remark {
    /// A remark at a line of a part.
    pub fn on_line(code: Code, part: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self {
            code,
            part: part.into(),
            line,
            column: 1,
            message: message.into(),
            edits: Vec::new(),
        }
    }

    /// A remark at a byte offset of a part, whose text is given.
    pub fn at_offset(
        code: Code,
        part: impl Into<String>,
        text: &str,
        offset: usize,
        message: impl Into<String>,
    ) -> Self {
        let (line, column) = proviso_model::problem::line_and_column(text, offset);
        Self {
            column,
            ..Self::on_line(code, part, line, message)
        }
    }
}

/// Everything that can be said without running anything, ordered by file and place. `today` is written `YYYY-MM-DD`.
fn check(pack: &Pack, today: &str) -> Vec<Remark> {
    let mut remarks = texts::check(pack);
    let places = Places::of(pack);
    remarks.extend(lists::check(pack, &places));
    remarks.extend(rules::check(pack, &places));
    remarks.extend(contexts::check(pack, &places));
    remarks.extend(statutes::check(pack, &places, today));
    sort(&mut remarks);
    remarks
}

/// Orders remarks by file, place and code.
fn sort(remarks: &mut [Remark]) {
    remarks.sort_by(|one, other| {
        let key = |remark: &Remark| (remark.line, remark.column, remark.code.id);
        (&one.part, key(one), &one.message).cmp(&(&other.part, key(other), &other.message))
    });
}

/// Where the settings of each policy stand in `pack.toml`.
pub(super) struct Places<'a> {
    text: ManifestText<'a>,
}

impl<'a> Places<'a> {
    fn of(pack: &'a Pack) -> Self {
        let text = text_of(pack, MANIFEST);
        let (_, text, _) = manifest::read(MANIFEST.as_ref(), text);
        Self { text }
    }

    /// A remark at a setting of a policy, by the policy's index and a JSON Pointer into its settings.
    pub(super) fn at(&self, code: Code, policy: usize, pointer: &str, message: impl Into<String>) -> Remark {
        in_manifest(code, self.text.at_setting(policy, pointer, message))
    }

    /// A remark at the declaration of a list, by the list's index.
    pub(super) fn at_list(&self, code: Code, list: usize, message: impl Into<String>) -> Remark {
        in_manifest(code, self.text.at_list(list, message))
    }
}

fn in_manifest(code: Code, problem: proviso_model::Problem) -> Remark {
    Remark {
        column: problem.column,
        ..Remark::on_line(code, MANIFEST, problem.line, problem.message)
    }
}

/// The text of a part; empty if there is none.
fn text_of<'a>(pack: &'a Pack, part: &str) -> &'a str {
    let bytes = pack.files().find(|(path, _)| *path == part).map(|(_, bytes)| bytes);
    bytes
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .unwrap_or_default()
}
