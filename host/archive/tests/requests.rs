//! Acts that one person may not do alone: what runs is what was asked for, once, and by another's approval.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::disposal::{clock, disposing, due, hold, place};
use crate::evidence::{self, all_of, filled};
use crate::log::whole;
use crate::support::{Write, at, batch, entry, fresh, id, wei};
use proviso_archive::{
    Archive, Change, Chosen, CommitError, Deciding, Disposing, ExportError, ExportRequest, ExportRun, Given,
    NewRequest, NoPacks, Receipt, Request, RequestRefusal, RequestedAct, RequestedMessage,
};
use proviso_evidence::tar::TarWriter;
use proviso_evidence::{Asked, Role};
use proviso_model::time::Zone;
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

/// An export as it runs by a request.
pub(crate) fn by(request: i64, export: &ExportRequest) -> ExportRequest {
    ExportRequest {
        request: Some(ExportRun {
            number: request,
            tenant: "bank".into(),
        }),
        ..export.clone()
    }
}

pub(crate) async fn made(
    archive: &Archive,
    export: &ExportRequest,
    chosen: &[Chosen],
) -> Result<Given, RequestRefusal> {
    let tar = TarWriter::new(Vec::new());
    match archive.export(tar, export, chosen, &NoPacks, &wei(), clock).await {
        Ok((_, given)) => Ok(given),
        Err(ExportError::Commit(CommitError::Request(refusal))) => Err(refusal),
        Err(other) => panic!("{other}"),
    }
}

async fn exports_told(archive: &Archive) -> usize {
    let leaves = archive.log(None, 1_000).await.unwrap();
    let entries = leaves.iter().flat_map(|leaf| &leaf.entries);
    entries.filter(|entry| entry.kind == "exported").count()
}

#[tokio::test]
async fn an_export_gives_away_just_what_another_approved_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let all = all_of(&archive).await;
    let (chosen, export) = (&all[..3], evidence::request());
    let mut asked = request(export.act("bank", chosen));
    asked.reason.clone_from(&export.reason);
    let asked = ask(&archive, &asked).await;
    let number = asked.number;
    let run = by(number, &export);
    assert_eq!(
        made(&archive, &run, chosen).await,
        Err(RequestRefusal::NotApproved(number))
    );
    let own = decide(&archive, &asked, true, &wei()).await;
    assert!(matches!(own, Err(RequestRefusal::OwnRequest { .. })), "{own:?}");
    decide(&archive, &asked, true, &li()).await.unwrap();

    // Each thing that decides what is given away, and to whom.
    let changes: [fn(&mut ExportRequest); 9] = [
        |export| export.asked = Asked::Query("另一个".into()),
        |export| export.asked = Asked::Conversation("bank/chat/x".into()),
        |export| export.reason = "another".into(),
        |export| export.to = "somebody else".into(),
        |export| export.until = None,
        |export| export.context += 1,
        |export| export.zone = Zone::utc(),
        |export| export.masked = !export.masked,
        |export| export.views.csv = !export.views.csv,
    ];
    for change in changes {
        let mut other = run.clone();
        change(&mut other);
        let refused = made(&archive, &other, chosen).await;
        assert_eq!(refused, Err(RequestRefusal::OtherAct(number)), "{other:?}");
    }
    let mut of_another = run.clone();
    of_another.request.as_mut().unwrap().tenant = "shop".into();
    let mut role = chosen.to_vec();
    role[1].role = Role::Context;
    for (export, chosen) in [
        (&of_another, chosen),
        (&run, &role),
        (&run, &all[..4]),
        (&run, &all[1..4]),
    ] {
        let refused = made(&archive, export, chosen).await;
        assert_eq!(refused, Err(RequestRefusal::OtherAct(number)), "{chosen:?}");
    }
    assert_eq!(exports_told(&archive).await, 0);

    let given = made(&archive, &run, chosen).await.unwrap();
    assert_eq!((given.number, given.messages), (1, 3));
    let again = made(&archive, &run, chosen).await;
    assert!(matches!(again, Err(RequestRefusal::Ran { .. })), "{again:?}");
    assert_eq!(exports_told(&archive).await, 1);
    let recorded = archive.requests(i64::MAX, 9).await.unwrap();
    assert_eq!(recorded[0].run.as_ref().unwrap().1, wei());
    // The act and its run are told by one leaf.
    let leaves = archive.log(None, 1).await.unwrap();
    let kinds: Vec<&str> = leaves[0].entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert!(
        kinds.contains(&"request-run") && kinds.contains(&"exported"),
        "{kinds:?}"
    );
    whole(&archive).await;
}

