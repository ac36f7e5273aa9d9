//! Which statements each change is made of.

use super::clock::ClockGuard;
use super::failure::Failure;
use super::log::entries::{Entries, integer, text};
use super::sealing::Sealing;
use super::vocabulary::Vocabulary;
use super::{
    acts, alerts, consents, directory, disposal, disposed_again, endings, evidence, generations, held, holds, index,
    ingest, permissions, quarantines, rejudge, requests, rewrap, saved_queries, trust, users,
};
use crate::change::{Change, KeyAct, Receipt};
use crate::requests::RequestedAct;
use proviso_model::Principal;
use sqlx::SqliteConnection;

/// Writes a change within the transaction that runs on the connection.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    known: &mut Vocabulary,
    sealing: &Sealing,
    clock: &ClockGuard,
    change: Change<'_>,
    by: &Principal,
    log: &mut Entries,
) -> Result<Receipt, Failure> {
    match change {
        Change::Messages(batch) => Ok(Receipt::Messages(
            ingest::batch(connection, known, sealing, batch, by, log).await?,
        )),
        Change::Activation(activation) => {
            let entry = generations::activate(connection, activation, by, log).await?;
            Ok(Receipt::History { entry })
        }
        Change::FailedSet(failed) => {
            let entry = generations::failed_set(connection, failed, by, log).await?;
            Ok(Receipt::History { entry })
        }
        Change::Trust(record) => {
            trust::record(connection, record, log).await?;
            Ok(Receipt::Done)
        }
        Change::Permissions(permissions) => {
            let changed = permissions::record(connection, permissions, by, log).await?;
            Ok(Receipt::Permissions { changed })
        }
        Change::Downgrade(allowed) => {
            trust::allow_downgrade(connection, allowed, by, log).await?;
            Ok(Receipt::Done)
        }
        Change::Quarantine {
            generation,
            quarantined,
        } => {
            quarantines::begin(connection, &mut known.names, &generation, quarantined, log).await?;
            Ok(Receipt::Done)
        }
        Change::Retry { policies, at } => {
            quarantines::retry(connection, policies, by, at, log).await?;
            Ok(Receipt::Done)
        }
        Change::Rejudged(rejudging) => Ok(Receipt::Rejudged(
            rejudge::replace(connection, &mut known.names, sealing, rejudging, by, log).await?,
        )),
        Change::Rewrap { after, .. } => {
            let (records, last) = rewrap::rewrap(connection, sealing, after).await?;
            if records > 0 {
                let fields = vec![integer("after", after), integer("records", records.cast_signed())];
                log.tell("rewrapped", None, fields)?;
            }
            Ok(Receipt::Rewrapped { records, last })
        }
        Change::PlaceHold(hold) => {
            let number = holds::place(connection, hold, by, log).await?;
            Ok(Receipt::Hold { number })
        }
        Change::ReleaseHold {
            hold,
            request,
            note,
            at,
        } => {
            if let Some(request) = request {
                let act = RequestedAct::HoldRelease {
                    hold,
                    note: note.to_owned(),
                };
                requests::run(connection, (request, &act), at, by, log).await?;
            }
            holds::release(connection, hold, note, at, by, log).await?;
            Ok(Receipt::Done)
        }
        Change::SaveQuery { query, at } => {
            let number = saved_queries::save(connection, sealing, query, at, by, log).await?;
            Ok(Receipt::SavedQuery { number })
        }
        Change::DeleteQuery(deleting) => {
            saved_queries::delete(connection, deleting, by, log).await?;
            Ok(Receipt::Done)
        }
        Change::People { change, at } => users::write(connection, sealing, (change, at), by, log).await,
        Change::Dispose(disposing) => Ok(Receipt::Disposed(
            disposal::dispose(connection, known, sealing, clock, disposing, by, log).await?,
        )),
        Change::DisposeAgain(again) => {
            disposed_again::dispose(connection, known, sealing, again, by, log).await?;
            Ok(Receipt::Done)
        }
        Change::Ask(request) => {
            let number = requests::ask(connection, request, by, log).await?;
            Ok(Receipt::Request { number })
        }
        Change::Decide(deciding) => {
            requests::decide(connection, deciding, by, log).await?;
            Ok(Receipt::Done)
        }
        Change::EndRequest(ending) => {
            requests::end(connection, ending, by, log).await?;
            Ok(Receipt::Done)
        }
        Change::Key { tenant, key, act, .. } => {
            let kind = match act {
                KeyAct::Made => "key-made",
                KeyAct::Destroyed => "key-destroyed",
            };
            let fields = vec![
                text("tenant", tenant.unwrap_or_default()),
                integer("version", key.version.get().into()),
                text("suite", key.suite.name()),
                text("fingerprint", key.fingerprint.to_string()),
            ];
            log.tell(kind, None, fields)?;
            Ok(Receipt::Done)
        }
        Change::Release { ids, note, at } => {
            for id in ids {
                held::release(connection, sealing, id, by, note, at, log).await?;
            }
            Ok(Receipt::Done)
        }
        Change::Review(reviewing) => alerts::review(connection, sealing, reviewing, by, log).await,
        Change::ReviewMany(reviewing) => alerts::review_many(connection, sealing, reviewing, by, log).await,
        Change::Index(pass) => {
            index::write(connection, pass).await?;
            Ok(Receipt::Done)
        }
        Change::Noted(act) => {
            acts::tell(connection, sealing, act, log).await?;
            Ok(Receipt::Done)
        }
        Change::Exported {
            number,
            kind,
            fields,
            request,
            at,
        } => {
            if let Some(request) = request {
                requests::run(connection, request, at, by, log).await?;
            }
            evidence::tell(connection, (number, kind), fields, log).await?;
            Ok(Receipt::Done)
        }
        Change::Consents(import) => Ok(Receipt::Consents(consents::import(connection, import, by, log).await?)),
        Change::Directory(import) => Ok(Receipt::Directory(
            directory::import(connection, import, by, log).await?,
        )),
        Change::Endings(import) => Ok(Receipt::Endings(
            endings::import(connection, &mut known.names, sealing, import, by, log).await?,
        )),
    }
}
