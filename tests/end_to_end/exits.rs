//! What people read: text of others comes out of no exit raw, and what is not as it should be is told at every one.

use super::support::{
    FOLD_GUEST, RULES_GUEST, SET, Serve, Site, component, json_lines, message, proviso, run, stderr, stdout, wait_until,
};
use super::trust::{Signed, tool, well};
use serde_json::Value;
use std::fs;
use std::process::Output;

/// Clears a screen, turns the direction of reading, goes back to the beginning of the line, and ends a span of code.
const NASTY: &str = "\u{1b}[2J\u{202e}\r`|<b>";
/// The same as TOML's basic strings write it.
const NASTY_TOML: &str = "\\u001b[2J\\u202e\\r`|<b>";
/// The same without control characters, which names and descriptions may not have.
const NASTY_LINE: &str = "\\u202e`|<b>";
/// What an identifier may hold of it.
const NASTY_ID: &str = "\u{202e}`|<b>";

/// True if a reader would not see it, or a terminal would obey it.
fn is_raw(c: char) -> bool {
    (c.is_control() && c != '\n') || c == '\u{202e}'
}

fn assert_seen(what: &str, text: &str) {
    let raw: Vec<char> = text.chars().filter(|c| is_raw(*c)).collect();
    assert!(raw.is_empty(), "{what} lets {raw:?} out:\n{text:?}");
}

/// Everything that the command prints, of which nothing is raw.
fn printed(what: &str, output: &Output) -> String {
    let (out, errors) = (stdout(output), stderr(output));
    assert_seen(what, &out);
    assert_seen(what, &errors);
    out + &errors
}

/// A site where everybody whose text is printed means harm: who wrote the pack, the set, the messages.
fn nasty_site() -> Site {
    let site = Site::new();
    let pack = fs::read_to_string(site.path("promises/pack.toml")).unwrap();
    let pack = pack
        .replace("Finds promises", &format!("Finds {NASTY_LINE}"))
        .replace("licence = \"Apache-2.0\"", &format!("licence = \"MIT {NASTY_LINE}\""))
        .replace("promises {text}", &format!("promises {{text}} {NASTY_LINE}"));
    site.write("promises/pack.toml", &pack);
    let lexicon = fs::read_to_string(site.path("promises/lexicons/promissory.txt")).unwrap();
    site.write("promises/lexicons/promissory.txt", &lexicon);
    let case = format!(
        "\n[[case]]\nname = \"fails {NASTY_LINE}\"\ntext = \"今天 {NASTY_TOML}\"\nexpect = [{{ rule = \"promise\" }}]\n"
    );
    let cases = fs::read_to_string(site.path("promises/cases/promises.toml")).unwrap();
    site.write("failing/cases.toml", &(cases.clone() + &case));
    site.write(
        "messages.jsonl",
        &[
            message(&format!("m1{NASTY_ID}"), &format!("{NASTY}保本{NASTY}")).to_string(),
            message("m2", &format!("invoice %%BRITTLE%%{NASTY}")).to_string(),
            format!(
                "{{\"id\": \"m3\", \"sent_at\": {}}}",
                serde_json::json!(NASTY.repeat(20))
            ),
        ]
        .join("\n"),
    );
    site
}

