//! A witness elsewhere: it signs what continues, and an older archive put in the place of a newer one is noticed by it, whoever did it.

use super::evidence;
use super::support::{Serve, Site, message, proviso, run, stdout, wait_until};
use proviso_evidence::verify::{Expected, verify};
use proviso_evidence::words::{Language, said};
use proviso_proof::note::{KeyKind, KeyName, SignerKey};
use proviso_verify::{Unsealing, open};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A running `proviso audit witness`.
struct Witness {
    child: Child,
    address: String,
    key: String,
}

impl Witness {
    fn start(site: &Site, logs: &[&str]) -> Self {
        let folder = site.text("witness");
        let mut arguments = vec!["audit", "witness", &folder, "--listen", "127.0.0.1:0"];
        for log in logs {
            arguments.extend(["--log", log]);
        }
        let mut child = proviso(&arguments)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let ready: Value = serde_json::from_str(&first).unwrap();
        assert_eq!(ready["message"], "ready", "{first}");
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        Self {
            child,
            address: text("address"),
            key: text("key"),
        }
    }

    /// The keys of `[log]` that name it.
    fn config(&self) -> String {
        let Self { address, key, .. } = self;
        format!("\n[log]\nwitness_url = \"http://{address}/\"\nwitness_key = \"{key}\"\nwitness_seconds = 1\n")
    }

    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        // Already gone after `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an audit says of the archive.
fn audited(site: &Site) -> Value {
    let output = run(&[
        "audit",
        "verify",
        "--config",
        &site.text("proviso.toml"),
        "--format",
        "json",
    ]);
    serde_json::from_str(&stdout(&output)).unwrap()
}

/// The public key of the archive's log.
fn log_key(site: &Site) -> String {
    audited(site)["key"].as_str().unwrap().to_owned()
}

/// Leaves of the checkpoint that the witness signed last; 0 where none is kept.
fn witnessed(site: &Site) -> u64 {
    let note = fs::read_to_string(site.path("data/archive.db.witnessed")).unwrap_or_default();
    assert!(
        note.is_empty() || note.matches("\u{2014} ").count() == 2,
        "two have signed: {note}"
    );
    note.lines().nth(1).map_or(0, |size| size.parse().unwrap())
}

fn counted(daemon: &Serve, name: &str) -> u64 {
    let page = daemon.get("/metrics").1;
    let line = page.lines().find(|line| line.starts_with(&format!("proviso_{name} ")));
    line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

fn post(daemon: &Serve, prefix: &str, messages: usize) {
    for number in 0..messages {
        let line = message(&format!("{prefix}{number}"), "好的").to_string();
        assert_eq!(daemon.post("/v1/messages", &line).0, 200);
    }
}

/// Has the daemon write so many transactions, and waits until the witness has signed them.
fn signed(site: &Site, daemon: &Serve, prefix: &str, messages: usize) -> u64 {
    let before = witnessed(site);
    post(daemon, prefix, messages);
    wait_until("the witness", || witnessed(site) >= before + messages as u64);
    witnessed(site)
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    let _ = fs::remove_dir_all(to);
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}

#[test]
fn an_older_archive_in_the_place_of_a_newer_one_is_noticed_by_the_witness() {
    let site = Site::new();
    assert_eq!(Serve::start(&site).terminate(), Some(0));
    let bare = fs::read_to_string(site.path("proviso.toml")).unwrap();
    let witness = Witness::start(&site, &[&log_key(&site)]);
    site.write("proviso.toml", &format!("{bare}{}", witness.config()));

    let daemon = Serve::start(&site);
    let first = signed(&site, &daemon, "a", 5);
    assert!(counted(&daemon, "witness_checkpoints_total") > 0);
    assert_eq!(counted(&daemon, "witness_failures_total"), 0);
    assert_eq!(daemon.terminate(), Some(0));
    let (data, older) = (site.path("data"), site.path("older"));
    copy(&data, &older);
    // The witness goes on from what it remembers.
    witness.stop();
    let witness = Witness::start(&site, &[&log_key(&site)]);
    site.write("proviso.toml", &format!("{bare}{}", witness.config()));
    let daemon = Serve::start(&site);
    let second = signed(&site, &daemon, "b", 5);
    assert!(second > first, "{first} {second}");
    assert_eq!(daemon.terminate(), Some(0));

    // All that belongs to the archive is put back as it was, its own checkpoints with it: nothing there tells.
    copy(&older, &data);
    let refused = Serve::try_start(&site).err().unwrap();
    for told in ["the witness", "has signed", "--accept-lost-writes"] {
        assert!(refused.contains(told), "{told} in {refused}");
    }
    // By an operator's word it goes on, under a name that the witness does not know.
    let daemon = Serve::start_asking(&site, &["--accept-lost-writes"]);
    post(&daemon, "c", 1);
    wait_until("the refusal of the witness", || {
        counted(&daemon, "witness_failures_total") > 0
    });
    assert!(daemon.log().contains("it does not know this log"), "{}", daemon.log());
    assert_eq!(daemon.terminate(), Some(0));
    let audit = run(&["audit", "verify", "--config", &site.text("proviso.toml")]);
    assert_eq!(audit.status.code(), Some(0), "{}", stdout(&audit));

    // One that grew to the same size where the witness does not see it is another log, and does not start either.
    copy(&older, &data);
    site.write("proviso.toml", &bare);
    let daemon = Serve::start(&site);
    for number in 0.. {
        let leaves = audited(&site)["leaves"].as_u64().unwrap();
        if leaves == second {
            break;
        }
        assert!(leaves < second, "{leaves} of {second}");
        post(&daemon, &format!("e{number}-"), 1);
    }
    assert_eq!(daemon.terminate(), Some(0));
    site.write("proviso.toml", &format!("{bare}{}", witness.config()));
    let refused = Serve::try_start(&site).err().unwrap();
    assert!(
        refused.contains(&format!("has signed another one of {second}")),
        "{refused}"
    );

    // An older one that goes on where the witness does not see it is another log: it is not signed.
    copy(&older, &data);
    site.write("proviso.toml", &bare);
    let daemon = Serve::start(&site);
    post(&daemon, "d", 30);
    assert_eq!(daemon.terminate(), Some(0));
    site.write("proviso.toml", &format!("{bare}{}", witness.config()));
    let daemon = Serve::start(&site);
    wait_until("the refusal of the witness", || {
        counted(&daemon, "witness_failures_total") > 0
    });
    assert!(
        daemon.log().contains("it has signed another log of the same name"),
        "{}",
        daemon.log()
    );
    assert_eq!(daemon.terminate(), Some(0));
}

#[test]
fn an_export_says_what_the_witness_signed() {
    let site = Site::new();
    assert_eq!(Serve::start(&site).terminate(), Some(0));
    let bare = fs::read_to_string(site.path("proviso.toml")).unwrap();
    let witness = Witness::start(&site, &[&log_key(&site)]);
    site.write("proviso.toml", &format!("{bare}{}", witness.config()));
    let daemon = Serve::start(&site);
    let signed = signed(&site, &daemon, "a", 5);
    let folder = site.path("case-7");
    let (code, _, error) = evidence::export(&site, &folder, &["好的"]);
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(daemon.terminate(), Some(0));
    let report = |witnesses: &[&str]| {
        let expected = Expected {
            key: Some(log_key(&site).parse().unwrap()),
            witnesses: witnesses.iter().map(|key| key.parse().unwrap()).collect(),
        };
        let mut members = open(&folder).unwrap();
        verify(
            &mut members,
            &mut Unsealing::new().unwrap(),
            None,
            &expected,
            &mut |_| {},
        )
        .unwrap()
    };
    let known = report(&[&witness.key]);
    assert!(known.is_whole(), "{:?}", known.faults);
    let cosigned = known.cosigned.as_ref().unwrap();
    assert!(cosigned.size >= signed, "{cosigned:?}");
    assert!(
        matches!(&cosigned.known[..], [(key, at)] if *key == witness.key && *at > 1_700_000_000),
        "{cosigned:?}"
    );
    assert!(
        said(&known, Language::English)
            .to_text()
            .contains(&format!(" by {}\n", witness.key))
    );
    // Of who does not know the witness it is told, and not believed.
    let unknown = report(&[]);
    assert!(unknown.is_whole(), "{:?}", unknown.faults);
    let cosigned = unknown.cosigned.unwrap();
    assert!(cosigned.known.is_empty() && cosigned.unknown.len() == 1, "{cosigned:?}");
    // Another witness did not sign.
    let seed = [7; 32];
    let other = SignerKey::new(KeyName::new("w.example").unwrap(), KeyKind::Cosignature, &seed).unwrap();
    let other = report(&[&other.verifier().to_string()]);
    assert!(!other.is_whole());
    assert!(
        other.faults[0].to_string().contains("did not sign it"),
        "{:?}",
        other.faults
    );
    // What leads from it to the export's checkpoint is compared, and so is each signature. That it was left out shows by the manifest.
    for (member, fault) in [("proof/continued", "proof/continued: "), ("witnessed", "witnessed: ")] {
        let path = folder.join(member);
        let text = fs::read_to_string(&path).unwrap();
        let altered = if member == "proof/continued" {
            format!("{text}{}\n", "0".repeat(64))
        } else {
            let at = text.trim_end().len() - 8;
            let other = if text[at..].starts_with('A') { "B" } else { "A" };
            format!("{}{other}{}", &text[..at], &text[at + 1..])
        };
        fs::write(&path, altered).unwrap();
        let altered = report(&[&witness.key]).faults;
        fs::remove_file(&path).unwrap();
        let left_out = report(&[]).faults;
        for faults in [altered, left_out] {
            assert!(
                faults.iter().any(|one| one.to_string().starts_with(fault)),
                "{faults:?}"
            );
        }
        fs::write(&path, text).unwrap();
    }
    assert!(report(&[&witness.key]).is_whole());
}

#[test]
fn a_witness_that_cannot_be_asked_or_is_another_is_told_and_nothing_stops() {
    let site = Site::new();
    assert_eq!(Serve::start(&site).terminate(), Some(0));
    let bare = fs::read_to_string(site.path("proviso.toml")).unwrap();
    let log = log_key(&site);
    let witness = Witness::start(&site, &[&log]);
    let config = witness.config();
    let (address, key) = (witness.address.clone(), witness.key.clone());
    // What is no request of a log, and a log that nobody named.
    let ask = |body: &str| -> String {
        let mut stream = TcpStream::connect(&address).unwrap();
        let length = body.len();
        let head = format!(
            "POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap().to_owned()
    };
    assert!(ask("").contains("400"));
    assert!(ask("old 0\n\nelsewhere\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n").contains("404"));
    // A key that is not the witness's.
    let other = format!("{}{}", &key[..key.len() - 4], "AAA=");
    site.write("proviso.toml", &format!("{bare}{}", config.replace(&key, &other)));
    let refused = Serve::try_start(&site).err().unwrap();
    assert!(refused.contains("`witness_key`"), "{refused}");
    for (lines, told) in [
        ("witness_url = \"http://w\"\n", "stands without `witness_key`"),
        (&*format!("witness_key = \"{key}\"\n"), "stands without `witness_url`"),
        (
            &format!("witness_url = \"ftp://w\"\nwitness_key = \"{key}\"\n"),
            "expected http://",
        ),
        (
            &format!("witness_url = \"http://u:secret@w\"\nwitness_key = \"{key}\"\n"),
            "holds a user or a password",
        ),
    ] {
        site.write("proviso.toml", &format!("{bare}\n[log]\n{lines}"));
        let refused = Serve::try_start(&site).err().unwrap();
        assert!(refused.contains(told), "{told} in {refused}");
    }
    witness.stop();
    // The key of another witness.
    fs::remove_dir_all(site.path("witness")).unwrap();
    let another = Witness::start(&site, &[&log]);
    site.write(
        "proviso.toml",
        &format!("{bare}{}", another.config().replace(&another.key, &key)),
    );
    let daemon = Serve::start(&site);
    post(&daemon, "a", 1);
    wait_until("the other key", || counted(&daemon, "witness_failures_total") > 0);
    assert!(daemon.log().contains("no signature of"), "{}", daemon.log());
    assert_eq!((daemon.terminate(), witnessed(&site)), (Some(0), 0));
    // Nobody answers.
    let config = another.config();
    another.stop();
    site.write("proviso.toml", &format!("{bare}{config}"));
    let daemon = Serve::start(&site);
    post(&daemon, "b", 1);
    wait_until("the silence", || counted(&daemon, "witness_failures_total") > 0);
    assert!(daemon.log().contains("the witness does not say what it has signed"));
    assert_eq!(daemon.terminate(), Some(0));
    // Wrong uses of the witness itself.
    let folder = site.text("elsewhere");
    for wrong in [
        &["audit", "witness", &folder][..],
        &["audit", "witness", "/dev/null", "--log", &log],
        &["audit", "witness", &folder, "--log", "no key"],
        &["audit", "witness", &folder, "--log", &key],
        &["audit", "witness", &folder, "--log", &log, "--log", &log],
        &["audit", "witness", &folder, "--log", &log, "--name", "a b"],
    ] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
