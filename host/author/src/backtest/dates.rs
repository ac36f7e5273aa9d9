//! What another law would do to the dates of messages: how long each is kept by what stands, how long by a candidate, and which of
//! them would be due at once. Nothing is kept.

use proviso_model::retention::{Decision, Disposition, Why};
use proviso_model::time::Day;
use proviso_model::verdict::Fault;
use proviso_model::{Digest, MessageId};
use serde::Serialize;
use std::collections::BTreeMap;

/// The form of the report.
const FORM: u32 = 1;
/// Pairs of rules that are told apart, at most.
const ROWS_MAX: usize = 2_000;
/// Messages on which a policy failed, or which could not be read, that are named.
const FAULTS_NAMED: usize = 20;

/// What becomes of the end of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moved {
    /// It ends earlier.
    Shorter,
    /// It ends, and did not.
    WithEnd,
    /// It ends later.
    Longer,
    /// It does not end any more: nothing says when it may go.
    WithoutEnd,
    /// Verified rules contradict each other, and did not: a person decides.
    InConflict,
    /// Nothing verified applies, and did: it is kept.
    Unverified,
    /// It ends as before, or never did.
    Same,
}

impl Moved {
    /// The heaviest first.
    pub const ALL: [Moved; 7] = [
        Moved::Shorter,
        Moved::WithEnd,
        Moved::Longer,
        Moved::WithoutEnd,
        Moved::InConflict,
        Moved::Unverified,
        Moved::Same,
    ];

    /// What it is, for people, behind a number of messages.
    pub const fn words(self) -> &'static str {
        match self {
            Moved::Shorter => "kept shorter",
            Moved::WithEnd => "newly with an end",
            Moved::Longer => "kept longer",
            Moved::WithoutEnd => "newly without an end",
            Moved::InConflict => "newly in conflict, kept for a person",
            Moved::Unverified => "newly without a verified rule, kept",
            Moved::Same => "kept the same",
        }
    }

    /// From one decision to another.
    pub fn between(before: &Decision, after: &Decision) -> Self {
        let newly = |why| after.why == why && before.why != why;
        if newly(Why::Contradiction) {
            return Moved::InConflict;
        }
        if newly(Why::NothingVerified) {
            return Moved::Unverified;
        }
        match (End::of(before), End::of(after)) {
            (before, after) if before == after => Moved::Same,
            (End::Never, _) => Moved::WithEnd,
            (_, End::Never) => Moved::WithoutEnd,
            (before, after) if after < before => Moved::Shorter,
            _ => Moved::Longer,
        }
    }

    /// True if the message would go earlier.
    pub const fn is_earlier(self) -> bool {
        matches!(self, Moved::Shorter | Moved::WithEnd)
    }
}

/// The end of a message, the nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// Nothing keeps it.
    AtOnce,
    /// Behind that day.
    After(Day),
    /// Nothing says when it may go.
    Never,
}

impl End {
    fn of(decision: &Decision) -> Self {
        match (decision.disposition, decision.until) {
            (Disposition::Dispose, _) => End::AtOnce,
            (Disposition::KeepUntil, Some(until)) => End::After(until),
            _ => End::Never,
        }
    }

    fn day(self) -> Option<Day> {
        match self {
            End::After(day) => Some(day),
            End::AtOnce | End::Never => None,
        }
    }
}

/// What decided: the rules, each once, and the ground.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Decider {
    /// Short names, in the order of the set; empty where no rule did.
    pub rules: Vec<String>,
    /// The ground.
    pub why: Why,
}

impl Decider {
    fn of(decision: &Decision) -> Self {
        let mut rules: Vec<String> = Vec::new();
        for statute in &decision.decided_by {
            if !rules.contains(&statute.rule) {
                rules.push(statute.rule.clone());
            }
        }
        Self {
            rules,
            why: decision.why,
        }
    }
}

