//! `make soak`: everything that may befall `proviso serve`, at once and for long, and whether it kept its promises.
//!
//! - `plan`: how long, in which phases, and what is allowed; all that is left to chance follows from the seed
//! - `site`, `disk`, `messages`: what the daemon reads, where it writes, and what it is told
//! - `daemon`: the process, its lives one after the other
//! - `load`, `policies`, `peers`, `probe`: what is done to it, each on threads of its own
//! - `conductor`: phases, kills, full disks, ends
//! - `account`: what must be in the archive, and the memory and files that the process had
//! - `figures`, `faults`, `report`: what was counted, what was wrong, the table

mod account;
mod conductor;
mod daemon;
mod disk;
mod faults;
mod figures;
mod load;
mod messages;
mod peers;
mod plan;
mod policies;
mod probe;
mod random;
mod report;
mod site;

use crate::page::publish_part;
use crate::{SoakArgs, machine, process};
use anyhow::{Context, ensure};
use daemon::Lives;
use disk::Disk;
use faults::Faults;
use figures::Figures;
use load::Account;
use messages::Source;
use plan::Plan;
use site::Site;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Clients, and spools, by the tenants that they speak for.
const CLIENTS: [&str; 3] = ["bank", "shop", "bank"];
const SPOOLS: [&str; 2] = ["bank", "shop"];

/// How far the run is: troubles and load, then nothing new, then the end.
const TROUBLES: u8 = 0;
const ENDING: u8 = 1;
const OVER: u8 = 2;

/// What all threads share.
struct Soak {
    plan: Plan,
    seed: u64,
    proviso: PathBuf,
    site: Site,
    /// `None` where nothing can be mounted.
    disk: Option<Disk>,
    log: Mutex<File>,
    lives: Lives,
    faults: Faults,
    figures: Figures,
    /// Requests with messages that wait for their answer.
    in_flight: AtomicU64,
    stage: AtomicU8,
    clients: Vec<Feed>,
    spools: Vec<Feed>,
}

/// A source of messages, and what became of them.
struct Feed {
    source: Source,
    account: Account,
}

impl Soak {
    fn troubles_end(&self) -> bool {
        self.stage.load(Ordering::Relaxed) >= ENDING
    }

    /// The load ends together with the troubles.
    fn load_ends(&self) -> bool {
        self.troubles_end()
    }

    fn is_over(&self) -> bool {
        self.stage.load(Ordering::Relaxed) >= OVER
    }

    fn reach(&self, stage: u8) {
        self.stage.fetch_max(stage, Ordering::Relaxed);
    }

    fn feeds(&self) -> impl Iterator<Item = &Feed> {
        self.clients.iter().chain(&self.spools)
    }

    /// A command of the binary under test, on this configuration.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.proviso);
        command.args(arguments).arg("--config").arg(self.site.config());
        command.env_remove("PROVISO_LOG");
        command
    }

    /// Makes a token for somebody; its secret.
    fn token(&self, name: &str, permissions: &[&str]) -> anyhow::Result<String> {
        let mut command = self.command(&["token", "new", name]);
        let secret = process::output(command.args(permissions))?;
        Ok(String::from_utf8(secret)?.trim().to_owned())
    }
}

pub(crate) fn run(args: &SoakArgs) -> anyhow::Result<ExitCode> {
    ensure!(
        args.proviso.is_file(),
        "there is no binary {}: build it first",
        args.proviso.display()
    );
    let proviso = args.proviso.canonicalize()?;
    let machine = machine::describe(&proviso)?;
    let load = machine::load_average();
    let scratch = tempfile::Builder::new().prefix("proviso-soak-").tempdir()?;
    let soak = prepare(args, proviso, scratch.path())?;
    eprintln!(
        "seed {}, {} s, in {}{}",
        soak.seed,
        soak.plan.length.as_secs(),
        scratch.path().display(),
        if soak.disk.is_some() {
            ""
        } else {
            ", without a disk that fills"
        },
    );
    let done = conductor::conduct(&soak);
    soak.reach(OVER);
    let measured = match done {
        Ok(measured) => Some(measured),
        Err(error) => {
            soak.faults.tell(format!("the run was given up: {error:#}"));
            None
        }
    };
    account::process_stayed_flat(&soak);
    let (wrong, count) = soak.faults.all();
    if let Some(measured) = &measured {
        let machine = format!(
            "{machine}. Load average before and behind the run: {load}, {}",
            machine::load_average()
        );
        let part = report::render(&soak, measured, &machine);
        publish_part(&part, args.write.as_deref().filter(|_| count == 0))?;
    }
    if count == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("\n{count} things are wrong; seed {}:", soak.seed);
    for what in &wrong {
        eprintln!("  {what}");
    }
    let kept = std::env::temp_dir().join("proviso-soak.log");
    std::fs::copy(soak.site.path("daemon.log"), &kept).context("cannot keep the daemon's log")?;
    eprintln!("The daemon's log is {}.", kept.display());
    Ok(ExitCode::FAILURE)
}

fn prepare(args: &SoakArgs, proviso: PathBuf, folder: &Path) -> anyhow::Result<Soak> {
    let plan = Plan::of(std::time::Duration::from_secs(args.seconds));
    let feeds = |kind: &str, tenants: &[&'static str]| -> Vec<Feed> {
        let tenants = tenants.iter().zip(0..);
        let feeds = tenants.map(|(tenant, number)| Feed {
            source: Source::new(kind, number, tenant, args.seed),
            account: Account::default(),
        });
        feeds.collect()
    };
    let (clients, spools) = (feeds("http", &CLIENTS), feeds("spool", &SPOOLS));
    let names: Vec<(&str, &str)> = spools
        .iter()
        .map(|spool| (spool.source.name.as_str(), spool.source.tenant))
        .collect();
    let site = Site::make(folder, &names)?;
    let disk = match Disk::mount(&site.path("data"), plan.disk_megabytes) {
        Ok(disk) => Some(disk),
        Err(why) => {
            eprintln!("No disk can be filled: {why}. The run goes on without (mounting needs root).");
            None
        }
    };
    let log = Mutex::new(File::create(site.path("daemon.log"))?);
    Ok(Soak {
        plan,
        seed: args.seed,
        proviso,
        site,
        disk,
        log,
        lives: Lives::new(),
        faults: Faults::new(),
        figures: Figures::default(),
        in_flight: AtomicU64::new(0),
        stage: AtomicU8::new(TROUBLES),
        clients,
        spools,
    })
}
