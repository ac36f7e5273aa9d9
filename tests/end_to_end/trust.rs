//! Signing and trust, with the tools that others have: minisign, skopeo, and a daemon whose packs are replaced.

use super::support::{Serve, Site, json_lines, message, proviso, run, stderr, stdout, wait_until};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

const SET: &str = "[[apply]]\npack = \"promises.pack\"\n";

/// A program of the system, which `tests/setup.sh tests` installs.
pub(super) fn tool(name: &str, arguments: &[&str]) -> Output {
    let output = Command::new(name).args(arguments).output();
    output.unwrap_or_else(|error| panic!("{name} cannot be run ({error}): `sh tests/setup.sh tests` installs it"))
}

pub(super) fn well(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", stdout(output), stderr(output));
    stdout(output)
}

/// A site whose one pack is a built file, with keys beside it.
pub(super) struct Signed {
    pub(super) site: Site,
}

impl Signed {
    pub(super) fn new() -> Self {
        let this = Self { site: Site::new() };
        this.site.write("set.toml", SET);
        this.site.write("passphrase.txt", "correct horse battery\n");
        for name in ["release", "audit", "stranger"] {
            let arguments = ["pack", "keygen", &this.text(name), "--no-passphrase"];
            well(&run(&arguments));
        }
        this.build("unsigned.pack");
        this.trust("");
        this.sign("unsigned.pack", &["release", "audit"], "promises.pack");
        let config = fs::read_to_string(this.site.path("proviso.toml")).unwrap();
        this.site
            .write("proviso.toml", &format!("trust = \"operator/trust.toml\"\n{config}"));
        this
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.site.text(name)
    }

    fn public(&self, name: &str) -> String {
        let text = fs::read_to_string(self.site.path(&format!("{name}.pub"))).unwrap();
        text.lines().nth(1).unwrap().to_owned()
    }

    /// Writes a trust file that asks for both signers.
    pub(super) fn trust(&self, rest: &str) {
        let key = |name: &str| {
            let public = self.public(name);
            format!(
                "[[vendor.test.key]]\nsigner = \"{name}\"\nkey = \"{public}\"\nfrom = 2020-01-01\nuntil = 2099-12-31\n"
            )
        };
        let text = format!("[vendor.test]\nthreshold = 2\n{}{}{rest}", key("release"), key("audit"));
        self.site.write("operator/trust.toml", &text);
    }

    pub(super) fn build(&self, file: &str) {
        well(&run(&[
            "pack",
            "build",
            &self.text("promises"),
            "--output",
            &self.text(file),
        ]));
    }

    pub(super) fn sign(&self, file: &str, by: &[&str], output: &str) {
        fs::copy(self.site.path(file), self.site.path("draft")).unwrap();
        for name in by {
            let key = self.text(&format!("{name}.key"));
            well(&run(&["pack", "sign", &self.text("draft"), "--key", &key]));
        }
        // The daemon sees a whole file or none.
        fs::rename(self.site.path("draft"), self.site.path(output)).unwrap();
    }

    /// Builds the pack in another version.
    fn version(&self, from: &str, to: &str, file: &str) {
        let manifest = fs::read_to_string(self.site.path("promises/pack.toml")).unwrap();
        let (from, to) = (format!("version = \"{from}\""), format!("version = \"{to}\""));
        assert!(manifest.contains(&from));
        self.site.write("promises/pack.toml", &manifest.replace(&from, &to));
        self.build(file);
    }

    pub(super) fn proviso(&self, arguments: &[&str]) -> Output {
        proviso(arguments)
            .env("PROVISO_TRUST", self.site.path("operator/trust.toml"))
            .output()
            .unwrap()
    }

    fn verify(&self, file: &str) -> Value {
        let output = self.proviso(&["pack", "verify", &self.text(file), "--format", "json"]);
        let facts: Value = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        assert_eq!(output.status.code(), Some(i32::from(facts["admitted"] != true)));
        facts
    }
}

