//! A person's own habits, by exponentially weighted mean and variance, and departures from them.
//!
//! The unit is a working day with the days off behind it. A day without any message is no observation: holidays, illness and leave say nothing.

use proviso_sdk::Message;
use serde::{Deserialize, Serialize};

use crate::decay::half_to_the;
use crate::factors::Cause;
use crate::working_time::WorkingTime;

/// A day with fewer messages says nothing of hours.
const MESSAGES_FOR_HOURS: u32 = 5;

/// The smallest variance believed of a share: a tenth, squared.
const SHARE_VARIANCE_MIN: f64 = 0.01;

/// What is measured of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Measure {
    /// Far fewer messages than usual.
    VolumeDrop,
    /// A far larger share of them outside of working hours than usual.
    OffHours,
}

/// Compiled from `baseline`.
#[derive(Debug)]
pub(crate) struct BaselineOptions {
    /// How much the newest day weighs.
    weight: f64,
    warm_up_days: u16,
    deviations_squared: f64,
}

impl BaselineOptions {
    pub(crate) fn new(half_life_days: f64, warm_up_days: u16, deviations: f64) -> Self {
        let weight = 1.0 - half_to_the(1.0 / half_life_days);
        Self {
            weight,
            warm_up_days,
            deviations_squared: deviations * deviations,
        }
    }
}

/// What is kept of a person's habits.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Habits {
    day: Option<Day>,
    volume: Baseline,
    off_share: Baseline,
}

/// The day that is being counted.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Day {
    number: i64,
    messages: u32,
    off: u32,
    last: Cause,
    last_off: Cause,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Baseline {
    days: u16,
    mean: f64,
    variance: f64,
}

/// How a closed day stood against the habits before it: the message to name, where it departs from them.
#[derive(Debug)]
pub(crate) struct ClosedDay {
    volume_drop: Option<Cause>,
    off_hours: Option<Cause>,
}

impl ClosedDay {
    pub(crate) fn cause(&self, measure: Measure) -> Option<&Cause> {
        match measure {
            Measure::VolumeDrop => self.volume_drop.as_ref(),
            Measure::OffHours => self.off_hours.as_ref(),
        }
    }
}

impl Habits {
    /// Counts a message. The first message of a later day closes the day before. A message of an earlier day comes too late to count.
    pub(crate) fn count(
        &mut self,
        message: &Message,
        time: &WorkingTime,
        options: &BaselineOptions,
    ) -> Option<ClosedDay> {
        let number = time.day(message.sent_at);
        let closed = match &self.day {
            Some(day) if number < day.number => return None,
            Some(day) if number > day.number => self.day.take().map(|day| self.close(day, options)),
            _ => None,
        };
        let day = self.day.get_or_insert_with(|| Day {
            number,
            ..Day::default()
        });
        day.messages = day.messages.saturating_add(1);
        day.last = Cause::of(message);
        if time.is_off(message.sent_at) {
            day.off = day.off.saturating_add(1);
            day.last_off = Cause::of(message);
        }
        closed
    }

    fn close(&mut self, day: Day, options: &BaselineOptions) -> ClosedDay {
        let messages = f64::from(day.messages);
        // Counts scatter by at least their square root, however regular the days before were.
        let scatter = self.volume.mean.max(1.0);
        let dropped = messages < self.volume.mean && self.volume.departs(messages, scatter, options);
        self.volume.observe(messages, options);
        let mut closed = ClosedDay {
            volume_drop: dropped.then_some(day.last),
            off_hours: None,
        };
        if day.messages >= MESSAGES_FOR_HOURS {
            let share = f64::from(day.off) / messages;
            let rose = share > self.off_share.mean && self.off_share.departs(share, SHARE_VARIANCE_MIN, options);
            self.off_share.observe(share, options);
            closed.off_hours = rose.then_some(day.last_off);
        }
        closed
    }
}

impl Baseline {
    /// True if a value stands so many deviations from the mean, once there are enough days to tell.
    fn departs(&self, value: f64, variance_min: f64, options: &BaselineOptions) -> bool {
        let distance = value - self.mean;
        self.days >= options.warm_up_days
            && distance * distance >= options.deviations_squared * self.variance.max(variance_min)
    }

    /// T. Finch, "Incremental calculation of weighted mean and variance" (2009), section 9. The first days weigh alike.
    fn observe(&mut self, value: f64, options: &BaselineOptions) {
        self.days = self.days.saturating_add(1);
        let weight = options.weight.max(1.0 / f64::from(self.days));
        let difference = value - self.mean;
        let increment = weight * difference;
        self.mean += increment;
        self.variance = (1.0 - weight) * (self.variance + difference * increment);
    }
}
