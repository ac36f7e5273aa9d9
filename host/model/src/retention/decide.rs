//! The arithmetic.

use super::claim::Claim;
use super::contradiction::{self, Contradiction};
use super::{Decision, Disposition, Facts, Laws, Proposed, Why};
use crate::time::Day;

/// Decides what becomes of a message, by the order that the module documents. Pure; the order of the proposals changes
/// nothing but the order of [`Decision::decided_by`]. In detail:
///
/// 1. A legal hold keeps it, whatever the proposals are.
/// 2. No proposals at all: keep. Nobody said that it may go; perhaps the pack that would say so is not applied.
/// 3. Verified rules that contradict each other: keep, for a person to decide.
/// 4. Any floor, or binding ceiling, whose clock start is unknown: keep and report. A ceiling binds if it is verified and in
///    effect on the message's day.
/// 5. Nothing verified: keep. An unverified floor lengthens what a verified rule decides; an unverified ceiling is ignored.
/// 6. Consent withdrawn: until the end of the longest floor, store-only; where there is no floor, dispose.
/// 7. Otherwise until the later of the longest floor and the shortest binding ceiling: a ceiling says how long a purpose
///    needs it and binds where no floor runs (any more), so a floor never makes a retention shorter.
pub fn decide<'a>(proposals: impl IntoIterator<Item = Proposed<'a>>, laws: &'a Laws, facts: &Facts<'_>) -> Decision {
    weigh(proposals, laws, facts).decision
}

/// Every claim, and what follows from all of them.
pub(super) struct Weighed<'a> {
    pub(super) claims: Vec<Claim<'a>>,
    pub(super) contradictions: Vec<Contradiction>,
    pub(super) decision: Decision,
    /// The message's day.
    pub(super) day: Day,
}

pub(super) fn weigh<'a>(
    proposals: impl IntoIterator<Item = Proposed<'a>>,
    laws: &'a Laws,
    facts: &Facts<'_>,
) -> Weighed<'a> {
    let day = facts.time_zone.day(facts.sent_at);
    let claims: Vec<Claim<'a>> = proposals
        .into_iter()
        .map(|proposed| Claim::new(proposed, laws, facts, day))
        .collect();
    let contradictions = contradiction::among(&claims, laws, day);
    let decision = decision(&claims, &contradictions, facts);
    Weighed {
        claims,
        contradictions,
        decision,
        day,
    }
}

fn decision(claims: &[Claim<'_>], contradictions: &[Contradiction], facts: &Facts<'_>) -> Decision {
    let longest_floor = claims.iter().filter_map(|claim| claim.floor).max();
    let has_floor = claims.iter().any(|claim| claim.proposal().floor.is_some());
    let verified = claims.iter().any(|claim| claim.proposal().verified && claim.counts());
    let unknown = |claim: &Claim<'_>| claim.starts.is_none() && claim.counts();
    let decided = |disposition, until, why, store_only, by: &dyn Fn(&Claim<'_>) -> bool| Decision {
        disposition,
        until,
        floor_until: longest_floor,
        store_only,
        why,
        decided_by: claims.iter().filter(|claim| by(claim)).map(Claim::cite).collect(),
    };
    let nobody = |_: &Claim<'_>| false;
    let keep =
        |why, by: &dyn Fn(&Claim<'_>) -> bool| decided(Disposition::Keep, None, why, facts.consent_withdrawn, by);
    if facts.legal_hold {
        return decided(
            Disposition::LegalHold,
            None,
            Why::LegalHold,
            facts.consent_withdrawn,
            &nobody,
        );
    }
    if claims.is_empty() {
        return keep(Why::NoRule, &nobody);
    }
    if !contradictions.is_empty() {
        let contradicts = |claim: &Claim<'_>| contradictions.iter().any(|one| one.names(&claim.proposed));
        return keep(Why::Contradiction, &contradicts);
    }
    if claims.iter().any(unknown) {
        return keep(Why::UnknownClock, &unknown);
    }
    if !verified {
        return keep(Why::NothingVerified, &nobody);
    }
    let by_floor = |claim: &Claim<'_>| claim.floor.is_some() && claim.floor == longest_floor;
    if facts.consent_withdrawn {
        let disposition = if has_floor {
            Disposition::KeepUntil
        } else {
            Disposition::Dispose
        };
        return decided(disposition, longest_floor, Why::ConsentWithdrawn, has_floor, &by_floor);
    }
    let shortest_ceiling = claims
        .iter()
        .filter(|claim| claim.has_binding_ceiling())
        .filter_map(|claim| claim.ceiling)
        .min();
    if longest_floor >= shortest_ceiling {
        return decided(
            Disposition::KeepUntil,
            longest_floor,
            Why::LongestFloor,
            false,
            &by_floor,
        );
    }
    let by_ceiling = |claim: &Claim<'_>| claim.has_binding_ceiling() && claim.ceiling == shortest_ceiling;
    decided(
        Disposition::KeepUntil,
        shortest_ceiling,
        Why::ShortestCeiling,
        false,
        &by_ceiling,
    )
}
