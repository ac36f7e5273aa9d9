//! The log of the archive, as its commands see it.

use super::support::{Serve, Site, copy_folder, message, run, stderr, stdout};
use serde_json::Value;
use std::fs;

fn post(daemon: &Serve, id: &str) {
    let (status, answer) = daemon.post("/v1/messages", &message(id, "保本").to_string());
    assert_eq!(status, 200, "{answer}");
}

/// The exit code of a command, and the first object that it printed.
fn said(arguments: &[&str]) -> (Option<i32>, Value) {
    let output = run(&[arguments, &["--format", "json"]].concat());
    let text = stdout(&output);
    let first = text.lines().next().unwrap_or_default();
    let value = serde_json::from_str(first).unwrap_or_else(|error| panic!("{error}: {text}{}", stderr(&output)));
    (output.status.code(), value)
}

#[test]
fn what_was_committed_and_read_is_in_the_log_and_what_was_altered_is_told() {
    let site = Site::new();
    let config = site.text("proviso.toml");
    let daemon = Serve::start(&site);
    for id in ["m1", "m2", "m3"] {
        post(&daemon, id);
    }
    let shown = run(&["archive", "show", "m2", "--config", &config]);
    assert_eq!(shown.status.code(), Some(0), "{}", stderr(&shown));
    // Beside the daemon that writes.
    let (code, audit) = said(&["audit", "verify", "--config", &config]);
    assert_eq!(
        (code, &audit["whole"], &audit["messages"]),
        (Some(0), &true.into(), &3.into())
    );
    assert_eq!(daemon.terminate(), Some(0));

    let output = run(&["audit", "show", "--config", &config, "--format", "json"]);
    let text = stdout(&output);
    let mut leaves = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let entries: Vec<Value> = leaves
        .by_ref()
        .flat_map(|leaf| leaf["entries"].as_array().unwrap().clone())
        .filter(|entry| entry["kind"] == "reading")
        .collect();
    assert_eq!(entries.len(), 1, "{text}");
    assert_eq!(
        (&entries[0]["fields"]["message"], &entries[0]["fields"]["what"]),
        (&2.into(), &"message".into())
    );
    assert_ne!(entries[0]["fields"]["by"], Value::Null);

    let (export, key) = (site.text("export"), audit["key"].as_str().unwrap());
    assert_eq!(said(&["audit", "export", &export, "--config", &config]).0, Some(0));
    let again = run(&["audit", "export", &export, "--config", &config]);
    assert_eq!(
        again.status.code(),
        Some(2),
        "a folder with something in it is not written to"
    );
    let (code, report) = said(&["audit", "verify", "--export", &export, "--key", key]);
    assert_eq!((code, &report["kinds"]["judged"]), (Some(0), &3.into()));
    let entries = fs::read_dir(site.path("export/entries"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let file = fs::read_dir(entries.path()).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    bytes[40] ^= 1;
    fs::write(&file, bytes).unwrap();
    let (code, report) = said(&["audit", "verify", "--export", &export, "--key", key]);
    assert_eq!((code, &report["whole"]), (Some(1), &false.into()), "{report}");

    let checkpoint = site.path("data/archive.db.checkpoint");
    let signed = fs::read_to_string(&checkpoint).unwrap();
    fs::write(&checkpoint, signed.replacen('\n', "x\n", 1)).unwrap();
    assert_eq!(said(&["audit", "verify", "--config", &config]).0, Some(1));
    let without = run(&["audit", "verify", "--config", &config]);
    assert!(stdout(&without).contains("altered: "), "{}", stdout(&without));
    fs::write(&checkpoint, signed).unwrap();
    assert_eq!(said(&["audit", "verify", "--config", &config]).0, Some(0));
}

#[test]
fn an_older_copy_with_its_checkpoint_is_seen_by_the_witness_and_accepted_by_a_word() {
    let site = Site::new();
    let config = fs::read_to_string(site.path("proviso.toml")).unwrap();
    site.write("proviso.toml", &format!("{config}\n[log]\nwitness = \"witness\"\n"));
    let daemon = Serve::start(&site);
    post(&daemon, "m1");
    assert_eq!(daemon.terminate(), Some(0));
    copy_folder(&site.path("data"), &site.path("old"));
    let daemon = Serve::start(&site);
    post(&daemon, "m2");
    assert_eq!(daemon.terminate(), Some(0));
    fs::remove_dir_all(site.path("data")).unwrap();
    copy_folder(&site.path("old"), &site.path("data"));

    let Err(refused) = Serve::try_start(&site) else {
        panic!("an older copy was opened");
    };
    assert!(
        refused.contains("an older copy was put in the archive's place"),
        "{refused}"
    );
    let daemon = Serve::start_asking(&site, &["--accept-lost-writes"]);
    post(&daemon, "m3");
    assert_eq!(daemon.terminate(), Some(0));
    let (code, audit) = said(&["audit", "verify", "--config", &site.text("proviso.toml")]);
    assert_eq!((code, &audit["messages"]), (Some(0), &2.into()), "{audit}");
    let daemon = Serve::start(&site);
    assert_eq!(daemon.terminate(), Some(0));
}
