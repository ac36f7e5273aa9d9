//! Messages and queries that are made of texts of the corpora.

use proviso_model::message::{Direction, Kind, Message, Party, PartyClass};
use proviso_model::{MessageId, Timestamp};
use std::sync::Arc;

pub(crate) type Make = fn(&str, &mut Random) -> Option<String>;

/// Kinds of queries, each made of what stands in some text.
pub(crate) const KINDS: [(&str, Make); 15] = [
    ("1 ideograph", |text, random| han(text, 1, random)),
    ("2 ideographs", |text, random| han(text, 2, random)),
    ("3 ideographs", |text, random| han(text, 3, random)),
    ("4-8 ideographs", |text, random| {
        let count = 4 + random.below(5);
        han(text, count, random)
    }),
    ("a word", |text, random| latin(text, 1, random)),
    ("a phrase of 2 words", |text, random| {
        Some(format!("{:?}", latin(text, 2, random)?))
    }),
    ("a phrase of 4 words", |text, random| {
        Some(format!("{:?}", latin(text, 4, random)?))
    }),
    ("3 words", |text, random| latin(text, 3, random)),
    ("3 letters and *", |text, random| {
        Some(format!("{}*", latin(text, 1, random)?.get(..3)?))
    }),
    ("3 letters within *", |text, random| {
        Some(format!("*{}*", latin(text, 1, random)?.get(..3)?))
    }),
    ("a number of 4 or more digits", |text, _| {
        let number = text
            .split(|c: char| !c.is_ascii_digit())
            .find(|number| number.len() >= 4)?;
        Some(number.to_owned())
    }),
    ("a word NEAR/5 another", |text, random| {
        let words = latin(text, 3, random)?;
        let (first, rest) = words.split_once(' ')?;
        Some(format!("{first} NEAR/5 {}", rest.split_once(' ')?.1))
    }),
    ("2 ideographs without 2 others", |text, random| {
        Some(format!("{} NOT {}", han(text, 2, random)?, han(text, 2, random)?))
    }),
    ("one of 4", |text, random| {
        Some(format!(
            "{} OR {} OR {} OR bank",
            han(text, 2, random)?,
            han(text, 2, random)?,
            han(text, 3, random)?
        ))
    }),
    ("2 ideographs in 3 days, without addresses", |text, random| {
        Some(format!(
            "{} since:2026-01-10 until:2026-01-12 -entity:url",
            han(text, 2, random)?
        ))
    }),
];

fn han(text: &str, count: usize, random: &mut Random) -> Option<String> {
    let rows: Vec<Vec<char>> = text
        .split(|c: char| !('\u{4e00}'..='\u{9fff}').contains(&c))
        .map(|row| row.chars().collect())
        .filter(|row: &Vec<char>| row.len() >= count)
        .collect();
    let row = rows.get(random.below(rows.len().max(1)))?;
    let from = random.below(row.len() - count + 1);
    let found: String = row[from..from + count].iter().collect();
    (found != "与" && found != "或" && found != "非").then_some(found)
}

fn latin(text: &str, count: usize, random: &mut Random) -> Option<String> {
    let words: Vec<&str> = text
        .split(' ')
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
        .filter(|word| !word.is_empty())
        .collect();
    let from = random.below(words.len().checked_sub(count)? + 1);
    Some(words[from..from + count].join(" "))
}

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    /// Most often a small one.
    fn skewed(&mut self, end: usize) -> usize {
        let below = self.below(end) + 1;
        self.below(below)
    }
}

pub(crate) fn texts(folder: &str) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(format!("{folder}/messages"))
        .expect("a folder with messages")
        .map(|entry| entry.expect("a file").path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        for line in std::fs::read_to_string(path).expect("a file").lines() {
            let row: serde_json::Value = serde_json::from_str(line).expect("JSON lines");
            let turns = row["turns"].as_array().into_iter().flatten().map(|turn| &turn["text"]);
            let texts = [&row["text"], &row["body"]].into_iter().chain(turns);
            all.extend(texts.filter_map(|text| text.as_str()).map(str::to_owned));
        }
    }
    // Of all corpora by turns, so that a part of the texts has both languages.
    let mut random = Random(2);
    for place in (1..all.len()).rev() {
        all.swap(place, random.below(place + 1));
    }
    all
}

pub(crate) fn message(texts: &[String], number: u64, random: &mut Random) -> Message {
    let text = &texts[number as usize % texts.len()];
    let text = if (number as usize) < texts.len() {
        text.clone()
    } else {
        let other = &texts[random.below(texts.len())];
        let half = |text: &str| text.floor_char_boundary(text.len() / 2);
        let varied = format!("{}{}", &text[..half(text)], &other[half(other)..]);
        let digit = |random: &mut Random| char::from(b'0' + random.below(10) as u8);
        varied
            .chars()
            .map(|c| if c.is_ascii_digit() { digit(random) } else { c })
            .collect()
    };
    let conversation = random.skewed(30_000);
    let customer = format!("wmBQADcQAAQ8vV{conversation:06}JkFv3uQ");
    let employee = format!("employee.{}", conversation % 3_000);
    let is_inbound = random.below(2) == 0;
    let (from, to) = if is_inbound {
        (&customer, &employee)
    } else {
        (&employee, &customer)
    };
    let party = |id: &String| Party {
        id: id.clone(),
        class: if *id == customer {
            PartyClass::External
        } else {
            PartyClass::Employee
        },
        department: String::new(),
    };
    Message {
        id: Arc::new(MessageId {
            tenant: "bank".to_owned(),
            channel: "wecom".to_owned(),
            native: format!("{number:020}_external"),
        }),
        kind: if random.below(20) == 0 {
            Kind::Markdown
        } else {
            Kind::Text
        },
        native_kind: String::new(),
        direction: if is_inbound {
            Direction::Inbound
        } else {
            Direction::Outbound
        },
        sender: party(from),
        recipients: vec![party(to)],
        conversation: format!("{employee}|{customer}"),
        sent_at: Timestamp::from_millis(1_767_225_600_000 + number as i64 * 2_600 + random.below(60_000) as i64)
            .expect("a time"),
        text,
        amount: None,
        attachments: Vec::new(),
        links: Vec::new(),
        recalls: None,
        consent: None,
        notes: Vec::new(),
        raw: "".into(),
    }
}
