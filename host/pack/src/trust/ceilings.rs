//! What a vendor's packs may ask for at most.

use super::Ceilings;
use crate::manifest::{Field, Policy};
use crate::unread::UnreadPack;
use proviso_model::Problem;
use proviso_model::message::Kind;
use proviso_model::trigger::Trigger;

impl Ceilings {
    /// Everything that a pack asks for beyond them, at the lines of its manifest.
    pub(super) fn exceeded_by(&self, pack: &UnreadPack, trust_file: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let manifest = pack.manifest();
        let place = pack.path_of(crate::parts::MANIFEST);
        let mut say = |line: usize, what: String| {
            let message = format!("{what}: beyond what {trust_file} allows this vendor");
            problems.push(if line == 0 {
                Problem::in_file(&place, message)
            } else {
                Problem::on_line(&place, line, message)
            });
        };
        if let Some(allowed) = &self.jurisdictions {
            for code in manifest.jurisdictions.iter().filter(|code| !allowed.contains(code)) {
                say(0, format!("the pack follows the law of {code:?}"));
            }
        }
        for policy in &manifest.policies {
            let (name, line) = (&policy.name, policy.line);
            if let Some(allowed) = &self.interfaces {
                for interface in policy.interfaces.iter().filter(|each| !allowed.contains(each)) {
                    say(
                        line,
                        format!("the policy {name:?} uses the interface {:?}", interface.name()),
                    );
                }
            }
            if let Some(allowed) = &self.fields {
                for field in policy.fields.iter().filter(|each| !allowed.contains(each)) {
                    say(
                        line,
                        format!("the policy {name:?} asks for the field {:?}", field.name()),
                    );
                }
            }
            if let Some(allowed) = &self.kinds {
                let beyond: Vec<&str> = kinds_seen(policy)
                    .into_iter()
                    .filter(|kind| !allowed.contains(kind))
                    .map(Kind::name)
                    .collect();
                if !beyond.is_empty() {
                    let why = if policy.asks_for(Field::Preceding) {
                        ", as it asks for preceding messages"
                    } else {
                        ""
                    };
                    say(
                        line,
                        format!(
                            "the policy {name:?} may see messages of the kinds {}{why}",
                            beyond.join(", ")
                        ),
                    );
                }
            }
        }
        problems
    }
}

/// Every kind of message that a policy may ever be given. What precedes a message may be of any kind.
fn kinds_seen(policy: &Policy) -> Vec<Kind> {
    Kind::ALL
        .into_iter()
        .filter(|kind| policy.asks_for(Field::Preceding) || may_fire(&policy.trigger, *kind))
        .collect()
}

/// True if the trigger may fire on a message of that kind, whatever else the message is.
fn may_fire(trigger: &Trigger<String>, kind: Kind) -> bool {
    match trigger {
        Trigger::Kinds(kinds) => kinds.contains(&kind),
        Trigger::Any(triggers) => triggers.iter().any(|each| may_fire(each, kind)),
        Trigger::All(triggers) => triggers.iter().all(|each| may_fire(each, kind)),
        Trigger::Always | Trigger::Lists(_) | Trigger::Directions(_) | Trigger::Sender(_) | Trigger::Recipient(_) => {
            true
        }
    }
}
