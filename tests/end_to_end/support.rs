//! Folders, daemons and messages for the tests.

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take on a busy machine before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// The project's folder.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The binary with some arguments. Compiled snapshots are shared by all tests, since compiling is most of the work.
pub(crate) fn proviso(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proviso"));
    command
        .args(arguments)
        .env("XDG_CACHE_HOME", shared_cache())
        .env_remove("PROVISO_LOG")
        .env_remove("PROVISO_PASSPHRASE")
        .env_remove("PROVISO_STORE")
        .env_remove("PROVISO_TOKEN_FILE")
        .env_remove("DOCKER_CONFIG")
        .env_remove("PROVISO_TRUST");
    command
}

fn shared_cache() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_proviso"))
        .parent()
        .unwrap()
        .parent()
        .unwrap();
    let cache = target.join("tmp/test-cache");
    fs::create_dir_all(&cache).unwrap();
    cache
}

/// Runs the binary to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    proviso(arguments).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Lines of JSON.
pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// What every pack of retention rules begins with, behind its name.
const RETENTION: &str = r#"
version = "1.0.0"
licence = "Apache-2.0"
host = ">=0.1.0, <0.2.0"
description = { en = "Keeps" }

[[policy]]
name = "retention"
plugin = "retention-schedule"
interfaces = ["retention"]
trigger = "always"
"#;

/// A folder with a pack without code, a set, a configuration and a spool.
pub(crate) struct Site {
    pub dir: TempDir,
}

impl Site {
    /// A small site: one pack that finds promises, and the example with a bug on purpose.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let site = Self { dir };
        site.write("promises/pack.toml", PACK);
        site.write(
            "promises/lexicons/promissory.txt",
            "保本\n保收益\n稳赚不赔\nguaranteed return\n",
        );
        site.write("promises/cases/promises.toml", CASES);
        site.write("promises/settings.schema.json", SCHEMA);
        copy_folder(&project().join("policies/demo/brittle"), &site.path("brittle"));
        site.write("set.toml", SET);
        site.write(
            "proviso.toml",
            &format!(
                "set = \"set.toml\"\ncache_dir = \"{}\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
                 [[spool]]\nfolder = \"spool\"\ntenant = \"bank\"\n",
                shared_cache().join("proviso").display()
            ),
        );
        fs::create_dir_all(site.path("spool")).unwrap();
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes the pack `test/NAME` into the folder NAME: one policy that proposes retention by these rules.
    pub(crate) fn retention_pack(&self, name: &str, rules: &str) {
        self.write(
            &format!("{name}/pack.toml"),
            &format!("name = \"test/{name}\"\n{RETENTION}{rules}"),
        );
        self.write(
            &format!("{name}/settings.schema.json"),
            r#"{ "type": "object", "properties": { "retention": { "type": "object" } } }"#,
        );
    }

    /// What `archive stats` counts.
    pub(crate) fn stats(&self) -> Value {
        let output = run(&[
            "archive",
            "stats",
            "--config",
            &self.text("proviso.toml"),
            "--format",
            "json",
        ]);
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).unwrap()
    }

    /// Messages in the archive.
    pub(crate) fn messages(&self) -> u64 {
        self.stats()["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["messages"].as_u64().unwrap())
            .sum()
    }
}

pub(crate) const SET: &str = "\
language = \"en\"

