//! Signing in: what is shown, how often one may fail, and the second factor.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Browser, MINUTE, PASSWORD, Site, named};
use axum::body::Body;
use axum::http::{Request, header};
use proviso_archive::PeopleChange;
use serde_json::json;
use totp_rs::Builder;

/// The browser of an answer to a sign-in.
fn browser_of(answer: &crate::support::Answer) -> Browser {
    Browser {
        cookie: answer.cookie(),
        csrf: answer.json()["csrf"].as_str().unwrap().to_owned(),
    }
}

#[tokio::test]
async fn a_sign_in_gives_a_cookie_that_no_script_reads() {
    for (lines, name, secure) in [
        ("", "proviso_session=", false),
        ("[console]\nhttps = true\n", "__Host-proviso_session=", true),
    ] {
        let site = Site::with(lines).await;
        site.add("li.na", &["reviewer@bank/sales", "employee@bank"]).await;
        let answer = site.sign_in("li.na", PASSWORD).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.starts_with(name), "{cookie}");
        for flag in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=43200"] {
            assert!(cookie.contains(flag), "{flag} in {cookie}");
        }
        assert_eq!(cookie.ends_with("; Secure"), secure, "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        let me = answer.json();
        assert_eq!(me["name"], "li.na");
        assert_eq!(
            me["rights"],
            json!(["see-alerts", "decide", "assign", "see-overview", "see-own"])
        );
        let departments = json!({ "role": "reviewer", "tenant": "bank", "departments": ["sales"] });
        assert_eq!(
            me["roles"],
            json!([{ "role": "employee", "tenant": "bank", "departments": [] }, departments])
        );
        let again = site.get(Some(&browser_of(&answer)), "/api/me").await;
        assert_eq!(again.json(), me);
    }
}

#[tokio::test]
async fn what_is_wrong_nobody_is_told() {
    let site = Site::new().await;
    site.add("li.na", &["reviewer@bank"]).await;
    site.add("gone", &["reviewer@bank"]).await;
    let disabled = PeopleChange::Disabled {
        name: &named("gone"),
        disabled: true,
    };
    site.people(disabled).await;
    let mut told = Vec::new();
    for (name, password) in [
        ("li.na", "wrong"),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("No Name!", PASSWORD),
    ] {
        let answer = site.sign_in(name, password).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (401, "sign-in-failed"),
            "{name}"
        );
        assert!(answer.headers.get(header::SET_COOKIE).is_none());
        told.push(answer.text);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(site.archive.sessions_of(&named("gone"), 9).await.unwrap(), []);
}