/// Messages whose end moved alike, by the rules that decide on it.
#[derive(Debug, Serialize)]
pub struct Row {
    /// What became of their end.
    pub moved: Moved,
    /// What decided.
    pub before: Decider,
    /// What decides by the candidate.
    pub after: Decider,
    /// How many.
    pub messages: u64,
    /// How many of them would be due at once.
    pub due_at_once: u64,
    /// By how many days their end moves; absent where an end is no day.
    pub days: Option<DaysMoved>,
    /// The earliest last day by the candidate.
    pub first_until: Option<Day>,
    /// The first of them.
    pub samples: Vec<DateSample>,
}

/// By how many days ends move, negative where they come earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the smallest and the largest of them")]
pub struct DaysMoved {
    pub least: i32,
    pub most: i32,
}

/// A message whose end moved.
#[derive(Debug, Serialize)]
pub struct DateSample {
    /// `tenant/channel/identifier`.
    pub message: String,
    /// The last day on which it must be kept; absent where there is none.
    pub before: Option<Day>,
    /// The same by the candidate.
    pub after: Option<Day>,
    /// True if it would be due at once.
    pub due_at_once: bool,
}

/// A message that is in none of the counts, and why.
#[derive(Debug, Serialize)]
pub struct NotCompared {
    /// `tenant/channel/identifier`.
    pub message: String,
    /// For people.
    pub why: String,
}

/// What the dates are compared with.
#[derive(Debug, Serialize)]
pub struct Baseline {
    /// The set's file; absent where it is what is recorded of each message.
    pub set: Option<String>,
    /// Its generation.
    pub generation: Option<Digest>,
}

/// What a backtest of dates found.
#[derive(Debug, Serialize)]
pub struct DatesReport {
    /// The form of this report.
    pub form: u32,
    /// What was read, for people.
    pub input: String,
    /// What the dates are compared with.
    pub baseline: Baseline,
    /// The candidate's file.
    pub candidate: String,
    /// Its generation.
    pub generation: Digest,
    /// The day that has begun everywhere: what ends before it is due.
    pub today: Day,
    /// Messages that were compared.
    pub messages: u64,
    /// **Those that are not due by what stands, and would be by the candidate.**
    pub due_at_once: u64,
    /// Those that are due by what stands.
    pub due_before: u64,
    /// Those that are due by the candidate.
    pub due_after: u64,
    /// How many moved, and how; each kind is there.
    pub moved: BTreeMap<Moved, u64>,
    /// Messages of which nothing is recorded to compare with.
    pub not_recorded: u64,
    /// Messages on which a retention policy failed: what it would propose is not known.
    pub failed: u64,
    /// Messages that could not be read, or whose rows are not what was written.
    pub unreadable: u64,
    /// Messages that were compared without some of those before them, which were disposed of.
    pub without_preceding: u64,
    /// Some of those that are in no other count.
    pub not_compared: Vec<NotCompared>,
    /// What moved, by rules, the heaviest first: also where other rules decide on the same day.
    pub rows: Vec<Row>,
    /// Messages that moved by rules that are in no row.
    pub without_row: u64,
}

impl DatesReport {
    /// Messages that would go earlier.
    pub fn earlier(&self) -> u64 {
        let earlier = self.moved.iter().filter(|(moved, _)| moved.is_earlier());
        earlier.map(|(_, messages)| messages).sum()
    }

    /// True if some messages could not be compared.
    pub fn has_faults(&self) -> bool {
        self.failed + self.unreadable > 0
    }
}

/// Compares message by message. One of them at a time.
pub struct Dates {
    report: DatesReport,
    rows: BTreeMap<(Moved, Decider, Decider), Row>,
    samples_max: usize,
}

