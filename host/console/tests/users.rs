//! Users, as an administrator changes them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Browser, MINUTE, PASSWORD, Site};
use serde_json::json;

async fn administrator(site: &Site) -> Browser {
    site.add("admin", &["administrator"]).await;
    let browser = site.browser("admin").await;
    let shown = site
        .post(Some(&browser), "/api/session/step-up", json!({ "password": PASSWORD }))
        .await;
    assert!(shown.json()["step_up_until"].is_string(), "{shown:?}");
    browser
}

#[tokio::test]
async fn a_user_is_added_and_works_after_the_first_password_was_changed() {
    let site = Site::new().await;
    let admin = administrator(&site).await;
    let new = json!({
        "name": "li.na", "display": "李娜", "password_once": "the first one",
        "roles": [{ "role": "reviewer", "tenant": "bank", "departments": ["sales"] }],
        "person": { "tenant": "bank", "number": "1001" },
    });
    assert_eq!(site.post(Some(&admin), "/api/users", new.clone()).await.status, 201);
    assert_eq!(
        site.post(Some(&admin), "/api/users", new).await.code(),
        "not-possible",
        "a name is given once"
    );
    let users = site.get(Some(&admin), "/api/users").await.json();
    let li = &users["users"][1];
    assert_eq!(
        (&li["name"], &li["disabled"], &li["last_sign_in"]),
        (&json!("li.na"), &json!(false), &json!(null))
    );
    assert_eq!(li["added_by"], "person:admin");
    let answer = site.sign_in("li.na", "the first one").await;
    assert_eq!(answer.json()["must_change_password"], true);
    assert!(!users.to_string().contains("argon2"));
}

#[tokio::test]
async fn what_an_administrator_does_wants_the_password_again_after_a_while() {
    let site = Site::new().await;
    let admin = administrator(&site).await;
    site.add("li.na", &["employee@bank"]).await;
    let roles = json!({ "roles": [{ "role": "reviewer", "tenant": "bank" }] });
    assert_eq!(
        site.post(Some(&admin), "/api/users/li.na/roles", roles.clone())
            .await
            .status,
        204
    );
    site.later(10 * MINUTE);
    let late = site.post(Some(&admin), "/api/users/li.na/roles", roles).await;
    assert_eq!((late.status.as_u16(), late.code().as_str()), (403, "step-up-wanted"));
    let other = site.browser("admin").await;
    let disable = site.ask("POST", Some(&other), "/api/users/li.na/disable", None).await;
    assert_eq!(disable.code(), "step-up-wanted", "each session shows it for itself");
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let site = Site::new().await;
    let admin = administrator(&site).await;
    site.add("li.na", &["employee@bank"]).await;
    let user = |key: &str, value: serde_json::Value| {
        let mut user = json!({ "name": "zhao", "display": "Zhao", "password_once": "the first one", "roles": [] });
        user[key] = value;
        user
    };
    for (path, body, status) in [
        ("/api/users", user("name", json!("Zhao")), 400),
        ("/api/users", user("password_once", json!("short")), 400),
        ("/api/users", user("display", json!(" ")), 400),
        ("/api/users", user("roles", json!([{ "role": "boss" }])), 400),
        ("/api/users", user("roles", json!([{ "role": "reviewer" }])), 400),
        (
            "/api/users",
            user("roles", json!([{ "role": "administrator", "tenant": "bank" }])),
            400,
        ),
        ("/api/users", user("more", json!(1)), 400),
        (
            "/api/users/li.na/roles",
            json!({ "roles": [{ "role": "auditor", "tenant": "bank", "departments": ["x"] }] }),
            400,
        ),
        ("/api/users/nobody/roles", json!({ "roles": [] }), 404),
        ("/api/users/NOBODY/roles", json!({ "roles": [] }), 404),
        ("/api/users/admin/roles", json!({ "roles": [] }), 422),
        (
            "/api/users/admin/password",
            json!({ "password_once": "the first one" }),
            422,
        ),
        ("/api/users/li.na/password", json!({ "password_once": "short" }), 400),
    ] {
        let answer = site.post(Some(&admin), path, body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {body} {answer:?}");
    }
    let oneself = site.ask("POST", Some(&admin), "/api/users/admin/disable", None).await;
    assert_eq!(oneself.status, 422);
    assert_eq!(site.archive.users(0, 9).await.unwrap().len(), 2);
}
