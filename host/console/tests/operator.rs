//! Users by the operator's token, as `proviso user` changes them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{PASSWORD, Site, named};
use proviso_console::password::{Password, hash};
use serde_json::{Value, json};

fn hashed() -> String {
    hash(&Password::shown(PASSWORD.into())).unwrap().as_str().to_owned()
}

fn add(name: &str, hash: &str) -> Value {
    let roles = json!([{ "role": "administrator", "tenant": null, "departments": [] }]);
    json!({ "change": "add", "name": name, "display": "Li Na", "person": null, "hash": hash, "roles": roles })
}

#[tokio::test]
async fn the_first_user_comes_by_the_operator_and_signs_in() {
    let site = Site::new().await;
    let added = site.operator("POST", "/v1/users", Some(add("li.na", &hashed()))).await;
    assert_eq!(added.status, 200, "{added:?}");
    assert_eq!(
        site.sign_in("li.na", PASSWORD).await.json()["must_change_password"],
        true
    );
    let users = site.operator("GET", "/v1/users?after=0", None).await.json();
    assert_eq!(users["users"][0]["added_by"], "command-line:root");
    assert_eq!(users["next"], Value::Null);
    for (change, expected) in [
        (json!({ "change": "password", "name": "li.na", "hash": hashed() }), 200),
        (json!({ "change": "end-sessions", "name": "li.na" }), 200),
        (json!({ "change": "remove-totp", "name": "li.na" }), 422),
        (json!({ "change": "state", "name": "li.na", "disabled": true }), 422),
        (json!({ "change": "roles", "name": "li.na", "roles": [] }), 422),
        (json!({ "change": "state", "name": "nobody", "disabled": true }), 404),
        (add("Li", &hashed()), 400),
        (add("li.na", &hashed()), 422),
        (json!({ "change": "forget", "name": "li.na" }), 400),
    ] {
        let answer = site.operator("POST", "/v1/users", Some(change.clone())).await;
        assert_eq!(answer.status.as_u16(), expected, "{change} {answer:?}");
    }
    let sessions = site.operator("GET", "/v1/users/sessions?name=li.na", None).await.json();
    assert_eq!(sessions["sessions"][0]["why"], "password");
    assert_eq!(
        site.operator("GET", "/v1/users/sessions?name=nobody", None)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_hash_that_is_easily_guessed_from_is_not_taken() {
    let site = Site::new().await;
    let ours = hashed();
    for bad in [
        ours.replace("m=19456", "m=8"),
        ours.replace("t=2", "t=1"),
        PASSWORD.to_owned(),
        "$1$salt$md5".to_owned(),
        format!("${}", "a".repeat(600)),
    ] {
        let answer = site.operator("POST", "/v1/users", Some(add("li.na", &bad))).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(!answer.text.contains(&bad), "{}", answer.text);
    }
    assert_eq!(site.archive.user(&named("li.na")).await.unwrap(), None);
}
