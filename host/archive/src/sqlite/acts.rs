//! Acts that change nothing: the log alone tells of them.

use super::failure::Failure;
use super::log::entries::{Entries, integer, text};
use super::sealing::Sealing;
use crate::acts::Act;
use sqlx::SqliteConnection;

/// Tells of an act. A message that is not there is named by nothing.
pub(super) async fn tell(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    act: &Act<'_>,
    log: &mut Entries,
) -> Result<(), Failure> {
    let number: Option<i64> = match act.message {
        Some(id) => {
            sqlx::query_scalar("SELECT message FROM identities WHERE tag = ?")
                .bind(sealing.tag(id).to_vec())
                .fetch_optional(connection)
                .await?
        }
        None => None,
    };
    let mut fields = vec![
        integer("messages", i64::try_from(act.messages).unwrap_or(i64::MAX)),
        text("what", act.what),
    ];
    if let Some(inquiry) = &act.inquiry {
        let found: Vec<String> = inquiry.found.iter().map(i64::to_string).collect();
        fields.push(text("found", found.join(" ")));
        fields.push(text("query", inquiry.query));
        fields.push(text("reason", inquiry.reason));
        fields.extend(inquiry.masked.then(|| integer("masked", 1)));
        fields.extend(inquiry.saved.map(|name| text("saved", name)));
    }
    log.tell(act.kind.name(), number, fields)
}