#[tokio::test]
async fn whoever_fails_five_times_waits_and_the_log_is_told() {
    let site = Site::new().await;
    site.add("li.na", &["reviewer@bank"]).await;
    for _ in 0..5 {
        assert_eq!(site.sign_in("li.na", "wrong").await.code(), "sign-in-failed");
    }
    let waits = site.sign_in("li.na", PASSWORD).await;
    assert_eq!((waits.status.as_u16(), waits.code().as_str()), (429, "busy"));
    assert_eq!(waits.headers[header::RETRY_AFTER], "10");
    let elsewhere = site.sign_in("zhao", PASSWORD).await;
    assert_eq!(elsewhere.code(), "busy", "the address waits too");
    let told = site.told().await;
    let refused: Vec<_> = told.iter().filter(|(kind, _)| kind == "sign-in-refused").collect();
    assert_eq!(refused.len(), 1);
    assert!(
        refused[0].1.contains("li.na") && !refused[0].1.contains("wrong"),
        "{refused:?}"
    );
    site.later(10_000);
    assert_eq!(site.sign_in("li.na", "wrong").await.code(), "sign-in-failed");
    site.later(10_000);
    assert_eq!(site.sign_in("li.na", PASSWORD).await.code(), "busy", "the wait doubled");
    site.later(10_000);
    assert_eq!(site.sign_in("li.na", PASSWORD).await.status, 200);
    // The row ended: there are five free ones again.
    assert_eq!(site.sign_in("li.na", "wrong").await.code(), "sign-in-failed");
    assert_eq!(site.sign_in("li.na", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_sign_in_takes_no_session_over_and_leaves_none_behind() {
    let site = Site::new().await;
    site.add("li.na", &["reviewer@bank"]).await;
    // A cookie that somebody else put there is not taken.
    let planted = Browser {
        cookie: format!("proviso_session={}", "ab".repeat(32)),
        csrf: String::new(),
    };
    let shown = json!({ "name": "li.na", "password": PASSWORD });
    let first = site.post(Some(&planted), "/api/session", shown.clone()).await;
    assert_eq!(first.status, 200);
    assert_ne!(first.cookie(), planted.cookie);
    assert_eq!(site.get(Some(&planted), "/api/me").await.status, 401);
    let first = browser_of(&first);
    let second = site.post(Some(&first), "/api/session", shown).await;
    assert_ne!(second.cookie(), first.cookie);
    assert_eq!(site.get(Some(&first), "/api/me").await.status, 401, "it ended");
    assert_eq!(site.get(Some(&browser_of(&second)), "/api/me").await.status, 200);
}

#[tokio::test]
async fn a_first_password_opens_nothing_but_the_way_to_another() {
    let site = Site::new().await;
    site.add_new("li.na", &["reviewer@bank", "administrator"]).await;
    let answer = site.sign_in("li.na", PASSWORD).await;
    assert_eq!(answer.json()["must_change_password"], true);
    let browser = browser_of(&answer);
    for path in ["/api/alerts", "/api/users", "/api/sessions", "/api/openapi.json"] {
        let refused = site.get(Some(&browser), path).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (403, "password-change-wanted"),
            "{path}"
        );
    }
    for (old, new, code) in [
        (PASSWORD, "short", "bad-request"),
        (PASSWORD, PASSWORD, "bad-request"),
        ("wrong", "another password", "sign-in-failed"),
    ] {
        let change = json!({ "old": old, "new": new });
        let refused = site.post(Some(&browser), "/api/me/password", change).await;
        assert_eq!(refused.code(), code, "{new}");
        assert!(!refused.text.contains(new), "{}", refused.text);
    }
    let other = site.browser("li.na").await;
    let change = json!({ "old": PASSWORD, "new": "another password" });
    assert_eq!(site.post(Some(&browser), "/api/me/password", change).await.status, 204);
    assert_eq!(
        site.get(Some(&browser), "/api/alerts").await.status,
        200,
        "the session goes on"
    );
    assert_eq!(
        site.get(Some(&other), "/api/me").await.status,
        401,
        "the others have ended"
    );
    assert_eq!(site.sign_in("li.na", PASSWORD).await.code(), "sign-in-failed");
    assert_eq!(site.sign_in("li.na", "another password").await.status, 200);
}

/// The code of a secret that a page was given.
fn code(secret: &str, site: &Site) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in secret.chars() {
        bits = bits << 5 | LETTERS.find(letter).unwrap() as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    let secret: [u8; 20] = bytes.try_into().unwrap();
    let totp = Builder::new().with_secret(secret).build_noncompliant();
    totp.generate((site.now().as_millis() / 1_000) as u64).to_string()
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_a_code_counts_once() {
    let site = Site::new().await;
    site.add("li.na", &["administrator"]).await;
    site.add("zhao", &["administrator"]).await;
    let browser = site.browser("li.na").await;
    let wrong = site
        .post(Some(&browser), "/api/me/totp", json!({ "password": "wrong" }))
        .await;
    assert_eq!(wrong.code(), "sign-in-failed");
    let begun = site
        .post(Some(&browser), "/api/me/totp", json!({ "password": PASSWORD }))
        .await;
    let secret = begun.json()["secret"].as_str().unwrap().to_owned();
    assert!(begun.json()["uri"].as_str().unwrap().contains(&secret));
    assert_eq!(
        site.sign_in("li.na", PASSWORD).await.status,
        200,
        "it does not count before its first code"
    );
    let of_another = site.browser("zhao").await;
    let confirm = json!({ "code": code(&secret, &site) });
    let refused = site
        .post(Some(&of_another), "/api/me/totp/confirm", confirm.clone())
        .await;
    assert_eq!(refused.code(), "not-possible");
    let refused = site
        .post(Some(&browser), "/api/me/totp/confirm", json!({ "code": "12345" }))
        .await;
    assert_eq!(refused.code(), "sign-in-failed");
    assert_eq!(
        site.post(Some(&browser), "/api/me/totp/confirm", confirm).await.status,
        204
    );
    assert_eq!(site.get(Some(&browser), "/api/me").await.json()["totp"], true);

    let shown = |code: Option<String>| json!({ "name": "li.na", "password": PASSWORD, "code": code });
    assert_eq!(site.post(None, "/api/session", shown(None)).await.code(), "code-wanted");
    let wrong = json!({ "name": "li.na", "password": "wrong" });
    assert_eq!(
        site.post(None, "/api/session", wrong).await.code(),
        "sign-in-failed",
        "not before the password"
    );
    let used = site.post(None, "/api/session", shown(Some(code(&secret, &site)))).await;
    assert_eq!(used.code(), "sign-in-failed", "it was used to confirm");
    site.later(30_000);
    let now = code(&secret, &site);
    assert_eq!(
        site.post(None, "/api/session", shown(Some(now.clone()))).await.status,
        200
    );
    assert_eq!(
        site.post(None, "/api/session", shown(Some(now.clone()))).await.code(),
        "sign-in-failed"
    );
    let again = json!({ "password": PASSWORD, "code": now });
    assert_eq!(
        site.post(Some(&browser), "/api/session/step-up", again).await.code(),
        "sign-in-failed"
    );
    let without = json!({ "password": PASSWORD });
    assert_eq!(
        site.post(Some(&browser), "/api/session/step-up", without).await.code(),
        "code-wanted"
    );
    site.later(MINUTE);
    let again = json!({ "password": PASSWORD, "code": code(&secret, &site) });
    assert_eq!(
        site.post(Some(&browser), "/api/session/step-up", again.clone())
            .await
            .status,
        200
    );
    let used = site.post(Some(&browser), "/api/me/totp/remove", again).await;
    assert_eq!(used.code(), "sign-in-failed", "the code was used");
    site.later(MINUTE);
    let last = json!({ "password": PASSWORD, "code": code(&secret, &site) });
    assert_eq!(site.post(Some(&browser), "/api/me/totp/remove", last).await.status, 204);
    assert_eq!(site.sign_in("li.na", PASSWORD).await.status, 200);
    for (_, said) in site.told().await {
        assert!(!said.contains(&secret), "{said}");
    }
}

#[tokio::test]
async fn a_body_has_a_form_and_an_error_quotes_nothing_of_it() {
    let site = Site::new().await;
    let send = async |form: &'static str, body: String| {
        let request = Request::builder()
            .method("POST")
            .uri("/api/session")
            .header("host", "127.0.0.1:8787");
        let request = request.header("content-type", form).body(Body::from(body));
        site.send(request.unwrap()).await
    };
    let json = "application/json";
    for (form, body, status) in [
        (json, r#"{"name":"li","password":12345678901234}"#.to_owned(), 400),
        (
            json,
            r#"{"name":"li","password":"hunter2hunter2","more":1}"#.to_owned(),
            400,
        ),
        (json, r#"{"name":"li","password":"hunter2hunter2""#.to_owned(), 400),
        (json, String::new(), 400),
        (
            "text/plain",
            r#"{"name":"li","password":"hunter2hunter2"}"#.to_owned(),
            415,
        ),
        (
            "application/x-www-form-urlencoded",
            "name=li&password=hunter2hunter2".to_owned(),
            415,
        ),
        (
            json,
            format!(r#"{{"name":"li","password":"{}"}}"#, "x".repeat(300 << 10)),
            413,
        ),
    ] {
        let answer = send(form, body).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        for secret in ["hunter2", "12345678901234"] {
            assert!(!answer.text.contains(secret), "{}", answer.text);
        }
    }
}
