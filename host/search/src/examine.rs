//! The examiner: whether a query finds a message, and where. It asks no index, and is what every answer of one is compared with.

use crate::analysis::{self, Analyser, Place};
use crate::entity::Said;
use crate::form::Form;
use crate::names;
use crate::prepared::{Asked, Attribute, Label, Prepared, Utterance};
use crate::query::{Flag, Side};
use crate::words::Words;
use proviso_model::Message;
use proviso_model::message::Party;
use proviso_model::verdict::{Severity, Span};
use std::borrow::Cow;
use std::ops::Range;

/// Places of one message that are told, at most.
pub const MARKS_MAX: usize = 1_000;

/// What is known of a message beside it.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// The departments of its parties.
    pub departments: Vec<String>,
    /// What was found in it.
    pub findings: Vec<Found>,
    /// What is true of it.
    pub flags: Vec<Flag>,
    /// The orders to keep that it fits and that a query asks for, by their numbers.
    pub holds: Vec<i64>,
}

/// A finding, as queries ask for it.
#[derive(Debug, Clone)]
pub struct Found {
    /// `vendor/name`.
    pub pack: String,
    /// The policy's name within the pack.
    pub policy: String,
    /// The rule.
    pub rule: String,
    /// How severe it is.
    pub severity: Severity,
}

impl Found {
    /// True if the label asks for such a finding.
    pub fn is_asked_for(&self, label: &Label) -> bool {
        match label {
            Label::Pack(name) => names::is(&self.pack, name),
            Label::Policy(name) => {
                names::is(&self.policy, name) || names::is(&format!("{}:{}", self.pack, self.policy), name)
            }
            Label::Rule(name) => names::is(&self.rule, name),
            Label::Severity(from, to) => (*from..=*to).contains(&self.severity),
            Label::Department(_) | Label::Is(_) | Label::Hold(_) => false,
        }
    }
}

/// A place where a part of a query stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// In which text of the message.
    pub place: Place,
    /// The bytes of this text.
    pub span: Span,
}

/// How much of what stands at a place a query names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// Its beginning, its end, or something within it.
    Part,
}

/// Memory that looking at messages reuses; one for each thread.
#[derive(Default)]
pub struct Examiner {
    analyser: Analyser,
}

impl Examiner {
    /// Where the words of a query stand in a message that it finds, in order, each once; none of one that it does not find. A message
    /// may be found without any: by its sender, or by what does not stand in it. Takes a time that is linear in the message's bytes
    /// times the query's tests.
    pub fn examine(&mut self, query: &Prepared, message: &Message, labels: &Labels) -> Option<Vec<Mark>> {
        self.examine_hiding(query, message, labels, &|_, _| false)
    }

    /// The same, where some places do not count: what stands there is, for the query, not in the message, whether it asks for it or for its absence.
    pub fn examine_hiding(
        &mut self,
        query: &Prepared,
        message: &Message,
        labels: &Labels,
        is_hidden: &dyn Fn(&Mark, Extent) -> bool,
    ) -> Option<Vec<Mark>> {
        let mut utterances = Vec::new();
        utterances_of(&query.asked, &mut utterances);
        let marks = self.marks(&utterances, analysis::texts(message), is_hidden);
        let mut about = About {
            message,
            labels,
            marks: marks.iter(),
        };
        let mut found = Vec::new();
        let is_found = about.is_true(&query.asked, true, &mut found);
        found.sort_unstable();
        found.dedup();
        found.truncate(MARKS_MAX);
        is_found.then_some(found)
    }

