//! Sessions: what ends them, and who may send what in them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Browser, MINUTE, PASSWORD, Site, named};
use axum::body::Body;
use axum::http::Request;
use proviso_archive::PeopleChange;
use proviso_console::CSRF_HEADER;
use serde_json::json;

async fn status(site: &Site, browser: &Browser) -> u16 {
    site.get(Some(browser), "/api/me").await.status.as_u16()
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_after_half_a_day() {
    let site = Site::new().await;
    site.add("li.na", &["reviewer@bank"]).await;
    let idle = site.browser("li.na").await;
    let used = site.browser("li.na").await;
    site.later(29 * MINUTE);
    assert_eq!(status(&site, &used).await, 200);
    site.later(MINUTE);
    assert_eq!(status(&site, &idle).await, 401);
    assert_eq!(status(&site, &used).await, 200);
    site.later(-25 * MINUTE);
    assert_eq!(
        status(&site, &idle).await,
        401,
        "a clock that goes back does not bring it again"
    );
    site.later(25 * MINUTE);
    let mut minutes = 30;
    while minutes + 20 < 12 * 60 {
        site.later(20 * MINUTE);
        minutes += 20;
        assert_eq!(status(&site, &used).await, 200, "after {minutes} minutes");
    }
    site.later((12 * 60 - minutes) * MINUTE);
    assert_eq!(status(&site, &used).await, 401);
    let ended = site.archive.sessions_of(&named("li.na"), 9).await.unwrap();
    let why: Vec<_> = ended
        .iter()
        .map(|one| one.ended.as_ref().map(|(.., why)| why.as_str()))
        .collect();
    assert_eq!(why, [None, Some("idle")]);
}

#[tokio::test]
async fn what_becomes_of_a_user_ends_the_sessions_at_once() {
    let site = Site::new().await;
    site.add("li.na", &["reviewer@bank"]).await;
    let name = named("li.na");
    let browser = site.browser("li.na").await;
    let roles = ["employee@bank".parse().unwrap()];
    let roles = PeopleChange::Roles {
        name: &name,
        roles: &roles,
    };
    site.people(roles).await;
    assert_eq!(status(&site, &browser).await, 401);
    let browser = site.browser("li.na").await;
    let disabled = PeopleChange::Disabled {
        name: &name,
        disabled: true,
    };
    site.people(disabled).await;
    assert_eq!(status(&site, &browser).await, 401);
    assert_eq!(site.sign_in("li.na", PASSWORD).await.status, 401);
}

#[tokio::test]
async fn one_signs_out_and_ends_ones_other_sessions_and_nobody_elses() {
    let site = Site::new().await;
    for name in ["li.na", "zhao"] {
        site.add(name, &["reviewer@bank"]).await;
    }
    let (first, second) = (site.browser("li.na").await, site.browser("li.na").await);
    let other = site.browser("zhao").await;
    let listed = site.get(Some(&second), "/api/sessions").await.json();
    let listed: Vec<_> = listed["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["number"].clone(), one["current"].clone()))
        .collect();
    assert_eq!(listed, [(json!(2), json!(true)), (json!(1), json!(false))]);
    let foreign = site
        .post(Some(&second), "/api/sessions/end", json!({ "number": 3 }))
        .await;
    assert_eq!(foreign.status, 404);
    assert_eq!(status(&site, &other).await, 200);
    assert_eq!(
        site.post(Some(&second), "/api/sessions/end", json!({ "number": 1 }))
            .await
            .status,
        204
    );
    assert_eq!(status(&site, &first).await, 401);
    let out = site.ask("DELETE", Some(&second), "/api/session", None).await;
    assert_eq!(out.status, 204);
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(status(&site, &second).await, 401);
}

/// What another site may have a browser send, with the cookie of whoever is signed in.
#[tokio::test]
async fn only_its_own_pages_change_something() {
    let site = Site::new().await;
    site.add("li.na", &["reviewer@bank"]).await;
    let (victim, own) = (site.browser("li.na").await, site.browser("li.na").await);
    let here = Some("http://127.0.0.1:8787");
    for (csrf, origin, expected) in [
        (None, None, 403),
        (Some("x"), here, 403),
        (Some(victim.csrf.as_str()), here, 403),
        (Some(own.csrf.as_str()), Some("https://evil.example"), 403),
        (Some(own.csrf.as_str()), Some("null"), 403),
        (Some(own.csrf.as_str()), here, 204),
    ] {
        let mut request = Request::builder().method("POST").uri("/api/sessions/end");
        request = request.header("host", "127.0.0.1:8787").header("cookie", &own.cookie);
        if let Some(csrf) = csrf {
            request = request.header(CSRF_HEADER, csrf);
        }
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let body = Body::from(json!({ "number": 1 }).to_string());
        let answer = site
            .send(request.header("content-type", "application/json").body(body).unwrap())
            .await;
        assert_eq!(answer.status.as_u16(), expected, "{csrf:?} {origin:?} {answer:?}");
        if expected == 403 {
            assert_eq!(answer.code(), "foreign-origin");
            assert_eq!(status(&site, &victim).await, 200, "nothing was changed");
        }
    }
    let signs_in = json!({ "name": "li.na", "password": PASSWORD }).to_string();
    let request = Request::builder()
        .method("POST")
        .uri("/api/session")
        .header("host", "127.0.0.1:8787");
    let request = request
        .header("origin", "https://evil.example")
        .header("content-type", "application/json");
    let answer = site.send(request.body(Body::from(signs_in)).unwrap()).await;
    assert_eq!(answer.code(), "foreign-origin", "nobody is signed in by another site");
}

#[tokio::test]
async fn nothing_is_there_beside_the_operations() {
    let site = Site::new().await;
    site.add("li.na", &["administrator"]).await;
    let browser = site.browser("li.na").await;
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/me/",
        "/api/users/li.na",
        "/v1/users",
    ] {
        assert_eq!(site.get(Some(&browser), path).await.status, 404, "{path}");
    }
    let other = site.ask("PUT", Some(&browser), "/api/me", None).await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (403, "not-permitted"));
    // What `GET` may, `HEAD` may, and no more.
    assert_eq!(site.ask("HEAD", None, "/api/users", None).await.status, 403);
}
