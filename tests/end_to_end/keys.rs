//! `proviso keys`: what wraps what, rotation with a daemon and without, and files that are wrong or gone.

use super::support::{Serve, Site, json_lines, message, run, stderr, stdout};
use serde_json::Value;
use std::fs;

fn keys(site: &Site, arguments: &[&str]) -> (Option<i32>, String, String) {
    let config = site.text("proviso.toml");
    let output = run(&[&["keys"], arguments, &["--config", &config, "--format", "json"]].concat());
    (output.status.code(), stdout(&output), stderr(&output))
}

fn status(site: &Site) -> Vec<(u64, String, u64)> {
    let (code, told, error) = keys(site, &["status"]);
    assert_eq!(code, Some(0), "{error}");
    let report: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(report["unreadable"], serde_json::json!([]));
    let keys = report["keys"].as_array().unwrap().iter();
    keys.map(|key| {
        (
            key["version"].as_u64().unwrap(),
            key["suite"].as_str().unwrap().to_owned(),
            key["records"].as_u64().unwrap(),
        )
    })
    .collect()
}

#[test]
fn keys_are_rotated_by_the_daemon_and_without_it_and_the_old_ones_destroyed() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    for number in 0..3 {
        let (code, answer) = daemon.post("/v1/messages", &message(&format!("m{number}"), "保本").to_string());
        assert_eq!(code, 200, "{answer}");
    }
    let aes = || "aes-256-gcm".to_owned();
    assert_eq!(status(&site), [(1, aes(), 4)]);

    let (code, told, error) = keys(&site, &["rotate", "--suite", "sm4-gcm"]);
    assert_eq!(code, Some(0), "{error}");
    let rotated: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&rotated["key"]["version"], &rotated["rewrapped"]),
        (&2.into(), &4.into())
    );
    let (code, answer) = daemon.post("/v1/messages", &message("m3", "保本").to_string());
    assert_eq!(code, 200, "{answer}");
    assert_eq!(status(&site), [(1, aes(), 0), (2, "sm4-gcm".to_owned(), 5)]);
    let (code, _, error) = keys(&site, &["destroy", "2"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("wraps 5 records"), "{error}");
    let (code, _, error) = keys(&site, &["destroy", "1"]);
    assert_eq!(code, Some(0), "{error}");
    let told: Vec<Value> = json_lines(&daemon.log_with("a key was destroyed"));
    for what in ["keys rotated", "a key was destroyed"] {
        let entry = told.iter().find(|entry| entry["message"] == what).unwrap();
        assert!(entry["who"].as_str().unwrap().starts_with("command-line:"), "{entry}");
    }
    assert_eq!(daemon.terminate(), Some(0));

    let (code, told, error) = keys(&site, &["rotate"]);
    assert_eq!(code, Some(0), "{error}");
    let rotated: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&rotated["key"]["suite"], &rotated["rewrapped"]),
        (&"sm4-gcm".into(), &5.into())
    );
    assert_eq!(status(&site)[2], (3, "sm4-gcm".to_owned(), 5));
    let config = site.text("proviso.toml");
    let show = run(&["archive", "show", "m3", "--config", &config]);
    assert!(stdout(&show).contains("保本"), "{}", stderr(&show));

    // The file of keys is put aside: nothing is read, and no other file is made.
    let file = site.path("data/archive.db.keys");
    let aside = site.path("data/aside");
    fs::rename(&file, &aside).unwrap();
    let show = run(&["archive", "show", "m3", "--config", &config]);
    assert_eq!(show.status.code(), Some(3), "{}", stderr(&show));
    assert!(stderr(&show).contains("archive.db.keys"), "{}", stderr(&show));
    assert!(!file.exists());
    // Another file in its place opens nothing either.
    let made = run(&["keys", "make", file.to_str().unwrap()]);
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    let made = run(&["keys", "make", file.to_str().unwrap()]);
    assert_eq!(made.status.code(), Some(2), "a file that is there stays");
    let show = run(&["archive", "show", "m3", "--config", &config]);
    assert_eq!(show.status.code(), Some(3), "{}", stdout(&show));
    fs::rename(&aside, &file).unwrap();
    let show = run(&["archive", "show", "m3", "--config", &config]);
    assert_eq!(show.status.code(), Some(0), "{}", stderr(&show));
}

#[test]
fn a_configuration_of_keys_that_is_wrong_says_what() {
    let site = Site::new();
    let whole = fs::read_to_string(site.path("proviso.toml")).unwrap();
    let rows = [
        ("[[keys]]\n", "by one of `file`, `variable` and `module`"),
        (
            "[[keys]]\nfile = \"a\"\nvariable = \"B\"\n",
            "by one of `file`, `variable` and `module`",
        ),
        (
            "[[keys]]\nfile = \"a\"\n[[keys]]\nfile = \"b\"\n",
            "a second `[[keys]]` without `tenant`",
        ),
        (
            "[[keys]]\ntenant = \"bank\"\nfile = \"a\"\n[[keys]]\ntenant = \"bank\"\nfile = \"b\"\n",
            "a second `[[keys]]` of tenant \"bank\"",
        ),
        (
            "[[keys]]\nmodule = \"m.so\"\ntoken = \"t\"\nkey = \"k\"\npin = \"1234\"\n",
            "PIN is in one of `pin_file` and `pin_variable`, never in this file",
        ),
    ];
    for (keys, expected) in rows {
        site.write("proviso.toml", &format!("{whole}\n{keys}"));
        let output = run(&["serve", "--config", &site.text("proviso.toml")]);
        assert_eq!(output.status.code(), Some(1), "{keys}");
        assert!(stderr(&output).contains(expected), "{keys}: {}", stderr(&output));
        assert!(!stderr(&output).contains("1234"), "{}", stderr(&output));
    }
    // A variable that is not set.
    site.write(
        "proviso.toml",
        &format!("{whole}\n[[keys]]\nvariable = \"PROVISO_NO_SUCH_KEYS\"\n"),
    );
    let output = run(&["serve", "--config", &site.text("proviso.toml")]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("PROVISO_NO_SUCH_KEYS"), "{}", stderr(&output));
}
