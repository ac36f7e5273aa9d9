//! The schema, as it is, as it is documented, and as the documentation's queries use it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::conformance::facts;
use crate::support::{Write, entry, fresh, id, raw_connection, rich_batch, whole};
use proviso_archive::Archive;
use sqlx::{Connection as _, Row as _};

const DOCUMENT: &str = include_str!("../../../docs/archive-schema.md");

async fn rows(connection: &mut sqlx::SqliteConnection, sql: &str) -> Vec<sqlx::sqlite::SqliteRow> {
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()))
        .fetch_all(connection)
        .await
        .unwrap_or_else(|e| panic!("{e}\n{sql}"))
}

/// A change of this snapshot is a change of what is on every operator's disk: it needs a new migration.
#[tokio::test]
async fn the_schema_is_the_one_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.close().await;
    let mut connection = raw_connection(&path).await;
    let sql =
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%'
               ORDER BY type = 'view', type = 'index', rowid";
    let schema: Vec<String> = rows(&mut connection, sql).await.iter().map(|row| row.get(0)).collect();
    insta::assert_snapshot!(schema.join(";\n\n"));
    connection.close().await.unwrap();
}

#[tokio::test]
async fn every_table_and_column_is_documented() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut connection = raw_connection(archive.path()).await;
    let sql = "SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c
               WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '_sqlx%' ORDER BY t.name, c.cid";
    let mut missing = Vec::new();
    for row in rows(&mut connection, sql).await {
        let (table, column): (&str, &str) = (row.get(0), row.get(1));
        let section = DOCUMENT
            .split("\n### ")
            .find(|section| section.split_whitespace().next() == Some(&format!("`{table}`")));
        if !section.is_some_and(|section| section.contains(&format!("`{column}`"))) {
            missing.push(format!("{table}.{column}"));
        }
    }
    assert_eq!(missing, [] as [&str; 0]);
}

#[tokio::test]
async fn the_documented_queries_give_rows() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&rich_batch("m1")).await.unwrap();
    archive.ingest(&rich_batch("m2")).await.unwrap();
    let rejudging = proviso_archive::Rejudging {
        at: crate::support::now(),
        note: String::new(),
        entries: rich_batch("m2").entries,
        alerts: std::sync::Arc::default(),
    };
    archive.rejudge(&rejudging).await.unwrap();
    let quarantined = proviso_archive::Quarantined {
        at: crate::support::now(),
        policy: crate::support::policy("departure-risk"),
        faults: 16,
        messages: 16,
    };
    let first = crate::support::generation("first").id;
    archive.quarantine(&first, &quarantined).await.unwrap();
    let rows_of = vec![facts::employment("bank", "zhang", "财富管理部")];
    facts::import(&archive, &facts::directory(rows_of, 1)).await.unwrap();
    let mut connection = raw_connection(archive.path()).await;
    let queries: Vec<&str> = DOCUMENT
        .split("```sql\n")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .flat_map(|block| block.split(';'))
        .map(str::trim)
        .filter(|query| !query.is_empty())
        .collect();
    assert!(queries.len() >= 8, "{}", queries.len());
    for query in queries {
        assert!(!rows(&mut connection, query).await.is_empty(), "no rows:\n{query}");
    }
}

/// What the first released version wrote is read and written by every later one. The file was made by
/// `sqlite3 <archive> .dump` of an archive of version 1.
#[tokio::test]
async fn an_archive_of_version_1_is_still_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v1.db");
    let mut connection = raw_connection(&path).await;
    sqlx::raw_sql(include_str!("fixtures/v1.sql"))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let archive = Archive::open(&path).await.unwrap();
    let expected = &rich_batch("m1").entries[0];
    let recorded = archive.recorded(&id("m1")).await.unwrap().unwrap();
    assert_eq!(recorded.message, whole(expected));
    assert_eq!(recorded.verdict.json, expected.verdict.to_canonical_json());
    archive.ingest(&rich_batch("m2")).await.unwrap();
    assert_eq!(archive.show(&id("m2")).await.unwrap().unwrap().arrival, 2);
}

