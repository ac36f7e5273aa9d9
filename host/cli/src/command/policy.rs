//! `proviso policy …`: would a set go live, what runs, what ran, and back.

use crate::building;
use crate::cli::{DaemonArgs, OutputFormat, PolicyCheckArgs, PolicyCommand};
use crate::client::Client;
use crate::exit::{Ending, Usage};
use crate::show::table::{Columns, clip, count};
use proviso_archive::{AllowedDowngrade, Archive, ArchiveError, Change};
use proviso_daemon::config::Config;
use proviso_daemon::scoring;
use proviso_daemon::wire::StandingV1;
use proviso_model::Problems;
use proviso_pipeline::loading::build;
use proviso_pipeline::loading::build::failed_cases;
use proviso_pipeline::loading::trust::TrustSource;
use serde_json::{Value, json};
use std::time::Instant;

pub(crate) fn run(command: &PolicyCommand, colour: bool) -> anyhow::Result<Ending> {
    match command {
        PolicyCommand::Check(args) => check(args, colour),
        PolicyCommand::Promote(args) => super::promote::run(args),
        PolicyCommand::Status(args) => status(args, colour),
        PolicyCommand::Reload(args) => attempt(args, "/v1/policy/reload", &json!({})),
        PolicyCommand::Rollback { daemon, to } => attempt(daemon, "/v1/policy/rollback", &json!({ "to": to })),
        PolicyCommand::Retry { daemon, policy } => retry(daemon, policy.as_deref()),
        PolicyCommand::AllowDowngrade {
            daemon,
            pack,
            version,
            note,
        } => allow_downgrade(daemon, pack, version, note),
        PolicyCommand::History(args) => history(args, colour),
    }
}

fn check(args: &PolicyCheckArgs, colour: bool) -> anyhow::Result<Ending> {
    let (set, trust) = (&args.set, args.trust.trust.as_deref());
    let started = Instant::now();
    let engine = build::engine(args.cache_dir.as_deref())?;
    let mut resolved = building::resolve(set, trust, None)?;
    let mut standings = Vec::new();
    if let Some(path) = &args.config {
        let config = Config::read(path)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let approvals = runtime.block_on(super::request::approvals(&config, &args.token))?;
        (standings, resolved.set) = scoring::approved(&resolved, &config.requests, &approvals);
    }
    let generation = building::generation(&engine, &resolved, "building policies")?;
    let built = started.elapsed();
    let failed = failed_cases(&generation);
    if !failed.is_empty() {
        return Err(Problems(failed).into());
    }
    let source = TrustSource::find(trust, Some(set));
    let trust = proviso_daemon::trust::describe(&source, generation.packs());
    let standings = json!(standings.iter().map(StandingV1::from).collect::<Vec<_>>());
    let mut described = serde_json::to_value(generation.describe())?;
    match args.format {
        OutputFormat::Json => {
            described["trust"] = trust;
            described["scoring"] = standings;
            crate::show::json(format_args!("{}", serde_json::to_string_pretty(&described)?));
        }
        OutputFormat::Table => {
            print_generation(&described, colour)?;
            print_scoring(&standings);
            print_trust(&trust);
            let cases = generation.self_test().len();
            crate::show::line(format_args!(
                "\n{} would go live: built in {} ms, {cases} cases pass",
                set.display(),
                built.as_millis()
            ));
        }
    }
    Ok(Ending::Well)
}

/// Says who is scored by whose approval, and of whom nobody is.
fn print_scoring(standings: &Value) {
    let says = standings.as_array().into_iter().flatten();
    for said in says.filter_map(|one| one["says"].as_str()) {
        crate::show::line(format_args!("\nScoring: {said}"));
    }
}

fn client(args: &DaemonArgs) -> anyhow::Result<Client> {
    Client::of(&Config::read(&args.config)?, &args.token)
}

