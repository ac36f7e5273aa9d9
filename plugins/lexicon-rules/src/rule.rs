//! One rule: when it holds, and what it then says.

use proviso_sdk::{Finding, MessageFilter, Severity};

use crate::condition::Condition;
use crate::context::Context;
use crate::reason::{Facts, Template};
use crate::roles::Roles;
use crate::scene::{Occurrence, Scene};
use crate::sieve::Chosen;
use crate::spans::{joined, merge_to_longest};
use crate::window::{Reached, Window};

/// Compiled from a rule's settings.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: String,
    /// The id as the state names it.
    pub(crate) key: u32,
    pub(crate) severity: Severity,
    /// What it counts; absent where the policy does not ask who speaks.
    pub(crate) roles: Option<Roles>,
    pub(crate) filter: MessageFilter,
    pub(crate) when: Option<Condition>,
    /// What `when` cannot hold without: of each, one selection has a hit in this message.
    pub(crate) needed: Vec<Chosen>,
    pub(crate) adjust: Vec<Adjustment>,
    pub(crate) window: Option<Window>,
    pub(crate) reasons: Vec<Template>,
}

/// Raises or lowers a severity.
#[derive(Debug, Clone)]
pub(crate) struct Adjustment {
    pub(crate) cause: Cause,
    pub(crate) change: Change,
}

#[derive(Debug, Clone)]
pub(crate) enum Cause {
    When(Condition),
    Near(Context),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    By(i8),
    To(Severity),
}

impl Rule {
    /// True if it holds for the message; then the hits that made it so are in `hits`.
    pub(crate) fn holds(&self, scene: &Scene<'_>, hits: &mut Vec<Occurrence>) -> bool {
        self.needed.iter().all(|any| scene.chosen.meets(any))
            && self.filter.passes(scene.message)
            && self
                .when
                .as_ref()
                .is_none_or(|condition| condition.may_hold(&scene.chosen, scene) && condition.holds(scene, hits))
    }

    /// What it then says. `hits` are merged on the way.
    pub(crate) fn finding(&self, scene: &Scene<'_>, hits: &mut Vec<Occurrence>, reached: Option<&Reached>) -> Finding {
        merge_to_longest(hits);
        let spans = joined(scene.text(), hits);
        let facts = Facts {
            message: scene.message,
            spans: &spans,
            hits: hits.len(),
            reached,
        };
        let finding = Finding::new(self.id.clone(), self.adjusted(scene, hits));
        let finding = self.reasons.iter().fold(finding, |finding, reason| {
            finding.reason(reason.language(), reason.fill(&facts))
        });
        finding.spans(spans)
    }

    fn adjusted(&self, scene: &Scene<'_>, hits: &[Occurrence]) -> Severity {
        let mut severity = self.severity;
        let mut ignored = Vec::new();
        for adjustment in &self.adjust {
            let applies = match &adjustment.cause {
                Cause::When(condition) => {
                    ignored.clear();
                    condition.holds(scene, &mut ignored)
                }
                Cause::Near(context) => hits.iter().any(|hit| context.is_near(scene, hit)),
            };
            if applies {
                severity = adjustment.change.apply(severity);
            }
        }
        severity
    }
}

impl Change {
    fn apply(self, severity: Severity) -> Severity {
        const STEPS: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        match self {
            Change::To(severity) => severity,
            Change::By(steps) => STEPS[(severity as i8 + steps).clamp(0, 3) as usize],
        }
    }
}
