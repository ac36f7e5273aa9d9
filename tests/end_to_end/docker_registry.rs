//! Debian's docker-registry in a folder of a test's own, and a site that speaks to it.

use super::support::{proviso, stderr, stdout};
use super::trust::{Signed, well};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A registry in a folder of its own, on a free port.
pub(super) struct DockerRegistry {
    child: Child,
    pub(super) address: String,
}

impl DockerRegistry {
    /// `more` is added to its configuration; `listen` is an address with port 0.
    pub(super) fn start(folder: &Path, listen: &str, tls: &str, more: &str) -> Self {
        fs::create_dir_all(folder).unwrap();
        let config = folder.join("config.yml");
        let text = format!(
            "version: 0.1\nlog: {{ level: info }}\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp:\n  addr: {listen}\n{tls}{more}",
            folder.join("storage").display()
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&config).env("OTEL_TRACES_EXPORTER", "none");
        let mut child = command
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("docker-registry cannot be run ({error}): `sh tests/setup.sh tests` installs it")
            });
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = Vec::new();
        let address = loop {
            let line = lines
                .next()
                .unwrap_or_else(|| panic!("the registry ended: {log:?}"))
                .unwrap();
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split(['"', ',', ' ']).next().unwrap().to_owned();
            }
            log.push(line);
        };
        // It blocks when nobody reads what it says.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, address }
    }

    pub(super) fn open(kit: &Signed) -> Self {
        Self::start(&kit.site.path("registry"), "127.0.0.1:0", "", "")
    }

    pub(super) fn stop(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        // Already gone after `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Signed {
    /// The binary with the trust file, and with a store, credentials and a home of this test's own.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = proviso(arguments);
        command
            .env("PROVISO_TRUST", self.site.path("operator/trust.toml"))
            .env("PROVISO_STORE", self.site.path("store"))
            .env("DOCKER_CONFIG", self.site.path("docker"))
            .env("HOME", self.site.path("home"));
        for proxy in [
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "http_proxy",
            "https_proxy",
            "all_proxy",
        ] {
            command.env_remove(proxy);
        }
        command
    }

    pub(super) fn ask(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A command that must end well, and its JSON.
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.ask(&[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&well(&output)).unwrap()
    }

    pub(super) fn log_in(&self, registry: &str, auth: &str) {
        self.site.write(
            "docker/config.json",
            &json!({ "auths": { registry: { "auth": auth } } }).to_string(),
        );
    }

    pub(super) fn digest(&self, file: &str) -> String {
        let facts = self.json(&["pack", "inspect", &self.text(file)]);
        facts["digest"].as_str().unwrap().to_owned()
    }

    /// What a refused command says on standard error.
    pub(super) fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.ask(arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{}{}",
            stdout(&output),
            stderr(&output)
        );
        stderr(&output)
    }
}
