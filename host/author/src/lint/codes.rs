//! Every code that lint knows. A code keeps its meaning for good: one that goes is not given to something else.

use std::fmt;

/// How much a remark of lint matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Worth knowing.
    Note,
    /// Something does less than its author thinks.
    Warning,
    /// Something does not work.
    Error,
}

impl Grade {
    /// Every grade, the least first.
    pub const ALL: [Grade; 3] = [Grade::Note, Grade::Warning, Grade::Error];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Grade::Note => "note",
            Grade::Warning => "warning",
            Grade::Error => "error",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A kind of remark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code {
    /// `L` and three digits. The first says what it is about: 0 lint itself, 1 lists, 2 texts, 3 rules, 4 statutes, 5 what
    /// policies use.
    pub id: &'static str,
    /// How much it matters.
    pub grade: Grade,
    /// What it says, in a few words.
    pub title: &'static str,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal $grade:ident $title:literal;)+) => {
        $($(#[$doc])* pub const $name: Code = Code { id: $id, grade: Grade::$grade, title: $title };)+
        /// Every code, in the order of their numbers.
        pub const ALL: &[Code] = &[$($name),+];
    };
}

codes! {
    /// A comment that accepts a remark says why.
    ALLOW_WITHOUT_REASON = "L001" Warning "allowed without a reason";
    /// A comment accepts what is not there.
    ALLOW_WITHOUT_REMARK = "L002" Warning "allows nothing";
    /// Two terms of a lexicon find the same.
    SAME_TERM = "L101" Warning "a term that finds what another finds";
    /// A term holds another one of its lexicon.
    CONTAINED_TERM = "L102" Note "a term that holds another";
    /// A term does not find itself as it is written.
    UNREACHABLE_TERM = "L103" Error "a term that does not find its own text";
    /// A term stands in many harmless messages.
    COMMON_TERM = "L104" Warning "a term that is common in harmless messages";
    /// A list that nothing looks at.
    UNUSED_LIST = "L105" Warning "a list that nothing looks at";
    /// A pattern whose search can look at one stretch of a text again and again.
    QUADRATIC_PATTERN = "L106" Warning "a pattern whose search can go back again and again";
    /// Short Chinese terms that nothing else must stand beside.
    SHORT_TERMS = "L107" Note "short Chinese terms that count by themselves";
    /// A term stands in frequent words that mean something else.
    TERM_IN_WORDS = "L108" Note "a term that stands in common words";
    /// A pattern finds what the host reads by itself.
    PATTERN_FOR_ENTITY = "L109" Note "a pattern for what an entity is";
    /// A byte order mark.
    BYTE_ORDER_MARK = "L201" Warning "a byte order mark";
    /// A character that nobody sees, in a term, a pattern or a setting.
    INVISIBLE_CHARACTER = "L202" Warning "an invisible or unusual character";
    /// Text that was read in the wrong encoding and written again.
    BROKEN_TEXT = "L203" Error "text broken by a wrong encoding";
    /// Forms of one character that the list does not take for the same.
    MIXED_FORMS = "L204" Warning "forms of a character that differ";
    /// Lines that end in two ways.
    MIXED_LINE_ENDS = "L205" Note "lines that end in two ways";
    /// Bytes that are no UTF-8.
    MIXED_ENCODINGS = "L206" Error "bytes that are not UTF-8";
    /// A rule that no case proves.
    RULE_WITHOUT_CASE = "L301" Warning "a rule without a case";
    /// A rule that does not say why.
    RULE_WITHOUT_REASON = "L302" Warning "a rule without a reason";
    /// A rule that does not say why in a language that the pack speaks.
    REASON_IN_ONE_LANGUAGE = "L303" Note "a reason in one language of two";
    /// A rule that does not say on what ground.
    RULE_WITHOUT_CITATION = "L304" Warning "a rule without a citation";
    /// A context excuses what stands anywhere in the message.
    WHOLE_MESSAGE_EXCUSED = "L305" Note "a context that excuses a whole message";
    /// Parts are asked for in one order, and no case shows that it matters.
    ORDER_WITHOUT_CASE = "L306" Note "an order that no case needs";
    /// A rule of law that has ended.
    ENDED_STATUTE = "L401" Warning "a statute that has ended";
    /// A budget that was raised and is not used.
    LARGE_BUDGET = "L501" Warning "a budget far above use";
    /// A field that no case shows to be read.
    UNREAD_FIELD = "L502" Warning "a field that is not seen to be read";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_in_order() {
        assert!(ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert!(ALL.iter().all(|code| code.id.len() == 4 && code.id.starts_with('L')));
    }
}
