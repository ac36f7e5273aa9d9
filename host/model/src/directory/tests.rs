use super::*;
use crate::time::{Timestamp, Zone};
use proptest::prelude::*;
use proviso_rows::each_row;

fn row(person: &str, from: Option<&str>, to: Option<&str>, department: &str) -> Employment {
    Employment {
        tenant: "bank".to_owned(),
        person: person.to_owned(),
        from: from.map(|day| day.parse().unwrap()),
        to: to.map(|day| day.parse().unwrap()),
        accounts: vec![format!("wecom:{person}").parse().unwrap()],
        department: department.to_owned(),
        post: PostClass::Ordinary,
        manager: None,
    }
}

#[test]
fn a_day_begins_and_ends_in_the_zone_and_the_last_day_is_outside() {
    let rows = [
        row("zhang", None, Some("2026-07-01"), "wealth"),
        row("zhang", Some("2026-07-01"), Some("2026-08-01"), "risk"),
    ];
    let shanghai = Directory::new(1, &rows, &Zone::named("Asia/Shanghai").unwrap());
    let utc = Directory::new(1, &rows, &Zone::utc());
    let table = [
        ("1999-01-01T00:00:00Z", Some("wealth"), Some("wealth")),
        ("2026-06-30T15:59:59.999Z", Some("wealth"), Some("wealth")),
        ("2026-06-30T16:00:00Z", Some("risk"), Some("wealth")),
        ("2026-07-01T00:00:00Z", Some("risk"), Some("risk")),
        ("2026-07-31T15:59:59.999Z", Some("risk"), Some("risk")),
        ("2026-07-31T16:00:00Z", None, Some("risk")),
        ("2026-08-01T00:00:00Z", None, None),
    ];
    each_row(table, |(at, in_shanghai, in_utc)| {
        let at = Timestamp::from_rfc3339(at).unwrap();
        let of = |directory: &Directory| {
            let standing = directory.standing_at("bank", "wecom", "zhang", at);
            standing.map(|standing| standing.department.to_owned())
        };
        assert_eq!(of(&shanghai).as_deref(), in_shanghai);
        assert_eq!(of(&utc).as_deref(), in_utc);
    });
    let at = Timestamp::from_rfc3339("2026-07-01T00:00:00Z").unwrap();
    for (tenant, channel, id) in [
        ("shop", "wecom", "zhang"),
        ("bank", "mail", "zhang"),
        ("bank", "wecom", "li"),
    ] {
        assert_eq!(utc.standing_at(tenant, channel, id, at), None);
    }
}

#[test]
fn a_day_that_begins_late_and_the_calendars_ends_are_days() {
    // Clocks in São Paulo went from 00:00 to 01:00 on 4 November 2018.
    let table = [
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
        ("Asia/Shanghai", "2026-07-01", "2026-06-30T16:00:00Z"),
        // As spreadsheets write that no end is known: the last moment there is.
        ("UTC", "9999-12-31", "9999-12-31T23:59:59.999Z"),
        ("Asia/Shanghai", "-009999-01-01", "-009999-01-01T00:00:00Z"),
    ];
    each_row(table, |(zone, day, expected)| {
        let start = Zone::named(zone).unwrap().start_of(day.parse().unwrap());
        assert_eq!(start.to_string(), expected);
    });
}

#[test]
fn the_digest_follows_what_is_said_and_not_its_order() {
    let (one, other) = (row("zhang", None, None, "wealth"), row("li", None, None, "risk"));
    let both = digest(&[one.clone(), other.clone()]);
    assert_eq!(digest(&[other.clone(), one.clone()]), both);
    let mut seen = vec![both];
    let changes: [fn(&mut Employment); 7] = [
        |row| row.tenant.push('x'),
        |row| row.person.push('x'),
        |row| row.from = Some("2026-01-01".parse().unwrap()),
        |row| row.to = Some("2026-01-01".parse().unwrap()),
        |row| row.accounts.push("mail:z".parse().unwrap()),
        |row| row.post = PostClass::Sensitive,
        |row| row.manager = Some("li".to_owned()),
    ];
    for change in changes {
        let mut changed = one.clone();
        change(&mut changed);
        seen.push(digest(&[changed, other.clone()]));
    }
    let digests = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), digests);
}

