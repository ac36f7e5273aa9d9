//! Cases: how they are written, and how a verdict is compared with one.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use crate::common::{CASES, PackFolder};
use proviso_model::message::{Direction, Kind, PartyClass};
use proviso_model::retention::{ClockStart, Proposal};
use proviso_model::verdict::{
    AttributedProposal, Factor, Fault, FaultCause, Finding, Reason, Score, Severity, Verdict, Withheld,
};
use proviso_model::{Digest, Timestamp};
use proviso_pack::{Case, Pack};
use std::sync::Arc;

fn pack(cases: &str) -> Pack {
    let folder = PackFolder::new();
    folder.write("cases/promises.toml", cases);
    folder.open().unwrap_or_else(|error| panic!("{:#?}", error.problems))
}

fn one(case: &str) -> Case {
    pack(&format!("[[case]]\nname = \"it\"\n{case}\n")).cases()[0].clone()
}

fn verdict(case: &Case) -> Verdict {
    Verdict {
        message: case.messages.last().unwrap().id.clone(),
        generation: Digest::of(b""),
        input: Digest::of(b""),
        packs: [].into(),
        preceding: Vec::new(),
        truncated: false,
        withheld: None,
        held: false,
        findings: Vec::new(),
        proposals: Vec::new(),
        scores: Vec::new(),
        faults: Vec::new(),
    }
}

fn finding(rule: &str, severity: Severity, text: &str) -> Finding {
    Finding {
        pack: "acme/house-rules".into(),
        policy: "promises".into(),
        rule: rule.to_owned(),
        severity,
        spans: Vec::new(),
        text: text.to_owned(),
        reason: Reason::default(),
        shadow: false,
    }
}

#[test]
fn a_text_is_a_message_from_an_employee_to_a_customer() {
    let pack = pack(CASES);
    let case = &pack.cases()[1];
    assert_eq!(
        (case.name.as_str(), case.file.as_str(), case.line),
        ("harmless", "cases/promises.toml", 6)
    );
    let [message] = case.messages.as_slice() else {
        panic!("one message")
    };
    assert_eq!(message.id.to_string(), "case/case/promises-1-0");
    assert_eq!(
        (message.kind, message.direction, message.text.as_str()),
        (Kind::Text, Direction::Outbound, "你好")
    );
    assert_eq!(
        (message.sender.id.as_str(), message.recipients[0].id.as_str()),
        ("employee-1", "customer-1")
    );
    assert_eq!(message.conversation, "promises-1");
    assert_eq!(
        message.sent_at,
        Timestamp::from_rfc3339("2026-01-05T10:00:00+08:00").unwrap()
    );
    assert_eq!(case.expect, Some(Vec::new()));
}

