//! Bytes that pass the check of their page and are no segment: what a defect of ours may have written.

use super::Segment;
use crate::query::Query;
use crate::segment::page::{Stream, write};
use crate::segment::{Builder, NoPage, SegmentError};
use crate::{Documents, Prepared};
use proptest::prelude::*;
use proviso_model::time::Zone;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock};

static GOOD: LazyLock<Vec<Arc<[u8]>>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    for number in 0..1_500_u64 {
        let text = format!(
            "保本 {} {} 收益 {}",
            number * number % 97,
            ["bank", "account", "of"][number as usize % 3],
            number
        );
        let line = format!(
            r#"{{"id": "m", "tenant": "t", "channel": "c", "kind": "text", "sent_at": {}, "conversation": "x", "from": {{"id": "wei"}}, "to": [{{"id": "li"}}], "text": "{text}"}}"#,
            1_767_225_600_000 + number * 977
        );
        let message =
            proviso_model::canonical::from_json(&line, &proviso_model::canonical::Defaults::default()).unwrap();
        builder.add(number * 2, &message).unwrap();
    }
    let mut pages = Vec::new();
    let take = |page: Vec<u8>| {
        pages.push(page.into());
        Ok::<(), Infallible>(())
    };
    builder.write(take).unwrap();
    pages
});

/// Asks everything; what is found does not matter.
fn ask(pages: Vec<Arc<[u8]>>) -> Result<(), SegmentError<NoPage>> {
    let segment = Segment::open(pages)?;
    for text in [
        "保本",
        "保",
        "bank",
        "\"bank 1\"",
        "1*",
        "*a*",
        "since:2026-01-01T00:10:00Z",
        "NOT from:wei",
    ] {
        let query = Prepared::new(&Query::parse(text).unwrap(), &Zone::utc());
        let _ = segment.candidates(&query, None, &mut ());
    }
    for document in [0, 127, 128, 1_499, 1_500] {
        let _ = segment.row(document);
        let _ = segment.document(u64::from(document) * 2);
        let _ = segment.documents_before(u64::from(document) * 2);
    }
    let _ = segment.documents_of([0, 2, 3, 256, 2_998]);
    let none = Documents::none(segment.documents());
    let _ = crate::segment::merge(&[(&segment, &none)], |_| Ok::<(), Infallible>(()));
    Ok(())
}

#[test]
fn good_pages_are_read() {
    assert_eq!(ask(GOOD.clone()), Ok(()));
    let streams: Vec<u8> = GOOD.iter().map(|page| page[1]).collect();
    assert!((1..=5).all(|stream| streams.contains(&stream)), "{streams:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_written_in_a_page_is_no_panic(page in any::<prop::sample::Index>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in prop::option::of(any::<prop::sample::Index>())) {
        let mut pages = GOOD.clone();
        let number = page.index(pages.len());
        let stream = [Stream::Postings, Stream::Dictionary, Stream::Table, Stream::Root, Stream::Head][usize::from(pages[number][1]) - 1];
        let mut content = pages[number][14..].to_vec();
        for (at, byte) in &changes {
            // Half of them near the beginning, where counts stand.
            let reach = if byte & 1 == 0 { content.len() } else { content.len().min(24) };
            content[at.index(reach)] = *byte;
        }
        if let Some(cut) = cut {
            content.truncate(cut.index(content.len()));
        }
        pages[number] = write(stream, number as u32, &content).into();
        let _ = ask(pages);
    }
}
