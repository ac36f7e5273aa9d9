//! A folder that is followed.

use crate::support::context;
use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;
use proviso_sources::{Format, Spool, SpoolItem, SpoolOffset};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

fn line(id: &str) -> String {
    format!("{{\"id\":\"{id}\",\"sent_at\":1603875657905,\"from\":\"ken\",\"text\":\"c\"}}\n")
}

fn append(path: &Path, text: impl AsRef<[u8]>) {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("the test's own folder and offsets are in order");
    file.write_all(text.as_ref())
        .expect("the test's own folder and offsets are in order");
}

/// `FILE:LINE ID`, or `FILE:LINE: REASON`.
fn shown(items: &[SpoolItem]) -> Vec<String> {
    let show = |SpoolItem { file, item, .. }: &SpoolItem| match &item.result {
        Ok(message) => format!("{file}:{} {}", item.line, message.id.native),
        Err(error) => format!("{file}:{}: {error}", item.line),
    };
    items.iter().map(show).collect()
}

struct Followed {
    spool: Spool,
    runtime: tokio::runtime::Runtime,
    offsets: Vec<SpoolOffset>,
}

impl Followed {
    fn new(folder: &Path, format: Format) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("the test's own folder and offsets are in order");
        Self {
            spool: Spool::new(folder, format, context()),
            runtime,
            offsets: Vec::new(),
        }
    }

    /// The offsets as an archive would keep them: the newest of each key.
    fn poll(&mut self, budget: usize) -> Vec<String> {
        let items = self
            .runtime
            .block_on(self.spool.poll(budget))
            .expect("the test's own folder and offsets are in order");
        for offset in items.iter().filter_map(|item| item.offset.as_ref()) {
            self.offsets.retain(|known| known.key != offset.key);
            self.offsets.push(offset.clone());
        }
        shown(&items)
    }

    /// As after a restart, from what was kept as text.
    fn restarted(&self, folder: &Path, format: Format) -> Self {
        let mut followed = Self::new(folder, format);
        followed.spool.set_offsets(self.offsets.iter().map(|offset| {
            SpoolOffset {
                key: offset
                    .key
                    .to_string()
                    .parse()
                    .expect("the test's own folder and offsets are in order"),
                ..*offset
            }
        }));
        followed.offsets.clone_from(&self.offsets);
        followed
    }
}

#[test]
fn files_are_read_in_the_order_of_their_names_and_followed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    append(&at("b.ndjson"), line("b1"));
    append(&at("a.jsonl"), line("a1") + &line("a2"));
    for ignored in [".hidden.jsonl", "a.jsonl.tmp", "c.jsonl.part", "notes.txt"] {
        append(&at(ignored), line("ignored"));
    }
    fs::create_dir(at("folder.json")).unwrap();
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    assert_eq!(followed.poll(2), ["a.jsonl:1 a1", "a.jsonl:2 a2"]);
    assert_eq!(followed.poll(9), ["b.ndjson:1 b1"]);
    assert_eq!(followed.poll(9), [] as [&str; 0]);
    append(&at("a.jsonl"), line("a3"));
    append(&at("0.json"), line("new"));
    assert_eq!(followed.poll(9), ["0.json:1 new", "a.jsonl:3 a3"]);
    append(&at("b.ndjson"), "nonsense\n");
    append(&at("b.ndjson"), line("b3"));
    assert_eq!(followed.poll(9).len(), 2);
    let mut restarted = followed.restarted(folder.path(), Format::Ndjson);
    assert_eq!(restarted.poll(9), [] as [&str; 0]);
    append(&at("b.ndjson"), line("b4"));
    assert_eq!(restarted.poll(9), ["b.ndjson:4 b4"]);
}

