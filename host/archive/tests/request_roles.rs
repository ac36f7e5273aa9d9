//! Users of the archive who have a part in a request of two persons: what counts are the roles that they have when it is decided on, and
//! when it runs.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::disposal::{clock, disposing};
use crate::people;
use crate::requests::{act, ask, decide, refusal, request, with_three};
use proviso_archive::{Change, Disposing, RequestPart, RequestRefusal};

#[tokio::test]
async fn a_user_who_was_demoted_or_disabled_has_no_part_in_a_request() {
    let (lead, none): (&[&str], &[&str]) = (&["compliance-lead@bank"], &["reviewer@bank"]);
    for (asker, approver, runner, disabled, expected) in [
        (lead, lead, lead, None, None),
        (none, lead, lead, None, Some(("asks", RequestPart::Asked))),
        (lead, none, lead, None, Some(("approves", RequestPart::Approved))),
        (
            lead,
            &["compliance-lead@shop"][..],
            lead,
            None,
            Some(("approves", RequestPart::Approved)),
        ),
        (lead, lead, none, None, Some(("runs", RequestPart::Runs))),
        (lead, lead, lead, Some("asks"), Some(("asks", RequestPart::Asked))),
        (
            lead,
            lead,
            lead,
            Some("approves"),
            Some(("approves", RequestPart::Approved)),
        ),
        (lead, lead, lead, Some("runs"), Some(("runs", RequestPart::Runs))),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let archive = with_three(&folder).await;
        for name in ["asks", "approves", "runs"] {
            people::add(&archive, name, lead).await;
        }
        let by = |name: &str| people::named(name).principal();
        let going = disposing(&[1, 2]);
        let new = request(act(&going));
        archive.commit(Change::Ask(&new), &by("asks")).await.unwrap();
        let asked = archive.requests(i64::MAX, 1).await.unwrap().remove(0);
        decide(&archive, &asked, true, &by("approves")).await.unwrap();
        for (name, given) in [("asks", asker), ("approves", approver), ("runs", runner)] {
            if given != lead {
                people::give(&archive, name, given).await;
            }
        }
        if let Some(name) = disabled {
            people::disable(&archive, name, true).await.unwrap();
        }
        let disposing = Disposing {
            at: clock(),
            request: Some(asked.number),
            ..going
        };
        let ran = refusal(archive.commit(Change::Dispose(&disposing), &by("runs")).await).map(|_| ());
        let refused = expected.map(|(name, did)| RequestRefusal::NoRole {
            request: asked.number,
            who: by(name),
            did,
        });
        assert_eq!(ran.err(), refused);
        let last = archive.requests(i64::MAX, 1).await.unwrap().remove(0);
        assert_eq!(
            last.run.is_some(),
            expected.is_none(),
            "what is refused changes nothing"
        );
    }
}

#[tokio::test]
async fn a_user_without_the_role_decides_on_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_three(&folder).await;
    people::add(&archive, "reviews", &["reviewer@bank"]).await;
    people::add(&archive, "elsewhere", &["compliance-lead@shop"]).await;
    let asked = ask(&archive, &request(act(&disposing(&[1])))).await;
    for name in ["reviews", "elsewhere"] {
        let who = people::named(name).principal();
        for approve in [true, false] {
            let refused = RequestRefusal::NoRole {
                request: asked.number,
                who: who.clone(),
                did: RequestPart::Decides,
            };
            assert_eq!(decide(&archive, &asked, approve, &who).await, Err(refused), "{name}");
        }
    }
}