    /// False of a message that a query certainly does not find; true of one that it finds, and where nobody knows. `beside` are texts that belong to
    /// the message and stand elsewhere: what is in them may be in it. None where it is not all there. Labels are not known.
    pub fn may_find(&mut self, query: &Prepared, message: &Message, beside: Option<&[Cow<'_, str>]>) -> bool {
        let mut utterances = Vec::new();
        utterances_of(&query.asked, &mut utterances);
        let said = self.marks(&utterances, analysis::texts(message), &|_, _| false);
        let beside = beside.map(|texts| {
            let texts = texts.iter().map(|text| (Place::Text, &**text));
            self.marks(&utterances, texts, &|_, _| false)
        });
        let mut truths = said.iter().enumerate().map(|(number, marks)| {
            let may_be = beside.as_ref().is_none_or(|beside| !beside[number].is_empty());
            if marks.is_empty() && may_be {
                None
            } else {
                Some(!marks.is_empty())
            }
        });
        truth(&query.asked, message, &mut truths) != Some(false)
    }

    /// Where each utterance stands in texts.
    fn marks<'t>(
        &mut self,
        utterances: &[&Utterance],
        texts: impl Iterator<Item = (Place, &'t str)>,
        is_hidden: &dyn Fn(&Mark, Extent) -> bool,
    ) -> Vec<Vec<Mark>> {
        let asks_for_entities = utterances.iter().any(|utterance| asks_for_entities(utterance));
        let mut marks: Vec<Vec<Mark>> = vec![Vec::new(); utterances.len()];
        for (place, text) in texts {
            if utterances.is_empty() || text.is_empty() {
                continue;
            }
            let seen = std::cell::RefCell::new(&mut marks);
            let mut of_entity = |said: Said, span| {
                for (utterance, marks) in utterances.iter().zip(seen.borrow_mut().iter_mut()) {
                    if says(utterance, &said) && !is_hidden(&Mark { place, span }, Extent::Whole) {
                        note(marks, Mark { place, span });
                    }
                }
            };
            self.analyser.analyse(
                text,
                |form| {
                    for (utterance, marks) in utterances.iter().zip(seen.borrow_mut().iter_mut()) {
                        let mark = |tokens: Range<usize>| {
                            let (start, end) = form.span(tokens);
                            let span = Span { start, end };
                            Mark { place, span }
                        };
                        let named = match utterance {
                            Utterance::Part(_) => Extent::Part,
                            _ => Extent::Whole,
                        };
                        let counts = |tokens: &Range<usize>| !is_hidden(&mark(tokens.clone()), named);
                        each_in(utterance, form, &counts, |tokens| note(marks, mark(tokens)));
                    }
                },
                if asks_for_entities { Some(&mut of_entity) } else { None },
            );
        }
        marks
    }
}

/// Whether a tree is true of a message, by what is known of each utterance in the order of the tree; none where that is not known. All of the
/// tree is gone over, so that each utterance takes its own.
fn truth(asked: &Asked, message: &Message, said: &mut impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut of_each = |all: &[Asked], decides: bool| {
        let truths: Vec<Option<bool>> = all.iter().map(|asked| truth(asked, message, said)).collect();
        if truths.contains(&Some(decides)) {
            Some(decides)
        } else if truths.contains(&None) {
            None
        } else {
            Some(!decides)
        }
    };
    match asked {
        Asked::All(all) => of_each(all, false),
        Asked::Any(all) => of_each(all, true),
        Asked::Not(asked) => truth(asked, message, said).map(|is_true| !is_true),
        Asked::Said(_) => said.next().flatten(),
        Asked::Attribute(attribute) => Some(has_attribute(message, attribute)),
        Asked::Label(_) => None,
    }
}

/// The utterances of a tree, in its order.
fn utterances_of<'a>(asked: &'a Asked, all: &mut Vec<&'a Utterance>) {
    match asked {
        Asked::All(asked) | Asked::Any(asked) => asked.iter().for_each(|asked| utterances_of(asked, all)),
        Asked::Not(asked) => utterances_of(asked, all),
        Asked::Said(utterance) => all.push(utterance),
        Asked::Attribute(_) | Asked::Label(_) => {}
    }
}

fn note(marks: &mut Vec<Mark>, mark: Mark) {
    if marks.len() < MARKS_MAX {
        marks.push(mark);
    }
}

/// Gives `take` the tokens of each place where an utterance stands, of those places that count.
fn each_in(
    utterance: &Utterance,
    form: &Form,
    counts: &dyn Fn(&Range<usize>) -> bool,
    mut take: impl FnMut(Range<usize>),
) {
    let mut counted = |tokens: Range<usize>| {
        if counts(&tokens) {
            take(tokens);
        }
    };
    match utterance {
        Utterance::Words(words) => words.each_in(form, counted),
        Utterance::Part(part) => part.each_in(form, counted),
        Utterance::Near { first, second, within } => near(form, (first, second, *within), counts, &mut counted),
        Utterance::Kind(_) | Utterance::Entity(_) => {}
    }
}

