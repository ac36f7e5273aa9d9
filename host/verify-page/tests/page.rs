//! The page as it is given away: its module, run by another runtime of WebAssembly, says of every export what the program says.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ct_codecs::{Base64, Decoder as _};
use proviso_evidence::tar::{TarMembers, TarWriter};
use proviso_evidence::verify::{Expected, verify};
use proviso_evidence::words::{Language, json_of, json_of_not_an_export, said, said_of_not_an_export};
use proviso_evidence::{Members as _, Sink as _};
use proviso_verify::Unsealing;
use serde_json::{Value, json};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use wasmtime::{Caller, Engine, Linker, Memory, Module, Store};

/// The page, where `host/verify-page/build.sh` leaves it.
static PAGE: LazyLock<String> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_BIN_EXE_proviso-verify-page"))
        .ancestors()
        .nth(2)
        .unwrap()
        .join("proviso-verify.html");
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}: build it with `sh host/verify-page/build.sh`",
            path.display()
        );
    })
});

fn module_bytes() -> Vec<u8> {
    let (_, behind) = PAGE.split_once("id=\"module\">").unwrap();
    Base64::decode_to_vec(behind.split_once('<').unwrap().0, None).unwrap()
}

static BROWSER: LazyLock<Browser> = LazyLock::new(Browser::new);

/// What the page's script does, without a page.
struct Browser {
    engine: Engine,
    module: Module,
}

/// A file as the import reads it: fills a piece from an offset on, or says that it cannot.
type File = Arc<dyn Fn(u64, &mut [u8]) -> bool + Send + Sync>;

/// What a module has beside itself.
struct Beside {
    file: File,
    memory: Option<Memory>,
    /// The bytes of the memory at its largest.
    largest: usize,
    read: u64,
    messages: Vec<u64>,
}

impl Browser {
    fn new() -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, module_bytes()).unwrap();
        Self { engine, module }
    }

    fn run(&self, file: File, bytes: u64, key: &str) -> (Value, Beside) {
        let mut linker: Linker<Beside> = Linker::new(&self.engine);
        let read = |mut caller: Caller<'_, Beside>, at: i64, length: i32, into: i32| -> i32 {
            let mut piece = vec![0; length as u32 as usize];
            if !(caller.data().file)(at.cast_unsigned(), &mut piece) {
                return 1;
            }
            let memory = caller.data().memory.unwrap();
            memory.write(&mut caller, into as u32 as usize, &piece).unwrap();
            let size = memory.data_size(&caller);
            let beside = caller.data_mut();
            beside.largest = beside.largest.max(size);
            beside.read += piece.len() as u64;
            0
        };
        linker.func_wrap("page", "read", read).unwrap();
        let progress = |mut caller: Caller<'_, Beside>, messages: i64| {
            caller.data_mut().messages.push(messages.cast_unsigned());
        };
        linker.func_wrap("page", "progress", progress).unwrap();
        let beside = Beside {
            file,
            memory: None,
            largest: 0,
            read: 0,
            messages: Vec::new(),
        };
        let mut store = Store::new(&self.engine, beside);
        let instance = linker.instantiate(&mut store, &self.module).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        store.data_mut().memory = Some(memory);
        let input = instance.get_typed_func::<i32, i32>(&mut store, "input").unwrap();
        let at = input.call(&mut store, key.len() as i32).unwrap();
        memory.write(&mut store, at as u32 as usize, key.as_bytes()).unwrap();
        let verify = instance.get_typed_func::<i64, i32>(&mut store, "verify").unwrap();
        let length = verify.call(&mut store, bytes.cast_signed()).unwrap();
        let output = instance.get_typed_func::<(), i32>(&mut store, "output").unwrap();
        let at = output.call(&mut store, ()).unwrap();
        let mut answer = vec![0; length as u32 as usize];
        memory.read(&store, at as u32 as usize, &mut answer).unwrap();
        (serde_json::from_slice(&answer).unwrap(), store.into_data())
    }

    fn verified(&self, bytes: &[u8], key: &str) -> (Value, Beside) {
        let length = bytes.len() as u64;
        let bytes: Arc<[u8]> = bytes.into();
        let file: File = Arc::new(move |at, into| {
            let piece = bytes.get(at as usize..).and_then(|rest| rest.get(..into.len()));
            piece.map(|piece| into.copy_from_slice(piece)).is_some()
        });
        self.run(file, length, key)
    }
}

