//! The daemon's configuration: `proviso.toml`. Every key has a default save the policy set.

use crate::config_console::{ConsoleConfig, console};
use crate::config_keys::key_places;
use crate::config_requests::{RequestRules, request_rules};
use crate::config_witness::WitnessElsewhere;
use crate::host_name::is_host_name;
use crate::quarantine::Bounds;
use proviso_archive::{AlertRules, KeyPlaces, Opening};
use proviso_model::Foreign;
use proviso_model::basis::{self, LawfulBases};
use proviso_model::limits::SET_FILE_BYTES_MAX;
use proviso_model::time::TimeOfDay;
use proviso_model::toml_read::{Table, TomlFile};
use proviso_model::{Problem, Problems};
use proviso_pack::regular_file;
use proviso_pipeline::loading::trust::TrustSource;
use proviso_sources::{Format, Origin, SourceContext};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What `proviso serve` runs with. Paths are resolved against the folder of the configuration file.
#[derive(Debug, Clone)]
pub struct Config {
    /// The policy set; `set`, required.
    pub set: PathBuf,
    /// The trust file; `trust`, default the first that `TrustSource::find` finds.
    pub trust: Option<PathBuf>,
    /// Archive, pack store and compiled cache; `data_dir`, default `data`.
    pub data_dir: PathBuf,
    /// Where compiled snapshots are kept; `cache_dir`, default `cache` in `data_dir`. Written by this daemon alone.
    pub cache_dir: PathBuf,
    /// Where the HTTP interface listens; `[http] listen`, default `127.0.0.1:8787`.
    pub listen: SocketAddr,
    /// File with the operator's token; `[http] token_file`, default `token` in `data_dir`. Made with a random token if absent.
    pub token_file: PathBuf,
    /// Names that the HTTP interface answers to, beside addresses and `localhost`; `[http] hosts`, default none.
    pub hosts: Vec<String>,
    /// Open connections at most; `[http] connections`, default as many as the limit on open files allows, at most 1,024.
    pub connections: Option<usize>,
    /// Bytes of an export that the HTTP interface writes onto the data disk before it gives it away, at most; `[http] export_mebibytes`, 1 to
    /// 1,048,576, default 4,096.
    pub export_bytes_max: u64,
    /// Where the archive's keys are; `[[keys]]`, default the file beside the archive.
    pub keys: KeyPlaces,
    /// A file elsewhere that gets every checkpoint of the archive's log; `[log] witness`.
    pub witness: Option<PathBuf>,
    /// True where checkpoints are signed in SM2 as well; `[log] sm2`, default false.
    pub sm2: bool,
    /// A witness elsewhere that signs the checkpoints; `[log] witness_url` and what belongs to it.
    pub witness_elsewhere: Option<WitnessElsewhere>,
    /// Threads that evaluate; `workers`, default one a core.
    pub workers: usize,
    /// How long the daemon may take to drain on SIGTERM; `drain_seconds`, default 30.
    pub drain: Duration,
    /// When a policy that keeps failing is called no more; `[quarantine]`.
    pub quarantine: Bounds,
    /// The lawful basis of each tenant that names its own; `[lawful_basis.TENANT]`. The others have that of the policy set.
    pub lawful_bases: Arc<LawfulBases>,
    /// What one person may not do alone, or not at once, by tenant; `[requests.TENANT]`.
    pub requests: Arc<RequestRules>,
    /// Which findings people are to look at, and how soon, by tenant; `[console]`.
    pub alerts: Arc<AlertRules>,
    /// When messages whose time is over are disposed of, each day, in the zone of the policy set; `[disposal] at`, default never.
    pub disposal: Option<TimeOfDay>,
    /// Where the console stands; `[console]`.
    pub console: ConsoleConfig,
    /// Folders that are watched; `[[spool]]`.
    pub spools: Vec<SpoolConfig>,
}

/// One watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolConfig {
    /// Its name in the archive's offsets; `name`, default the folder's own name. Unique.
    pub name: String,
    /// The folder; `folder`. Made if absent.
    pub folder: PathBuf,
    /// The form of its files; `format`, default `ndjson`.
    pub format: Format,
    /// Whose messages it may hold: those of `tenant`, default `default`, in `channel`, default `chat`, and in `channels`.
    pub origin: Arc<Origin>,
}

