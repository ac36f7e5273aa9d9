//! `proviso pack …`: from a folder to a pack that can be carried.

use super::pack_open::{built, open};
use super::{pack_registry, pack_sign};
use crate::cli::{OutputFormat, PackCommand, PluginLanguage, TrustArgs};
use crate::exit::{Ending, Usage};
use crate::show::table::{Columns, clip, count};
use anyhow::Context;
use proviso_author::{edits, scaffold};
use proviso_engine::inspect_component;
use proviso_model::Problems;
use proviso_pack::Pack;
use proviso_pack::page::Page;
use proviso_pipeline::loading::trust::TrustSource;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(crate) fn run(command: &PackCommand, colour: bool) -> anyhow::Result<Ending> {
    match command {
        PackCommand::New { name, plugin, dir } => new(name, *plugin, dir.as_deref()),
        PackCommand::Build {
            folder,
            output,
            format,
            trust,
        } => build(folder, output.as_deref(), *format, trust),
        PackCommand::Inspect {
            pack,
            diff: Some(old),
            format,
            ..
        } => super::pack_diff::run(&open(old)?, &open(pack)?, *format, colour),
        PackCommand::Inspect {
            pack,
            diff: None,
            format,
            trust,
        } => inspect(pack, *format, trust, colour),
        PackCommand::Docs { pack, output } => docs(pack, output.as_deref()),
        PackCommand::Test(args) => super::pack_test::run(args, colour),
        PackCommand::Attack(args) => super::pack_attack::run(args, colour),
        PackCommand::Keygen(args) => pack_sign::keygen(args),
        PackCommand::Sign(args) => pack_sign::sign(args),
        PackCommand::Verify(args) => pack_sign::verify(args, colour),
        PackCommand::Push(args) => pack_registry::push(args),
        PackCommand::Pull(args) => pack_registry::pull(args, colour),
        PackCommand::Bench(args) => super::bench::run(args, colour),
        PackCommand::Lint(args) => super::lint::run(args),
        PackCommand::Train(args) => super::pack_train::run(args, colour),
    }
}

fn new(name: &str, plugin: Option<PluginLanguage>, dir: Option<&Path>) -> anyhow::Result<Ending> {
    let short = name.rsplit('/').next().unwrap_or(name);
    let dir = dir.map_or_else(|| PathBuf::from(short), Path::to_owned);
    let written = match plugin {
        None => scaffold::scaffold_pack(&dir, name),
        Some(language) => scaffold::scaffold_plugin(&dir, name, language_of(language)),
    };
    let written = written.map_err(|error| Usage(error.to_string()))?;
    for path in &written {
        crate::show::line(format_args!("{}", path.display()));
    }
    let dir = dir.display();
    crate::show::line(format_args!("\nNext:"));
    if plugin.is_some() {
        crate::show::line(format_args!(
            "  proviso pack build {dir}     builds the plugin and the pack"
        ));
    }
    crate::show::line(format_args!("  proviso pack test {dir}      runs its cases"));
    Ok(Ending::Well)
}

const fn language_of(language: PluginLanguage) -> scaffold::Language {
    match language {
        PluginLanguage::Rust => scaffold::Language::Rust,
        PluginLanguage::C => scaffold::Language::C,
        PluginLanguage::TypeScript => scaffold::Language::TypeScript,
        PluginLanguage::Python => scaffold::Language::Python,
    }
}

