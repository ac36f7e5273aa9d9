//! A policy that fails on every message: it is quarantined, the others go on, and what it held is judged again.

use super::support::{
    FOLD_GUEST, RULES_GUEST, SET, Serve, Site, component, json_lines, message, run, stderr, stdout, wait_until,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Batches of 2,000 messages that are given to two daemons.
const ROUNDS: usize = 12;

/// A pack whose one policy runs on every message that has a word of the list.
fn pack(name: &str, policy: &str) -> String {
    format!(
        "name = \"test/{name}\"\nversion = \"1.0.0\"\nlicence = \"Apache-2.0\"\nhost = \"*\"\n\
         description = {{ en = \"A plugin that fails\" }}\n\n[lexicon.words]\nfile = \"lexicons/words.txt\"\n\n\
         [[policy]]\nname = \"{name}\"\nplugin = \"{name}\"\nlists = [\"words\"]\n{policy}\n"
    )
}

/// The site with a policy `slow`: a text that begins with L runs to the end of its budget, one with T traps.
pub(crate) fn slow_site(fuel_per_kib: u64) -> Site {
    let site = Site::new();
    let policy =
        format!("interfaces = [\"rules\"]\nfields = [\"text\"]\nbudget = {{ fuel_per_kib = {fuel_per_kib} }}\n");
    site.write("slow/pack.toml", &pack("slow", &policy));
    site.write("slow/lexicons/words.txt", "拖延\n");
    write_plugin(&site, "slow", &component(RULES_GUEST, "rules-plugin"));
    site.write("set.toml", &format!("{SET}\n[[apply]]\npack = \"slow\"\n"));
    site
}

fn write_plugin(site: &Site, pack: &str, bytes: &[u8]) {
    site.write(&format!("{pack}/plugins/.keep"), "");
    std::fs::write(site.path(&format!("{pack}/plugins/{pack}.wasm")), bytes).unwrap();
}

/// The plugin without what makes it fail: no act has such a byte.
fn mended(guest: &str) -> String {
    let mended = guest
        .replace("(i32.const 76)) ;; L loops", "(i32.const 1))")
        .replace("(i32.const 84)", "(i32.const 1)");
    assert_ne!(mended, guest);
    mended
}

fn post(daemon: &Serve, ids: std::ops::Range<usize>, text: &str) -> Duration {
    let lines: Vec<String> = ids
        .clone()
        .map(|n| message(&format!("m{n}"), text).to_string())
        .collect();
    let started = Instant::now();
    let (status, answer) = daemon.post("/v1/messages", &lines.join("\n"));
    assert_eq!((status, &answer["accepted"]), (200, &ids.len().into()), "{answer}");
    started.elapsed()
}

/// Faults of a policy by cause, as `archive stats` counts them.
fn faults(site: &Site, policy: &str, cause: &str) -> u64 {
    let stats = site.stats();
    let rows = stats["faults"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["policy"] == policy && row["cause"] == cause);
    rows.map(|row| row["faults"].as_u64().unwrap()).sum()
}

fn command(site: &Site, arguments: &[&str]) -> (Option<i32>, String, String) {
    let config = site.text("proviso.toml");
    let mut all = arguments.to_vec();
    all.extend(["--config", &config]);
    let output = run(&all);
    (output.status.code(), stdout(&output), stderr(&output))
}

fn assert_replays(site: &Site) {
    let (code, out, error) = command(site, &["replay", "--sample", "500"]);
    assert_eq!(code, Some(0), "{out}{error}");
}

#[test]
fn a_policy_at_its_budget_is_quarantined_and_what_it_held_is_judged_again() {
    let site = slow_site(40_000_000);
    let daemon = Serve::start(&site);
    let text = "Lagging 拖延，这款产品保本";
    let first = post(&daemon, 0..100, text);
    let status = daemon.status();
    let quarantined = &status["quarantined"][0];
    assert_eq!(
        (&quarantined["policy"], &quarantined["faults"], &quarantined["messages"]),
        (&json!("test/slow:slow"), &json!(16), &json!(16)),
        "{status}"
    );
    assert_eq!(
        status["messages"]["held"], 100,
        "a message that is not judged is never allowed"
    );
    assert_eq!(
        (faults(&site, "slow", "fuel"), faults(&site, "slow", "quarantined")),
        (16, 84)
    );
    let found = site.stats();
    let promises = found["findings"].as_array().unwrap().iter();
    let promises = promises.filter(|row| row["rule"] == "promise");
    assert_eq!(promises.map(|row| row["messages"].as_u64().unwrap()).sum::<u64>(), 100);

    // The operator is told, in three places.
    assert!(daemon.log().contains("policy quarantined") && daemon.log().contains("test/slow:slow"));
    let (_, metrics) = daemon.get("/metrics");
    for line in [
        "proviso_quarantined_policies 1",
        "proviso_quarantines_total 1",
        "proviso_policy_quarantined{pack=\"test/slow\",policy=\"slow\"} 1",
        "proviso_faults_total{pack=\"test/slow\",policy=\"slow\",cause=\"quarantined\"} 84",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let (code, out, _) = command(&site, &["policy", "status"]);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("test/slow:slow, which failed on 16 of the last 16"),
        "{out}"
    );

    // A halved batch of 16 is 31 calls. At the same price 500 messages would take 30 times as long, and take less than the 100.
    let later = post(&daemon, 100..600, text);
    println!("100 messages until it was quarantined: {first:?}; 500 after: {later:?}");
    assert!(later < first, "{later:?} after, {first:?} before");

    // It outlives a restart, is tried again by command, and fails again.
    assert_eq!(daemon.terminate(), Some(0));
    let daemon = Serve::start(&site);
    assert_eq!(daemon.status()["quarantined"][0]["policy"], "test/slow:slow");
    post(&daemon, 600..610, text);
    assert_eq!(faults(&site, "slow", "fuel"), 16);
    let (code, _, error) = command(&site, &["policy", "retry", "promises"]);
    assert!(
        code == Some(2) && error.contains("these are: test/slow:slow"),
        "{error}"
    );
    let (code, out, _) = command(&site, &["policy", "retry", "slow"]);
    assert!(code == Some(0) && out.contains("test/slow:slow"), "{out}");
    assert_eq!(daemon.status()["quarantined"], json!([]));
    let (code, _, error) = command(&site, &["policy", "retry"]);
    assert!(code == Some(2) && error.contains("no policy is quarantined"), "{error}");
    post(&daemon, 610..640, text);
    assert_eq!(faults(&site, "slow", "fuel"), 32, "tried on 16 more");
    assert_eq!(daemon.status()["quarantined"][0]["policy"], "test/slow:slow");
    assert_replays(&site);

    // Under the same generation nothing gets better; under a mended one everything does.
    let (code, out, _) = command(&site, &["archive", "rejudge", "m0", "m7"]);
    assert!(code == Some(1) && out.contains("2 still held"), "{out}");
    let running = daemon.generation();
    write_plugin(&site, "slow", &component(&mended(RULES_GUEST), "rules-plugin"));
    wait_until("the mended plugin", || daemon.generation() != running);
    post(&daemon, 640..641, text);
    assert_eq!(daemon.status()["quarantined"], json!([]));
    assert_eq!(site.stats()["held_open"], 640, "the new one is judged and not held");
    let (code, out, error) = command(
        &site,
        &[
            "archive",
            "rejudge",
            "--held",
            "--policy",
            "slow",
            "--note",
            "plugin mended",
        ],
    );
    assert_eq!(code, Some(0), "{out}{error}");
    assert!(out.contains("640 judged again, 640 released, 0 still held"), "{out}");
    assert_eq!(site.stats()["held_open"], 0);
    let (_, shown, _) = command(&site, &["archive", "show", "m0", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let rules = shown["verdict"]["findings"].as_array().unwrap().iter();
    assert!(
        rules
            .map(|finding| finding["rule"].as_str().unwrap())
            .eq(["promise", "hit"]),
        "{shown}"
    );
    let earlier: Vec<_> = shown["earlier"].as_array().unwrap().iter().collect();
    let causes = earlier
        .iter()
        .map(|one| one["verdict"]["faults"][0]["cause"].as_str().unwrap());
    assert!(causes.eq(["fuel", "quarantined"]), "every verdict is kept: {shown}");
    assert_eq!(earlier[1]["note"], "plugin mended");
    let by = earlier[1]["rejudged_by"].as_str().unwrap();
    assert!(by.starts_with("command-line:"), "{by}");
    let (code, _, error) = command(&site, &["archive", "rejudge", "m0"]);
    assert!(code == Some(2) && error.contains("not held"), "{error}");
    assert_replays(&site);
    assert_eq!(daemon.terminate(), Some(0));
}

#[test]
fn a_fold_that_was_quarantined_keeps_its_state_and_is_judged_again_from_it() {
    let site = Site::new();
    let policy = "interfaces = [\"fold\"]\nkey = \"sender\"\nfields = [\"text\", \"parties\"]\n";
    site.write("counter/pack.toml", &pack("counter", policy));
    site.write("counter/lexicons/words.txt", "次\n");
    write_plugin(&site, "counter", &component(FOLD_GUEST, "fold-plugin"));
    let apply = "\n[[apply]]\npack = \"counter\"\nassessment = \"PIA-1\"\n";
    site.write("set.toml", &format!("{SET}{apply}"));
    let daemon = Serve::start(&site);
    let score = |native: &str| {
        let (_, shown, _) = command(&site, &["archive", "show", native, "--format", "json"]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        shown["verdict"]["scores"][0]["value"].as_f64()
    };
    post(&daemon, 0..3, "第一次");
    assert_eq!(score("m2"), Some(30.0));
    post(&daemon, 3..19, "T 第二次");
    assert_eq!(daemon.status()["quarantined"][0]["policy"], "test/counter:counter");
    post(&daemon, 19..24, "第三次");
    assert_eq!(score("m20"), None, "it is not called");
    assert_eq!(command(&site, &["policy", "retry"]).0, Some(0));
    post(&daemon, 24..25, "第四次");
    assert_eq!(score("m24"), Some(40.0), "its state stayed as it was");
    assert_eq!(daemon.terminate(), Some(0));

    // The plugin is mended; a start makes it live, and no daemon runs when the held messages are judged again.
    write_plugin(&site, "counter", &component(&mended(FOLD_GUEST), "fold-plugin"));
    let daemon = Serve::start(&site);
    post(&daemon, 25..26, "第五次");
    assert_eq!(score("m25"), Some(50.0));
    assert_eq!(daemon.terminate(), Some(0));
    let (code, out, error) = command(&site, &["archive", "rejudge", "--held", "--format", "json"]);
    assert_eq!(code, Some(0), "{error}");
    let again = json_lines(&out);
    assert_eq!(again.len(), 21);
    assert!(again.iter().all(|one| one["held"] == false), "{out}");
    for native in ["m3", "m18", "m19", "m23"] {
        assert_eq!(
            score(native),
            Some(40.0),
            "{native}: one more than it met when it arrived"
        );
    }
    assert_eq!(score("m25"), Some(50.0));
    assert_replays(&site);
    let daemon = Serve::start(&site);
    post(&daemon, 26..27, "第六次");
    assert_eq!(score("m26"), Some(60.0), "the present state was not moved");
}

#[test]
fn a_quarantined_policy_costs_the_others_next_to_nothing() {
    // Two daemons, one with the quarantined policy and one without, are given the same messages.
    let (with, without) = (slow_site(1_000_000), Site::new());
    let (slow, plain) = (Serve::start(&with), Serve::start(&without));
    post(&slow, 0..64, "Lagging 拖延");
    assert_eq!(slow.status()["quarantined"].as_array().unwrap().len(), 1);
    for daemon in [&slow, &plain] {
        post(daemon, 100..612, "明天下午三点开会");
    }
    let before = [slow.processor_time(), plain.processor_time()];
    for round in 0..ROUNDS {
        let lines = (0..2_000).map(|n| {
            let text = match n % 50 {
                0 => "Lagging 拖延",
                1..5 => "这款产品保本保收益",
                _ => "明天下午三点开会，请带上季度的材料",
            };
            message(&format!("r{round}-{n}"), text).to_string()
        });
        let body = lines.collect::<Vec<_>>().join("\n");
        for daemon in [&slow, &plain] {
            assert_eq!(daemon.post("/v1/messages", &body).0, 200);
        }
    }
    let used = [slow.processor_time() - before[0], plain.processor_time() - before[1]];
    let ratio = used[0] as f64 / used[1] as f64;
    println!(
        "with the quarantined policy {ratio:.3} of the processor time without it ({used:?} hundredths of a second)"
    );
    // `make bench` measures it to the per cent. Beside other tests the clock is coarse; called, the policy would take some
    // thirty times as long.
    assert!(ratio < 4.0, "{used:?}");
}