#[test]
fn minisign_and_proviso_verify_each_other() {
    let kit = Signed::new();
    let facts = kit.verify("promises.pack");
    assert_eq!(
        (&facts["admitted"], &facts["why"]),
        (&true.into(), &"signed by audit, release".into()),
        "{facts}"
    );
    // What we signed, minisign verifies.
    let folder = kit.text("extracted");
    well(&run(&[
        "pack",
        "verify",
        &kit.text("promises.pack"),
        "--extract",
        &folder,
        "--public-key",
        &kit.text("release.pub"),
    ]));
    let manifest = format!("{folder}/manifest.json");
    let verified = |key: &str| {
        let by_minisign = |number: u8| {
            let signature = format!("{manifest}.{number}.minisig");
            let arguments = [
                "-Vm",
                &manifest,
                "-x",
                &signature,
                "-p",
                &kit.text(&format!("{key}.pub")),
            ];
            tool("minisign", &arguments).status.success()
        };
        usize::from(by_minisign(1)) + usize::from(by_minisign(2))
    };
    assert_eq!(
        (verified("release"), verified("audit"), verified("stranger")),
        (1, 1, 0)
    );

    // What minisign signed, with a key of ours or its own, we verify and carry.
    let signature = kit.text("by-minisign");
    well(&tool(
        "minisign",
        &["-S", "-s", &kit.text("audit.key"), "-m", &manifest, "-x", &signature],
    ));
    kit.sign("unsigned.pack", &["release"], "half.pack");
    assert_eq!(kit.verify("half.pack")["admitted"], false);
    let half = kit.text("half.pack");
    let add =
        |signature: &str, public: &str| run(&["pack", "sign", &half, "--signature", signature, "--public-key", public]);
    assert_eq!(
        add(&signature, &kit.public("release")).status.code(),
        Some(1),
        "not that key's"
    );
    well(&add(&signature, &kit.public("audit")));
    assert_eq!(kit.verify("half.pack")["admitted"], true);

    let (public, secret) = (kit.text("theirs.pub"), kit.text("theirs.key"));
    well(&tool("minisign", &["-G", "-W", "-p", &public, "-s", &secret]));
    well(&tool(
        "minisign",
        &["-S", "-s", &secret, "-m", &manifest, "-x", &signature],
    ));
    well(&add(&signature, &public));
    well(&run(&[
        "pack",
        "sign",
        &kit.text("unsigned.pack"),
        "--key",
        &secret,
        "--output",
        &kit.text("theirs.pack"),
    ]));
    for pack in [&half, &kit.text("theirs.pack")] {
        well(&run(&["pack", "verify", pack, "--public-key", &public]));
    }
    // Its older form is refused, with the reason.
    well(&tool(
        "minisign",
        &["-S", "-l", "-s", &secret, "-m", &manifest, "-x", &signature],
    ));
    let refused = add(&signature, &public);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        stderr(&refused).contains("sign again without -l"),
        "{}",
        stderr(&refused)
    );
    // A signature of something else.
    well(&tool(
        "minisign",
        &["-S", "-s", &secret, "-m", &kit.text("set.toml"), "-x", &signature],
    ));
    assert!(stderr(&add(&signature, &public)).contains("does not verify"));
}

