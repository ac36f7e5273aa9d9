//! The form of a segment, as every later program reads it.

use crate::support::{Pages, built, message, pages, prepared, with_attachment};
use proviso_search::segment::Segment;
use std::fmt::Write as _;

/// Pages as hexadecimal lines, one a page. A change of this file is a new version of the form.
const GOLDEN: &str = include_str!("golden/segment-v1.txt");

fn written() -> Pages {
    let mut messages = vec![
        message("保本保息，call 138 0013 8000"),
        message("an investment of 100万元 🚀"),
        with_attachment("穩賺不賠 bank", "合同.pdf"),
    ];
    messages.extend((0..300).map(|number| message(&format!("bank {}", if number % 3 == 0 { "保" } else { "of" }))));
    pages(&built(&messages))
}

#[test]
fn a_segment_has_the_bytes_that_it_had() {
    let mut text = String::new();
    for page in written() {
        for byte in &*page {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    assert_eq!(text, GOLDEN, "the form of segments changed: it needs a new version");
}

#[test]
fn the_segment_of_an_older_program_is_read() {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    let page = |line: &str| line.as_bytes().chunks(2).map(byte).collect::<Vec<u8>>().into();
    let pages: Pages = GOLDEN.lines().map(page).collect();
    let segment = Segment::open(pages).unwrap();
    assert_eq!(segment.documents(), 303);
    for (query, expected) in [
        ("bank", 301),
        ("保", 101),
        ("of", 200 + 1),
        ("13800138000", 1),
        ("合同", 1),
        ("entity:amount", 1),
        ("from:wei", 303),
    ] {
        let count = segment.candidates(&prepared(query), None, &mut ()).unwrap().count();
        assert_eq!((count.least, count.most), (expected, expected), "{query}");
    }
}
