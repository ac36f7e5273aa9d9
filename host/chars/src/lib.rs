//! Which characters count as equal, and which may be gaps: tables over all of Unicode, made once a process.
//!
//! Each option of folding contributes pairs of characters; the options of a list together make an equivalence relation
//! (the closure of their pairs), and folding maps a character to its class's representative. So a relation with more
//! options is always coarser than one with fewer, whatever the order of the options: the matcher searches under the
//! coarsest one and verifies each candidate under the list's own.

mod lookalikes;
mod pages;

pub use pages::Pages;

use lookalikes::{ENCLOSED, LOOKALIKES};
use regex_syntax::hir::{Class as HirClass, HirKind};
use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};
use unicode_normalization::char::decompose_compatible;

/// Index of a relation: the sum of the options that it includes.
pub const CASE: usize = 1;
/// Forms of one character.
pub const WIDTH: usize = 2;
/// Traditional, simplified and variant characters.
pub const VARIANTS: usize = 4;
/// All of them: the coarsest relation.
pub const ALL: usize = CASE + WIDTH + VARIANTS;

/// What a character is to gaps. Characters of one class of the coarsest relation are of one `Class`; a symbol that any
/// option folds to a letter counts as that letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// Letters, digits, ideographs and whatever is none of the following.
    Letter = 0,
    /// Punctuation, symbols, combining marks laid over letters.
    Mark = 1,
    /// White space.
    Space = 2,
    /// Zero-width, default-ignorable and control characters.
    Invisible = 3,
}

/// The class of a character.
pub fn class(c: char) -> Class {
    CLASSES.get(c)
}

/// True of letters and ideographs, not of ASCII digits. Faster than what the standard library asks.
#[inline]
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphabetic()
    } else {
        class(c) == Class::Letter
    }
}

/// The table behind [`class`].
pub fn classes() -> &'static Classes {
    &CLASSES
}

/// The relation with this index, see [`CASE`].
pub fn relation(index: usize) -> &'static Relation {
    static RELATIONS: [OnceLock<Relation>; ALL + 1] = [const { OnceLock::new() }; ALL + 1];
    RELATIONS[index].get_or_init(|| Relation::new(index))
}

/// The characters that the coarsest relation folds to `c`, without `c` itself.
pub fn forms(c: char) -> &'static [char] {
    static FORMS: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
        let mut forms: HashMap<char, Vec<char>> = HashMap::new();
        for &(form, folded) in relation(ALL).folded() {
            forms.entry(folded).or_default().push(form);
        }
        forms
    });
    FORMS.get(&c).map_or(&[], Vec::as_slice)
}

/// An equivalence relation between characters.
#[derive(Debug)]
pub struct Relation {
    /// Code point of a character, xor that of its representative.
    differences: Pages<u32>,
    /// The characters that are not their own representative, with it.
    folded: Vec<(char, char)>,
}

impl Relation {
    fn new(index: usize) -> Self {
        let mut union = Union::new();
        // Later pairs decide on the representative: a plain, simplified, lower-case character.
        if index & WIDTH != 0 {
            WIDTH_PAIRS.iter().for_each(|&(from, to)| union.relate(from, to));
        }
        if index & VARIANTS != 0 {
            variant_pairs().for_each(|(from, to)| union.relate(from, to));
        }
        if index & CASE != 0 {
            case_pairs().for_each(|(from, to)| union.relate(from, to));
        }
        // Of letters that look alike the Latin one, in lower case if case is folded.
        ('!'..='~').for_each(|c| union.represent(c));
        let folded = union.folded();
        let mut differences = Pages::new(0);
        for &(from, to) in &folded {
            differences.set(from, u32::from(from) ^ u32::from(to));
        }
        Self { differences, folded }
    }

    /// The representative of a character's class.
    pub fn fold(&self, c: char) -> char {
        // The difference leads from a character to a character, so that the fallback is never taken.
        char::from_u32(u32::from(c) ^ self.differences.get(c)).unwrap_or(c)
    }

    /// The characters that are not their own representative, with it, in ascending order.
    pub fn folded(&self) -> &[(char, char)] {
        &self.folded
    }
}

/// The class of each character.
#[derive(Debug)]
pub struct Classes {
    pages: Pages<Class>,
    gaps: Vec<char>,
}

impl Classes {
    /// The class of a character.
    #[inline]
    pub fn get(&self, c: char) -> Class {
        self.pages.get(c)
    }

    /// All characters that are not letters, in ascending order.
    pub fn gaps(&self) -> &[char] {
        &self.gaps
    }
}