fn build(folder: &Path, output: Option<&Path>, format: OutputFormat, trust: &TrustArgs) -> anyhow::Result<Ending> {
    if !folder.is_dir() {
        return Err(Usage(format!("{} is not a folder", folder.display())).into());
    }
    let pack = built(folder, trust)?;
    let manifest = pack.manifest();
    let name = manifest.name.rsplit('/').next().unwrap_or(&manifest.name);
    let output = output.map_or_else(
        || PathBuf::from(format!("{name}-{}.pack", manifest.version)),
        Path::to_owned,
    );
    let bytes = pack.to_file();
    std::fs::write(&output, &bytes).with_context(|| format!("cannot write {}", output.display()))?;
    match format {
        OutputFormat::Json => crate::show::json(format_args!(
            "{}",
            json!({ "file": output, "bytes": bytes.len(), "digest": pack.digest() })
        )),
        OutputFormat::Table => {
            crate::show::line(format_args!(
                "{}: {} bytes, digest {}",
                output.display(),
                count(bytes.len() as u64),
                pack.digest()
            ));
        }
    }
    Ok(Ending::Well)
}

fn docs(path: &Path, output: Option<&Path>) -> anyhow::Result<Ending> {
    let page = Page(&open(path)?).to_string();
    match output {
        Some(file) => edits::write_whole(file, page.as_bytes())?,
        None => crate::show::page(page.trim_end()),
    }
    Ok(Ending::Well)
}

fn inspect(path: &Path, format: OutputFormat, trust: &TrustArgs, colour: bool) -> anyhow::Result<Ending> {
    let pack = open(path)?;
    let (trust, _) = TrustSource::find(trust.trust.as_deref(), None)
        .read()
        .map_err(Problems)?;
    let mut facts = facts(&pack);
    facts["signatures"] = pack_sign::facts(&trust, &pack).into();
    match format {
        OutputFormat::Json => crate::show::json(format_args!("{}", serde_json::to_string_pretty(&facts)?)),
        OutputFormat::Table => print_facts(&facts, colour)?,
    }
    Ok(Ending::Well)
}

/// What the pack's bytes say, as far as they can be read without running anything.
fn facts(pack: &Pack) -> Value {
    let manifest = pack.manifest();
    let mut plugins: Vec<&str> = manifest.policies.iter().map(|policy| policy.plugin.as_str()).collect();
    plugins.sort_unstable();
    plugins.dedup();
    let plugins: Vec<Value> = plugins
        .into_iter()
        .filter_map(|name| pack.plugin(name).map(|bytes| (name, bytes)))
        .map(|(name, bytes)| match inspect_component(bytes) {
            Ok(facts) => json!({
                "name": name, "digest": facts.digest, "bytes": facts.size_bytes, "imports": facts.imports,
                "exports": facts.exports, "producers": facts.producers, "configured_anew": facts.configured_anew,
            }),
            Err(error) => json!({ "name": name, "bytes": bytes.len(), "refused": error.to_string() }),
        })
        .collect();
    let policies: Vec<Value> = manifest
        .policies
        .iter()
        .map(|policy| {
            json!({
                "name": policy.name, "plugin": policy.plugin,
                "interfaces": policy.interfaces.iter().map(|interface| interface.name()).collect::<Vec<_>>(),
                "key": policy.key.map(proviso_pack::manifest::SubjectKey::name), "trigger": policy.trigger.to_string(),
                "lists": policy.lists, "fields": policy.fields.iter().map(|field| field.name()).collect::<Vec<_>>(),
                "time": policy.time.to_string(), "preceding": policy.preceding, "fuel_per_kib": policy.fuel_per_kib,
                "mode": policy.mode.name(),
            })
        })
        .collect();
    let lists: Vec<Value> = manifest
        .lists
        .iter()
        .map(|list| json!({ "name": list.name, "file": list.file }))
        .collect();
    let entities: Vec<Value> = manifest
        .entities
        .iter()
        .map(
            |list| json!({ "name": list.name, "kinds": list.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>() }),
        )
        .collect();
    json!({
        "name": manifest.name, "version": manifest.version.to_string(), "licence": manifest.licence, "digest": pack.digest(),
        "host": manifest.host.to_string(), "jurisdictions": manifest.jurisdictions,
        "requires_assessment": manifest.requires_assessment, "scan_steps_per_kib": manifest.scan_steps_per_kib,
        "files": pack.files().len(),
        "bytes": pack.files().map(|(_, bytes)| bytes.len()).sum::<usize>(), "cases": pack.cases().len(), "lists": lists, "entities": entities,
        "plugins": plugins, "policies": policies, "statutes": proviso_pack::provisions(pack),
    })
}

