//! A new user's path: from an empty folder to a verdict of a daemon elsewhere, by the commands that the guides show.

use super::docker_registry::DockerRegistry;
use super::support::{Serve, Site, proviso, stderr, stdout};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// An author's machine and an operator's, with a registry between them.
pub(super) struct Journey {
    registry: DockerRegistry,
    operator: Site,
    pub(super) author: tempfile::TempDir,
}

impl Journey {
    pub(super) fn new() -> Self {
        let author = tempfile::tempdir().unwrap();
        let registry = DockerRegistry::start(&author.path().join("registry"), "127.0.0.1:0", "", "");
        Self {
            registry,
            operator: Site::new(),
            author,
        }
    }

    /// A command of the author's, in the author's folder.
    fn author(&self, arguments: &[&str]) -> String {
        well(proviso(arguments).current_dir(self.author.path()))
    }

    fn operator(&self, arguments: &[&str]) -> String {
        let store = self.operator.path("store");
        well(
            proviso(arguments)
                .current_dir(self.operator.dir.path())
                .env("PROVISO_STORE", store),
        )
    }

    /// From a pack that was made and edited to what a daemon finds in a message: the rules, with their severities.
    pub(super) fn go(&self, folder: &Path, name: &str, text: &str) -> Vec<(String, String)> {
        let folder = folder.to_str().unwrap();
        self.author(&["pack", "test", folder]);
        self.author(&["pack", "lint", folder]);
        self.author(&["pack", "build", folder]);
        self.author(&["pack", "keygen", name, "--no-passphrase"]);
        let file = format!("{name}-0.1.0.pack");
        self.author(&["pack", "sign", &file, "--key", &format!("{name}.key")]);
        let tag = format!("{}/acme/{name}:0.1.0", self.registry.address);
        let pushed = self.author(&["pack", "push", &file, &tag]);
        let reference = pushed.lines().next().unwrap().trim().to_owned();
        assert!(reference.contains("@sha256:"), "{pushed}");

        // The operator has the public key by another way, and writes who may judge, and what does.
        let public = fs::read_to_string(self.author.path().join(format!("{name}.pub"))).unwrap();
        let key = public.lines().nth(1).unwrap();
        self.operator.write(
            "operator/trust.toml",
            &format!("[vendor.acme]\n[[vendor.acme.key]]\nsigner = \"release\"\nkey = \"{key}\"\nfrom = 2020-01-01\nuntil = 2099-12-31\n"),
        );
        self.operator.write(
            "set.toml",
            &format!("language = \"en\"\n[[apply]]\npack = \"{reference}\"\n"),
        );
        let config = fs::read_to_string(self.operator.path("proviso.toml")).unwrap();
        if !config.contains("trust = ") {
            self.operator
                .write("proviso.toml", &format!("trust = \"operator/trust.toml\"\n{config}"));
        }
        let told = self.operator(&["pack", "pull", &reference]);
        assert!(told.contains(&reference), "{told}");
        self.operator(&["policy", "check", "set.toml", "--trust", "operator/trust.toml"]);
        let store = self.operator.text("store");
        let daemon = Serve::start_with(&self.operator, &[("PROVISO_STORE", &store)]);
        let mut message = super::support::message(name, text);
        message["from"]["class"] = "employee".into();
        let (status, answer) = daemon.post("/v1/messages", &message.to_string());
        assert_eq!(status, 200, "{answer}");
        daemon.terminate();
        let shown = self.operator(&[
            "archive",
            "show",
            "--config",
            "proviso.toml",
            "--format",
            "json",
            &format!("bank/chat/{name}"),
        ]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let findings = shown["verdict"]["findings"].as_array().unwrap().iter();
        let named = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
        findings
            .map(|finding| (named(finding, "rule"), named(finding, "severity")))
            .collect()
    }
}

fn well(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        stdout(&output),
        stderr(&output)
    );
    stdout(&output)
}

pub(super) fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{} has no {from:?}:\n{text}", file.display());
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_pack_without_code_goes_from_an_empty_folder_to_a_daemon() {
    let path = Journey::new();
    path.author(&["pack", "new", "acme/house-rules"]);
    let folder = path.author.path().join("house-rules");
    edit(
        &folder.join("pack.toml"),
        "severity = \"high\"",
        "severity = \"critical\"",
    );
    edit(
        &folder.join("cases/conduct.toml"),
        "severity = \"high\"",
        "severity = \"critical\"",
    );
    let found = path.go(&folder, "house-rules", "这款产品保本保息");
    assert_eq!(found, [("guaranteed-return".to_owned(), "critical".to_owned())]);
}