static CLASSES: LazyLock<Classes> = LazyLock::new(|| {
    let mut pages = Pages::new(Class::Letter);
    let mut gaps = Vec::new();
    for (class, property) in [
        (
            Class::Mark,
            r"[\p{P}\p{S}\x{300}-\x{36f}\x{1ab0}-\x{1aff}\x{1dc0}-\x{1dff}\x{20d0}-\x{20ff}\x{fe20}-\x{fe2f}]",
        ),
        // U+2800 is a braille pattern without dots: it prints as a space.
        (Class::Space, r"[\p{White_Space}\x{2800}]"),
        (
            Class::Invisible,
            r"[\p{Default_Ignorable_Code_Point}[\p{Cc}--\p{White_Space}]\x{fff9}-\x{fffb}]",
        ),
    ] {
        for c in property_chars(property) {
            pages.set(c, class);
            gaps.push(c);
        }
    }
    // Within a class of equal characters the most significant one decides.
    let relation = relation(ALL);
    for _ in 0..2 {
        for &(from, to) in relation.folded() {
            let class = pages.get(from).min(pages.get(to));
            pages.set(from, class);
            pages.set(to, class);
        }
    }
    gaps.sort_unstable();
    gaps.dedup();
    gaps.retain(|&c| pages.get(c) != Class::Letter);
    Classes { pages, gaps }
});

/// The characters of a class in the syntax of regular expressions, in ascending order.
fn property_chars(class: &str) -> impl Iterator<Item = char> {
    let hir = regex_syntax::parse(class).expect("the properties are written in this file");
    let HirKind::Class(HirClass::Unicode(class)) = hir.into_kind() else {
        unreachable!("a bracketed class with more than one character is a class");
    };
    class
        .ranges()
        .to_vec()
        .into_iter()
        .flat_map(|range| range.start()..=range.end())
}

/// Characters with the one that they are the upper, title or alternative lower case of.
fn case_pairs() -> impl Iterator<Item = (char, char)> {
    property_chars(r"[\p{Changes_When_Casemapped}]")
        .filter(|&c| !['ı', '\u{345}'].contains(&c))
        .filter_map(|c| {
            let lower = only(c.to_lowercase())?;
            if lower != c {
                return Some((c, lower));
            }
            // A lower-case letter whose capital has another lower case: ſ, ς, ϐ, …
            let lower = only(only(c.to_uppercase())?.to_lowercase())?;
            (lower != c).then_some((c, lower))
        })
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}

/// Compatibility characters with the plain one, and look-alikes.
static WIDTH_PAIRS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let alike = LOOKALIKES.iter();
    let mut pairs: Vec<(char, char)> = alike
        .flat_map(|(plain, alike)| alike.chars().map(|c| (c, *plain)))
        .collect();
    for &(first, count, plain) in ENCLOSED {
        for offset in 0..count {
            let at = |c: char| char::from_u32(u32::from(c) + offset).expect("the ranges are written in this file");
            pairs.push((at(first), at(plain)));
        }
    }
    // Compatibility characters lie in the first three planes.
    for c in '\u{a0}'..='\u{2ffff}' {
        let mut parts = ['\0'; 4];
        let mut count = 0;
        decompose_compatible(c, |part| {
            if let Some(place) = parts.get_mut(count) {
                *place = part;
            }
            count += 1;
        });
        match (count, parts) {
            (1, [plain, ..]) if plain != c => pairs.push((c, plain)),
            // Parenthesised ⑴ ⒜ ㈠, and digits with a full stop or comma ⒈ 🄂.
            (3, ['(', plain, ')', _]) | (2, [plain @ '0'..='9', '.' | ',', ..]) => pairs.push((c, plain)),
            _ => {}
        }
    }
    pairs
});

/// Traditional and variant forms with the representative of their class, see the head of the file that is read.
fn variant_pairs() -> impl Iterator<Item = (char, char)> {
    variant_classes().flat_map(|class| {
        let mut chars = class.chars().filter(|&c| c != ' ');
        let representative = chars.next().unwrap_or_default();
        chars.map(move |c| (c, representative))
    })
}

