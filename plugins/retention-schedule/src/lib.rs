//! Statutes as data: proposes how long a message must and may be kept. What each setting means stands in this plugin's README.md.

mod date;
mod rule;
mod settings;

use proviso_sdk::{Configure, Failed, Lists, Message, Problems, Proposal, Retention};

use date::day_of;
use rule::Rule;
pub use settings::Settings;

/// What the contract takes for one message.
const PROPOSALS_MAX: usize = 16;

/// The rules of one schedule, by rule id.
#[derive(Debug)]
pub struct RetentionSchedule {
    rules: Vec<Rule>,
    utc_offset_minutes: i32,
}

impl Configure for RetentionSchedule {
    type Settings = Settings;

    fn configure(settings: Settings, lists: &Lists) -> Result<Self, Problems> {
        let rules = rule::compile(&settings, lists)?;
        Ok(Self {
            rules,
            utc_offset_minutes: settings.utc_offset_minutes,
        })
    }
}

impl Retention for RetentionSchedule {
    fn schedule(&self, message: &Message) -> Result<Vec<Proposal>, Failed> {
        let day = day_of(message.sent_at, self.utc_offset_minutes);
        let applying = self.rules.iter().filter(|rule| rule.applies(message, day));
        let proposals: Vec<Proposal> = applying.map(Rule::proposal).collect();
        if proposals.len() > PROPOSALS_MAX {
            // Which to leave out is not for a plugin to choose: the longest floor may be among them.
            return Err(Failed::Internal(format!(
                "{} rules apply, at most {PROPOSALS_MAX} can be proposed",
                proposals.len()
            )));
        }
        Ok(proposals)
    }
}

proviso_sdk::export!(RetentionSchedule: retention);
