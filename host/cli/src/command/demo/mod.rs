//! `proviso demo`: the daemon's own code on a synthetic archive, with a live edit of the policies in the middle.

mod summary;

use crate::cli::{DemoArgs, OutputFormat};
use crate::exit::{Ending, Usage};
use crate::sample::{Phrases, Sample};
use crate::show::progress::Progress;
use crate::show::table::{clip, count};
use crate::show::terminal;
use crate::who;
use anyhow::{Context, bail};
use proviso_archive::Archive;
use proviso_console::password::{self, Password};
use proviso_console::people::{self, OperatorChangeV1, RoleV1};
use proviso_daemon::attempt::Attempt;
use proviso_daemon::config::Config;
use proviso_daemon::run::{Daemon, Starting};
use proviso_model::MessageId;
use proviso_model::verdict::{Language, Verdict};
use proviso_pipeline::places;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use summary::{COLUMNS, Summary};

/// How long the demo waits for the daemon to do what it was given.
const PATIENCE: Duration = Duration::from_mins(3);
/// Messages in one file of the spool.
const FILE_MESSAGES: usize = 400;
/// Held messages that are shown one by one.
const HELD_SHOWN: u32 = 2;
/// The same with `--full`.
const HELD_SHOWN_FULL: u32 = 5;
/// Scores that are shown.
const RISKS_SHOWN: u32 = 5;

/// The sentence that the live edit is about. No list of the packs has it.
const PHRASE: &str = "睡着都能赚";
/// Who signs in to the demonstration's console, and for which tenants.
const USER: &str = "demo";
const TENANTS: [&str; 2] = ["bank", "shop"];
/// Two customers hear it: one before the edit, one after.
const SENTENCE: &str = "这只产品您放心，睡着都能赚。";