/// What the program says: as JSON, and as text.
fn by_the_program(bytes: &[u8], key: &str) -> (Value, String) {
    let mut members = match TarMembers::open(Cursor::new(bytes)) {
        Ok(members) => members,
        Err(error) => {
            return (
                json_of_not_an_export(&error),
                said_of_not_an_export(&error, Language::English).to_text(),
            );
        }
    };
    let expected = Expected {
        key: (!key.is_empty()).then(|| key.parse().unwrap()),
        ..Expected::default()
    };
    let report = verify(
        &mut members,
        &mut Unsealing::new().unwrap(),
        None,
        &expected,
        &mut |_| (),
    )
    .unwrap();
    (json_of(&report), said(&report, Language::English).to_text())
}

/// Both say the same; what they say.
fn by_both(bytes: &[u8], key: &str) -> Value {
    let (answer, _) = BROWSER.verified(bytes, key);
    let (report, text) = by_the_program(bytes, key);
    assert_eq!(answer["outcome"], "verified");
    assert_eq!(answer["report"], report);
    assert_eq!(answer["en"]["text"], text);
    assert_eq!(answer["whole"], report["whole"]);
    let [english, chinese] = ["en", "zh"].map(|language| answer[language]["faults"].as_array().unwrap());
    assert_eq!(english.len(), chinese.len());
    for fault in chinese {
        let fault = fault.as_str().unwrap();
        assert!(!fault.is_ascii(), "no Chinese: {fault}");
    }
    answer
}

fn golden(name: &str) -> (Vec<u8>, String) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../verify/tests/golden");
    let key = std::fs::read_to_string(folder.join(format!("{name}.key"))).unwrap();
    (std::fs::read(folder.join(name)).unwrap(), key)
}

const WHOLE: &str = "export-v1.tar";
const MASKED: &str = "masked-v1.tar";
/// One with what its messages were judged with, and a checkpoint that a witness signed.
const JUDGED_WITH: &str = "judged-with-v1.tar";

/// What the page does not do, it says.
#[test]
fn what_the_page_does_not_check_is_told() {
    let (bytes, key) = golden(JUDGED_WITH);
    let answer = by_both(&bytes, &key);
    assert_eq!(answer["whole"], true, "{answer}");
    assert_eq!(
        (&answer["report"]["judged"], &answer["report"]["unknown_members"]),
        (&Value::Null, &json!(0))
    );
    assert!(
        answer["report"]["cosigned"]["known"].as_array().unwrap().is_empty(),
        "{answer}"
    );
    for (language, told) in [
        (
            "en",
            [
                "verdicts were not judged again here",
                "not verified, for its key was not given",
            ],
        ),
        ("zh", ["此处未重审裁定", "未给出其公钥，未核验"]),
    ] {
        for told in told {
            assert!(answer[language]["text"].as_str().unwrap().contains(told), "{answer}");
        }
    }
}

/// A later version may enclose what this one does not know: that nobody looked at it is told.
#[test]
fn members_of_kinds_that_nobody_knows_are_told() {
    let (bytes, _) = golden(JUDGED_WITH);
    let mut members = parts(&bytes);
    let at = members.iter().position(|(path, _)| path == "manifest.json").unwrap();
    let text = String::from_utf8(members[at].1.clone()).unwrap();
    let (before, behind) = text.split_once("  \"members\": [\n").unwrap();
    let listed = format!(
        "    {{\n      \"path\": \"attachments/1\",\n      \"bytes\": 1,\n      \"sha256\": \"{}\"\n    }},\n",
        sha256(b"x")
    );
    members[at].1 = format!("{before}  \"members\": [\n{listed}{behind}").into_bytes();
    members.insert(0, ("attachments/1".to_owned(), b"x".to_vec()));
    let answer = by_both(&joined(&members), "");
    assert_eq!(answer["report"]["unknown_members"], 1, "{answer}");
    // The log told of another manifest; beside that nothing is amiss.
    let faults = answer["en"]["faults"].as_array().unwrap();
    assert!(
        !faults.is_empty()
            && faults
                .iter()
                .all(|fault| fault.as_str().unwrap().starts_with("proof/exported.json: ")),
        "{faults:?}"
    );
}

