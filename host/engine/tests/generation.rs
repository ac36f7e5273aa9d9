//! From a set and its packs to a generation, and what it then shows to policies.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use crate::support::*;
use proviso_engine::{FoldStates, Input, ResolvedSet};
use proviso_model::id::PolicyId;
use proviso_model::set::{Mode, PolicySet};
use proviso_model::verdict::{Severity, Withheld};
use proviso_rows::each_row;
use std::path::Path;
use std::sync::Arc;

const LISTS: &str =
    "[lexicon.words]\nfile = \"lexicons/words.txt\"\n[patterns.numbers]\nfile = \"patterns/numbers.txt\"\n";
const LIST_FILES: [(&str, &str); 2] = [
    ("lexicons/words.txt", "# words\n保本\nguaranteed\n"),
    ("patterns/numbers.txt", "card\t[0-9]{16}\n"),
];

/// A pack with lists, whose policy has these lines.
fn listed(lines: &str) -> ResolvedSet {
    let policy = RULES_POLICY.replace("trigger = \"always\"\n", lines);
    ResolvedSet::of_pack(pack(
        &format!("{HEAD}{LISTS}{policy}"),
        &rules_component(""),
        &LIST_FILES,
    ))
}

/// A set file over one pack.
fn set(text: &str, pack: &Arc<proviso_pack::TrustedPack>) -> ResolvedSet {
    let set = PolicySet::parse(Path::new("set.toml"), text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let packs = set.apply.iter().map(|_| Arc::clone(pack)).collect();
    ResolvedSet {
        file: "set.toml".into(),
        set,
        packs,
    }
}

fn problems(set: &ResolvedSet) -> Vec<String> {
    let error = build(&engine(), set).expect_err("it cannot be built");
    error
        .problems
        .iter()
        .map(|problem| {
            let file = problem.file.file_name().unwrap().to_string_lossy();
            format!("{file}:{}:{}: {}", problem.line, problem.column, problem.message)
        })
        .collect()
}

#[test]
fn hits_have_the_policys_own_numbers_and_the_messages_own_places() {
    let generation = build(&engine(), &listed("lists = [\"numbers\", \"words\"]\n")).unwrap();
    let outcomes = judge(
        &generation,
        &["这款产品保本", "nothing", "保 6222020200112233 本 guaranteed"],
    );
    let finding = &outcomes[0].verdict.findings[0];
    assert_eq!(
        (finding.rule.as_str(), finding.text.as_str(), finding.severity),
        ("hit", "保本", Severity::High)
    );
    assert_eq!(
        rules(&outcomes[1]),
        Vec::<&str>::new(),
        "a message without a hit does not trigger it"
    );
    assert_eq!(outcomes[2].verdict.findings[0].text, "6222020200112233");
    assert_eq!(outcomes[1].fuel, 0);
}

#[test]
fn extra_terms_stand_behind_the_lexicon() {
    let mut set = listed("lists = [\"words\"]\n");
    set.set.apply[0]
        .extra_terms
        .insert("words".into(), vec!["稳赚不赔".into(), "保本".into()]);
    let generation = build(&engine(), &set).unwrap();
    assert_eq!(
        judge(&generation, &["稳赚不赔"])[0].verdict.findings[0].text,
        "稳赚不赔"
    );
    // A term that the lexicon has is not there twice.
    assert_eq!(generation.describe().packs[0].policies[0].lists[0].terms, 3);
}

#[test]
fn a_field_that_is_not_asked_for_is_passed_empty() {
    // Without the field `text`, the plugin sees an empty text, and does not trap.
    let policy = RULES_POLICY.replace("fields = [\"text\"]\n", "");
    let set = ResolvedSet::of_pack(pack(&format!("{HEAD}{policy}"), &rules_component(""), &[]));
    let outcome = &judge(&build(&engine(), &set).unwrap(), &["Traps"])[0];
    assert_eq!((fault(outcome), rules(outcome)), (None, vec!["seen"]));
}

#[test]
fn preceding_messages_are_given_to_whoever_asks_and_named_in_the_verdict() {
    let asks = RULES_POLICY.replace("[\"text\"]", "[\"text\", \"preceding\"]\npreceding = 2");
    for (policy, rule, named) in [
        (asks.as_str(), "before", vec!["m1", "m2"]),
        (RULES_POLICY, "seen", vec![]),
    ] {
        let set = ResolvedSet::of_pack(pack(&format!("{HEAD}{policy}"), &rules_component(""), &[]));
        let generation = build(&engine(), &set).unwrap();
        assert_eq!(generation.preceding_max(), named.len());
        let mut input = Input::new(message(3, "text"));
        let alone = judge_inputs(&generation, std::slice::from_ref(&input));
        input.preceding = (0..3)
            .map(|number| Arc::new(message(number, "earlier").into()))
            .collect();
        let outcomes = judge_inputs(&generation, &[input]);
        assert_eq!(
            (rules(&outcomes[0]), outcomes[0].verdict.preceding.clone()),
            (vec![rule], named.iter().map(ToString::to_string).collect())
        );
        assert_eq!(outcomes[0].verdict.input == alone[0].verdict.input, named.is_empty());
    }
}

#[test]
fn preceding_texts_keep_to_their_limit() {
    let asks = RULES_POLICY.replace(
        "[\"text\"]",
        "[\"text\", \"preceding\"]\npreceding = 5\nbudget = { fuel_per_kib = 1_000_000 }",
    );
    let set = ResolvedSet::of_pack(pack(&format!("{HEAD}{asks}"), &rules_component(""), &[]));
    let generation = build(&engine(), &set).unwrap();
    // A message that loops uses all of its fuel, and so tells how much text the policy was given: 1 KiB rounded up, and 4.
    let mut input = Input::new(message(9, "Loops"));
    input.preceding = (0..9)
        .map(|number| Arc::new(message(number, &"保".repeat(1_000)).into()))
        .collect();
    assert_eq!(
        judge_inputs(&generation, &[input])[0].fuel,
        5_000_000 - 1_000_000 + 1_000_000
    );
}

#[test]
fn scope_mode_and_consent_keep_policies_away() {
    let engine = engine();
    let pack = pack(&format!("{HEAD}{RULES_POLICY}"), &rules_component(""), &[]);
    let elsewhere = set("[[apply]]\npack = \"p\"\nscope = { channels = [\"slack\"] }\n", &pack);
    let outcome = &judge(&build(&engine, &elsewhere).unwrap(), &["Traps"])[0];
    assert_eq!(
        (&*outcome.verdict.packs, outcome.verdict.faults.len(), outcome.fuel),
        (&[][..], 0, 0)
    );

    let here = build(
        &engine,
        &set("[[apply]]\npack = \"p\"\nscope = { channels = [\"wecom\"] }\n", &pack),
    )
    .unwrap();
    assert_eq!(judge(&here, &["x"])[0].verdict.packs[..], [pack.digest()]);
    let mut inputs = inputs(&["Traps"]);
    inputs[0].withheld = Some(Withheld::ConsentRefused);
    let verdict = judge_inputs(&here, &inputs).remove(0).verdict;
    assert_eq!(
        (verdict.withheld, verdict.faults.len(), verdict.held),
        (Some(Withheld::ConsentRefused), 0, false)
    );

    let off = build(&engine, &set("[[apply]]\npack = \"p\"\nmode = \"off\"\n", &pack)).unwrap();
    assert_eq!(rules(&judge(&off, &["x"])[0]), Vec::<&str>::new());
    assert_eq!(off.describe().packs[0].off.as_deref(), Some("mode is off"));
    assert_eq!(off.set().apply[0].mode, Mode::Off);
}

#[test]
fn a_policy_counts_as_its_pack_proposes_and_its_set_decides() {
    let engine = engine();
    let proposing = |lines: &str| {
        let policy = RULES_POLICY.replace("trigger = \"always\"\n", &format!("trigger = \"always\"\n{lines}"));
        pack(&format!("{HEAD}{policy}"), &rules_component(""), &[])
    };
    let (plain, shadow, off) = (
        proposing(""),
        proposing("mode = \"shadow\"\n"),
        proposing("mode = \"off\"\n"),
    );
    // Whether a fault holds the message, and whether a finding is in shadow; nothing where the policy is not asked.
    let table = [
        (&plain, "", Some((true, false))),
        (&plain, "modes = { rules = \"shadow\" }\n", Some((false, true))),
        (&plain, "modes = { rules = \"off\" }\n", None),
        (&shadow, "", Some((false, true))),
        (&shadow, "modes = { rules = \"enforce\" }\n", Some((true, false))),
        (
            &shadow,
            "mode = \"shadow\"\nmodes = { rules = \"enforce\" }\n",
            Some((false, true)),
        ),
        (&off, "", None),
        (&off, "modes = { rules = \"enforce\" }\n", Some((true, false))),
    ];
    each_row(table, |(pack, lines, expected)| {
        let set = set(&format!("[[apply]]\npack = \"p\"\n{lines}"), pack);
        let generation = build(&engine, &set).unwrap();
        let outcomes = judge(&generation, &["Traps", "V"]);
        let found = outcomes[1].verdict.findings.first();
        let seen = found.map(|finding| (outcomes[0].verdict.held, finding.shadow));
        assert_eq!(seen, expected);
        let described = generation.describe().packs[0]
            .policies
            .first()
            .map(|policy| policy.mode);
        assert_eq!(
            described,
            expected.map(|(_, shadow)| if shadow { "shadow" } else { "enforce" })
        );
    });
    let unknown = set("[[apply]]\npack = \"p\"\nmodes = { ruls = \"off\" }\n", &plain);
    let told = problems(&unknown);
    assert!(
        told[0].starts_with("set.toml:2:8: modes: the pack ") && told[0].contains("no policy \"ruls\""),
        "{told:?}"
    );
}

#[test]
fn a_pack_that_judges_people_is_off_without_an_assessment() {
    let manifest = format!("{HEAD}requires_assessment = true\n{RULES_POLICY}");
    let pack = pack(&manifest, &rules_component(""), &[]);
    let without = build(&engine(), &set("[[apply]]\npack = \"p\"\n", &pack)).unwrap();
    assert!(
        without.describe().packs[0]
            .off
            .as_deref()
            .unwrap()
            .contains("assessment")
    );
    assert_eq!(rules(&judge(&without, &["x"])[0]), Vec::<&str>::new());
    let with = build(
        &engine(),
        &set("[[apply]]\npack = \"p\"\nassessment = \"DPIA-7\"\n", &pack),
    )
    .unwrap();
    assert_eq!(
        (with.describe().packs[0].off.clone(), rules(&judge(&with, &["x"])[0])),
        (None, vec!["seen"])
    );
}

#[test]
fn a_tenant_that_the_host_took_out_is_not_judged_and_a_pack_of_no_tenant_is_off() {
    let manifest = format!("{HEAD}requires_assessment = true\n{RULES_POLICY}");
    let pack = pack(&manifest, &rules_component(""), &[]);
    let apply = "[[apply]]\npack = \"p\"\nassessment = \"DPIA-7\"\n";
    let named = format!("{apply}scope = {{ tenants = [\"bank\"] }}\n");
    let mut ids = Vec::new();
    // The set, the tenant that is taken out, whether the pack is off, and what a message of the bank gets.
    let table = [
        (apply, "shop", false, vec!["seen"]),
        (apply, "bank", false, vec![]),
        (named.as_str(), "bank", true, vec![]),
    ];
    each_row(table, |(text, except, is_off, found)| {
        let mut set = set(text, &pack);
        set.set.apply[0].scope.except_tenants = vec![except.to_owned()].into();
        let generation = build(&engine(), &set).unwrap();
        let described = &generation.describe().packs[0];
        assert_eq!(
            (described.off.is_some(), &described.except_tenants),
            (is_off, &vec![except.to_owned()])
        );
        assert_eq!(rules(&judge(&generation, &["x"])[0]), found);
        ids.push(generation.id());
    });
    ids.dedup();
    assert_eq!(ids.len(), 3, "each is a generation of its own");
}

#[test]
fn settings_are_frozen_into_the_plugin() {
    let engine = engine();
    let manifest = format!("{HEAD}{RULES_POLICY}settings = {{ level = 1 }}\n");
    let pack = pack(&manifest, &rules_component(""), &[("settings.schema.json", SCHEMA)]);
    for (text, severity) in [
        ("[[apply]]\npack = \"p\"\n", Severity::Medium),
        (
            "[[apply]]\npack = \"p\"\nsettings = { rules = { level = 3 } }\n",
            Severity::Critical,
        ),
    ] {
        let generation = build(&engine, &set(text, &pack)).unwrap();
        assert_eq!(judge(&generation, &["V"])[0].verdict.findings[0].severity, severity);
        assert_eq!(generation.describe().packs[0].policies[0].configured_anew, None);
    }
}

#[test]
fn what_cannot_be_frozen_is_configured_for_every_call_and_says_so() {
    let manifest = format!("{HEAD}{RULES_POLICY}settings = {{ level = 2 }}\n");
    let files = [("settings.schema.json", SCHEMA)];
    let engine = engine();
    let frozen = build(
        &engine,
        &ResolvedSet::of_pack(pack(&manifest, &rules_component(""), &files)),
    )
    .unwrap();
    // A table that the guest may change is more than a snapshot can hold.
    let unfit = rules_component("(table.set $table (i32.const 1) (table.get $table (i32.const 0)))");
    let anew = build(&engine, &ResolvedSet::of_pack(pack(&manifest, &unfit, &files))).unwrap();
    let why = anew.describe().packs[0].policies[0].configured_anew.clone().unwrap();
    assert!(why.contains("table.set"), "{why}");
    for text in ["V", "Traps", "Loops", "Peeks", "Index out of range"] {
        let (one, other) = (judge(&frozen, &[text, "x"]), judge(&anew, &[text, "x"]));
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(
                (&one.verdict.findings, fault(one), one.fuel),
                (&other.verdict.findings, fault(other), other.fuel),
                "{text}"
            );
        }
    }
}

