use super::*;
use crate::canonical::{Defaults, from_json};
use crate::limits;
use crate::message::{Message, Party, PartyClass};
use proptest::prelude::*;
use proviso_rows::each_row;
use std::path::Path;

fn parse(text: &str) -> Result<PolicySet, Vec<String>> {
    PolicySet::parse(Path::new("set.toml"), text).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn problems(text: &str) -> Vec<String> {
    parse(text).expect_err("a bad set")
}

/// The page's examples, each a whole set.
fn documented() -> Vec<&'static str> {
    let page = include_str!("../../../../docs/policy-set.md");
    page.split("```toml\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[test]
fn the_documentation_is_true() {
    let examples = documented();
    assert!(examples.len() >= 2);
    for example in examples {
        parse(example).unwrap_or_else(|problems| panic!("{problems:#?}\n{example}"));
    }
    // Every key that the reader knows is in the tables: it names them all where one is unknown.
    let page = include_str!("../../../../docs/policy-set.md");
    let unknown = [
        "zzzzzzzzzzzz = 1\n",
        "[lawful_basis]\nzzzzzzzzzzzz = 1\n",
        "[[apply]]\npack = \"a\"\nzzzzzzzzzzzz = 1\n",
        "[[apply]]\npack = \"a\"\nscope = { zzzzzzzzzzzz = 1 }\n",
    ];
    let mut keys = 0;
    for text in unknown {
        let known = problems(text)
            .into_iter()
            .find_map(|problem| Some(problem.split_once("expected one of ")?.1.to_owned()));
        for key in known.unwrap().split(", ") {
            assert!(
                page.contains(&format!("| {key} |")),
                "docs/policy-set.md does not describe {key}"
            );
            keys += 1;
        }
    }
    assert_eq!(keys, 20);
}

#[test]
fn a_set_is_read_in_full() {
    let set = parse(documented()[0]).unwrap();
    assert_eq!((set.language, set.time_zone.name()), (Language::Zh, "Asia/Shanghai"));
    assert_eq!(set.lawful_basis, LawfulBasis::Consent);
    assert_eq!(set.departments.of("zhang.wei"), Some("wealth"));
    let [bank, leaks, departure] = &set.apply[..] else {
        panic!("{} packs", set.apply.len())
    };
    assert_eq!(
        (bank.pack.as_str(), bank.mode, bank.on_fault),
        ("bank-cn", Mode::Enforce, OnFault::Hold)
    );
    assert_eq!(*bank.scope.tenants, ["bank"]);
    assert_eq!(bank.settings["promissory-language"]["severity"], "high");
    assert_eq!(bank.extra_terms["promissory"], ["稳赚不赔", "零风险"]);
    assert_eq!((leaks.mode, leaks.on_fault), (Mode::Shadow, OnFault::Flag));
    let modes = &parse(documented()[2]).unwrap().apply[0].modes;
    let modes: Vec<_> = modes.iter().map(|(policy, mode)| (policy.as_str(), *mode)).collect();
    assert_eq!(modes, [("fraud-wording", Mode::Enforce), ("staff-frames", Mode::Off)]);
    assert_eq!(
        leaks.scope.hours.as_ref().unwrap().to_string(),
        "Mon-Fri 00:00-09:00,18:00-24:00 Asia/Shanghai"
    );
    assert_eq!(departure.assessment.as_deref(), Some("PIA-2026-004"));
}

#[test]
fn a_policy_has_its_own_mode_up_to_that_of_its_pack() {
    use Mode::{Enforce, Off, Shadow};
    // The pack's mode, the set's word for the policy, what the pack proposes, and what follows.
    let table = [
        (Enforce, None, Enforce, Enforce),
        (Enforce, None, Shadow, Shadow),
        (Enforce, None, Off, Off),
        (Enforce, Some(Enforce), Shadow, Enforce),
        (Enforce, Some(Enforce), Off, Enforce),
        (Enforce, Some(Off), Enforce, Off),
        (Shadow, None, Enforce, Shadow),
        (Shadow, Some(Enforce), Enforce, Shadow),
        (Shadow, Some(Off), Enforce, Off),
        (Off, Some(Enforce), Enforce, Off),
    ];
    each_row(table, |(mode, own, proposed, expected)| {
        let apply = Apply {
            mode,
            modes: own.map(|own| ("p".to_owned(), own)).into_iter().collect(),
            ..Apply::default()
        };
        assert_eq!(apply.mode_of("p", proposed), expected);
        assert_eq!(apply.mode_of("other", Enforce), mode);
    });
}

#[test]
fn modes_of_policies_are_stored_where_there_are_some() {
    let text = "[[apply]]\npack = \"a\"\nmodes = { words = \"shadow\", more = \"off\" }\n";
    let set = parse(text).unwrap();
    let stored = set.to_canonical_json();
    assert!(
        stored.contains(r#""modes":{"more":"off","words":"shadow"},"on_fault""#),
        "{stored}"
    );
    assert_eq!(PolicySet::from_canonical_json(&stored).unwrap(), without_places(set));
    let without = parse("[[apply]]\npack = \"a\"\n").unwrap().to_canonical_json();
    assert!(!without.contains("modes"), "{without}");
    assert_eq!(
        problems("[[apply]]\npack = \"a\"\nmodes = { words = \"loud\" }\n"),
        ["set.toml:3:19: `words` is \"loud\": expected one of \"enforce\", \"shadow\", \"off\""]
    );
}

#[test]
fn values_are_found_again_in_the_file() {
    let text = "[[apply]]\npack = \"a\"\nsettings = { leak = { limits = { count = 3, days = [1, 22] } } }\n\n[[apply]]\n  pack = \"b\"\n[apply.settings.\"a/b\"]\nx = 1\n";
    let set = parse(text).unwrap();
    let [a, b] = &set.apply[..] else { panic!() };
    assert_eq!((a.at, b.at), ((2, 8), (6, 10)));
    let table = [
        ("/leak", (3, 14)),
        ("/leak/limits", (3, 23)),
        ("/leak/limits/count", (3, 34)),
        ("/leak/limits/days/1", (3, 56)),
        ("/leak/limits/missing/deep", (3, 23)),
        ("/other", (2, 8)),
        ("", (2, 8)),
    ];
    each_row(table, |(pointer, expected)| {
        assert_eq!(a.place_of(pointer), expected, "{pointer}");
    });
    assert_eq!(b.place_of("/a~1b/x"), (8, 1));
}

#[test]
fn every_problem_is_told_at_once_with_its_place() {
    let text = r#"langauge = "zh"
time_zone = "Asia/Peking"

[lawful_basis]
external = "none"

[departments]
wealth = ["zhang.wei", ""]
risk = ["zhang.wei"]

[[apply]]
pack = "bank-cn"
mode = "on"
scope = { hours = "Mon-Fry 09:00-18:00", channels = ["wecom", 3], tenant = ["bank"] }
settings = { promissory = "high" }
extra_terms = { promissory = ["a	b", ""] }

[[apply]]
mode = "shadow"

[[apply]]
pack = "shop-cn"
scope = { channels = ["a", "b"] }

[[apply]]
pack = "shop-cn"
mode = "shadow"
scope = { channels = ["b", "a"] }
"#;
    let expected = [
        "set.toml:1:1: unknown key `langauge`: did you mean `language`?",
        "set.toml:2:13: `time_zone`: \"Asia/Peking\" is not a time zone: expected an IANA name such as \"Asia/Shanghai\" or \"UTC\"",
        "set.toml:5:12: `external` is \"none\": expected one of \"consent\", \"recorded-consent\", \"legal-duty\"",
        "set.toml:8:24: \"\" is not a user id: expected 1 to 256 bytes without control characters",
        "set.toml:9:9: \"zhang.wei\" is in department \"wealth\" too: a person has one department",
        "set.toml:13:8: `mode` is \"on\": expected one of \"enforce\", \"shadow\", \"off\"",
        "set.toml:14:19: `hours`: \"Mon-Fry\" is not a day: expected one of Mon, Tue, Wed, Thu, Fri, Sat, Sun, or two of them as in Mon-Fri",
        "set.toml:14:63: `channels` is a whole number: expected a string",
        "set.toml:14:67: unknown key `tenant`: did you mean `tenants`?",
        "set.toml:15:27: `promissory` is a string: expected a table",
        "set.toml:16:31: \"a\\tb\" is not a term: expected 1 to 1024 bytes on one line, without tabs",
        "set.toml:16:38: \"\" is not a term: expected 1 to 1024 bytes on one line, without tabs",
        "set.toml:18:1: `pack` is missing here",
        "set.toml:26:8: pack \"shop-cn\" is applied on line 22 with the same scope",
    ];
    assert_eq!(problems(text), expected);
}

#[test]
fn syntax_errors_have_places_and_an_empty_set_is_none() {
    assert_eq!(
        problems(""),
        ["set.toml:1:1: nothing applies: a policy set has at least one `[[apply]]`"]
    );
    assert_eq!(
        problems("language = \"zh\"\napply = []\n"),
        ["set.toml:1:1: nothing applies: a policy set has at least one `[[apply]]`"]
    );
    let found = problems("[[apply]]\npack = \"a\nmode = \n");
    assert!(found.len() >= 2 && found[0].starts_with("set.toml:2:"), "{found:#?}");
    assert_eq!(
        problems("apply = 3\n"),
        ["set.toml:1:9: `apply` is a whole number: expected a list of tables"]
    );
    assert_eq!(
        problems("[[apply]]\npack = \"a\"\npack = \"b\"\n"),
        ["set.toml:3:1: duplicate key"]
    );
}

#[test]
fn one_pack_may_apply_twice_with_different_scopes() {
    let set = parse(
        "[[apply]]\npack = \"a\"\nscope = { channels = [\"x\"] }\n[[apply]]\npack = \"a\"\nscope = { channels = [\"y\"] }\n",
    );
    assert_eq!(set.unwrap().apply.len(), 2);
}

#[test]
fn every_limit_is_a_problem_one_beyond_it() {
    let found = problems(&"a=\n".repeat(limits::PROBLEMS_PER_FILE_MAX));
    assert_eq!(found.len(), limits::PROBLEMS_PER_FILE_MAX + 1);
    assert!(
        found.last().unwrap().starts_with("set.toml: and "),
        "{:?}",
        found.last()
    );

    let packs = |count: usize| {
        let tables: Vec<_> = (0..count).map(|n| format!("[[apply]]\npack = \"p{n}\"\n")).collect();
        tables.concat()
    };
    assert!(parse(&packs(limits::PACKS_PER_SET_MAX)).is_ok());
    let found = problems(&packs(limits::PACKS_PER_SET_MAX + 1));
    assert_eq!(found, ["set.toml:401:1: 201 packs: a set has at most 200"]);

    let settings = |bytes: usize| {
        format!(
            "[[apply]]\npack = \"a\"\nsettings.p.k = \"{}\"\n",
            "x".repeat(bytes - "{\"k\":\"\"}".len())
        )
    };
    assert!(parse(&settings(limits::SETTINGS_BYTES_MAX)).is_ok());
    let found = problems(&settings(limits::SETTINGS_BYTES_MAX + 1));
    assert_eq!(
        found,
        ["set.toml:3:10: settings of \"p\" are 65537 bytes as JSON: at most 65536"]
    );

    let term = |bytes: usize| format!("[[apply]]\npack = \"a\"\nextra_terms.l = [\"{}\"]\n", "x".repeat(bytes));
    assert!(parse(&term(limits::TERM_BYTES_MAX)).is_ok());
    assert_eq!(problems(&term(limits::TERM_BYTES_MAX + 1)).len(), 1);

    let id = |bytes: usize| format!("[[apply]]\npack = \"a\"\nscope.people = [\"{}\"]\n", "x".repeat(bytes));
    assert!(parse(&id(limits::ID_BYTES_MAX)).is_ok());
    assert_eq!(problems(&id(limits::ID_BYTES_MAX + 1)).len(), 1);

    let file = |bytes: usize| packs(1) + &"#".repeat(bytes - packs(1).len());
    assert!(parse(&file(limits::SET_FILE_BYTES_MAX)).is_ok());
    assert_eq!(
        problems(&file(limits::SET_FILE_BYTES_MAX + 1)),
        ["set.toml: 1048577 bytes: a policy set has at most 1048576"]
    );
}

fn message() -> Message {
    let text = r#"{"id":"m","tenant":"bank","channel":"wecom","sent_at":"2026-01-30T10:00:00+08:00","text":"a",
        "from":{"id":"zhang","class":"employee","department":"sales"},
        "to":[{"id":"wm1","class":"external","department":"board"},{"id":"li","class":"employee"},{"id":"wu"}]}"#;
    from_json(text, &Defaults::default()).unwrap()
}

#[test]
fn a_scope_covers_what_all_its_conditions_name() {
    let table = [
        ("", true),
        ("tenants = [\"bank\"]", true),
        ("tenants = [\"shop\"]", false),
        ("tenants = [\"shop\", \"bank\"], channels = [\"wecom\"]", true),
        ("tenants = [\"bank\"], channels = [\"mail\"]", false),
        ("departments = [\"sales\"]", true),
        ("departments = [\"wealth\"]", true), // li, by the set's own list
        ("departments = [\"risk\"]", true),   // wu, whose class is unknown
        ("departments = [\"board\"]", false), // an external party's own department is none of ours
        ("departments = [\"legal\"]", false),
        ("people = [\"wm1\"]", true),
        ("people = [\"zhang\"]", true),
        ("people = [\"zhan\"]", false),
        ("except_people = [\"li\"]", false),
        ("except_people = [\"lu\"]", true),
        ("people = [\"zhang\"], except_people = [\"zhang\"]", false),
        ("hours = \"Fri 09:00-18:00 Asia/Shanghai\"", true),
        ("hours = \"Fri 09:00-18:00\"", false),
        ("tenants = [], hours = \"Fri 02:00-02:01\"", true),
    ];
    each_row(table, |(scope, expected)| {
        let text = format!(
            "[departments]\nwealth = [\"li\"]\nrisk = [\"wu\"]\n[[apply]]\npack = \"a\"\nscope = {{ {scope} }}\n"
        );
        let set = parse(&text).unwrap();
        assert_eq!(set.covers(&set.apply[0], &message(), None), expected, "{scope}");
    });
}

#[test]
fn tenants_that_the_host_took_out_are_not_covered() {
    // The tenants that a scope names, those that are taken out, whether the bank's message is covered, and whether nobody's is.
    let table = [
        (&[][..], &[][..], true, false),
        (&[], &["bank"], false, false),
        (&[], &["shop"], true, false),
        (&["bank"], &["bank"], false, true),
        (&["bank", "shop"], &["bank"], false, false),
        (&["bank", "shop"], &["shop"], true, false),
        (&["bank", "shop"], &["shop", "bank", "club"], false, true),
    ];
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Names>();
    each_row(table, |(tenants, except_tenants, covers, is_of_nobody)| {
        let mut set = parse("[[apply]]\npack = \"a\"\n").unwrap();
        let scope = &mut set.apply[0].scope;
        (scope.tenants, scope.except_tenants) = (names(tenants), names(except_tenants));
        assert_eq!(scope.is_of_nobody(), is_of_nobody);
        assert_eq!(scope.has_tenant("bank"), covers);
        assert_eq!(set.covers(&set.apply[0], &message(), None), covers);
    });
}

#[test]
fn the_sets_own_departments_come_first() {
    let set = parse("[departments]\nwealth = [\"zhang\"]\n[[apply]]\npack = \"a\"\n").unwrap();
    let party = |id: &str| Party {
        id: id.into(),
        class: PartyClass::Employee,
        department: "sales".into(),
    };
    assert_eq!(set.department_of(&party("zhang"), &message(), None), "wealth");
    assert_eq!(set.department_of(&party("li"), &message(), None), "sales");
}

#[test]
fn the_stored_form_stays_as_it_is() {
    let set = parse(documented()[0]).unwrap();
    let golden = include_str!("golden/set-v1.json");
    assert_eq!(set.to_canonical_json(), golden.trim_end());
    assert_eq!(PolicySet::from_canonical_json(golden).unwrap(), without_places(set));
}

#[test]
fn settings_are_stored_in_the_order_of_their_keys() {
    let stored =
        parse("[[apply]]\npack = \"a\"\nsettings = { p = { b = { y = 1, x = [{ d = 1, c = 2 }] }, a = 0 } }\n")
            .unwrap();
    let expected = r#""settings":{"p":{"a":0,"b":{"x":[{"c":2,"d":1}],"y":1}}}"#;
    assert!(
        stored.to_canonical_json().contains(expected),
        "{}",
        stored.to_canonical_json()
    );
}

#[test]
fn what_is_no_stored_set_is_refused() {
    let good = parse("[[apply]]\npack = \"a\"\n").unwrap().to_canonical_json();
    let table = [
        (
            "\"version\":1",
            "\"version\":2",
            "a stored policy set of version 2: this release reads version 1",
        ),
        ("\"version\":1", "\"version\":1,\"x\":1", "not a stored policy set"),
        ("\"UTC\"", "\"Mars\"", "`time_zone` of a stored policy set is \"Mars\""),
        ("\"enforce\"", "\"on\"", "`mode` of a stored policy set is \"on\""),
        ("\"hold\"", "\"on\"", "`on_fault` of a stored policy set is \"on\""),
        (
            "\"hours\":null",
            "\"hours\":\"x\"",
            "`hours` of a stored policy set is \"x\"",
        ),
        (
            "\"consent\"",
            "\"none\"",
            "`lawful_basis` of a stored policy set is \"none\"",
        ),
        ("{", "[", "not a stored policy set"),
    ];
    each_row(table, |(from, to, expected)| {
        let damaged = good.replacen(from, to, 1);
        assert_eq!(
            PolicySet::from_canonical_json(&damaged).unwrap_err().to_string(),
            expected,
            "{to}"
        );
    });
}

fn without_places(mut set: PolicySet) -> PolicySet {
    for apply in &mut set.apply {
        apply.at = (0, 0);
        apply.settings_at = Places::default();
    }
    set
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn names() -> impl Strategy<Value = Names> {
    prop::collection::vec("\\PC{1,3}", 0..3).prop_map(Names::from)
}

fn apply() -> impl Strategy<Value = Apply> {
    let hours = prop::sample::select(vec![
        None,
        Some("Mon-Fri 09:00-18:00 Asia/Shanghai"),
        Some("Mon,Sat-Sun 00:00-01:00,01:00-24:00 UTC"),
    ]);
    let hours = hours.prop_map(|text| text.map(|text| Hours::parse(text, &Zone::utc()).unwrap()));
    let scope = (names(), names(), names(), names(), names(), names(), hours).prop_map(
        |(tenants, channels, departments, people, except_people, except_tenants, hours)| Scope {
            tenants,
            channels,
            departments,
            people,
            except_people,
            except_tenants,
            hours,
        },
    );
    let settings = prop::collection::btree_map(
        "\\PC{1,3}",
        prop::collection::hash_map(any::<String>(), json(), 0..3),
        0..3,
    )
    .prop_map(|settings| {
        settings
            .into_iter()
            .map(|(policy, values)| (policy, values.into_iter().collect()))
            .collect()
    });
    let terms = prop::collection::btree_map("\\PC{1,3}", prop::collection::vec("\\PC{1,3}", 0..3), 0..3);
    let assessment = prop::option::of("\\PC{1,3}");
    (
        "\\PC{1,9}",
        prop::sample::select(Mode::ALL.to_vec()),
        prop::collection::btree_map("\\PC{1,3}", prop::sample::select(Mode::ALL.to_vec()), 0..3),
        prop::sample::select(OnFault::ALL.to_vec()),
        scope,
        settings,
        terms,
        assessment,
    )
        .prop_map(
            |(pack, mode, modes, on_fault, scope, settings, extra_terms, assessment)| Apply {
                pack,
                at: (0, 0),
                mode,
                modes,
                on_fault,
                scope,
                settings,
                settings_at: Places::default(),
                extra_terms,
                assessment,
            },
        )
}

fn set() -> impl Strategy<Value = PolicySet> {
    let zone = prop::sample::select(vec!["UTC", "Asia/Shanghai", "America/New_York"])
        .prop_map(|name| Zone::named(name).unwrap());
    let departments = prop::collection::btree_map("\\PC{1,3}", names(), 0..3).prop_map(Departments::from_iter);
    let language = prop::sample::select(vec![Language::Zh, Language::En]);
    (
        language,
        zone,
        prop::sample::select(LawfulBasis::ALL.to_vec()),
        departments,
        prop::collection::vec(apply(), 0..3),
    )
        .prop_map(|(language, time_zone, lawful_basis, departments, apply)| PolicySet {
            language,
            time_zone,
            lawful_basis,
            departments,
            apply,
        })
}

proptest! {
    #[test]
    fn storing_and_loading_agree(set in set()) {
        let stored = set.to_canonical_json();
        let loaded = PolicySet::from_canonical_json(&stored).unwrap();
        prop_assert_eq!(&loaded.to_canonical_json(), &stored);
        prop_assert_eq!(loaded, set);
    }

    #[test]
    fn any_text_is_read_without_panic(text in any::<String>(), pieces in prop::collection::vec(prop::sample::select(vec![
        "[[apply]]", "[departments]", "[", "]", "{", "}", "=", "\n", "\"", "'", "'''", ",", ".", "pack", "scope", "hours", "settings", "extra_terms", "mode",
        "\"Mon 09:00-10:00\"", "1", "0x_1", "1e999", "inf", "nan", "9223372036854775808", "1979-05-27", "true", "#", "\\u0000", "保本", "\u{0}",
    ]), 0..40)) {
        for text in [text, pieces.concat(), pieces.join(" "), format!("[[apply]]\npack = \"a\"\n{}", pieces.concat())] {
            if let Err(found) = PolicySet::parse(Path::new("x"), &text) {
                prop_assert!(!found.is_empty());
            }
            let _ = PolicySet::from_canonical_json(&text);
        }
    }
}