fn status(args: &DaemonArgs, colour: bool) -> anyhow::Result<Ending> {
    let status = client(args)?.get("/v1/status")?;
    if args.format == OutputFormat::Json {
        crate::show::json(format_args!("{}", serde_json::to_string_pretty(&status)?));
        return Ok(Ending::Well);
    }
    print_generation(&status["generation"], colour)?;
    print_scoring(&status["scoring"]);
    print_trust(&status["trust"]);
    print_watch(&status["watch"]);
    let messages = &status["messages"];
    let number = |key: &str| count(messages[key].as_u64().unwrap_or_default());
    crate::show::line(format_args!(
        "\nSince the start: {} messages committed, {} held, {} judged in part, {} withheld, {} delivered twice, {} conflicts, {} queued",
        number("committed"),
        number("held"),
        number("partial"),
        number("withheld"),
        number("duplicate"),
        number("conflicting"),
        number("queued")
    ));
    let quarantined = status["quarantined"].as_array().map(Vec::as_slice).unwrap_or_default();
    for one in quarantined {
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        crate::show::line(format_args!(
            "\nQuarantined since {}: {}, which failed on {} of the last {} messages that triggered it. It is not called; such \
             messages are held or flagged. `proviso policy retry` has it tried again.",
            text("since"),
            text("policy"),
            one["faults"],
            one["messages"]
        ));
    }
    if let Some(last) = status["last_attempt"].as_object() {
        crate::show::line(format_args!(""));
        print_attempt(&Value::Object(last.clone()));
    }
    let refused = status["last_attempt"]["result"] == "refused";
    Ok(if refused || !quarantined.is_empty() {
        Ending::Problems
    } else {
        Ending::Well
    })
}

/// What the daemon follows to see a change of policies.
fn print_watch(watch: &Value) {
    let list = |key: &str| watch[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let looked_at = watch["looked_at"].as_str().map_or_else(
        || "a change was not looked for yet".to_owned(),
        |at| format!("last looked at {at}"),
    );
    let paths = count(list("paths").len() as u64);
    crate::show::line(format_args!("\nWatched: {paths} paths, {looked_at}"));
    for file in list("being_written").iter().filter_map(Value::as_str) {
        crate::show::line(format_args!("  being written, read when it is closed: {file}"));
    }
    for folder in list("unwatched").iter().filter_map(Value::as_str) {
        crate::show::line(format_args!(
            "  not watched by the kernel, looked at once a minute: {folder}"
        ));
    }
}

fn attempt(args: &DaemonArgs, path: &str, body: &Value) -> anyhow::Result<Ending> {
    let attempt = client(args)?.post(path, body)?;
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!("{attempt}")),
        OutputFormat::Table => print_attempt(&attempt),
    }
    Ok(if attempt["result"] == "refused" {
        Ending::Problems
    } else {
        Ending::Well
    })
}

fn retry(args: &DaemonArgs, policy: Option<&str>) -> anyhow::Result<Ending> {
    let answer = client(args)?.post("/v1/policy/retry", &json!({ "policy": policy }))?;
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!("{answer}")),
        OutputFormat::Table => {
            for policy in answer["retried"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                crate::show::line(format_args!("tried again from now on: {policy}"));
            }
        }
    }
    Ok(Ending::Well)
}