#[test]
fn a_secret_key_is_kept_secret() {
    let kit = Signed::new();
    let passphrase = kit.text("passphrase.txt");
    let made = run(&["pack", "keygen", &kit.text("guarded"), "--passphrase-file", &passphrase]);
    let said = well(&made);
    let secret = kit.site.path("guarded.key");
    assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&secret).unwrap();
    assert!(!said.contains(text.lines().nth(1).unwrap()) && said.contains(&kit.public("guarded")));
    // Never over a key that is there, and never without a passphrase by accident.
    assert_eq!(
        run(&["pack", "keygen", &kit.text("guarded"), "--no-passphrase"])
            .status
            .code(),
        Some(2)
    );
    assert_eq!(fs::read_to_string(&secret).unwrap(), text);
    kit.site.write("short.txt", "short\n");
    let refused = run(&[
        "pack",
        "keygen",
        &kit.text("other"),
        "--passphrase-file",
        &kit.text("short.txt"),
    ]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!kit.site.path("other.key").exists());

    let pack = kit.text("unsigned.pack");
    let sign = |by: &[&str]| run(&[&["pack", "sign", &pack, "--key", secret.to_str().unwrap()], by].concat());
    kit.site.write("wrong.txt", "incorrect horse\n");
    let wrong = sign(&["--passphrase-file", &kit.text("wrong.txt")]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        stderr(&wrong).contains("the passphrase is not the one of this key"),
        "{}",
        stderr(&wrong)
    );
    let signed = proviso(&["pack", "sign", &pack, "--key", secret.to_str().unwrap()])
        .env("PROVISO_PASSPHRASE", "correct horse battery")
        .output()
        .unwrap();
    well(&signed);
    well(&sign(&["--passphrase-file", &passphrase]));
    well(&run(&[
        "pack",
        "verify",
        &pack,
        "--public-key",
        &kit.text("guarded.pub"),
    ]));
    // minisign asks for the same passphrase.
    let (manifest, signature) = (kit.text("set.toml"), kit.text("guarded.minisig"));
    let arguments = ["-S", "-s", secret.to_str().unwrap(), "-m", &manifest, "-x", &signature];
    let passphrase_in = fs::File::open(&passphrase).unwrap();
    let by_minisign = Command::new("minisign").args(arguments).stdin(passphrase_in).output();
    well(&by_minisign.unwrap());
    let public = kit.text("guarded.pub");
    well(&tool("minisign", &["-Vm", &manifest, "-x", &signature, "-p", &public]));
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o640)).unwrap();
    let open = sign(&["--passphrase-file", &passphrase]);
    assert_eq!(open.status.code(), Some(2));
    assert!(stderr(&open).contains("can be read by others"), "{}", stderr(&open));
    // A folder changes under a signature.
    let folder = run(&["pack", "sign", &kit.text("promises"), "--key", &kit.text("release.key")]);
    assert_eq!(folder.status.code(), Some(2));
}

#[test]
fn skopeo_carries_the_signatures() {
    let kit = Signed::new();
    let archive = |name: &str| format!("oci-archive:{}", kit.text(name));
    let folder = format!("dir:{}", kit.text("folder"));
    let copy = |arguments: &[&str]| well(&tool("skopeo", &[&["--insecure-policy", "copy"], arguments].concat()));
    copy(&["--all", &archive("promises.pack"), &archive("copied.pack")]);
    copy(&["--all", &archive("copied.pack"), &folder]);
    copy(&["--all", &folder, &archive("back.pack")]);
    // Without --all it takes the pack alone: the same pack, which nobody signed.
    copy(&[&archive("promises.pack"), &archive("alone.pack")]);
    let inspect = |name: &str| -> Value {
        let output = kit.proviso(&["pack", "inspect", &kit.text(name), "--format", "json"]);
        serde_json::from_str(&well(&output)).unwrap()
    };
    let good = inspect("promises.pack");
    assert_eq!(good["signatures"].as_array().unwrap().len(), 2);
    for name in ["copied.pack", "back.pack"] {
        let copied = inspect(name);
        assert_eq!(
            (&copied["digest"], &copied["signatures"]),
            (&good["digest"], &good["signatures"]),
            "{name}"
        );
        assert_eq!(kit.verify(name)["admitted"], true, "{name}");
    }
    assert_eq!(inspect("alone.pack")["digest"], good["digest"]);
    assert_eq!(kit.verify("alone.pack")["admitted"], false);
    let table = well(&kit.proviso(&["pack", "inspect", &kit.text("promises.pack")]));
    assert!(
        table.contains("by release, whose key counts until 2099-12-31"),
        "{table}"
    );
}

