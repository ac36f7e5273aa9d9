//! What holds for all proposals and facts.

use super::*;
use proptest::prelude::*;

/// When it may be disposed of at the earliest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Earliest {
    Now,
    After(Day),
    Never,
}

fn earliest(decision: &Decision) -> Earliest {
    match decision.disposition {
        Disposition::Dispose => Earliest::Now,
        Disposition::KeepUntil => Earliest::After(decision.until.unwrap()),
        Disposition::Keep | Disposition::LegalHold => Earliest::Never,
    }
}

/// A proposal, and what its pack states of it.
type Stated = (Proposal, RuleOfLaw);

fn any_rule() -> impl Strategy<Value = Stated> {
    let period = || {
        prop::option::of(
            (0u16..40, 0u16..40, 0u16..400).prop_map(|(years, months, days)| Period { years, months, days }),
        )
    };
    let clock = prop::sample::select(vec![
        ClockStart::Message,
        ClockStart::Transaction,
        ClockStart::RelationshipEnd,
        ClockStart::ContractEnd,
        ClockStart::DisputeEnd,
    ]);
    let jurisdiction = prop::sample::select(vec!["CN", "EU", "US", "SG"]);
    let day = || {
        prop::option::weighted(
            0.2,
            (0u32..40_000).prop_map(|days| "1970-01-01".parse::<Day>().unwrap().plus(0, days)),
        )
    };
    // Few of them have one name, so that rules contradict each other seldom.
    let of = ((0u16..40, 0u8..4), clock, jurisdiction, any::<bool>());
    (period(), period(), of, (day(), day(), prop::bool::weighted(0.2))).prop_map(
        |(floor, ceiling, ((name, pack), clock, jurisdiction, verified), (from, to, mandatory))| {
            let proposal = Proposal {
                floor,
                ceiling,
                clock,
                verified,
                jurisdiction: jurisdiction.to_owned(),
                ..rule(&format!("r{name}"), None, None)
            };
            let law = RuleOfLaw {
                from,
                to,
                ceiling_is_mandatory: mandatory,
                ..stated(&proposal, &format!("test/{pack}"))
            };
            (proposal, law)
        },
    )
}

fn rules(most: usize) -> impl Strategy<Value = Vec<Stated>> {
    prop::collection::vec(any_rule(), 0..most)
}

fn decided<'a>(rules: impl IntoIterator<Item = &'a Stated>, facts: &Facts<'_>) -> Decision {
    let rules: Vec<&Stated> = rules.into_iter().collect();
    let laws = Laws::new(rules.iter().map(|(_, law)| law.clone()));
    let proposals = rules.iter().map(|(proposal, law)| proposed(&law.pack, proposal));
    decide(proposals, &laws, facts)
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_000_i64).prop_map(|millis| Timestamp::from_millis(millis).unwrap())
}

