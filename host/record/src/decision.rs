//! The stored retention decision.

use proviso_model::retention::{ClockStart, Counting, Decision, Disposition, Period, Statute, Why};
use proviso_model::time::Day;
use serde::{Deserialize, Serialize};

/// The form of decisions that say how their periods were counted. Those of before have no number.
const FORM: u32 = 2;

/// Reads a decision, of any form.
pub fn read(json: &str) -> Result<Decision, serde_json::Error> {
    if json.starts_with(r#"{"form":"#) {
        let stored: DecisionV2 = serde_json::from_str(json)?;
        if stored.form != FORM {
            let message = format!(
                "a retention decision of form {}: this program knows 1 and {FORM}",
                stored.form
            );
            return Err(serde::de::Error::custom(message));
        }
        return Ok(stored.into());
    }
    Ok(serde_json::from_str::<DecisionV1>(json)?.into())
}

/// Writes a decision.
pub fn write(decision: &Decision) -> String {
    serde_json::to_string(&DecisionV2::from(decision)).expect("a decision has string keys")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionV1 {
    disposition: Disposition,
    until: Option<Day>,
    floor_until: Option<Day>,
    store_only: bool,
    why: Why,
    decided_by: Vec<StatuteV1>,
}

#[derive(Deserialize)]
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionV2 {
    form: u32,
    disposition: Disposition,
    until: Option<Day>,
    floor_until: Option<Day>,
    store_only: bool,
    why: Why,
    decided_by: Vec<StatuteV2>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatuteV2 {
    rule: String,
    law: String,
    article: String,
    clock: ClockStart,
    /// Null where a decision of form 1 is written again.
    counting: Option<Counting>,
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

impl From<&Decision> for DecisionV2 {
    fn from(decision: &Decision) -> Self {
        let decided_by = decision.decided_by.iter().map(|cited| StatuteV2 {
            rule: cited.rule.clone(),
            law: cited.law.clone(),
            article: cited.article.clone(),
            clock: cited.clock,
            counting: cited.counting,
            starts: cited.starts,
            floor_until: cited.floor_until,
            ceiling_until: cited.ceiling_until,
            verified: cited.verified,
        });
        DecisionV2 {
            form: FORM,
            disposition: decision.disposition,
            until: decision.until,
            floor_until: decision.floor_until,
            store_only: decision.store_only,
            why: decision.why,
            decided_by: decided_by.collect(),
        }
    }
}

impl From<DecisionV2> for Decision {
    fn from(stored: DecisionV2) -> Self {
        let decided_by = stored.decided_by.into_iter().map(|cited| Statute {
            rule: cited.rule,
            law: cited.law,
            article: cited.article,
            clock: cited.clock,
            counting: cited.counting,
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

impl From<DecisionV1> for Decision {
    fn from(stored: DecisionV1) -> Self {
        let decided_by = stored.decided_by.into_iter().map(|cited| Statute {
            rule: cited.rule,
            law: cited.law,
            article: cited.article,
            clock: cited.clock,
            counting: None,
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
    const GOLDEN_V1: &str = include_str!("golden/decision-v1.json");
    /// The same of version 2.
    const GOLDEN_V2: &str = include_str!("golden/decision-v2.json");

    #[test]
    fn a_decision_is_read_and_written_byte_for_byte_as_before() {
        let text = GOLDEN_V2.trim_end();
        let decision = read(text).unwrap();
        assert_eq!(decision.decided_by[0].counting, Some(Counting::CnCivilCode));
        assert_eq!(decision.decided_by[1].counting, None);
        assert_eq!(write(&decision), text);
    }

    #[test]
    fn a_decision_of_the_first_form_is_read() {
        let text = GOLDEN_V1.trim_end();
        let decision = read(text).unwrap();
        assert_eq!(decision.until.unwrap().to_string(), "2046-01-31");
        assert_eq!(decision.decided_by.len(), 2);
        assert!(decision.decided_by.iter().all(|cited| cited.counting.is_none()));
        // Archives of before hold what serde made of the model's type.
        assert_eq!(serde_json::to_string(&decision).unwrap(), text);
        assert_eq!(read(&write(&decision)).unwrap(), decision);
    }

    #[test]
    fn a_form_of_later_is_an_error_that_names_it() {
        let later = GOLDEN_V2.replacen(r#""form":2"#, r#""form":3"#, 1);
        assert!(read(&later).unwrap_err().to_string().contains("of form 3"));
        let unknown = GOLDEN_V2.replacen(r#""form":2"#, r#""form":2,"more":1"#, 1);
        assert!(read(&unknown).is_err());
    }
}
