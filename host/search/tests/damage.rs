//! A segment whose bytes are not those that were written is an error: no panic, and no other answer.

use crate::support::{Pages, built, message, pages, prepared, word};
use proviso_search::segment::{NoPage, Segment, SegmentError};
use proviso_search::{Candidates, SearchError};
use std::collections::BTreeSet;
use std::sync::Arc;

const QUERIES: [&str; 8] = [
    "保本",
    "保",
    "aabaa",
    "aa*",
    "*ba*",
    "sent:2026-01-01",
    "kind:text -abaaa more",
    "entity:cn-mobile",
];

fn some() -> Pages {
    let texts = (0..3_000).map(|number| {
        message(&format!(
            "保本 {} 1380013{:04} {} more",
            word(number),
            number * 3,
            word(500_000 + number % 7)
        ))
    });
    pages(&built(&texts.collect::<Vec<_>>()))
}

fn answers(pages: Pages) -> Result<Vec<Candidates>, SegmentError<NoPage>> {
    let segment = Segment::open(pages)?;
    let mut all = Vec::new();
    for query in QUERIES {
        match segment.candidates(&prepared(query), None, &mut ()) {
            Ok(found) => all.push(found),
            Err(SearchError::Segment(error)) => return Err(error),
            Err(SearchError::Filter(never)) => match never {},
        }
    }
    for document in 0..segment.documents() {
        segment.row(document)?;
    }
    Ok(all)
}

#[test]
fn a_flipped_bit_or_a_cut_page_is_an_error_or_is_not_read() {
    let good = some();
    let streams: BTreeSet<u8> = good.iter().map(|page| page[1]).collect();
    assert_eq!(streams.len(), 5, "a page of each stream at least");
    let expected = answers(good.clone()).unwrap();
    let mut refused = 0;
    for (number, page) in good.iter().enumerate() {
        let last = page.len() - 1;
        for at in [0, 1, 2, 5, 6, 13, 14, 15, page.len() / 3, page.len() / 2, last] {
            for other in [changed(page, at), page[..at].to_vec()] {
                let mut pages = good.clone();
                pages[number] = other.into();
                match answers(pages) {
                    Ok(found) => assert_eq!(found, expected, "byte {at} of page {number}"),
                    Err(SegmentError::Damaged { page, .. }) => {
                        refused += 1;
                        assert_eq!(page as usize, number);
                    }
                    Err(SegmentError::Form { .. } | SegmentError::Analysis { .. }) => refused += 1,
                    Err(SegmentError::Page { page, .. }) => panic!("page {page} is there"),
                }
            }
        }
    }
    assert!(refused >= good.len() * 15, "{refused} of {} pages", good.len());
}

fn changed(page: &Arc<[u8]>, at: usize) -> Vec<u8> {
    let mut bytes = page.to_vec();
    bytes[at] ^= 4;
    bytes
}

#[test]
fn pages_that_are_missing_swapped_or_of_another_segment_are_errors() {
    let good = some();
    assert!(answers(Pages::new()).is_err());
    for missing in 0..good.len() {
        let mut pages = good.clone();
        pages.remove(missing);
        assert!(answers(pages).is_err(), "without page {missing}");
    }
    let mut swapped = good.clone();
    swapped.swap(0, 1);
    assert!(answers(swapped).is_err());
    // A page of the same place, of a segment that has other messages: a seal binds pages to their segment, a check does not. It is
    // an error, or an answer of other documents, and never a panic.
    let other = pages(&built(&[message("保本"), message("aabaa")]));
    for number in 0..other.len().min(good.len()) {
        let mut pages = good.clone();
        pages[number] = Arc::clone(&other[number]);
        let _ = answers(pages);
    }
}