/// The provisions that retention rules stand on; nothing if there are none.
fn print_statutes(facts: &Value, colour: bool) -> std::io::Result<()> {
    let statutes = facts["statutes"].as_array().map(Vec::as_slice).unwrap_or_default();
    if statutes.is_empty() {
        return Ok(());
    }
    crate::show::line(format_args!("\nStatutes"));
    let mut table = Columns::new(colour, &["law", "article", "of", "in force", "rule", "figure seen in"]);
    for statute in statutes {
        let text = |key: &str| statute[key].as_str().unwrap_or_default();
        let days = match (text("from"), text("to")) {
            ("", "") => String::new(),
            (from, to) => format!("{from} – {to}").trim().to_owned(),
        };
        let source = if statute["verified"] == true {
            "the law"
        } else {
            "a secondary source"
        };
        table.row([
            &clip(text("law"), 48),
            &clip(text("article"), 24),
            text("jurisdiction"),
            &days,
            text("rule"),
            source,
        ]);
    }
    table.print(&mut std::io::stdout())
}

fn print_facts(facts: &Value, colour: bool) -> std::io::Result<()> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let joined = |value: &Value| {
        let items: Vec<_> = value.as_array().into_iter().flatten().map(text).collect();
        if items.is_empty() {
            "(none)".to_owned()
        } else {
            items.join(", ")
        }
    };
    let mut out = std::io::stdout();
    let mut table = Columns::pairs(colour);
    for key in [
        "name",
        "version",
        "digest",
        "licence",
        "host",
        "requires_assessment",
        "files",
        "bytes",
        "cases",
    ] {
        table.row([key, &text(&facts[key])]);
    }
    let steps = facts["scan_steps_per_kib"].as_u64().unwrap_or_default();
    table.row(["scan steps/KiB", &count(steps)]);
    table.row(["jurisdictions", &joined(&facts["jurisdictions"])]);
    table.print(&mut out)?;
    crate::show::line(format_args!("\nPlugins"));
    let mut table = Columns::new(
        colour,
        &["plugin", ">bytes", "exports", "imports", "made by", "configured"],
    );
    for plugin in facts["plugins"].as_array().into_iter().flatten() {
        let exports = plugin["refused"]
            .as_str()
            .map_or_else(|| joined(&plugin["exports"]), |why| format!("refused: {why}"));
        let bytes = count(plugin["bytes"].as_u64().unwrap_or_default());
        table.row([
            text(&plugin["name"]),
            bytes,
            exports,
            joined(&plugin["imports"]),
            joined(&plugin["producers"]),
            plugin["configured_anew"]
                .as_str()
                .map_or_else(|| "once".to_owned(), |why| format!("for every call: {why}")),
        ]);
    }
    table.print(&mut out)?;
    crate::show::line(format_args!("\nPolicies"));
    let mut table = Columns::new(
        colour,
        &[
            "policy",
            "plugin",
            "mode",
            "does",
            "runs on",
            "lists",
            "fields asked for",
            ">fuel/KiB",
        ],
    );
    for policy in facts["policies"].as_array().into_iter().flatten() {
        table.row([
            text(&policy["name"]),
            text(&policy["plugin"]),
            text(&policy["mode"]),
            joined(&policy["interfaces"]),
            clip(&text(&policy["trigger"]), 40),
            clip(&joined(&policy["lists"]), 40),
            joined(&policy["fields"]),
            count(policy["fuel_per_kib"].as_u64().unwrap_or_default()),
        ]);
    }
    table.print(&mut out)?;
    print_statutes(facts, colour)?;
    crate::show::line(format_args!("\nSignatures"));
    pack_sign::print_signatures(facts["signatures"].as_array().map_or(&[], Vec::as_slice), colour)
}
