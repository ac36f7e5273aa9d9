//! Keys: which wraps what, rotation under load, tenants that get their own, and what is lost without one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Write, batch, entry, entry_of, fresh, message, raw_connection, wei};
use proviso_archive::{
    Archive, ArchiveError, Change, KeyPlace, KeyPlaces, KeyVersion, KeysError, Opening, Receipt, SuiteName,
};
use proviso_model::{MessageId, Timestamp};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000).unwrap()
}

fn version(number: u32) -> KeyVersion {
    KeyVersion::new(number).unwrap()
}

pub(crate) async fn rewrap_all(archive: &Archive) -> u64 {
    let (mut after, mut all) = (0, 0);
    loop {
        let receipt = archive
            .commit(Change::Rewrap { after, at: at(1) }, &wei())
            .await
            .unwrap();
        let Receipt::Rewrapped { records, last } = receipt else {
            panic!("{receipt:?}");
        };
        all += records;
        match last {
            Some(last) => after = last,
            None => return all,
        }
    }
}

/// Every version with what it wraps.
async fn counts(archive: &Archive) -> Vec<(Option<String>, u32, u64)> {
    let report = archive.keys().await.unwrap();
    assert_eq!(report.unreadable, []);
    let keys = report.keys.into_iter();
    keys.map(|status| (status.tenant, status.key.version.get(), status.records))
        .collect()
}

async fn all_readable(archive: &Archive, count: usize) {
    let mut found = 0;
    let mut after = 0;
    loop {
        let page = archive.message_ids(after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.arrival;
        for numbered in &page {
            let shown = archive.show(&numbered.id).await.unwrap().unwrap();
            assert_eq!(*shown.message.id, numbered.id);
            found += 1;
        }
    }
    assert_eq!(found, count);
}

#[tokio::test]
async fn a_rotation_wraps_all_anew_and_the_old_version_can_go() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let entries = (0..5).map(|number| entry(&format!("m{number}"), number)).collect();
    archive.ingest(&batch(entries)).await.unwrap();
    // The archive's own key is a record too.
    assert_eq!(counts(&archive).await, [(None, 1, 6)]);
    let new = archive
        .add_key(None, Some(SuiteName::Sm4Gcm), at(1), &wei())
        .await
        .unwrap();
    assert_eq!((new.version, new.suite), (version(2), SuiteName::Sm4Gcm));
    archive.ingest(&batch(vec![entry("later", 9)])).await.unwrap();
    assert_eq!(counts(&archive).await, [(None, 1, 6), (None, 2, 1)]);

    let refused = archive.destroy_key(None, version(1), at(2), &wei()).await.unwrap_err();
    assert!(matches!(refused, KeysError::InUse { records: 6, .. }), "{refused}");
    assert_eq!(rewrap_all(&archive).await, 6);
    assert_eq!(rewrap_all(&archive).await, 0);
    assert_eq!(counts(&archive).await, [(None, 1, 0), (None, 2, 7)]);
    archive.destroy_key(None, version(1), at(2), &wei()).await.unwrap();
    all_readable(&archive, 6).await;
    archive.close().await;
    let archive = Archive::open(folder.path().join("a.db")).await.unwrap();
    all_readable(&archive, 6).await;
    // What came before is known by the same tags.
    let again = archive.ingest(&batch(vec![entry("later", 9)])).await;
    assert!(again.is_err());
    archive.close().await;
}

/// Fifty rotations while messages are written, each cut off somewhere and begun again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotations_under_load_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let goes_on = Arc::new(AtomicBool::new(true));
    let writer = tokio::spawn({
        let (archive, goes_on) = (archive.clone(), Arc::clone(&goes_on));
        async move {
            let mut written = 0;
            while goes_on.load(Ordering::Relaxed) {
                let entries = (0..40)
                    .map(|place| entry(&format!("m{}", written + place), written + place))
                    .collect();
                archive.ingest(&batch(entries)).await.unwrap();
                written += 40;
                tokio::task::yield_now().await;
            }
            written
        }
    });
    for round in 0..50_u64 {
        archive.add_key(None, None, at(1), &wei()).await.unwrap();
        let cut = tokio::spawn({
            let archive = archive.clone();
            async move { rewrap_all(&archive).await }
        });
        tokio::time::sleep(std::time::Duration::from_micros(round * 397 % 5_000)).await;
        cut.abort();
    }
    goes_on.store(false, Ordering::Relaxed);
    let written = writer.await.unwrap();
    assert!(written >= 40);
    all_readable(&archive, written as usize).await;
    rewrap_all(&archive).await;
    let wrapped = counts(&archive).await;
    assert_eq!(wrapped.last().unwrap(), &(None, 51, written as u64 + 1));
    assert!(wrapped[..50].iter().all(|(_, _, records)| *records == 0), "{wrapped:?}");
    for number in 1..=50 {
        archive.destroy_key(None, version(number), at(2), &wei()).await.unwrap();
    }
    archive.close().await;
    let archive = Archive::open(folder.path().join("a.db")).await.unwrap();
    all_readable(&archive, written as usize).await;
    archive.close().await;
}