fn variant_classes() -> impl Iterator<Item = &'static str> {
    include_str!("../data/variants.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Traditional and variant forms with the plain, simplified form of each.
pub fn plain_variants() -> HashMap<char, char> {
    let mut plain = HashMap::new();
    for group in variant_classes().flat_map(str::split_whitespace) {
        let mut chars = group.chars();
        let form = chars.next().unwrap_or_default();
        for c in chars {
            plain.entry(c).or_insert(form);
        }
    }
    // 帳 is 帐, which is 账.
    for c in plain.keys().copied().collect::<Vec<_>>() {
        let by_way = plain[&c];
        if let Some(&form) = plain.get(&by_way) {
            plain.insert(c, form);
        }
    }
    plain
}

/// True of a character that has traditional, simplified or variant forms, or is one.
pub fn has_variants(c: char) -> bool {
    static ALL_FORMS: LazyLock<HashSet<char>> = LazyLock::new(|| variant_classes().flat_map(str::chars).collect());
    ALL_FORMS.contains(&c)
}

/// Disjoint sets of characters.
struct Union {
    parents: Vec<u32>,
}

/// No character behind this one takes part in a relation.
const RELATED_MAX: usize = 0x3_4000;

impl Union {
    fn new() -> Self {
        Self {
            parents: (0..RELATED_MAX as u32).collect(),
        }
    }

    fn root(&mut self, c: char) -> u32 {
        let mut at = u32::from(c);
        while self.parents[at as usize] != at {
            let parent = self.parents[at as usize];
            self.parents[at as usize] = self.parents[parent as usize];
            at = parent;
        }
        at
    }

    /// Makes both equal, represented by the representative of `to`.
    fn relate(&mut self, from: char, to: char) {
        let (from, to) = (self.root(from), self.root(to));
        self.parents[from as usize] = to;
    }

    /// Makes `c` the representative of what is equal to it.
    fn represent(&mut self, c: char) {
        let root = self.root(c);
        self.parents[root as usize] = u32::from(c);
        self.parents[c as usize] = u32::from(c);
    }

    fn folded(mut self) -> Vec<(char, char)> {
        let related = '\0'..=char::from_u32(RELATED_MAX as u32 - 1).expect("not a surrogate");
        related
            .filter_map(|c| {
                let root = char::from_u32(self.root(c)).expect("only characters are related");
                (root != c).then_some((c, root))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(index: usize, text: &str) -> String {
        text.chars().map(|c| relation(index).fold(c)).collect()
    }

    #[test]
    fn representatives_are_plain_simplified_and_lower_case() {
        assert_eq!(
            folded(ALL, "ＶＩＰ Ⓕⓤc⒦ 🅰① ㈠ ﾃｽﾄ ᴷ𝐊"),
            "vip fuck a1 一 テスト ᴷk".replace('ᴷ', "k")
        );
        assert_eq!(
            folded(ALL, "穩賺不賠，發髮 著着 乾幹干 裏裡里 臺台"),
            "稳赚不赔,发发 着着 干干干 里里里 台台"
        );
        assert_eq!(folded(ALL, "ΑСО аТт Σςσ ſK İı"), "aco att σσσ sk ii");
        assert_eq!(folded(WIDTH, "ＶｉＰ Ａа 發"), "ViP Aa 發");
        assert_eq!(folded(CASE, "ÀＶВ"), "àｖв");
        assert_eq!(folded(VARIANTS, "發Ａ"), "发Ａ");
        assert_eq!(folded(0, "ＡA發\u{200b}"), "ＡA發\u{200b}");
    }

    #[test]
    fn no_two_ascii_characters_become_equal_save_by_case() {
        let ascii = || '\0'..='\u{7f}';
        for (a, b) in ascii().flat_map(|a| ascii().map(move |b| (a, b))) {
            let equal = relation(ALL).fold(a) == relation(ALL).fold(b);
            assert_eq!(equal, a.eq_ignore_ascii_case(&b), "{a:?} {b:?}");
            assert_eq!(relation(WIDTH + VARIANTS).fold(a), a);
        }
    }

    #[test]
    fn folding_is_idempotent_and_coarser_with_more_options() {
        for index in 0..=ALL {
            for &(from, to) in relation(index).folded() {
                assert_eq!(relation(index).fold(to), to);
                assert_eq!(class(from), class(to), "{from:?} {to:?}");
                for coarser in (0..=ALL).filter(|coarser| coarser & index == index) {
                    assert_eq!(
                        relation(coarser).fold(from),
                        relation(coarser).fold(to),
                        "{from:?} {to:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn classes_of_characters() {
        let classes: Vec<Class> = "a保１é🅰\u{e000}".chars().map(class).collect();
        assert!(classes.iter().all(|&class| class == Class::Letter), "{classes:?}");
        assert!("+，。😀★_\u{336}´".chars().all(|c| class(c) == Class::Mark));
        assert!(" \t\n\u{3000}\u{a0}\u{2800}".chars().all(|c| class(c) == Class::Space));
        assert!(
            "\0\u{200b}\u{ad}\u{feff}\u{fe0f}\u{202e}\u{e0020}\u{3164}"
                .chars()
                .all(|c| class(c) == Class::Invisible)
        );
    }

    #[test]
    fn the_tables_have_the_size_that_is_known() {
        let (classes, chars) = variant_classes().fold((0, 0), |(n, chars), class| {
            (n + 1, chars + class.chars().filter(|&c| c != ' ').count())
        });
        assert_eq!((classes, chars), (3_995, 8_210), "data/variants.txt");
        assert!(relation(CASE).folded().len() > 1_300 && relation(WIDTH).folded().len() > 3_000);
    }
}
