//! `proviso archive query …`: queries that are saved under a name.

use super::search::pointed_at;
use crate::cli::{ArchiveArgs, OutputFormat, QueryCommand, SaveQueryArgs};
use crate::exit::{Ending, Usage};
use crate::looking::{Looking, Writing};
use crate::show::table::{Columns, clip};
use proviso_archive::{NoNamedQuery, Owners};
use proviso_daemon::config::Config;
use proviso_daemon::saved_queries::{self, SavedQueryError};
use proviso_daemon::wire::{NewQueryV1, SavedQueriesV1};
use serde_json::json;

/// Columns that a query may take in a table.
const QUERY_COLUMNS: usize = 60;

pub(crate) async fn run(command: &QueryCommand, colour: bool) -> anyhow::Result<Ending> {
    match command {
        QueryCommand::Save(args) => save(args).await,
        QueryCommand::List { tenant, archive } => list(tenant.as_deref(), archive, colour).await,
        QueryCommand::Delete { name, tenant, archive } => delete(name, tenant, archive).await,
    }
}

async fn save(args: &SaveQueryArgs) -> anyhow::Result<Ending> {
    let new = NewQueryV1 {
        tenant: args.tenant.clone(),
        name: args.name.clone(),
        query: args.query.clone(),
        zone: args.zone.clone(),
    };
    // Before anything is opened: what is wrong with a query is told with its place.
    new.clone().read().map_err(|error| match error {
        NoNamedQuery::Query(error) => Usage(pointed_at(&args.query, &error)),
        error => Usage(error.to_string()),
    })?;
    let saved = match writing(&args.archive).await? {
        Writing::Daemon(client) => client.post("/v1/archive/queries", &json!(new))?["saved"]
            .as_i64()
            .unwrap_or_default(),
        Writing::Here(archive) => {
            let saved = saved_queries::save(&archive, new, &crate::who::runs_this()).await;
            archive.close().await;
            saved.map_err(of_whom)?
        }
    };
    match args.archive.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!({ "saved": saved }))),
        OutputFormat::Table => crate::show::line(format_args!(
            "saved as {:?}: `proviso archive search --saved` takes it",
            args.name
        )),
    }
    Ok(Ending::Well)
}

async fn delete(name: &str, tenant: &str, args: &ArchiveArgs) -> anyhow::Result<Ending> {
    match writing(args).await? {
        Writing::Daemon(client) => {
            client.post("/v1/archive/queries/delete", &json!({ "tenant": tenant, "name": name }))?;
        }
        Writing::Here(archive) => {
            // Whoever has the archive's files and keys needs nobody's leave.
            let deleted = saved_queries::delete(&archive, (tenant, name), Owners::All, &crate::who::runs_this()).await;
            archive.close().await;
            deleted.map_err(of_whom)?;
        }
    }
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!({ "deleted": name }))),
        OutputFormat::Table => crate::show::line(format_args!("{name:?} is deleted")),
    }
    Ok(Ending::Well)
}

async fn list(tenant: Option<&str>, args: &ArchiveArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.config)?;
    let looking = Looking::begin(&config, &args.token).await?;
    let mut table = Columns::new(colour, &["name", "tenant", "query", "zone", "owner", "saved"]);
    let (mut after, mut count) = (0, 0);
    loop {
        let SavedQueriesV1 { queries, next } = looking.saved_queries(tenant, after).await?;
        count += queries.len();
        for one in &queries {
            match args.format {
                OutputFormat::Json => crate::show::json(format_args!("{}", json!(one))),
                OutputFormat::Table => table.row([
                    one.name.clone(),
                    clip(&one.tenant, 24),
                    clip(&one.query, QUERY_COLUMNS),
                    one.zone.clone(),
                    one.owner.to_string(),
                    one.saved_at.to_string(),
                ]),
            }
        }
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    if args.format == OutputFormat::Table {
        match count {
            0 => crate::show::error_line(format_args!("no query is saved")),
            _ => table.print(&mut std::io::stdout())?,
        }
    }
    Ok(Ending::Well)
}

async fn writing(args: &ArchiveArgs) -> anyhow::Result<Writing> {
    let config = Config::read(&args.config)?;
    let looking = Looking::begin(&config, &args.token).await?;
    Writing::begin(&config, &args.token, looking).await
}

/// What whoever asked can mend is wrong use.
fn of_whom(error: SavedQueryError) -> anyhow::Error {
    if error.is_of_the_caller() {
        Usage(error.to_string()).into()
    } else {
        error.into()
    }
}
