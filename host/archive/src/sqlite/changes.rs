//! Which statements each change is made of.

use super::failure::Failure;
use super::sealing::Sealing;
use super::vocabulary::Vocabulary;
use super::{consents, directory, endings, generations, held, ingest, quarantines, rejudge, trust};
use crate::change::{Change, Receipt};
use proviso_model::Principal;
use sqlx::SqliteConnection;

/// Writes a change within the transaction that runs on the connection.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    known: &mut Vocabulary,
    sealing: &Sealing,
    change: Change<'_>,
    by: &Principal,
) -> Result<Receipt, Failure> {
    match change {
        Change::Messages(batch) => Ok(Receipt::Messages(
            ingest::batch(connection, known, sealing, batch, by).await?,
        )),
        Change::Activation(activation) => {
            let entry = generations::activate(connection, activation, by).await?;
            Ok(Receipt::History { entry })
        }
        Change::FailedSet(failed) => {
            let entry = generations::failed_set(connection, failed, by).await?;
            Ok(Receipt::History { entry })
        }
        Change::Trust(record) => {
            trust::record(connection, record).await?;
            Ok(Receipt::Done)
        }
        Change::Downgrade(allowed) => {
            trust::allow_downgrade(connection, allowed, by).await?;
            Ok(Receipt::Done)
        }
        Change::Quarantine {
            generation,
            quarantined,
        } => {
            quarantines::begin(connection, &mut known.names, &generation, quarantined).await?;
            Ok(Receipt::Done)
        }
        Change::Retry { policies, at } => {
            quarantines::retry(connection, policies, by, at).await?;
            Ok(Receipt::Done)
        }
        Change::Rejudged(rejudging) => Ok(Receipt::Rejudged(
            rejudge::replace(connection, &mut known.names, sealing, rejudging, by).await?,
        )),
        Change::Release { ids, note, at } => {
            for id in ids {
                held::release(connection, sealing, id, by, note, at).await?;
            }
            Ok(Receipt::Done)
        }
        Change::Consents(import) => Ok(Receipt::Consents(consents::import(connection, import, by).await?)),
        Change::Directory(import) => Ok(Receipt::Directory(directory::import(connection, import, by).await?)),
        Change::Endings(import) => Ok(Receipt::Endings(
            endings::import(connection, &mut known.names, sealing, import, by).await?,
        )),
    }
}
