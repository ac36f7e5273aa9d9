//! Leaves out noise: what is put between the characters of a text so that its words are not found.
//!
//! Noise shows by its regularity: the same stands between letters that each stand alone, `W.h.a.t.s`, 加 我 微 信. Where a text has
//! such a row, the same is left out at all places where it stands so. A picture or a mark that nobody writes between two
//! ideographs is noise even once: 保💰本, 保*本.

/// A character of a text that is read, with whatever its reader knows of it.
pub trait Unit: Copy {
    /// The character.
    fn char(&self) -> char;
}

impl Unit for char {
    fn char(&self) -> char {
        *self
    }
}

/// What stands for a picture that is no character of the text.
pub const MARK: char = '\u{fffc}';

/// Characters of noise between two others, at most.
pub const NOISE_CHARS_MAX: usize = 3;
/// Letters in a row that stand alone with the same between them, at least, for it to be noise.
pub const ROW_MIN: usize = 4;
/// Ideographs of such a row: the first and the last may belong to other words, so that one stands alone.
pub const IDEOGRAPHS_MIN: usize = 3;
/// Digits of such a row that has nothing else: an address of the internet has four groups.
pub const DIGITS_MIN: usize = 6;
/// Kinds of noise of one text, at most.
const KINDS_MAX: usize = 4;

/// What stands between two characters: one to three characters of which the rest are `\0`.
pub type Noise = [char; NOISE_CHARS_MAX];

/// Leaves out all noise.
pub fn leave_out<U: Unit>(units: &mut Vec<U>) {
    let (kinds, count) = regular(units);
    leave_out_kinds(units, &kinds[..count], true);
}

/// Leaves out the noise of rows alone: a single picture may as well end a clause.
pub fn leave_out_rows<U: Unit>(units: &mut Vec<U>) {
    let (kinds, count) = regular(units);
    leave_out_kinds(units, &kinds[..count], false);
}

fn leave_out_kinds<U: Unit>(units: &mut Vec<U>, regular: &[Noise], has_odd: bool) {
    let (mut at, mut kept) = (0, 0);
    while at < units.len() {
        let unit = units[at];
        let space = around_space(units, at, regular);
        let length = behind(units, at, regular, has_odd);
        units[kept] = unit;
        kept += 1;
        at += 1 + length;
        if let Some((place, length)) = space {
            units[kept] = units[place];
            kept += 1;
            at = place + 1 + length;
        }
    }
    units.truncate(kept);
}

/// Where the noise behind a place stands on both sides of a space: the place of this space, and how long the noise behind it is.
fn around_space<U: Unit>(units: &[U], at: usize, regular: &[Noise]) -> Option<(usize, usize)> {
    let is_part_at = |at: usize| units.get(at).is_some_and(|unit| is_part(unit.char()));
    regular.iter().find_map(|noise| {
        let length = length(*noise);
        let space = at + 1 + length;
        let is_space = units.get(space).is_some_and(|unit| unit.char().is_whitespace());
        let is_around = has(units, at + 1, *noise) && is_space && has(units, space + 1, *noise);
        (is_around && is_part_at(at) && is_part_at(space + 1 + length)).then_some((space, length))
    })
}

/// The kinds of noise that rows of letters have between them, and how many these are.
fn regular<U: Unit>(units: &[U]) -> ([Noise; KINDS_MAX], usize) {
    let (mut kinds, mut count) = ([['\0'; NOISE_CHARS_MAX]; KINDS_MAX], 0);
    let mut at = 0;
    while at < units.len() {
        let noise = between(units, at).filter(|_| stands_alone_before(units, at));
        let Some(noise) = noise else {
            at += 1;
            continue;
        };
        let row = row(units, at, noise);
        if row.is_noise() && count < KINDS_MAX && !kinds[..count].contains(&noise) {
            kinds[count] = noise;
            count += 1;
        }
        // The last of a row may be the first of another.
        at = row.last.max(at + 1);
    }
    (kinds, count)
}

/// How many characters behind a place are noise.
fn behind<U: Unit>(units: &[U], at: usize, regular: &[Noise], has_odd: bool) -> usize {
    let c = units[at].char();
    if !is_part(c) {
        return 0;
    }
    let next = |length: usize| units.get(at + 1 + length).map(U::char).filter(|&c| is_part(c));
    for noise in regular {
        let length = length(*noise);
        if has(units, at + 1, *noise)
            && next(length).is_some()
            && stands_alone_before(units, at)
            && stands_alone_behind(units, at + 1 + length)
        {
            return length;
        }
    }
    let single = between(units, at)
        .filter(|_| has_odd)
        .filter(|noise| next(length(*noise)).is_some_and(|next| is_odd(*noise, c, next)));
    single.map_or(0, length)
}

/// A row of characters with the same between them.
struct Row {
    /// Place of the last one.
    last: usize,
    letters: usize,
    ideographs: usize,
    digits: usize,
    /// They are not the same letter again and again, as kisses are.
    differ: bool,
}

impl Row {
    fn is_noise(&self) -> bool {
        let least = if self.digits == self.letters {
            DIGITS_MIN
        } else {
            ROW_MIN
        };
        self.differ && (self.ideographs >= IDEOGRAPHS_MIN || self.letters >= least)
    }
}

