//! One rule of the schedule: when it applies, and what it proposes.

use proviso_sdk::{Lists, Message, MessageFilter, Period, Problems, Proposal, from_settings, is_name, pointer_segment};

use crate::date::{self, Day};
use crate::settings::{MessagesSettings, PeriodSettings, RuleSettings, Settings};

const RULES_MAX: usize = 64;
const PART_MAX: u16 = 36_500;

/// Compiled from a rule's settings.
#[derive(Debug)]
pub(crate) struct Rule {
    /// What it proposes, complete but for the message.
    proposal: Proposal,
    /// First and last day of effect.
    from: Option<Day>,
    to: Option<Day>,
    /// Any of these; `None` for every message.
    messages: Option<Vec<Messages>>,
}

#[derive(Debug)]
struct Messages {
    lists: Option<Vec<u16>>,
    filter: Option<MessageFilter>,
}

impl Rule {
    /// True if it is in effect on the message's day and about such messages.
    pub(crate) fn applies(&self, message: &Message, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day)
            && self.to.is_none_or(|to| day <= to)
            && self
                .messages
                .as_ref()
                .is_none_or(|groups| groups.iter().any(|group| group.holds(message)))
    }

    pub(crate) fn proposal(&self) -> Proposal {
        self.proposal.clone()
    }
}

impl Messages {
    fn holds(&self, message: &Message) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.passes(message))
            && self
                .lists
                .as_ref()
                .is_none_or(|lists| message.hits.iter().any(|hit| lists.contains(&hit.list)))
    }
}

/// Compiles all rules; those that are switched off are checked and left out.
pub(crate) fn compile(settings: &Settings, lists: &Lists) -> Result<Vec<Rule>, Problems> {
    let mut problems = Problems::new();
    if !(-1_440..=1_440).contains(&settings.utc_offset_minutes) {
        problems.push(
            "/utc_offset_minutes",
            format!("{} is out of range: must be -1440 to 1440", settings.utc_offset_minutes),
        );
    }
    if !(1..=RULES_MAX).contains(&settings.rules.len()) {
        problems.push(
            "/rules",
            format!("{} rules: 1 to {RULES_MAX} are possible", settings.rules.len()),
        );
    }
    let mut rules = Vec::new();
    for (id, value) in &settings.rules {
        let pointer = format!("/rules{}", pointer_segment(id));
        if !is_name(id) {
            problems.push(
                pointer.as_str(),
                format!("name \"{id}\" must be 1 to 64 characters of a-z, 0-9 and -"),
            );
        }
        match from_settings::<RuleSettings>(value, &pointer) {
            Ok(rule) => {
                let enabled = rule.enabled;
                let rule = compile_rule(id, rule, &pointer, lists, &mut problems);
                rules.extend(enabled.then_some(rule));
            }
            Err(others) => problems.extend(others),
        }
    }
    problems.or_ok(rules)
}

