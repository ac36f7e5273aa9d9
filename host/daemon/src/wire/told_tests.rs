//! What is told and never taken back in: the form is the one on record, and a later reader reads it.

use super::*;
use crate::requests::Ran;
use crate::retention::{Asks, Planned};
use proviso_archive::certificate::{Bound, Clock, Statute};
use proviso_archive::{
    DisposalReport, Disposed, Given, Going, Hash, Hold, HoldQuery, NamedQuery, NewHold, NewRequest, Request,
    RequestDecision, RequestedAct, RequestedExport, RequestedMessage, SavedQuery,
};
use proviso_evidence::{Asked, Views};
use proviso_model::{Digest, MessageId, Timestamp};
use proviso_tables::CountsV1;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000 + millis).unwrap()
}

fn told<W: Serialize + DeserializeOwned>(golden: &str, form: &W) {
    let written = serde_json::to_string_pretty(form).unwrap();
    assert_eq!(written, golden.trim_end(), "a form is only added to under /v1/");
    // A later daemon may say more.
    let more = golden.replacen('{', "{\"later\": [1], ", 1);
    let read: W = serde_json::from_str(&more).unwrap();
    assert_eq!(serde_json::to_string_pretty(&read).unwrap(), written);
}

fn going() -> Going {
    Going {
        arrival: 7,
        statutes: vec![Statute {
            law: "证券法".into(),
            article: "153".into(),
            bound: Bound::Floor,
            period: "P20Y".into(),
            source: Hash::EMPTY,
            verified_by: "counsel".into(),
        }],
        clock: Clock {
            start: "message".into(),
            start_ms: 0,
        },
        due_ms: 1,
    }
}

#[test]
fn saved_queries_are_what_they_were() {
    let zone = Some("Asia/Shanghai");
    let query = NamedQuery::new("bank".into(), "promises".into(), "保本 from:\"wei li\"".into(), zone).unwrap();
    let saved = SavedQuery {
        number: i64::MAX,
        query,
        by: "token:li-na".parse().unwrap(),
        at: at(1),
    };
    let list = SavedQueriesV1 {
        queries: vec![saved.into()],
        next: Some(i64::MAX),
    };
    told(include_str!("golden/saved-queries-v1.json"), &list);
}

#[test]
fn what_is_offered_is_what_it_was() {
    let completed = CompletedV1 {
        replaces: (11, 14),
        offers: vec![
            OfferV1::new("\"财务 (总部)\"".into(), "value"),
            OfferV1::new("severity:".into(), "field"),
        ],
        is_cut: true,
    };
    told(include_str!("golden/completed-v1.json"), &completed);
}

#[test]
fn holds_and_plans_are_what_they_were() {
    let order = NewHold {
        tenant: "bank".into(),
        reason: "case 7".into(),
        person: Some("li.na".into()),
        conversation: None,
        sent_from: Some(at(-1)),
        sent_before: None,
        texts: Vec::new(),
        query: None,
        at: at(0),
    };
    let open = Hold {
        number: 1,
        order,
        by: "command-line:root".parse().unwrap(),
        released: None,
    };
    let mut ended = open.clone();
    ended.number = i64::MAX;
    ended.order.texts = vec!["猎鹰".into(), "Project Falcon".into()];
    ended.released = Some((at(1), "token:li-na".parse().unwrap(), "closed".into()));
    let mut by_query = open.clone();
    by_query.order.person = None;
    by_query.order.sent_from = None;
    by_query.order.query = Some(HoldQuery::new("猎鹰 since:2026-03".into(), Some("Asia/Shanghai")).unwrap());
    told(include_str!("golden/holds-v1.json"), &HoldsV1::from(vec![open, ended]));
    told(
        include_str!("golden/hold-by-query-v1.json"),
        &HoldsV1::from(vec![by_query]),
    );

    let id = |native: &str| MessageId {
        tenant: "bank".into(),
        channel: "wecom".into(),
        native: native.into(),
    };
    let planned = |native, going, asks| Planned {
        arrival: 7,
        id: Some(id(native)),
        until: Some("2026-01-31".parse().unwrap()),
        rules: vec!["orders".into()],
        going,
        asks,
    };
    let mut damaged = planned("m3", Err("it is damaged".into()), None);
    (damaged.id, damaged.until, damaged.rules) = (None, None, Vec::new());
    let plan = vec![
        planned("m1", Ok(going()), None),
        planned("m2", Ok(going()), Some(Asks::Asked(4))),
        planned("m4", Ok(going()), Some(Asks::Request)),
        damaged,
    ];
    told(include_str!("golden/plan-v1.json"), &PlanV1::from(plan));
}

fn report() -> DisposalReport {
    DisposalReport {
        disposed: 1,
        held: 2,
        waiting: 3,
        damaged: 4,
        not_due: u64::MAX,
    }
}