[[apply]]
pack = \"promises\"
mode = \"enforce\"
extra_terms = { promissory = [\"wonder\"] }

[[apply]]
pack = \"brittle\"
";

const PACK: &str = "\
name = \"test/promises\"
version = \"1.0.0\"
licence = \"Apache-2.0\"
host = \">=0.1.0, <0.2.0\"
jurisdictions = [\"CN\"]
description = { en = \"Finds promises\" }

[lexicon.promissory]
file = \"lexicons/promissory.txt\"

[[policy]]
name = \"promises\"
plugin = \"lexicon-rules\"
interfaces = [\"rules\"]
lists = [\"promissory\"]
fields = [\"text\", \"preceding\"]
preceding = 2

[policy.settings.rules.promise]
severity = \"high\"
when = { lists = [\"promissory\"] }
reason_en = \"promises {text}\"
reason_zh = \"承诺{text}\"

[[policy]]
name = \"repeated\"
plugin = \"lexicon-rules\"
interfaces = [\"fold\"]
key = \"sender\"
lists = [\"promissory\"]
fields = [\"text\", \"parties\", \"id\"]

[policy.settings.rules.repeated-promises]
severity = \"critical\"
when = { lists = [\"promissory\"] }
window = { seconds = 3600, at_least = 5 }
reason_en = \"{count} promises within {window}\"
";

const SCHEMA: &str =
    r#"{"type": "object", "properties": {"promises": {"type": "object"}, "repeated": {"type": "object"}}}"#;

const CASES: &str = "\
[[case]]
name = \"a promise\"
text = \"这款产品保本\"
expect = [{ policy = \"promises\", rule = \"promise\", severity = \"high\", text = \"保本\" }]

[[case]]
name = \"no promise\"
text = \"今天天气不错\"
expect = []
";

/// A canonical message.
pub(crate) fn message(id: &str, text: &str) -> Value {
    json!({
        "id": id, "tenant": "bank", "channel": "chat", "sent_at": "2026-10-12T09:00:00+08:00",
        "from": {"id": "li.na", "class": "employee"}, "to": [{"id": "customer-1", "class": "external"}], "text": text,
    })
}

/// A running `proviso serve`.
pub(crate) struct Serve {
    child: Child,
    pub address: String,
    pub token: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Serve {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(site: &Site) -> Self {
        Self::try_start(site).unwrap_or_else(|log| panic!("the daemon did not start:\n{log}"))
    }

    /// Starts it with more in its environment, and waits until it is ready.
    pub(crate) fn start_with(site: &Site, environment: &[(&str, &str)]) -> Self {
        Self::begin(site, &[], environment).unwrap_or_else(|log| panic!("the daemon did not start:\n{log}"))
    }

    /// Starts it; if it ends instead, gives what it said.
    pub(crate) fn try_start(site: &Site) -> Result<Self, String> {
        Self::begin(site, &[], &[])
    }

    /// The same with more in its environment.
    pub(crate) fn try_start_with(site: &Site, environment: &[(&str, &str)]) -> Result<Self, String> {
        Self::begin(site, &[], environment)
    }

    /// Starts one that `limit_files` can be used on: writing beyond the limit is an error to it, and does not kill it.
    pub(crate) fn start_ignoring_file_limits(site: &Site) -> Self {
        let serve = proviso(&["serve", "--config", &site.text("proviso.toml")]);
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
        command.arg(serve.get_program()).args(serve.get_args());
        for (name, value) in serve.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Self::spawn(site, command).unwrap_or_else(|log| panic!("the daemon did not start:\n{log}"))
    }

    /// No file of it may grow beyond so many bytes from now on, as on a full disk; `None` for any size.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let soft = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        let arguments = [format!("--pid={}", self.id()), format!("--fsize={soft}:")];
        assert!(
            Command::new("prlimit").args(&arguments).status().unwrap().success(),
            "{arguments:?}"
        );
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts it with more on its command line, and waits until it is ready.
    pub(crate) fn start_asking(site: &Site, arguments: &[&str]) -> Self {
        Self::begin(site, arguments, &[]).unwrap_or_else(|log| panic!("the daemon did not start:\n{log}"))
    }

    fn begin(site: &Site, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Self, String> {
        let mut command = proviso(&["serve", "--config", &site.text("proviso.toml")]);
        command.args(arguments);
        command.envs(environment.iter().copied());
        Self::spawn(site, command)
    }

    fn spawn(site: &Site, mut command: Command) -> Result<Self, String> {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = Vec::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                child.wait().unwrap();
                return Err(log.join("\n"));
            };
            log.push(line);
            let entry: Value = serde_json::from_str(log.last().unwrap()).unwrap_or_default();
            if entry["message"] == "ready" {
                break entry["address"].as_str().unwrap().to_owned();
            }
        };
        let log = Arc::new(Mutex::new(log));
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .for_each(|line| kept.lock().unwrap().push(line));
        });
        let token = fs::read_to_string(site.path("data/token")).unwrap().trim().to_owned();
        Ok(Self {
            child,
            address,
            token,
            log,
        })
    }

    /// What it said so far. What it says while it answers may be on its way: see [`Self::log_with`].
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// The same, as soon as these words are in it.
    pub(crate) fn log_with(&self, words: &str) -> String {
        wait_until(words, || self.log().contains(words));
        self.log()
    }

    /// Processor time that it has used, in hundredths of a second: a busy machine changes it little.
    pub(crate) fn processor_time(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // Behind the name, which may hold anything: the 12th and 13th field, user and system time in ticks.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends by itself; gives the exit code and what it said.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut ended = None;
        wait_until("the end", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        (ended.and_then(|status| status.code()), self.log())
    }

    /// SIGTERM, then waits for the end; gives the exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    fn agent() -> ureq::Agent {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into()
    }

    /// Reads a resource with the token; status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.get_as(path, &format!("Bearer {}", self.token))
    }

    pub(crate) fn get_as(&self, path: &str, authorization: &str) -> (u16, String) {
        let request = Self::agent().get(format!("http://{}{path}", self.address));
        let mut answer = request.header("authorization", authorization).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// Posts a body with the token; status and body.
    pub(crate) fn post(&self, path: &str, body: &str) -> (u16, Value) {
        self.post_as(path, body, &format!("Bearer {}", self.token))
    }

    pub(crate) fn post_as(&self, path: &str, body: &str, authorization: &str) -> (u16, Value) {
        self.send(path, body, authorization).unwrap()
    }

    /// Posts a body with the token; `None` where the daemon does not answer, because it is gone.
    pub(crate) fn try_post(&self, path: &str, body: &str) -> Option<(u16, Value)> {
        self.send(path, body, &format!("Bearer {}", self.token)).ok()
    }

    fn send(&self, path: &str, body: &str, authorization: &str) -> Result<(u16, Value), ureq::Error> {
        let request = Self::agent()
            .post(format!("http://{}{path}", self.address))
            .header("authorization", authorization);
        let mut answer = request.content_type("application/json").send(body)?;
        let text = answer.body_mut().read_to_string()?;
        Ok((
            answer.status().as_u16(),
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        ))
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.get("/v1/status").1).unwrap()
    }

    pub(crate) fn generation(&self) -> String {
        self.status()["generation"]["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // Already gone after `kill` and `terminate`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks until the answer is yes.
pub(crate) fn wait_until(what: &str, mut yes: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !yes() {
        assert!(
            started.elapsed() < PATIENCE,
            "{what} did not happen within {} s",
            PATIENCE.as_secs()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    started.elapsed()
}

/// A plugin of rules that does what the first byte of a text says: T traps, L loops until its fuel is used up.
pub(crate) const RULES_GUEST: &str = include_str!("../../host/engine/tests/guests/rules.wat");
/// A fold that counts to itself, scores ten times the count, and traps on T.
pub(crate) const FOLD_GUEST: &str = include_str!("../../host/engine/tests/guests/fold.wat");

/// A component of a core module that was written for one of the contract's worlds.
pub(crate) fn component(module: &str, world: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module).unwrap();
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_dir(project().join("wit/v0.1.0")).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding).unwrap();
    let mut encoder = wit_component::ComponentEncoder::default();
    let encoder = encoder.module(&module).unwrap().validate(true);
    encoder.encode().unwrap()
}
