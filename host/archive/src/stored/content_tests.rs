//! Contents are read by every later program.

use super::unhex;
use crate::sqlite::support::{rich_entry, whole};
use proviso_record::content::{read, write, write_whole};

/// A content of form 1 that uses every field, in hexadecimal digits. The file never changes.
const GOLDEN: &str = include_str!("golden/content-v1.hex");

#[test]
fn a_content_of_form_1_is_read_by_every_later_program() {
    let bytes = unhex(GOLDEN);
    let (message, digest) = read(&bytes, "bank", "wecom").unwrap();
    assert_eq!(digest, None);
    assert_eq!(message, whole(&rich_entry("m1", 1)));
    assert_eq!(write_whole(&message), bytes);
    assert_eq!(write(&rich_entry("m1", 1).message), bytes);
}

#[test]
fn what_may_be_kept_of_a_message_knows_the_digest_of_the_whole() {
    let entry = rich_entry("m1", 1);
    let kept = entry.message.metadata();
    let bytes = write(&kept);
    let (message, digest) = read(&bytes, "bank", "wecom").unwrap();
    assert_eq!((&message, digest), (&*kept, Some(entry.message.digest())));
    for part in [&*entry.message.text, &**entry.message.raw()] {
        assert!(
            !bytes.windows(part.len()).any(|window| window == part.as_bytes()),
            "{part}"
        );
    }
    for end in 1..bytes.len() {
        assert!(read(&bytes[..end], "bank", "wecom").is_err(), "{end}");
    }
}

#[test]
fn what_is_cut_off_or_of_another_form_is_told() {
    let bytes = unhex(GOLDEN);
    for end in 1..bytes.len() {
        assert!(read(&bytes[..end], "bank", "wecom").is_err(), "{end}");
    }
    let error = read(&[9], "bank", "wecom").unwrap_err();
    assert_eq!(
        error.to_string(),
        "it has form 9, which this program does not know: a newer Proviso may have written it"
    );
}
