//! Recall and precision of entities by kind, over a file of JSON lines; and what reading costs.
//!
//! `cargo run --release -p proviso-scan --example entities -- FILE [KIND]`
//!
//! A line is an object with `text` (or `body`), and `spans`: `[[type, start, end], …]` in characters, with the names that presidio
//! gives to types; or `case`, one of its own test cases. Lines without either are only read: what is found in them is counted.
//! With PROVISO_POLICIES, a folder of packs, scans are timed without entities and with them.
//! With a kind, or `all`, every entity of it is printed: `+` found and right, `?` found alone, `-` not found.

use proviso_scan::entities::{self, EntityKind};
use proviso_scan::{Entity, Folding, List, ListContent, MatcherBuilder, lexicon, patterns};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().unwrap_or_default();
    let shown = arguments.next();
    let rows: Vec<Row> = fs::read_to_string(path)?.lines().filter_map(Row::of).collect();
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    let mut found = Vec::new();
    for row in &rows {
        found.clear();
        entities::find(&row.text, &mut found);
        row.count(&found, &mut counts, shown.as_deref());
    }
    println!(
        "{:<16} {:>7} {:>7} {:>7} {:>8} {:>10}",
        "kind", "wanted", "found", "right", "recall", "precision"
    );
    for (kind, counts) in &counts {
        let share = |part: usize, whole: usize| match whole {
            0 => "-".to_owned(),
            _ => format!("{:.1} %", 100.0 * part as f64 / whole as f64),
        };
        let Counts { wanted, found, right } = *counts;
        let (recall, precision) = (share(right, wanted), share(right, found));
        println!("{kind:<16} {wanted:>7} {found:>7} {right:>7} {recall:>8} {precision:>10}");
    }
    time(&rows);
    match env::var("PROVISO_POLICIES") {
        Ok(folder) => time_scan(&rows, &folder),
        Err(_) => Ok(()),
    }
}

/// What a scan of all texts takes, without entities and with them: the least of some rounds, beside lists of a folder of policies.
fn time_scan(rows: &[Row], folder: &str) -> io::Result<()> {
    let mut lists = Vec::new();
    for pack in fs::read_dir(folder)?.filter_map(Result::ok) {
        for kind in ["lexicons", "patterns"] {
            let files = fs::read_dir(pack.path().join(kind)).into_iter().flatten();
            for path in files.filter_map(Result::ok).map(|file| file.path()) {
                let text = fs::read_to_string(&path)?;
                let content = if kind == "patterns" {
                    patterns::parse(&path, &text).ok().map(ListContent::Patterns)
                } else {
                    let terms = lexicon::parse(&path, &text).ok();
                    terms.map(|lexicon| ListContent::Lexicon {
                        terms: lexicon.terms.into_iter().map(|term| term.text).collect(),
                        folding: Folding::default(),
                    })
                };
                lists.extend(content.map(|content| List {
                    name: path.display().to_string(),
                    content,
                }));
            }
        }
    }
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let matcher = |with_entities: bool| {
        let mut builder = MatcherBuilder::new();
        for list in &lists {
            builder.add(list.clone());
        }
        if with_entities {
            builder.add(List {
                name: "entities".to_owned(),
                content: ListContent::Entities(EntityKind::ALL.to_vec()),
            });
        }
        builder.build().expect("lists that were read build a matcher")
    };
    let matchers = [matcher(false), matcher(true)];
    let mut scratches = [matchers[0].scratch(), matchers[1].scratch()];
    let mut least = [Duration::MAX; 2];
    for round in 0..20 {
        let which = round % 2;
        let begun = Instant::now();
        for texts in texts.chunks(256) {
            matchers[which].scan_each(texts, &mut scratches[which], |_, _| {});
        }
        least[which] = least[which].min(begun.elapsed());
    }
    let [without, with] = least.map(|least| least.as_nanos() / texts.len().max(1) as u128);
    println!("scan: {without} ns a text without entities, {with} ns with them");
    Ok(())
}

/// Nanoseconds for each text, the least of some rounds.
fn time(rows: &[Row]) {
    let mut found = Vec::new();
    let round = || {
        let begun = Instant::now();
        for row in rows {
            found.clear();
            entities::find(&row.text, &mut found);
        }
        begun.elapsed()
    };
    let least = std::iter::repeat_with(round).take(9).min().unwrap_or_default();
    let bytes: usize = rows.iter().map(|row| row.text.len()).sum();
    let texts = rows.len().max(1);
    println!(
        "{texts} texts of {} bytes: {} ns each, {:.2} ns a byte",
        bytes / texts,
        least.as_nanos() / texts as u128,
        least.as_nanos() as f64 / bytes.max(1) as f64
    );
}

