//! `proviso policy promote`: lifts a pack's shadow, once a backtest has shown what that changes.

use crate::building;
use crate::cli::PromoteArgs;
use crate::exit::{Ending, Usage};
use anyhow::Context;
use proviso_author::backtest::{Shadowed, of_report};
use proviso_author::edits;
use proviso_engine::Generation;
use proviso_model::Problem;
use proviso_model::Problems;
use proviso_model::toml_read::TomlFile;
use proviso_pack::{PackStore, PluginPath};
use proviso_pipeline::loading::build;
use proviso_pipeline::loading::set;
use proviso_pipeline::loading::trust::Accepting;
use serde_json::Value;
use std::ops::Range;

pub(crate) fn run(args: &PromoteArgs) -> anyhow::Result<Ending> {
    let set = &args.set;
    let config = args
        .config
        .as_deref()
        .map(proviso_daemon::config::Config::read)
        .transpose()?;
    let store = config.map(|config| PackStore::open(&config.store_dir())).transpose()?;
    let accepting = Accepting::without_memory(args.trust.trust.as_deref(), Some(set)).map_err(Problems)?;
    let plugins = PluginPath::of_this_process();
    let (resolved, text) = set::load(set, &plugins, store.as_ref(), &accepting).map_err(Problems)?;
    let shadowed = Shadowed::find(&resolved, &args.pack).map_err(|error| Usage(error.to_string()))?;
    let engine = build::engine(args.cache_dir.as_deref())?;
    let before = building::generation(&engine, &resolved, "building what judges now")?;
    let after = building::generation(&engine, &shadowed.lifted(), "building what is to judge")?;
    let messages = compared(args, &before, &after)?;
    let failed = proviso_pipeline::loading::build::failed_cases(&after);
    if !failed.is_empty() {
        return Err(Problems(failed).into());
    }
    let promoted = enforcing(args, &text, &shadowed)?;
    edits::write_whole(set, promoted.as_bytes())?;
    crate::show::line(format_args!(
        "{} is enforced by {}: {} compared {messages} messages. A daemon that watches the set takes it up now.",
        shadowed.name(),
        set.display(),
        args.report.display()
    ));
    Ok(Ending::Well)
}

/// How many messages the report compared; it must be of this very change.
fn compared(args: &PromoteArgs, before: &Generation, after: &Generation) -> anyhow::Result<u64> {
    let file = &args.report;
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let refuse = |why: String| Problems(vec![Problem::in_file(file, why)]);
    let report: Value =
        serde_json::from_str(&text).map_err(|error| refuse(format!("not a report in JSON: {error}")))?;
    let again = format!(
        "run `proviso backtest --set {} --promote {} … --report {}`",
        args.set.display(),
        args.pack,
        file.display()
    );
    let (old, new, messages) =
        of_report(&report).ok_or_else(|| refuse(format!("not a report of this version of backtest: {again}")))?;
    if (old, new) != (before.id().to_string().as_str(), after.id().to_string().as_str()) {
        return Err(refuse(format!(
            "the report compares other generations ({old} with {new}): since then the set, a pack or this program changed; {again}"
        ))
        .into());
    }
    if messages == 0 {
        return Err(refuse(format!("the report compared no message: {again}")).into());
    }
    Ok(messages)
}

/// The text of the set in which that shadow is lifted, and nothing else changed.
fn enforcing(args: &PromoteArgs, text: &str, shadowed: &Shadowed<'_>) -> anyhow::Result<String> {
    let (mut file, mut root) = TomlFile::parse(&args.set, text);
    let table = root.tables(&mut file, "apply").into_iter().nth(shadowed.index());
    let mut table = table.with_context(|| format!("{} has fewer packs than were read", args.set.display()))?;
    let (at, new) = match shadowed.policy() {
        None => (in_shadow(text, table.at_key("mode")), "\"enforce\"".to_owned()),
        Some(policy) if !table.has("modes") => {
            // On a line of its own behind that of the pack's name.
            let pack = table.at_key("pack");
            let end = text[pack.end..].find('\n').map_or(text.len(), |at| pack.end + at);
            (Some(end..end), format!("\nmodes.{policy} = \"enforce\""))
        }
        Some(policy) => {
            let modes = table.at_key("modes");
            let written = table.table(&mut file, "modes").filter(|table| table.has(policy));
            match written {
                Some(written) => (in_shadow(text, written.at_key(policy)), "\"enforce\"".to_owned()),
                None if text[modes.clone()].starts_with('{') => (
                    Some(modes.start + 1..modes.start + 1),
                    format!(" {policy} = \"enforce\","),
                ),
                None => (None, String::new()),
            }
        }
    };
    let at = at.with_context(|| {
        let wanted = shadowed
            .policy()
            .map_or("mode".to_owned(), |policy| format!("modes.{policy}"));
        format!(
            "{}: write `{wanted} = \"enforce\"` for this pack by hand",
            args.set.display()
        )
    })?;
    let mut promoted = text.to_owned();
    promoted.replace_range(at, &new);
    Ok(promoted)
}

/// A place that says "shadow"; `None` where it says something else.
fn in_shadow(text: &str, at: Range<usize>) -> Option<Range<usize>> {
    let value = text.get(at.clone())?;
    (value.trim_matches(['"', '\'']) == "shadow").then_some(at)
}
