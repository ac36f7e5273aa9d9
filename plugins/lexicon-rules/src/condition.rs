//! Conditions and whether they hold.

mod turns;

use proviso_sdk::{Attachment, Direction, Message, MessageFilter, host_of, is_below};

use crate::context::Context;
use crate::near::Nearness;
use crate::scene::{Occurrence, Scene};
use crate::selection::Selection;
use crate::settings::Whose;
use crate::sieve::Chosen;
use crate::spans::merge_to_longest;
pub(crate) use turns::Turns;

/// Compiled from a condition's settings.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    Leaf(Leaf),
    All(Vec<Condition>),
    Near(Vec<Condition>, Nearness),
    /// So many of them.
    Any(Vec<Condition>, usize),
    Not(Box<Condition>),
    Message(MessageFilter),
    Amount {
        at_least: u64,
        currency: String,
    },
    Attachment(AttachmentCondition),
    Link(LinkCondition),
    Preceding(PrecedingCondition),
    Turns(Turns),
}

/// Enough hits of a selection.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub(crate) selection: Selection,
    /// The rule's and the leaf's own.
    pub(crate) unless: Vec<Context>,
    pub(crate) at_least: usize,
    pub(crate) distinct: usize,
    /// In whose turns; in everybody's where there is none.
    pub(crate) whose: Option<Whose>,
}

#[derive(Debug, Clone)]
pub(crate) struct AttachmentCondition {
    /// In lower case, with the dot.
    pub(crate) extensions: Option<Vec<String>>,
    /// In ASCII lower case.
    pub(crate) name_words: Option<Vec<String>>,
    pub(crate) bytes_at_least: u64,
    pub(crate) at_least: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct LinkCondition {
    /// In lower case.
    pub(crate) domains: Option<Vec<String>>,
    pub(crate) not_domains: Vec<String>,
    pub(crate) at_least: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct PrecedingCondition {
    pub(crate) selection: Option<Selection>,
    pub(crate) directions: Option<Vec<Direction>>,
    pub(crate) same_sender: Option<bool>,
    pub(crate) milliseconds: Option<i64>,
    pub(crate) at_least: usize,
}

impl Condition {
    /// True if it holds; then what made it true is added to `out`, otherwise `out` is as before.
    pub(crate) fn holds(&self, scene: &Scene<'_>, out: &mut Vec<Occurrence>) -> bool {
        let before = out.len();
        let holds = match self {
            Condition::Leaf(leaf) => leaf.holds(scene, out),
            Condition::All(conditions) => {
                conditions.iter().all(|condition| condition.holds(scene, out))
                    && in_one_paragraph(conditions, scene, before, out)
            }
            Condition::Near(conditions, nearness) => near(conditions.iter(), *nearness, scene, out),
            // Every true branch is asked, so that the finding shows all of them.
            Condition::Any(conditions, at_least) => {
                let holding = conditions.iter().filter(|condition| condition.holds(scene, out));
                holding.count() >= *at_least
            }
            Condition::Not(condition) => {
                let holds = condition.holds(scene, out);
                out.truncate(before);
                !holds
            }
            Condition::Message(filter) => filter.passes(scene.message),
            Condition::Amount { at_least, currency } => scene
                .message
                .amount
                .as_ref()
                .is_some_and(|money| money.currency == *currency && money.minor_units >= *at_least),
            Condition::Attachment(condition) => condition.holds(scene.message),
            Condition::Link(condition) => condition.holds(scene.message),
            Condition::Preceding(condition) => condition.holds(scene),
            Condition::Turns(turns) => turns.holds(scene, out),
        };
        if !holds {
            out.truncate(before);
        }
        holds
    }

    /// False where it cannot hold for a message of which these selections have hits; `scene` knows the messages before it.
    pub(crate) fn may_hold(&self, chosen: &Chosen, scene: &Scene<'_>) -> bool {
        match self {
            Condition::Leaf(leaf) => chosen.has(&leaf.selection),
            Condition::All(conditions) | Condition::Near(conditions, _) => {
                conditions.iter().all(|condition| condition.may_hold(chosen, scene))
            }
            Condition::Any(conditions, at_least) => {
                let mut possible = conditions.iter().filter(|condition| condition.may_hold(chosen, scene));
                possible.nth(at_least - 1).is_some()
            }
            Condition::Turns(turns) => turns.may_hold(scene),
            Condition::Preceding(condition) => condition.may_hold(scene),
            _ => true,
        }
    }

    /// Adds what it cannot hold without: of each, one selection must have a hit in this message.
    pub(crate) fn add_needed(&self, needed: &mut Vec<Chosen>) {
        match self {
            Condition::Leaf(leaf) => needed.push(Chosen::of(&leaf.selection)),
            Condition::All(conditions) | Condition::Near(conditions, _) => {
                for condition in conditions {
                    condition.add_needed(needed);
                }
            }
            Condition::Any(conditions, _) => needed.extend(any_of(conditions)),
            Condition::Turns(turns) => needed.extend(any_of(&turns.conditions)),
            _ => {}
        }
    }

    /// True if it holds by hits alone, so that nearness can be asked of it.
    pub(crate) fn yields_hits(&self) -> bool {
        match self {
            Condition::Leaf(_) => true,
            Condition::All(conditions) | Condition::Near(conditions, _) | Condition::Any(conditions, _) => {
                conditions.iter().all(Condition::yields_hits)
            }
            _ => false,
        }
    }
}

/// What any branch needs, in one, if every branch needs something.
fn any_of(conditions: &[Condition]) -> Option<Chosen> {
    conditions.iter().try_fold(Chosen::default(), |mut all, condition| {
        let mut needed = Vec::new();
        condition.add_needed(&mut needed);
        all.add(needed.first()?);
        Some(all)
    })
}

/// What meets in `all` without a word of nearness meets in one paragraph. `out` has its hits from `before` on, and keeps those that do.
fn in_one_paragraph(conditions: &[Condition], scene: &Scene<'_>, before: usize, out: &mut Vec<Occurrence>) -> bool {
    let yielding = || conditions.iter().filter(|condition| condition.yields_hits());
    if yielding().count() < 2 || scene.is_one_paragraph() {
        return true;
    }
    out.truncate(before);
    near(yielding(), Nearness::PARAGRAPH, scene, out)
}

fn near<'c>(
    conditions: impl Iterator<Item = &'c Condition>,
    nearness: Nearness,
    scene: &Scene<'_>,
    out: &mut Vec<Occurrence>,
) -> bool {
    let mut groups = Vec::new();
    for condition in conditions {
        let mut group = Vec::new();
        if !condition.holds(scene, &mut group) {
            return false;
        }
        merge_to_longest(&mut group);
        groups.push(group);
    }
    nearness.choose(scene, &groups, out)
}

impl Leaf {
    fn holds(&self, scene: &Scene<'_>, out: &mut Vec<Occurrence>) -> bool {
        let is_by = |whose| (whose == Whose::Sender) == scene.is_by_sender;
        if !scene.chosen.has(&self.selection) || !self.whose.is_none_or(is_by) {
            return false;
        }
        let chosen = scene.hits.iter().filter(|hit| self.selection.accepts(hit));
        let mut hits: Vec<Occurrence> = chosen.map(Occurrence::from).collect();
        merge_to_longest(&mut hits);
        hits.retain(|hit| !self.unless.iter().any(|context| context.is_near(scene, hit)));
        if hits.len() < self.at_least || (self.distinct > 1 && distinct_terms(&hits) < self.distinct) {
            return false;
        }
        out.append(&mut hits);
        true
    }
}

fn distinct_terms(hits: &[Occurrence]) -> usize {
    let mut terms: Vec<(u16, u32)> = hits.iter().map(|hit| (hit.list, hit.term)).collect();
    terms.sort_unstable();
    terms.dedup();
    terms.len()
}

impl AttachmentCondition {
    fn holds(&self, message: &Message) -> bool {
        message
            .attachments
            .iter()
            .filter(|attachment| self.meets(attachment))
            .count()
            >= self.at_least
    }