fn compile_rule(id: &str, rule: RuleSettings, pointer: &str, lists: &Lists, problems: &mut Problems) -> Rule {
    for (key, text, least, most) in [
        ("law", &rule.law, 1, 256),
        ("purpose", &rule.purpose, 1, 256),
        ("article", &rule.article, 0, 64),
    ] {
        if !(least..=most).contains(&text.len()) {
            problems.push(
                format!("{pointer}/{key}"),
                format!("{} bytes: must be {least} to {most}", text.len()),
            );
        }
    }
    if rule.jurisdiction.len() != 2 || !rule.jurisdiction.bytes().all(|byte| byte.is_ascii_uppercase()) {
        let text = format!("\"{}\" is no ISO 3166-1 alpha-2 code and not \"EU\"", rule.jurisdiction);
        problems.push(format!("{pointer}/jurisdiction"), text);
    }
    if rule.floor.is_none() && rule.ceiling.is_none() {
        problems.push(pointer, "a rule needs `floor`, `ceiling` or both");
    }
    let floor = rule
        .floor
        .map(|floor| period(floor, &format!("{pointer}/floor"), problems));
    let ceiling = rule
        .ceiling
        .map(|ceiling| period(ceiling, &format!("{pointer}/ceiling"), problems));
    if let (Some(floor), Some(ceiling)) = (floor, ceiling) {
        if days_most(ceiling) < days_least(floor) {
            problems.push(format!("{pointer}/ceiling"), "shorter than the floor of the same rule");
        }
    }
    let from = day(
        rule.effective_from.as_deref(),
        &format!("{pointer}/effective_from"),
        problems,
    );
    let to = day(
        rule.effective_to.as_deref(),
        &format!("{pointer}/effective_to"),
        problems,
    );
    if let (Some(from), Some(to)) = (from, to) {
        if to < from {
            problems.push(
                format!("{pointer}/effective_to"),
                "before `effective_from`: the rule would never be in effect",
            );
        }
    }
    let messages = rule
        .messages
        .map(|groups| messages(groups, &format!("{pointer}/messages"), lists, problems));
    let proposal = Proposal {
        message: 0,
        rule: id.to_owned(),
        law: rule.law,
        article: rule.article,
        jurisdiction: rule.jurisdiction,
        purpose: rule.purpose,
        clock: rule.clock,
        floor,
        ceiling,
        verified: rule.verified,
    };
    Rule {
        proposal,
        from,
        to,
        messages,
    }
}

fn messages(groups: Vec<MessagesSettings>, pointer: &str, lists: &Lists, problems: &mut Problems) -> Vec<Messages> {
    if groups.is_empty() {
        problems.push(
            pointer,
            "empty: no message would fit; leave the key out for all messages",
        );
    }
    let mut compiled = Vec::with_capacity(groups.len());
    for (at, group) in groups.into_iter().enumerate() {
        let pointer = format!("{pointer}/{at}");
        if group.lists.is_none() && group.filter.is_none() {
            problems.push(pointer.as_str(), "needs `lists`, `filter` or both");
        }
        if group.lists.as_ref().is_some_and(Vec::is_empty) {
            problems.push(format!("{pointer}/lists"), "empty: name a list or leave the key out");
        }
        let mut indexes = Vec::new();
        for (at, name) in group.lists.iter().flatten().enumerate() {
            match lists.index(name) {
                Some(index) => indexes.push(index),
                None => problems.push(format!("{pointer}/lists/{at}"), lists.unknown(name)),
            }
        }
        compiled.push(Messages {
            lists: group.lists.map(|_| indexes),
            filter: group
                .filter
                .map(|filter| MessageFilter::compile(filter, &format!("{pointer}/filter"), problems)),
        });
    }
    compiled
}

fn period(settings: PeriodSettings, pointer: &str, problems: &mut Problems) -> Period {
    let PeriodSettings { years, months, days } = settings;
    if (years, months, days) == (0, 0, 0) {
        problems.push(
            pointer,
            "no time at all: one of `years`, `months`, `days` must be 1 or more",
        );
    }
    for (key, part) in [("years", years), ("months", months), ("days", days)] {
        if part > PART_MAX {
            problems.push(
                format!("{pointer}/{key}"),
                format!("{part} is out of range: must be 0 to {PART_MAX}"),
            );
        }
    }
    Period { years, months, days }
}

fn day(text: Option<&str>, pointer: &str, problems: &mut Problems) -> Option<Day> {
    let text = text?;
    let day = date::parse(text);
    if day.is_none() {
        problems.push(pointer, format!("\"{text}\" is no date: must be YYYY-MM-DD"));
    }
    day
}

fn days_least(period: Period) -> u32 {
    u32::from(period.years) * 365 + u32::from(period.months) * 28 + u32::from(period.days)
}

fn days_most(period: Period) -> u32 {
    u32::from(period.years) * 366 + u32::from(period.months) * 31 + u32::from(period.days)
}
