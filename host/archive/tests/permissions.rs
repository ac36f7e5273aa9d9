//! What is permitted: each change is told, and nothing twice.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::log::whole;
use crate::support::{at, fresh, raw_connection, wei};
use proviso_archive::{ABOUT_BYTES_MAX, Archive, Change, CommitError, Permission, Permissions, Receipt};
use proviso_model::Principal;

/// Says what a token may do; how many permissions changed by it.
pub(crate) async fn permit(archive: &Archive, permits: Option<&str>) -> u64 {
    let feed = permits.map(|permits| Permission {
        about: "token:feed".into(),
        permits: permits.into(),
        by: Some(wei()),
    });
    let operator = Permission {
        about: "token:operator".into(),
        permits: "{}".into(),
        by: None,
    };
    let permissions = Permissions {
        at: at(3),
        all: feed.into_iter().chain([operator]).collect(),
    };
    let by = Principal::system("permissions");
    match archive.commit(Change::Permissions(&permissions), &by).await.unwrap() {
        Receipt::Permissions { changed } => changed,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_permitted_is_told_once_for_each_change() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let (may_not, may) = (Some(r#"{"content":false}"#), Some(r#"{"content":true}"#));
    let mut changed = Vec::new();
    for permits in [may_not, may_not, may, None, None, may_not] {
        changed.push(permit(&archive, permits).await);
    }
    assert_eq!(changed, [2, 0, 1, 1, 0, 1]);
    let mut connection = raw_connection(archive.path()).await;
    let history: Vec<(String, Option<String>, String)> =
        sqlx::query_as("SELECT about, permits, who FROM permission_history WHERE about = 'token:feed' ORDER BY entry")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let said: Vec<_> = history.iter().map(|(_, permits, _)| permits.as_deref()).collect();
    assert_eq!(said, [may_not, may, None, may_not]);
    let who: Vec<_> = history.iter().map(|(_, _, who)| who.as_str()).collect();
    assert_eq!(who[0], wei().to_string());
    assert_eq!(who[2], "system:permissions", "who took it out of the file is not known");
    whole(&archive).await;
    archive.close().await;
}

#[tokio::test]
async fn what_a_permission_is_about_has_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let of = |about: String| Permissions {
        at: at(3),
        all: vec![Permission {
            about,
            permits: "{}".into(),
            by: None,
        }],
    };
    let by = Principal::system("permissions");
    let most = of("保".repeat(ABOUT_BYTES_MAX / 3));
    archive.commit(Change::Permissions(&most), &by).await.unwrap();
    for about in [String::new(), "保".repeat(ABOUT_BYTES_MAX / 3 + 1)] {
        let refused = archive.commit(Change::Permissions(&of(about.clone())), &by).await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused, CommitError::Permission { .. }), "{refused}");
        let told = refused.to_string();
        assert!(
            told.contains(&format!("has {} bytes", about.len())) && told.len() < 300,
            "{told}"
        );
    }
    archive.close().await;
}
