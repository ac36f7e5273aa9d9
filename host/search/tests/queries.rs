//! Queries as they are written: what they mean, what is wrong with them, what may follow.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use proviso_model::message::{Direction, Kind};
use proviso_model::time::Day;
use proviso_model::verdict::Severity;
use proviso_model::{EntityKind, Timestamp};
use proviso_rows::each_row;
use proviso_search::query::{
    Bound, Field, Flag, Named, OFFERS_MAX, Offer, Open, QUERY_BYTES_MAX, QUERY_DEPTH_MAX, QUERY_TESTS_MAX, Query, Side,
    Test, When, Wrong, complete,
};
use std::convert::Infallible;

/// What is written in another way is printed in the usual one.
#[test]
fn a_query_is_read_and_printed_in_its_usual_form() {
    each_row(
        [
            ("保本", "保本"),
            ("  bank   account ", "bank account"),
            ("bank AND account", "bank account"),
            ("bank 与 account 或 稳赚", "bank account OR 稳赚"),
            ("a (b c) OR (d OR e)", "a b c OR d OR e"),
            ("(a OR b) c", "(a OR b) c"),
            ("a（b 或 c）", "a (b OR c)"),
            ("-a NOT b 非 c －d", "NOT a NOT b NOT c NOT d"),
            ("NOT (a OR NOT -b)", "NOT (a OR NOT NOT b)"),
            ("well-known e-mail", "\"well-known\" \"e-mail\""),
            (
                "“保本 收益” 「理财」 『产品』 ＂x y＂",
                "\"保本 收益\" 理财 产品 \"x y\"",
            ),
            (r#""say \"no\" \\ \n""#, r#""say \"no\" \\ \\n""#),
            ("\"AND\" \"或\" and 或者", "\"AND\" \"或\" and 或者"),
            ("invest* *7890 ＊vest*", "invest* *7890 *vest*"),
            ("a NEAR/3 \"b c\" NEAR x", ""),
            ("a NEAR b x NEAR/0 \"y z\"", "a NEAR/10 b x NEAR/0 \"y z\""),
            ("ＦＲＯＭ：wei to:\"li si\" With:x", "from:wei to:\"li si\" with:x"),
            (
                "department:信贷部 conversation:a|b channel:WeCom",
                "department:信贷部 conversation:a|b channel:WeCom",
            ),
            ("kind:File direction：outbound", "kind:file direction:outbound"),
            (
                "since:2026-01 until:2026-01-31 sent:2026-02",
                "since:2026-01 until:2026-01-31 sent:2026-02",
            ),
            ("since:2026-01-31T09:00:00+08:00", "since:2026-01-31T01:00:00Z"),
            ("pack:acme/bank policy:p rule:r", "pack:acme/bank policy:p rule:r"),
            (
                "severity:>=high severity:<=LOW severity:medium",
                "severity:>=high severity:<=low severity:medium",
            ),
            ("is:held -is:reviewed", "is:held NOT is:reviewed"),
            ("hold:3 -Hold：０12", "hold:3 NOT hold:12"),
            (
                "entity:bank-card entity:amount=100万元",
                "entity:bank-card entity:amount=100万元",
            ),
            (
                "entity:date=\"31 Jan 2026\" entity:\"date=1 May\"",
                "entity:date=\"31 Jan 2026\" entity:date=\"1 May\"",
            ),
            ("电话：123 10:30", "\"电话：123\" \"10:30\""),
        ],
        |(text, expected)| match Query::parse(text) {
            Ok(query) => {
                assert_eq!(query.to_string(), expected, "{query:?}");
                assert_eq!(Query::parse(expected), Ok(query));
            }
            Err(error) => assert_eq!(expected, "", "{error}"),
        },
    );
}

#[test]
fn an_error_points_at_its_place_and_says_what_would_be_right() {
    each_row(
        [
            ("", "", "byte 1 of the query: it asks for nothing"),
            ("a ()", "()", "it asks for nothing"),
            ("a form:wei", "form:", "\"form\" is no field, did you mean \"from\"?"),
            ("http://x.org", "http:", "a text with a colon is written in quotes"),
            ("a from: b", "from:", "from: has no value: expected a name"),
            (
                "kind:txt",
                "txt",
                "\"txt\" is no value of kind:, did you mean \"text\"? expected text, markdown",
            ),
            ("hold:first", "first", "expected the number of a hold"),
            ("hold:0", "0", "\"0\" is no value of hold:"),
            ("a hold:+3", "+3", "no value of hold:"),
            ("hold:99999999999999999999", "99999999999999999999", "no value of hold:"),
            ("severity:>=hihg", ">=hihg", "did you mean \"high\"?"),
            ("entity:bank-crad=1", "bank-crad=1", "did you mean \"bank-card\"?"),
            (
                "since:yesterday",
                "yesterday",
                "expected 2026-01, 2026-01-31 or 2026-01-31T09:00:00+08:00",
            ),
            ("a \"b c", "\"b c", "a quotation is not closed"),
            ("a (b", "(", "a bracket is not closed"),
            ("a) b", ")", "no bracket was opened"),
            ("a AND", "AND", "AND has nothing beside it"),
            ("OR a", "OR", "OR has nothing beside it"),
            ("(a NOT)", "NOT", "NOT has nothing beside it"),
            ("a OR OR b", "OR", "OR has nothing beside it"),
            ("a NEAR", "NEAR", "NEAR has nothing beside it"),
            ("a NEAR/101 b", "NEAR/101", "expected NEAR/0 to NEAR/100"),
            ("a NEAR from:b", "NEAR", "NEAR stands between two words"),
            ("(a) NEAR b", "NEAR", "NEAR stands between two words"),
            ("a NEAR b NEAR c", "NEAR", "NEAR stands between two words"),
            ("a 保本*", "保本*", "found anywhere without one"),
            ("in*st", "in*st", "expected one at the ends"),
            ("* a", "*", "expected one at the ends"),
            ("a ，。", "，。", "has marks alone"),
            ("a \"\"", "\"\"", "has marks alone"),
        ],
        |(text, at, said)| {
            let error = Query::parse(text).unwrap_err();
            assert_eq!(&text[error.span.clone()], at, "{error}");
            assert!(error.to_string().contains(said), "{error}");
        },
    );
    // Of two the later one.
    let error = Query::parse("a NEAR b NEAR c").unwrap_err();
    assert_eq!(error.span, 9..13);
}

#[test]
fn what_may_change_later_is_refused_where_it_must_not() {
    each_row(
        [
            (
                "保本 is:reviewed",
                "is:reviewed",
                "is: asks for what may change after a message was sent",
            ),
            ("a (b OR -hold:3)", "hold:3", "hold: asks"),
            (
                "severity:>=high",
                "severity:>=high",
                "expected words, or from, to, with, conversation, channel,",
            ),
            ("pack:p", "pack:p", "pack: asks"),
            ("policy:p", "policy:p", "policy: asks"),
            ("rule:\"a b\"", "rule:\"a b\"", "rule: asks"),
            ("department:\"a b\"", "department:\"a b\"", "department: asks"),
            ("is:", "is:", "is: asks"),
            ("a sort:date", "sort:", "\"sort\" is no field"),
        ],
        |(text, at, said)| {
            let error = Query::parse_lasting(text).unwrap_err();
            assert_eq!(&text[error.span.clone()], at, "{error}");
            assert!(error.to_string().contains(said), "{error}");
        },
    );
    let text = "(保本 OR invest*) a NEAR/3 b -from:wei to:li with:x conversation:c channel:wecom kind:file direction:inbound \
                since:2026-01 until:2026-02 sent:2026-01-31 entity:bank-card";
    assert_eq!(Query::parse_lasting(text), Query::parse(text));
}

#[test]
fn a_query_has_limits() {
    let wrong = |text: String| Query::parse(&text).unwrap_err().wrong;
    assert_eq!(wrong("x".repeat(QUERY_BYTES_MAX + 1)), Wrong::TooLong);
    assert!(Query::parse(&"x".repeat(QUERY_BYTES_MAX)).is_ok());
    let deep = |depth: usize| format!("{}x{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(wrong(deep(QUERY_DEPTH_MAX + 1)), Wrong::TooDeep);
    assert!(Query::parse(&deep(QUERY_DEPTH_MAX)).is_ok());
    assert_eq!(wrong("NOT ".repeat(QUERY_DEPTH_MAX + 1) + "x"), Wrong::TooDeep);
    assert_eq!(wrong("x ".repeat(QUERY_TESTS_MAX + 1)), Wrong::TooMany);
    assert!(Query::parse(&"x ".repeat(QUERY_TESTS_MAX)).is_ok());
    let long = Query::parse(&format!("{}:x", "form".repeat(500)))
        .unwrap_err()
        .to_string();
    assert!(long.len() < 400, "{long}");
}

#[test]
fn what_may_follow_is_offered() {
    let names = |field: Field| -> Result<Vec<String>, Infallible> {
        let names: &[&str] = match field {
            Field::Department => &["财富管理部", "财务 (总部)", "Sales", "sales east", "Sales"],
            Field::Rule => &["promise"],
            _ => &[],
        };
        Ok(names.iter().map(|name| (*name).to_owned()).collect())
    };
    let offered = |text: &str| {
        let cursor = text.find('^').unwrap();
        let query = text.replace('^', "");
        let completion = complete(&query, cursor, names).unwrap();
        let offers: Vec<String> = completion.offers.iter().map(Offer::text).collect();
        (query[completion.replaces].to_owned(), offers.join(" "))
    };
    each_row(
        [
            ("fr^", "fr", "from:"),
            ("a (-di^)", "di", "direction:"),
            ("kind:f^", "f", "file form feed"),
            ("a kind:fi^le b", "file", "file"),
            ("ho^", "ho", "hold:"),
            ("is:^", "", "held withheld recalled reviewed found faulty kept"),
            ("severity:>=h^", "h", "high"),
            ("ｄｉｒｅｃｔｉｏｎ：ｉ^", "ｉ", "internal inbound"),
            ("a N^", "N", "NOT NEAR/10"),
            ("a A^", "A", "AND"),
            ("\"fr^", "", ""),
            ("“a” fr^", "fr", "from:"),
            ("from:w^", "w", ""),
            ("department:^", "", "Sales \"sales east\" \"财务 (总部)\" 财富管理部"),
            ("-department:SA^", "SA", "Sales \"sales east\""),
            ("department：财富^", "财富", "财富管理部"),
            ("department:\"财^", "", ""),
            ("a rule:x^", "x", ""),
            ("保^", "保", ""),
            ("entity:cn-i^", "cn-i", "cn-identity cn-identity-15"),
        ],
        |(text, replaced, expected)| {
            let (found, offers) = offered(text);
            assert_eq!((found.as_str(), offers.as_str()), (replaced, expected), "{text}");
        },
    );
    let (_, all) = offered("^");
    assert!(all.starts_with("from: to: ") && all.ends_with("entity: NOT"), "{all}");
}

#[test]
fn what_is_offered_has_bounds() {
    let names = |count: usize| (0..count).map(|n| format!("rule-{n:03}")).collect::<Vec<_>>();
    let of = |count| complete("rule:ru", 7, |_| Ok::<_, Infallible>(names(count))).unwrap();
    let (fits, cut) = (of(OFFERS_MAX), of(OFFERS_MAX + 1));
    assert_eq!((fits.offers.len(), fits.is_cut), (OFFERS_MAX, false));
    assert_eq!((cut.offers.len(), cut.is_cut), (OFFERS_MAX, true));
    let long = |_| Ok::<_, Infallible>(vec!["x".repeat(257), "y".repeat(256), "a\nb".to_owned(), String::new()]);
    assert_eq!(complete("rule:", 5, long).unwrap().offers.len(), 1);
    assert_eq!(complete("rule:", 5, |_| Err("gone")).unwrap_err(), "gone");
    // Nobody is asked for names where none may stand.
    let unasked = |_| -> Result<Vec<String>, Infallible> { panic!("no field") };
    assert!(complete("sev", 3, unasked).unwrap().offers.len() == 1);
}

fn texts() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "保", "本", "word", "AND", "或", "12", " ", "\"", "\\", "(", "）", ":", "“", "-", "*", "NEAR/2", "=", "\n",
        "，", "🚀", "from:",
    ]);
    prop::collection::vec(parts, 0..6).prop_map(|parts| format!("{}x", parts.concat()))
}

