//! What a daemon notices of changes, whatever way they are made, and what it does not take for one.

use super::support::{SET, Serve, Site, message, wait_until};
use serde_json::Value;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

const LIST: &str = "promises/lexicons/promissory.txt";

/// Whether a message with that word, which stands in no list yet, is found now.
fn finds(daemon: &Serve, word: &str) -> bool {
    let id = format!("{word}-{}", daemon.status()["messages"]["committed"]);
    daemon.post("/v1/messages", &message(&id, word).to_string());
    let (_, shown) = daemon.get("/metrics");
    let found = |text: &str| -> u64 {
        let lines = text.lines().filter(|line| line.starts_with("proviso_findings_total{"));
        lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum()
    };
    let before = found(&shown);
    daemon.post("/v1/messages", &message(&format!("{id}-again"), word).to_string());
    found(&daemon.get("/metrics").1) > before
}

/// Sooner than by the look once a minute.
fn takes_over(daemon: &Serve, what: &str, word: &str) {
    let before = daemon.generation();
    let took = wait_until(what, || daemon.generation() != before);
    assert!(took < Duration::from_secs(20), "{what}: {took:?}");
    assert!(finds(daemon, word), "{what}");
}

fn history(daemon: &Serve) -> Vec<Value> {
    serde_json::from_str(&daemon.get("/v1/policy/history").1).unwrap()
}

/// A folder beside the pack's, with one word more in its list.
fn beside(site: &Site, name: &str, word: &str) {
    super::support::copy_folder(&site.path("promises"), &site.path(name));
    site.write(&format!("{name}/lexicons/promissory.txt"), &format!("保本\n{word}\n"));
}

#[test]
fn folders_that_are_swapped_are_followed_on() {
    let site = Site::new();
    fs::rename(site.path("promises"), site.path("first")).unwrap();
    symlink("first", site.path("promises")).unwrap();
    let daemon = Serve::start(&site);

    let edit = |word: &str| {
        site.write(LIST, &format!("保本\n{word}\n"));
        takes_over(&daemon, "an edit", word);
    };
    edit("甲甲词");
    // A link that is turned, as a ConfigMap is.
    beside(&site, "second", "乙乙词");
    symlink("second", site.path("turned")).unwrap();
    fs::rename(site.path("turned"), site.path("promises")).unwrap();
    takes_over(&daemon, "a link that was turned", "乙乙词");
    edit("丙丙词");
    // A folder in the place of the link, by rename.
    beside(&site, "third", "丁丁词");
    fs::remove_file(site.path("promises")).unwrap();
    fs::rename(site.path("third"), site.path("promises")).unwrap();
    takes_over(&daemon, "a folder that was renamed", "丁丁词");
    edit("戊戊词");
    // Removed and copied. In between, the set is refused.
    beside(&site, "fourth", "己己词");
    fs::remove_dir_all(site.path("promises")).unwrap();
    super::support::copy_folder(&site.path("fourth"), &site.path("promises"));
    takes_over(&daemon, "a folder that was copied", "己己词");
    edit("庚庚词");

    let watched = &daemon.status()["watch"];
    let paths = watched["paths"].to_string();
    assert!(paths.contains("promises"), "{watched}");
    assert!(watched["looked_at"].is_string(), "{watched}");
}

#[test]
fn a_pack_that_was_refused_is_followed_until_it_is_mended() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let manifest = fs::read_to_string(site.path("promises/pack.toml")).unwrap();
    super::support::copy_folder(&site.path("promises"), &site.path("other"));
    site.write("other/pack.toml", &manifest.replace("severity", "severtiy"));
    site.write("other/lexicons/promissory.txt", "保本\n辛辛词\n");
    site.write("set.toml", &SET.replace("\"promises\"", "\"other\""));
    wait_until("the refusal", || daemon.status()["last_attempt"]["result"] == "refused");
    // Told first, and watched then.
    wait_until("the refused pack to be watched", || {
        daemon.status()["watch"]["paths"].to_string().contains("/other")
    });
    // Nobody touches the set.
    let before = daemon.generation();
    site.write("other/pack.toml", &manifest);
    wait_until("the mended pack", || daemon.generation() != before);
    assert!(finds(&daemon, "辛辛词"));
}

#[test]
fn a_list_that_is_being_written_is_not_taken() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let before = daemon.generation();
    let mut list = OpenOptions::new().append(true).open(site.path(LIST)).unwrap();
    writeln!(list, "壬壬词").unwrap();
    wait_until("somebody who writes", || {
        daemon.status()["watch"]["being_written"]
            .to_string()
            .contains("promissory.txt")
    });
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(daemon.generation(), before, "the half of a list is no list");
    writeln!(list, "癸癸词").unwrap();
    drop(list);
    takes_over(&daemon, "the whole list", "癸癸词");
}

