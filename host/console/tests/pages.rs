//! The pages, and what no browser may do with them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::Site;

#[tokio::test]
async fn a_page_runs_nothing_that_is_not_the_consoles_own() {
    let site = Site::new().await;
    for path in ["/console/", "/console/alerts/7", "/console/assets/nothing.js"] {
        let answer = site.get(None, path).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self';",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{part} in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(answer.headers["cross-origin-resource-policy"], "same-origin");
    }
    let page = site.get(None, "/console/").await;
    assert_eq!(page.headers["cache-control"], "no-store");
    // A build without pages says how they are made.
    match page.status.as_u16() {
        200 => assert!(page.text.contains("<html"), "{page:?}"),
        404 => assert!(page.text.contains("host/console/web/build.sh"), "{page:?}"),
        other => panic!("{other}"),
    }
    for path in ["/", "/console"] {
        let answer = site.get(None, path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.headers["location"].to_str().unwrap()),
            (303, "/console/")
        );
    }
}
