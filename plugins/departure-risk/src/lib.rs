//! A departure-risk score over one employee's own messages, with the message behind every point of it. Advisory: never a decision about a person.
//! What each setting means, and what is never an input, stands in this plugin's README.md.
//!
//! The arithmetic is plain IEEE 754 addition, multiplication and division in a fixed order, so that it gives the same bits on every machine.

mod baseline;
mod compile;
mod decay;
mod factors;
mod files;
mod mention;
mod settings;
mod working_time;

use proviso_sdk::{Configure, Failed, Fold, Kind, Lists, Message, MessageFilter, PartyClass, Problems, Score, Step};
use serde::{Deserialize, Serialize};

use baseline::{BaselineOptions, Habits, Measure};
use decay::HalfLife;
use factors::{Cause, Factors};
use files::{FileBuckets, FileLimit};
use mention::Mention;
pub use settings::Settings;
use working_time::WorkingTime;

/// One policy, ready to score.
#[derive(Debug)]
pub struct DepartureRisk {
    half_life: HalfLife,
    /// Lists whose hits keep a message out of everything.
    excluded: Vec<u16>,
    working_time: WorkingTime,
    baseline: BaselineOptions,
    /// By name.
    signals: Vec<Signal>,
}

/// Something that adds to the score.
#[derive(Debug)]
pub(crate) struct Signal {
    name: String,
    /// The name as the state writes it.
    key: u32,
    points: f64,
    cap: f64,
    filter: MessageFilter,
    kind: SignalKind,
}

#[derive(Debug)]
enum SignalKind {
    Mention(Mention),
    Files(FileLimit),
    Habit(Measure),
}

/// What is kept about one employee.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The latest time of any message that counted; `None` before the first.
    now: Option<i64>,
    factors: Factors,
    files: Vec<FileBuckets>,
    habits: Habits,
}

impl Configure for DepartureRisk {
    type Settings = Settings;

    fn configure(settings: Settings, lists: &Lists) -> Result<Self, Problems> {
        compile::compile(&settings, lists)
    }
}

impl Fold for DepartureRisk {
    type State = State;
    const STATE_VERSION: u8 = 1;

    fn advance(&self, state: &mut State, message: &Message) -> Result<Step, Failed> {
        if self.counts(message) {
            self.count(state, message);
        }
        Ok(Step {
            findings: Vec::new(),
            score: Some(self.score(state)),
        })
    }
}

impl DepartureRisk {
    /// False for what leaves the state as it is, to the byte: excluded subjects, other people's messages, and notices that nobody wrote.
    fn counts(&self, message: &Message) -> bool {
        !message.hits.iter().any(|hit| self.excluded.contains(&hit.list))
            && !matches!(message.sender.class, PartyClass::External | PartyClass::Robot)
            && !matches!(message.kind, Kind::System | Kind::Consent | Kind::Recall)
    }

    fn count(&self, state: &mut State, message: &Message) {
        // Decay never runs backwards: a message that comes late is as old as it says, and moves nothing else.
        let now = state.now.map_or(message.sent_at, |now| now.max(message.sent_at));
        state.now = Some(now);
        state.factors.forget(now, self.half_life, |key| {
            self.signals.iter().any(|signal| signal.key == key)
        });
        state
            .files
            .retain(|buckets| self.signals.iter().any(|signal| signal.key == buckets.signal));
        let closed = state.habits.count(message, &self.working_time, &self.baseline);
        for signal in &self.signals {
            let cause = match &signal.kind {
                SignalKind::Mention(mention) => {
                    (signal.filter.passes(message) && mention.is_in(message)).then(|| Cause::of(message))
                }
                SignalKind::Files(limit) => (signal.filter.passes(message)
                    && files::reached(&mut state.files, signal.key, limit, message, now))
                .then(|| Cause::of(message)),
                SignalKind::Habit(measure) => closed.as_ref().and_then(|closed| closed.cause(*measure).cloned()),
            };
            if let Some(cause) = cause {
                state.factors.add(signal, cause, now, self.half_life);
            }
        }
    }

    fn score(&self, state: &State) -> Score {
        state
            .factors
            .score(state.now.unwrap_or(0), self.half_life, &self.signals)
    }
}

proviso_sdk::export!(DepartureRisk: fold);