#[test]
fn no_command_prints_text_of_others_raw() {
    let site = nasty_site();
    let (set, messages, pack) = (
        site.text("set.toml"),
        site.text("messages.jsonl"),
        site.text("promises"),
    );
    let config = site.text("proviso.toml");
    for form in ["table", "json"] {
        let output = run(&["eval", "--set", &set, "--format", form, &messages]);
        let text = printed("eval", &output);
        assert!(text.contains("promises 保本"), "{text}");
        printed("inspect", &run(&["pack", "inspect", "--format", form, &pack]));
        printed("check", &run(&["policy", "check", "--format", form, &set]));
        printed("lint", &run(&["pack", "lint", "--format", form, &pack]));
        printed("test", &run(&["pack", "test", "--format", form, "--coverage", &pack]));
    }
    let page = printed("docs", &run(&["pack", "docs", &pack]));
    assert!(page.contains("Finds \\u{202e}\\`"), "{page}");
    assert!(!page.contains("<b>"), "{page}");

    let daemon = Serve::start(&site);
    fs::copy(&messages, site.path("spool/messages.jsonl")).unwrap();
    wait_until("the messages are kept", || site.messages() == 2);
    wait_until("the line is told", || daemon.log().contains("a line is no message"));
    let broken = format!("[[apply]]\npack = \"promises\"\n\"{NASTY_TOML}\" = 1\n");
    site.write("set.toml", &broken);
    for form in ["table", "json"] {
        printed(
            "reload",
            &run(&["policy", "reload", "--config", &config, "--format", form]),
        );
        let text = printed(
            "status",
            &run(&["policy", "status", "--config", &config, "--format", form]),
        );
        assert!(text.contains("refused"), "{text}");
        printed(
            "history",
            &run(&["policy", "history", "--config", &config, "--format", form]),
        );
        let shown = run(&[
            "archive",
            "show",
            "--config",
            &config,
            "--format",
            form,
            &format!("m1{NASTY_ID}"),
        ]);
        assert!(printed("show", &shown).contains("promises 保本"));
        printed(
            "stats",
            &run(&["archive", "stats", "--config", &config, "--format", form]),
        );
        printed(
            "replay",
            &run(&["replay", "--config", &config, "--format", form, "--sample", "9"]),
        );
        printed("doctor", &run(&["doctor", "--config", &config, "--format", form]));
        let unknown = format!("nothing{NASTY_ID}");
        printed("unknown", &run(&["archive", "show", "--config", &config, &unknown]));
    }
    let log = daemon.log();
    assert_seen("the log", &log);
    let told = log.lines().find(|line| line.contains("a line is no message")).unwrap();
    assert!(
        told.len() < 600 && !told.contains(&"b>".repeat(3)),
        "the value is cut: {told}"
    );
    assert_eq!(daemon.terminate(), Some(0));
}

#[test]
fn a_failing_case_is_told_without_its_commands() {
    let site = nasty_site();
    fs::copy(
        site.path("failing/cases.toml"),
        site.path("promises/cases/promises.toml"),
    )
    .unwrap();
    for form in ["table", "json"] {
        let report = site.text("report.xml");
        let output = run(&[
            "pack",
            "test",
            "--format",
            form,
            "--junit",
            &report,
            &site.text("promises"),
        ]);
        assert_eq!(output.status.code(), Some(1));
        assert!(printed("test", &output).contains("fails "));
        assert_seen("the report", &fs::read_to_string(report).unwrap());
    }
}

#[test]
fn a_report_lets_no_markup_of_others_out() {
    let site = nasty_site();
    let candidate = format!(
        "# another set\n{}",
        SET.replace("extra_terms = { promissory = [\"wonder\"] }", "")
    );
    site.write(
        "set.toml",
        &SET.replace("wonder", "保本").replace("promises\"", "other\""),
    );
    let pack = fs::read_to_string(site.path("promises/pack.toml")).unwrap();
    super::support::copy_folder(&site.path("promises"), &site.path("other"));
    site.write(
        "other/pack.toml",
        &pack.replace("severity = \"high\"", "severity = \"low\""),
    );
    site.write("a`b.toml", &candidate);
    let (markdown, page) = (site.text("diff.md"), site.text("diff.html"));
    let output = run(&[
        "backtest",
        "--set",
        &site.text("set.toml"),
        "--candidate",
        &site.text("a`b.toml"),
        "--report",
        &markdown,
        "--report",
        &page,
        &site.text("messages.jsonl"),
    ]);
    printed("backtest", &output);
    let (markdown, page) = (fs::read_to_string(markdown).unwrap(), fs::read_to_string(page).unwrap());
    assert_seen("the Markdown report", &markdown);
    assert_seen("the HTML report", &page);
    assert!(markdown.contains("a\\`b.toml"), "{markdown}");
    // The identifier has a backtick: its span of code has two on each side.
    assert!(markdown.contains("`` bank/chat/m1\\u{202e}`\\|<b> ``"), "{markdown}");
    assert!(!page.contains("<b>保") && !page.contains("`|<b>"), "{page}");
}

/// A site whose fold cannot be given all hits of a long message, and the message.
fn flood() -> (Site, String) {
    let site = Site::new();
    let lines = [
        message("flood", &"保本。".repeat(5_000)).to_string(),
        message("small", "保本").to_string(),
    ];
    site.write("messages.jsonl", &(lines.join("\n") + "\n"));
    let set = site.text("set.toml");
    (site, set)
}

