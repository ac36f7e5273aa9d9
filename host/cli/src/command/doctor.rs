//! `proviso doctor`: what is installed, what is missing, what to do.

use crate::cli::{DoctorArgs, OutputFormat};
use crate::exit::Ending;
use crate::show::table::Columns;
use proviso_archive::{Archive, Opening};
use proviso_author::build_plugin;
use proviso_daemon::config::Config;
use proviso_pack::{PackStore, PluginPath, Trust};
use proviso_pipeline::loading::build;
use proviso_pipeline::loading::trust::Accepting;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// The plugins that come with the host.
const STANDARD_PLUGINS: [&str; 4] = [
    "lexicon-rules",
    "retention-schedule",
    "departure-risk",
    "text-classifier",
];

/// One thing that was looked at.
struct Check {
    what: &'static str,
    state: State,
    found: String,
    advice: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Well,
    /// Works, with less.
    Lacking,
    Broken,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            State::Well => "ok",
            State::Lacking => "lacking",
            State::Broken => "broken",
        }
    }
}

pub(crate) fn run(args: &DoctorArgs, colour: bool) -> anyhow::Result<Ending> {
    let mut checks = vec![sandbox(), plugins()];
    checks.extend(plugin_tools());
    if let Some(path) = &args.config {
        checks.extend(daemon(path));
    }
    match args.format {
        OutputFormat::Json => {
            for check in &checks {
                let line = json!({ "what": check.what, "state": check.state.name(), "found": check.found, "advice": check.advice });
                crate::show::json(format_args!("{line}"));
            }
        }
        OutputFormat::Table => {
            let mut table = Columns::new(colour, &["what", "state", "found", "what to do"]);
            for check in &checks {
                table.row([check.what, check.state.name(), &check.found, &check.advice]);
            }
            table.print(&mut std::io::stdout())?;
        }
    }
    let broken = checks.iter().any(|check| check.state == State::Broken);
    Ok(if broken { Ending::Problems } else { Ending::Well })
}

fn sandbox() -> Check {
    let what = "sandbox";
    match build::engine(None) {
        Ok(engine) if engine.features().pagemap_scan => Check {
            what,
            state: State::Well,
            found: "wasmtime 48, fast reset of memory".into(),
            advice: String::new(),
        },
        Ok(_) => Check {
            what,
            state: State::Lacking,
            found: "wasmtime 48, slow reset of memory".into(),
            advice: "Linux 6.7 or newer has PAGEMAP_SCAN, which makes fresh instances cheap on several cores".into(),
        },
        Err(error) => Check {
            what,
            state: State::Broken,
            found: format!("{error:#}"),
            advice: "see the message".into(),
        },
    }
}

fn plugins() -> Check {
    let path = PluginPath::of_this_process();
    let missing: Vec<_> = STANDARD_PLUGINS
        .into_iter()
        .filter(|name| path.find(name).is_none())
        .collect();
    let folders: Vec<_> = path
        .folders()
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    if missing.is_empty() {
        Check {
            what: "standard plugins",
            state: State::Well,
            found: STANDARD_PLUGINS.join(", "),
            advice: String::new(),
        }
    } else {
        Check {
            what: "standard plugins",
            state: State::Broken,
            found: format!("missing: {}", missing.join(", ")),
            advice: format!(
                "`make plugins`, or set PROVISO_PLUGIN_PATH; looked in {}",
                folders.join(", ")
            ),
        }
    }
}

/// What plugins can be built from here, language by language.
fn plugin_tools() -> impl Iterator<Item = Check> {
    build_plugin::tools().map(|(language, found)| {
        let what = match language {
            "Rust" => "plugins in Rust",
            "C" => "plugins in C",
            "TypeScript" => "plugins in TypeScript",
            _ => "plugins in Python",
        };
        match found {
            Ok(found) => Check {
                what,
                state: State::Well,
                found,
                advice: String::new(),
            },
            Err(missing) => {
                let (found, advice) = missing.split_once(": ").unwrap_or((&missing, ""));
                Check {
                    what,
                    state: State::Lacking,
                    found: found.to_owned(),
                    advice: format!("only needed to build them: {advice}"),
                }
            }
        }
    })
}

