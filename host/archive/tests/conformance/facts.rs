//! Facts that people hand in: the directory of employees, consent and the lawful basis that follows, ends.

use crate::support::{Write, activation, at, batch, entry, generation, id, rejudging, retention, rich_entry, wei};
use proviso_archive::{
    Archive, Change, Clocks, CommitError, Conflict, ConsentImport, ConsentReport, DirectoryImport, DirectoryReport,
    EndingImport, Known, Receipt, SourcePlace,
};
use proviso_model::Digest;
use proviso_model::basis::{Applied, Ground, Permit, Side};
use proviso_model::consent::ConsentState;
use proviso_model::directory::{Employment, PostClass, digest};
use proviso_model::retention::{ClockStart, Concerns, Ended, Ending};
use proviso_model::statement::{PEOPLE, Statement, Whose};
use proviso_model::verdict::AttributedProposal;
use std::sync::Arc;

pub(crate) fn employment(tenant: &str, person: &str, department: &str) -> Employment {
    Employment {
        tenant: tenant.to_owned(),
        person: person.to_owned(),
        from: Some("2026-01-01".parse().unwrap()),
        to: None,
        accounts: vec![
            format!("wecom:{person}").parse().unwrap(),
            format!("mail:{person}@x:y").parse().unwrap(),
        ],
        department: department.to_owned(),
        post: PostClass::Sensitive,
        manager: None,
    }
}

pub(crate) fn directory(rows: Vec<Employment>, millis: i64) -> DirectoryImport {
    DirectoryImport {
        rows,
        file: "员工.csv".to_owned(),
        at: at(millis),
    }
}

