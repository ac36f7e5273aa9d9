//! `proviso archive …`: what was kept.

use super::{disposed, why};
use crate::cli::{ArchiveArgs, ArchiveCommand, OutputFormat};
use crate::exit::{Ending, Usage};
use crate::looking::Looking;
use crate::naming::find;
use crate::show::table::{Columns, clip, count};
use crate::tally;
use proviso_archive::{CitedRule, EarlierVerdict, Released, RetentionCount, Risk, Shown, Stats, StoredDecision};
use proviso_daemon::config::Config;
use proviso_model::basis::{Applied, Side};
use proviso_model::message::Message;
use proviso_model::retention::Why;
use proviso_model::segment::{self, Role, Segment};
use proviso_model::set::PolicySet;
use proviso_model::verdict::{Finding, Language, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Scores that statistics show.
const RISKS_SHOWN: u32 = 5;
/// Factors of a score that statistics show.
const FACTORS_SHOWN: usize = 3;

pub(crate) fn run(command: &ArchiveCommand, colour: bool) -> anyhow::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            ArchiveCommand::Show { archive, message, why } => {
                let config = Config::read(&archive.config)?;
                let looking = Looking::begin(&config, &archive.token).await?;
                if let Some(disposed) = disposed::find(&looking, message).await? {
                    disposed::print(message, &disposed, archive.format)?;
                    return Ok(Ending::Well);
                }
                let id = find(&looking, message).await?;
                let shown = looking
                    .show(&id)
                    .await?
                    .ok_or_else(|| Usage(format!("message {id} is not in the archive")))?;
                let why = match why {
                    true => Some(why::explain(&looking, &config, &shown).await?),
                    false => None,
                };
                match archive.format {
                    OutputFormat::Json => {
                        let mut json = shown_json(&shown)?;
                        if let Some(why) = why {
                            json["why"] = why.json()?;
                        }
                        crate::show::json(format_args!("{}", serde_json::to_string_pretty(&json)?));
                    }
                    OutputFormat::Table => {
                        let language = language_of(&looking, &shown).await?;
                        print_shown(&shown, language, colour)?;
                        if let Some(why) = why {
                            why.print(language);
                        }
                    }
                }
            }
            ArchiveCommand::Backup(args) => super::backup::run(args, colour).await?,
            ArchiveCommand::Restore(args) => return super::restore::run(args, colour).await,
            ArchiveCommand::Drill(args) => return super::drill::run(args, colour).await,
            ArchiveCommand::Rejudge(args) => return super::rejudge::run(args, colour).await,
            ArchiveCommand::Release(args) => super::release::run(args).await?,
            ArchiveCommand::Export(args) => return super::export::run(args, colour).await,
            ArchiveCommand::Tables(args) => return super::tables::run(args, colour).await,
            ArchiveCommand::Unmask(args) => return super::export::unmask(args).await,
            ArchiveCommand::Complete(args) => return super::complete::complete(args).await,
            ArchiveCommand::Query(command) => return super::query::run(command, colour).await,
            ArchiveCommand::Search(args) => return super::search::search(args, colour).await,
            ArchiveCommand::Index(args) => super::index::index(args).await?,
            ArchiveCommand::Stats(args) => {
                let stats = look(args).await?.stats(RISKS_SHOWN).await?;
                match args.format {
                    OutputFormat::Json => crate::show::json(format_args!("{}", serde_json::to_string_pretty(&stats)?)),
                    OutputFormat::Table => print_stats(&stats, &mut io::stdout(), colour)?,
                }
            }
        }
        Ok(Ending::Well)
    })
}

async fn look(args: &ArchiveArgs) -> anyhow::Result<Looking> {
    Looking::begin(&Config::read(&args.config)?, &args.token).await
}

/// The language of the policy set that judged.
async fn language_of(looking: &Looking, shown: &Shown) -> anyhow::Result<Language> {
    let record = looking.generation(&shown.verdict.generation).await?;
    let set = record
        .map(|record| PolicySet::from_canonical_json(&record.set_json))
        .transpose()?;
    Ok(set.map(|set| set.language).unwrap_or_default())
}

