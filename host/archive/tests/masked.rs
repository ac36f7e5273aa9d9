//! Searches under pseudonyms: what is given names nobody, and what stands within a pseudonym is found by nobody who does not know all of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::index::index_all;
use crate::support::{Write as _, batch, entry_of, fresh, message};
use proviso_archive::{Archive, Entry, Match, Search, SortBy, SortOrder, Sorting};
use proviso_model::message::Attachment;
use proviso_model::time::Zone;
use proviso_rows::each_row;
use proviso_search::Query;

fn saying(n: usize, text: &str) -> Entry {
    let mut message = message(&format!("m{n}"), n);
    message.text = text.into();
    message.attachments = vec![Attachment {
        name: format!("张三的合同{n}.pdf"),
        size_bytes: 1,
        reference: "ref".into(),
    }];
    message.links = vec!["https://example.org/zhang".into()];
    entry_of(message)
}

async fn filled(folder: &tempfile::TempDir) -> Archive {
    let archive = fresh(folder).await;
    let entries = vec![
        saying(1, "保本，打给我 138 0013 8000 或 staff-7"),
        saying(2, "保本，打给 13900139000"),
        saying(3, "nothing, ask staff-7 or write to li.si@example.com"),
        saying(7, "quiet"),
    ];
    archive.ingest(&batch(entries)).await.unwrap();
    archive
}

fn masked(query: &str) -> Search {
    let mut search = Search::new(&Query::parse(query).unwrap(), Zone::utc());
    search.masked = true;
    search
}

async fn found(archive: &Archive, search: &Search) -> Vec<Match> {
    archive.search(search).await.unwrap().matches
}

/// Each query with what it finds by their arrival, whatever is indexed.
const TABLE: &[(&str, &[i64])] = &[
    ("保本", &[2, 1]),
    // All of a number, however it is written; and of an identifier.
    ("13800138000", &[1]),
    ("+8613800138000", &[1]),
    ("\"138 0013 8000\"", &[1]),
    ("entity:cn-mobile", &[2, 1]),
    ("entity:cn-mobile=13900139000", &[2]),
    ("\"staff-7\"", &[3, 1]),
    ("\"li.si@example.com\"", &[3]),
    ("from:staff-1", &[1]),
    ("\"打给我 138 0013 8000\"", &[1]),
    // A part of one.
    ("138", &[]),
    ("0013", &[]),
    ("138*", &[]),
    ("139*", &[]),
    ("*00139000", &[]),
    ("*3900139*", &[]),
    ("*8000", &[]),
    ("staff", &[]),
    ("example", &[]),
    ("li", &[]),
    ("\"打给我 138\"", &[]),
    ("打给我 NEAR/3 0013", &[]),
    ("合同", &[]),
    ("zhang", &[]),
    // And that it is not there.
    ("保本 -0013", &[2, 1]),
    ("保本 -138*", &[2, 1]),
    ("保本 -13800138000", &[2]),
    ("-(保本 0013)", &[4, 3, 2, 1]),
    ("nothing -example", &[3]),
];

#[tokio::test]
async fn what_stands_within_a_pseudonym_counts_only_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    for indexed in [false, true] {
        if indexed {
            index_all(&archive).await;
        }
        let mut got = Vec::new();
        for (query, _) in TABLE {
            let search = masked(query);
            let given: Vec<i64> = found(&archive, &search).await.iter().map(|one| one.arrival).collect();
            let counted = archive.count(&search).await.unwrap();
            assert_eq!(counted.messages, given.len() as u64, "{query}");
            let mut sorted = search.clone();
            sorted.sorting = Some(Sorting {
                by: SortBy::Arrived,
                order: SortOrder::Ascending,
                after: None,
            });
            let mut ascending: Vec<i64> = found(&archive, &sorted).await.iter().map(|one| one.arrival).collect();
            ascending.reverse();
            assert_eq!(ascending, given, "{query}");
            got.push(given);
        }
        each_row(TABLE.iter().zip(got), |((query, expected), got)| {
            assert_eq!(got, *expected, "{query}, indexed: {indexed}");
        });
    }
}

#[tokio::test]
async fn what_is_given_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let given = found(&archive, &masked("kind:text")).await;
    assert_eq!(given.len(), 4);
    for one in &given {
        let all = format!("{:?}", one.message);
        for name in [
            "staff-",
            "wmCustomer",
            "138 0013",
            "0013 8000",
            "13900139000",
            "li.si",
            "example",
            "zhang",
            "张三",
            "\"m1\"",
        ] {
            assert!(!all.contains(name), "{name} in {all}");
        }
    }
    // The same stands for the same, and leads back.
    let (first, third) = (&given[3].message.text, &given[1].message.text);
    let start = third.find("⟦person-").unwrap() + "⟦".len();
    let person = &third[start..start + "person-".len() + 16];
    assert!(first.contains(person), "{first} {third}");
    assert_eq!(archive.unmask(0, person).await.unwrap().as_deref(), Some("staff-7"));
    // Marks stand where the words are now, and around a whole pseudonym.
    let marked = |one: &Match| -> Vec<String> {
        let marks = one
            .marks
            .iter()
            .map(|mark| mark.span.of(&one.message.text).unwrap().to_owned());
        marks.collect()
    };
    let found_number = found(&archive, &masked("13800138000 保本")).await;
    let [word, number] = &marked(&found_number[0])[..] else {
        panic!()
    };
    assert!(
        word == "保本" && number.starts_with("⟦cn-mobile-") && number.ends_with('⟧'),
        "{word} {number}"
    );
    let behind = found(&archive, &masked("\"或\"")).await;
    assert_eq!(marked(&behind[0]), ["或"]);
}
