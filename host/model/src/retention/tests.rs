use super::*;
use proptest::prelude::*;

fn years(years: u16) -> Period {
    Period {
        years,
        months: 0,
        days: 0,
    }
}

fn days(days: u16) -> Period {
    Period {
        years: 0,
        months: 0,
        days,
    }
}

fn rule(
    rule: &str,
    law: &str,
    article: &str,
    clock: ClockStart,
    floor: Option<Period>,
    ceiling: Option<Period>,
) -> Proposal {
    Proposal {
        rule: rule.to_owned(),
        law: law.to_owned(),
        article: article.to_owned(),
        jurisdiction: "CN".to_owned(),
        purpose: "records".to_owned(),
        clock,
        floor,
        ceiling,
        verified: true,
    }
}

fn unverified(proposal: Proposal) -> Proposal {
    Proposal {
        verified: false,
        ..proposal
    }
}

fn facts(zone: &Zone) -> Facts<'_> {
    Facts {
        // 1 February in Shanghai, 31 January in UTC.
        sent_at: Timestamp::from_rfc3339("2024-01-31T16:30:00Z").unwrap(),
        moments: Moments::default(),
        legal_hold: false,
        consent_withdrawn: false,
        time_zone: zone,
    }
}

fn shanghai() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

fn securities() -> Proposal {
    rule(
        "securities-records",
        "证券法",
        "137",
        ClockStart::Message,
        Some(years(20)),
        None,
    )
}
fn laundering() -> Proposal {
    rule(
        "anti-money-laundering",
        "反洗钱法",
        "34",
        ClockStart::RelationshipEnd,
        Some(years(10)),
        None,
    )
}
fn commerce() -> Proposal {
    rule(
        "transactions",
        "电子商务法",
        "31",
        ClockStart::Transaction,
        Some(years(3)),
        None,
    )
}
fn logs() -> Proposal {
    rule(
        "network-logs",
        "网络安全法",
        "23",
        ClockStart::Message,
        Some(days(180)),
        None,
    )
}
fn live_stream() -> Proposal {
    unverified(rule(
        "live-stream",
        "网络交易办法",
        "",
        ClockStart::Message,
        Some(years(3)),
        None,
    ))
}
fn ordinary_posts() -> Proposal {
    rule(
        "ordinary-posts",
        "内部制度",
        "",
        ClockStart::Message,
        None,
        Some(years(1)),
    )
}
fn core_posts() -> Proposal {
    rule("core-posts", "内部制度", "", ClockStart::Message, None, Some(years(3)))
}

/// Disposition, its day, the ground, store-only, and the rules that decided.
fn summary(decision: &Decision) -> String {
    let day = |day: Option<Day>| day.map_or_else(String::new, |day| format!(" {day}"));
    let why = serde_json::to_value(decision.why).unwrap();
    let by: Vec<_> = decision
        .decided_by
        .iter()
        .map(|statute| statute.rule.as_str())
        .collect();
    let store_only = if decision.store_only { " store-only" } else { "" };
    format!(
        "{}{}{store_only}: {} [{}]",
        decision.disposition.name(),
        day(decision.until),
        why.as_str().unwrap(),
        by.join(" ")
    )
}

