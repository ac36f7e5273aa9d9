//! A change whose rows are written and that the log is not told of is found: the harness of the log's tests can fail.

use super::changes;
use super::log::entries::Entries;
use super::support::{Write as _, batch, entry, fresh, id, now, rich_entry, wei};
use crate::{Archive, Change};

/// Writes a change as a defective program would: all of it but its entries.
async fn untold(archive: &Archive, change: Change<'_>) {
    let mut writer = archive.store.writer.as_ref().unwrap().lock().await;
    let mut connection = writer.connection.take().unwrap();
    let mut known = writer.known.take().unwrap();
    let clock = writer.clock;
    let by = wei();
    let mut entries = Entries::new(&by);
    sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
    let written = changes::write(
        &mut connection,
        &mut known,
        &archive.store.sealing,
        &clock,
        change,
        &by,
        &mut entries,
    );
    assert!(written.await.is_ok());
    sqlx::query("COMMIT").execute(&mut connection).await.unwrap();
    writer.connection = Some(connection);
    writer.known = Some(known);
}

#[tokio::test]
async fn a_change_that_the_log_is_not_told_of_is_found() {
    let lost = batch(vec![entry("lost", 2)]);
    let ids = [id("held")];
    let release = Change::Release {
        ids: &ids,
        note: "",
        at: now(),
    };
    for change in [Change::Messages(&lost), release] {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        archive.ingest(&batch(vec![rich_entry("held", 1)])).await.unwrap();
        assert!(archive.audit(None).await.unwrap().is_whole());
        untold(&archive, change).await;
        // The log goes on as if nothing were wrong.
        archive.ingest(&batch(vec![entry("after", 3)])).await.unwrap();
        let audit = archive.audit(None).await.unwrap();
        assert!(!audit.is_whole(), "{change:?}");
        assert!(
            audit.log.is_whole(),
            "the log by itself is right: {:?}",
            audit.log.faults
        );
        archive.close().await;
    }
}