impl Dates {
    /// Nothing yet; `samples_max` messages of each row are named.
    pub fn new(
        input: String,
        baseline: Baseline,
        (candidate, generation): (String, Digest),
        today: Day,
        samples_max: usize,
    ) -> Self {
        let report = DatesReport {
            form: FORM,
            input,
            baseline,
            candidate,
            generation,
            today,
            messages: 0,
            due_at_once: 0,
            due_before: 0,
            due_after: 0,
            moved: Moved::ALL.into_iter().map(|moved| (moved, 0)).collect(),
            not_recorded: 0,
            failed: 0,
            unreadable: 0,
            without_preceding: 0,
            not_compared: Vec::new(),
            rows: Vec::new(),
            without_row: 0,
        };
        Self {
            report,
            rows: BTreeMap::new(),
            samples_max,
        }
    }

    /// A message, as it is kept and as it would be.
    pub fn compare(&mut self, message: &MessageId, before: &Decision, after: &Decision) {
        let report = &mut self.report;
        let moved = Moved::between(before, after);
        let (was_due, is_due) = (
            before.allows_disposal_on(report.today),
            after.allows_disposal_on(report.today),
        );
        let due_at_once = u64::from(is_due && !was_due);
        report.messages += 1;
        report.due_before += u64::from(was_due);
        report.due_after += u64::from(is_due);
        report.due_at_once += due_at_once;
        *report.moved.entry(moved).or_default() += 1;
        let (by, now_by) = (Decider::of(before), Decider::of(after));
        if moved == Moved::Same && by == now_by {
            return;
        }
        let key = (moved, by, now_by);
        if self.rows.len() >= ROWS_MAX && !self.rows.contains_key(&key) {
            report.without_row += 1;
            return;
        }
        let (day_before, day_after) = (End::of(before).day(), End::of(after).day());
        let row = self.rows.entry(key).or_insert_with_key(|(moved, before, after)| Row {
            moved: *moved,
            before: before.clone(),
            after: after.clone(),
            messages: 0,
            due_at_once: 0,
            days: None,
            first_until: None,
            samples: Vec::new(),
        });
        row.messages += 1;
        row.due_at_once += due_at_once;
        if let (Some(before), Some(after)) = (day_before, day_after) {
            let days = after.number() - before.number();
            let known = row.days.unwrap_or(DaysMoved {
                least: days,
                most: days,
            });
            row.days = Some(DaysMoved {
                least: known.least.min(days),
                most: known.most.max(days),
            });
        }
        row.first_until = match (row.first_until, day_after) {
            (Some(first), Some(day)) => Some(first.min(day)),
            (first, day) => first.or(day),
        };
        if row.samples.len() < self.samples_max {
            row.samples.push(DateSample {
                message: message.to_string(),
                before: day_before,
                after: day_after,
                due_at_once: due_at_once > 0,
            });
        }
    }

    /// Nothing is recorded of how long a message is kept.
    pub fn not_recorded(&mut self) {
        self.report.not_recorded += 1;
    }

    /// A retention policy failed on a message.
    pub fn failed(&mut self, message: &MessageId, fault: &Fault) {
        self.report.failed += 1;
        let policy = fault.policy_id();
        self.name(
            message,
            format!("{}:{} failed on it: {}", policy.pack, policy.policy, fault.detail),
        );
    }

    /// A message could not be read.
    pub fn unreadable(&mut self, message: &MessageId, why: String) {
        self.report.unreadable += 1;
        self.name(message, why);
    }

    /// A message is compared without some of those before it.
    pub fn without_preceding(&mut self) {
        self.report.without_preceding += 1;
    }

    fn name(&mut self, message: &MessageId, why: String) {
        if self.report.not_compared.len() < FAULTS_NAMED {
            self.report.not_compared.push(NotCompared {
                message: message.to_string(),
                why,
            });
        }
    }

    /// What was found.
    pub fn finish(mut self) -> DatesReport {
        // In the order of the keys: the heaviest kind first.
        self.report.rows = self.rows.into_values().collect();
        self.report
            .rows
            .sort_by_key(|row| (row.moved, std::cmp::Reverse(row.messages)));
        self.report
    }
}

#[cfg(test)]
#[path = "dates_tests.rs"]
mod tests;
