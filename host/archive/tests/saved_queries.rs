//! Queries that are saved under a name: sealed, told, and gone when they are deleted.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::log::whole;
use crate::support::{at, fresh, raw_connection, wei};
use proviso_archive::{
    Archive, Change, CommitError, DeletingQuery, KeyVersion, NamedQuery, NoNamedQuery, Owners, QUERY_NAME_BYTES_MAX,
    Receipt, SAVED_QUERIES_MAX, SavedQueryRefusal,
};
use proviso_model::{Principal, PrincipalKind};
use proviso_rows::each_row;
use sqlx::Connection as _;

fn named(tenant: &str, name: &str, query: &str) -> NamedQuery {
    NamedQuery::new(tenant.into(), name.into(), query.into(), Some("Asia/Shanghai")).unwrap()
}

/// Saves a query of the tenant `bank`, by Wei.
pub(crate) async fn save(archive: &Archive, name: &str, query: &str) -> Result<i64, CommitError> {
    save_of(archive, &named("bank", name, query)).await
}

async fn save_of(archive: &Archive, query: &NamedQuery) -> Result<i64, CommitError> {
    match archive.commit(Change::SaveQuery { query, at: at(7) }, &wei()).await? {
        Receipt::SavedQuery { number } => Ok(number),
        other => panic!("{other:?}"),
    }
}

/// Deletes one of these, by somebody who may delete their own.
pub(crate) async fn delete(archive: &Archive, name: &str, by: &Principal) -> Result<(), CommitError> {
    delete_of(archive, name, Owners::Own, by).await
}

async fn delete_of(archive: &Archive, name: &str, owners: Owners, by: &Principal) -> Result<(), CommitError> {
    let deleting = DeletingQuery {
        tenant: "bank",
        name,
        owners,
        at: at(8),
    };
    archive.commit(Change::DeleteQuery(&deleting), by).await.map(|_| ())
}

async fn names(archive: &Archive, tenant: Option<&str>) -> Vec<String> {
    let saved = archive.saved_queries(tenant, 0, 100).await.unwrap();
    saved.iter().map(|one| one.query.name().to_owned()).collect()
}

fn refusal(error: CommitError) -> SavedQueryRefusal {
    match error {
        CommitError::SavedQuery(refusal) => refusal,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_query_is_found_by_its_name_until_it_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    assert_eq!(save(&archive, "promises", "保本 from:li-na").await.unwrap(), 1);
    assert_eq!(save_of(&archive, &named("shop", "promises", "退款")).await.unwrap(), 2);
    let saved = archive.saved_query("bank", "promises").await.unwrap().unwrap();
    assert_eq!((saved.number, saved.by.clone(), saved.at), (1, wei(), at(7)));
    assert_eq!(saved.query, named("bank", "promises", "保本 from:li-na"));
    assert_eq!(archive.saved_query("bank", "Promises").await.unwrap(), None);
    assert_eq!(names(&archive, None).await, ["promises", "promises"]);
    assert_eq!(names(&archive, Some("shop")).await, ["promises"]);
    assert_eq!(archive.saved_queries(None, 1, 9).await.unwrap().len(), 1);

    let taken = refusal(save(&archive, "promises", "x").await.unwrap_err());
    assert!(matches!(taken, SavedQueryRefusal::Taken { .. }), "{taken}");
    let other = Principal::new(PrincipalKind::Person, "lin").unwrap();
    let foreign = refusal(delete(&archive, "promises", &other).await.unwrap_err());
    assert!(matches!(foreign, SavedQueryRefusal::OfAnother { .. }), "{foreign}");
    let unknown = refusal(delete(&archive, "nothing", &wei()).await.unwrap_err());
    assert!(matches!(unknown, SavedQueryRefusal::Unknown { .. }), "{unknown}");
    delete(&archive, "promises", &wei()).await.unwrap();
    assert_eq!(archive.saved_query("bank", "promises").await.unwrap(), None);
    // Its name is free, its number is not.
    assert_eq!(save(&archive, "promises", "x").await.unwrap(), 3);
    delete_of(&archive, "promises", Owners::All, &other).await.unwrap();
    assert_eq!(names(&archive, None).await, ["promises"]);
    whole(&archive).await;
    archive.close().await;
}

/// Number, key and what was sealed.
type Row = (i64, Option<Vec<u8>>, Option<Vec<u8>>);

/// Who has the files and no key reads neither a query that is there nor one that was deleted; the log has neither.
#[tokio::test]
async fn what_a_query_asks_for_stands_nowhere_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let asked = ["from:zhang-xiaoming-secret", "猎鹰项目的收购价格"];
    save(&archive, "one", asked[0]).await.unwrap();
    save(&archive, "two", asked[1]).await.unwrap();
    let mut connection = raw_connection(archive.path()).await;
    let sealed: Vec<u8> = sqlx::query_scalar("SELECT sealed FROM saved_queries WHERE saved = 1")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    delete(&archive, "one", &wei()).await.unwrap();
    let rows: Vec<Row> = sqlx::query_as("SELECT saved, key, sealed FROM saved_queries ORDER BY saved")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(rows[0], (1, None, None));
    assert!(rows[1].1.is_some() && rows[1].2.is_some());
    connection.close().await.unwrap();
    archive.close().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let has = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        for text in asked {
            assert!(!has(text.as_bytes()), "{text} in {}", path.display());
        }
        assert!(!has(&sealed), "a deleted query in {}", path.display());
    }
}

