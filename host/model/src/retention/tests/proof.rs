//! The tree, its text and its stored form; contradictions between statements of one rule.

use super::*;
use proviso_rows::each_row;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A floor that decides, a ceiling behind it, one that nobody verified, one of unknown clock elsewhere, and a law that ended.
fn example() -> (Vec<Proposal>, Laws) {
    let securities = Proposal {
        law: "证券法".to_owned(),
        article: "第一百三十七条".to_owned(),
        ..rule("securities", Some("P20Y"), None)
    };
    let house = rule("house", None, Some("P3Y6M10D"));
    let habit = unverified(rule("habit", Some("P6M"), Some("P1Y")));
    let ended = rule("ended", Some("P5Y"), None);
    let laws = Laws::new([
        RuleOfLaw {
            from: Some(day("2020-03-01")),
            source: Some(Source {
                title: "中华人民共和国证券法（2019年修订）".to_owned(),
                url: Some("https://example.org/137".to_owned()),
                text: SourceText::Digest(crate::Digest::of(b"text")),
            }),
            verification: Some(Verification {
                by: "An Office\u{1b}[2J".to_owned(),
                on: day("2026-11-01"),
            }),
            ..stated(&securities, "test/pack")
        },
        RuleOfLaw {
            counting: Some(Counting::Latest),
            ..stated(&house, "test/pack")
        },
        RuleOfLaw {
            source: Some(Source {
                title: "a commentary".to_owned(),
                url: None,
                text: SourceText::Secondary,
            }),
            ..stated(&habit, "test/pack")
        },
        RuleOfLaw {
            to: Some(day("2023-12-31")),
            ..stated(&ended, "test/pack")
        },
    ]);
    (vec![securities, house, habit], laws)
}

fn proof_of(proposals: &[Proposal], laws: &Laws, facts: &Facts<'_>) -> Proof {
    prove(proposals.iter().map(|one| proposed("test/pack", one)), laws, facts)
}

#[test]
fn the_tree_says_in_both_languages_why_each_rule_counts_or_does_not() {
    let (proposals, laws) = example();
    let proof = proof_of(&proposals, &laws, &sent("2024-02-29T12:00:00Z", &UTC));
    assert_eq!(proof.to_text(Language::En), include_str!("../golden/proof-en.txt"));
    assert_eq!(proof.to_text(Language::Zh), include_str!("../golden/proof-zh.txt"));
}

