//! People who are scored by a request: in force from another's approval to its end.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::disposal::{clock, disposing};
use crate::log::whole;
use crate::requests::{act, ask, decide, later, li, refusal, request, run, with_three};
use crate::support::{at, fresh, wei};
use proviso_archive::{
    Archive, Change, EndingRequest, NewRequest, RequestRefusal, RequestedAct, RequestedScoring, SCORING_DAYS_MAX,
    ScoringApplication,
};
use proviso_model::{Digest, Principal};

/// People of the bank are to be scored so long.
pub(crate) fn scoring(millis: i64) -> RequestedScoring {
    RequestedScoring {
        tenant: "bank".into(),
        assessment: "PIA-2026-004".into(),
        reason: "their time is over".into(),
        until: later(millis),
        applications: vec![ScoringApplication {
            pack: "proviso/departure-risk".into(),
            version: "0.1.0".into(),
            scope: "everybody".into(),
            digest: Digest::of(b"as the set applies it"),
        }],
    }
}

pub(crate) async fn end(archive: &Archive, request: i64, by: &Principal) -> Result<(), RequestRefusal> {
    let ending = EndingRequest {
        request,
        note: "looked at again",
        at: clock(),
    };
    refusal(archive.commit(Change::EndRequest(&ending), by).await).map(|_| ())
}

#[tokio::test]
async fn people_are_scored_from_an_approval_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_three(&folder).await;
    let asked = ask(&archive, &request(RequestedAct::Scoring(scoring(600_000)))).await;
    let number = asked.number;
    let in_force = async |at| {
        let (found, seen) = archive.scorings().await.unwrap();
        assert!(seen.is_some());
        found.iter().filter(|one| one.scoring_at(at).is_some()).count()
    };
    assert_eq!(in_force(clock()).await, 0, "nobody has approved it");
    let nothing = end(&archive, number, &wei()).await;
    assert_eq!(nothing, Err(RequestRefusal::NotInForce(number)));
    let own = decide(&archive, &asked, true, &wei()).await;
    assert!(matches!(own, Err(RequestRefusal::OwnRequest { .. })), "{own:?}");
    let host = decide(&archive, &asked, true, &Principal::system("approvals")).await;
    assert!(matches!(host, Err(RequestRefusal::NoPerson(_))), "{host:?}");
    let mut another = asked.clone();
    another.digest = Digest::of(b"another act");
    let other = decide(&archive, &another, true, &li()).await;
    assert_eq!(other, Err(RequestRefusal::OtherAct(number)));
    assert_eq!(in_force(clock()).await, 0);
    decide(&archive, &asked, true, &li()).await.unwrap();
    assert_eq!(in_force(clock()).await, 1);
    assert_eq!(in_force(later(599_000)).await, 1, "behind the time to approve it");
    assert_eq!(in_force(later(600_001)).await, 0, "its time is over");
    let run = run(&archive, number, &disposing(&[1])).await;
    assert_eq!(run, Err(RequestRefusal::OtherAct(number)));
    // It is in force after the archive was opened again.
    let path = archive.path().to_owned();
    archive.close().await;
    let archive = Archive::open(&path).await.unwrap();
    let (found, _) = archive.scorings().await.unwrap();
    assert!(found[0].scoring_at(clock()).is_some());
    // One person ends it, once.
    end(&archive, number, &wei()).await.unwrap();
    let twice = end(&archive, number, &li()).await;
    assert!(matches!(twice, Err(RequestRefusal::Ended { .. })), "{twice:?}");
    assert!(archive.scorings().await.unwrap().0.is_empty());
    let recorded = archive.requests(i64::MAX, 9).await.unwrap();
    assert_eq!(recorded[0].scoring_at(clock()), None);
    let ended = recorded[0].end.as_ref().unwrap();
    assert_eq!((&ended.by, ended.note.as_str()), (&wei(), "looked at again"));
    let leaves = archive.log(None, 9).await.unwrap();
    let kinds = leaves
        .iter()
        .flat_map(|leaf| &leaf.entries)
        .map(|entry| entry.kind.as_str());
    let kinds: Vec<&str> = kinds.filter(|kind| kind.starts_with("request")).collect();
    assert_eq!(kinds, ["request-ended", "request-decided", "request"]);
    whole(&archive).await;
}

#[tokio::test]
async fn a_scoring_that_was_refused_or_taken_back_is_never_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_three(&folder).await;
    for by in [wei(), li()] {
        let asked = ask(&archive, &request(RequestedAct::Scoring(scoring(600_000)))).await;
        decide(&archive, &asked, false, &by).await.unwrap();
        let approved = decide(&archive, &asked, true, &li()).await;
        assert!(matches!(approved, Err(RequestRefusal::Decided { .. })), "{approved:?}");
        let ended = end(&archive, asked.number, &li()).await;
        assert_eq!(ended, Err(RequestRefusal::NotInForce(asked.number)));
    }
    // An end is one of a scoring.
    let disposal = ask(&archive, &request(act(&disposing(&[1])))).await;
    decide(&archive, &disposal, true, &li()).await.unwrap();
    let ended = end(&archive, disposal.number, &li()).await;
    assert_eq!(ended, Err(RequestRefusal::NotInForce(disposal.number)));
    assert_eq!(end(&archive, 99, &li()).await, Err(RequestRefusal::Unknown(99)));
    assert!(archive.scorings().await.unwrap().0.is_empty());
}

#[tokio::test]
async fn no_scoring_is_made_without_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let longest = i64::from(SCORING_DAYS_MAX) * 86_400_000;
    let changes: [fn(&mut RequestedScoring, &mut NewRequest); 10] = [
        |_, asked| asked.second_person = false,
        |_, asked| asked.tenant = "shop".into(),
        |_, asked| asked.reason = "another".into(),
        |scoring, _| scoring.assessment = " ".into(),
        |scoring, _| scoring.assessment = "x".repeat(5_000),
        |scoring, _| scoring.until = later(50_000),
        |scoring, asked| scoring.until = at(asked.at.as_millis() + i64::from(SCORING_DAYS_MAX) * 86_400_000 + 1),
        |scoring, _| scoring.applications.clear(),
        |scoring, _| scoring.applications.push(scoring.applications[0].clone()),
        |scoring, _| scoring.applications[0].scope.clear(),
    ];
    for change in changes {
        let (mut act, mut asked) = (scoring(600_000), request(RequestedAct::Scoring(scoring(600_000))));
        change(&mut act, &mut asked);
        asked.act = RequestedAct::Scoring(act);
        let refused = refusal(archive.commit(Change::Ask(&asked), &wei()).await);
        assert!(
            matches!(refused, Err(RequestRefusal::IllFormed(_))),
            "{refused:?} {asked:?}"
        );
    }
    let mut asked = request(RequestedAct::Scoring(scoring(600_000)));
    let mut act = scoring(600_000);
    act.until = at(asked.at.as_millis() + longest);
    asked.act = RequestedAct::Scoring(act);
    refusal(archive.commit(Change::Ask(&asked), &wei()).await).unwrap();
}