#[tokio::test]
async fn keys_of_saved_queries_are_counted_and_rotated() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    save(&archive, "one", "保本").await.unwrap();
    save(&archive, "two", "退款").await.unwrap();
    delete(&archive, "two", &wei()).await.unwrap();
    let counted = async || {
        let keys = archive.keys().await.unwrap().keys.into_iter();
        keys.map(|key| key.records).collect::<Vec<_>>()
    };
    // The archive's own key, and that of the query which is there.
    assert_eq!(counted().await, [2]);
    archive.add_key(None, None, at(1), &wei()).await.unwrap();
    assert_eq!(crate::keys::rewrap_all(&archive).await, 2);
    assert_eq!(counted().await, [0, 2]);
    let first = KeyVersion::new(1).unwrap();
    archive.destroy_key(None, first, at(2), &wei()).await.unwrap();
    let saved = archive.saved_query("bank", "one").await.unwrap().unwrap();
    assert_eq!(saved.query.text(), "保本");
    whole(&archive).await;
}

#[tokio::test]
async fn another_query_in_its_place_is_seen() {
    for sql in [
        "UPDATE saved_queries SET (key_version, key, sealed) = (SELECT key_version, key, sealed FROM saved_queries WHERE saved = 2)
         WHERE saved = 1",
        "UPDATE saved_queries SET (key_version, key, sealed, digest) =
             (SELECT key_version, key, sealed, digest FROM saved_queries WHERE saved = 2) WHERE saved = 1",
        "UPDATE saved_queries SET sealed = zeroblob(length(sealed)) WHERE saved = 1",
        "UPDATE saved_queries SET key = zeroblob(40) WHERE saved = 1",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        save(&archive, "one", "保本").await.unwrap();
        save(&archive, "two", "退款").await.unwrap();
        let mut connection = raw_connection(archive.path()).await;
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        assert!(archive.saved_query("bank", "one").await.is_err(), "{sql}");
        let audit = archive.audit(None).await.unwrap();
        assert!(!audit.is_whole(), "{sql}");
        archive.close().await;
    }
}

#[tokio::test]
async fn a_tenant_has_so_many_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut connection = raw_connection(archive.path()).await;
    sqlx::query(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
         INSERT INTO saved_queries (saved, tenant, name, saved_at, saved_by, digest, key_version, key, sealed)
         SELECT n, 'bank', 'q' || n, 0, 'person:wei', zeroblob(32), 1, zeroblob(40), zeroblob(9) FROM n",
    )
    .bind(SAVED_QUERIES_MAX - 1)
    .execute(&mut connection)
    .await
    .unwrap();
    save(&archive, "the last", "x").await.unwrap();
    let refused = refusal(save(&archive, "one more", "x").await.unwrap_err());
    assert!(matches!(refused, SavedQueryRefusal::TooMany(_)), "{refused}");
    save_of(&archive, &named("shop", "of another tenant", "x"))
        .await
        .unwrap();
}

#[test]
fn a_query_is_read_before_it_is_saved() {
    let long = "名".repeat(QUERY_NAME_BYTES_MAX);
    let new = |tenant: &str, name: &str, query: &str, zone| {
        NamedQuery::new(tenant.into(), name.into(), query.into(), zone).unwrap_err()
    };
    each_row(
        [
            ("", "n", "x", None, "is of one tenant"),
            ("bank", "", "x", None, "expected 1 to 64 bytes"),
            ("bank", " n", "x", None, "without blanks"),
            ("bank", "a\nb", "x", None, "that can be seen"),
            ("bank", &long, "x", None, "expected 1 to 64 bytes"),
            ("bank", "n", "保本 frm:wei", None, "byte 8 of the query"),
            ("bank", "n", "x", Some("Mars/Olympus"), "Mars/Olympus"),
        ],
        |(tenant, name, query, zone, told)| {
            let error = new(tenant, name, query, zone);
            assert!(error.to_string().contains(told), "{error}");
            assert!(error.to_string().len() < 600, "{error}");
        },
    );
    let error = new("bank", "n", "保本 frm:wei", None);
    assert!(matches!(error, NoNamedQuery::Query(error) if error.span == (7..11)));
}