/// Bytes of an export over HTTP, unless the configuration says another number.
const EXPORT_BYTES_MAX: u64 = 4 << 30;

impl Config {
    /// Reads and checks the file; all problems at once.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = regular_file::read_text(path, SET_FILE_BYTES_MAX).map_err(|error| {
            // Such a file does not mend itself: a problem in the input, and no fault of the machine's.
            Problems(vec![Problem::in_file(
                path,
                format!("cannot read the configuration: {error}"),
            )])
        })?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        Self::parse(path, folder, &text)
    }

    /// Parses the text of a configuration file; relative paths are below `folder`.
    pub fn parse(path: &Path, folder: &Path, text: &str) -> anyhow::Result<Self> {
        let (mut file, mut root) = TomlFile::parse(path, text);
        let set = root.required_string(&mut file, "set").map(|(set, _)| folder.join(set));
        let trust = root.string(&mut file, "trust").map(|(trust, _)| folder.join(trust));
        let data_dir = folder.join(
            root.string(&mut file, "data_dir")
                .map_or_else(|| "data".to_owned(), |(dir, _)| dir),
        );
        let cache_dir = root
            .string(&mut file, "cache_dir")
            .map_or_else(|| data_dir.join("cache"), |(dir, _)| folder.join(dir));
        let workers = root
            .integer(&mut file, "workers", 1..=256)
            .map_or_else(|| proviso_pipeline::places::workers(0), |(workers, _)| workers as usize);
        let drain = root
            .integer(&mut file, "drain_seconds", 1..=3_600)
            .map_or(30, |(seconds, _)| seconds as u64);
        let mut listen = SocketAddr::from(([127, 0, 0, 1], 8787));
        let mut token_file = data_dir.join("token");
        let (mut hosts, mut connections) = (Vec::new(), None);
        let mut export_bytes_max = EXPORT_BYTES_MAX;
        if let Some(mut http) = root.table(&mut file, "http") {
            if let Some((text, at)) = http.string(&mut file, "listen") {
                match text.parse() {
                    Ok(address) => listen = address,
                    Err(_) => file.problem(
                        at,
                        format!("`listen` is {text:?}: expected an address and port, as 127.0.0.1:8787"),
                    ),
                }
            }
            if let Some((text, _)) = http.string(&mut file, "token_file") {
                token_file = folder.join(text);
            }
            for (name, at) in http.strings(&mut file, "hosts").unwrap_or_default() {
                if is_host_name(&name) {
                    hosts.push(name);
                } else {
                    file.problem(
                        at,
                        format!("`hosts` has {name:?}: expected the name of a host, without a port"),
                    );
                }
            }
            connections = http
                .integer(&mut file, "connections", 16..=65_536)
                .map(|(connections, _)| connections as usize);
            if let Some((mebibytes, _)) = http.integer(&mut file, "export_mebibytes", 1..=1_048_576) {
                export_bytes_max = (mebibytes as u64) << 20;
            }
            http.finish(&mut file);
        }
        let keys = key_places(&mut file, &mut root, folder);
        let (mut witness, mut witness_elsewhere, mut sm2) = (None, None, false);
        if let Some(mut table) = root.table(&mut file, "log") {
            let place = table.string(&mut file, "witness");
            witness = place.map(|(text, _)| folder.join(text));
            sm2 = table.boolean(&mut file, "sm2").is_some_and(|(sm2, _)| sm2);
            witness_elsewhere = WitnessElsewhere::read(&mut file, &mut table);
            table.finish(&mut file);
        }
        let quarantine = root
            .table(&mut file, "quarantine")
            .map_or_else(Bounds::default, |table| bounds(&mut file, table));
        let lawful_bases = root
            .table(&mut file, "lawful_basis")
            .map_or_else(LawfulBases::default, |table| basis::read(&mut file, table));
        let requests = request_rules(&mut file, &mut root);
        let (console, alerts) = console(&mut file, &mut root);
        let disposal = root
            .table(&mut file, "disposal")
            .and_then(|table| time_of_disposal(&mut file, table));
        let mut spools: Vec<SpoolConfig> = Vec::new();
        for mut table in root.tables(&mut file, "spool") {
            let at = table.at();
            let folder_text = table.required_string(&mut file, "folder").map(|(text, _)| text);
            let name = table.string(&mut file, "name").map(|(name, _)| name);
            let formats = [("ndjson", Format::Ndjson), ("wecom", Format::Wecom)];
            let format = table.choice(&mut file, "format", &formats).unwrap_or(Format::Ndjson);
            let tenant = table
                .string(&mut file, "tenant")
                .map_or_else(|| "default".to_owned(), |(tenant, _)| tenant);
            let channel = table
                .string(&mut file, "channel")
                .map_or_else(|| "chat".to_owned(), |(channel, _)| channel);
            let context = SourceContext::new(tenant, format.channel().unwrap_or(&channel));
            if let Err(error) = &context {
                file.problem(at.clone(), error.to_string());
            }
            let mut channels = Vec::new();
            for (more, at) in table.strings(&mut file, "channels").unwrap_or_default() {
                // Each must be able to be a channel.
                match SourceContext::new("default", more) {
                    Ok(channel) => channels.push(channel.channel().to_owned()),
                    Err(error) => file.problem(at, error.to_string()),
                }
            }
            table.finish(&mut file);
            let (Some(folder_text), Ok(context)) = (folder_text, context) else {
                continue;
            };
            let spool_folder = folder.join(&folder_text);
            let name = name.unwrap_or_else(|| {
                spool_folder
                    .file_name()
                    .map_or_else(|| folder_text.clone(), |name| name.to_string_lossy().into_owned())
            });
            if spools.iter().any(|spool| spool.name == name) {
                file.problem(
                    at,
                    format!("two spools are called {name:?}: give one of them another `name`"),
                );
            }
            spools.push(SpoolConfig {
                folder: spool_folder,
                format,
                origin: Arc::new(Origin::bound(name.clone(), context).and_channels(channels)),
                name,
            });
        }
        root.finish(&mut file);
        let problems = file.into_problems();
        match set {
            Some(set) if problems.is_empty() => Ok(Self {
                set,
                trust,
                data_dir,
                cache_dir,
                listen,
                token_file,
                hosts,
                connections,
                export_bytes_max,
                keys,
                witness,
                sm2,
                witness_elsewhere,
                workers,
                drain: Duration::from_secs(drain),
                quarantine,
                lawful_bases: Arc::new(lawful_bases),
                requests: Arc::new(requests),
                alerts: Arc::new(alerts),
                disposal,
                console,
                spools,
            }),
            _ => Err(Problems(problems).into()),
        }
    }

    /// Where trust is read from.
    pub fn trust_source(&self) -> TrustSource {
        TrustSource::find(self.trust.as_deref(), Some(&self.set))
    }

    /// The archive's file.
    pub fn archive_path(&self) -> PathBuf {
        self.data_dir.join("archive.db")
    }

    /// The file of the keys of all tenants, where `[[keys]]` names no other place.
    pub fn keys_path(&self) -> PathBuf {
        self.data_dir.join("archive.db.keys")
    }

    /// How the archive is opened.
    pub fn opening(&self) -> Opening {
        Opening {
            keys: self.keys.clone(),
            witness: self.witness.clone(),
            sm2: self.sm2,
            ..Opening::default()
        }
    }

    /// Where named tokens are kept, each with what it may do; see `proviso token`.
    pub fn tokens_path(&self) -> PathBuf {
        self.data_dir.join("tokens.json")
    }

    /// Where the running daemon writes the address that it listens on, for `listen` with port 0.
    pub fn address_path(&self) -> PathBuf {
        self.data_dir.join("address")
    }

    /// Where every pack that was ever live is kept, by digest.
    pub fn store_dir(&self) -> PathBuf {
        self.data_dir.join("packs")
    }
}

