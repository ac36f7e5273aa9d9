//! What a list takes for the same: the options of folding.

use proviso_chars::{self as chars, Class};

/// At most this many characters are skipped between two matched ones.
pub const GAP_CHARS_MAX: usize = 8;

/// Which differences between a term and a text one list overlooks.
///
/// Characters are compared one by one: each option says which characters count as equal, and options together make
/// equal whatever a chain of them makes equal. No option turns one character into several, so `ß` is not `ss`, `⑩` is
/// not `10`, and a letter with a combining mark is not the precomposed letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent options, each written by name in a manifest"
)]
pub struct Folding {
    /// Upper and lower case are equal, by Unicode's simple mappings.
    pub case: bool,
    /// Forms of one character are equal: full-width and half-width, circled, parenthesised, superscript, mathematical,
    /// compatibility ideographs; and letters of other scripts, small capitals, and letters with a stroke that look like a Latin one.
    pub width: bool,
    /// Traditional, simplified and common variant forms of a Chinese character are equal.
    pub variants: bool,
    /// Characters that may stand between the characters of a term.
    pub gaps: Gaps,
    /// A term that begins or ends with a letter of Latin, Greek or Cyrillic script or a digit matches there only at the
    /// border of a word: no such letter or digit may be its neighbour.
    pub word_boundaries: bool,
    /// A hit of a Chinese term of two or three characters is dropped if its borders cut through the words around it: see
    /// [`borders`](crate::borders). A hit with gaps in it is not.
    pub word_segmentation: bool,
    /// An identifier may follow a term that ends with a Latin letter, without a border between them: `vx13800138000`. It has 5-24
    /// letters, digits, `_` and `-`, with two digits or an underscore among them.
    pub glued_identifiers: bool,
    /// A hit that lies wholly within an address on the web, behind its scheme or its host, or within a key or another long run
    /// that a program made, is dropped. 256 bytes on each side are looked at.
    pub skip_machine_text: bool,
    /// A character that stands several times in a row in the text, in whatever case or form, matches one of the term: `稳稳赚赚`
    /// is `稳赚`. Where the term has it twice, the text has it at least twice.
    pub repeats: bool,
}

/// Characters that are skipped between two characters of a term, at most [`GAP_CHARS_MAX`] in a row. Each kind includes
/// the ones before it.
///
/// In a list that skips a kind of characters, those within its terms mean nothing either. A term that consists of
/// nothing else is taken literally instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gaps {
    /// None: the characters of a term follow each other.
    None,
    /// Zero-width, default-ignorable and control characters other than white space.
    Invisible,
    /// Also white space.
    Spaces,
    /// Also punctuation, symbols (emoji among them), and combining marks that are laid over letters.
    Punctuation,
}

impl Default for Folding {
    /// Case, width and variants are folded, invisible characters skipped, borders of Latin words respected.
    fn default() -> Self {
        Self {
            case: true,
            width: true,
            variants: true,
            gaps: Gaps::Invisible,
            word_boundaries: true,
            word_segmentation: false,
            glued_identifiers: false,
            skip_machine_text: false,
            repeats: false,
        }
    }
}

impl Folding {
    /// Nothing is overlooked: terms match as they are written, anywhere.
    pub const EXACT: Self = Self {
        case: false,
        width: false,
        variants: false,
        gaps: Gaps::None,
        word_boundaries: false,
        word_segmentation: false,
        glued_identifiers: false,
        skip_machine_text: false,
        repeats: false,
    };

    /// The character that stands for all those that count as `c`. Idempotent.
    pub fn fold(self, c: char) -> char {
        chars::relation(self.relation_index()).fold(c)
    }

    /// True if `c` is skipped between the characters of a term.
    pub fn skips(self, c: char) -> bool {
        self.gaps.skips(chars::class(c))
    }

    pub(crate) fn relation_index(self) -> usize {
        usize::from(self.case) * chars::CASE
            + usize::from(self.width) * chars::WIDTH
            + usize::from(self.variants) * chars::VARIANTS
    }
}

impl Gaps {
    pub(crate) fn skips(self, class: Class) -> bool {
        match self {
            Self::None => false,
            Self::Invisible => class >= Class::Invisible,
            Self::Spaces => class >= Class::Space,
            Self::Punctuation => class >= Class::Mark,
        }
    }
}

/// True for what makes a word border matter: a digit, or a letter of Latin, Greek, Cyrillic or Armenian script, in any
/// form that folds to one.
pub fn is_word(c: char) -> bool {
    let c = chars::relation(chars::ALL).fold(c);
    match c {
        '\0'..='\u{7f}' => c.is_ascii_alphanumeric(),
        '\u{aa}'..='\u{58f}' | '\u{1c80}'..='\u{1cbf}' | '\u{1d00}'..='\u{1fff}' => c.is_alphabetic(),
        '\u{2c60}'..='\u{2c7f}' | '\u{a640}'..='\u{a69f}' | '\u{a720}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab6f}' => {
            c.is_alphabetic()
        }
        _ => false,
    }
}
