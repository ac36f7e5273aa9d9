//! Requests of two persons, as those see and decide on them who may.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Answer, Browser, PASSWORD, Site, named};
use proviso_archive::{Change, NewHold, NewRequest, PeopleChange, Receipt, RequestedAct};
use proviso_model::Timestamp;
use serde_json::{Value, json};

/// Somebody who showed the password again.
async fn lead(site: &Site, name: &str, role: &str) -> Browser {
    site.add(name, &[role]).await;
    let browser = site.browser(name).await;
    let shown = json!({ "password": PASSWORD });
    assert_eq!(
        site.post(Some(&browser), "/api/session/step-up", shown).await.status,
        200
    );
    browser
}

/// Asks for the end of a hold of the bank's; its number.
async fn asked(site: &Site, by: &str) -> i64 {
    let at = Timestamp::from_millis(1_700_000_000_000).unwrap();
    let hold = NewHold {
        tenant: "bank".into(),
        reason: "a case".into(),
        person: Some("zhang.wei".into()),
        conversation: None,
        sent_from: None,
        sent_before: None,
        texts: Vec::new(),
        query: None,
        at,
    };
    let by = named(by).principal();
    site.archive.commit(Change::PlaceHold(&hold), &by).await.unwrap();
    let holds = site.archive.holds().await.unwrap();
    let request = NewRequest {
        tenant: "bank".into(),
        act: RequestedAct::HoldRelease {
            hold: holds.iter().map(|hold| hold.number).max().unwrap(),
            note: "the case is closed".into(),
        },
        reason: "nothing is wanted any more".into(),
        second_person: true,
        not_before: at,
        ends_at: Timestamp::from_millis(1_900_000_000_000).unwrap(),
        at,
    };
    match site.archive.commit(Change::Ask(&request), &by).await.unwrap() {
        Receipt::Request { number } => number,
        other => panic!("{other:?}"),
    }
}

async fn row(site: &Site, browser: &Browser, query: &str) -> Value {
    let list = site.get(Some(browser), &format!("/api/requests?{query}")).await.json();
    list["requests"][0].clone()
}

async fn decide(site: &Site, browser: &Browser, row: &Value, approve: bool) -> Answer {
    let path = format!("/api/requests/{}/decide", row["number"]);
    let body = json!({ "digest": row["digest"], "approve": approve, "note": "looked at" });
    site.post(Some(browser), &path, body).await
}

async fn run(site: &Site, browser: &Browser, number: i64) -> Answer {
    let path = format!("/api/requests/{number}/run");
    site.ask("POST", Some(browser), &path, None).await
}

#[tokio::test]
async fn what_one_asked_for_another_approves_and_it_runs_once() {
    let site = Site::new().await;
    let asks = lead(&site, "asks", "compliance-lead@bank").await;
    let approves = lead(&site, "approves", "compliance-lead@bank").await;
    let number = asked(&site, "asks").await;
    let own = row(&site, &asks, "").await;
    assert_eq!((&own["may_approve"], &own["may_refuse"]), (&json!(false), &json!(true)));
    assert_eq!(decide(&site, &asks, &own, true).await.status, 422, "not by who asked");
    assert_eq!(
        run(&site, &asks, number).await.code(),
        "not-possible",
        "not before somebody approved it"
    );
    let seen = row(&site, &approves, "tenant=bank&act=hold-release").await;
    assert_eq!(seen["may_approve"], true);
    let mut other = seen.clone();
    other["digest"] = json!(format!("sha256:{}", "0".repeat(64)));
    assert_eq!(decide(&site, &approves, &other, true).await.code(), "changed");
    let decided = decide(&site, &approves, &seen, true).await.json();
    assert_eq!(
        (&decided["state"], &decided["may_run"]),
        (&json!("may-run"), &json!(true))
    );
    assert_eq!(decide(&site, &approves, &seen, false).await.status, 422, "not twice");
    assert_eq!(run(&site, &asks, number).await.json()["state"], "ran");
    assert_eq!(run(&site, &asks, number).await.status, 422, "not twice");
    assert_eq!(row(&site, &asks, "").await, json!(null));
    assert_eq!(row(&site, &asks, "view=run").await["run_by"], "person:asks");
}

#[tokio::test]
async fn nobody_sees_or_decides_on_requests_of_another_tenant() {
    let site = Site::new().await;
    let _asks = lead(&site, "asks", "compliance-lead@bank").await;
    let mine = lead(&site, "mine", "compliance-lead@bank").await;
    let foreign = lead(&site, "foreign", "compliance-lead@shop").await;
    let number = asked(&site, "asks").await;
    assert_eq!(row(&site, &foreign, "tenant=bank").await, json!(null));
    let seen = row(&site, &mine, "").await;
    assert_eq!(decide(&site, &foreign, &seen, true).await.status, 404);
    assert_eq!(run(&site, &foreign, number).await.status, 404);
}

#[tokio::test]
async fn what_somebody_asked_for_who_is_no_lead_any_more_does_not_run() {
    let site = Site::new().await;
    let _asks = lead(&site, "asks", "compliance-lead@bank").await;
    let approves = lead(&site, "approves", "compliance-lead@bank").await;
    let number = asked(&site, "asks").await;
    let seen = row(&site, &approves, "").await;
    assert_eq!(decide(&site, &approves, &seen, true).await.status, 200);
    let roles = &["reviewer@bank".parse().unwrap()];
    site.people(PeopleChange::Roles {
        name: &named("asks"),
        roles,
    })
    .await;
    let refused = run(&site, &approves, number).await;
    assert_eq!(refused.code(), "not-possible");
    assert!(refused.text.contains("person:asks asked for request"), "{refused:?}");
}