/// The file never changes: certificates hold it.
#[test]
fn a_proof_of_form_1_is_read_and_written_byte_for_byte() {
    let (proposals, laws) = example();
    let proof = proof_of(&proposals, &laws, &sent("2024-02-29T12:00:00Z", &UTC));
    let stored = include_str!("../golden/proof-v1.json").trim_end();
    assert_eq!(proof.to_json(), stored);
    assert_eq!(Proof::from_json(stored).unwrap(), proof);
    let other = stored.replacen(r#"{"form":1,"#, r#"{"form":2,"#, 1);
    assert!(
        Proof::from_json(&other)
            .unwrap_err()
            .to_string()
            .contains("it is of form 2")
    );
    let more = stored.replacen(r#"{"form":1,"#, r#"{"form":1,"more":0,"#, 1);
    assert!(Proof::from_json(&more).is_err(), "an unknown key");
}

/// Proposals, what else is known, and the standing of each bound.
type Row = (Vec<Proposal>, fn(Facts<'static>) -> Facts<'static>, Vec<Standing>);

#[test]
fn each_standing_is_told_where_it_belongs() {
    let floor = |period| rule("floor", Some(period), None);
    let ceiling = |name: &str, period| rule(name, None, Some(period));
    let unknown = Proposal {
        clock: ClockStart::DisputeEnd,
        ..rule("unknown", Some("P1Y"), None)
    };
    let withdrawn = |facts: Facts<'static>| Facts {
        consent_withdrawn: true,
        ..facts
    };
    let held = |facts: Facts<'static>| Facts {
        legal_hold: true,
        ..facts
    };
    let plain = |facts: Facts<'static>| facts;
    let table: Vec<Row> = vec![
        (
            vec![floor("P5Y"), rule("shorter", Some("P1Y"), None)],
            plain,
            vec![Standing::Decides, Standing::LongerFloorWins],
        ),
        (
            vec![floor("P1Y"), ceiling("long", "P3Y"), ceiling("short", "P2Y")],
            plain,
            vec![
                Standing::EndsBeforeCeiling,
                Standing::ShorterCeilingWins,
                Standing::Decides,
            ],
        ),
        (
            vec![floor("P5Y"), ceiling("short", "P2Y"), ceiling("long", "P9Y")],
            plain,
            vec![
                Standing::Decides,
                Standing::FloorRunsLonger,
                Standing::ShorterCeilingWins,
            ],
        ),
        (
            vec![floor("P5Y"), unknown, unverified(ceiling("habit", "P1Y"))],
            plain,
            vec![Standing::NotReached, Standing::UnknownClock, Standing::NotVerified],
        ),
        (
            vec![floor("P5Y"), ceiling("short", "P2Y")],
            withdrawn,
            vec![Standing::Decides, Standing::ConsentGone],
        ),
        (
            vec![floor("P5Y"), ceiling("short", "P2Y")],
            held,
            vec![Standing::NotReached, Standing::NotReached],
        ),
        (
            vec![floor("P5Y"), floor("P6Y"), ceiling("other", "P1Y")],
            plain,
            vec![Standing::Contradicts, Standing::Contradicts, Standing::NotReached],
        ),
    ];
    each_row(table, |(proposals, with, expected)| {
        let facts = with(sent("2024-02-01T12:00:00Z", &UTC));
        let proof = proof_of(&proposals, Laws::NONE, &facts);
        let bounds = proof
            .rules
            .iter()
            .flat_map(|rule| rule.floor.into_iter().chain(rule.ceiling));
        assert_eq!(bounds.map(|bound| bound.standing).collect::<Vec<_>>(), expected);
    });
}

#[test]
fn a_ceiling_out_of_effect_is_told_and_destroys_nothing() {
    let house = rule("house", Some("P1Y"), Some("P3Y"));
    let laws = Laws::new([RuleOfLaw {
        to: Some(day("2024-01-31")),
        ..stated(&house, "test/pack")
    }]);
    let proof = proof_of(&[house], &laws, &sent("2024-02-01T12:00:00Z", &UTC));
    assert_eq!(proof.rules[0].ceiling.unwrap().standing, Standing::NotInEffect);
    assert_eq!(summary(&proof.decision), "keep-until 2025-02-01: longest-floor [house]");
    assert_eq!(proof.outside.len(), 1);
}

/// What two statements of one rule contradict each other in.
fn about(one: &RuleOfLaw, other: &RuleOfLaw, proposals: &[(&str, &Proposal)]) -> Option<About> {
    let laws = Laws::new([one.clone(), other.clone()]);
    let facts = sent("2024-02-01T12:00:00Z", &UTC);
    let proposals = proposals.iter().map(|(pack, one)| proposed(pack, one));
    let proof = prove(proposals, &laws, &facts);
    assert!(proof.contradictions.len() <= 1, "{:?}", proof.contradictions);
    let about = proof.contradictions.first().map(|one| one.about);
    assert_eq!(about.is_some(), proof.decision.why == Why::Contradiction);
    about
}

#[test]
fn statements_of_one_rule_contradict_each_other_only_where_it_matters() {
    let floor = rule("securities", Some("P20Y"), None);
    let here = stated(&floor, "test/here");
    let there = |from: &str| RuleOfLaw {
        from: Some(day(from)),
        ..stated(&floor, "test/there")
    };
    let alone = [("test/here", &floor)];
    assert_eq!(about(&here, &there("2020-03-01"), &alone), None, "both are in effect");
    assert_eq!(about(&here, &there("2025-01-01"), &alone), Some(About::Dates));
    let unverified_there = RuleOfLaw {
        verified: false,
        ..there("2025-01-01")
    };
    assert_eq!(about(&here, &unverified_there, &alone), None, "it is not verified");
    let another_article = RuleOfLaw {
        article: "2".to_owned(),
        ..there("2025-01-01")
    };
    assert_eq!(about(&here, &another_article, &alone), None, "another provision");

    let again = RuleOfLaw {
        counting: Some(Counting::UsRule6),
        ..here.clone()
    };
    assert_eq!(about(&here, &again, &alone), Some(About::StatedTwice));
    let words = RuleOfLaw {
        source: Some(Source {
            title: "another print".to_owned(),
            url: None,
            text: SourceText::Unstated,
        }),
        ..here.clone()
    };
    assert_eq!(about(&here, &words, &alone), None, "the same days come out");

    let ten = rule("securities", Some("P10Y"), None);
    let both = [("test/here", &floor), ("test/there", &ten)];
    assert_eq!(about(&here, &there("2020-03-01"), &both), Some(About::Amounts));
    let ten_unverified = unverified(ten);
    let both = [("test/here", &floor), ("test/there", &ten_unverified)];
    assert_eq!(about(&here, &there("2020-03-01"), &both), None);
    let order = RuleOfLaw {
        ceiling_is_mandatory: true,
        ..stated(&rule("destroy", None, Some("P5Y")), "test/there")
    };
    let destroy = rule("destroy", None, Some("P5Y"));
    let both = [("test/here", &floor), ("test/there", &destroy)];
    assert_eq!(about(&here, &order, &both), Some(About::OrderedDestruction));
    let purpose = stated(&destroy, "test/there");
    assert_eq!(about(&here, &purpose, &both), None, "a purpose's ceiling gives way");
}
