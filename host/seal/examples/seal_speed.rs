//! How long it takes to make, seal and open records of 330 bytes, on one thread: `cargo run --release -p proviso-seal --example
//! seal_speed`.

use proviso_seal::{Keyring, Part, Record, Sealer, dictionary};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

dictionary!(static NOTHING = b"");

const RECORDS: i64 = 200_000;

fn main() {
    let sealer = Sealer::new(Arc::new(Keyring::generate("2026-11-29T06:00:00Z")));
    // Bytes that nothing makes shorter, so that compression does not hide the ciphers.
    let piece: Vec<u8> = (0..330_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let mut records = Vec::new();
    let tell = |what: &str, started: Instant| {
        println!(
            "{what:<28} {:>7.0} ns a record",
            started.elapsed().as_nanos() as f64 / RECORDS as f64
        );
    };
    let started = Instant::now();
    for number in 0..RECORDS {
        black_box(sealer.tag(&["bank", "wecom", &number.to_string()]));
    }
    tell("tag", started);
    let started = Instant::now();
    for _ in 0..RECORDS {
        black_box(sealer.new_key("bank").expect("the ring has a key"));
    }
    tell("make and wrap a key", started);
    let started = Instant::now();
    for number in 0..RECORDS {
        let key = sealer.new_key("bank").expect("the ring has a key");
        let record = Record { tenant: "bank", number };
        records.push((*key.wrapped(), key.seal(record, Part::Content, &piece, &NOTHING)));
    }
    tell("key, compress and seal", started);
    let started = Instant::now();
    for (number, (wrapped, sealed)) in (0..).zip(&records) {
        let record = Record { tenant: "bank", number };
        let key = sealer.unwrap("bank", 1, wrapped).expect("it was wrapped");
        black_box(
            key.open(record, Part::Content, sealed, &NOTHING, 1 << 20)
                .expect("it was sealed"),
        );
    }
    tell("unwrap, open and restore", started);
}