#[tokio::test]
async fn an_export_ends_with_its_request_and_no_other_act_makes_one() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let (chosen, export) = (&all_of(&archive).await[..3], evidence::request());
    let mut asked = request(export.act("bank", chosen));
    (asked.reason, asked.second_person) = (export.reason.clone(), false);
    asked.ends_at = later(40);
    let ends = ask(&archive, &asked).await.number;
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    let refused = made(&archive, &by(ends, &export), chosen).await;
    assert!(matches!(refused, Err(RequestRefusal::Ended { .. })), "{refused:?}");
    assert_eq!(
        made(&archive, &by(99, &export), chosen).await,
        Err(RequestRefusal::Unknown(99))
    );
    let hold = place(&archive, &hold()).await;
    let note = "case closed".to_owned();
    let released = ask(&archive, &request(RequestedAct::HoldRelease { hold, note })).await;
    decide(&archive, &released, true, &li()).await.unwrap();
    let refused = made(&archive, &by(released.number, &export), chosen).await;
    assert_eq!(refused, Err(RequestRefusal::OtherAct(released.number)));
    // Neither does a request for an export dispose of anything.
    asked.ends_at = later(60_000);
    let asked = ask(&archive, &asked).await.number;
    let as_disposal = self::run(&archive, asked, &disposing(&[1])).await;
    assert_eq!(as_disposal, Err(RequestRefusal::OtherAct(asked)));
    assert_eq!(exports_told(&archive).await, 0);
    whole(&archive).await;
}

/// What somebody writes into the table is not what its digest says.
#[tokio::test]
async fn an_act_that_was_altered_in_the_file_does_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let (chosen, export) = (&all_of(&archive).await[..3], evidence::request());
    let mut asked = request(export.act("bank", chosen));
    asked.reason.clone_from(&export.reason);
    let asked = ask(&archive, &asked).await;
    decide(&archive, &asked, true, &li()).await.unwrap();
    let path = archive.path().to_owned();
    archive.close().await;
    evidence::alter(&path, "UPDATE requests SET act = replace(act, 'the court', 'a friend')").await;
    let archive = Archive::open(&path).await.unwrap();
    let mut to_a_friend = by(asked.number, &export);
    to_a_friend.to = "a friend".into();
    let tar = TarWriter::new(Vec::new());
    let given = archive.export(tar, &to_a_friend, chosen, &NoPacks, &wei(), clock).await;
    assert!(matches!(
        given.map(drop),
        Err(ExportError::Commit(CommitError::Storage(_)))
    ));
    assert_eq!(exports_told(&archive).await, 0);
    archive.close().await;
}

#[tokio::test]
async fn what_is_no_request_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_three(&folder).await;
    let right = request(act(&disposing(&[1, 2])));
    let twice = act(&disposing(&[2, 2]));
    let none = act(&disposing(&[]));
    let chosen = [Chosen {
        arrival: 1,
        role: Role::Match,
    }];
    let export = |change: fn(&mut ExportRequest), tenant: &str, chosen: &[Chosen]| {
        let mut export = evidence::request();
        export.reason.clone_from(&right.reason);
        change(&mut export);
        NewRequest {
            act: export.act(tenant, chosen),
            ..right.clone()
        }
    };
    assert_eq!(ask(&archive, &export(|_| {}, "bank", &chosen)).await.number, 1);
    for wrong in [
        export(|_| {}, "shop", &chosen),
        export(|_| {}, "bank", &[]),
        export(|export| export.reason = "another".into(), "bank", &chosen),
        export(|export| export.to = " ".into(), "bank", &chosen),
        export(|export| export.asked = Asked::Query("x".repeat(5_000)), "bank", &chosen),
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
    assert_eq!(archive.requests(i64::MAX, 9).await.unwrap().len(), 1);
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