#[test]
fn what_was_judged_in_part_is_told_wherever_a_person_looks() {
    let (site, set) = flood();
    let messages = site.text("messages.jsonl");
    let lines = json_lines(&stdout(&run(&["eval", "--set", &set, "--format", "json", &messages])));
    let told: Vec<[&Value; 3]> = lines
        .iter()
        .map(|line| [&line["partial"], &line["in_pieces"], &line["held"]])
        .collect();
    let (yes, no) = (&Value::Bool(true), &Value::Null);
    assert_eq!(told, [[yes, yes, yes], [no, no, &Value::Bool(false)]]);
    let table = stdout(&run(&["eval", "--set", &set, &messages]));
    assert!(
        table.contains("; judged in part") && table.contains(", 1 judged in part"),
        "{table}"
    );

    let daemon = Serve::start(&site);
    fs::copy(&messages, site.path("spool/messages.jsonl")).unwrap();
    wait_until("the messages are kept", || site.messages() == 2);
    let config = site.text("proviso.toml");
    assert_eq!(daemon.status()["messages"]["partial"], 1);
    let (_, metrics) = daemon.get("/metrics");
    assert!(metrics.contains("\nproviso_messages_partial_total 1\n"), "{metrics}");
    wait_until("the log tells it", || {
        daemon.log().contains("messages were judged in part")
    });
    assert!(!daemon.log().contains("保本"));
    let status = stdout(&run(&["policy", "status", "--config", &config]));
    assert!(status.contains("1 judged in part"), "{status}");
    assert_eq!(site.stats()["partial"], 1);
    let stats = stdout(&run(&["archive", "stats", "--config", &config]));
    assert!(stats.contains("judged in part: 1"), "{stats}");
    let shown = stdout(&run(&["archive", "show", "--config", &config, "flood"]));
    assert!(shown.contains("in part: ") && shown.contains("partial"), "{shown}");
    let shown = stdout(&run(&["archive", "show", "--config", &config, "small"]));
    assert!(!shown.contains("in part"), "{shown}");
    assert_eq!(daemon.terminate(), Some(0));
}

/// The site with a fold that scores each message of the list.
fn scored_site() -> Site {
    let site = Site::new();
    site.write(
        "counter/pack.toml",
        "name = \"test/counter\"\nversion = \"1.0.0\"\nlicence = \"Apache-2.0\"\nhost = \"*\"\n\
         description = { en = \"A fold that counts\" }\n\n[[policy]]\nname = \"counter\"\nplugin = \"counter\"\n\
         interfaces = [\"fold\"]\nkey = \"sender\"\ntrigger = \"always\"\nfields = [\"text\", \"parties\"]\n",
    );
    site.write("counter/plugins/.keep", "");
    fs::write(
        site.path("counter/plugins/counter.wasm"),
        component(FOLD_GUEST, "fold-plugin"),
    )
    .unwrap();
    site.write(
        "set.toml",
        &format!("{SET}\n[[apply]]\npack = \"counter\"\nassessment = \"PIA-1\"\n"),
    );
    site
}

/// Changes rows behind the archive's back.
fn edit(site: &Site, sql: &str) {
    let program =
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); assert c.execute(sys.argv[2]).rowcount > 0; c.commit()";
    well(&tool("python3", &["-c", program, &site.text("data/archive.db"), sql]));
}

#[test]
fn an_edited_row_is_told_by_replay_show_and_stats() {
    for (sql, is_score) in [
        ("UPDATE scores SET value = 1.5", true),
        ("UPDATE findings SET rule = 'nothing'", false),
    ] {
        let site = scored_site();
        let daemon = Serve::start(&site);
        let (status, _) = daemon.post("/v1/messages", &message("m1", "保本 invoice").to_string());
        assert_eq!(status, 200);
        assert_eq!(daemon.terminate(), Some(0));
        let config = site.text("proviso.toml");
        let replay = || run(&["replay", "--config", &config, "m1"]);
        assert!(well(&replay()).contains("1 identical"));
        edit(&site, sql);
        let output = replay();
        assert_eq!(output.status.code(), Some(1), "{sql}");
        assert!(
            stdout(&output).contains("0 identical, 1 different"),
            "{sql}: {}",
            stdout(&output)
        );
        let shown = stdout(&run(&["archive", "show", "--config", &config, "m1"]));
        assert!(shown.contains("DIFFERS"), "{sql}: {shown}");
        let stats = stdout(&run(&["archive", "stats", "--config", &config]));
        assert_eq!(stats.contains("differs from the verdict"), is_score, "{sql}: {stats}");
    }
}

