//! Acts that one person may not do alone: what runs is what was asked for, once, and by another's approval.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::disposal::{clock, disposing, due, hold, place};
use crate::log::whole;
use crate::support::{Write, at, batch, entry, fresh, id, wei};
use proviso_archive::{
    Archive, Change, CommitError, Deciding, Disposing, NewRequest, Receipt, Request, RequestRefusal, RequestedAct,
    RequestedMessage,
};
use proviso_model::{Digest, Principal, PrincipalKind, Timestamp};

pub(crate) fn li() -> Principal {
    Principal::new(PrincipalKind::Person, "li").unwrap()
}

fn later(millis: i64) -> Timestamp {
    at(clock().as_millis() + millis)
}

pub(crate) fn act(disposing: &Disposing) -> RequestedAct {
    let messages = disposing.messages.iter().map(|going| RequestedMessage {
        arrival: going.arrival,
        grounds: going.digest(),
    });
    RequestedAct::Disposal {
        messages: messages.collect(),
        rules: vec!["证券法 153: at least P20Y".into()],
    }
}

pub(crate) fn request(act: RequestedAct) -> NewRequest {
    NewRequest {
        tenant: "bank".into(),
        act,
        reason: "their time is over".into(),
        second_person: true,
        not_before: clock(),
        ends_at: later(60_000),
        at: clock(),
    }
}

pub(crate) async fn ask(archive: &Archive, request: &NewRequest) -> Request {
    let request = NewRequest {
        at: clock().min(request.not_before),
        ..request.clone()
    };
    match archive.commit(Change::Ask(&request), &wei()).await.unwrap() {
        Receipt::Request { number } => {
            let mut last = archive.requests(i64::MAX, 1).await.unwrap();
            assert_eq!((last[0].number, &last[0].asked), (number, &request));
            last.remove(0)
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn decide(
    archive: &Archive,
    request: &Request,
    approve: bool,
    by: &Principal,
) -> Result<(), RequestRefusal> {
    let deciding = Deciding {
        request: request.number,
        digest: request.digest,
        approve,
        note: "looked at",
        at: clock(),
    };
    refusal(archive.commit(Change::Decide(&deciding), by).await).map(|_| ())
}

pub(crate) async fn run(archive: &Archive, request: i64, disposing: &Disposing) -> Result<u64, RequestRefusal> {
    let disposing = Disposing {
        at: clock(),
        request: Some(request),
        ..disposing.clone()
    };
    match refusal(archive.commit(Change::Dispose(&disposing), &wei()).await)? {
        Receipt::Disposed(report) => Ok(report.disposed),
        other => panic!("{other:?}"),
    }
}

fn refusal(receipt: Result<Receipt, CommitError>) -> Result<Receipt, RequestRefusal> {
    match receipt {
        Ok(receipt) => Ok(receipt),
        Err(CommitError::Request(refusal)) => Err(refusal),
        Err(other) => panic!("{other}"),
    }
}

async fn with_three(folder: &tempfile::TempDir) -> Archive {
    let archive = fresh(folder).await;
    let entries = vec![due("m1", 1), due("m2", 2), due("m3", 3), entry("m4", 4)];
    archive.ingest(&batch(entries)).await.unwrap();
    archive
}

#[tokio::test]
async fn what_was_asked_for_runs_once_when_another_has_approved_it() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_three(&folder).await;
    let going = disposing(&[1, 2]);
    let asked = ask(&archive, &request(act(&going))).await;
    let number = asked.number;
    assert_eq!(
        run(&archive, number, &going).await,
        Err(RequestRefusal::NotApproved(number))
    );
    let own = decide(&archive, &asked, true, &wei()).await;
    assert!(matches!(own, Err(RequestRefusal::OwnRequest { .. })), "{own:?}");
    let host = decide(&archive, &asked, true, &Principal::system("intake")).await;
    assert!(matches!(host, Err(RequestRefusal::NoPerson(_))), "{host:?}");
    let mut another = asked.clone();
    another.digest = Digest::of(b"another act");
    let other = decide(&archive, &another, true, &li()).await;
    assert_eq!(other, Err(RequestRefusal::OtherAct(number)));
    decide(&archive, &asked, true, &li()).await.unwrap();
    let twice = decide(&archive, &asked, false, &li()).await;
    assert!(
        matches!(twice, Err(RequestRefusal::Decided { approved: true, .. })),
        "{twice:?}"
    );

    // Another message, or the same one by another rule, is another act.
    assert_eq!(
        run(&archive, number, &disposing(&[1, 3])).await,
        Err(RequestRefusal::OtherAct(number))
    );
    let mut by_another = going.clone();
    by_another.messages[0].statutes[0].period = "P05Y".into();
    assert_eq!(
        run(&archive, number, &by_another).await,
        Err(RequestRefusal::OtherAct(number))
    );
    assert!(archive.show(&id("m1")).await.unwrap().is_some(), "nothing of it ran");

    // What is held meanwhile stays, and the request is used up.
    let mut held = hold();
    held.sent_from = Some(archive.show(&id("m2")).await.unwrap().unwrap().message.sent_at);
    held.sent_before = held.sent_from.map(|from| at(from.as_millis() + 1));
    place(&archive, &held).await;
    assert_eq!(run(&archive, number, &going).await, Ok(1));
    assert!(archive.show(&id("m2")).await.unwrap().is_some());
    let again = run(&archive, number, &going).await;
    assert!(matches!(again, Err(RequestRefusal::Ran { .. })), "{again:?}");
    let recorded = archive.requests(i64::MAX, 9).await.unwrap();
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0].decision.as_ref().unwrap().by, li());
    assert_eq!(recorded[0].run.as_ref().unwrap().1, wei());
    assert!(archive.open_requests(clock()).await.unwrap().is_empty());
    whole(&archive).await;
}

