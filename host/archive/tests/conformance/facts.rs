//! Facts that people hand in: the directory of employees.

use crate::support::{Write, activation, at, batch, entry, generation, id, rejudging, rich_entry, wei};
use proviso_archive::{Archive, Change, CommitError, DirectoryImport, DirectoryReport, Receipt};
use proviso_model::directory::{Employment, PostClass, digest};

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