pub(crate) async fn import(archive: &Archive, import: &DirectoryImport) -> Result<DirectoryReport, CommitError> {
    match archive.commit(Change::Directory(import), &wei()).await? {
        Receipt::Directory(report) => Ok(report),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_directory_has_versions_that_never_change(archive: Archive) {
    assert_eq!(archive.directory(None).await.unwrap(), None);
    let (zhang, li) = (
        employment("bank", "zhang", "财富管理部"),
        employment("bank", "li", "risk"),
    );
    let chen = employment("shop", "chen", "sales");
    let first = directory(vec![zhang.clone(), li.clone()], 1);
    let report = import(&archive, &first).await.unwrap();
    assert_eq!(
        (report.version, report.is_new, report.added, report.ended),
        (1, true, 2, 0)
    );

    // The same again, in another order, is no version.
    let again = directory(vec![li.clone(), zhang.clone()], 2);
    let report = import(&archive, &again).await.unwrap();
    assert_eq!((report.version, report.is_new, report.employments), (1, false, 2));

    // What another tenant hands in leaves the first one's people alone.
    let report = import(&archive, &directory(vec![chen.clone()], 3)).await.unwrap();
    assert_eq!(
        (report.version, report.employments, report.added, report.ended),
        (2, 3, 1, 0)
    );
    let moved = employment("bank", "zhang", "risk");
    let report = import(&archive, &directory(vec![moved.clone()], 4)).await.unwrap();
    assert_eq!(
        (report.version, report.employments, report.added, report.ended),
        (3, 2, 1, 2)
    );

    let rows = async |version| archive.directory(version).await.unwrap().unwrap().rows;
    assert_eq!(rows(Some(1)).await, [li.clone(), zhang.clone()]);
    assert_eq!(rows(Some(2)).await, [li.clone(), zhang.clone(), chen.clone()]);
    assert_eq!(rows(None).await, [moved.clone(), chen.clone()]);
    assert_eq!(archive.directory(Some(4)).await.unwrap(), None);

    let versions = archive.directory_versions(10).await.unwrap();
    let told: Vec<_> = versions
        .iter()
        .map(|one| (one.version, one.at, one.employments))
        .collect();
    assert_eq!(told, [(3, at(4), 2), (2, at(3), 3), (1, at(1), 2)]);
    assert!(versions.iter().all(|one| one.by == wei() && one.file == "员工.csv"));
    assert_eq!(versions[0].digest, digest(&[moved, chen]));
    assert_eq!(archive.directory_versions(1).await.unwrap(), versions[..1]);
}

pub(crate) async fn a_directory_that_contradicts_itself_is_refused(archive: Archive) {
    let mut twice = vec![
        employment("bank", "zhang", "risk"),
        employment("bank", "zhang", "sales"),
    ];
    let refused = import(&archive, &directory(twice.clone(), 1)).await.unwrap_err();
    assert!(matches!(refused, CommitError::Contradictory { row: 2 }), "{refused}");
    assert_eq!(archive.directory_versions(10).await.unwrap(), []);
    twice.truncate(1);
    assert_eq!(import(&archive, &directory(twice, 2)).await.unwrap().version, 1);
}

pub(crate) async fn each_verdict_names_the_version_that_it_was_given_by(archive: Archive) {
    import(&archive, &directory(vec![employment("bank", "zhang", "risk")], 1))
        .await
        .unwrap();
    let (mut known, unknown) = (rich_entry("m1", 1), entry("m2", 2));
    known.directory = Some(1);
    archive.ingest(&batch(vec![known, unknown])).await.unwrap();
    let of = async |native| archive.recorded(&id(native)).await.unwrap().unwrap().verdict.directory;
    assert_eq!((of("m1").await, of("m2").await), (Some(1), None));
    // The verdict that takes its place has a version of its own.
    archive.activate(&activation(generation("second"), 1)).await.unwrap();
    let mut again = rich_entry("m1", 1);
    again.verdict.generation = generation("second").id;
    again.directory = Some(2);
    archive.rejudge(&rejudging(vec![again])).await.unwrap();
    assert_eq!(of("m1").await, Some(2));
    let shown = archive.show(&id("m1")).await.unwrap().unwrap();
    assert_eq!(shown.verdict.directory, Some(2));
}

pub(crate) fn statement(whose: Whose, state: ConsentState, millis: i64) -> Statement {
    Statement {
        tenant: "bank".to_owned(),
        whose,
        state,
        at: at(millis),
        source: "intranet".to_owned(),
        version: "v3".to_owned(),
    }
}

pub(crate) async fn consent_is_a_ledger_to_which_lines_are_added(archive: Archive) {
    let person = Whose::Person("1001".to_owned());
    let contact = Whose::of("wecom", "wo_1");
    let hand_in = async |rows: Vec<Statement>, millis: i64| {
        let import = ConsentImport { rows, at: at(millis) };
        match archive.commit(Change::Consents(&import), &wei()).await.unwrap() {
            Receipt::Consents(report) => report,
            other => panic!("{other:?}"),
        }
    };
    let notice = statement(person.clone(), ConsentState::Agree, 10);
    let agreed = statement(contact.clone(), ConsentState::Agree, 20);
    let report = hand_in(vec![notice.clone(), agreed.clone()], 100).await;
    assert_eq!(report, ConsentReport { added: 2, known: 0 });
    // The same file with a line more, which speaks of an earlier time.
    let before = statement(contact.clone(), ConsentState::Disagree, 5);
    let again = vec![notice.clone(), agreed.clone(), before.clone()];
    assert_eq!(hand_in(again, 200).await, ConsentReport { added: 1, known: 2 });
    // One that is to come counts from when it was heard.
    hand_in(vec![statement(contact.clone(), ConsentState::Withdraw, 9_000)], 300).await;
    // A message says it too.
    archive.ingest(&batch(vec![rich_entry("m1", 1)])).await.unwrap();

    let of = async |channel: &str, party: &str| {
        let mut said = archive.consents_of("bank", channel, &[party]).await.unwrap();
        said.sort_by_key(|event| event.at);
        said.into_iter()
            .map(|event| (event.state, event.at.as_millis()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("wecom", "wo_1").await,
        [
            (ConsentState::Disagree, 5),
            (ConsentState::Agree, 20),
            (ConsentState::Withdraw, 300)
        ]
    );
    assert_eq!(of(PEOPLE, "1001").await, [(ConsentState::Agree, 10)]);
    assert_eq!(of("wecom", "1001").await, []);
    let lines = archive.consents(0, 9).await.unwrap();
    let told: Vec<_> = lines.iter().map(|line| (line.heard_at, line.message)).collect();
    assert_eq!(told[..3], [(at(100), None), (at(100), None), (at(200), None)]);
    assert_eq!((told.len(), told[4].1), (5, Some(1)));
    assert!(lines.is_sorted_by_key(|line| line.number));
    assert_eq!(lines[2].statement, before);
    assert_eq!(lines[4].statement.source, "message");
    assert!(lines[..4].iter().all(|line| line.by == wei()));
    assert_eq!(archive.consents(lines[3].number, 9).await.unwrap(), lines[4..]);
}

pub(crate) fn applied(permits: Permit) -> Arc<Applied> {
    Arc::new(Applied {
        permits,
        grounds: vec![Ground {
            of: Side::Contacts,
            basis: "consent".to_owned(),
            law: "PIPL".to_owned(),
            article: "13(1)(1)".to_owned(),
            state: ConsentState::Unknown,
        }],
    })
}

pub(crate) async fn what_may_be_kept_of_a_message_is_all_that_is_kept(archive: Archive) {
    let whole = rich_entry("m1", 1);
    let mut kept = whole.clone();
    kept.message = Arc::new(whole.message.metadata());
    kept.verdict.findings.clear();
    kept.basis = Some(applied(Permit::Metadata));
    let mut sealed = entry("m2", 2);
    sealed.basis = Some(applied(Permit::Sealed));
    let mut incoming = batch(vec![kept, sealed, entry("m3", 3)]);
    // What comes under its identifier with another content is counted, and its bytes are not kept.
    incoming.conflicts.push(Conflict {
        id: id("m1"),
        refused: Digest::of(b"other"),
        refused_raw: "{\"text\":\"other\"}".into(),
        place: SourcePlace {
            source: "s".to_owned(),
            file: "f".to_owned(),
            line: 1,
        },
    });
    archive.ingest(&incoming).await.unwrap();

    let shown = async |native| archive.show(&id(native)).await.unwrap().unwrap();
    let message = shown("m1").await.message;
    assert_eq!((message.text.as_str(), &*message.raw, message.amount), ("", "", None));
    assert_eq!(message.sender, whole.message.sender);
    let basis = async |native| shown(native).await.verdict.basis.map(|basis| basis.permits);
    assert_eq!(basis("m1").await, Some(Permit::Metadata));
    assert_eq!(basis("m2").await, Some(Permit::Sealed));
    assert_eq!(basis("m3").await, None);
    assert!(!shown("m2").await.message.text.is_empty());
    let conflicts = archive.conflicts(&id("m1"), 9).await.unwrap();
    assert_eq!((conflicts.len(), conflicts[0].refused_raw.as_str()), (1, ""));
    // The source sends it again: it is known by the digest of the whole.
    let known = archive
        .known(&[(&id("m1"), whole.message.digest()), (&id("m1"), Digest::of(b"other"))])
        .await
        .unwrap();
    assert!(matches!(known[..], [Known::Same, Known::Conflict { .. }]), "{known:?}");
}

pub(crate) async fn ends_are_a_ledger_and_change_decisions_in_one_change(archive: Archive) {
    // One waits for a contract's end and for a person, and one does not.
    let mut waiting = rich_entry("m1", 1);
    let mut proposal = AttributedProposal::clone(&waiting.verdict.proposals[0]);
    proposal.proposal.clock = ClockStart::ContractEnd;
    waiting.verdict.proposals = vec![Arc::new(proposal)];
    waiting.retention = Some(retention(None));
    archive
        .ingest(&batch(vec![waiting.clone(), rich_entry("m2", 2)]))
        .await
        .unwrap();
    let customer = Concerns::Customer("wecom:wo_1".parse().unwrap());
    let conversation = |id: &str| Concerns::Conversation(format!("wecom:{id}").parse().unwrap());
    let found = async |of: &Concerns, what: Ended| {
        let clocks = Clocks::of(what.clock());
        let found = archive.clocked("bank", of, clocks, 0, 9).await.unwrap();
        found
            .into_iter()
            .map(|one| (one.arrival, one.decision))
            .collect::<Vec<_>>()
    };
    let before = vec![(1, waiting.retention.clone())];
    assert_eq!(found(&customer, Ended::Contract).await, before);
    assert_eq!(
        found(&conversation(&waiting.message.conversation), Ended::Product).await,
        before
    );
    assert_eq!(found(&conversation("another"), Ended::Product).await, []);
    assert_eq!(found(&customer, Ended::Dispute).await, []);

    let ending = |reference: &str, on: Option<&str>| Ending {
        tenant: "bank".to_owned(),
        of: customer.clone(),
        what: Ended::Contract,
        reference: reference.to_owned(),
        on: on.map(|day| day.parse().unwrap()),
        source: "core".to_owned(),
    };
    let hand_in = async |rows: Vec<Ending>, decisions| {
        let at = at(7);
        let import = EndingImport { rows, at, decisions };
        match archive.commit(Change::Endings(&import), &wei()).await.unwrap() {
            Receipt::Endings(report) => (report.added, report.known, report.decided),
            other => panic!("{other:?}"),
        }
    };
    let (first, second) = (ending("a", Some("2026-01-31")), ending("b", None));
    let decided = retention(Some("2046-01-31"));
    let decisions = vec![(1, Arc::clone(&decided))];
    assert_eq!(hand_in(vec![first.clone(), second.clone()], decisions).await, (2, 0, 1));
    assert_eq!(found(&customer, Ended::Contract).await, [(1, Some(decided))]);
    // What was said of it stays, and is what it was.
    let shown = archive.show(&id("m1")).await.unwrap().unwrap();
    assert_eq!(shown.verdict.json, waiting.verdict.to_canonical_json());
    assert_eq!(
        (shown.verdict.fuel, shown.earlier.len(), shown.held_open),
        (12_345, 0, true)
    );
    let until = shown.retention.unwrap().decision.until;
    assert_eq!(until.map(|day| day.to_string()).as_deref(), Some("2046-01-31"));
    // The same again is known; another day on the same thing is a line more, and so is the first one again.
    assert_eq!(
        hand_in(vec![first.clone(), second.clone()], Vec::new()).await,
        (0, 2, 0)
    );
    let later = ending("a", Some("2027-01-31"));
    assert_eq!(hand_in(vec![later.clone()], Vec::new()).await, (1, 0, 0));
    assert_eq!(hand_in(vec![first.clone()], Vec::new()).await, (1, 0, 0));
    let lines = archive.endings(0, 9).await.unwrap();
    let told: Vec<_> = lines.iter().map(|line| line.ending.clone()).collect();
    assert_eq!(told, [first.clone(), second, later, first]);
    assert!(lines.iter().all(|line| line.heard_at == at(7) && line.by == wei()));
    assert_eq!(archive.endings(3, 9).await.unwrap(), lines[3..]);
    // It is judged again all the same, and decided on again.
    let mut again = waiting;
    again.verdict.held = false;
    archive.rejudge(&rejudging(vec![again.clone()])).await.unwrap();
    let shown = archive.show(&id("m1")).await.unwrap().unwrap();
    assert_eq!(shown.verdict.json, again.verdict.to_canonical_json());
    assert_eq!(shown.earlier.len(), 1);
    // A message that was disposed of since it was decided on is passed over.
    let decisions = vec![(1, retention(Some("2050-01-31"))), (99, retention(Some("2050-01-31")))];
    assert_eq!(hand_in(vec![ending("c", None)], decisions).await, (1, 0, 1));
    assert_eq!(archive.show(&id("m1")).await.unwrap().unwrap().earlier, shown.earlier);
}