fn near(
    form: &Form,
    (first, second, within): (&Words, &Words, usize),
    counts: &dyn Fn(&Range<usize>) -> bool,
    take: &mut impl FnMut(Range<usize>),
) {
    let places = |words: &Words| {
        let mut places = Vec::new();
        words.each_in(form, |tokens| places.push(tokens));
        places.retain(counts);
        places.sort_unstable_by_key(|tokens| (tokens.start, tokens.end));
        places
    };
    let (firsts, seconds) = (places(first), places(second));
    let longest = seconds.iter().map(Range::len).max().unwrap_or_default();
    let mut from = 0;
    for one in firsts {
        // Those that end too far before this one end too far before the next as well.
        while seconds
            .get(from)
            .is_some_and(|other| other.start + longest + within < one.start)
        {
            from += 1;
        }
        let others = seconds[from..]
            .iter()
            .take_while(|other| other.start <= one.end + within);
        let is_near =
            |other: &&Range<usize>| one.start >= other.end && one.start - other.end <= within || other.start >= one.end;
        if let Some(other) = others.clone().find(is_near) {
            take(one);
            take(other.clone());
        }
    }
}

fn asks_for_entities(utterance: &Utterance) -> bool {
    match utterance {
        Utterance::Words(words) => words.entity.is_some(),
        Utterance::Kind(_) | Utterance::Entity(_) => true,
        Utterance::Part(_) | Utterance::Near { .. } => false,
    }
}

fn says(utterance: &Utterance, said: &Said) -> bool {
    match utterance {
        Utterance::Words(words) => words.entity.as_ref().is_some_and(|sought| said.is_sought(sought)),
        Utterance::Kind(kind) => said.kind == *kind,
        Utterance::Entity(sought) => said.is_sought(sought),
        Utterance::Part(_) | Utterance::Near { .. } => false,
    }
}

/// A message, as a tree is asked of it.
struct About<'a, M> {
    message: &'a Message,
    labels: &'a Labels,
    /// Of each utterance, in the order of the tree.
    marks: M,
}

impl<'a, M: Iterator<Item = &'a Vec<Mark>>> About<'a, M> {
    /// Whether it is true of the message. Of what finds, not of what must not be there, the places are told. All of the tree is gone
    /// over, so that each utterance takes its own places.
    fn is_true(&mut self, asked: &Asked, finds: bool, found: &mut Vec<Mark>) -> bool {
        let known = found.len();
        let is_true = match asked {
            Asked::All(all) => {
                let are_true = all.iter().filter(|asked| self.is_true(asked, finds, found));
                are_true.count() == all.len()
            }
            Asked::Any(all) => {
                let are_true = all.iter().filter(|asked| self.is_true(asked, finds, found));
                are_true.count() > 0
            }
            Asked::Not(asked) => !self.is_true(asked, !finds, found),
            Asked::Said(_) => {
                let marks = self.marks.next().map(Vec::as_slice).unwrap_or_default();
                if finds {
                    found.extend_from_slice(marks);
                }
                !marks.is_empty()
            }
            Asked::Attribute(attribute) => has_attribute(self.message, attribute),
            Asked::Label(label) => has_label(self.labels, label),
        };
        if finds && !is_true {
            found.truncate(known);
        }
        is_true
    }
}

fn has_attribute(message: &Message, attribute: &Attribute) -> bool {
    match attribute {
        Attribute::Party { side, id } => {
            let has = |party: &Party| names::is(&party.id, id);
            match side {
                Side::From => has(&message.sender),
                Side::To => message.recipients.iter().any(has),
                Side::With => message.parties().any(has),
            }
        }
        Attribute::Conversation(name) => names::is(&message.conversation, name),
        Attribute::Channel(name) => names::is(&message.id.channel, name),
        Attribute::Kind(kind) => message.kind == *kind,
        Attribute::Direction(direction) => message.direction == *direction,
        Attribute::Sent(times) => times.contains(&message.sent_at.as_millis()),
    }
}

fn has_label(labels: &Labels, label: &Label) -> bool {
    match label {
        Label::Department(name) => labels.departments.iter().any(|department| names::is(department, name)),
        Label::Is(flag) => labels.flags.contains(flag),
        Label::Hold(number) => labels.holds.contains(number),
        Label::Pack(_) | Label::Policy(_) | Label::Rule(_) | Label::Severity(..) => {
            labels.findings.iter().any(|found| found.is_asked_for(label))
        }
    }
}
