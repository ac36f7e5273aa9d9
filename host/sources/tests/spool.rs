//! A folder that is followed.

use crate::support::origin;
use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;
use proviso_sources::{Cursor, Delivery, Format, Spool, SpoolError, StoredCursor};
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
fn shown(deliveries: &[Delivery]) -> Vec<String> {
    let show = |Delivery { file, items, .. }: &Delivery| {
        let show = |item: &proviso_sources::Item| match &item.result {
            Ok(message) => format!("{file}:{} {}", item.line, message.id.native),
            Err(error) => format!("{file}:{}: {error}", item.line),
        };
        items.iter().map(show).collect::<Vec<_>>()
    };
    deliveries.iter().flat_map(show).collect()
}

struct Followed {
    spool: Spool,
    runtime: tokio::runtime::Runtime,
    /// As an archive keeps them: the newest of each.
    kept: Vec<StoredCursor>,
}

impl Followed {
    fn new(folder: &Path, format: Format) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("the test's own folder and offsets are in order");
        Self {
            spool: Spool::new(folder, format, origin()),
            runtime,
            kept: Vec::new(),
        }
    }

    fn poll(&mut self, budget: usize) -> Vec<String> {
        let items = self
            .runtime
            .block_on(self.spool.poll(budget))
            .expect("the test's own folder and offsets are in order");
        for record in items
            .iter()
            .filter_map(|item| item.cursor.as_ref())
            .flat_map(Cursor::to_stored)
        {
            self.kept.retain(|known| known.file != record.file);
            self.kept.push(record);
        }
        shown(&items)
    }

    /// As after a restart, from what was kept as text.
    fn restarted(&self, folder: &Path, format: Format) -> Self {
        let mut followed = Self::new(folder, format);
        followed.kept.clone_from(&self.kept);
        followed.go_back();
        followed
    }

    fn go_back(&mut self) {
        let cursors = Cursor::from_stored(self.kept.clone()).expect("the test's own folder and offsets are in order");
        self.spool.set_cursors(cursors);
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
    let committed = followed.kept.clone();
    assert_eq!(followed.poll(9).len(), 2);
    followed.kept = committed;
    followed.go_back();
    assert_eq!(followed.poll(9), ["a.jsonl:2 a2", "a.jsonl:3 a3"]);
}