#[test]
fn what_went_is_told_as_it_was() {
    let page = DisposedPageV1 {
        report: report().into(),
        last: Some(i64::MAX),
    };
    told(include_str!("golden/disposed-page-v1.json"), &page);
    let disposed = Disposed {
        at: at(0),
        by: "command-line:root".parse().unwrap(),
        leaf: 9,
        place: 3,
        said: "{\"tenant\":\"bank\"}".into(),
    };
    told(include_str!("golden/disposed-v1.json"), &DisposedV1::from(disposed));
}

#[test]
fn requests_are_what_they_were() {
    let message = RequestedMessage {
        arrival: 7,
        grounds: Digest::from_bytes([7; 32]),
    };
    let asked = NewRequest {
        tenant: "bank".into(),
        act: RequestedAct::Disposal {
            messages: vec![message],
            rules: vec!["证券法 153: P20Y".into()],
        },
        reason: "their time is over".into(),
        second_person: true,
        not_before: at(10),
        ends_at: at(20),
        at: at(0),
    };
    let waits = Request {
        number: 1,
        asked,
        digest: Digest::from_bytes([1; 32]),
        by: "command-line:root".parse().unwrap(),
        decision: None,
        run: None,
    };
    let mut ran = waits.clone();
    ran.number = 2;
    ran.asked.act = RequestedAct::HoldRelease {
        hold: 3,
        note: "closed".into(),
    };
    ran.decision = Some(RequestDecision {
        approved: true,
        at: at(5),
        by: "token:second".parse().unwrap(),
        note: "seen".into(),
    });
    ran.run = Some((at(11), "command-line:root".parse().unwrap()));
    let mut export = waits.clone();
    export.asked.act = RequestedAct::Export(Box::new(RequestedExport {
        tenant: "bank".into(),
        asked: Asked::Query("保本 from:wei".into()),
        reason: "their time is over".into(),
        to: "the court".into(),
        until: Some("2027-01-31".parse().unwrap()),
        context: 3,
        zone: "Asia/Shanghai".into(),
        masked: false,
        views: Views {
            csv: true,
            ..Views::NONE
        },
        messages: 12,
        last: 40,
        chosen: Digest::from_bytes([2; 32]),
    }));
    told(
        include_str!("golden/request-export-v1.json"),
        &RequestV1::at(export, at(12)),
    );
    let requests = [ran, waits].map(|request| RequestV1::at(request, at(12)));
    let requests = RequestsV1 {
        requests: requests.into(),
    };
    told(include_str!("golden/requests-v1.json"), &requests);
    let asked = AskedV1 {
        requests: vec![1, i64::MAX],
        messages: Some(513),
    };
    told(include_str!("golden/asked-v1.json"), &asked);
    let disposal = RanV1::from(Ran::Disposal(report()));
    told(include_str!("golden/ran-disposal-v1.json"), &disposal);
    let release = RanV1::from(Ran::HoldRelease(3));
    told(include_str!("golden/ran-release-v1.json"), &release);
}

#[test]
fn keys_are_told_as_they_were() {
    let key = |tenant: Option<&str>, version, destroyed, records| KeyV1 {
        tenant: tenant.map(Into::into),
        version,
        suite: "sm4-gcm".into(),
        created: Some(at(0)),
        destroyed,
        fingerprint: "0123456789abcdef".into(),
        records,
    };
    let keys = KeysV1 {
        keys: vec![
            key(None, 1, Some(at(1)), Some(0)),
            key(Some("bank"), 2, None, Some(u64::MAX)),
        ],
        unreadable: vec![UnreadableV1 {
            tenant: String::new(),
            version: 3,
            why: "there is no such version".into(),
            records: 4,
        }],
    };
    told(include_str!("golden/keys-v1.json"), &keys);
    let rotated = RotatedV1 {
        key: key(None, 3, None, None),
        rewrapped: 5,
    };
    told(include_str!("golden/rotated-v1.json"), &rotated);
}

#[test]
fn exports_are_told_as_they_were() {
    let given = Given {
        number: u64::MAX,
        manifest: "00ff".repeat(16),
        messages: 3,
        matches: 1,
        conversations: 2,
        leaf: 7,
        key: "proviso.archive/1+00000000+AA==".into(),
    };
    told(include_str!("golden/given-v1.json"), &GivenV1::from(given));
    let text = Some("李娜".into());
    told(include_str!("golden/unmasked-v1.json"), &UnmaskedV1 { text });
    let counts = CountsV1 {
        messages: 3,
        findings: 2,
        retention: 4,
    };
    let tabled = TabledV1::new(7, "00ff".repeat(16), counts);
    told(include_str!("golden/tabled-v1.json"), &tabled);
    let asked: ExportV1 = serde_json::from_str("{\"query\":\"x\",\"reason\":\"y\",\"to\":\"z\"}").unwrap();
    assert_eq!((asked.masked, asked.forms, asked.context), (false, None, None));
}