#[test]
fn what_the_program_finds_whole_is_whole_in_the_page() {
    for (name, messages) in [(WHOLE, 4), (MASKED, 4), (JUDGED_WITH, 6)] {
        let (bytes, key) = golden(name);
        for key in ["", &key, &format!("  {key}\n")] {
            let (answer, beside) = BROWSER.verified(&bytes, key);
            assert_eq!(answer["whole"], true, "{answer}");
            assert_eq!(answer["report"]["key_known"], !key.is_empty());
            assert_eq!(beside.messages, [messages]);
            for language in ["en", "zh"] {
                assert!(answer[language]["rows"].as_array().unwrap().len() > 10, "{answer}");
                assert!(answer[language]["sentences"].as_array().unwrap().len() > 1, "{answer}");
            }
        }
        by_both(&bytes, &key);
        by_both(&bytes, "");
    }
}

/// Numbers of a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

/// The members of an export, in their order.
type Parts = Vec<(String, Vec<u8>)>;

fn parts(bytes: &[u8]) -> Parts {
    let mut members = TarMembers::open(Cursor::new(bytes)).unwrap();
    let paths = members.paths().unwrap();
    let part = |path: String| {
        let bytes = members.read(&path).unwrap().unwrap();
        (path, bytes)
    };
    paths.into_iter().map(part).collect()
}

fn joined(parts: &Parts) -> Vec<u8> {
    let mut tar = TarWriter::new(Vec::new());
    for (path, bytes) in parts {
        tar.member(path, bytes).unwrap();
    }
    tar.finish().unwrap()
}