/// What version 4 wrote, moved into records: every message, verdict, state and history is what it was. The file was made by
/// `sqlite3 <archive> .dump` of an archive of version 4, whose message m2 was judged again.
#[tokio::test]
async fn an_archive_of_version_4_is_moved_into_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v4.db");
    let mut connection = raw_connection(&path).await;
    sqlx::raw_sql(include_str!("fixtures/v4.sql"))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let archive = Archive::open(&path).await.unwrap();
    assert_eq!(archive.message_count().await.unwrap(), 44);
    let first = &rich_batch("m1").entries[0];
    let recorded = archive.recorded(&id("m1")).await.unwrap().unwrap();
    assert_eq!(recorded.message, whole(first));
    assert_eq!(recorded.verdict.json, first.verdict.to_canonical_json());
    assert_eq!((recorded.verdict.fuel, recorded.differences.len()), (first.fuel, 0));
    assert_eq!(recorded.folds[0].state.len(), 0);
    let mut state = vec![0_u8; 40];
    for n in 3..45 {
        let recorded = archive.recorded(&id(&format!("m{n}"))).await.unwrap().unwrap();
        assert_eq!(recorded.message, whole(&entry(&format!("m{n}"), n)));
        let before = if n == 3 { b"\x00one".to_vec() } else { state.clone() };
        assert_eq!(*recorded.folds[0].state, before, "m{n}");
        state[n % 40] = n as u8;
    }
    let shown = archive.show(&id("m2")).await.unwrap().unwrap();
    assert_eq!((shown.earlier.len(), shown.conflicts, shown.held_open), (1, 1, false));
    assert_eq!(
        shown.earlier[0].json,
        rich_batch("m2").entries[0].verdict.to_canonical_json()
    );
    assert_eq!(shown.verdict.verdict.findings[0].rule, "mended");
    let conflicts = archive.conflicts(&id("m1"), 5).await.unwrap();
    assert_eq!(conflicts[0].refused_raw, "{\"other\":1}");
    let consents = archive.consents(0, 9).await.unwrap();
    assert_eq!(consents.len(), 2, "one for each message that said something");
    archive.ingest(&rich_batch("m45")).await.unwrap();
    assert_eq!(archive.show(&id("m45")).await.unwrap().unwrap().arrival, 45);
    archive.close().await;
    let mut connection = raw_connection(&path).await;
    let old = rows(&mut connection, "SELECT name FROM sqlite_schema WHERE name LIKE 'old%'").await;
    assert!(old.is_empty());
    let damaged = rows(&mut connection, "PRAGMA foreign_key_check").await;
    assert!(damaged.is_empty());
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(12).any(|window| window == "理财产品".as_bytes()));
}

/// What cannot be moved whole ends the move, names the message, and leaves everything where it was.
#[tokio::test]
async fn a_damaged_message_of_version_4_ends_the_move() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v4.db");
    let mut connection = raw_connection(&path).await;
    let fixture = include_str!("fixtures/v4.sql");
    sqlx::raw_sql(fixture).execute(&mut connection).await.unwrap();
    let damage = "UPDATE messages SET text = replace(text, '理财', '离婚') WHERE native = 'm20'";
    sqlx::raw_sql(damage).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    for _ in 0..2 {
        let error = Archive::open(&path).await.map(|_| ()).unwrap_err();
        let said = chain_of(&error);
        assert!(
            said.contains("message bank/wecom/m20 is not what its digest says"),
            "{said}"
        );
    }
    let mut connection = raw_connection(&path).await;
    let kept = rows(&mut connection, "SELECT count(*) FROM old_messages").await;
    assert_eq!(kept[0].get::<i64, _>(0), 44);
}

fn chain_of(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain_of(source)),
        None => error.to_string(),
    }
}