fn any_facts() -> impl Strategy<Value = Facts<'static>> {
    // Mostly known, so that dates meet; the transaction's is always known and the dispute's never.
    let moments = (
        moment(),
        prop::option::weighted(0.8, moment()),
        prop::option::weighted(0.8, moment()),
    );
    (moment(), moments, any::<bool>()).prop_map(
        |(sent_at, (transaction, relationship_end, contract_end), consent_withdrawn)| Facts {
            sent_at,
            moments: Moments {
                transaction: Some(transaction),
                relationship_end,
                contract_end,
                dispute_end: None,
            },
            legal_hold: false,
            consent_withdrawn,
            time_zone: &UTC,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Where a verified rule already allows a disposal, another floor never makes it earlier.
    #[test]
    fn a_floor_never_shortens(mut rules in rules(5), (proposal, law) in any_rule(), facts in any_facts()) {
        let before = decided(&rules, &facts);
        let floor = proposal.floor.or(Some("P1Y".parse().unwrap()));
        rules.push((Proposal { floor, ceiling: None, ..proposal }, law));
        let after = decided(&rules, &facts);
        let allowed = !matches!(before.why, Why::NoRule | Why::NothingVerified);
        prop_assert!(!allowed || earliest(&after) >= earliest(&before), "{before:?}\n{after:?}");
    }

    /// A floor that becomes longer never makes the disposal earlier.
    #[test]
    fn a_longer_floor_never_shortens(mut rules in rules(5), at in any::<prop::sample::Index>(), more in 1u16..40, facts in any_facts()) {
        prop_assume!(!rules.is_empty());
        let before = decided(&rules, &facts);
        let at = at.index(rules.len());
        let Some(floor) = &mut rules[at].0.floor else { return Ok(()) };
        floor.years += more;
        let after = decided(&rules, &facts);
        // A contradiction may end with it; then what decides is another thing.
        prop_assert!(before.why == Why::Contradiction || earliest(&after) >= earliest(&before), "{before:?}\n{after:?}");
    }

    #[test]
    fn an_unverified_rule_never_brings_a_disposal_nearer(mut rules in rules(5), (proposal, law) in any_rule(), facts in any_facts()) {
        let before = decided(&rules, &facts);
        let proposal = unverified(proposal);
        rules.push((proposal, RuleOfLaw { verified: false, ..law }));
        let after = decided(&rules, &facts);
        prop_assert!(earliest(&after) >= earliest(&before), "{before:?}\n{after:?}");
        let none: Vec<_> = rules.into_iter().map(|(proposal, law)| (unverified(proposal), law)).collect();
        prop_assert_eq!(earliest(&decided(&none, &facts)), Earliest::Never);
    }

    #[test]
    fn a_legal_hold_outweighs_everything(rules in rules(5), facts in any_facts()) {
        let held = decided(&rules, &Facts { legal_hold: true, ..facts });
        prop_assert_eq!((held.disposition, held.until), (Disposition::LegalHold, None));
    }

    /// No floor that runs is ever cut, whatever else is proposed, with consent or without.
    #[test]
    fn every_floor_is_kept(rules in rules(5), facts in any_facts()) {
        let decision = decided(&rules, &facts);
        for (proposal, _) in &rules {
            let Some(floor) = proposal.floor else { continue };
            let counting = Counting::of_jurisdiction(&proposal.jurisdiction);
            let start = facts.start_of(proposal.clock);
            let kept_to = start.map_or(Earliest::Never, |start| Earliest::After(counting.last_day(start, floor)));
            prop_assert!(earliest(&decision) >= kept_to, "{decision:?}");
        }
        prop_assert_eq!(decision.until.is_some(), decision.disposition == Disposition::KeepUntil);
        if let Some(until) = decision.until {
            prop_assert!(!decision.allows_disposal_on(until));
            prop_assert!(until == Day::MAX || decision.allows_disposal_on(until.plus(0, 1)));
        }
    }

    #[test]
    fn the_order_of_proposals_means_nothing(rules in rules(6), facts in any_facts()) {
        let forth = decided(&rules, &facts);
        let mut back = decided(rules.iter().rev(), &facts);
        back.decided_by.reverse();
        prop_assert_eq!(forth, back);
    }

    /// The proof tells of every proposal, names what decides exactly where something does, and comes back from its JSON.
    #[test]
    fn a_proof_says_all_that_was_weighed(rules in rules(6), facts in any_facts(), legal_hold in prop::bool::weighted(0.1)) {
        let facts = Facts { legal_hold, ..facts };
        let laws = Laws::new(rules.iter().map(|(_, law)| law.clone()));
        let proof = prove(rules.iter().map(|(proposal, law)| proposed(&law.pack, proposal)), &laws, &facts);
        prop_assert_eq!(proof.rules.len(), rules.len());
        let bounds = proof.rules.iter().flat_map(|rule| rule.floor.into_iter().chain(rule.ceiling));
        let deciding: Vec<Bound> = bounds.filter(|bound| bound.standing == Standing::Decides).collect();
        prop_assert!(deciding.iter().all(|bound| bound.until == proof.decision.until));
        let by_a_rule = proof.decision.until.is_some();
        prop_assert_eq!(!deciding.is_empty(), by_a_rule, "{:?}", &proof);
        if !legal_hold {
            prop_assert_eq!(proof.contradictions.is_empty(), proof.decision.why != Why::Contradiction);
        }
        let json = proof.to_json();
        prop_assert_eq!(&Proof::from_json(&json).unwrap(), &proof);
        for language in [Language::Zh, Language::En] {
            let lines = proof.to_text(language);
            prop_assert!(lines.lines().count() > proof.rules.len());
        }
    }
}