/// An export that is not the one that was written; `None` where nothing changed.
fn altered(whole: &[u8], other: &Parts, numbers: &mut Numbers) -> Option<(String, Vec<u8>)> {
    let mut members = parts(whole);
    let at = numbers.below(members.len());
    let name = members[at].0.clone();
    let what = match numbers.below(10) {
        0..3 => {
            let mut bytes = whole.to_vec();
            let (at, bit) = (numbers.below(bytes.len()), numbers.below(8));
            bytes[at] ^= 1 << bit;
            return Some((format!("bit {bit} of byte {at}"), bytes));
        }
        3 => {
            members.remove(at);
            format!("{name} left out")
        }
        4 => {
            let other = numbers.below(members.len());
            members.swap(at, other);
            format!("{name} and member {other} in each other's places")
        }
        5 => {
            members[at].0 = format!("{name}.x");
            format!("{name} called otherwise")
        }
        6 => {
            let copy = members[at].1.clone();
            members.insert(at, (format!("messages/{}.txt", numbers.below(1_000)), copy));
            format!("a copy of {name} added")
        }
        7 => {
            let (path, bytes) = other.iter().find(|(path, _)| *path == name)?;
            members[at].1.clone_from(bytes);
            format!("{path} of another export")
        }
        8 => {
            let bytes = &mut members[at].1;
            let place = numbers.below(bytes.len() + 1);
            bytes.truncate(place);
            format!("{name} cut at {place}")
        }
        _ => {
            // A bit of a member, and a manifest that has its digest: what the log and the records say is asked then.
            let bytes = &mut members[at].1;
            if bytes.is_empty() || name.starts_with("proof/") || name == "manifest.json" {
                return None;
            }
            let old = sha256(bytes);
            let place = numbers.below(bytes.len());
            bytes[place] ^= 1 << numbers.below(7);
            let new = sha256(bytes);
            let manifest = members.iter_mut().find(|(path, _)| path == "manifest.json").unwrap();
            let text = String::from_utf8(manifest.1.clone()).unwrap();
            manifest.1 = text.replace(&old, &new).into_bytes();
            format!("byte {place} of {name}, with a manifest that was made again")
        }
    };
    let bytes = joined(&members);
    (bytes != whole).then_some((what, bytes))
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

/// Names how many alterations are tried; without it there are some.
const ALTERATIONS: &str = "PROVISO_ALTERATIONS";

#[test]
fn what_was_altered_is_found_by_both_with_the_same_faults() {
    let count: u64 = std::env::var(ALTERATIONS).map_or(400, |count| count.parse().unwrap());
    let (mut tried, mut seed) = (0, 0);
    let ((whole, key), (masked, _)) = (golden(WHOLE), golden(MASKED));
    let others = [parts(&whole), parts(&masked)];
    let (judged_with, its_key) = golden(JUDGED_WITH);
    while tried < count {
        seed += 1;
        let (export, other, key) = match seed % 4 {
            0 => (&masked, &others[0], &key),
            1 => (&judged_with, &others[0], &its_key),
            _ => (&whole, &others[1], &key),
        };
        let Some((what, bytes)) = altered(export, other, &mut Numbers(seed)) else {
            continue;
        };
        tried += 1;
        let answer = by_both(&bytes, if seed % 3 == 0 { key } else { "" });
        assert_eq!(answer["whole"], false, "{seed}: {what}");
        assert!(!answer["en"]["faults"].as_array().unwrap().is_empty(), "{seed}: {what}");
    }
}

/// What shows another export shows nothing of this one: a checkpoint of before, and one that somebody else signed.
#[test]
fn another_checkpoint_is_found_by_both() {
    use proviso_proof::Hash;
    use proviso_proof::note::{Checkpoint, KeyKind, KeyName, SignerKey};
    let ((whole, key), (masked, _)) = (golden(WHOLE), golden(MASKED));
    // The masked one was exported later, from the same log.
    let mut older = parts(&masked);
    older.retain(|(path, _)| !path.starts_with("proof/"));
    older.extend(parts(&whole).into_iter().filter(|(path, _)| path.starts_with("proof/")));
    let answer = by_both(&joined(&older), &key);
    assert_eq!(answer["whole"], false, "{answer}");

    let mut foreign = parts(&whole);
    let report = by_both(&whole, &key)["report"].clone();
    let root = Hash::from_hex(report["checkpoint"]["root"].as_str().unwrap()).unwrap();
    let size = report["checkpoint"]["size"].as_u64().unwrap();
    let log = report["export"]["log"].as_str().unwrap();
    let forger = SignerKey::new(KeyName::new(log).unwrap(), KeyKind::Note, &[7; 32]).unwrap();
    let checkpoint = Checkpoint::new(log, size, root).unwrap();
    for (path, bytes) in &mut foreign {
        match path.as_str() {
            "proof/key" => *bytes = format!("{}\n", forger.verifier()).into_bytes(),
            "proof/checkpoint" => *bytes = checkpoint.sign(&forger).unwrap().to_string().into_bytes(),
            _ => {}
        }
    }
    let foreign = joined(&foreign);
    // By itself it hangs together: that it is another's, the key that came by another way shows.
    assert_eq!(by_both(&foreign, "")["whole"], true);
    let answer = by_both(&foreign, &key);
    assert_eq!(answer["whole"], false);
    let faults = answer["en"]["faults"].to_string();
    assert!(faults.contains("proof/key: it is another key than"), "{faults}");
}

/// Foreign texts do not turn the lines around them, and are markup for nobody.
#[test]
fn what_an_export_says_is_shown_as_it_is_without_what_turns_lines() {
    let (whole, _) = golden(WHOLE);
    let mut members = parts(&whole);
    let manifest = members.iter_mut().find(|(path, _)| path == "manifest.json").unwrap();
    let text = String::from_utf8(manifest.1.clone()).unwrap();
    let other = text.replace(
        "\"case 7\"",
        "\"<img src=x onerror=alert(1)>\\u202e\\u001b[2J\u{2066}\"",
    );
    assert_ne!(text, other);
    manifest.1 = other.into_bytes();
    let answer = by_both(&joined(&members), "");
    let rows = answer["en"]["rows"].as_array().unwrap();
    assert!(
        rows.contains(&json!([
            "reason",
            "<img src=x onerror=alert(1)>\u{fffd}\u{fffd}[2J\u{fffd}"
        ])),
        "{rows:?}"
    );
}

#[test]
fn a_key_that_is_none_and_a_file_that_cannot_be_read_are_told() {
    let (whole, _) = golden(WHOLE);
    let (answer, beside) = BROWSER.verified(&whole, "no key");
    assert_eq!(answer["outcome"], "wrong-key");
    assert!(
        answer["en"].as_str().unwrap().contains("expected NAME+ID+KEY"),
        "{answer}"
    );
    assert!(answer["zh"].as_str().unwrap().contains("不是日志公钥"), "{answer}");
    assert_eq!(beside.read, 0);
    // A file that is changed while it is read, from any of its pieces on.
    for good in [0, 4096, 30_000] {
        let bytes = whole.clone();
        let file: File = Arc::new(move |at, into| {
            let at = at as usize;
            let piece = bytes.get(at..at + into.len()).filter(|_| at < good);
            piece.map(|piece| into.copy_from_slice(piece)).is_some()
        });
        let (answer, _) = BROWSER.run(file, whole.len() as u64, "");
        assert_eq!(answer["outcome"], "not-read", "{good}: {answer}");
        assert!(
            answer["en"].as_str().unwrap().contains("was it changed or moved"),
            "{answer}"
        );
        assert!(answer["zh"].as_str().unwrap().contains("无法读取"), "{answer}");
    }
    // What is no tar at all is not what an archive wrote.
    for bytes in [&b""[..], b"PK\x03\x04", &[0; 1024], &[b'x'; 5000]] {
        assert_eq!(by_both(bytes, "")["whole"], false);
    }
}

/// A file of gigabytes is read piece by piece, and what nobody lists is not read at all.
#[test]
fn memory_does_not_grow_with_the_file() {
    const MEMBER: u64 = 200 * 1024 * 1024;
    let (whole, _) = golden(WHOLE);
    let (_, small) = BROWSER.verified(&whole, "");
    let end = whole.len() - 1024;
    // Behind the members 16 of 200 MiB of zeros, as a tar has them.
    let headers: Vec<Vec<u8>> = (0..16)
        .map(|number| {
            let mut tar = TarWriter::new(Vec::new());
            tar.member(&format!("zeros/{number}"), b"").unwrap();
            let mut header = tar.finish().unwrap()[..512].to_vec();
            header[124..135].copy_from_slice(format!("{MEMBER:011o}").as_bytes());
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            header
        })
        .collect();
    let bytes = end as u64 + 16 * (512 + MEMBER) + 1024;
    let start = whole[..end].to_vec();
    let file: File = Arc::new(move |at, into| {
        for (at, byte) in (at..).zip(into) {
            *byte = match at.checked_sub(start.len() as u64) {
                None => start[at as usize],
                Some(behind) => {
                    let header = headers.get((behind / (512 + MEMBER)) as usize);
                    let place = (behind % (512 + MEMBER)) as usize;
                    header.and_then(|header| header.get(place)).copied().unwrap_or_default()
                }
            };
        }
        true
    });
    let (answer, large) = BROWSER.run(file, bytes, "");
    assert!(bytes > 3_000_000_000);
    assert_eq!(answer["whole"], false);
    assert_eq!(answer["report"]["faults_count"], 17, "{answer}");
    assert!(
        answer["en"]["faults"]
            .to_string()
            .contains("zeros/0: the manifest does not list it"),
        "{answer}"
    );
    assert!(large.read < 8 * 1024 * 1024, "{} bytes were read", large.read);
    assert!(
        large.largest < small.largest + 2 * 1024 * 1024,
        "{} {}",
        small.largest,
        large.largest
    );
    assert!(large.largest < 16 * 1024 * 1024, "{}", large.largest);
}

/// The page is the one that these sources make of its module.
#[test]
fn the_page_is_made_of_what_stands_here() {
    let made = proviso_verify_page::page(&module_bytes()).unwrap();
    assert!(
        made == *PAGE,
        "target/proviso-verify.html was built of other sources: build it with `sh host/verify-page/build.sh`"
    );
    // It asks for nothing but what the script gives.
    let module = Module::new(&Engine::default(), module_bytes()).unwrap();
    let mut imports: Vec<String> = module
        .imports()
        .map(|import| format!("{}.{}", import.module(), import.name()))
        .collect();
    imports.sort();
    assert_eq!(imports, ["page.progress", "page.read"]);
}
