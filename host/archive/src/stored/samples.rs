//! What the dictionary of contents is learnt from: the sentences of this repository's own cases and dialogues, which nobody sent, in
//! the shapes in which channels deliver messages. `make dictionary` writes them to a folder and has zstd learn from it.
//!
//! Never a message: what is learnt from one would stand in the clear in the program, and outlive it.

use super::content;
use proviso_model::message::{Direction, Kind, Party, PartyClass};
use proviso_model::{Message, MessageId, Timestamp};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names the folder to write samples to. Without it they are only counted.
const FOLDER: &str = "PROVISO_DICTIONARY_SAMPLES";

/// Numbers that are the same each time (xorshift64*: Vigna, An experimental exploration of Marsaglia's xorshift generators, 2016).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// Digits or letters without meaning.
    fn text(&mut self, alphabet: &str, chars: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..chars).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}

const HEX: &str = "0123456789abcdef";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const WECOM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
const PEOPLE: &[&str] = &[
    "wangwei",
    "zhangmin",
    "lihong",
    "chenjie",
    "liuyang",
    "zhaolei",
    "helen",
    "john.smith",
    "maria",
    "susan.lee",
];

/// The identifier of a person or a thing. A long one would be learnt, since a content has it twice, and it is nobody's.
fn identifier(dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => format!("wm{}", dice.text(WECOM, 5)),
        1 => dice.of(PEOPLE).to_owned(),
        2 => dice.text("0123456789", 6),
        3 => dice.text(HEX, 7),
        4 => {
            let prefix = dice.of(&["u", "c", "employee-", "customer-", "staff-", "user_"]);
            format!("{prefix}{}", dice.below(1000))
        }
        _ => format!("U{}", dice.text(UPPER, 5)),
    }
}

fn party(dice: &mut Dice) -> Party {
    Party {
        id: identifier(dice),
        class: [PartyClass::Employee, PartyClass::External][dice.below(2)],
        department: String::new(),
    }
}

fn named(party: &Party) -> Value {
    json!({ "id": party.id, "class": party.class.name() })
}

/// Members in this order, with or without white space behind colons and commas.
fn object(members: &[(&str, Value)], is_spaced: bool) -> String {
    let (colon, comma) = if is_spaced { (": ", ", ") } else { (":", ",") };
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\"{colon}{value}"))
        .collect();
    format!("{{{}}}", members.join(comma))
}

/// A message with that text, as one channel or another delivers it.
fn message(text: &str, dice: &mut Dice) -> Message {
    let sent_at =
        Timestamp::from_millis(1_735_689_600_000 + dice.below(1 << 31) as i64 * 40).expect("a time of these years");
    let native = match dice.below(4) {
        0 => identifier(dice),
        1 => dice.text(HEX, 7),
        2 => dice.below(1 << 20).to_string(),
        _ => format!("m-{:04}", dice.below(10_000)),
    };
    let conversation = match dice.below(4) {
        0 => identifier(dice),
        1 => format!("wr{}", dice.text(WECOM, 5)),
        2 => format!("conversation-{}", dice.below(1000)),
        _ => format!("room-{}", dice.text(HEX, 6)),
    };
    let (sender, recipient) = (party(dice), party(dice));
    let (channel, tenant) = (
        dice.of(&["chat", "wecom", "slack", "teams", "im"]),
        dice.of(&["bank", "shop", "acme", "demo"]),
    );
    let at = match dice.below(2) {
        0 => json!(sent_at.as_millis()),
        _ => json!(sent_at.to_string()),
    };
    let raw = match dice.below(12) {
        0..=2 => object(
            &[
                ("msgid", json!(native)),
                ("action", json!("send")),
                ("from", json!(sender.id)),
                ("tolist", json!([recipient.id])),
                ("roomid", json!(if dice.below(2) == 0 { "" } else { &conversation })),
                ("msgtime", json!(sent_at.as_millis())),
                ("msgtype", json!("text")),
                ("text", json!({ "content": text })),
            ],
            false,
        ),
        3 => format!(
            "Message-ID: <{native}@example.com>\r\nDate: Tue, 02 Feb 2027 09:00:00 +0800\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=\"utf-8\"\r\n\r\n{text}\r\n",
            sender.id,
            recipient.id,
            text.chars().take(12).collect::<String>(),
        ),
        // As programs write lines: most without white space, half of them with their members in order.
        style => {
            let mut members = vec![
                ("id", json!(native)),
                ("tenant", json!(tenant)),
                ("channel", json!(channel)),
                ("conversation", json!(conversation)),
                ("from", named(&sender)),
                ("to", json!([named(&recipient)])),
                ("sent_at", at),
                ("text", json!(text)),
            ];
            if style % 2 == 0 {
                members.sort_by_key(|(name, _)| *name);
            }
            object(&members, style > 9)
        }
    };
    Message {
        id: Arc::new(MessageId {
            tenant: tenant.to_owned(),
            channel: channel.to_owned(),
            native,
        }),
        kind: Kind::Text,
        native_kind: String::new(),
        direction: Direction::of(sender.class, [recipient.class]),
        sender,
        recipients: vec![recipient],
        conversation,
        sent_at,
        text: text.to_owned(),
        amount: None,
        attachments: Vec::new(),
        links: Vec::new(),
        recalls: None,
        consent: None,
        notes: Vec::new(),
        raw: raw.into(),
    }
}

/// The texts of messages in a document.
fn texts(document: &Value, found: &mut Vec<String>) {
    match document {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "text" => found.push(text.clone()),
                    // What a case expects cites the text once more.
                    _ if name == "expect" => {}
                    other => texts(other, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|one| texts(one, found)),
        _ => {}
    }
}

/// Files with that extension below a folder of the repository, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the repository") {
            let path = entry.expect("a name").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn sentences() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    for file in files(&root.join("policies"), "toml") {
        if file.parent().is_some_and(|folder| folder.ends_with("cases")) {
            let cases = fs::read_to_string(&file).expect("a file of cases");
            texts(&toml::from_str(&cases).expect("cases"), &mut found);
        }
    }
    for folder in ["frames", "messages"] {
        for file in files(&root.join("tests/corpus").join(folder), "jsonl") {
            for line in fs::read_to_string(&file).expect("a file of dialogues").lines() {
                texts(&serde_json::from_str(line).expect("a dialogue"), &mut found);
            }
        }
    }
    found
}

#[test]
fn there_are_samples_enough_to_learn_from() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = std::env::var_os(FOLDER).map_or(temporary.path().to_owned(), PathBuf::from);
    let mut dice = Dice(1);
    let mut sentences = sentences();
    // zstd tries what it learnt from the first ones on the last ones.
    for place in (1..sentences.len()).rev() {
        sentences.swap(place, dice.below(place + 1));
    }
    let (mut count, mut bytes) = (0_usize, 0);
    for text in sentences {
        let sample = content::write_whole(&message(&text, &mut dice));
        fs::write(folder.join(format!("{count:06}")), &sample).unwrap();
        (count, bytes) = (count + 1, bytes + sample.len());
    }
    // zstd asks for a hundred times the size of what it makes.
    assert!(
        count > 5000 && bytes > 100 * 16 * 1024,
        "{count} samples of {bytes} bytes"
    );
}