#[test]
fn an_address_names_all_that_judges() {
    let engine = engine();
    let first = pack(&format!("{HEAD}{RULES_POLICY}"), &rules_component(""), &[]);
    let second = pack(&format!("{HEAD}{RULES_POLICY}"), &rules_component("(nop)"), &[]);
    let id = |text: &str, pack: &Arc<proviso_pack::TrustedPack>| build(&engine, &set(text, pack)).unwrap().id();
    let plain = id("[[apply]]\npack = \"p\"\n", &first);
    assert_eq!(plain, id("# the same\n[[apply]]\npack = \"p\"\n\n", &first));
    assert_ne!(plain, id("[[apply]]\npack = \"p\"\nmode = \"shadow\"\n", &first));
    assert_ne!(plain, id("[[apply]]\npack = \"p\"\n", &second));
}

#[test]
fn every_problem_is_told_at_once_with_its_place() {
    let files = [LIST_FILES[0], LIST_FILES[1], ("settings.schema.json", SCHEMA)];
    let pack = pack(
        &format!(
            "{HEAD}{LISTS}{}",
            RULES_POLICY.replace("trigger = \"always\"", "lists = [\"words\"]")
        ),
        &rules_component(""),
        &files,
    );
    let text = "[[apply]]\npack = \"p\"\n[apply.settings.rules]\nlevel = \"high\"\n[apply.settings.rulse]\nx = 1\n[apply.extra_terms]\nwrods = [\"a\"]\n";
    let found = problems(&set(text, &pack));
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found[0].starts_with("set.toml:2:8: extra_terms: the pack test/pack has no lexicon \"wrods\""),
        "{found:#?}"
    );
    assert!(
        found[1].starts_with("set.toml:4:1: setting /rules/level: "),
        "{found:#?}"
    );
    assert!(
        found[2].starts_with("set.toml:5:17: ") && found[2].contains("no policy \"rulse\": expected one of rules"),
        "{found:#?}"
    );
}