#[test]
fn a_dropped_poll_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let add = |file: usize| {
        append(
            &folder.path().join(format!("{file:05}.jsonl")),
            line(&format!("m{file}")),
        );
    };
    (0..20).for_each(add);
    let mut files = 20;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut spool = Spool::new(folder.path(), Format::Ndjson, origin());
    let mut seen = Vec::new();
    let (mut dropped, mut patience) = (0, 0);
    while seen.len() < files {
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
        // On a busy machine a poll may be over before it is first looked at: then there is more to read, until one is not.
        if seen.len() == files && dropped == 0 {
            add(files);
            files += 1;
        }
    }
    let expected: Vec<_> = (0..files).map(|file| format!("{file:05}.jsonl:1 m{file}")).collect();
    assert_eq!(shown(&seen), expected);
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
    assert!(matches!(&error, SpoolError::CannotList { folder, .. } if *folder == later));
    assert_eq!(error.to_string(), format!("cannot list the spool folder {later:?}"));
    fs::create_dir(&later).unwrap();
    append(&later.join("a.json"), line("a1"));
    assert_eq!(followed.poll(9), ["a.json:1 a1"]);
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_read_are_told_once_and_the_others_are_read() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    append(
        &folder.path().join(std::ffi::OsStr::from_bytes(b"\xff.json")),
        line("x"),
    );
    append(&folder.path().join("b.json"), line("b1"));
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    assert_eq!(
        followed.poll(9),
        [
            "\u{fffd}.json:0: the file's name is not UTF-8: rename it",
            "b.json:1 b1"
        ]
    );
    assert_eq!(followed.poll(9), [] as [&str; 0]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_and_the_folder_may_be_one() {
    use std::os::unix::fs::symlink;
    let place = tempfile::tempdir().unwrap();
    let (folder, link) = (place.path().join("folder"), place.path().join("link"));
    fs::create_dir(&folder).unwrap();
    symlink(&folder, &link).unwrap();
    append(&place.path().join("secret.json"), line("secret"));
    symlink("../secret.json", folder.join("a.json")).unwrap();
    symlink("nowhere", folder.join("b.json")).unwrap();
    append(&folder.join("c.json"), line("c1"));
    let mut followed = Followed::new(&link, Format::Ndjson);
    let refused = "it is a link, and links are not followed: put the file itself into the folder";
    let told = [format!("a.json:0: {refused}"), format!("b.json:0: {refused}")];
    assert_eq!(followed.poll(9), [&told[..], &["c.json:1 c1".to_owned()]].concat());
    assert_eq!(followed.poll(9), [] as [&str; 0], "told once");
    // A file that was read and is now a link is not followed either.
    fs::remove_file(folder.join("c.json")).unwrap();
    symlink("../secret.json", folder.join("c.json")).unwrap();
    assert_eq!(followed.poll(9), [format!("c.json:0: {refused}")]);
    fs::remove_file(folder.join("a.json")).unwrap();
    append(&folder.join("a.json"), line("a1"));
    assert_eq!(followed.poll(9), ["a.json:1 a1"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_told_once_and_holds_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join("a.json"))
        .status();
    assert!(made.expect("every system with pipes has mkfifo").success());
    append(&folder.path().join("b.json"), line("b1"));
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    let told = "a.json:0: it is a pipe, a folder or a device: only regular files are read";
    assert_eq!(followed.poll(9), [told, "b.json:1 b1"]);
    assert_eq!(followed.poll(9), [] as [&str; 0]);
}

#[test]
fn compressed_files_and_other_encodings_are_told_once_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    append(&at("a.jsonl.gz"), b"\x1f\x8b\x08\0\0\0\0\0");
    append(&at("b.jsonl"), b"\x1f\x8b\x08\0\n\0\0\0");
    let utf16: Vec<u8> = format!("\u{feff}{}", line("c1"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    append(&at("c.jsonl"), &utf16);
    append(&at("d.jsonl"), line("d1"));
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    let told = [
        "a.jsonl.gz:0: it is compressed: unpack it first, under a name that ends in .json, .jsonl or .ndjson",
        "b.jsonl:0: it is compressed with gzip: unpack it first (gunzip)",
        "c.jsonl:0: it is UTF-16: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)",
        "d.jsonl:1 d1",
    ];
    assert_eq!(followed.poll(9), told);
    append(&at("c.jsonl"), &utf16);
    assert_eq!(followed.poll(9), [] as [&str; 0], "told once, although it grows");
    fs::write(at("c.jsonl"), line("c1")).unwrap();
    assert_eq!(followed.poll(9), ["c.jsonl:1 c1"], "converted in its place");
    assert_eq!(
        followed.restarted(folder.path(), Format::Ndjson).poll(9),
        told[..2],
        "told again at each start"
    );
}

#[test]
fn a_file_rewritten_with_the_same_beginning_is_read_from_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    let head = line("head").replace("\"c\"", &format!("\"{}\"", "公告".repeat(1000)));
    assert!(head.len() > 4 << 10, "longer than what a key covers");
    let export = |ids: &[&str]| head.clone() + &ids.iter().map(|id| line(id)).collect::<String>();
    fs::write(&file, export(&["a1", "a2", "a3"])).unwrap();
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    assert_eq!(followed.poll(9).len(), 4);
    // Longer, and as long to the byte: in place, and by rename.
    for (ids, by_rename) in [
        (&["b1", "b2", "b3", "b4"][..], false),
        (&["c1", "c2", "c3", "c4"], false),
        (&["d1", "d2", "d3", "d4", "d5"], true),
    ] {
        if by_rename {
            let next = folder.path().join(".next");
            fs::write(&next, export(ids)).unwrap();
            fs::rename(&next, &file).unwrap();
        } else {
            fs::write(&file, export(ids)).unwrap();
        }
        let told = "a.jsonl:0: the file was rewritten with the same beginning since it was last read: read again from its beginning";
        let mut expected = vec![told.to_owned(), "a.jsonl:1 head".to_owned()];
        expected.extend(ids.iter().zip(2..).map(|(id, line)| format!("a.jsonl:{line} {id}")));
        let mut restarted = followed.restarted(folder.path(), Format::Ndjson);
        assert_eq!(followed.poll(9), expected);
        assert_eq!(restarted.poll(9), expected);
    }
    append(&file, line("d6"));
    assert_eq!(followed.poll(9), ["a.jsonl:7 d6"], "a file that grows is the same");
    append(&file, line("d7"));
    assert_eq!(
        followed.restarted(folder.path(), Format::Ndjson).poll(9),
        ["a.jsonl:8 d7"]
    );
}

#[test]
fn what_stands_before_an_offset_is_known_wherever_a_poll_ends() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    let ids: Vec<String> = (0..400).map(|n| format!("m{n:04}")).collect();
    let long = |id: &String| line(id).replace("\"c\"", &format!("\"{}\"", id.repeat(300)));
    fs::write(&file, ids.iter().map(long).collect::<String>()).unwrap();
    let (mut followed, mut seen) = (Followed::new(folder.path(), Format::Ndjson), 0);
    for budget in [1, 7, 50, 100].into_iter().cycle() {
        let read = followed.poll(budget);
        if read.is_empty() {
            break;
        }
        assert!(read.iter().all(|shown| !shown.contains(":0: ")), "{read:?}");
        seen += read.len();
        assert_eq!(
            followed.kept.len(),
            2,
            "a record for the place, and one for what stands before it"
        );
        if seen % 3 == 0 {
            followed = followed.restarted(folder.path(), Format::Ndjson);
        }
    }
    assert_eq!(seen, ids.len());
    // One byte of the last message is another, as far back as is looked.
    let mut bytes = fs::read(&file).unwrap();
    let place = bytes.len() - 4_000;
    bytes[place] ^= 1;
    fs::write(&file, &bytes).unwrap();
    append(&file, line("more"));
    assert!(followed.restarted(folder.path(), Format::Ndjson).poll(1)[0].contains("was rewritten"));
}

#[test]
fn cursors_of_earlier_versions_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    append(&folder.path().join("a.jsonl"), line("a1") + &line("a2"));
    let mut followed = Followed::new(folder.path(), Format::Ndjson);
    assert_eq!(followed.poll(1), ["a.jsonl:1 a1"]);
    followed.kept.retain(|record| !record.file.ends_with("#before"));
    assert_eq!(followed.kept.len(), 1);
    assert_eq!(
        followed.restarted(folder.path(), Format::Ndjson).poll(9),
        ["a.jsonl:2 a2"]
    );
}
