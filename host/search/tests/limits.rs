//! Bounds of segments, and what is said when one is met.

use crate::support::{message, pages, prepared, word};
use proviso_search::segment::{Builder, MergeError, NotAdded, Segment, TERMS_PER_DOCUMENT_MAX, WriteError, merge};
use proviso_search::{Count, Documents, Examiner, Labels};
use std::convert::Infallible;

/// A message with more words than are indexed is looked at for every query: it is found by its last word.
#[test]
fn a_message_with_too_many_terms_is_a_candidate_of_every_query() {
    let words: String = (0..TERMS_PER_DOCUMENT_MAX as u32)
        .map(|number| word(number) + " ")
        .collect();
    let long = message(&(words + "last"));
    let mut builder = Builder::default();
    builder.add(1, &message("a short one")).unwrap();
    builder.add(2, &long).unwrap();
    let segment = Segment::open(pages(&builder)).unwrap();
    for (text, expected) in [
        ("last", vec![(1, false)]),
        ("short", vec![(1, false), (0, true)]),
        ("NOT aaaaa", vec![(0, true)]),
        ("NOT last", vec![(1, false), (0, true)]),
        ("kind:text", vec![(1, true), (0, true)]),
    ] {
        let query = prepared(text);
        let found = segment.candidates(&query, None, &mut ()).unwrap();
        assert_eq!(found.newest_first().collect::<Vec<_>>(), expected, "{text}");
    }
    assert!(
        Examiner::default()
            .examine(&prepared("last"), &long, &Labels::default())
            .is_some()
    );
}

#[test]
fn long_words_are_known_by_their_beginning_and_looked_at() {
    let long = "x".repeat(100);
    let mut builder = Builder::default();
    builder.add(1, &message(&format!("{long}a"))).unwrap();
    builder.add(2, &message(&format!("{long}b"))).unwrap();
    let count = |query: &str| builder.candidates(&prepared(query), None, &mut ()).unwrap().count();
    assert_eq!(count(&format!("{long}a")), Count { least: 0, most: 2 });
    assert_eq!(count("xx*"), Count { least: 2, most: 2 });
    assert_eq!(count("*a"), Count { least: 0, most: 2 });
    assert_eq!(count(&format!("{}*", "x".repeat(70))), Count { least: 0, most: 2 });
    assert_eq!(count("xy*"), Count { least: 0, most: 0 });
}

#[test]
fn numbers_ascend() {
    let mut builder = Builder::default();
    builder.add(7, &message("a")).unwrap();
    let error = builder.add(7, &message("b")).unwrap_err();
    assert_eq!(error, NotAdded::Order { number: 7, last: 7 });
    assert_eq!(
        error.to_string(),
        "message 7 comes behind message 7: expected numbers in ascending order"
    );
    assert_eq!(builder.len(), 1);
}

#[test]
fn a_segment_of_nothing_is_one() {
    let builder = Builder::default();
    let segment = Segment::open(pages(&builder)).unwrap();
    assert_eq!(segment.documents(), 0);
    assert!(
        segment
            .candidates(&prepared("NOT a"), None, &mut ())
            .unwrap()
            .documents()
            .is_empty()
    );
    assert_eq!((segment.row(0).unwrap(), segment.document(1).unwrap()), (None, None));
}

#[test]
fn what_the_sink_does_not_take_and_a_message_in_two_parts_are_told() {
    let mut builder = Builder::default();
    builder.add(1, &message("a word")).unwrap();
    let refused = builder.write(|_| Err("full")).unwrap_err();
    assert_eq!(
        refused,
        WriteError::Sink {
            page: 0,
            source: "full"
        }
    );
    let segment = Segment::open(pages(&builder)).unwrap();
    let none = Documents::none(1);
    let take = |_: Vec<u8>| Ok::<(), Infallible>(());
    let error = merge(&[(&segment, &none), (&segment, &none)], take).unwrap_err();
    assert_eq!(error, MergeError::Twice { number: 1 });
}