/// The row that begins at a place, which stands alone.
fn row<U: Unit>(units: &[U], at: usize, noise: Noise) -> Row {
    let mut row = Row {
        last: at,
        letters: 0,
        ideographs: 0,
        digits: 0,
        differ: false,
    };
    let length = length(noise);
    let mut here = at;
    loop {
        let c = units[here].char();
        let is_inside = here > at && !stands_alone_behind(units, here);
        if is_inside {
            return row;
        }
        row.last = here;
        row.letters += usize::from(is_letter(c));
        row.ideographs += usize::from(is_ideograph(c));
        row.digits += usize::from(c.is_ascii_digit());
        row.differ |= is_letter(c) && c != units[at].char();
        let next = here + 1 + length;
        if !has(units, here + 1, noise) || !units.get(next).is_some_and(|unit| is_part(unit.char())) {
            return row;
        }
        here = next;
    }
}

/// What stands between the letter at a place and the next one, if it may be noise.
fn between<U: Unit>(units: &[U], at: usize) -> Option<Noise> {
    if !is_letter(units[at].char()) {
        return None;
    }
    let mut noise = ['\0'; NOISE_CHARS_MAX];
    let mut length = 0;
    loop {
        let c = units.get(at + 1 + length)?.char();
        if is_letter(c) {
            break;
        }
        if length == NOISE_CHARS_MAX || !may_be_noise(c) {
            return None;
        }
        noise[length] = c;
        length += 1;
    }
    // Of two different ones, one ends something: U. S. A.
    let is_one =
        length != 2 || noise[0] == noise[1] || noise[..2] == ['\r', '\n'] || noise[..2].iter().all(|c| is_picture(*c));
    (length > 0 && is_one).then_some(noise)
}

fn length(noise: Noise) -> usize {
    noise.iter().take_while(|&&c| c != '\0').count()
}

fn has<U: Unit>(units: &[U], at: usize, noise: Noise) -> bool {
    let here = units.get(at..at + length(noise)).unwrap_or_default();
    !here.is_empty()
        && here
            .iter()
            .map(U::char)
            .eq(noise.into_iter().take_while(|&c| c != '\0'))
}

/// True if no letter of the same word stands before a character. An ideograph is a word.
fn stands_alone_before<U: Unit>(units: &[U], at: usize) -> bool {
    at == 0 || !are_of_word(units[at - 1].char(), units[at].char())
}

/// True if no letter of the same word stands behind a character.
fn stands_alone_behind<U: Unit>(units: &[U], at: usize) -> bool {
    units
        .get(at + 1)
        .is_none_or(|next| !are_of_word(units[at].char(), next.char()))
}

/// True of neighbours that nobody takes for two words.
pub fn are_of_word(one: char, other: char) -> bool {
    let is_of_word = |c: char| is_letter(c) && !is_ideograph(c);
    is_of_word(one) && is_of_word(other)
}

/// True of what nobody writes between two such characters, for once: a picture beside an ideograph, a mark between two.
pub fn is_odd(noise: Noise, before: char, next: char) -> bool {
    let all = |is: fn(char) -> bool| noise.iter().take_while(|&&c| c != '\0').all(|&c| is(c));
    let (before, next) = (is_ideograph(before), is_ideograph(next));
    all(is_picture) && (before || next) || all(is_mark) && before && next
}

/// What noise stands between, and what may be the one or the other: all that is seen and is no space.
fn is_part(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !is_unseen(c) && !ENDS.contains(&c)
}

/// Zero-width and other characters that are not seen, and marks that are laid over what stands before them.
pub fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Ends of clauses and sentences, and what lists things.
const ENDS: [char; 7] = ['，', '。', '、', '！', '？', '；', '：'];

/// True of what people put between letters.
pub fn may_be_noise(c: char) -> bool {
    !is_letter(c) && !ENDS.contains(&c)
}

/// Letters, ideographs and digits.
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric()
    } else {
        is_ideograph(c) || is_flag_letter(c) || c.is_alphanumeric()
    }
}

/// One of the two letters that make a flag.
pub fn is_flag_letter(c: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

/// Chinese characters.
pub fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Emoji and other pictures.
pub fn is_picture(c: char) -> bool {
    c == MARK || matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}') && !is_letter(c)
}

/// Marks that are written between ideographs to part them. A middle dot is none: it stands in foreign names.
fn is_mark(c: char) -> bool {
    matches!(c, '*' | '_' | '~' | '|' | '/' | '-' | '.' | '`' | '^')
}

#[cfg(test)]
mod tests {
    use super::leave_out;

    #[test]
    fn noise_is_left_out_and_nothing_else_is() {
        let table = [
            ("W.h.a.t.s A.p.p is it. No", "Whats App is it. No"),
            ("m`e`s`s`a`g`e` `m`e", "message me"),
            ("ａ ｂ ｃ ｄ   ｅ ｆ", "ａｂｃｄ ｅｆ"),
            ("保💰本，我🔥VIP", "保本，我VIP"),
            ("你加 微 信吧", "你加微信吧"),
            ("都\n可\n以\n来，加\n微信", "都可以来，加微信"),
            ("男*女 1*2", "男女 1*2"),
            ("p.a.t...e.x", "pat.ex"),
            ("1.2.3.4 1.3.8.0.0", "1.2.3.4 1.3.8.0.0"),
            ("环保 本行，尼古拉·凯奇", "环保 本行，尼古拉·凯奇"),
            ("x x x x x", "x x x x x"),
            ("稳🇨赚", "稳🇨赚"),
            ("U. S. A. and e.g. this", "U. S. A. and e.g. this"),
            ("", ""),
        ];
        for (text, expected) in table {
            let mut units: Vec<char> = text.chars().collect();
            leave_out(&mut units);
            let read: String = units.into_iter().collect();
            assert_eq!(read, expected, "{text}");
        }
    }
}
