//! Generations are recorded once; the history tells what was done with them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{at, fresh, generation};
use proviso_archive::{ActivateError, Activation, Archive, Cause, FailedSet, Status};
use proviso_model::{Digest, Problem};

fn activation(name: &str, cause: Cause, millis: i64) -> Activation {
    Activation {
        generation: Digest::of(name.as_bytes()),
        at: at(millis),
        cause,
        who: "wei".into(),
        why: "ticket 7".into(),
        changed: "promissory-language: severity high".into(),
    }
}

#[tokio::test]
async fn the_history_tells_what_is_in_force_and_what_failed() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    assert_eq!(archive.active_generation().await.unwrap(), None);
    archive.record_generation(&generation("second")).await.unwrap();
    archive
        .activate_generation(&activation("first", Cause::Start, 1))
        .await
        .unwrap();
    archive
        .activate_generation(&activation("second", Cause::Reload, 2))
        .await
        .unwrap();
    let failed = FailedSet {
        at: at(3),
        cause: Cause::Reload,
        who: "file watch".into(),
        why: String::new(),
        set_file: "policies/demo.toml".into(),
        set_text: Some("[[apply]\n".into()),
        problems: vec![
            Problem {
                file: "policies/demo.toml".into(),
                line: 1,
                column: 9,
                message: "expected `]`".into(),
            },
            Problem::in_file("policies/x.toml", "not there"),
        ],
    };
    archive.record_failed_set(&failed).await.unwrap();
    archive
        .activate_generation(&activation("first", Cause::Rollback, 4))
        .await
        .unwrap();

    let history = archive.history(10).await.unwrap();
    let summary: Vec<_> = history
        .iter()
        .map(|entry| (entry.entry, entry.status, entry.cause))
        .collect();
    assert_eq!(
        summary,
        [
            (4, Status::Active, Cause::Rollback),
            (3, Status::Failed, Cause::Reload),
            (2, Status::Superseded, Cause::Reload),
            (1, Status::Superseded, Cause::Start),
        ]
    );
    assert_eq!((history[1].generation, &history[1].problems), (None, &failed.problems));
    assert_eq!(history[1].set_file, "policies/demo.toml");
    assert_eq!(
        (history[0].at, history[0].who.as_str(), history[0].why.as_str()),
        (at(4), "wei", "ticket 7")
    );
    assert_eq!(history[0].changed, "promissory-language: severity high");
    assert_eq!(archive.history(1).await.unwrap().len(), 1);
    assert_eq!(archive.active_generation().await.unwrap(), Some(generation("first")));
}

#[tokio::test]
async fn a_generation_is_recorded_once() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    let mut later = generation("first");
    later.recorded_at = at(1);
    archive.record_generation(&later).await.unwrap();
    archive.record_generation(&generation("second")).await.unwrap();
    let error = archive
        .activate_generation(&activation("third", Cause::Start, 1))
        .await
        .unwrap_err();
    assert!(matches!(error, ActivateError::Unknown { generation } if generation == Digest::of(b"third")));
    archive.close().await;

    let reader = Archive::open_readonly(&path).await.unwrap();
    assert_eq!(
        reader.generations().await.unwrap(),
        [generation("second"), generation("first")]
    );
    assert_eq!(
        reader.generation(&Digest::of(b"first")).await.unwrap(),
        Some(generation("first"))
    );
    assert_eq!(reader.generation(&Digest::of(b"third")).await.unwrap(), None);
    let first = Digest::of(b"first");
    for prefix in [first.to_string(), first.short(), first.hex()[..4].to_uppercase()] {
        assert_eq!(
            reader.find_generations(&prefix).await.unwrap(),
            [generation("first")],
            "{prefix}"
        );
    }
    for prefix in ["", "sha256:", "*", "[a-f]"] {
        assert_eq!(reader.find_generations(prefix).await.unwrap(), [], "{prefix}");
    }
}