#[test]
fn a_revoked_pack_that_still_judges_is_called_revoked() {
    let kit = Signed::new();
    let daemon = Serve::start(&kit.site);
    let config = kit.text("proviso.toml");
    let status = || stdout(&run(&["policy", "status", "--config", &config]));
    assert!(status().contains("signed by audit, release"), "{}", status());
    let pack = &daemon.status()["trust"]["packs"][0];
    let digest = pack["digest"].as_str().unwrap();
    kit.trust(&format!(
        "[[revoked]]\ndigest = \"{digest}\"\nreason = \"the key was stolen {NASTY_LINE}\"\n"
    ));
    wait_until("the status says so", || status().contains("revoked ("));
    let told = printed("status", &run(&["policy", "status", "--config", &config]));
    assert!(told.contains("the key was stolen \\u{202e}`"), "{told}");
    assert!(
        told.contains("is revoked and still judges") && !told.contains("signed by"),
        "{told}"
    );
    assert_eq!(daemon.terminate(), Some(0));
}

#[test]
fn a_case_that_is_not_there_is_a_wrong_use() {
    let site = Site::new();
    let output = run(&["pack", "test", "--only", "nosuchcase", &site.text("promises")]);
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    let told = stderr(&output);
    assert!(told.contains("of 2 cases: \"a promise\", \"no promise\""), "{told}");
}

#[test]
fn a_plugin_that_does_not_compile_is_the_users_to_mend() {
    let site = Site::new();
    site.write(
        "promises/Cargo.toml",
        "[package]\nname = \"promised\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n",
    );
    site.write("promises/src/lib.rs", "compile_error!(\"not yet\");\n");
    let pack = fs::read_to_string(site.path("promises/pack.toml")).unwrap();
    site.write(
        "promises/pack.toml",
        &format!("{pack}\n[[policy]]\nname = \"own\"\nplugin = \"promised\"\ninterfaces = [\"rules\"]\n"),
    );
    let output = run(&[
        "pack",
        "build",
        &site.text("promises"),
        "--output",
        &site.text("out.pack"),
    ]);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("cargo failed"), "{told}");
}

/// The site with a plugin that logs each message that begins with `w`.
fn talking_site() -> Site {
    let site = Site::new();
    site.write(
        "talker/pack.toml",
        "name = \"test/talker\"\nversion = \"1.0.0\"\nlicence = \"Apache-2.0\"\nhost = \"*\"\n\
         description = { en = \"A plugin that talks\" }\n\n[[policy]]\nname = \"talks\"\nplugin = \"talker\"\n\
         interfaces = [\"rules\"]\ntrigger = \"always\"\nfields = [\"text\"]\n",
    );
    site.write(
        "talker/cases/all.toml",
        "[[case]]\nname = \"holds\"\ntext = \"w: first\"\nexpect = [{ rule = \"seen\" }]\n\n\
         [[case]]\nname = \"fails\"\ntext = \"w: second \\u001b\"\nexpect = []\n",
    );
    site.write("talker/plugins/.keep", "");
    fs::write(
        site.path("talker/plugins/talker.wasm"),
        component(RULES_GUEST, "rules-plugin"),
    )
    .unwrap();
    site
}

#[test]
fn pack_test_prints_what_plugins_log_over_cases_that_fail() {
    let site = talking_site();
    let test = |more: &[&str]| {
        let mut arguments = vec!["pack", "test"];
        arguments.extend(more);
        let pack = site.text("talker");
        arguments.push(&pack);
        printed("test", &run(&arguments))
    };
    let told = test(&[]);
    assert!(
        told.contains("log of case \"fails\" of test/talker:\n  info: w: second \\u{1b}\n"),
        "{told}"
    );
    assert!(!told.contains("w: first"), "{told}");
    let told = test(&["--logs"]);
    assert!(told.contains("w: first") && told.contains("w: second"), "{told}");
    let lines = json_lines(&test(&["--format", "json"]));
    let log = |case: &str| &lines.iter().find(|line| line["case"] == case).unwrap()["log"];
    assert_eq!(
        (log("holds"), &log("fails")[0]["level"]),
        (&Value::Null, &"info".into())
    );
}