fn opening(folder: &Path, tenant: &str) -> Opening {
    let mut keys = KeyPlaces::default();
    let own = KeyPlace::File(folder.join("own.keys"));
    keys.tenants.insert(tenant.to_owned(), own);
    Opening {
        keys,
        ..Opening::default()
    }
}

#[tokio::test]
async fn a_tenant_that_gets_its_own_keys_keeps_what_the_others_wrapped_until_a_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    let tenant = entry("m1", 1).message.id.tenant.clone();
    let path = archive.path().to_owned();
    archive.close().await;

    let opening = opening(folder.path(), &tenant);
    let missing = Archive::open_with(&path, &opening).await.map(|_| ()).unwrap_err();
    assert!(missing.to_string().contains("own.keys"), "{missing}");
    let own = folder.path().join("own.keys");
    KeyPlace::make_file(&own, SuiteName::Aes256Gcm, at(0)).unwrap();
    let archive = Archive::open_with(&path, &opening).await.unwrap();
    let mut others = message("m3", 3);
    others.id = Arc::new(MessageId {
        tenant: "other".into(),
        ..MessageId::clone(&others.id)
    });
    let others = entry_of(others);
    archive.ingest(&batch(vec![entry("m2", 2), others])).await.unwrap();
    let whose = Some(tenant.clone());
    // Both rings have a version 1: which of them wraps is found out, not guessed.
    assert_eq!(counts(&archive).await, [(None, 1, 3), (whose.clone(), 1, 1)]);
    all_readable(&archive, 3).await;
    assert_eq!(rewrap_all(&archive).await, 1);
    assert_eq!(counts(&archive).await, [(None, 1, 2), (whose, 1, 2)]);
    assert!(matches!(
        archive.add_key(Some("nobody"), None, at(1), &wei()).await,
        Err(KeysError::NoRing(_))
    ));
    archive.close().await;

    // Its file is a copy of the others': to destroy a key in the one would destroy it in the other.
    let aside = folder.path().join("aside");
    std::fs::rename(&own, &aside).unwrap();
    std::fs::copy(folder.path().join("a.db.keys"), &own).unwrap();
    let shared = Archive::open_with(&path, &opening).await.map(|_| ()).unwrap_err();
    assert!(shared.to_string().contains("have one key in common"), "{shared}");
    std::fs::rename(&aside, &own).unwrap();

    // Without its file the tenant's records are lost, and nobody else's: but the archive is not opened on a guess.
    std::fs::remove_file(&own).unwrap();
    assert!(matches!(
        Archive::open_with(&path, &opening).await,
        Err(ArchiveError::Keys { .. })
    ));
    KeyPlace::make_file(&own, SuiteName::Aes256Gcm, at(0)).unwrap();
    let archive = Archive::open_with(&path, &opening).await.unwrap();
    let report = archive.keys().await.unwrap();
    let [lost] = &report.unreadable[..] else {
        panic!("{report:?}");
    };
    assert_eq!(
        (lost.tenant.as_str(), lost.version, lost.records),
        (tenant.as_str(), version(1), 2)
    );
    archive.close().await;
}

/// A wrapped key of another row opens nothing: what is sealed is bound to its record.
#[tokio::test]
async fn keys_and_contents_cannot_be_swapped() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive
        .ingest(&batch(vec![entry("m1", 1), entry("m2", 2)]))
        .await
        .unwrap();
    let path = archive.path().to_owned();
    archive.close().await;
    let column = |name: &str| format!("{name} = (SELECT o.{name} FROM old o WHERE o.message = 3 - contents.message)");
    let swaps = [
        vec!["key"],
        vec!["content"],
        vec!["judgement"],
        vec!["key", "content", "judgement"],
    ];
    for columns in swaps {
        let set: Vec<String> = columns.iter().map(|name| column(name)).collect();
        let swap = format!(
            "WITH old AS MATERIALIZED (SELECT * FROM contents) UPDATE contents SET {}",
            set.join(", ")
        );
        let swap = || sqlx::query(sqlx::AssertSqlSafe(swap.clone()));
        let mut connection = raw_connection(&path).await;
        swap().execute(&mut connection).await.unwrap();
        drop(connection);
        let archive = Archive::open_readonly(&path).await.unwrap();
        for id in ["m1", "m2"] {
            let shown = archive.show(&entry(id, 1).message.id).await;
            assert!(shown.is_err(), "{columns:?}");
        }
        archive.close().await;
        // Swapped again, all is as it was.
        let mut connection = raw_connection(&path).await;
        swap().execute(&mut connection).await.unwrap();
    }
    let archive = Archive::open(&path).await.unwrap();
    all_readable(&archive, 2).await;
    archive.close().await;
}