/// Whether two rows clash, and over what: each is compared with each.
fn shared(one: &Employment, other: &Employment) -> Vec<String> {
    let is_empty = |row: &Employment| row.from.zip(row.to).is_some_and(|(from, to)| from >= to);
    if is_empty(one) || is_empty(other) || one.tenant != other.tenant || !one.overlaps(other) {
        return Vec::new();
    }
    if one.person == other.person {
        return vec![one.person.clone()];
    }
    let accounts = one.accounts.iter().filter(|account| other.accounts.contains(account));
    accounts.map(Account::to_string).collect()
}

proptest! {
    #[test]
    fn what_clashes_is_what_clashes_where_each_row_is_compared_with_each(
        spans in prop::collection::vec((0u8..3, 0u8..3, 0u32..12, 0u32..6, 0u8..4), 0..14),
    ) {
        let first: Day = "2026-01-01".parse().unwrap();
        let rows = spans.into_iter().map(|(person, account, from, days, open)| Employment {
            from: (open != 1).then(|| first.plus(0, from)),
            to: (open != 2).then(|| first.plus(0, from + days)),
            accounts: vec![
                format!("wecom:{account}").parse().unwrap(),
                format!("mail:{person}").parse().unwrap(),
            ],
            ..row(&format!("p{person}"), None, None, "wealth")
        });
        let rows: Vec<Employment> = rows.collect();
        let mut expected: Vec<String> = Vec::new();
        for (place, one) in rows.iter().enumerate() {
            expected.extend(rows[..place].iter().flat_map(|other| shared(one, other)));
        }
        let found = clashes(&rows);
        let mut told: Vec<String> = Vec::new();
        for clash in &found {
            match clash {
                Clash::Person { row, other } => {
                    told.push(rows[*row].person.clone());
                    prop_assert!(shared(&rows[*row], &rows[*other]).contains(told.last().unwrap()));
                }
                Clash::Account { row, other, account } => {
                    told.push(rows[*row].accounts[*account].to_string());
                    prop_assert!(shared(&rows[*row], &rows[*other]).contains(told.last().unwrap()));
                }
                Clash::Empty { row } => prop_assert!(rows[*row].from >= rows[*row].to),
                Clash::Manager { .. } => prop_assert!(false, "nobody has a manager"),
            }
        }
        for keys in [&mut expected, &mut told] {
            keys.sort_unstable();
            keys.dedup();
        }
        prop_assert_eq!(told, expected);
        // Nothing is left to be told a second time.
        let whole = rows.iter().enumerate().filter(|(row, _)| found.iter().all(|clash| clash.row() != *row));
        let whole: Vec<Employment> = whole.map(|(_, row)| row.clone()).collect();
        prop_assert_eq!(clashes(&whole), []);
        for (place, one) in whole.iter().enumerate() {
            prop_assert!(whole[..place].iter().all(|other| shared(one, other).is_empty()));
        }
    }

    /// The table of moments says of every day what the rows say of it, whatever rows there are that do not clash.
    #[test]
    fn the_index_says_what_the_rows_say(
        spans in prop::collection::vec((0u8..3, 0u32..40, 1u32..20, prop::bool::ANY, prop::bool::ANY), 0..12),
    ) {
        let first: Day = "2026-01-01".parse().unwrap();
        let mut rows: Vec<Employment> = Vec::new();
        for (index, (person, from, days, open_from, open_to)) in spans.into_iter().enumerate() {
            let one = Employment {
                from: (!open_from).then(|| first.plus(0, from)),
                to: (!open_to).then(|| first.plus(0, from + days)),
                ..row(&format!("p{person}"), None, None, &format!("d{index}"))
            };
            rows.push(one);
            if !clashes(&rows).is_empty() {
                rows.pop();
            }
        }
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let directory = Directory::new(1, &rows, &zone);
        for day in (0..70).map(|days| first.plus(0, days)) {
            for person in ["p0", "p1", "p2"] {
                let at = zone.start_of(day);
                let expected = rows.iter().find(|row| row.person == person && row.holds_on(day));
                let found = directory.standing_at("bank", "wecom", person, at);
                prop_assert_eq!(found.map(|one| one.department), expected.map(|row| row.department.as_str()));
            }
        }
    }
}
