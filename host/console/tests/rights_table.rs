//! Every operation of the interface, asked by everybody. An operation that stands in no row fails.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Browser, PASSWORD, Site};
use proviso_archive::{PeopleChange, SessionEnd};
use proviso_console::document;
use proviso_console::rights::OPERATIONS;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Who asks: a name, and the roles. The first two show no session, and one that has ended.
const WHO: [(&str, &[&str]); 13] = [
    ("nobody", &[]),
    ("gone", &["compliance-lead@bank", "administrator"]),
    ("employee", &["employee@bank"]),
    ("manager", &["manager@bank"]),
    ("reviewer", &["reviewer@bank"]),
    ("lead", &["compliance-lead@bank"]),
    ("hr", &["hr@bank"]),
    ("operator", &["operator"]),
    ("auditor", &["auditor"]),
    ("admin", &["administrator"]),
    ("shop-reviewer", &["reviewer@shop"]),
    ("shop-lead", &["compliance-lead@shop"]),
    // An administrator who showed the password again.
    ("admin-again", &["administrator"]),
];

/// An operation, its body (`N` stands for the number of an alert of `bank` that nobody else asks for), and what each of [`WHO`] gets.
type Row = (&'static str, &'static str, Option<Value>, [u16; 13]);

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let password = || Some(json!({ "password": PASSWORD }));
    let role = || Some(json!({ "roles": [{ "role": "hr", "tenant": "bank" }] }));
    let once = || Some(json!({ "password_once": "another password" }));
    let add = Some(json!({ "name": "new.N", "display": "New", "password_once": "another password", "roles": [] }));
    vec![
        //                                                                                         none gone empl mana revi lead hr   oper audi admi s-re s-le agai
        ("POST",   "/api/session", Some(json!({ "name": "lead", "password": PASSWORD })),         [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
        ("DELETE", "/api/session", None,                                                          [401, 401, 204, 204, 204, 204, 204, 204, 204, 204, 204, 204, 204]),
        ("POST",   "/api/session/step-up", password(),                                            [401, 401, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
        ("GET",    "/api/me", None,                                                               [401, 401, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
        ("POST",   "/api/me/password", Some(json!({ "old": PASSWORD, "new": "another password" })), [401, 401, 204, 204, 204, 204, 204, 204, 204, 204, 204, 204, 204]),
        ("POST",   "/api/me/totp", password(),                                                    [401, 401, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
        ("POST",   "/api/me/totp/confirm", Some(json!({ "code": "000000" })),                     [401, 401, 422, 422, 422, 422, 422, 422, 422, 422, 422, 422, 422]),
        ("POST",   "/api/me/totp/remove", Some(json!({ "password": PASSWORD, "code": "000000" })), [401, 401, 422, 422, 422, 422, 422, 422, 422, 422, 422, 422, 422]),
        ("GET",    "/api/sessions", None,                                                         [401, 401, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
        ("POST",   "/api/sessions/end", Some(json!({ "number": 1 })),                             [401, 401, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
        ("GET",    "/api/alerts", None,                                                           [401, 401, 403, 200, 200, 200, 403, 403, 403, 403, 200, 200, 403]),
        ("GET",    "/api/alerts/{number}", None,                                                  [401, 401, 403, 200, 200, 200, 403, 403, 403, 403, 404, 404, 403]),
        ("POST",   "/api/alerts/{number}/decide", Some(json!({ "decision": "no-issue", "version": 0 })), [401, 401, 403, 403, 200, 200, 403, 403, 403, 403, 404, 404, 403]),
        ("POST",   "/api/alerts/{number}/undo", Some(json!({ "version": 0 })),                    [401, 401, 403, 403, 422, 422, 403, 403, 403, 403, 404, 404, 403]),
        ("POST",   "/api/alerts/{number}/assign", Some(json!({ "to": "reviewer", "version": 0 })), [401, 401, 403, 403, 200, 200, 403, 403, 403, 403, 404, 404, 403]),
        ("POST",   "/api/alerts/{number}/comment", Some(json!({ "comment": "seen" })),            [401, 401, 403, 403, 200, 200, 403, 403, 403, 403, 404, 404, 403]),
        ("POST",   "/api/alerts/{number}/reopen", Some(json!({ "reason": "again", "version": 0 })), [401, 401, 403, 403, 422, 422, 403, 403, 403, 403, 404, 404, 403]),
        ("POST",   "/api/alerts/bulk", Some(json!({ "numbers": ["N"], "expected": 1, "act": { "decide": { "decision": "no-issue" } } })),
                                                                                                  [401, 401, 403, 403, 403, 200, 403, 403, 403, 403, 403, 409, 403]),
        ("GET",    "/api/overview", None,                                                         [401, 401, 403, 200, 200, 200, 403, 200, 200, 403, 200, 200, 403]),
        ("GET",    "/api/requests", None,                                                         [401, 401, 403, 403, 403, 200, 403, 403, 403, 403, 403, 200, 403]),
        ("POST",   "/api/requests/{number}/decide", Some(json!({ "digest": "00", "approve": true, "note": "seen" })), [401, 401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
        ("POST",   "/api/requests/{number}/run", None,                                            [401, 401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
        ("GET",    "/api/users", None,                                                            [401, 401, 403, 403, 403, 403, 403, 403, 403, 200, 403, 403, 200]),
        ("POST",   "/api/users", add,                                                             [401, 401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 201]),
        ("POST",   "/api/users/{name}/roles", role(),                                             [401, 401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 204]),
        ("POST",   "/api/users/{name}/disable", None,                                             [401, 401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 204]),
        ("POST",   "/api/users/{name}/enable", None,                                              [401, 401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 422]),
        ("POST",   "/api/users/{name}/password", once(),                                          [401, 401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 204]),
        ("GET",    "/api/openapi.json", None,                                                     [401, 401, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ]
}

fn operations() -> BTreeSet<(String, String)> {
    let document = serde_json::to_value(document()).unwrap();
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            found.insert((method.to_uppercase(), path.clone()));
        }
    }
    found
}

#[test]
fn every_operation_has_a_row_and_a_right() {
    let operations = operations();
    let of_rows: BTreeSet<_> = rows()
        .into_iter()
        .map(|(method, path, ..)| (method.into(), path.into()))
        .collect();
    assert_eq!(of_rows, operations);
    let named: BTreeSet<_> = OPERATIONS
        .iter()
        .map(|(method, path, _)| ((*method).into(), (*path).into()))
        .collect();
    assert_eq!(named, operations);
    assert_eq!(OPERATIONS.len(), operations.len(), "one stands there twice");
}

/// A body with the number of the alert in its place.
fn filled(body: &Value, number: usize) -> Value {
    let text = body.to_string();
    let text = text
        .replace("\"N\"", &number.to_string())
        .replace("new.N", &format!("new.{number}"));
    serde_json::from_str(&text).unwrap()
}

async fn browsers(site: &Site) -> Vec<Option<Browser>> {
    let mut browsers = Vec::new();
    for (name, roles) in WHO {
        if name == "nobody" {
            browsers.push(None);
            continue;
        }
        site.add(name, roles).await;
        browsers.push(Some(site.browser(name).await));
    }
    let all = PeopleChange::EndAll {
        name: &crate::support::named("gone"),
        why: SessionEnd::Ended,
    };
    site.people(all).await;
    let again = browsers.last().unwrap().as_ref();
    let shown = site
        .post(again, "/api/session/step-up", json!({ "password": PASSWORD }))
        .await;
    assert_eq!(shown.status, 200, "{shown:?}");
    browsers
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_what_their_roles_allow_and_nothing_else() {
    let mut wrong = Vec::new();
    for (method, path, body, expected) in rows() {
        let site = Site::new().await;
        let browsers = browsers(&site).await;
        site.add("victim", &["employee@bank"]).await;
        site.alerts("bank", None, WHO.len()).await;
        for (place, (browser, expected)) in browsers.iter().zip(expected).enumerate() {
            let path = path
                .replace("{number}", &(place + 1).to_string())
                .replace("{name}", "victim");
            let body = body.as_ref().map(|body| filled(body, place + 1));
            let answer = site.ask(method, browser.as_ref(), &path, body).await;
            if answer.status != expected {
                let who = WHO[place].0;
                wrong.push(format!(
                    "{method} {path} by {who}: {} and not {expected}: {}",
                    answer.status, answer.text
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