#[derive(Default, Clone, Copy)]
struct Counts {
    wanted: usize,
    found: usize,
    right: usize,
}

struct Row {
    text: String,
    /// Kinds and bytes; none where nobody said what is right.
    wanted: Option<Vec<(&'static str, usize, usize)>>,
    /// What the row is a case of; its other kinds do not count.
    about: Option<&'static str>,
}

impl Row {
    fn of(line: &str) -> Option<Self> {
        let row: Value = serde_json::from_str(line).ok()?;
        if let Some(case) = row.get("case") {
            let about = kind_of(row["entities"][0].as_str().or(row["recognizer"].as_str())?)?;
            let text = case.get("text").or(case.get("iban"))?.as_str()?.to_owned();
            let spans = case
                .get("expected_positions")
                .or(case.get("expected_res"))?
                .as_array()?;
            let wanted = spans
                .iter()
                .map(|span| Some((about, byte(&text, &span[0])?, byte(&text, &span[1])?)))
                .collect();
            return Some(Self {
                text,
                wanted,
                about: Some(about),
            });
        }
        let turns = row.get("turns").and_then(Value::as_array).map(|turns| {
            let texts: Vec<&str> = turns.iter().filter_map(|turn| turn["text"].as_str()).collect();
            texts.join("\n")
        });
        let text = row
            .get("text")
            .or(row.get("body"))
            .and_then(Value::as_str)
            .map(str::to_owned)
            .or(turns)?;
        let wanted = row.get("spans").and_then(Value::as_array).map(|spans| {
            let of = |span: &Value| {
                Some((
                    kind_of(span[0].as_str()?)?,
                    byte(&text, &span[1])?,
                    byte(&text, &span[2])?,
                ))
            };
            spans.iter().filter_map(of).collect()
        });
        Some(Self {
            text,
            wanted,
            about: None,
        })
    }

    /// A find is right if it overlaps what is wanted.
    fn count(&self, found: &[Entity], counts: &mut BTreeMap<String, Counts>, shown: Option<&str>) {
        let show = |sign: char, kind: &str, start: usize, end: usize| {
            if shown == Some(kind) || shown == Some("all") {
                let (from, to) = (
                    self.text.floor_char_boundary(start.saturating_sub(40)),
                    self.text.ceil_char_boundary((end + 30).min(self.text.len())),
                );
                let around = format!(
                    "{}«{}»{}",
                    &self.text[from..start],
                    &self.text[start..end],
                    &self.text[end..to]
                );
                println!("{sign} {kind:<16} {}", around.replace('\n', "⏎"));
            }
        };
        let nothing = Vec::new();
        let wanted = self.wanted.as_ref().unwrap_or(&nothing);
        let overlaps = |entity: &Entity, kind: &str, start: usize, end: usize| {
            group(entity.kind) == kind && (entity.start as usize) < end && start < entity.end as usize
        };
        for entity in found {
            let kind = group(entity.kind);
            if self.about.is_some_and(|about| about != kind) {
                continue;
            }
            let is_right = wanted
                .iter()
                .any(|(kind, start, end)| overlaps(entity, kind, *start, *end));
            counts.entry(kind.to_owned()).or_default().found += 1;
            show(
                if is_right { '+' } else { '?' },
                kind,
                entity.start as usize,
                entity.end as usize,
            );
        }
        for (kind, start, end) in wanted {
            let is_right = found.iter().any(|entity| overlaps(entity, kind, *start, *end));
            let counts = counts.entry((*kind).to_owned()).or_default();
            counts.wanted += 1;
            counts.right += usize::from(is_right);
            if !is_right {
                show('-', kind, *start, *end);
            }
        }
    }
}

/// The kinds of telephones count as one.
fn group(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::CnMobile | EntityKind::CnLandline => EntityKind::Phone.name(),
        kind => kind.name(),
    }
}

fn kind_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "CREDIT_CARD" => "bank-card",
        "PHONE_NUMBER" | "phone" | "TR_PHONE_NUMBER" => "phone",
        "IBAN_CODE" => "iban",
        "US_SSN" => "us-ssn",
        "US_ITIN" => "us-itin",
        "UK_NHS" => "uk-nhs",
        "US_PASSPORT" | "DE_PASSPORT" | "ES_PASSPORT" | "IN_PASSPORT" => "passport",
        "MEDICAL_LICENSE" => "medical-licence",
        "CRYPTO" => "crypto-address",
        "EMAIL_ADDRESS" => "email",
        "DOMAIN_NAME" | "URL" => "url",
        "IP_ADDRESS" => "ip-address",
        "DATE_TIME" => "date",
        _ => return None,
    })
}

fn byte(text: &str, chars: &Value) -> Option<usize> {
    let chars = usize::try_from(chars.as_u64()?).ok()?;
    text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(chars)
}