#[test]
fn an_unended_line_waits_for_one_poll_without_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    let (whole, half) = (line("a1"), line("a2"));
    append(&file, whole.trim_end());
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    assert_eq!(followed.poll(9), [] as [&str; 0], "somebody may still be writing");
    assert_eq!(followed.poll(9), ["a.jsonl:1 a1"]);
    assert_eq!(followed.poll(9), [] as [&str; 0]);
    append(&file, "\n");
    append(&file, &half[..20]);
    for _ in 0..4 {
        assert_eq!(followed.poll(9), [] as [&str; 0], "half an object is never taken");
    }
    append(&file, &half[20..]);
    assert_eq!(followed.poll(9), ["a.jsonl:2 a2"]);
}

#[test]
fn values_that_straddle_polls_are_put_together() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    let text = "长".repeat(40_000);
    let value = |id: &str| {
        format!(
            "{{\"msgid\":\"{id}\",\n\"msgtime\":1603875657905,\n\"msgtype\":\"text\",\"text\":{{\"content\":\"{text}\"}}}}"
        )
    };
    let page = format!(
        "{{\"errcode\":0,\"chatdata\":[{},{},\n{}],\"errmsg\":\"ok\"}}\n",
        value("a"),
        value("b"),
        value("c")
    );
    let mut followed = Followed::new(folder.path(), Format::Wecom);
    let mut seen = Vec::new();
    for piece in page.as_bytes().chunks(50_001) {
        append(&file, piece);
        seen.extend(followed.poll(9));
        if seen.len() == 2 {
            followed = followed.restarted(folder.path(), Format::Wecom);
        }
    }
    assert_eq!(seen, ["a.json:1 a", "a.json:3 b", "a.json:6 c"]);
}

#[test]
fn a_truncated_or_replaced_file_is_read_from_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    append(&file, line("a1") + &line("a2"));
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    assert_eq!(followed.poll(9).len(), 2);
    fs::write(&file, line("a1")).unwrap();
    let again = "a.jsonl:0: the file was truncated since it was last read: read again from its beginning";
    let mut restarted = followed.restarted(folder.path(), Format::Ndjson);
    assert_eq!(followed.poll(9), [again, "a.jsonl:1 a1"]);
    assert_eq!(restarted.poll(9), [again, "a.jsonl:1 a1"]);
    fs::write(&file, line("b1") + &line("b2") + &line("b3")).unwrap();
    let again = "a.jsonl:0: the file was replaced since it was last read: read again from its beginning";
    let all = [again, "a.jsonl:1 b1", "a.jsonl:2 b2", "a.jsonl:3 b3"];
    let mut restarted = followed.restarted(folder.path(), Format::Ndjson);
    assert_eq!(followed.poll(9), all);
    assert_eq!(restarted.poll(9), all);
    assert_eq!(
        restarted.restarted(folder.path(), Format::Ndjson).poll(9),
        [] as [&str; 0],
        "told once"
    );
}

#[test]
fn a_key_covers_the_first_item_however_the_file_began() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    for piece in ["", "{\"id\"", &line("old")[5..9]] {
        append(&file, piece);
        assert_eq!(followed.poll(9), [] as [&str; 0]);
    }
    fs::write(&file, &line("a1")[..40]).unwrap();
    assert_eq!(
        followed.poll(9),
        [] as [&str; 0],
        "another file, of which nothing was given"
    );
    append(&file, &line("a1")[40..]);
    assert_eq!(followed.poll(9), ["a.jsonl:1 a1"]);
    fs::write(&file, line("b1") + &line("b2")).unwrap();
    assert_eq!(
        followed.restarted(folder.path(), Format::Ndjson).poll(9).len(),
        3,
        "told, and both lines"
    );
    assert_eq!(followed.poll(9).len(), 3);
}

#[test]
fn going_back_gives_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    append(&folder.path().join("a.jsonl"), ["a1", "a2", "a3"].map(line).concat());
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    assert_eq!(followed.poll(1).len(), 1);
    let committed = followed.offsets.clone();
    assert_eq!(followed.poll(9).len(), 2);
    followed.spool.set_offsets(committed);
    assert_eq!(followed.poll(9), ["a.jsonl:2 a2", "a.jsonl:3 a3"]);
}

