//! Exports that one person may not make alone: asked for with the messages that they give away, and made once another has approved just these.

use super::{ExportingError, Of, Read, chosen, give, read, read_with};
use crate::config::Config;
use crate::config_requests::EXPORT;
use crate::requests;
use crate::retention::RetentionError;
use crate::wire::{ExportV1, GivenV1};
use proviso_archive::{Archive, CommitError, ExportError, ExportRun, RequestedAct};
use proviso_evidence::Sink;
use proviso_model::Principal;
use proviso_pipeline::places;
use std::io;

/// Asks for an export of what is found now; the request's number, and how many messages it is about. Nothing is written but the request.
/// `progress` is told how many messages were looked at.
///
/// # Errors
/// The tenant asks for no request, or nothing was found; the archive cannot be read or written.
pub async fn ask(
    (archive, config): (&Archive, &Config),
    asked: &ExportV1,
    by: &Principal,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(i64, u64), ExportingError<io::Error>> {
    let Read { request, of } = read_with(archive, asked).await?;
    let tenant = of.tenant().ok_or(ExportingError::NoTenant)?.to_owned();
    // Before anything is looked for; and again when the request is made.
    requests::asking(config, &tenant, EXPORT, places::now())?;
    let chosen = chosen(archive, of, request.context, progress).await?;
    if chosen.is_empty() {
        return Err(ExportError::Nothing.into());
    }
    let act = request.act(&tenant, &chosen);
    let number = requests::ask(config, archive, &tenant, act, &request.reason, by).await?;
    Ok((number, chosen.len() as u64))
}

/// Makes an export as it was asked for, into a sink. What it has must not be given away before this ends well: the request runs in the transaction
/// by which the log is told.
///
/// # Errors
/// The request may not run, or other messages are found than it is about; the archive cannot be read or written.
pub async fn run<S: Sink>(
    (archive, config): (&Archive, &Config),
    number: i64,
    sink: S,
    by: &Principal,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(S, GivenV1), ExportingError<S::Error>>
where
    S::Error: std::error::Error + 'static,
{
    let found = requests::find(archive, number).await?;
    // Before anything is looked for or written; and again when the log is told.
    let may_run = found.may_run(places::now()).map_err(CommitError::from);
    may_run.map_err(RetentionError::from)?;
    let act = match &found.asked.act {
        RequestedAct::Export(export) => export,
        other => {
            let (request, act) = (number, other.name());
            return Err(ExportingError::NoExport { request, act });
        }
    };
    let Read { mut request, mut of } = read(&ExportV1::from(&**act))?;
    if let Of::Query(search) = &mut of {
        search.before = Some(act.last.saturating_add(1));
    }
    let mut chosen = chosen(archive, of, request.context, progress).await?;
    chosen.retain(|one| one.arrival <= act.last);
    if request.act(&act.tenant, &chosen) != found.asked.act {
        return Err(ExportingError::Others(number));
    }
    request.request = Some(ExportRun {
        number,
        tenant: act.tenant.clone(),
    });
    give((archive, config), &request, &chosen, sink, by).await
}
