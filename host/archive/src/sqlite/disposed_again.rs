//! Disposals that a newer log tells of, in a backup that was restored: each is carried out again as it was the first time, without asking
//! whether it may be. Of one whose message arrived after the backup a tombstone is written.

use super::alerts;
use super::disposal::{Left, destroy, next_leaf};
use super::disposed_elsewhere;
use super::disposed_names::{about, certified, named};
use super::failure::Failure;
use super::log::entries::{Entries, integer, text};
use super::log::rows::DISPOSED_AGAIN;
use super::rows::damage;
use super::sealing::Sealing;
use super::vocabulary::Vocabulary;
use crate::disposal::{DisposingAgain, LoggedDisposal};
use crate::stored::disposed_again::{self, First};
use proviso_model::Principal;
use proviso_seal::TAG_BYTES;
use sqlx::SqliteConnection;

pub(super) async fn dispose(
    connection: &mut SqliteConnection,
    known: &mut Vocabulary,
    sealing: &Sealing,
    again: &DisposingAgain,
    by: &Principal,
    log: &mut Entries,
) -> Result<(), Failure> {
    // The last steps of subjects may go.
    known.chains.forget();
    let leaf = next_leaf(connection).await?;
    let first_of = |disposal: &LoggedDisposal| First {
        at_ms: disposal.at_ms,
        certificate: disposal.certificate,
        leaf: disposal.leaf,
        log: again.log.clone(),
        place: disposal.place,
        record: disposal.record,
    };
    for disposal in &again.elsewhere {
        let first = first_of(disposal);
        disposed_elsewhere::write(connection, (leaf, again.at, by), (disposal, &first), log).await?;
    }
    for (number, disposal) in &again.here {
        let number = *number;
        let tag: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT i.tag FROM identities i JOIN contents USING (message) WHERE i.message = ?")
                .bind(number)
                .fetch_optional(&mut *connection)
                .await?;
        let tag = tag.and_then(|tag| <[u8; TAG_BYTES]>::try_from(tag).ok());
        let tag = tag.filter(|tag| named(tag) == disposal.record);
        let tag = tag.ok_or_else(|| damage(format!("message {number} is not the one that was disposed of")))?;
        let first = first_of(disposal);
        let place = log.next_place();
        let mut fields = vec![
            about(disposal.record),
            certified(disposal.certificate),
            integer("first-leaf", disposal.leaf.cast_signed()),
            integer("first-place", disposal.place.into()),
            text("first-log", again.log.clone()),
        ];
        fields.extend(destroy(connection, sealing, number, &tag).await?);
        let left = Left {
            number,
            at: again.at,
            by,
            leaf,
            place,
            said: disposed_again::write(&first),
        };
        left.write(connection).await?;
        log.tell_row(connection, &DISPOSED_AGAIN, number, None, fields).await?;
        alerts::disposed(connection, number, (again.at, by), log).await?;
    }
    Ok(())
}
