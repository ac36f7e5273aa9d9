//! The migrations, in the order of their numbers. A released one never changes; the tests below hold both.

use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use std::sync::LazyLock;

/// Number, what it brings, and its statements. The description is kept in every archive and never changes either.
const ALL: [(i64, &str, &str); 19] = [
    (1, "archive", include_str!("../../migrations/0001_archive.sql")),
    (
        2,
        "quarantine and rejudging",
        include_str!("../../migrations/0002_quarantine_and_rejudging.sql"),
    ),
    (3, "trust", include_str!("../../migrations/0003_trust.sql")),
    (
        4,
        "writes and digests",
        include_str!("../../migrations/0004_writes_and_digests.sql"),
    ),
    (5, "records", include_str!("../../migrations/0005_records.sql")),
    (6, "log", include_str!("../../migrations/0006_log.sql")),
    (7, "disposal", include_str!("../../migrations/0007_disposal.sql")),
    (8, "facts", include_str!("../../migrations/0008_facts.sql")),
    (9, "requests", include_str!("../../migrations/0009_requests.sql")),
    (10, "permissions", include_str!("../../migrations/0010_permissions.sql")),
    (11, "hold texts", include_str!("../../migrations/0011_hold_texts.sql")),
    (12, "search", include_str!("../../migrations/0012_search.sql")),
    (13, "hold query", include_str!("../../migrations/0013_hold_query.sql")),
    (
        14,
        "saved queries",
        include_str!("../../migrations/0014_saved_queries.sql"),
    ),
    (
        15,
        "findings by rule",
        include_str!("../../migrations/0015_findings_by_rule.sql"),
    ),
    (
        16,
        "disposed elsewhere",
        include_str!("../../migrations/0016_disposed_elsewhere.sql"),
    ),
    (
        17,
        "request ends",
        include_str!("../../migrations/0017_request_ends.sql"),
    ),
    (18, "people", include_str!("../../migrations/0018_people.sql")),
    (19, "alerts", include_str!("../../migrations/0019_alerts.sql")),
];

/// What brings an archive up to date.
pub(super) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let migration = |(number, description, sql): (i64, &'static str, &'static str)| {
        Migration::new(
            number,
            description.into(),
            MigrationType::Simple,
            SqlStr::from_static(sql),
            false,
        )
    };
    Migrator::with_migrations(ALL.into_iter().map(migration).collect())
});

/// The schema version of a new archive.
pub(super) const NEWEST: i64 = ALL[ALL.len() - 1].0;

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::ConnectOptions as _;
    use sqlx::sqlite::SqliteConnectOptions;
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    /// SHA-384 of every released migration, as every operator's archive has it in `_sqlx_migrations`.
    const RELEASED: [&str; 3] = [
        "8dc4310cc7e01b5946125e6a0dd9d436f4301b01793bd637e824d93a9c674dbe739b4a3f248991b5b166f82a86942ebd",
        "cf854b156dfa276882eb707ae8773278abb50bd48218da568ec090d9362fa3cff185ff6b5dd7a80964caf9b5359f5213",
        "79ce2e11823257bf95b5edf9433b70d971ef34af340f069e9d10ca56a4044fcc2074af7dfc0208bbb81b8ce300f59a9f",
    ];

    #[test]
    fn a_released_migration_never_changes() {
        for (migration, released) in MIGRATIONS.iter().zip(RELEASED) {
            let checksum = migration.checksum.iter().fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02x}").unwrap();
                text
            });
            assert_eq!(checksum, released, "migration {}", migration.version);
        }
    }

    /// What contacts said outlives the message that said it, and the log tells of it by its number.
    #[tokio::test]
    async fn what_disposed_messages_said_of_consent_stays_under_its_number() {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(false);
        let mut connection = options.connect().await.unwrap();
        let before = MIGRATIONS.iter().filter(|migration| migration.version < 8);
        let before = Migrator::with_migrations(before.cloned().collect());
        before.run(&mut connection).await.unwrap();
        let rows = "INSERT INTO streams (stream, tenant, channel) VALUES (1, 'bank', 'wecom');
            INSERT INTO envelopes (message, stream, received_at, sent_at, kind, direction, sender, conversation, generation,
                                   pack_list, held)
            VALUES (9, 1, 700, 600, 1, 0, 1, 1, 1, 1, 0);
            INSERT INTO consent_events (event, message, stream, party, state, at, holds)
            VALUES (3, 4, 1, 'gone', 'agree', 100, 200), (8, 9, 1, 'here', 'disagree', 500, 600);";
        sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
        MIGRATIONS.run(&mut connection).await.unwrap();
        let kept = sqlx::query_as::<_, (i64, i64, String, i64, i64)>(
            "SELECT consent, message, party, holds, heard_at FROM consents ORDER BY consent",
        );
        assert_eq!(
            kept.fetch_all(&mut connection).await.unwrap(),
            [(3, 4, "gone".to_owned(), 200, 200), (8, 9, "here".to_owned(), 600, 700)]
        );
    }

    #[test]
    fn every_file_of_migrations_is_in_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let files: BTreeSet<(String, String)> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect();
        let listed: BTreeSet<(String, String)> = ALL
            .iter()
            .map(|(number, description, sql)| {
                let name = format!("{number:04}_{}.sql", description.replace(' ', "_"));
                (name, (*sql).to_owned())
            })
            .collect();
        assert_eq!(listed, files);
        assert!(ALL.is_sorted_by(|(one, ..), (next, ..)| one < next));
    }
}
