//! The plugins, linked as libraries, and their answers in the host's words.

use anyhow::{anyhow, bail};
use brittle_example::Brittle;
use departure_risk::DepartureRisk;
use lexicon_rules::LexiconRules;
use proviso_model::Timestamp;
use proviso_model::retention::{self as kept, Proposal};
use proviso_model::verdict::{Factor, Finding, Reason, Score, Severity, Span};
use proviso_sdk::contract::fold::{Step, Subject};
use proviso_sdk::{ListInfo, Message, configure_from_json};
use retention_schedule::RetentionSchedule;
use text_classifier::TextClassifier;

/// A configured plugin.
pub(super) enum Plugin {
    Lexicon(LexiconRules),
    Retention(RetentionSchedule),
    Departure(DepartureRisk),
    Classifier(TextClassifier),
    Brittle(Brittle),
}

impl Plugin {
    pub(super) fn configure(name: &str, settings: &str, lists: Vec<ListInfo>) -> anyhow::Result<Self> {
        let refused = |problems: proviso_sdk::Problems| anyhow!("{name} refuses its settings: {problems:?}");
        Ok(match name {
            "lexicon-rules" => Self::Lexicon(configure_from_json(settings, lists).map_err(refused)?),
            "retention-schedule" => Self::Retention(configure_from_json(settings, lists).map_err(refused)?),
            "departure-risk" => Self::Departure(configure_from_json(settings, lists).map_err(refused)?),
            "text-classifier" => Self::Classifier(configure_from_json(settings, lists).map_err(refused)?),
            "brittle-example" => Self::Brittle(configure_from_json(settings, lists).map_err(refused)?),
            other => bail!("the native program links no plugin {other:?}"),
        })
    }

    pub(super) fn evaluate(&self, messages: &[Message]) -> anyhow::Result<Vec<proviso_sdk::Finding>> {
        let answer = match self {
            Self::Lexicon(plugin) => proviso_sdk::evaluate_batch(plugin, messages),
            Self::Classifier(plugin) => proviso_sdk::evaluate_batch(plugin, messages),
            Self::Brittle(plugin) => proviso_sdk::evaluate_batch(plugin, messages),
            Self::Retention(_) | Self::Departure(_) => bail!("this plugin judges no messages"),
        };
        answer.map_err(|failure| anyhow!("a plugin failed: {failure:?}"))
    }

    pub(super) fn schedule(&self, messages: &[Message]) -> anyhow::Result<Vec<proviso_sdk::Proposal>> {
        let answer = match self {
            Self::Retention(plugin) => proviso_sdk::schedule_batch(plugin, messages),
            Self::Lexicon(_) | Self::Departure(_) | Self::Classifier(_) | Self::Brittle(_) => {
                bail!("this plugin proposes no retention")
            }
        };
        answer.map_err(|failure| anyhow!("a plugin failed: {failure:?}"))
    }

    pub(super) fn advance(&self, subjects: &[Subject]) -> anyhow::Result<Vec<Vec<Step>>> {
        let answer = match self {
            Self::Lexicon(plugin) => proviso_sdk::advance_batch(plugin, subjects),
            Self::Departure(plugin) => proviso_sdk::advance_batch(plugin, subjects),
            Self::Retention(_) | Self::Classifier(_) | Self::Brittle(_) => bail!("this plugin keeps no state"),
        };
        answer.map_err(|failure| anyhow!("a plugin failed: {failure:?}"))
    }
}

/// Whose answer it is.
pub(super) struct Author<'a> {
    pub pack: &'a str,
    pub policy: &'a str,
    pub shadow: bool,
}

impl Author<'_> {
    pub(super) fn finding(&self, raw: proviso_sdk::Finding, text: &str) -> Finding {
        let spans: Vec<Span> = raw
            .spans
            .iter()
            .map(|span| Span {
                start: span.start,
                end: span.end,
            })
            .collect();
        let found: Vec<&str> = spans.iter().map(|span| span.of(text).unwrap_or_default()).collect();
        let mut reason = Reason::default();
        for each in raw.reasons {
            match each.language {
                proviso_sdk::Language::Zh => reason.zh = Some(each.text),
                proviso_sdk::Language::En => reason.en = Some(each.text),
            }
        }
        Finding {
            pack: self.pack.into(),
            policy: self.policy.into(),
            rule: raw.rule,
            severity: match raw.severity {
                proviso_sdk::Severity::Low => Severity::Low,
                proviso_sdk::Severity::Medium => Severity::Medium,
                proviso_sdk::Severity::High => Severity::High,
                proviso_sdk::Severity::Critical => Severity::Critical,
            },
            text: found.join(" … "),
            spans,
            reason,
            shadow: self.shadow,
        }
    }

    pub(super) fn score(&self, raw: proviso_sdk::Score, key: &str) -> anyhow::Result<Score> {
        let factor = |factor: proviso_sdk::Factor| {
            Ok(Factor {
                signal: factor.signal,
                points: factor.points + 0.0,
                message: factor.message,
                sent_at: Timestamp::from_millis(factor.sent_at)?,
            })
        };
        Ok(Score {
            pack: self.pack.into(),
            policy: self.policy.into(),
            key: key.into(),
            value: raw.value + 0.0,
            factors: raw.factors.into_iter().map(factor).collect::<anyhow::Result<_>>()?,
        })
    }
}

pub(super) fn proposal(raw: proviso_sdk::Proposal) -> Proposal {
    let period = |period: proviso_sdk::Period| kept::Period {
        years: period.years,
        months: period.months,
        days: period.days,
    };
    Proposal {
        rule: raw.rule,
        law: raw.law,
        article: raw.article,
        jurisdiction: raw.jurisdiction,
        purpose: raw.purpose,
        clock: match raw.clock {
            proviso_sdk::ClockStart::Message => kept::ClockStart::Message,
            proviso_sdk::ClockStart::Transaction => kept::ClockStart::Transaction,
            proviso_sdk::ClockStart::RelationshipEnd => kept::ClockStart::RelationshipEnd,
            proviso_sdk::ClockStart::ContractEnd => kept::ClockStart::ContractEnd,
            proviso_sdk::ClockStart::DisputeEnd => kept::ClockStart::DisputeEnd,
        },
        floor: raw.floor.map(period),
        ceiling: raw.ceiling.map(period),
        verified: raw.verified,
    }
}
