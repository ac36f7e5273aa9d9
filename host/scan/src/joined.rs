//! Several code points that are seen as one mark: joined emoji, flags, keycaps, emoji with a skin colour or a way to be shown.

use crate::plain::{Kind, plain};
use crate::unit::Unit;
use proviso_chars::{self as chars, Class};
use proviso_noise::MARK;

const JOINER: char = '\u{200d}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '\u{1f3f4}';

/// Makes one unit of each mark. Letters that are seen as letters, such as keycaps in a row, become these letters.
pub(crate) fn join(units: &mut Vec<Unit>) {
    let mut kept = 0;
    let mut at = 0;
    // Where the last keycap ended.
    let mut keycap_to = usize::MAX;
    while at < units.len() {
        let (c, length) = next(&units[at..]);
        let mut unit = Unit { c, ..units[at] };
        unit.to = units[at + length - 1].to;
        if is_keycap(&units[at..]) {
            // One alone is a picture, several are digits.
            let alone = keycap_to != at && !is_keycap(&units[at + length..]);
            unit.c = if alone { MARK } else { units[at].c };
            keycap_to = at + length;
        }
        units[kept] = unit;
        kept += 1;
        at += length;
    }
    units.truncate(kept);
}

/// What the first units are together, and how many they are.
fn next(units: &[Unit]) -> (char, usize) {
    let first = units[0].c;
    let at = |place: usize| units.get(place).map(|unit| unit.c);
    if is_flag_letter(first) {
        return match at(1).filter(|&c| is_flag_letter(c)) {
            Some(second) if is_region(first, second) => (MARK, 2),
            _ => (first, 1),
        };
    }
    if is_keycap(units) {
        return (MARK, if at(1) == Some(KEYCAP) { 2 } else { 3 });
    }
    if is_tag(first) {
        return (plain().of(first), 1);
    }
    if first.is_ascii() || chars::class(first) != Class::Mark {
        return (first, 1);
    }
    let mut length = 1;
    loop {
        match at(length) {
            Some(JOINER) if at(length + 1).is_some_and(|c| !c.is_ascii() && chars::class(c) == Class::Mark) => {
                length += 2;
            }
            Some('\u{fe0e}' | '\u{fe0f}' | KEYCAP | '\u{1f3fb}'..='\u{1f3ff}') => length += 1,
            Some(c) if first == BLACK_FLAG && is_tag(c) => length += 1,
            // No term of one emoji is what several are together.
            _ => return (if length > 1 { MARK } else { first }, length),
        }
    }
}

/// A digit, or another key of a telephone, with the sign that makes it a keycap.
fn is_keycap(units: &[Unit]) -> bool {
    let at = |place: usize| units.get(place).map(|unit| unit.c);
    let is_key = at(0).is_some_and(|c| c.is_ascii_digit() || c == '#' || c == '*');
    is_key && (at(1) == Some(KEYCAP) || at(1) == Some('\u{fe0f}') && at(2) == Some(KEYCAP))
}

fn is_flag_letter(c: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

/// A letter of those that nobody sees, which name a region within a flag.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}') && plain().kind(c) != Kind::Plain
}

/// True if the two letters have a flag.
fn is_region(first: char, second: char) -> bool {
    let letter = |c: char| b'A' + (u32::from(c) - 0x1_f1e6) as u8;
    let pair = [letter(first), letter(second)];
    REGIONS.as_bytes().chunks(3).any(|region| region[..2] == pair)
}

/// Codes of regions that have a flag: ISO 3166-1, and those that Unicode adds.
const REGIONS: &str = "AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
    CA CC CD CF CG CH CI CK CL CM CN CO CP CR CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET EU FI FJ FK FM FO FR \
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG \
    KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY \
    MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI \
    SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI \
    VN VU WF WS XK YE YT ZA ZM ZW ";
