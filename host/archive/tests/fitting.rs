//! What fits an order to keep, and what has a label, by the index: the same as a look at each message finds, and few of them are looked at.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::disposal::{hold, place};
use crate::index::{found, index_all};
use crate::support::{Write as _, at, batch, entry_of, finding, fresh, message, policy, wei};
use proviso_archive::{Archive, Change, Entry, HoldQuery, NewHold, Search};
use proviso_model::time::Zone;
use proviso_model::verdict::Severity;
use proviso_search::Query;
use std::sync::Arc;

const DAY_MS: i64 = 86_400_000;

/// Messages of two tenants, some of which say more than stands in them, or of which nothing is kept.
fn one(n: usize) -> Entry {
    let mut message = message(&format!("m{n}"), n);
    message.sent_at = at(message.sent_at.as_millis() + (n as i64 % 13) * 9 * DAY_MS);
    message.text = [
        "保本保息 falcon",
        "nothing of it",
        "猎鹰项目 falcon 保本",
        "call 138 0013 8000",
    ][n % 4]
        .into();
    message.conversation = format!("Room-{}", n % 5);
    if n.is_multiple_of(6) {
        Arc::make_mut(&mut message.id).tenant = "shop".into();
    }
    if n.is_multiple_of(17) {
        message.notes = vec!["nested content kept raw".into()];
        message.raw = "{\"item\":\"猎鹰 inside\"}".into();
    }
    if n.is_multiple_of(19) {
        (message.text, message.raw) = (String::new(), "".into());
    }
    let mut entry = entry_of(message);
    entry.verdict.findings.clear();
    if n.is_multiple_of(3) {
        entry.verdict.findings.push(finding("promise", Severity::ALL[n % 4]));
    }
    if n.is_multiple_of(7) {
        let mut other = finding("leaving", Severity::High);
        other.shadow = n.is_multiple_of(2);
        other.policy = policy("departure-risk").policy;
        entry.verdict.findings.push(other);
    }
    entry
}

fn by_query(query: &str) -> NewHold {
    NewHold {
        query: Some(HoldQuery::new(query.into(), Some("Asia/Shanghai")).unwrap()),
        ..hold()
    }
}

fn orders() -> Vec<NewHold> {
    let first = message("m1", 1);
    let sent = |days: i64| at(first.sent_at.as_millis() + days * DAY_MS);
    let person = |id: &str| NewHold {
        person: Some(id.into()),
        ..hold()
    };
    let mut shop = by_query("falcon");
    shop.tenant = "shop".into();
    vec![
        by_query("猎鹰"),
        by_query("falcon -保本"),
        by_query("-falcon"),
        by_query("entity:cn-mobile OR (猎鹰 conversation:room-2)"),
        by_query("\"保本保息 falcon\" from:staff-4"),
        by_query("没有这样的话"),
        shop,
        person(&first.sender.id),
        person(&first.recipients[0].id),
        person("nobody"),
        NewHold {
            sent_from: Some(sent(20)),
            sent_before: Some(sent(60)),
            ..person("staff-7")
        },
        NewHold {
            conversation: Some("Room-3".into()),
            ..hold()
        },
        NewHold {
            conversation: Some("room-3".into()),
            ..hold()
        },
        NewHold {
            conversation: Some("Room-3".into()),
            ..person("staff-8")
        },
        NewHold {
            sent_from: Some(sent(20)),
            sent_before: Some(sent(60)),
            ..hold()
        },
        NewHold {
            sent_before: Some(sent(30)),
            texts: vec!["保本保息".into(), "FALCON".into()],
            ..hold()
        },
        hold(),
    ]
}

async fn looked_at(archive: &Archive, text: &str) -> (u64, u64) {
    let asked = Search::new(&Query::parse(text).unwrap(), Zone::utc());
    let counted = archive.count(&asked).await.unwrap();
    assert!(!counted.is_cut_short);
    (counted.messages, counted.looked_at)
}

