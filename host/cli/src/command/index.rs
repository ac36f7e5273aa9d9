//! `proviso archive index`: builds the index that searches go by, and says how far it is.

use crate::cli::{ArchiveArgs, OutputFormat};
use crate::show::progress::Progress;
use proviso_archive::{Archive, ArchiveError, IndexReport};
use proviso_daemon::config::Config;
use proviso_pipeline::places;
use serde_json::json;

pub(crate) async fn index(args: &ArchiveArgs) -> anyhow::Result<()> {
    let config = Config::read(&args.config)?;
    let (path, opening) = (config.archive_path(), config.opening());
    // A file that is not there is a wrong place, and none to make an archive in.
    Archive::open_readonly_with(&path, &opening).await?.close().await;
    let archive = match Archive::open_with(&path, &opening).await {
        Ok(archive) => {
            build(&archive).await?;
            archive
        }
        Err(ArchiveError::InUse { .. }) => {
            crate::show::error_line(format_args!("a daemon writes this archive, and indexes it by itself"));
            Archive::open_readonly_with(&path, &opening).await?
        }
        Err(error) => return Err(error.into()),
    };
    let report = archive.index_report().await;
    archive.close().await;
    print(&report?, args.format);
    Ok(())
}

async fn build(archive: &Archive) -> anyhow::Result<()> {
    let progress = Progress::steps("messages indexed:", archive.index_left().await?);
    let by = crate::who::runs_this();
    loop {
        let pass = archive.index(places::now(), &by).await?;
        if pass.is_idle() {
            break;
        }
        progress.advance(pass.indexed + pass.unreadable);
    }
    progress.finish();
    Ok(())
}

fn print(report: &IndexReport, format: OutputFormat) {
    let IndexReport {
        segments,
        messages,
        bytes,
        left,
        unreadable,
    } = *report;
    match format {
        OutputFormat::Json => crate::show::json(format_args!(
            "{}",
            json!({
                "segments": segments,
                "messages": messages,
                "bytes": bytes,
                "left": left,
                "unreadable": unreadable,
            })
        )),
        OutputFormat::Table => {
            crate::show::line(format_args!(
                "messages in the index   {messages}, in {segments} segments of {bytes} bytes"
            ));
            crate::show::line(format_args!(
                "messages left           {left}: a search opens each of them"
            ));
            crate::show::line(format_args!("messages unreadable     {unreadable}"));
        }
    }
}