#[test]
fn bad_lists_are_told_by_file_and_line() {
    let policy = RULES_POLICY.replace("trigger = \"always\"", "lists = [\"words\", \"numbers\"]");
    let files = [
        ("lexicons/words.txt", "good\na\tb\tc\n"),
        ("patterns/numbers.txt", "x\t[0-9]*\n"),
    ];
    let found = problems(&ResolvedSet::of_pack(pack(
        &format!("{HEAD}{LISTS}{policy}"),
        &rules_component(""),
        &files,
    )));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].starts_with("words.txt:2:") && found[1].starts_with("numbers.txt:1:"),
        "{found:#?}"
    );
}

#[test]
fn a_plugins_own_problem_points_at_the_setting() {
    // `configure` answers with one problem at /level.
    let refuse = r"(i32.store8 (i32.const 400) (i32.const 0x2f)) (i32.store (i32.const 401) (i32.const 0x6576656c))
        (i32.store8 (i32.const 405) (i32.const 0x6c))
        (i32.store (i32.const 420) (i32.const 400)) (i32.store (i32.const 424) (i32.const 6))
        (i32.store (i32.const 428) (i32.const 96)) (i32.store (i32.const 432) (i32.const 2))
        (i32.store (i32.const 16) (i32.const 1)) (i32.store (i32.const 20) (i32.const 420)) (i32.store (i32.const 24) (i32.const 1))
        (return (i32.const 16))";
    let files = [("settings.schema.json", SCHEMA)];
    let pack = pack(
        &format!("{HEAD}{RULES_POLICY}settings = {{ level = 1 }}\n"),
        &rules_component(refuse),
        &files,
    );
    let stated = "[[apply]]\npack = \"p\"\n[apply.settings.rules]\nlevel = 2\n";
    assert_eq!(
        problems(&set(stated, &pack)),
        ["set.toml:4:1: setting /rules/level: ok"]
    );
    let default = problems(&set("[[apply]]\npack = \"p\"\n", &pack));
    assert!(
        default[0].starts_with("pack.toml:8:0: setting /rules/level: ok"),
        "{default:?}"
    );
}