fn shown_json(shown: &Shown) -> anyhow::Result<Value> {
    let retention: Option<Value> = shown
        .retention
        .as_ref()
        .map(|retention| serde_json::from_str(&retention.json))
        .transpose()?;
    Ok(json!({
        "message": serde_json::from_str::<Value>(&proviso_model::canonical::to_json(&shown.message))?,
        "arrival": shown.arrival,
        "received_at": shown.received_at.to_string(),
        "digest": shown.digest,
        "notes": shown.message.notes,
        "segments": segments_json(&shown.message),
        "verdict": serde_json::from_str::<Value>(&shown.verdict.json)?,
        "fuel": shown.verdict.fuel,
        "directory": shown.verdict.directory,
        "basis": shown.verdict.basis,
        "retention": retention,
        "held_open": shown.held_open,
        "released": shown.released.as_ref().map(|released| json!({
            "at": released.at.to_string(), "by": released.by, "note": released.note,
        })),
        "differences": shown.differences,
        "earlier": shown.earlier.iter().map(earlier_json).collect::<anyhow::Result<Vec<_>>>()?,
        "recalled_by": shown.recalled_by.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "conflicts": shown.conflicts,
    }))
}

fn segments_json(message: &Message) -> Value {
    let mut segments = Vec::new();
    segment::of(message, &mut segments);
    let json = |segment: &Segment| json!({ "role": segment.role.name(), "span": [segment.start, segment.end] });
    segments.iter().map(json).collect()
}

fn earlier_json(earlier: &EarlierVerdict) -> anyhow::Result<Value> {
    let decision = earlier
        .retention
        .as_ref()
        .map(|kept| serde_json::from_str::<Value>(&kept.json));
    Ok(json!({
        "verdict": serde_json::from_str::<Value>(&earlier.json)?, "fuel": earlier.fuel, "retention": decision.transpose()?,
        "rejudged_at": earlier.rejudged_at.to_string(), "rejudged_by": earlier.rejudged_by, "note": earlier.note,
    }))
}

fn print_shown(shown: &Shown, language: Language, colour: bool) -> io::Result<()> {
    let message = &shown.message;
    let verdict = &shown.verdict.verdict;
    let mut out = io::stdout();
    let recipients: Vec<_> = message.recipients.iter().map(|party| party.id.as_str()).collect();
    let mut table = Columns::pairs(colour);
    table.row(["message", &message.id.to_string()]);
    table.row(["sent", &message.sent_at.to_string()]);
    table.row([
        "kind",
        &format!("{} ({})", message.kind.name(), message.direction.name()),
    ]);
    table.row(["from", &message.sender.id]);
    table.row(["to", &clip(&recipients.join(", "), 100)]);
    table.row(["text", &clip(&message.text, 100)]);
    table.row(["generation", &verdict.generation.to_string()]);
    if let Some(version) = shown.verdict.directory {
        table.row(["directory", &format!("version {version}")]);
    }
    if let Some(basis) = &shown.verdict.basis {
        table.row(["basis", &basis_text(basis)]);
    }
    if let Some(withheld) = verdict.withheld {
        table.row(["withheld", &json!(withheld).to_string()]);
    }
    if let Some(Released { at, by, note }) = &shown.released {
        table.row(["held", &format!("released at {at} by {by}: {note}")]);
    } else if shown.held_open {
        table.row(["held", "yes, waits for a person"]);
    }
    if let Some(how) = tally::wholeness(verdict) {
        table.row(["judged", how]);
    }
    for earlier in &shown.earlier {
        let how = if earlier.held { "held" } else { "not held" };
        let note = if earlier.note.is_empty() {
            String::new()
        } else {
            format!(": {}", earlier.note)
        };
        let (by, at) = (&earlier.rejudged_by, earlier.rejudged_at);
        let was = format!(
            "{how} by generation {}; judged again at {at} by {by}{note}",
            earlier.generation.short()
        );
        table.row(["before", &was]);
    }
    for recalled_by in &shown.recalled_by {
        table.row(["recalled by", &recalled_by.to_string()]);
    }
    if let Some(retention) = &shown.retention {
        table.row(["kept", &kept_text(retention)]);
    }
    for difference in &shown.differences {
        table.row(["DIFFERS", difference]);
    }
    for note in &message.notes {
        table.row(["note", note]);
    }
    table.print(&mut out)?;
    if !verdict.findings.is_empty() {
        writeln!(out, "\nFindings")?;
        let mut table = Columns::new(colour, &["severity", "pack", "rule", "text", "reason"]);
        for finding in &verdict.findings {
            let reason = finding.reason.in_language(language);
            let severity = match (finding.severity.name(), finding.shadow) {
                (severity, false) => severity.to_owned(),
                (severity, true) => format!("{severity} (shadow)"),
            };
            table.row([
                &*severity,
                &finding.pack,
                &finding.rule,
                &parted(message, finding),
                &clip(reason, 70),
            ]);
        }
        table.print(&mut out)?;
    }
    if !verdict.faults.is_empty() {
        writeln!(out, "\nFaults")?;
        let mut table = Columns::new(colour, &["pack", "policy", "cause", "detail"]);
        for fault in &verdict.faults {
            table.row([&fault.pack, &fault.policy, fault.cause.name(), &clip(&fault.detail, 80)]);
        }
        table.print(&mut out)?;
    }
    Ok(())
}