#[tokio::test]
async fn what_fits_an_order_is_what_a_look_at_each_message_finds() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch((1..=200).map(one).collect())).await.unwrap();
    let mut numbers = Vec::new();
    for order in orders() {
        numbers.push(place(&archive, &order).await);
    }
    let mut queries: Vec<String> = numbers.iter().map(|number| format!("hold:{number}")).collect();
    queries.push("-hold:2".into());
    queries.push("hold:1 OR hold:12 kind:text".into());
    queries.push("falcon -hold:1".into());
    queries.push("is:kept".into());
    queries.push("-is:kept".into());
    let mut by_looks = Vec::new();
    for query in &queries {
        by_looks.push(found(&archive, query).await);
    }
    let of = |by_looks: &[Vec<i64>], number: usize| by_looks[number - 1].len();
    assert!(of(&by_looks, 1) > 40 && of(&by_looks, 6) > 5 && of(&by_looks, 10) == 0 && of(&by_looks, 8) > 20);
    index_all(&archive).await;
    for (query, by_looks) in queries.iter().zip(&by_looks) {
        assert_eq!(found(&archive, query).await, *by_looks, "{query}");
        assert_eq!(looked_at(&archive, query).await.0, by_looks.len() as u64, "{query}");
    }
    // Of an order by a query those are looked at that may say more than stands in them, and of one by time none.
    let uncertain = (1..=200)
        .filter(|n| (*n % 17 == 0 || n % 19 == 0) && n % 6 != 0)
        .count() as u64;
    assert_eq!(looked_at(&archive, "hold:1").await.1, uncertain);
    assert_eq!(looked_at(&archive, "hold:15").await, (of(&by_looks, 15) as u64, 0));
    assert!(looked_at(&archive, "hold:8").await.1 < 110);
    // Orders end, and what fitted them does still.
    for hold in numbers {
        let release = Change::ReleaseHold {
            hold,
            request: None,
            note: "over",
            at: at(1),
        };
        archive.commit(release, &wei()).await.unwrap();
    }
    assert_eq!(found(&archive, "hold:8").await, by_looks[7]);
    assert_eq!(looked_at(&archive, "is:kept").await, (0, 0));
}

/// With more open orders than a search plans by, each candidate is asked.
#[tokio::test]
async fn what_many_orders_keep_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch((1..=12).map(one).collect())).await.unwrap();
    for n in 0..70 {
        place(&archive, &by_query(&format!("nothing OR word{n}"))).await;
    }
    let by_looks = found(&archive, "is:kept").await;
    index_all(&archive).await;
    assert_eq!((found(&archive, "is:kept").await, by_looks.len()), (by_looks, 3));
}

#[tokio::test]
async fn what_has_a_label_is_what_a_look_at_each_message_finds() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch((1..=200).map(one).collect())).await.unwrap();
    let queries = [
        "rule:promise",
        "rule:Leaving",
        "severity:high",
        "severity:>=high",
        "severity:<=medium falcon",
        "policy:promissory-language",
        "policy:proviso/bank-cn:departure-risk",
        "pack:proviso/bank-cn",
        "pack:nobody/none",
        "is:found",
        "-is:found",
        "is:held OR rule:promise",
        "rule:promise -severity:high",
        "is:faulty",
        "is:reviewed",
    ];
    let mut by_looks = Vec::new();
    for query in queries {
        by_looks.push(found(&archive, query).await);
    }
    assert!(by_looks[0].len() == 66 && by_looks[1].len() == 28 && by_looks[8].is_empty());
    index_all(&archive).await;
    for (query, by_looks) in queries.iter().zip(by_looks) {
        assert_eq!(found(&archive, query).await, by_looks, "{query}");
        assert_eq!(looked_at(&archive, query).await, (by_looks.len() as u64, 0), "{query}");
    }
}