/// `[disposal]`: there is a time of day, or no table.
fn time_of_disposal(file: &mut TomlFile<'_>, mut table: Table<'_>) -> Option<TimeOfDay> {
    let given = table.required_string(file, "at");
    table.finish(file);
    let (text, at) = given?;
    let time = text.parse().ok();
    if time.is_none() {
        let text = Foreign(&text).quoted();
        file.problem(at, format!("`at` is {text}: expected a time of day such as \"03:00\""));
    }
    time
}

/// Reads `[quarantine]`.
fn bounds(file: &mut TomlFile<'_>, mut table: Table<'_>) -> Bounds {
    let mut bounds = Bounds::default();
    if let Some((share, _)) = table.integer(file, "share_percent", 1..=99) {
        bounds.share_percent = share as u64;
    }
    if let Some((messages, _)) = table.integer(file, "messages", 16..=10_000) {
        bounds.messages = messages as u64;
        bounds.faults = bounds.faults.min(bounds.messages);
    }
    if let Some((faults, _)) = table.integer(file, "faults", 1..=bounds.messages as i64) {
        bounds.faults = faults as u64;
    }
    table.finish(file);
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> anyhow::Result<Config> {
        Config::parse(Path::new("proviso.toml"), Path::new("/etc/proviso"), text)
    }

    #[test]
    fn a_set_is_enough() {
        let config = parse("set = \"policies/set.toml\"").unwrap();
        assert_eq!(config.set, Path::new("/etc/proviso/policies/set.toml"));
        assert_eq!(config.archive_path(), Path::new("/etc/proviso/data/archive.db"));
        assert!(config.listen.ip().is_loopback());
    }

    #[test]
    fn hosts_are_names_and_connections_are_bounded() {
        let text = |lines: &str| format!("set = \"s.toml\"\n[http]\n{lines}");
        let config = parse(&text("hosts = [\"proviso.example\"]\nconnections = 64\n")).unwrap();
        assert_eq!(
            (config.hosts, config.connections),
            (vec!["proviso.example".to_owned()], Some(64))
        );
        let config = parse(&text("")).unwrap();
        assert_eq!((config.hosts, config.connections), (Vec::new(), None));
        assert_eq!(config.export_bytes_max, 4 << 30);
        let config = parse(&text("export_mebibytes = 1\n")).unwrap();
        assert_eq!(config.export_bytes_max, 1 << 20);
        for (lines, part) in [
            ("hosts = [\"a:80\"]", "`hosts` has \"a:80\""),
            ("export_mebibytes = 0", "`export_mebibytes` is 0: expected 1 to 1048576"),
            ("connections = 15", "`connections` is 15: expected 16 to 65536"),
        ] {
            let error = parse(&text(lines)).unwrap_err().to_string();
            assert!(error.contains(part), "{part} in {error}");
        }
    }

    #[test]
    fn the_breaker_has_bounds_that_cannot_be_left() {
        let text = |lines: &str| format!("set = \"s.toml\"\n[quarantine]\n{lines}");
        assert_eq!(parse(&text("")).unwrap().quarantine, Bounds::default());
        let set = parse(&text("share_percent = 20\nmessages = 1000\nfaults = 200\n")).unwrap();
        let expected = Bounds {
            share_percent: 20,
            messages: 1_000,
            faults: 200,
        };
        assert_eq!(set.quarantine, expected);
        for (lines, part) in [
            ("share_percent = 100", "`share_percent` is 100: expected 1 to 99"),
            ("messages = 8", "`messages` is 8: expected 16 to 10000"),
            ("faults = 65", "`faults` is 65: expected 1 to 64"),
            ("off = true", "unknown key `off`"),
        ] {
            let error = parse(&text(lines)).unwrap_err().to_string();
            assert!(error.contains(part), "{part} in {error}");
        }
    }

    #[test]
    fn a_tenant_names_its_lawful_basis() {
        let text = |lines: &str| format!("set = \"s.toml\"\n[lawful_basis.bank]\n{lines}");
        let bases = parse(&text("basis = \"consent\"\nunknown = \"metadata\"\n"))
            .unwrap()
            .lawful_bases;
        assert!(bases.own("bank").is_some() && bases.own("shop").is_none());
        let error = parse(&text("basis = \"contract\"\nlaw = \"PIPL\"\n"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("`article` is missing"), "{error}");
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let error = parse("sets = 1\n[http]\nlisten = \"here\"\n[[spool]]\nformat = \"xml\"\n").unwrap_err();
        let text = error.to_string();
        for part in [
            "`set` is missing",
            "unknown key `sets`",
            "proviso.toml:3:10:",
            "`folder` is missing",
            "\"xml\"",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