/// What a finding points at, and who speaks there if it is not the sender.
fn parted(message: &Message, finding: &Finding) -> String {
    let roles = segment::roles(message, finding.spans.iter().copied());
    let others: Vec<&str> = roles
        .iter()
        .filter(|role| **role != Role::Own)
        .map(|role| role.name())
        .collect();
    let text = clip(&finding.text, 30);
    if others.is_empty() {
        text
    } else {
        format!("{text} ({})", others.join(", "))
    }
}

/// What was permitted, and on which grounds.
fn basis_text(basis: &Applied) -> String {
    let grounds: Vec<String> = basis
        .grounds
        .iter()
        .map(|ground| {
            let side = match ground.of {
                Side::Contacts => "contacts",
                Side::Employees => "employees",
            };
            let (name, law) = (&ground.basis, law_text(&ground.law, &ground.article));
            format!("{side} {}: {name} ({law})", ground.state.standing())
        })
        .collect();
    let grounds = if grounds.is_empty() {
        "nobody is asked for".to_owned()
    } else {
        grounds.join("; ")
    };
    format!("{}: {grounds}", basis.permits.name())
}

/// Until when, and by which rules; where none decided, why.
fn kept_text(retention: &StoredDecision) -> String {
    let decision = &retention.decision;
    let until = decision
        .until
        .map_or_else(|| "no date yet".to_owned(), |until| format!("until {until}"));
    let statutes: Vec<_> = decision
        .decided_by
        .iter()
        .map(|cited| law_text(&cited.law, &cited.article))
        .collect();
    let by = if statutes.is_empty() {
        undecided_text(Some(decision.why)).to_owned()
    } else {
        statutes.join("; ")
    };
    format!("{until} ({by})")
}

fn law_text(law: &str, article: &str) -> String {
    format!("{law} {article}").trim().to_owned()
}

pub(crate) fn statute_text(statute: &CitedRule) -> String {
    law_text(&statute.law, &statute.article)
}

/// Why no rule decided.
fn undecided_text(why: Option<Why>) -> &'static str {
    match why {
        Some(Why::NothingVerified) => "a rule applies and is not verified",
        Some(Why::LegalHold) => "legal hold",
        Some(Why::ConsentWithdrawn) => "consent is gone",
        _ => "no rule applies",
    }
}

/// The rule; where none decided, why, in few words.
pub(crate) fn rule_text(kept: &RetentionCount) -> &str {
    match (&kept.statute, kept.why) {
        (Some(statute), _) => &statute.rule,
        (None, Some(Why::NothingVerified)) => "(none verified)",
        (None, Some(Why::LegalHold)) => "(legal hold)",
        (None, Some(Why::ConsentWithdrawn)) => "(consent is gone)",
        (None, _) => "(none applies)",
    }
}

fn print_findings(stats: &Stats, shadow: bool, out: &mut impl Write, colour: bool) -> io::Result<()> {
    let mut rules: BTreeMap<(&str, &str, &str), [u64; 4]> = BTreeMap::new();
    for found in stats.findings.iter().filter(|found| found.shadow == shadow) {
        let counts = rules.entry((&found.pack, &found.policy, &found.rule)).or_default();
        counts[found.severity as usize] += found.findings;
    }
    let mut headings = vec!["pack", "policy", "rule"];
    let severities = Severity::ALL.map(|severity| format!(">{severity}"));
    headings.extend(severities.iter().map(String::as_str));
    let mut table = Columns::new(colour, &headings);
    for ((pack, policy, rule), counts) in rules {
        let mut row = vec![pack.to_owned(), policy.to_owned(), rule.to_owned()];
        row.extend(counts.map(|number| if number == 0 { "·".to_owned() } else { count(number) }));
        table.row(row);
    }
    table.print(out)
}

/// The tables of `archive stats`, which end the demo as well.
pub(crate) fn print_stats(stats: &Stats, out: &mut impl Write, colour: bool) -> io::Result<()> {
    print_messages(stats, out, colour)?;
    print_all_findings(stats, out, colour)?;
    print_retention(stats, out, colour)?;
    print_scores(&stats.risks, out, colour)?;
    print_held(stats, out, colour)
}