#[test]
fn messages_may_say_everything_themselves() {
    let case = one(r#"
before = [ "早上好", { text = "红包", sent_at = 2026-01-05T12:00:00+08:00, from = { id = "wm1", class = "external" } } ]
every = "5m"
message = { kind = "red-packet", from = { id = "li", class = "employee", department = "wealth" }, to = [ "wm2", { id = "wm1", class = "external" } ], amount = { minor_units = 20000, currency = "CNY" }, attachments = [ { name = "a.xlsx", size_bytes = 3 } ], links = [ "https://example.com" ], id = "m9", conversation = "room", tenant = "bank", channel = "wecom" }
expect = []
"#);
    let [first, second, last] = case.messages.as_slice() else {
        panic!("three messages")
    };
    assert_eq!((first.text.as_str(), first.direction), ("早上好", Direction::Outbound));
    assert_eq!(
        (second.direction, second.recipients[0].class),
        (Direction::Inbound, PartyClass::Employee)
    );
    assert_eq!(second.sent_at.as_millis() - first.sent_at.as_millis(), 2 * 3_600_000);
    assert_eq!(last.sent_at.as_millis() - second.sent_at.as_millis(), 5 * 60_000);
    assert_eq!(last.id.to_string(), "bank/wecom/m9");
    assert_eq!(
        (last.kind, last.conversation.as_str(), last.sender.department.as_str()),
        (Kind::RedPacket, "room", "wealth")
    );
    assert_eq!(
        (last.recipients[0].class, last.recipients[1].class),
        (PartyClass::Unknown, PartyClass::External)
    );
    assert_eq!(last.amount.as_ref().map(|amount| amount.minor_units), Some(20_000));
    assert_eq!((last.attachments[0].size_bytes, last.links.len()), (3, 1));
}

#[test]
fn every_problem_has_its_place() {
    let folder = PackFolder::new();
    folder.write(
        "cases/bad.toml",
        r#"[[case]]
name = "one"
text = "a"

[[case]]
name = "one"
text = "a"
message = { text = "a" }
expect = [ { policy = "none", rule = "R", severity = "worst", colour = 1 } ]

[[case]]
name = "three"
before = [ { kind = "gift", to = [ { id = "x", klass = "external" } ] } ]
message = { sent_at = "tomorrow", amount = { minor_units = -1, currency = "yuan" } }
every = "5 minutes"
expect_score = { at_least = 60, at_most = 30 }
settings = { none = { a = 1 } }

[[case]]
name = "four"
expects = []
"#,
    );
    folder.write(
        "cases/settings.toml",
        "[[case]]\nname = \"s\"\ntext = \"a\"\nexpect = []\nsettings = { promises = { level = \"x\" } }\n",
    );
    let problems = folder.problems();
    for expected in [
        "cases/bad.toml:1:1: the case expects nothing",
        "cases/bad.toml:6:8: \"one\" is the name of two cases",
        "cases/bad.toml:8:11: the case has `text` and `message`",
        "cases/bad.toml:9:23: \"none\" is not a policy of this pack: expected one of promises",
        "cases/bad.toml:9:38: \"R\" is not the name of a rule",
        "cases/bad.toml:9:54: `severity` is \"worst\"",
        "cases/bad.toml:9:63: unknown key `colour`",
        "cases/bad.toml:13:48: `to[0].klass`: unknown field",
        "cases/bad.toml:14:46: `amount.minor_units`: invalid value: integer `-1`, expected a whole number, 0 or more",
        "cases/bad.toml:15:9: `every` is \"5 minutes\"",
        "cases/bad.toml:16:16: `policy` is missing here",
        "cases/bad.toml:16:16: no score is at least 60 and at most 30",
        "cases/bad.toml:17:14: \"none\" is not a policy",
        "cases/bad.toml:19:1: the case has no message",
        "cases/bad.toml:21:1: unknown key `expects`",
    ] {
        assert!(
            problems.iter().any(|found| found.starts_with(expected)),
            "{expected}\nis not in\n{}",
            problems.join("\n")
        );
    }
    folder.remove("cases/bad.toml");
    assert_eq!(
        folder.problems(),
        [r#"cases/settings.toml:1: settings of case "s", /promises/level: "x" is not one of "low" or "high""#]
    );
}

#[test]
fn findings_are_compared_in_any_order() {
    let case = one(r#"text = "a"
expect = [ { rule = "a" }, { policy = "promises", rule = "a", severity = "high", text = "保本" } ]"#);
    let mut verdict = verdict(&case);
    let mismatches = |verdict: &Verdict| case.mismatches(verdict, |_| false);
    assert_eq!(
        mismatches(&verdict),
        [
            "expected rule a, found nothing",
            "expected rule a of promises (high) on \"保本\", found nothing"
        ]
    );
    // The first expectation fits both, the second only the first: they are paired so that both are met.
    verdict.findings = vec![
        finding("a", Severity::High, "保本"),
        finding("a", Severity::Low, "保息"),
    ];
    assert_eq!(mismatches(&verdict), [] as [&str; 0]);
    verdict.findings.push(finding("b", Severity::Medium, ""));
    assert_eq!(
        mismatches(&verdict),
        ["expected nothing more, found rule b of promises (medium) on no text"]
    );
    verdict.findings.remove(0);
    assert_eq!(
        mismatches(&verdict),
        ["expected rule a of promises (high) on \"保本\", found rule b of promises (medium) on no text"]
    );
    verdict.findings.push(Finding {
        pack: "other/pack".into(),
        ..finding("c", Severity::High, "x")
    });
    assert_eq!(mismatches(&verdict).len(), 1, "other packs are no business of this one");
    assert_eq!(
        case.mismatches(&verdict, |policy| policy == "promises"),
        [] as [&str; 0]
    );
    verdict.faults.push(Fault {
        pack: "acme/house-rules".into(),
        policy: "promises".into(),
        cause: FaultCause::Trap,
        detail: "unreachable".to_owned(),
    });
    assert_eq!(
        mismatches(&verdict)[0],
        "the policy promises failed (trap): unreachable"
    );
    verdict.withheld = Some(Withheld::ConsentRefused);
    assert_eq!(
        mismatches(&verdict),
        ["no policy saw the message: its content was withheld (consent-refused)"]
    );
}

#[test]
fn retention_and_scores_are_compared() {
    let case = one(r#"text = "a"
expect_retention = [ { law = "证券法", article = "153" } ]
expect_score = { policy = "promises", at_least = 30, at_most = 60, signals = ["job-site"], no_signals = ["union"] }"#);
    let mut verdict = verdict(&case);
    assert_eq!(
        case.mismatches(&verdict, |_| false),
        [
            "expected a proposal law \"证券法\" article \"153\", found no proposal",
            "expected a score of 30 to 60 from promises, found 0.0, without factors",
            "expected the signal job-site in the score of promises, found 0.0, without factors",
        ]
    );
    let proposal = Proposal {
        rule: "records".to_owned(),
        law: "证券法".to_owned(),
        article: "153".to_owned(),
        jurisdiction: "CN".to_owned(),
        purpose: "supervision".to_owned(),
        clock: ClockStart::Message,
        floor: None,
        ceiling: None,
        verified: true,
    };
    let factor = |signal: &str| Factor {
        signal: signal.to_owned(),
        points: 40.0,
        message: "m".to_owned(),
        sent_at: case.messages[0].sent_at,
    };
    verdict.proposals = vec![Arc::new(AttributedProposal {
        pack: "acme/house-rules".into(),
        policy: "promises".into(),
        proposal: proposal.clone(),
    })];
    verdict.scores = vec![Score {
        pack: "acme/house-rules".into(),
        policy: "promises".into(),
        key: "employee-1".into(),
        value: 40.0,
        factors: vec![factor("job-site")],
    }];
    assert_eq!(case.mismatches(&verdict, |_| false), [] as [&str; 0]);
    verdict.scores[0].factors.push(factor("union"));
    Arc::make_mut(&mut verdict.proposals[0]).proposal.article = "154".to_owned();
    assert_eq!(
        case.mismatches(&verdict, |_| false),
        [
            "expected a proposal law \"证券法\" article \"153\", found a proposal of promises rule \"records\" law \"证券法\" article \"154\"",
            "expected no signal union in the score of promises, found 40.0, made of job-site 40.0, union 40.0",
        ]
    );
    assert_eq!(case.mismatches(&verdict, |_| true), [] as [&str; 0]);
}
