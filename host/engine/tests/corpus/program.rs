//! What a program of the corpus is, and how its component is made.

use crate::support::component;
use proviso_model::verdict::FaultCause;

/// A program that means harm, and what must come of it.
pub(crate) struct Program {
    /// What it does, as a failure of the test names it.
    pub(crate) name: String,
    pub(crate) plugin: Plugin,
    pub(crate) expect: Expect,
}

/// How its component is made.
pub(crate) enum Plugin {
    /// The frame `guests/hostile/rules.wat` with these places filled.
    Rules(Vec<(&'static str, String)>),
    /// The frame `guests/hostile/fold.wat`, likewise.
    Fold(Vec<(&'static str, String)>),
    /// The frame `guests/hostile/retention.wat`, likewise.
    Retention(Vec<(&'static str, String)>),
    /// Bytes that are a component, or pretend to be one.
    Bytes(Box<dyn Fn() -> Vec<u8>>),
}

/// What must come of it. The messages are `first`, one that begins with `!`, and `last`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Expect {
    /// No generation is built; a problem holds these words.
    Refused(&'static str),
    /// The message with `!` is held for this cause, and its neighbours are judged.
    Fault(FaultCause),
    /// Every message is held for this cause.
    AllFault(FaultCause),
    /// It breaks the contract in a way that the host cannot see: each message is judged or held, and others go on.
    Contained,
    /// The message with `!` is judged with findings of these rules, and its neighbours as always.
    Judged(&'static [&'static str]),
}

pub(crate) const TRAP: Expect = Expect::Fault(FaultCause::Trap);
pub(crate) const FUEL: Expect = Expect::Fault(FaultCause::Fuel);
pub(crate) const STACK: Expect = Expect::Fault(FaultCause::Stack);
pub(crate) const MEMORY: Expect = Expect::Fault(FaultCause::Memory);
pub(crate) const BAD: Expect = Expect::Fault(FaultCause::BadAnswer);
pub(crate) const REFUSES: Expect = Expect::Fault(FaultCause::Refused);
pub(crate) const SEEN: Expect = Expect::Judged(&["seen"]);

const RULES_FRAME: &str = include_str!("../guests/hostile/rules.wat");
const FOLD_FRAME: &str = include_str!("../guests/hostile/fold.wat");
const RETENTION_FRAME: &str = include_str!("../guests/hostile/retention.wat");

fn owned(parts: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    parts.iter().map(|(place, text)| (*place, (*text).to_owned())).collect()
}

/// A program in the frame of rules.
pub(crate) fn rules(name: &str, parts: &[(&'static str, &str)], expect: Expect) -> Program {
    Program {
        name: name.to_owned(),
        plugin: Plugin::Rules(owned(parts)),
        expect,
    }
}

/// One that does this for a message with `!`.
pub(crate) fn act(name: &str, act: &str, expect: Expect) -> Program {
    rules(name, &[("ACT", act)], expect)
}

/// A program in the frame of folds that does this for an event with `!`.
pub(crate) fn fold(name: &str, act: &str, expect: Expect) -> Program {
    Program {
        name: format!("fold: {name}"),
        plugin: Plugin::Fold(owned(&[("ACT", act)])),
        expect,
    }
}

/// A program in the frame of retention that does this for a message with `!`.
pub(crate) fn retention(name: &str, act: &str, expect: Expect) -> Program {
    Program {
        name: format!("retention: {name}"),
        plugin: Plugin::Retention(owned(&[("ACT", act)])),
        expect,
    }
}

/// A component made by a function.
pub(crate) fn bytes(name: &str, make: impl Fn() -> Vec<u8> + 'static, expect: Expect) -> Program {
    Program {
        name: name.to_owned(),
        plugin: Plugin::Bytes(Box::new(make)),
        expect,
    }
}

/// A component as text.
pub(crate) fn text(name: &str, text: &'static str, expect: Expect) -> Program {
    let name = name.to_owned();
    bytes(
        &name.clone(),
        move || wat::parse_str(text).unwrap_or_else(|error| panic!("{name}: {error}")),
        expect,
    )
}

/// The texts of all items, one behind the other.
pub(crate) fn joined<T>(items: impl IntoIterator<Item = T>, of: impl Fn(T) -> String) -> String {
    items.into_iter().map(of).collect::<Vec<_>>().concat()
}

/// A frame with its places filled; what is not given is empty.
pub(crate) fn filled(frame: &str, parts: &[(&'static str, String)]) -> String {
    let mut text = frame.to_owned();
    for (place, part) in parts {
        let place = format!("(; {place} ;)");
        assert!(text.contains(&place), "the frame has no {place}");
        text = text.replace(&place, part);
    }
    text.replace("(; PAGES ;)", "2")
}

/// The module of the frame of rules.
pub(crate) fn rules_module(parts: &[(&'static str, String)]) -> String {
    filled(RULES_FRAME, parts)
}

impl Program {
    /// The interface that its policy uses.
    pub(crate) fn interface(&self) -> &'static str {
        match &self.plugin {
            Plugin::Fold(_) => "fold",
            Plugin::Retention(_) => "retention",
            Plugin::Rules(_) | Plugin::Bytes(_) => "rules",
        }
    }

    pub(crate) fn component(&self) -> Vec<u8> {
        match &self.plugin {
            Plugin::Rules(parts) => component(&rules_module(parts), "rules-plugin"),
            Plugin::Fold(parts) => component(&filled(FOLD_FRAME, parts), "fold-plugin"),
            Plugin::Retention(parts) => component(&filled(RETENTION_FRAME, parts), "retention-plugin"),
            Plugin::Bytes(make) => make(),
        }
    }
}