pub(crate) fn print_all_findings(stats: &Stats, out: &mut impl Write, colour: bool) -> io::Result<()> {
    writeln!(out, "\nFindings by pack, policy and rule")?;
    print_findings(stats, false, out, colour)?;
    if stats.findings.iter().any(|found| found.shadow) {
        writeln!(out, "\nFindings in shadow, of which nobody is told")?;
        print_findings(stats, true, out, colour)?;
    }
    Ok(())
}

pub(crate) fn print_retention(stats: &Stats, out: &mut impl Write, colour: bool) -> io::Result<()> {
    writeln!(out, "\nRetention by what decides")?;
    let headings = [
        "rule",
        ">messages",
        ">with a date",
        "kept until",
        "statute, or the organisation's own rule",
    ];
    let mut table = Columns::new(colour, &headings);
    for kept in &stats.retention {
        let rule = rule_text(kept);
        let text = kept.statute.as_ref().map_or_else(String::new, statute_text);
        let until = until_text(kept);
        table.row([rule, &count(kept.messages), &count(kept.dated), &until, &text]);
    }
    table.print(out)
}

/// The dates of a rule's messages, from the earliest to the latest; empty where none has one.
fn until_text(kept: &RetentionCount) -> String {
    match (kept.first_until, kept.last_until) {
        (Some(first), Some(last)) if first == last => first.to_string(),
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => String::new(),
    }
}

pub(crate) fn print_scores(risks: &[Risk], out: &mut impl Write, colour: bool) -> io::Result<()> {
    writeln!(out, "\nHighest scores (advisory: never a decision about a person)")?;
    let mut table = Columns::new(colour, &["subject", ">score", "signal", ">points", "caused by message"]);
    for risk in risks {
        if risk.factors.is_empty() {
            table.row([risk.key.as_str(), &score_text(risk)]);
        }
        for (index, factor) in risk.factors.iter().take(FACTORS_SHOWN).enumerate() {
            let first = index == 0;
            let subject = if first { risk.key.clone() } else { String::new() };
            let value = if first { score_text(risk) } else { String::new() };
            table.row([
                subject,
                value,
                factor.signal.clone(),
                format!("{:.1}", factor.points),
                clip(&factor.message, 40),
            ]);
        }
    }
    table.print(out)
}

pub(crate) fn print_held(stats: &Stats, out: &mut impl Write, colour: bool) -> io::Result<()> {
    writeln!(
        out,
        "\nHeld messages: {} ({} still wait for a person); judged in part: {}",
        count(stats.held),
        count(stats.held_open),
        count(stats.partial)
    )?;
    if !stats.faults.is_empty() {
        let mut table = Columns::new(colour, &["pack", "policy", "cause", ">faults"]);
        for fault in &stats.faults {
            table.row([
                fault.pack.as_str(),
                &fault.policy,
                fault.cause.name(),
                &count(fault.faults),
            ]);
        }
        table.print(out)?;
    }
    let (duplicates, errors) = stats.sources.iter().fold((0, 0), |(duplicates, errors), source| {
        (duplicates + source.duplicates, errors + source.errors)
    });
    writeln!(
        out,
        "Withheld for want of a lawful basis: {}\nConflicts: {}; delivered twice: {}; lines that are no message: {}",
        count(stats.withheld),
        count(stats.conflicts),
        count(duplicates),
        count(errors)
    )
}

/// A score that somebody edited is marked: it is not what the policy said.
fn score_text(risk: &Risk) -> String {
    let mark = if risk.differs {
        " (differs from the verdict)"
    } else {
        ""
    };
    format!("{:.1}{mark}", risk.value)
}

pub(crate) fn print_messages(stats: &Stats, out: &mut impl Write, colour: bool) -> io::Result<()> {
    let mut channels: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for counted in &stats.messages {
        let (messages, kinds) = channels.entry((&counted.tenant, &counted.channel)).or_default();
        *messages += counted.messages;
        *kinds += 1;
    }
    let total: u64 = stats.messages.iter().map(|counted| counted.messages).sum();
    writeln!(out, "{} messages", count(total))?;
    let mut table = Columns::new(colour, &["tenant", "channel", ">messages", ">kinds"]);
    for ((tenant, channel), (messages, kinds)) in channels {
        table.row([tenant, channel, &count(messages), &count(kinds)]);
    }
    table.print(out)
}