#[test]
fn statutes_decide_in_their_order() {
    let zone = shanghai();
    let table: Vec<(&str, Vec<Proposal>, &str)> = vec![
        ("nothing applies", vec![], "keep: no-rule []"),
        (
            "one floor",
            vec![securities()],
            "keep-until 2044-02-01: longest-floor [securities-records]",
        ),
        (
            "days are counted from the day in the set's zone",
            vec![logs()],
            "keep-until 2024-07-30: longest-floor [network-logs]",
        ),
        (
            "the longest floor",
            vec![logs(), securities()],
            "keep-until 2044-02-01: longest-floor [securities-records]",
        ),
        (
            "one ceiling",
            vec![ordinary_posts()],
            "keep-until 2025-02-01: shortest-ceiling [ordinary-posts]",
        ),
        (
            "the shortest ceiling",
            vec![core_posts(), ordinary_posts()],
            "keep-until 2025-02-01: shortest-ceiling [ordinary-posts]",
        ),
        (
            "a floor beyond the ceiling",
            vec![ordinary_posts(), securities()],
            "keep-until 2044-02-01: longest-floor [securities-records]",
        ),
        (
            "a ceiling beyond the floor",
            vec![ordinary_posts(), logs()],
            "keep-until 2025-02-01: shortest-ceiling [ordinary-posts]",
        ),
        (
            "a clock that has not started",
            vec![securities(), laundering()],
            "keep: unknown-clock [anti-money-laundering]",
        ),
        (
            "an unverified figure alone",
            vec![live_stream()],
            "keep: nothing-verified []",
        ),
        (
            "an unverified figure lengthens",
            vec![ordinary_posts(), live_stream()],
            "keep-until 2027-02-01: longest-floor [live-stream]",
        ),
        (
            "an unverified figure lengthens a floor",
            vec![logs(), live_stream()],
            "keep-until 2027-02-01: longest-floor [live-stream]",
        ),
        (
            "an unverified ceiling says nothing",
            vec![securities(), unverified(ordinary_posts())],
            "keep-until 2044-02-01: longest-floor [securities-records]",
        ),
        (
            "an unverified ceiling shortens no other",
            vec![core_posts(), unverified(ordinary_posts())],
            "keep-until 2027-02-01: shortest-ceiling [core-posts]",
        ),
        (
            "an unverified ceiling alone",
            vec![unverified(ordinary_posts())],
            "keep: nothing-verified []",
        ),
        (
            "an unverified floor of unknown start",
            vec![ordinary_posts(), unverified(laundering())],
            "keep: unknown-clock [anti-money-laundering]",
        ),
        (
            "two equal floors",
            vec![
                securities(),
                Proposal {
                    rule: "futures".into(),
                    ..securities()
                },
            ],
            "keep-until 2044-02-01: longest-floor [securities-records futures]",
        ),
        (
            "a rule without a period",
            vec![rule("x", "x", "", ClockStart::Message, None, None)],
            "keep: nothing-verified []",
        ),
        (
            "such a rule of unknown start",
            vec![ordinary_posts(), rule("x", "x", "", ClockStart::DisputeEnd, None, None)],
            "keep-until 2025-02-01: shortest-ceiling [ordinary-posts]",
        ),
    ];
    for (case, proposals, expected) in &table {
        assert_eq!(summary(&decide(proposals, &facts(&zone))), *expected, "{case}");
        let hold = Facts {
            legal_hold: true,
            ..facts(&zone)
        };
        assert_eq!(
            summary(&decide(proposals, &hold)),
            "legal-hold: legal-hold []",
            "{case}"
        );
    }
}

#[test]
fn without_consent_only_floors_keep() {
    let zone = shanghai();
    let withdrawn = Facts {
        consent_withdrawn: true,
        ..facts(&zone)
    };
    let table: Vec<(Vec<Proposal>, &str)> = vec![
        (vec![], "keep store-only: no-rule []"),
        (vec![ordinary_posts()], "dispose: consent-withdrawn []"),
        (
            vec![ordinary_posts(), logs()],
            "keep-until 2024-07-30 store-only: consent-withdrawn [network-logs]",
        ),
        (
            vec![ordinary_posts(), live_stream()],
            "keep-until 2027-02-01 store-only: consent-withdrawn [live-stream]",
        ),
        (
            vec![unverified(ordinary_posts())],
            "keep store-only: nothing-verified []",
        ),
        (
            vec![laundering(), ordinary_posts()],
            "keep store-only: unknown-clock [anti-money-laundering]",
        ),
    ];
    for (proposals, expected) in &table {
        assert_eq!(summary(&decide(proposals, &withdrawn)), *expected);
    }
    let hold = Facts {
        legal_hold: true,
        ..withdrawn
    };
    assert_eq!(
        summary(&decide(&[ordinary_posts()], &hold)),
        "legal-hold store-only: legal-hold []"
    );
}

#[test]
fn a_known_moment_starts_its_clock() {
    let zone = shanghai();
    let at = |text: &str| Some(Timestamp::from_rfc3339(text).unwrap());
    let moments = Moments {
        transaction: at("2024-02-29T12:00:00+08:00"),
        relationship_end: at("2030-12-31T23:59:59+08:00"),
        ..Moments::default()
    };
    let facts = Facts {
        moments,
        ..facts(&zone)
    };
    assert_eq!(
        summary(&decide(&[commerce()], &facts)),
        "keep-until 2027-02-28: longest-floor [transactions]"
    );
    assert_eq!(
        summary(&decide(&[laundering(), securities()], &facts)),
        "keep-until 2044-02-01: longest-floor [securities-records]"
    );
    let decision = decide(&[laundering()], &facts);
    assert_eq!(decision.decided_by[0].starts.unwrap().to_string(), "2030-12-31");
    assert_eq!(
        summary(&decision),
        "keep-until 2040-12-31: longest-floor [anti-money-laundering]"
    );
}

#[test]
fn what_is_certain_is_told_although_a_clock_is_unknown() {
    let zone = shanghai();
    let decision = decide(&[securities(), laundering()], &facts(&zone));
    assert_eq!(decision.floor_until.unwrap().to_string(), "2044-02-01");
    assert_eq!(decision.until, None);
}