pub(crate) fn run(args: &DemoArgs, colour: bool) -> anyhow::Result<Ending> {
    if !args.policies.join("demo.toml").is_file() {
        let named = args.policies.display();
        return Err(Usage(format!(
            "{named} has no demo.toml: run this in Proviso's source folder, or say --policies"
        ))
        .into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(demo(args, colour))
}

/// The folder of a run, laid out.
struct Stage {
    dir: PathBuf,
    set: PathBuf,
    config: PathBuf,
    bank: PathBuf,
    shop: PathBuf,
    /// Print all, not two screens.
    full: bool,
}

async fn demo(args: &DemoArgs, colour: bool) -> anyhow::Result<Ending> {
    let quiet = args.format == OutputFormat::Json;
    let say = |text: &str| {
        if !quiet {
            // Line by line: what is escaped for a terminal has no line feed.
            for line in text.split('\n') {
                crate::show::line(format_args!("{line}"));
            }
        }
    };
    let stage = Stage::lay_out(args)?;
    let phrases = Phrases::read(&args.policies.join("demo/phrases.toml"))?;
    let sample = Sample::make(&phrases, args.messages);
    write_spool(&stage.bank, "wecom", &sample.bank)?;
    write_spool(&stage.shop, "orders", &sample.shop)?;
    say(&format!(
        "1. {} synthetic messages wait in {}: a bank on WeCom, a shop on other channels.",
        count(args.messages),
        stage.dir.join("spool").display()
    ));

    let building = Instant::now();
    let progress = Progress::open("building policies");
    let mut config = Config::read(&stage.config)?;
    // Any free port: a daemon may be running beside the demo.
    let listen = std::mem::replace(&mut config.listen, std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
    let mut start = Starting::new(config.opening());
    start.over = Some(Box::new(proviso_console::routers));
    let daemon = Daemon::start_with(config, start).await?;
    progress.finish();
    let generation = daemon.generations.current();
    say(&format!(
        "2. The policies are built, tried on their own cases and live after {} ms.\n   \
         Their generation is {}. Which packs judge whom stands in {}.",
        building.elapsed().as_millis(),
        generation.id().short(),
        stage.set.display()
    ));

    let started = Instant::now();
    wait_for(&daemon, u64::from(args.messages), true).await?;
    let elapsed = started.elapsed();
    let rate = f64::from(args.messages) / elapsed.as_secs_f64();
    say(&format!(
        "3. All are judged and committed after {:.1} s, {} a second. By the daemon's counters, judging\n   \
         took {:.0} ms and committing {:.0} ms, beside each other. The tables are read from the archive in\n   {}/data.",
        elapsed.as_secs_f64(),
        count(rate as u64),
        daemon.metrics.judge_micros.get() as f64 / 1e3,
        daemon.metrics.commit_micros.get() as f64 / 1e3,
        stage.dir.display()
    ));
    if !quiet {
        let stats = daemon.archive.stats(RISKS_SHOWN).await?;
        let held = daemon
            .archive
            .held(if stage.full { HELD_SHOWN_FULL } else { HELD_SHOWN })
            .await?;
        let summary = Summary {
            stats: &stats,
            held: &held,
            dir: &stage.dir,
            full: stage.full,
        };
        summary.print(&mut std::io::stdout(), colour)?;
        crate::show::line(format_args!(""));
    }
    let edit = edit_live(&stage, &daemon, u64::from(args.messages), &say).await?;
    if quiet {
        let stats = daemon.archive.stats(RISKS_SHOWN).await?;
        crate::show::line(format_args!(
            "{}",
            json!({ "messages": args.messages, "seconds": elapsed.as_secs_f64(), "stats": stats, "live_edit_ms": edit.as_millis() as u64 })
        ));
    }
    let first_password = if quiet {
        None
    } else {
        Some(first_user(&daemon.archive).await?)
    };
    daemon.drain().await?;
    let config = stage.config.display();
    let proviso = std::env::args().next().unwrap_or_else(|| "proviso".to_owned());
    say(&format!(
        "\nWhat to type next\n  \
         {proviso} archive stats --config {config}\n  \
         {proviso} archive show  --config {config} demo-edit-2_external\n  \
         {proviso} archive search --config {config} 保本 --reason demo\n  \
         {proviso} replay        --config {config} --sample 1000\n  \
         {proviso} serve         --config {config}\n\
         While it serves, edit {} and see what becomes of it:\n  \
         {proviso} policy status --config {config}\n\
         While it serves, decide on what was found, in a browser:\n  \
         http://{listen}/console/   name: {USER}   first password: {}",
        stage.set.display(),
        first_password.as_ref().map_or("", Password::as_str)
    ));
    Ok(Ending::Well)
}

/// Adds a user who decides on what was found, and may add others; the first password.
async fn first_user(archive: &Archive) -> anyhow::Result<Password> {
    let role = |role: &str, tenant: Option<&str>| RoleV1 {
        role: role.to_owned(),
        tenant: tenant.map(str::to_owned),
        departments: Vec::new(),
    };
    let leads = TENANTS.map(|tenant| role("compliance-lead", Some(tenant)));
    let password = Password::once()?;
    let add = OperatorChangeV1::Add {
        name: USER.to_owned(),
        display: "Demo".to_owned(),
        person: None,
        hash: password::hash(&password)?.as_str().to_owned(),
        roles: leads.into_iter().chain([role("administrator", None)]).collect(),
    };
    people::change(archive, add, places::now(), &who::runs_this()).await?;
    Ok(password)
}

impl Stage {
    /// Makes the folder anew, apart from the compiled cache, with a copy of the policies that may be edited.
    fn lay_out(args: &DemoArgs) -> anyhow::Result<Self> {
        let dir = args.dir.clone();
        let marker = dir.join(".proviso-demo");
        if dir.exists() && !marker.exists() && fs::read_dir(&dir)?.next().is_some() {
            let dir = dir.display();
            return Err(Usage(format!(
                "{dir} is not empty and was not made by the demo: say another --dir"
            ))
            .into());
        }
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        fs::write(&marker, "This folder is made anew by each `proviso demo`.\n")?;
        for part in ["spool", "policies"] {
            remove(&dir.join(part))?;
        }
        for entry in fs::read_dir(dir.join("data")).into_iter().flatten() {
            let entry = entry?;
            if entry.file_name() != "cache" {
                remove(&entry.path())?;
            }
        }
        copy_folder(&args.policies, &dir.join("policies"))?;
        let config = dir.join("proviso.toml");
        fs::write(
            &config,
            "# The demo's configuration. `proviso serve --config` takes it as it is.\n\
             set = \"policies/demo.toml\"\ntrust = \"trust.toml\"\n\n\
             [http]\nlisten = \"127.0.0.1:8787\"\n\n\
             [[spool]]\nfolder = \"spool/bank\"\nformat = \"wecom\"\ntenant = \"bank\"\n\n\
             [[spool]]\nfolder = \"spool/shop\"\nformat = \"ndjson\"\ntenant = \"shop\"\n\
             channels = [\"dingtalk\", \"slack\", \"mail\"]\n",
        )?;
        fs::write(
            dir.join("trust.toml"),
            "# Whose packs may judge here: those that stand in the demo's own folder, signed or not.\n\
             [development]\nfolders = [\"policies\"]\n",
        )?;
        let (bank, shop) = (dir.join("spool/bank"), dir.join("spool/shop"));
        fs::create_dir_all(&bank)?;
        fs::create_dir_all(&shop)?;
        Ok(Self {
            set: dir.join("policies/demo.toml"),
            dir,
            config,
            bank,
            shop,
            full: args.full,
        })
    }
}

fn remove(path: &Path) -> anyhow::Result<()> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(())
}

fn write_spool(folder: &Path, name: &str, lines: &[String]) -> anyhow::Result<()> {
    for (number, lines) in lines.chunks(FILE_MESSAGES).enumerate() {
        let part = folder.join(format!(".{name}-{number:04}.part"));
        fs::write(&part, lines.join("\n") + "\n").with_context(|| format!("cannot write {}", part.display()))?;
        fs::rename(&part, folder.join(format!("{name}-{number:04}.jsonl")))?;
    }
    Ok(())
}

/// Waits until so many messages are committed.
async fn wait_for(daemon: &Daemon, messages: u64, show: bool) -> anyhow::Result<()> {
    let progress = show.then(|| Progress::steps("judging", messages));
    let started = Instant::now();
    let mut seen = 0;
    loop {
        let metrics = &daemon.metrics;
        let committed = metrics.messages_committed.get();
        if let Some(progress) = &progress {
            progress.advance(committed.saturating_sub(seen));
        }
        seen = committed;
        if committed >= messages {
            if let Some(progress) = progress {
                progress.finish();
            }
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            let errors = metrics.source_errors.get();
            bail!(
                "only {committed} of {messages} messages were judged within {} s; {errors} could not be read",
                PATIENCE.as_secs()
            );
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Says a sentence, edits the set, says it again: the second time it is found. Then breaks the set, and nothing changes.
async fn edit_live(stage: &Stage, daemon: &Daemon, before: u64, say: &impl Fn(&str)) -> anyhow::Result<Duration> {
    say(&format!(
        "4. While the daemon runs, an adviser writes to a customer:\n   {SENTENCE}"
    ));
    let first = speak(stage, daemon, 1, before + 1).await?;
    say(&format!(
        "   {}, by generation {}",
        outcome(&first),
        first.generation.short()
    ));

    let text = fs::read_to_string(&stage.set)?;
    let marker = "extra_terms = { promissory = [";
    let edited = text.replacen(marker, &format!("{marker}\"{PHRASE}\", "), 1);
    if edited == text {
        bail!(
            "{} has no `{marker}…`: the demo's edit does not fit it",
            stage.set.display()
        );
    }
    let running = daemon.generations.current().id();
    let edited_at = Instant::now();
    fs::write(&stage.set, &edited)?;
    while daemon.generations.current().id() == running {
        if edited_at.elapsed() > PATIENCE {
            bail!("the edit of {} did not go live", stage.set.display());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let took = edited_at.elapsed();
    say(&format!(
        "   \"{PHRASE}\" joins the bank's list of promises, in {}.\n   \
         Live after {} ms: generation {}",
        stage.set.display(),
        took.as_millis(),
        daemon.generations.current().id().short()
    ));
    let second = speak(stage, daemon, 2, before + 2).await?;
    say(&format!("   The same sentence again: {}", outcome(&second)));
    if first.findings.len() >= second.findings.len() {
        bail!("the edit changed nothing");
    }

    fs::write(
        &stage.set,
        edited
            .replacen("mode = ", "mood = ", 1)
            .replacen("[[apply]]", "[[apply]]\nscop = {}", 1),
    )?;
    let broken_at = Instant::now();
    let refused = loop {
        if let Some(attempt) = daemon.generations.last_attempt().filter(Attempt::refused) {
            break attempt;
        }
        if broken_at.elapsed() > PATIENCE {
            bail!("a broken {} was not noticed", stage.set.display());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    say("   Then somebody breaks the file. The generation before goes on, and the daemon says:");
    for problem in refused.problems().iter().take(3) {
        let problem = format!("     {}", terminal(problem.to_string()));
        say(&if stage.full { problem } else { clip(&problem, COLUMNS) });
    }
    fs::write(&stage.set, &edited)?;
    Ok(took)
}

/// An adviser says the sentence once more; gives its verdict.
async fn speak(stage: &Stage, daemon: &Daemon, number: u32, committed: u64) -> anyhow::Result<Verdict> {
    let native = format!("demo-edit-{number}_external");
    let line = json!({
        "msgid": native, "action": "send", "from": "li.na", "tolist": [format!("wmDemoCustomerG000{number}")], "roomid": "",
        "msgtime": 1_795_140_000_000_i64 + i64::from(number) * 1_000, "msgtype": "text", "text": { "content": SENTENCE },
    });
    write_spool(&stage.bank, &format!("edit-{number}"), &[line.to_string()])?;
    wait_for(daemon, committed, false).await?;
    let id = MessageId {
        tenant: "bank".to_owned(),
        channel: "wecom".to_owned(),
        native,
    };
    let stored = daemon
        .archive
        .verdict(&id)
        .await?
        .with_context(|| format!("message {id} has no verdict"))?;
    Ok(stored.verdict)
}

/// What a verdict found: severity, rule, and the reason in both languages, a line each.
fn outcome(verdict: &Verdict) -> String {
    let findings = verdict.findings.iter().map(|finding| {
        let reason = |language| clip(finding.reason.in_language(language), COLUMNS - 5);
        format!(
            "{} {}\n     {}\n     {}",
            finding.severity,
            finding.rule,
            reason(Language::Zh),
            reason(Language::En)
        )
    });
    let findings: Vec<_> = findings.collect();
    if findings.is_empty() {
        "nothing found".to_owned()
    } else {
        findings.join("\n   ")
    }
}