#[test]
fn an_interface_that_the_plugin_lacks_is_a_problem() {
    let pack = pack(&format!("{HEAD}{FOLD_POLICY}"), &rules_component(""), &[]);
    let found = problems(&ResolvedSet::of_pack(pack));
    assert!(found[0].contains("does not export \"fold\""), "{found:?}");
}

#[test]
fn engines_and_generations_may_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<proviso_engine::Engine>();
    shared::<proviso_engine::Generation>();
    shared::<proviso_engine::Judged>();
}

#[test]
fn progress_is_told_for_every_policy() {
    let policies: String = (0..5)
        .map(|number| RULES_POLICY.replace("\"rules\"\nplugin", &format!("\"rules-{number}\"\nplugin")))
        .collect();
    let pack = pack(&format!("{HEAD}{policies}"), &rules_component(""), &[]);
    let told = std::cell::RefCell::new(Vec::new());
    engine()
        .build(&ResolvedSet::of_pack(pack), &|progress| {
            told.borrow_mut().push((progress.done, progress.total));
        })
        .unwrap();
    assert_eq!(*told.borrow(), [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
}

#[test]
fn a_long_text_is_cut_for_policies_and_says_so() {
    let generation = rules_generation(&engine());
    let long = format!("x{}", "保".repeat(400_000));
    let outcomes = judge(&generation, &[&long, "short"]);
    assert_eq!(
        (outcomes[0].verdict.truncated, outcomes[1].verdict.truncated),
        (true, false)
    );
    assert_eq!((rules(&outcomes[0]), rules(&outcomes[1])), (vec!["seen"], vec!["seen"]));
}

#[test]
fn the_answer_does_not_depend_on_how_messages_come_together() {
    let generation = build(&engine(), &listed("lists = [\"words\", \"numbers\"]\n")).unwrap();
    let texts: Vec<String> = (0..600)
        .map(|n| match n % 5 {
            0 => format!("保本 {n}"),
            1 => "Traps guaranteed".to_owned(),
            2 => format!("6222020200112233 {}", "长".repeat(n)),
            3 => "Peeks guaranteed".to_owned(),
            _ => "nothing".to_owned(),
        })
        .collect();
    let inputs = inputs(&texts);
    let whole = judge_inputs(&generation, &inputs);
    for size in [1, 7, 256] {
        let parts: Vec<_> = inputs
            .chunks(size)
            .flat_map(|part| generation.advance(generation.evaluate(part), part, &mut FoldStates::new()))
            .collect();
        for (one, other) in whole.iter().zip(&parts) {
            assert_eq!(one.verdict.to_canonical_json(), other.verdict.to_canonical_json());
        }
    }
}

#[test]
fn a_quarantined_policy_is_not_called_and_says_so_where_it_would_have_run() {
    let generation = build(&engine(), &listed("lists = [\"words\"]\n")).unwrap();
    let id = PolicyId {
        pack: generation.describe().packs[0].name.as_str().into(),
        policy: generation.describe().packs[0].policies[0].name.as_str().into(),
    };
    let input = |text: &str| Input {
        quarantined: Some(Arc::new(std::collections::BTreeSet::from([id.clone()]))),
        ..Input::new(message(0, text))
    };
    let inputs = [input("这款产品保本"), input("nothing")];
    let judged = generation.evaluate(&inputs);
    let outcomes = generation.advance(judged, &inputs, &mut FoldStates::default());
    let fault = &outcomes[0].verdict.faults[0];
    assert_eq!((fault.cause.name(), fault.policy_id()), ("quarantined", id.clone()));
    assert!(outcomes[0].verdict.held && outcomes[0].verdict.findings.is_empty());
    assert_eq!(outcomes[0].fuel, 0);
    assert!(!outcomes[1].verdict.held && outcomes[1].verdict.faults.is_empty());
}