#[test]
fn a_dropped_poll_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..20 {
        append(
            &folder.path().join(format!("{file:02}.jsonl")),
            line(&format!("m{file}")),
        );
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut spool = Spool::new(folder.path(), Format::Ndjson, context());
    let mut seen = Vec::new();
    let (mut dropped, mut patience) = (0, 0);
    while seen.len() < 20 {
        let poll = async {
            tokio::select! {
                biased;
                items = spool.poll(3) => Some(items.unwrap()),
                () = yield_times(patience) => None,
            }
        };
        if let Some(items) = runtime.block_on(poll) {
            seen.extend(items);
            patience = 0;
        } else {
            dropped += 1;
            patience += 1;
        }
    }
    let expected: Vec<_> = (0..20).map(|file| format!("{file:02}.jsonl:1 m{file}")).collect();
    assert_eq!(shown(&seen), expected);
    assert!(dropped > 0, "some polls were dropped");
}

async fn yield_times(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

#[test]
fn an_over_long_value_is_told_once_and_what_follows_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    append(&file, line("a1"));
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    assert_eq!(followed.poll(9), ["a.jsonl:1 a1"]);
    for _ in 0..9 {
        append(&file, "x".repeat(1 << 20));
        assert_eq!(followed.poll(9), [] as [&str; 0]);
    }
    append(&file, "\n".to_owned() + &line("a3"));
    let told = format!("a.jsonl:2: longer than {SOURCE_VALUE_BYTES_MAX} bytes: skipped");
    assert_eq!(followed.poll(9), [told.as_str(), "a.jsonl:3 a3"]);
}

#[test]
fn one_poll_gives_a_bounded_number_of_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let long = |id| line(id).replace("\"c\"", &format!("\"{}\"", "x".repeat(SOURCE_VALUE_BYTES_MAX / 8 * 7)));
    append(
        &folder.path().join("a.jsonl"),
        ["a1", "a2", "a3", "a4"].map(long).concat(),
    );
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    assert_eq!(followed.poll(9), ["a.jsonl:1 a1", "a.jsonl:2 a2", "a.jsonl:3 a3"]);
    assert_eq!(followed.poll(9), ["a.jsonl:4 a4"]);
}

#[test]
fn a_folder_that_is_not_there_is_an_error_and_may_come() {
    let folder = tempfile::tempdir().unwrap();
    let later = folder.path().join("later");
    let mut followed = Followed::new(&later, Format::Ndjson);
    let error = followed.runtime.block_on(followed.spool.poll(9)).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read folder {later:?}"));
    fs::create_dir(&later).unwrap();
    append(&later.join("a.json"), line("a1"));
    assert_eq!(followed.poll(9), ["a.json:1 a1"]);
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_read_are_told_once_and_the_others_are_read() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    append(
        &folder.path().join(std::ffi::OsStr::from_bytes(b"\xff.json")),
        line("x"),
    );
    symlink("a.json", folder.path().join("a.json")).unwrap();
    append(&folder.path().join("b.json"), line("b1"));
    symlink("b.json", folder.path().join("c.json")).unwrap();
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    let told = followed.poll(9);
    assert_eq!(told[0], "\u{fffd}.json:0: the file's name is not UTF-8: rename it");
    assert!(told[1].starts_with("a.json:0: cannot be read: "), "{told:?}");
    assert_eq!(told[2..], ["b.json:1 b1", "c.json:1 b1"]);
    assert_eq!(followed.poll(9), [] as [&str; 0]);
    fs::remove_file(folder.path().join("a.json")).unwrap();
    append(&folder.path().join("a.json"), line("a1"));
    assert_eq!(followed.poll(9), ["a.json:1 a1"]);
}