    fn meets(&self, attachment: &Attachment) -> bool {
        let name = attachment.name.to_lowercase();
        attachment.size_bytes >= self.bytes_at_least
            && self
                .extensions
                .as_ref()
                .is_none_or(|known| known.iter().any(|extension| name.ends_with(extension.as_str())))
            && self
                .name_words
                .as_ref()
                .is_none_or(|words| words.iter().any(|word| name.contains(word.as_str())))
    }
}

impl LinkCondition {
    fn holds(&self, message: &Message) -> bool {
        message
            .links
            .iter()
            .filter(|link| host_of(&link.to_lowercase()).is_some_and(|host| self.meets(host)))
            .count()
            >= self.at_least
    }

    fn meets(&self, host: &str) -> bool {
        self.domains
            .as_ref()
            .is_none_or(|domains| domains.iter().any(|domain| is_below(host, domain)))
            && !self.not_domains.iter().any(|domain| is_below(host, domain))
    }
}

impl PrecedingCondition {
    /// False where it cannot hold, by a look at hits alone.
    fn may_hold(&self, scene: &Scene<'_>) -> bool {
        let selection = self.selection.as_ref();
        selection.is_none_or(|selection| scene.before().any(|(_, chosen)| chosen.has(selection)))
    }

    fn holds(&self, scene: &Scene<'_>) -> bool {
        let now = scene.message.sent_at;
        let matching = scene.before().filter(|(earlier, chosen)| {
            self.directions
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&earlier.direction))
                && self.same_sender.is_none_or(|same| same == earlier.same_sender)
                && self
                    .milliseconds
                    .is_none_or(|most| now.saturating_sub(earlier.sent_at) <= most)
                && self.selection.as_ref().is_none_or(|selection| {
                    chosen.has(selection) && scene.hits_of(earlier).iter().any(|hit| selection.accepts(hit))
                })
        });
        matching.count() >= self.at_least
    }
}