#[test]
fn the_daemon_logs_what_plugins_say_to_who_asks_for_it_within_bounds() {
    let site = talking_site();
    fs::remove_file(site.path("talker/cases/all.toml")).unwrap();
    site.write("set.toml", "[[apply]]\npack = \"talker\"\n");
    let lines: Vec<String> = (0..400)
        .map(|n| message(&format!("m{n}"), &format!("w: {n}")).to_string())
        .collect();
    let says = |environment: &[(&str, &str)]| {
        let daemon = Serve::start_with(&site, environment);
        let (status, answer) = daemon.post("/v1/messages", &lines.join("\n"));
        assert_eq!(status, 200, "{answer}");
        let log = daemon.log();
        assert_eq!(daemon.terminate(), Some(0));
        fs::remove_dir_all(site.path("data")).unwrap();
        log
    };
    for environment in [vec![], vec![("PROVISO_LOG", "debug")]] {
        assert!(!says(&environment).contains("a plugin says"));
    }
    let log = says(&[("PROVISO_LOG", "info,plugin=debug")]);
    let told: Vec<Value> = json_lines(&log)
        .into_iter()
        .filter(|line| line["message"] == "a plugin says")
        .collect();
    assert!(!told.is_empty() && told.len() <= 100, "{}", told.len());
    assert_eq!(
        (&told[0]["pack"], &told[0]["policy"], &told[0]["line"]),
        (&"test/talker".into(), &"talks".into(), &"w: 0".into())
    );
}

#[test]
fn a_lost_log_is_accepted_by_a_word_of_the_command_line() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    assert_eq!(daemon.post("/v1/messages", &message("m1", "保本").to_string()).0, 200);
    daemon.kill();
    fs::remove_file(site.path("data/archive.db-wal")).unwrap();
    let refused = Serve::try_start(&site).map(|_| ()).unwrap_err();
    assert!(refused.contains("proviso serve --accept-lost-writes"), "{refused}");
    let daemon = Serve::start_asking(&site, &["--accept-lost-writes"]);
    assert!(daemon.log().contains("lost writes are accepted"), "{}", daemon.log());
    assert_eq!(daemon.post("/v1/messages", &message("m2", "保本").to_string()).0, 200);
    assert_eq!(daemon.terminate(), Some(0));
    // Once is enough.
    Serve::start(&site).kill();
}

#[test]
fn a_spool_that_cannot_be_listed_ends_the_daemon() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    site.write("spool/one.jsonl", &(message("m1", "保本").to_string() + "\n"));
    wait_until("the spool is followed", || site.messages() == 1);
    fs::remove_dir_all(site.path("spool")).unwrap();
    site.write("spool", "not a folder");
    let (code, log) = daemon.end();
    assert_eq!(code, Some(3), "{log}");
    assert!(
        log.contains("cannot be followed") && log.contains("cannot list the spool folder"),
        "{log}"
    );
}

#[test]
fn an_archive_where_nothing_may_be_written_is_read() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    assert_eq!(daemon.post("/v1/messages", &message("m1", "保本").to_string()).0, 200);
    assert_eq!(daemon.terminate(), Some(0));
    let (config, folder) = (site.text("proviso.toml"), site.text("."));
    let read = |arguments: &str| {
        let program = proviso(&[]).get_program().to_str().unwrap().to_owned();
        let script = format!(
            "mount --bind '{folder}' '{folder}' && mount -o remount,bind,ro '{folder}' && cd '{folder}' && ! touch x 2>/dev/null \
             && exec '{program}' {arguments} --config '{config}'"
        );
        tool("unshare", &["--map-root-user", "--mount", "sh", "-c", &script])
    };
    assert!(well(&read("archive stats")).starts_with("1 messages\n"));
    assert!(well(&read("archive show m1")).contains("保本"));
    assert!(well(&read("replay m1")).contains("1 identical"));
}
