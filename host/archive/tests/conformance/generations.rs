//! Generations are recorded once; the history tells what was done with them.

use crate::support::{Write, activation, activation_again, at, generation, wei};
use proviso_archive::{
    Activated, Activation, Archive, Cause, Change, CommitError, FailedSet, Receipt, Status, TrustRecord,
};
use proviso_model::{Digest, Principal, Problem};

fn reload(generation: Activated, cause: Cause, millis: i64) -> Activation {
    Activation {
        generation,
        trust: None,
        at: at(millis),
        cause,
        why: "ticket 7".into(),
        changed: "promissory-language: severity high".into(),
    }
}

pub(crate) async fn the_history_tells_what_is_in_force_and_what_failed(archive: Archive) {
    assert_eq!(archive.active_generation().await.unwrap(), Some(generation("first")));
    let second = reload(Activated::Built(generation("second")), Cause::Reload, 2);
    assert_eq!(archive.activate(&second).await.unwrap(), 2);
    let failed = FailedSet {
        at: at(3),
        cause: Cause::Reload,
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
    let receipt = archive
        .commit(Change::FailedSet(&failed), &Principal::system("watch"))
        .await
        .unwrap();
    assert_eq!(receipt, Receipt::History { entry: 3 });
    let first = reload(Activated::Recorded(Digest::of(b"first")), Cause::Rollback, 4);
    archive.activate(&first).await.unwrap();

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
        (history[0].at, &history[0].who, history[0].why.as_str()),
        (at(4), &wei(), "ticket 7")
    );
    assert_eq!(history[1].who, Principal::system("watch"));
    assert_eq!(history[0].changed, "promissory-language: severity high");
    assert_eq!(archive.history(1).await.unwrap().len(), 1);
    assert_eq!(archive.active_generation().await.unwrap(), Some(generation("first")));
}

pub(crate) async fn a_generation_its_trust_file_and_the_history_are_one_change(archive: Archive) {
    let trust = TrustRecord {
        at: at(2),
        file: Some("trust.toml".into()),
        text: "a".into(),
    };
    let mut unknown = activation_again("never recorded", 2);
    unknown.trust = Some(trust.clone());
    let error = archive.activate(&unknown).await.unwrap_err();
    assert!(
        matches!(error, CommitError::UnknownGeneration { generation } if generation == Digest::of(b"never recorded"))
    );
    assert_eq!(archive.last_trust().await.unwrap(), None, "nothing of it is kept");
    assert_eq!(archive.history(10).await.unwrap().len(), 1);

    let mut second = activation(generation("second"), 3);
    second.trust = Some(trust.clone());
    archive.activate(&second).await.unwrap();
    assert_eq!(archive.last_trust().await.unwrap(), Some(trust));
    assert_eq!(archive.active_generation().await.unwrap(), Some(generation("second")));

    // Recorded again, a generation stays as it was.
    let mut later = generation("first");
    later.recorded_at = at(1);
    archive.activate(&activation(later, 4)).await.unwrap();
    assert_eq!(archive.active_generation().await.unwrap(), Some(generation("first")));
}