#[test]
fn the_day_is_that_of_the_zone() {
    assert_eq!(
        decide(&[logs()], &facts(&Zone::utc())).until.unwrap().to_string(),
        "2024-07-29"
    );
    assert_eq!(
        decide(&[logs()], &facts(&shanghai())).until.unwrap().to_string(),
        "2024-07-30"
    );
    let month = Some(Period {
        years: 0,
        months: 1,
        days: 0,
    });
    let month = [rule("month", "x", "", ClockStart::Message, month, None)];
    assert_eq!(
        decide(&month, &facts(&Zone::utc())).until.unwrap().to_string(),
        "2024-02-29",
        "31 January and a month"
    );
    let long = [rule("ever", "x", "", ClockStart::Message, Some(years(36_500)), None)];
    assert_eq!(decide(&long, &facts(&Zone::utc())).until, Some(Day::MAX));
}

#[test]
fn the_stored_form_stays_as_it_is() {
    let decision = decide(&[securities()], &facts(&shanghai()));
    let stored = r#"{"disposition":"keep-until","until":"2044-02-01","floor_until":"2044-02-01","store_only":false,"why":"longest-floor","decided_by":[{"rule":"securities-records","law":"证券法","article":"137","clock":"message","starts":"2024-02-01","floor_until":"2044-02-01","ceiling_until":null,"verified":true}]}"#;
    assert_eq!(serde_json::to_string(&decision).unwrap(), stored);
    assert_eq!(serde_json::from_str::<Decision>(stored).unwrap(), decision);
}

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

fn proposal() -> impl Strategy<Value = Proposal> {
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
    (period(), period(), clock, any::<bool>()).prop_map(|(floor, ceiling, clock, verified)| Proposal {
        verified,
        ..rule("r", "l", "a", clock, floor, ceiling)
    })
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_000_i64).prop_map(|millis| Timestamp::from_millis(millis).unwrap())
}

static UTC: Zone = Zone::utc();

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
    fn a_floor_never_shortens(mut proposals in prop::collection::vec(proposal(), 0..5), added in proposal(), facts in any_facts()) {
        let before = decide(&proposals, &facts);
        proposals.push(Proposal { floor: added.floor.or(Some(years(1))), ceiling: None, ..added });
        let after = decide(&proposals, &facts);
        let allowed = !matches!(before.why, Why::NoRule | Why::NothingVerified);
        prop_assert!(!allowed || earliest(&after) >= earliest(&before), "{before:?}\n{after:?}");
    }

    #[test]
    fn an_unverified_figure_never_brings_a_disposal_nearer(mut proposals in prop::collection::vec(proposal(), 0..5), added in proposal(), facts in any_facts()) {
        let before = decide(&proposals, &facts);
        proposals.push(unverified(added));
        let after = decide(&proposals, &facts);
        prop_assert!(earliest(&after) >= earliest(&before), "{before:?}\n{after:?}");
        let unverified: Vec<_> = proposals.into_iter().map(unverified).collect();
        prop_assert_eq!(earliest(&decide(&unverified, &facts)), Earliest::Never);
    }

    #[test]
    fn a_legal_hold_outweighs_everything(proposals in prop::collection::vec(proposal(), 0..5), facts in any_facts()) {
        let held = decide(&proposals, &Facts { legal_hold: true, ..facts });
        prop_assert_eq!((held.disposition, held.until), (Disposition::LegalHold, None));
    }

    /// No floor that runs is ever cut, whatever else is proposed, with consent or without.
    #[test]
    fn every_floor_is_kept(proposals in prop::collection::vec(proposal(), 1..5), facts in any_facts()) {
        let decision = decide(&proposals, &facts);
        for proposal in &proposals {
            let Some(floor) = proposal.floor else { continue };
            let start = facts.start_of(proposal.clock);
            let kept_to = start.map_or(Earliest::Never, |start| Earliest::After(floor.last_day(start)));
            prop_assert!(earliest(&decision) >= kept_to, "{decision:?}");
        }
        prop_assert_eq!(decision.until.is_some(), decision.disposition == Disposition::KeepUntil);
        if let Some(until) = decision.until {
            prop_assert!(!decision.allows_disposal_on(until));
            prop_assert!(until == Day::MAX || decision.allows_disposal_on(until.plus(0, 1)));
        }
    }

    #[test]
    fn the_order_of_proposals_means_nothing(proposals in prop::collection::vec(proposal(), 0..5), facts in any_facts()) {
        let forth = decide(&proposals, &facts);
        let mut back = decide(proposals.iter().rev(), &facts);
        back.decided_by.reverse();
        prop_assert_eq!(forth, back);
    }
}
