//! What is permitted, as it changed.

use super::failure::Failure;
use super::log::entries::{Entries, text};
use super::log::rows::PERMISSIONS;
use crate::permissions::Permissions;
use proviso_model::Principal;
use sqlx::{Row as _, SqliteConnection};
use std::collections::BTreeMap;

/// Records what differs from what was recorded last; how many that are.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    permissions: &Permissions,
    by: &Principal,
    log: &mut Entries,
) -> Result<u64, Failure> {
    let rows = sqlx::query(
        "SELECT about, permits FROM permission_history WHERE permits IS NOT NULL
         AND entry IN (SELECT max(entry) FROM permission_history GROUP BY about)",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut before: BTreeMap<String, String> = BTreeMap::new();
    for row in &rows {
        before.insert(row.try_get(0)?, row.try_get(1)?);
    }
    let mut changed: Vec<(&str, Option<&str>, &Principal, &str)> = Vec::new();
    for one in &permissions.all {
        let what = match before.remove(&one.about) {
            Some(permits) if permits == one.permits => continue,
            Some(_) => "changed",
            None => "new",
        };
        changed.push((&one.about, Some(&one.permits), one.by.as_ref().unwrap_or(by), what));
    }
    changed.extend(before.keys().map(|gone| (gone.as_str(), None, by, "gone")));
    for (about, permits, who, what) in &changed {
        let entry: i64 = sqlx::query_scalar(
            "INSERT INTO permission_history (at, about, permits, who) VALUES (?, ?, ?, ?) RETURNING entry",
        )
        .bind(permissions.at.as_millis())
        .bind((*about).to_owned())
        .bind(permits.map(str::to_owned))
        .bind(who.to_string())
        .fetch_one(&mut *connection)
        .await?;
        let fields = vec![text("about", *about), text("what", *what), text("who", who.to_string())];
        log.tell_row(connection, &PERMISSIONS, entry, None, fields).await?;
    }
    Ok(changed.len() as u64)
}
