//! Puts a verdict together, in the order that its canonical form has.

use crate::generation::Generation;
use crate::guest::LogLine;
use crate::judged::Judged;
use crate::outcome::{Folded, Outcome};
use proviso_model::set::{Mode, OnFault};
use proviso_model::verdict::{Finding, Verdict};

/// The outcome of one message, and what plugins logged over it.
pub(crate) fn assemble(generation: &Generation, judged: Judged, folded: Folded) -> (Outcome, Vec<LogLine>) {
    let mut faults = judged.faults;
    faults.extend(folded.faults);
    // Stable: of one policy, its rules' fault before its fold's.
    faults.sort_by_key(|(policy, _)| *policy);
    let held = faults.iter().any(|(policy, _)| {
        let policy = &generation.policies[*policy];
        policy.mode == Mode::Enforce && generation.apply_of(policy).on_fault == OnFault::Hold
    });
    let mut findings = judged.findings;
    findings.extend(folded.findings);
    findings.sort_by(|(one_policy, one), (other_policy, other)| {
        (one_policy, place(one)).cmp(&(other_policy, place(other)))
    });
    let mut proposals = judged.proposals;
    proposals.sort_by_key(|(policy, _)| *policy);
    let verdict = Verdict {
        message: judged.message.id.clone(),
        generation: generation.id,
        input: judged.input,
        packs: judged.packs,
        preceding: judged.preceding,
        truncated: judged.truncated || folded.truncated,
        withheld: judged.withheld,
        held,
        findings: findings.into_iter().map(|(_, finding)| finding).collect(),
        proposals: proposals.into_iter().map(|(_, proposal)| proposal).collect(),
        scores: folded.scores,
        faults: faults.into_iter().map(|(_, fault)| fault).collect(),
    };
    let mut log = judged.log;
    log.extend(folded.log);
    (
        Outcome {
            verdict,
            fuel: judged.fuel + folded.fuel,
            steps: folded.steps,
        },
        log,
    )
}

/// Where a finding stands among those of its policy: by first span (none comes first), then rule. The other fields make
/// the order whole, so that it does not depend on the order of the guest's answer.
fn place(finding: &Finding) -> impl Ord {
    let reason = (finding.reason.zh.clone(), finding.reason.en.clone());
    (
        finding.spans.first().copied(),
        finding.rule.clone(),
        finding.spans.clone(),
        finding.severity,
        reason,
    )
}