fn tests() -> impl Strategy<Value = Test> {
    let of = |values: Vec<Test>| prop::sample::select(values);
    let day: Day = "2026-02-28".parse().unwrap();
    let at = Timestamp::from_millis(1_767_225_600_123).unwrap();
    let mut fixed = vec![
        Test::Kind(Kind::MiniProgram),
        Test::Direction(Direction::Unknown),
        Test::Entity {
            kind: EntityKind::BankCard,
            value: None,
        },
        Test::Part {
            text: "invest".to_owned(),
            open: Open::Both,
        },
        Test::Part {
            text: "７8".to_owned(),
            open: Open::Before,
        },
    ];
    fixed.extend(Flag::ALL.map(Test::Is));
    fixed.extend([1, i64::MAX].map(Test::Hold));
    for bound in [Bound::Is, Bound::AtLeast, Bound::AtMost] {
        fixed.extend(Severity::ALL.map(|severity| Test::Severity { bound, severity }));
        let month = When::Month("2026-02-01".parse().unwrap());
        fixed.extend([month, When::Day(day), When::At(at)].map(|when| Test::Sent { bound, when }));
    }
    let sides = prop::sample::select(vec![Side::From, Side::To, Side::With]);
    let names = prop::sample::select(vec![
        Named::Department,
        Named::Conversation,
        Named::Channel,
        Named::Pack,
        Named::Policy,
        Named::Rule,
    ]);
    prop_oneof![
        texts().prop_map(Test::Words),
        (texts(), texts(), 0_u16..=100).prop_map(|(first, second, within)| Test::Near { first, second, within }),
        texts().prop_map(|value| Test::Entity {
            kind: EntityKind::Amount,
            value: Some(value)
        }),
        (sides, texts()).prop_map(|(side, id)| Test::Party { side, id }),
        (names, texts()).prop_map(|(what, name)| Test::Named { what, name }),
        of(fixed),
    ]
}

