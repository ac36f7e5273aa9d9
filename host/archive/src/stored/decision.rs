//! The stored retention decision.

use proviso_model::retention::{ClockStart, Decision, Disposition, Period, Statute, Why};
use proviso_model::time::Day;
use serde::{Deserialize, Serialize};

/// Reads a decision.
pub(crate) fn read(json: &str) -> Result<Decision, serde_json::Error> {
    Ok(serde_json::from_str::<DecisionV1>(json)?.into())
}

/// Writes a decision.
pub(crate) fn write(decision: &Decision) -> String {
    serde_json::to_string(&DecisionV1::from(decision)).expect("a decision has string keys")
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionV1 {
    disposition: Disposition,
    until: Option<Day>,
    floor_until: Option<Day>,
    store_only: bool,
    why: Why,
    decided_by: Vec<StatuteV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatuteV1 {
    rule: String,
    law: String,
    article: String,
    clock: ClockStart,
    starts: Option<Day>,
    floor_until: Option<Day>,
    ceiling_until: Option<Day>,
    verified: bool,
}

/// A period, as proposals have it.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodV1 {
    years: u16,
    months: u16,
    days: u16,
}

impl From<PeriodV1> for Period {
    fn from(PeriodV1 { years, months, days }: PeriodV1) -> Self {
        Period { years, months, days }
    }
}

impl From<Period> for PeriodV1 {
    fn from(Period { years, months, days }: Period) -> Self {
        PeriodV1 { years, months, days }
    }
}

impl From<&Decision> for DecisionV1 {
    fn from(decision: &Decision) -> Self {
        let decided_by = decision.decided_by.iter().map(|cited| StatuteV1 {
            rule: cited.rule.clone(),
            law: cited.law.clone(),
            article: cited.article.clone(),
            clock: cited.clock,
            starts: cited.starts,
            floor_until: cited.floor_until,
            ceiling_until: cited.ceiling_until,
            verified: cited.verified,
        });
        DecisionV1 {
            disposition: decision.disposition,
            until: decision.until,
            floor_until: decision.floor_until,
            store_only: decision.store_only,
            why: decision.why,
            decided_by: decided_by.collect(),
        }
    }
}

impl From<DecisionV1> for Decision {
    fn from(stored: DecisionV1) -> Self {
        let decided_by = stored.decided_by.into_iter().map(|cited| Statute {
            rule: cited.rule,
            law: cited.law,
            article: cited.article,
            clock: cited.clock,
            starts: cited.starts,
            floor_until: cited.floor_until,
            ceiling_until: cited.ceiling_until,
            verified: cited.verified,
        });
        Decision {
            disposition: stored.disposition,
            until: stored.until,
            floor_until: stored.floor_until,
            store_only: stored.store_only,
            why: stored.why,
            decided_by: decided_by.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A decision of version 1 that uses every field. The file never changes.
    const GOLDEN: &str = include_str!("golden/decision-v1.json");

    #[test]
    fn a_decision_is_read_and_written_byte_for_byte_as_before() {
        let text = GOLDEN.trim_end();
        let decision = read(text).unwrap();
        assert_eq!(decision.until.unwrap().to_string(), "2046-01-31");
        assert_eq!(decision.decided_by.len(), 2);
        assert_eq!(write(&decision), text);
        // Archives of before hold what serde made of the model's type.
        assert_eq!(serde_json::to_string(&decision).unwrap(), text);
    }
}
