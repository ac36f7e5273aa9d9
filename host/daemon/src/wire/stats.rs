//! Counts over the whole archive. The keys are those of `archive stats --format json`.

use proviso_archive::{
    CitedRule, ConsentCount, FaultCount, FindingCount, MessageCount, RetentionCount, Risk, SourceCount, Stats,
};
use proviso_model::Timestamp;
use proviso_model::consent::ConsentState;
use proviso_model::message::Kind;
use proviso_model::retention::Why;
use proviso_model::time::Day;
use proviso_model::verdict::{Factor, FaultCause, Severity};
use serde::{Deserialize, Serialize};

/// What is in the archive.
#[derive(Debug, Serialize, Deserialize)]
pub struct StatsV1 {
    messages: Vec<MessageCountV1>,
    findings: Vec<FindingCountV1>,
    retention: Vec<RetentionCountV1>,
    dated: u64,
    withheld: u64,
    held: u64,
    held_open: u64,
    partial: u64,
    faults: Vec<FaultCountV1>,
    conflicts: u64,
    sources: Vec<SourceCountV1>,
    consents: Vec<ConsentCountV1>,
    risks: Vec<RiskV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct MessageCountV1 {
    tenant: String,
    channel: String,
    kind: Kind,
    messages: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct FindingCountV1 {
    pack: String,
    policy: String,
    rule: String,
    severity: Severity,
    shadow: bool,
    findings: u64,
    messages: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct CitedRuleV1 {
    rule: String,
    law: String,
    article: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct RetentionCountV1 {
    statute: Option<CitedRuleV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<Why>,
    messages: u64,
    dated: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_until: Option<Day>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_until: Option<Day>,
}

#[derive(Debug, Serialize, Deserialize)]
struct FaultCountV1 {
    pack: String,
    policy: String,
    cause: FaultCause,
    faults: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct SourceCountV1 {
    source: String,
    duplicates: u64,
    errors: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct ConsentCountV1 {
    tenant: String,
    channel: String,
    state: ConsentState,
    parties: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct RiskV1 {
    tenant: String,
    pack: String,
    policy: String,
    key: String,
    value: f64,
    factors: Vec<FactorV1>,
    message: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    differs: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct FactorV1 {
    signal: String,
    points: f64,
    message: String,
    sent_at: Timestamp,
}

impl From<Stats> for StatsV1 {
    fn from(stats: Stats) -> Self {
        Self {
            messages: each(stats.messages),
            findings: each(stats.findings),
            retention: each(stats.retention),
            dated: stats.dated,
            withheld: stats.withheld,
            held: stats.held,
            held_open: stats.held_open,
            partial: stats.partial,
            faults: each(stats.faults),
            conflicts: stats.conflicts,
            sources: each(stats.sources),
            consents: each(stats.consents),
            risks: each(stats.risks),
        }
    }
}

impl From<StatsV1> for Stats {
    fn from(wire: StatsV1) -> Self {
        Self {
            messages: each(wire.messages),
            findings: each(wire.findings),
            retention: each(wire.retention),
            dated: wire.dated,
            withheld: wire.withheld,
            held: wire.held,
            held_open: wire.held_open,
            partial: wire.partial,
            faults: each(wire.faults),
            conflicts: wire.conflicts,
            sources: each(wire.sources),
            consents: each(wire.consents),
            risks: each(wire.risks),
        }
    }
}

fn each<T, U: From<T>>(rows: Vec<T>) -> Vec<U> {
    rows.into_iter().map(U::from).collect()
}

/// Two types with the same plain fields, each made of the other.
macro_rules! alike {
    ($kept:ident, $wire:ident { $($field:ident),+ }) => {
        impl From<$kept> for $wire {
            fn from(kept: $kept) -> Self {
                let $kept { $($field),+ } = kept;
                Self { $($field),+ }
            }
        }

        impl From<$wire> for $kept {
            fn from(wire: $wire) -> Self {
                let $wire { $($field),+ } = wire;
                Self { $($field),+ }
            }
        }
    };
}

alike!(
    MessageCount,
    MessageCountV1 {
        tenant,
        channel,
        kind,
        messages
    }
);
alike!(
    FindingCount,
    FindingCountV1 {
        pack,
        policy,
        rule,
        severity,
        shadow,
        findings,
        messages
    }
);
alike!(CitedRule, CitedRuleV1 { rule, law, article });
alike!(
    FaultCount,
    FaultCountV1 {
        pack,
        policy,
        cause,
        faults
    }
);
alike!(
    SourceCount,
    SourceCountV1 {
        source,
        duplicates,
        errors
    }
);
alike!(
    ConsentCount,
    ConsentCountV1 {
        tenant,
        channel,
        state,
        parties
    }
);
alike!(
    Factor,
    FactorV1 {
        signal,
        points,
        message,
        sent_at
    }
);

impl From<RetentionCount> for RetentionCountV1 {
    fn from(kept: RetentionCount) -> Self {
        Self {
            statute: kept.statute.map(CitedRuleV1::from),
            why: kept.why,
            messages: kept.messages,
            dated: kept.dated,
            first_until: kept.first_until,
            last_until: kept.last_until,
        }
    }
}

impl From<RetentionCountV1> for RetentionCount {
    fn from(wire: RetentionCountV1) -> Self {
        Self {
            statute: wire.statute.map(CitedRule::from),
            why: wire.why,
            messages: wire.messages,
            dated: wire.dated,
            first_until: wire.first_until,
            last_until: wire.last_until,
        }
    }
}

impl From<Risk> for RiskV1 {
    fn from(risk: Risk) -> Self {
        Self {
            tenant: risk.tenant,
            pack: risk.pack,
            policy: risk.policy,
            key: risk.key,
            value: risk.value,
            factors: each(risk.factors),
            message: risk.message,
            differs: risk.differs,
        }
    }
}

impl From<RiskV1> for Risk {
    fn from(wire: RiskV1) -> Self {
        Self {
            tenant: wire.tenant,
            pack: wire.pack,
            policy: wire.policy,
            key: wire.key,
            value: wire.value,
            factors: each(wire.factors),
            message: wire.message,
            differs: wire.differs,
        }
    }
}