#[tokio::test]
async fn a_request_waits_ends_and_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_three(&folder).await;
    let going = disposing(&[1]);
    let mut waiting = request(act(&going));
    (waiting.second_person, waiting.not_before) = (false, later(50_000));
    let waits = ask(&archive, &waiting).await.number;
    let refused = run(&archive, waits, &going).await;
    assert!(matches!(refused, Err(RequestRefusal::Waiting { .. })), "{refused:?}");
    let mut short = request(act(&going));
    (short.second_person, short.ends_at) = (false, later(40));
    let ends = ask(&archive, &short).await.number;
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    let refused = run(&archive, ends, &going).await;
    assert!(matches!(refused, Err(RequestRefusal::Ended { .. })), "{refused:?}");
    // Who asked may take it back.
    let back = ask(&archive, &request(act(&going))).await;
    decide(&archive, &back, false, &wei()).await.unwrap();
    let refused = run(&archive, back.number, &going).await;
    assert!(
        matches!(refused, Err(RequestRefusal::Decided { approved: false, .. })),
        "{refused:?}"
    );
    let open: Vec<i64> = archive
        .open_requests(clock())
        .await
        .unwrap()
        .iter()
        .map(|one| one.number)
        .collect();
    assert_eq!(open, [waits]);
    assert_eq!(run(&archive, 99, &going).await, Err(RequestRefusal::Unknown(99)));
    // One that nobody else has to approve runs by itself.
    let mut alone = request(act(&going));
    alone.second_person = false;
    let alone = ask(&archive, &alone).await.number;
    assert_eq!(run(&archive, alone, &going).await, Ok(1));
    whole(&archive).await;
}

#[tokio::test]
async fn a_hold_ends_by_a_request_for_just_that() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_three(&folder).await;
    let number = place(&archive, &hold()).await;
    let asked = request(RequestedAct::HoldRelease {
        hold: number,
        note: "case closed".into(),
    });
    let asked = ask(&archive, &asked).await;
    let release = async |note| {
        let release = Change::ReleaseHold {
            hold: number,
            request: Some(asked.number),
            note,
            at: clock(),
        };
        refusal(archive.commit(release, &wei()).await).map(|_| ())
    };
    assert_eq!(
        release("case closed").await,
        Err(RequestRefusal::NotApproved(asked.number))
    );
    decide(&archive, &asked, true, &li()).await.unwrap();
    assert_eq!(
        release("something else").await,
        Err(RequestRefusal::OtherAct(asked.number))
    );
    let as_disposal = run(&archive, asked.number, &disposing(&[1])).await;
    assert_eq!(as_disposal, Err(RequestRefusal::OtherAct(asked.number)));
    release("case closed").await.unwrap();
    assert!(archive.holds().await.unwrap()[0].released.is_some());
    whole(&archive).await;
}

#[tokio::test]
async fn what_is_no_request_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_three(&folder).await;
    let right = request(act(&disposing(&[1, 2])));
    let twice = act(&disposing(&[2, 2]));
    let none = act(&disposing(&[]));
    for wrong in [
        NewRequest {
            reason: " ".into(),
            ..right.clone()
        },
        NewRequest {
            reason: "x".repeat(5_000),
            ..right.clone()
        },
        NewRequest {
            ends_at: right.not_before,
            ..right.clone()
        },
        NewRequest {
            act: twice,
            ..right.clone()
        },
        NewRequest {
            act: none,
            ..right.clone()
        },
    ] {
        let refused = refusal(archive.commit(Change::Ask(&wrong), &wei()).await);
        assert!(matches!(refused, Err(RequestRefusal::IllFormed(_))), "{refused:?}");
    }
    assert!(archive.requests(i64::MAX, 9).await.unwrap().is_empty());
}

/// What is stored for good and told in every list is no place for a file.
#[tokio::test]
async fn texts_of_orders_and_decisions_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_three(&folder).await;
    let long = "x".repeat(5_000);
    let refused = async |change: Change<'_>| match archive.commit(change, &wei()).await {
        Err(CommitError::Text { what, found }) => (what, found),
        other => panic!("{other:?}"),
    };
    let mut order = hold();
    order.reason = long.clone();
    assert_eq!(refused(Change::PlaceHold(&order)).await, ("reason", 5_000));
    order = hold();
    order.person = Some(" ".into());
    assert_eq!(refused(Change::PlaceHold(&order)).await, ("person", 1));
    let number = place(&archive, &hold()).await;
    let release = |note| Change::ReleaseHold {
        hold: number,
        request: None,
        note,
        at: clock(),
    };
    assert_eq!(refused(release(&long)).await, ("note", 5_000));
    assert_eq!(refused(release("")).await, ("note", 0));
    let asked = ask(&archive, &request(act(&disposing(&[1])))).await;
    let deciding = Deciding {
        request: asked.number,
        digest: asked.digest,
        approve: false,
        note: &long,
        at: clock(),
    };
    assert_eq!(refused(Change::Decide(&deciding)).await, ("note", 5_000));
    assert!(archive.holds().await.unwrap()[0].released.is_none());
}
