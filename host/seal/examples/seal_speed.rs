//! How fast messages are sealed and opened: `cargo run --release -p proviso-seal --example seal_speed [LINES.jsonl]`.
//!
//! One thread, batches of 512. Each line is a record of one part. Without a file the lines are made up, of 330 bytes each. The
//! dictionary is of made-up lines. What one says is the best of five rounds.

use proviso_model::Timestamp;
use proviso_seal::{Dictionary, FileRing, KeyRing as _, Opener, Part, RecordId, Sealer, SuiteName, issue};
use std::error::Error;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

const BATCH: usize = 512;
const ROUNDS: usize = 5;
const LINES_MAX: usize = 40_000;

fn main() -> Result<(), Box<dyn Error>> {
    let lines = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(path)?
            .lines()
            .take(LINES_MAX)
            .map(str::to_owned)
            .collect(),
        None => made_up(20_000),
    };
    let measured: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    let bytes: usize = measured.iter().map(|line| line.len()).sum();
    println!(
        "{} lines, {:.0} bytes each",
        measured.len(),
        bytes as f64 / measured.len() as f64
    );
    println!(
        "{:>12}  {:>10}  sealed bytes a line  packed and sealed  opened and unpacked",
        "suite", "dictionary"
    );
    let invented = made_up(24).concat().leak();
    let dictionary = Dictionary::new(NonZeroU32::MIN, invented.as_bytes());
    for suite in SuiteName::ALL {
        row(suite, None, &measured)?;
        row(suite, Some(&dictionary), &measured)?;
    }
    // Noise does not pack, so all of it is sealed; what is tried to pack it is in the time of sealing.
    println!();
    println!(
        "{:>12}  keys made and wrapped   sealed   opened   keys unwrapped   salt    (ns each; noise of 330 bytes)",
        "suite"
    );
    for suite in SuiteName::ALL {
        cipher_alone(suite)?;
    }
    Ok(())
}

fn row(suite: SuiteName, dictionary: Option<&Dictionary>, lines: &[&[u8]]) -> Result<(), Box<dyn Error>> {
    let mut sealer = Sealer::new(dictionary)?;
    let mut opener = Opener::new(1 << 20);
    if let Some(dictionary) = dictionary {
        opener.know(dictionary)?;
    }
    let times = measure(suite, &mut sealer, &mut opener, lines)?;
    println!(
        "{:>12}  {:>10}  {:>19.0}  {:>14} ns  {:>16} ns",
        suite.name(),
        if dictionary.is_some() { "invented" } else { "none" },
        times.sealed_bytes as f64 / lines.len() as f64,
        each(times.seal, lines),
        each(times.open, lines),
    );
    Ok(())
}

fn cipher_alone(suite: SuiteName) -> Result<(), Box<dyn Error>> {
    let mut state = 1_u64;
    let mut noise = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    let lines: Vec<Vec<u8>> = (0..10_000).map(|_| (0..330).map(|_| noise()).collect()).collect();
    let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
    let times = measure(suite, &mut Sealer::new(None)?, &mut Opener::new(1 << 20), &lines)?;
    println!(
        "{:>12}  {:>21}  {:>7}  {:>7}  {:>15}  {:>5}",
        suite.name(),
        each(times.issue, &lines),
        each(times.seal, &lines),
        each(times.open, &lines),
        each(times.unwrap, &lines),
        each(times.salt, &lines),
    );
    Ok(())
}

/// The best round of each.
struct Times {
    issue: Duration,
    seal: Duration,
    open: Duration,
    unwrap: Duration,
    salt: Duration,
    sealed_bytes: usize,
}

fn each(time: Duration, lines: &[&[u8]]) -> u128 {
    time.as_nanos() / lines.len() as u128
}

fn measure(
    suite: SuiteName,
    sealer: &mut Sealer,
    opener: &mut Opener,
    lines: &[&[u8]],
) -> Result<Times, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let ring = FileRing::make(&folder.path().join("keys"), suite, Timestamp::from_millis(0)?)?;
    let longest = Duration::MAX;
    let mut best = Times {
        issue: longest,
        seal: longest,
        open: longest,
        unwrap: longest,
        salt: longest,
        sealed_bytes: 0,
    };
    for _ in 0..ROUNDS {
        let mut round = [Duration::ZERO; 5];
        best.sealed_bytes = 0;
        for (number, lines) in lines.chunks(BATCH).enumerate() {
            let record = |index: usize| RecordId {
                tenant: "bank",
                kind: "message",
                number: (number * BATCH + index) as u64,
            };
            let (mut keys, mut wrapped) = (Vec::new(), Vec::new());
            round[0] += timed(|| Ok(issue(&ring, lines.len(), &mut keys, &mut wrapped)?))?;
            let mut sealed = Vec::new();
            let mut places = Vec::with_capacity(lines.len());
            round[1] += timed(|| {
                for (index, line) in lines.iter().enumerate() {
                    places.push(sealer.seal(&mut keys[index], &record(index), Part::CONTENT, line, &mut sealed)?);
                }
                Ok(())
            })?;
            best.sealed_bytes += sealed.len();
            let mut unwrapped = Vec::new();
            round[3] += timed(|| Ok(ring.unwrap(&wrapped, &mut unwrapped)?))?;
            let mut opened = Vec::new();
            round[2] += timed(|| {
                for (index, place) in places.iter().enumerate() {
                    let key = unwrapped[index].as_ref().map_err(|error| *error)?;
                    opener.open(key, &record(index), Part::CONTENT, &sealed[place.clone()], &mut opened)?;
                }
                Ok(())
            })?;
            assert_eq!(opened, lines.concat());
            round[4] += timed(|| {
                for key in &keys {
                    std::hint::black_box(key.salt());
                }
                Ok(())
            })?;
        }
        let [issue, seal, open, unwrap, salt] = round;
        best.issue = best.issue.min(issue);
        best.seal = best.seal.min(seal);
        best.open = best.open.min(open);
        best.unwrap = best.unwrap.min(unwrap);
        best.salt = best.salt.min(salt);
    }
    Ok(best)
}

fn timed(act: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    act()?;
    Ok(start.elapsed())
}

/// Lines of a chat as NDJSON has them, all different.
fn made_up(count: usize) -> Vec<String> {
    let words = [
        "order", "客户", "fund", "产品", "delivery", "您好", "price", "合同", "transfer", "账户", "tomorrow", "请问",
        "invoice", "利率",
    ];
    let line = |number: usize| {
        let mut text = String::new();
        let mut state = number * 2_654_435_761 + 1;
        while text.len() < 120 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(words[(state >> 33) % words.len()]);
            text.push_str(&((state >> 40) % 977).to_string());
        }
        let head = format!(
            "{{\"id\":\"m-{number}\",\"sent_at\":\"2026-11-29T{:02}:{:02}:{:02}+08:00\",\"channel\":\"wecom\",\"kind\":\"text\",\"conversation\":\"room-{}\",\"from\":{{\"id\":\"employee-{}\",\"class\":\"employee\"}},\"text\":\"",
            number / 3600 % 24,
            number / 60 % 60,
            number % 60,
            number % 613,
            number % 229,
        );
        let mut line = head + &text;
        while line.len() < 328 {
            line.push_str("ok");
        }
        line.push_str("\"}");
        line
    };
    (0..count).map(line).collect()
}
