//! The arithmetic.

use super::{Decision, Disposition, Facts, Proposal, Statute, Why};
use crate::time::Day;

/// A proposal with its days.
struct Claim<'a> {
    proposal: &'a Proposal,
    starts: Option<Day>,
    floor: Option<Day>,
    ceiling: Option<Day>,
}

/// Decides what becomes of a message, by the order that the module documents. Pure; the order of the proposals changes
/// nothing but the order of [`Decision::decided_by`]. In detail:
///
/// 1. A legal hold keeps it, whatever the proposals are.
/// 2. No proposals at all: keep. Nobody said that it may go; perhaps the pack that would say so is not applied.
/// 3. Any floor, or verified ceiling, whose clock start is unknown: keep and report.
/// 4. Nothing verified: keep. An unverified floor lengthens what a verified rule decides; an unverified ceiling is ignored.
/// 5. Consent withdrawn: until the end of the longest floor, store-only; where there is no floor, dispose.
/// 6. Otherwise until the later of the longest floor and the shortest verified ceiling: a ceiling says how long a purpose
///    needs it and binds where no floor runs (any more), so a floor never makes a retention shorter.
pub fn decide<'a>(proposals: impl IntoIterator<Item = &'a Proposal>, facts: &Facts<'_>) -> Decision {
    let claims: Vec<Claim<'a>> = proposals.into_iter().map(|proposal| claim(proposal, facts)).collect();
    let longest_floor = claims.iter().filter_map(|claim| claim.floor).max();
    let counts = |claim: &&Claim<'_>| claim.proposal.floor.is_some() || claim.binding_ceiling();
    let has_floor = claims.iter().any(|claim| claim.proposal.floor.is_some());
    let verified = claims.iter().any(|claim| claim.proposal.verified && counts(&claim));
    let unknown = |claim: &Claim<'_>| claim.starts.is_none() && counts(&claim);
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
        .filter(|claim| claim.binding_ceiling())
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
    let by_ceiling = |claim: &Claim<'_>| claim.binding_ceiling() && claim.ceiling == shortest_ceiling;
    decided(
        Disposition::KeepUntil,
        shortest_ceiling,
        Why::ShortestCeiling,
        false,
        &by_ceiling,
    )
}

fn claim<'a>(proposal: &'a Proposal, facts: &Facts<'_>) -> Claim<'a> {
    let starts = facts.start_of(proposal.clock);
    let last_day = |period: Option<super::Period>| Some(period?.last_day(starts?));
    Claim {
        proposal,
        starts,
        floor: last_day(proposal.floor),
        ceiling: last_day(proposal.ceiling),
    }
}

impl Claim<'_> {
    /// A ceiling that may cause a disposal.
    fn binding_ceiling(&self) -> bool {
        self.proposal.verified && self.proposal.ceiling.is_some()
    }

    fn cite(&self) -> Statute {
        let Proposal {
            rule,
            law,
            article,
            clock,
            verified,
            ..
        } = self.proposal.clone();
        Statute {
            rule,
            law,
            article,
            clock,
            starts: self.starts,
            floor_until: self.floor,
            ceiling_until: self.ceiling,
            verified,
        }
    }
}