fn daemon(path: &Path) -> Vec<Check> {
    let config = match Config::read(path) {
        Ok(config) => config,
        Err(error) => {
            let (found, advice) = (format!("{error:#}"), "mend the file".to_owned());
            return vec![Check {
                what: "configuration",
                state: State::Broken,
                found,
                advice,
            }];
        }
    };
    let mut checks = vec![Check {
        what: "configuration",
        state: State::Well,
        found: path.display().to_string(),
        advice: String::new(),
    }];
    let (trust, found) = trust_check(&config);
    checks.push(found);
    checks.extend(trust.map(|trust| set_check(&config, trust)));
    let archive = config.archive_path();
    checks.push(if archive.exists() {
        archive_check(&archive, &config.opening())
    } else {
        no_archive(&archive)
    });
    checks
}

fn set_check(config: &Config, trust: Trust) -> Check {
    let accepting = Accepting {
        trust: Arc::new(trust),
        seen: Arc::default(),
    };
    let store = PackStore::at(&config.store_dir());
    let plugins = PluginPath::of_this_process();
    let set = proviso_pipeline::loading::set::load(&config.set, &plugins, Some(&store), &accepting);
    match set {
        Ok((resolved, _)) => {
            let found = format!("{} packs", resolved.packs.len());
            Check {
                what: "policy set",
                state: State::Well,
                found,
                advice: "`proviso policy check` builds and tries it".into(),
            }
        }
        Err(problems) => Check {
            what: "policy set",
            state: State::Broken,
            found: problems.first().map(ToString::to_string).unwrap_or_default(),
            advice: format!(
                "`proviso policy check {}` tells all {}",
                config.set.display(),
                problems.len()
            ),
        },
    }
}

/// The trust file, and what is wrong with it. A broken one trusts nobody, and there is no set to look at.
fn trust_check(config: &Config) -> (Option<Trust>, Check) {
    let (what, source) = ("trust", config.trust_source());
    match (source.read(), source.file()) {
        (Ok((trust, _)), None) => {
            let check = Check {
                what,
                state: State::Lacking,
                found: "no trust file: packs in folders are taken as they are".into(),
                advice: "for development alone: write a trust file, docs/trust.md says how".into(),
            };
            (Some(trust), check)
        }
        (Ok((trust, _)), Some(file)) if trust.accepts_unsigned() => {
            let check = Check {
                what,
                state: State::Lacking,
                found: format!("{} has folders for development", file.display()),
                advice: "what stands there needs no signature; take `[development]` out when it is not needed".into(),
            };
            (Some(trust), check)
        }
        (Ok((trust, _)), Some(file)) => {
            let check = Check {
                what,
                state: State::Well,
                found: file.display().to_string(),
                advice: String::new(),
            };
            (Some(trust), check)
        }
        (Err(problems), _) => {
            let check = Check {
                what,
                state: State::Broken,
                found: problems.first().map(ToString::to_string).unwrap_or_default(),
                advice: "mend the trust file: until then no new policies go live".into(),
            };
            (None, check)
        }
    }
}

fn no_archive(path: &Path) -> Check {
    let found = format!("{} is not there yet", path.display());
    Check {
        what: "archive",
        state: State::Lacking,
        found,
        advice: "the daemon makes it at its first start".into(),
    }
}

fn archive_check(path: &Path, opening: &Opening) -> Check {
    let opened = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(async { Ok(Archive::open_readonly_with(path, opening).await?) }));
    match opened {
        Ok(_) => Check {
            what: "archive",
            state: State::Well,
            found: path.display().to_string(),
            advice: String::new(),
        },
        Err(error) => Check {
            what: "archive",
            state: State::Broken,
            found: format!("{error:#}"),
            advice: "see the message".into(),
        },
    }
}
