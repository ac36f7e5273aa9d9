//! `proviso token …`: who may use the daemon's HTTP interface, and for what.
//!
//! The commands write the file of tokens themselves. A daemon that runs reads it again; none need run.

use crate::cli::{NewTokenArgs, OutputFormat, TokenCommand};
use crate::exit::{Ending, Usage};
use crate::show::table::Columns;
use crate::who;
use anyhow::Context as _;
use proviso_daemon::config::Config;
use proviso_daemon::token::{Grants, NamedToken, NewToken, Permissions, TokenFile, TokenFileError};
use proviso_model::time::{Day, Zone};
use proviso_pipeline::places;
use serde_json::{Value, json};
use std::path::Path;

pub(crate) fn run(command: &TokenCommand, colour: bool) -> anyhow::Result<Ending> {
    match command {
        TokenCommand::New(args) => new(args),
        TokenCommand::List(tokens) => list(&tokens.config, tokens.format, colour),
        TokenCommand::Revoke { name, tokens } => revoke(name, &tokens.config, tokens.format),
    }
}

fn file(config: &Path) -> anyhow::Result<TokenFile> {
    let config = Config::read(config)?;
    let folder = &config.data_dir;
    // The daemon makes it at its first start; a token may be made before.
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the data folder {}", folder.display()))?;
    Ok(TokenFile::at(config.tokens_path()))
}

fn today() -> Day {
    Zone::utc().day(places::now())
}

fn of_file(error: TokenFileError) -> anyhow::Error {
    if error.is_usage() {
        Usage(error.to_string()).into()
    } else {
        error.into()
    }
}

fn new(args: &NewTokenArgs) -> anyhow::Result<Ending> {
    let file = file(&args.tokens.config)?;
    let new = NewToken {
        name: args.name.clone(),
        permissions: Permissions::Granted(Grants {
            intake: args.intake.clone(),
            policies: args.policies,
            reading: args.reading,
            content: args.content,
            search_masked: args.search_masked,
            facts: args.facts,
            approve: args.approve,
        }),
        until: args.until,
    };
    let secret = file.add(new, &who::runs_this(), places::now(), today());
    let secret = secret.map_err(of_file)?;
    match args.tokens.format {
        OutputFormat::Json => {
            let made = json!({ "name": args.name, "secret": secret });
            crate::show::json(format_args!("{made}"));
        }
        OutputFormat::Table => {
            // The secret alone on standard output, for a pipe into a file.
            crate::show::error_line(format_args!(
                "The secret of {}, which is shown this once and kept nowhere; send it as `Authorization: Bearer …`:",
                args.name
            ));
            crate::show::line(format_args!("{secret}"));
        }
    }
    Ok(Ending::Well)
}

fn list(config: &Path, format: OutputFormat, colour: bool) -> anyhow::Result<Ending> {
    let tokens = file(config)?.read()?;
    if format == OutputFormat::Json {
        for token in tokens {
            crate::show::json(format_args!("{}", to_json(&token)));
        }
        return Ok(Ending::Well);
    }
    let mut table = Columns::new(colour, &["name", "may", "until", "made", "by", "now"]);
    let today = today();
    for token in &tokens {
        table.row([
            token.name.clone(),
            may(token).join(", "),
            token.until.map_or_else(|| "-".to_owned(), |until| until.to_string()),
            token.made_at.to_string(),
            token.made_by.to_string(),
            state(token, today),
        ]);
    }
    table.print(&mut std::io::stdout())?;
    Ok(Ending::Well)
}

fn may(token: &NamedToken) -> Vec<String> {
    let Permissions::Granted(grants) = &token.permissions else {
        return vec!["everything".to_owned()];
    };
    let mut may: Vec<String> = grants.intake.iter().map(|grant| format!("intake {grant}")).collect();
    may.extend(grants.policies.then(|| "policies".to_owned()));
    may.extend(grants.reading.then(|| "reading".to_owned()));
    may.extend(grants.content.then(|| "content".to_owned()));
    may.extend(grants.search_masked.then(|| "search-masked".to_owned()));
    may.extend(grants.facts.then(|| "facts".to_owned()));
    may.extend(grants.approve.then(|| "approve".to_owned()));
    may
}

fn state(token: &NamedToken, today: Day) -> String {
    match (&token.revoked, token.until) {
        (Some(revoked), _) => format!("revoked by {}", revoked.by),
        (None, Some(until)) if until < today => "ended".to_owned(),
        (None, _) => "counts".to_owned(),
    }
}

fn to_json(token: &NamedToken) -> Value {
    let Permissions::Granted(grants) = &token.permissions else {
        unreachable!("the operator's token is not in this file")
    };
    let intake: Vec<String> = grants.intake.iter().map(ToString::to_string).collect();
    json!({
        "name": token.name, "intake": intake, "policies": grants.policies, "reading": grants.reading,
        "content": grants.content, "search_masked": grants.search_masked, "facts": grants.facts, "approve": grants.approve,
        "until": token.until.map(|until| until.to_string()),
        "made_at": token.made_at.to_string(), "made_by": token.made_by.to_string(),
        "revoked": token.revoked.as_ref().map(|revoked| json!({ "at": revoked.at.to_string(), "by": revoked.by.to_string() })),
        "counts": state(token, today()) == "counts",
    })
}

fn revoke(name: &str, config: &Path, format: OutputFormat) -> anyhow::Result<Ending> {
    let revoked = file(config)?.revoke(name, &who::runs_this(), places::now());
    revoked.map_err(of_file)?;
    match format {
        OutputFormat::Json => {
            let revoked = json!({ "revoked": name });
            crate::show::json(format_args!("{revoked}"));
        }
        OutputFormat::Table => {
            crate::show::line(format_args!(
                "{name} is revoked; a daemon that runs refuses it within a second"
            ));
        }
    }
    Ok(Ending::Well)
}