/// A site whose archive lies beside the set, with a spool, and a log that another program writes beside them.
fn crowded() -> Site {
    let site = Site::new();
    let config = fs::read_to_string(site.path("proviso.toml")).unwrap();
    site.write("proviso.toml", &format!("data_dir = \".\"\n{config}"));
    // Where the tests look for the token.
    fs::create_dir_all(site.path("data")).unwrap();
    symlink("../token", site.path("data/token")).unwrap();
    site
}

#[test]
fn a_daemon_does_not_react_to_what_it_does_itself() {
    let site = crowded();
    let daemon = Serve::start(&site);
    let running = daemon.generation();
    for n in 0..20 {
        daemon.post("/v1/messages", &message(&format!("m{n}"), "保本").to_string());
    }
    site.write("spool/a.jsonl", &format!("{}\n", message("s1", "保本")));
    wait_until("the spool", || daemon.status()["messages"]["committed"] == 21);
    // One refusal of a broken set, however much is written beside it.
    site.write("set.toml", "[[apply]]\npack = 7\n");
    wait_until("the refusal", || daemon.status()["last_attempt"]["result"] == "refused");
    let mut log = File::create(site.path("somebody.log")).unwrap();
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        writeln!(log, "a line").unwrap();
        daemon.post(
            "/v1/messages",
            &message(&format!("l{:?}", until - Instant::now()), "x").to_string(),
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let history = history(&daemon);
    assert_eq!(history.len(), 2, "the start and one refusal: {history:?}");
    assert_eq!(daemon.generation(), running);
}

/// The share of one core that an idle daemon may take, in hundredths.
const IDLE_PERCENT_MAX: u64 = 1;
/// For so long at a time.
const IDLE_SECONDS: u64 = 10;
/// On a machine on which waking is dear, as much as so many threads that wake ten times a second.
const WAKES_MAX: u64 = 3;

#[test]
fn an_idle_daemon_takes_next_to_nothing() {
    let site = crowded();
    for n in 0..20 {
        site.write(
            &format!("spool/{n}.jsonl"),
            &format!("{}\n", message(&format!("s{n}"), "保本")),
        );
    }
    let daemon = Serve::start(&site);
    wait_until("the spool", || daemon.status()["messages"]["committed"] == 20);
    // What the start left to do ends.
    std::thread::sleep(Duration::from_secs(2));
    // What the daemon always does, it does in each of three windows; what a busy machine adds, it adds to some.
    let windows = (0..3).map(|_| {
        let before = daemon.processor_time();
        let wakes = wakes_of_a_thread();
        (daemon.processor_time() - before, wakes)
    });
    let mut seen = Vec::new();
    let is_idle = |(took, wakes): &(u64, u64)| *took <= (IDLE_SECONDS * IDLE_PERCENT_MAX).max(WAKES_MAX * wakes);
    let idle = windows.inspect(|window| seen.push(*window)).find(is_idle);
    assert!(
        idle.is_some(),
        "hundredths of a second in {IDLE_SECONDS} s, of the daemon and of a thread that wakes ten times a second: {seen:?}"
    );
}

/// Hundredths of a second that a thread takes which wakes ten times a second and looks at a file: what waking costs on this machine now.
fn wakes_of_a_thread() -> u64 {
    let on_processor = || {
        let nanos = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        nanos.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let before = on_processor();
    for _ in 0..IDLE_SECONDS * 10 {
        std::thread::sleep(Duration::from_millis(100));
        fs::metadata("/proc/self/status").unwrap();
    }
    (on_processor() - before) / 10_000_000
}

#[test]
fn a_client_that_goes_away_leaves_a_change_whole() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let first = daemon.generation();
    for (n, path) in ["/v1/policy/reload", "/v1/policy/rollback"]
        .iter()
        .cycle()
        .take(6)
        .enumerate()
    {
        site.write("set.toml", &SET.replace("\"wonder\"", &format!("\"wonder{n}\"")));
        let mut stream = std::net::TcpStream::connect(&daemon.address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n",
            daemon.token
        );
        write!(
            stream,
            "{head}content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
        )
        .unwrap();
        std::thread::sleep(Duration::from_millis(20 * n as u64));
        drop(stream);
    }
    // What is recorded last runs, once nothing changes any more.
    let mut seen = (String::new(), Instant::now());
    wait_until("the last change", || {
        let now = daemon.generation();
        if now != seen.0 {
            seen = (now, Instant::now());
        }
        seen.1.elapsed() > Duration::from_secs(3)
    });
    let recorded = history(&daemon);
    let last = recorded.iter().find(|entry| entry["generation"].is_string()).unwrap();
    assert_eq!(last["generation"], seen.0.as_str());
    assert_ne!(seen.0, first, "none of the changes was made");
}