fn trees() -> impl Strategy<Value = Query> {
    let several = |queries: Vec<Query>, is_all: bool| {
        let flat = queries.into_iter().flat_map(|query| match query {
            Query::All(queries) if is_all => queries,
            Query::Any(queries) if !is_all => queries,
            other => vec![other],
        });
        let flat = flat.collect();
        if is_all { Query::All(flat) } else { Query::Any(flat) }
    };
    tests().prop_map(Query::Test).prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            inner.clone().prop_map(|query| Query::Not(Box::new(query))),
            (prop::collection::vec(inner, 2..4), any::<bool>())
                .prop_map(move |(queries, is_all)| several(queries, is_all)),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same(query in trees()) {
        prop_assert_eq!(Query::parse(&query.to_string()), Ok(query.clone()), "{}", query);
    }

    #[test]
    fn any_text_is_a_query_or_an_error_with_a_place(text in "[a-z:\"“”（(）) *\\-/保本=或ANDNEAROT]{0,24}|\\PC{0,40}", cursor in 0_usize..40) {
        match Query::parse(&text) {
            Ok(query) => prop_assert_eq!(Query::parse(&query.to_string()), Ok(query)),
            Err(error) => prop_assert!(text.get(error.span.clone()).is_some(), "{:?} of {}", error.span, text),
        }
        let names = |_| Ok::<_, Infallible>(vec![text.clone(), "a \"b".to_owned()]);
        let completion = complete(&text, cursor, names).unwrap();
        prop_assert!(text.get(completion.replaces).is_some());
    }
}