#[test]
fn every_command_asks_for_trust() {
    let kit = Signed::new();
    kit.site
        .write("messages.jsonl", &message("m1", "这款产品保本").to_string());
    let (set, messages) = (kit.text("set.toml"), kit.text("messages.jsonl"));
    let trust = kit.text("operator/trust.toml");
    let good = kit.text("promises.pack");
    let commands: [(&str, Vec<&str>); 6] = [
        ("eval", vec!["eval", "--set", &set, &messages]),
        ("check", vec!["policy", "check", &set]),
        ("test", vec!["pack", "test", &good]),
        ("bench", vec!["pack", "bench", &good, "--rounds", "1"]),
        ("bench --set", vec!["pack", "bench", "--set", &set, "--rounds", "1"]),
        ("verify", vec!["pack", "verify", &good]),
    ];
    let with_trust = |arguments: &[&str]| run(&[arguments, &["--trust", &trust]].concat());
    for (name, arguments) in &commands {
        // A built file, and no trust file: there is no key to check it by.
        let refused = run(arguments);
        assert_eq!(refused.status.code(), Some(1), "{name}: {}", stdout(&refused));
        let said = format!("{}{}", stdout(&refused), stderr(&refused));
        assert!(said.contains("there is no trust file"), "{name}: {said}");
        well(&with_trust(arguments));
        well(&kit.proviso(arguments));
    }
    // The trust file beside the set counts without being named.
    fs::copy(&trust, kit.site.path("trust.toml")).unwrap();
    well(&run(&["policy", "check", &set]));
    fs::remove_file(kit.site.path("trust.toml")).unwrap();
    // One signer of two.
    kit.sign("unsigned.pack", &["release"], "promises.pack");
    for (name, arguments) in &commands {
        let refused = with_trust(arguments);
        let said = format!("{}{}", stdout(&refused), stderr(&refused));
        assert_eq!(refused.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains("signed by 1 of the 2 signers"), "{name}: {said}");
    }
    // A folder, where the trust file has none for development.
    let folder = kit.text("promises");
    let refused = with_trust(&["pack", "test", &folder]);
    assert!(
        stderr(&refused).contains("a folder cannot be signed"),
        "{}",
        stderr(&refused)
    );
    kit.trust("[development]\nfolders = [\"../promises\"]\n");
    well(&with_trust(&["pack", "test", &folder]));
    // A trust file that is named must be there, whole, and not everybody's.
    assert_eq!(
        run(&["pack", "test", &folder, "--trust", "/nowhere/trust.toml"])
            .status
            .code(),
        Some(1)
    );
    fs::set_permissions(&trust, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(stderr(&with_trust(&["pack", "test", &folder])).contains("everybody may write the trust file"));
}

/// Every way in which the file of a running pack goes bad.
fn mutants(kit: &Signed) -> Vec<(&'static str, Vec<u8>)> {
    let good = fs::read(kit.site.path("promises.pack")).unwrap();
    let signed = |by: &[&str]| {
        kit.sign("unsigned.pack", by, "mutant");
        fs::read(kit.site.path("mutant")).unwrap()
    };
    let text = |bytes: &[u8], part: &str| {
        bytes
            .windows(part.len())
            .position(|window| window == part.as_bytes())
            .unwrap()
    };
    let flipped = |part: &str| {
        let mut bytes = good.clone();
        let at = text(&bytes, part);
        bytes[at] ^= 1;
        bytes
    };
    let mut mutants = vec![
        ("stripped", fs::read(kit.site.path("unsigned.pack")).unwrap()),
        ("k-1 signers: release", signed(&["release"])),
        ("k-1 signers: audit", signed(&["audit"])),
        ("the same signer twice", signed(&["release", "release"])),
        ("unknown key", signed(&["release", "stranger"])),
        ("layer altered", flipped("保本")),
        (
            "manifest altered",
            flipped("\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest"),
        ),
        ("signature altered", flipped("trusted comment: timestamp")),
        ("extra bytes", [&good[..], b"extra"].concat()),
        ("nothing", Vec::new()),
        ("no tar", b"hello".to_vec()),
    ];
    for part in 1..=8 {
        mutants.push(("truncated", good[..good.len() * part / 9].to_vec()));
    }
    mutants
}

#[test]
fn a_bad_pack_leaves_the_running_generation_untouched() {
    let kit = Signed::new();
    let mutants = mutants(&kit);
    assert!(mutants.len() >= 19);
    let daemon = Serve::start(&kit.site);
    let running = daemon.generation();
    let status = daemon.status();
    assert_eq!(
        status["trust"]["packs"][0]["admitted"], "signed by audit, release",
        "{status}"
    );
    assert_eq!(status["trust"]["warnings"], serde_json::json!([]), "{status}");
    let good = fs::read(kit.site.path("promises.pack")).unwrap();
    let replace = |bytes: &[u8]| {
        fs::write(kit.site.path("draft"), bytes).unwrap();
        fs::rename(kit.site.path("draft"), kit.site.path("promises.pack")).unwrap();
    };
    for (number, (name, bytes)) in mutants.iter().enumerate() {
        replace(bytes);
        let (code, attempt) = daemon.post("/v1/policy/reload", "{}");
        assert_eq!(
            (code, &attempt["result"]),
            (422, &"refused".into()),
            "{name}: {attempt}"
        );
        assert!(!attempt["problems"].as_array().unwrap().is_empty(), "{name}: {attempt}");
        assert_eq!(daemon.generation(), running, "{name}");
        let line = message(&format!("m{number}"), "这款产品保本").to_string();
        assert_eq!(
            daemon.post("/v1/messages", &line).1["accepted"],
            1,
            "{name}: judging goes on"
        );
    }
    // What the watch sees by itself is refused as well, and the good file is what runs already.
    replace(&mutants[0].1);
    wait_until("a refusal", || daemon.status()["last_attempt"]["result"] == "refused");
    replace(&good);
    wait_until("the good pack", || {
        daemon.status()["last_attempt"]["result"] == "unchanged"
    });
    assert_eq!(daemon.generation(), running);
    assert_eq!(daemon.terminate(), Some(0));
    assert_eq!(kit.site.messages(), mutants.len() as u64);
    // The broken file at a start: the last good generation judges, from the store, signatures and all.
    replace(&mutants[0].1);
    let daemon = Serve::start(&kit.site);
    assert_eq!(daemon.generation(), running);
    assert_eq!(
        daemon.status()["trust"]["packs"][0]["admitted"],
        "signed by audit, release"
    );
    assert_eq!(daemon.terminate(), Some(0));
    let replay = run(&[
        "replay",
        "--config",
        &kit.text("proviso.toml"),
        "--sample",
        "100",
        "--format",
        "json",
    ]);
    let replayed = json_lines(&well(&replay));
    assert_eq!(replayed.len(), mutants.len());
    assert!(replayed.iter().all(|line| line["identical"] == true));
}

#[test]
fn what_a_rollback_made_live_is_no_step_back() {
    let kit = Signed::new();
    fs::copy(kit.site.path("promises.pack"), kit.site.path("old.pack")).unwrap();
    let daemon = Serve::start(&kit.site);
    let old = daemon.generation();
    kit.version("1.0.0", "1.1.0", "unsigned.pack");
    kit.sign("unsigned.pack", &["audit", "release"], "promises.pack");
    wait_until("the new version", || daemon.generation() != old);
    assert_eq!(daemon.post("/v1/policy/rollback", "{}").1["result"], "live");
    assert_eq!(daemon.generation(), old);
    // As the guide says: the file is put right as well. No reload and no restart calls that a step back.
    fs::copy(kit.site.path("old.pack"), kit.site.path("draft")).unwrap();
    fs::rename(kit.site.path("draft"), kit.site.path("promises.pack")).unwrap();
    let (status, attempt) = daemon.post("/v1/policy/reload", "{}");
    assert_eq!((status, &attempt["result"]), (200, &"unchanged".into()), "{attempt}");
    assert_eq!(daemon.terminate(), Some(0));
    let daemon = Serve::start(&kit.site);
    assert_eq!(daemon.generation(), old);
    let status = daemon.status();
    assert_eq!(status["last_attempt"]["result"], "unchanged", "{status}");
}

#[test]
fn an_older_version_waits_for_a_command_and_a_revoked_one_for_nothing() {
    let kit = Signed::new();
    let config = kit.text("proviso.toml");
    fs::copy(kit.site.path("promises.pack"), kit.site.path("old.pack")).unwrap();
    let daemon = Serve::start(&kit.site);
    let old = daemon.generation();
    let line = message("m1", "这款产品保本").to_string();
    assert_eq!(daemon.post("/v1/messages", &line).0, 200);
    kit.version("1.0.0", "1.1.0", "unsigned.pack");
    kit.sign("unsigned.pack", &["audit", "release"], "promises.pack");
    wait_until("the new version", || daemon.generation() != old);
    let new = daemon.generation();

    fs::copy(kit.site.path("old.pack"), kit.site.path("promises.pack")).unwrap();
    let (_, attempt) = daemon.post("/v1/policy/reload", "{}");
    let problem = attempt["problems"][0]["message"].as_str().unwrap();
    assert!(
        problem.contains("version 1.0.0 of test/promises is older than 1.1.0"),
        "{attempt}"
    );
    assert_eq!(daemon.generation(), new);
    let allow = |version: &str| {
        let note = ["--note", "1.1.0 finds too little"];
        run(&[
            &[
                "policy",
                "allow-downgrade",
                "--config",
                &config,
                "test/promises",
                version,
            ][..],
            &note,
        ]
        .concat())
    };
    assert_eq!(allow("one").status.code(), Some(2));
    well(&allow("1.0.0"));
    // The watch may have been the first to read it again.
    assert_eq!(daemon.post("/v1/policy/reload", "{}").0, 200);
    assert_eq!(daemon.generation(), old);
    assert!(daemon.log().contains("an older version of a pack is allowed"));
    // The permission is for what was live before it. What is live after it counts again, over a restart too.
    kit.sign("unsigned.pack", &["audit", "release"], "promises.pack");
    wait_until("the new version again", || daemon.generation() == new);
    assert_eq!(daemon.terminate(), Some(0));
    fs::copy(kit.site.path("old.pack"), kit.site.path("promises.pack")).unwrap();
    let daemon = Serve::start(&kit.site);
    assert_eq!(daemon.generation(), new, "the last good one");
    assert_eq!(daemon.status()["last_attempt"]["result"], "refused");

    // A rollback is a command itself; a revoked pack is not even rolled back to.
    assert_eq!(daemon.post("/v1/policy/rollback", "{}").1["result"], "live");
    assert_eq!(daemon.generation(), old);
    assert_eq!(daemon.post("/v1/policy/rollback", "{}").1["result"], "live");
    assert_eq!(daemon.generation(), new);
    let facts: Value = serde_json::from_str(&well(&run(&[
        "pack",
        "inspect",
        &kit.text("old.pack"),
        "--format",
        "json",
    ])))
    .unwrap();
    let digest = facts["digest"].as_str().unwrap();
    kit.trust(&format!(
        "[[revoked]]\ndigest = \"{digest}\"\nreason = \"it misses half\"\n"
    ));
    let (code, answer) = daemon.post("/v1/policy/rollback", "{}");
    assert_eq!((code, &answer["result"]), (422, &"refused".into()), "{answer}");
    assert!(answer.to_string().contains("it misses half"), "{answer}");
    assert_eq!(daemon.generation(), new);
    assert_eq!(daemon.terminate(), Some(0));

    // A replay of what the revoked pack said asks to be told.
    let replay = |more: &[&str]| run(&[&["replay", "--config", &config, "m1"], more].concat());
    let refused = replay(&[]);
    assert_eq!(refused.status.code(), Some(1), "{}", stdout(&refused));
    assert!(stderr(&refused).contains("is revoked"), "{}", stderr(&refused));
    assert!(well(&replay(&["--allow-revoked"])).contains("1 identical"));
    // Without a daemon the command writes itself.
    well(&allow("1.0.0"));
}

#[test]
fn strictness_is_not_lost_with_a_file() {
    let kit = Signed::new();
    let daemon = Serve::start(&kit.site);
    let running = daemon.generation();
    // The trust file goes away under the daemon: nothing new goes live.
    let trust = kit.site.path("operator/trust.toml");
    let text = fs::read_to_string(&trust).unwrap();
    fs::remove_file(&trust).unwrap();
    let (_, attempt) = daemon.post("/v1/policy/reload", "{}");
    assert!(
        attempt["problems"][0]["message"]
            .as_str()
            .unwrap()
            .contains("cannot read the trust file"),
        "{attempt}"
    );
    assert_eq!(daemon.generation(), running);
    assert_eq!(daemon.terminate(), Some(0));
    assert!(Serve::try_start(&kit.site).is_err());
    // Nor does it help to leave it out of the configuration.
    let config = fs::read_to_string(kit.site.path("proviso.toml")).unwrap();
    kit.site
        .write("proviso.toml", &config.replace("trust = \"operator/trust.toml\"\n", ""));
    kit.site.write("set.toml", "[[apply]]\npack = \"promises\"\n");
    let log = Serve::try_start(&kit.site).map(|_| ()).unwrap_err();
    assert!(log.contains("now there is none: put it back"), "{log}");
    // It comes back beside the set, with a folder for development, and says so.
    kit.site.write(
        "trust.toml",
        &format!("{text}[development]\nfolders = [\"promises\"]\n"),
    );
    let daemon = Serve::start(&kit.site);
    assert!(
        daemon
            .log()
            .contains("is not signed: it stands in a folder for development"),
        "{}",
        daemon.log()
    );
    let status = well(&run(&["policy", "status", "--config", &kit.text("proviso.toml")]));
    assert!(status.contains("test/promises: development, not signed"), "{status}");
}

#[test]
fn a_trust_file_that_is_broken_at_a_start_leaves_what_was_live() {
    let kit = Signed::new();
    let daemon = Serve::start(&kit.site);
    let running = daemon.generation();
    assert_eq!(daemon.terminate(), Some(0));
    let trust = kit.site.path("operator/trust.toml");
    let good = fs::read_to_string(&trust).unwrap();
    fs::write(&trust, format!("{good}\n[developing]\n")).unwrap();
    let daemon = Serve::start(&kit.site);
    assert_eq!(daemon.generation(), running);
    let status = daemon.status();
    assert_eq!(status["last_attempt"]["result"], "refused", "{status}");
    assert!(
        status["last_attempt"]["problems"].to_string().contains("developing"),
        "{status}"
    );
    let line = message("m1", "这款产品保本").to_string();
    assert_eq!(daemon.post("/v1/messages", &line).1["accepted"], 1);
    // Nothing new is accepted by it.
    let (code, attempt) = daemon.post("/v1/policy/reload", "{}");
    assert_eq!((code, &attempt["result"]), (422, &"refused".into()), "{attempt}");
    assert_eq!(daemon.terminate(), Some(0));
    fs::write(&trust, good).unwrap();
    assert_eq!(Serve::start(&kit.site).generation(), running);
}

#[test]
fn without_a_trust_file_everybody_is_told() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    assert!(
        daemon
            .log()
            .contains("no trust file: packs in folders are taken as they are"),
        "{}",
        daemon.log()
    );
    let config = site.text("proviso.toml");
    let status = well(&run(&["policy", "status", "--config", &config]));
    assert!(
        status.contains("Trust: none, development") && status.contains("warning: no trust file"),
        "{status}"
    );
    let doctor = run(&["doctor", "--config", &config, "--format", "json"]);
    let trust = json_lines(&stdout(&doctor))
        .into_iter()
        .find(|line| line["what"] == "trust")
        .unwrap();
    assert_eq!(trust["state"], "lacking", "{trust}");
    drop(daemon);
}