/// The permission is kept in the archive: by the daemon, or by this process where none runs.
fn allow_downgrade(args: &DaemonArgs, pack: &str, version: &str, note: &str) -> anyhow::Result<Ending> {
    proviso_daemon::trust::check_downgrade(pack, version).map_err(Usage)?;
    let config = Config::read(&args.config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let here = runtime.block_on(async {
        match Archive::open_with(&config.archive_path(), &config.opening()).await {
            Ok(archive) => {
                let allowed = AllowedDowngrade {
                    pack: pack.to_owned(),
                    version: version.to_owned(),
                    note: note.to_owned(),
                    at: proviso_pipeline::places::now(),
                };
                let by = crate::who::runs_this();
                archive.commit(Change::Downgrade(&allowed), &by).await?;
                archive.close().await;
                anyhow::Ok(true)
            }
            Err(ArchiveError::InUse { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    })?;
    if !here {
        let body = json!({ "pack": pack, "version": version, "note": note });
        client(args)?.post("/v1/policy/allow-downgrade", &body)?;
    }
    match args.format {
        OutputFormat::Json => {
            let allowed = json!({ "allowed": { "pack": pack, "version": version } });
            crate::show::json(format_args!("{allowed}"));
        }
        OutputFormat::Table => crate::show::line(format_args!(
            "{pack}: {version} and what is newer may go live; `proviso policy reload` reads the set again"
        )),
    }
    Ok(Ending::Well)
}

/// Says whom the operator trusts, and why each pack was admitted.
fn print_trust(trust: &Value) {
    match trust["file"].as_str() {
        Some(file) => crate::show::line(format_args!("\nTrust: {file}")),
        None => crate::show::line(format_args!("\nTrust: none, development")),
    }
    let mut told = std::collections::BTreeSet::new();
    for pack in trust["packs"].as_array().into_iter().flatten() {
        let text = |key: &str| pack[key].as_str().unwrap_or_default();
        if told.insert(text("name")) && trust["file"].is_string() {
            crate::show::line(format_args!("  {}: {}", text("name"), text("admitted")));
        }
    }
    for warning in trust["warnings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        crate::show::line(format_args!("  warning: {warning}"));
    }
}

fn history(args: &DaemonArgs, colour: bool) -> anyhow::Result<Ending> {
    let history = client(args)?.get("/v1/policy/history")?;
    let entries = history.as_array().cloned().unwrap_or_default();
    match args.format {
        OutputFormat::Json => entries
            .iter()
            .for_each(|entry| crate::show::json(format_args!("{entry}"))),
        OutputFormat::Table => {
            let mut table = Columns::new(colour, &["when", "generation", "cause", "who", "what"]);
            for entry in &entries {
                let text = |key: &str| entry[key].as_str().unwrap_or_default();
                let id = entry["generation"].as_str().map_or("-", |id| short(id));
                let first = entry["problems"][0]["message"].as_str();
                let what = first.map_or_else(|| text("changed").to_owned(), |problem| format!("refused: {problem}"));
                table.row([text("at"), id, text("cause"), text("who"), &clip(&what, 90)]);
            }
            table.print(&mut std::io::stdout())?;
        }
    }
    Ok(Ending::Well)
}

fn short(digest: &str) -> &str {
    let digits = digest.strip_prefix("sha256:").unwrap_or(digest);
    digits.get(..12).unwrap_or(digits)
}

fn print_attempt(attempt: &Value) {
    let text = |key: &str| attempt[key].as_str().unwrap_or_default();
    let took = attempt["took_ms"].as_u64().unwrap_or_default();
    match text("result") {
        "live" => {
            crate::show::line(format_args!(
                "live since {}: generation {} ({took} ms, by {})",
                text("at"),
                short(text("generation")),
                text("who")
            ));
            for change in attempt["changes"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                crate::show::line(format_args!("  {change}"));
            }
        }
        "unchanged" => crate::show::line(format_args!(
            "unchanged: generation {} goes on",
            short(text("generation"))
        )),
        _ => {
            crate::show::line(format_args!(
                "refused at {} (by {}); the generation before goes on:",
                text("at"),
                text("who")
            ));
            for problem in attempt["problems"].as_array().into_iter().flatten() {
                let file = problem["file"].as_str().unwrap_or_default();
                let (line, column) = (&problem["line"], &problem["column"]);
                crate::show::line(format_args!(
                    "  {file}:{line}:{column}: {}",
                    problem["message"].as_str().unwrap_or_default()
                ));
            }
        }
    }
}

/// Prints what `Generation::describe` says, from its JSON form: the daemon may be of another process.
pub(crate) fn print_generation(generation: &Value, colour: bool) -> std::io::Result<()> {
    crate::show::line(format_args!(
        "Generation {}",
        generation["id"].as_str().unwrap_or_default()
    ));
    let mut table = Columns::new(
        colour,
        &[
            "pack", "version", "digest", "mode", "policy", "plugin", "does", ">terms", "start",
        ],
    );
    for pack in generation["packs"].as_array().into_iter().flatten() {
        let text = |key: &str| pack[key].as_str().unwrap_or_default().to_owned();
        if let Some(off) = pack["off"].as_str() {
            let digest = short(&text("digest")).to_owned();
            table.row([
                text("name"),
                text("version"),
                digest,
                format!("off: {off}"),
                String::new(),
            ]);
            continue;
        }
        for policy in pack["policies"].as_array().into_iter().flatten() {
            let field = |key: &str| policy[key].as_str().unwrap_or_default().to_owned();
            let interfaces: Vec<&str> = policy["interfaces"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            table.row([
                text("name"),
                text("version"),
                short(&text("digest")).to_owned(),
                policy["mode"].as_str().map_or_else(|| text("mode"), str::to_owned),
                field("name"),
                field("plugin"),
                interfaces.join(", "),
                count(
                    policy["lists"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|list| list["terms"].as_u64())
                        .sum::<u64>(),
                ),
                if policy["configured_anew"].is_null() {
                    "snapshot"
                } else {
                    "configured anew"
                }
                .to_owned(),
            ]);
        }
    }
    table.print(&mut std::io::stdout())
}
