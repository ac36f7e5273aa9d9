//! What `pack.toml` may say, and what is said when it is wrong.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use crate::common::{MANIFEST, PackFolder};
use proviso_model::EntityKind;
use proviso_model::message::{Direction, Kind, PartyClass};
use proviso_model::trigger::Trigger;
use proviso_pack::manifest::{Field, Folding, Gaps, Interface, ListKind, SubjectKey};
use proviso_rows::each_row;
use serde_json::json;

#[test]
fn a_good_manifest_is_read_whole() {
    let folder = PackFolder::new();
    let text = format!(
        "{MANIFEST}{}",
        r#"
[[policy]]
name = "gifts"
plugin = "lexicon-rules"
interfaces = ["fold", "rules"]
key = "sender-in-conversation"
trigger = { any = [ { lists = ["promissory"] }, { all = [ { kinds = ["red-packet", "transfer"] }, { directions = ["outbound"] }, { sender = ["employee"] }, { recipient = ["external"] } ] } ] }
lists = ["identity", "promissory"]
fields = ["text", "amount", "preceding"]
preceding = 3
budget = { fuel_per_kib = 20_000_000 }
"#
    )
    .replace("file = \"lexicons/promissory.txt\"", "file = \"lexicons/promissory.txt\"\nfold = { case = false, gaps = \"punctuation\", word_segmentation = true, glued_identifiers = true, skip_machine_text = true, repeats = true }");
    folder.write("pack.toml", text);
    let pack = folder.open().unwrap();
    let manifest = pack.manifest();
    assert_eq!(manifest.name, "acme/house-rules");
    assert_eq!(manifest.version.to_string(), "0.1.0");
    assert!(!manifest.requires_assessment);
    assert_eq!(
        manifest.list("promissory").unwrap().kind,
        ListKind::Lexicon(Folding {
            case: false,
            gaps: Gaps::Punctuation,
            word_segmentation: true,
            glued_identifiers: true,
            skip_machine_text: true,
            repeats: true,
            ..Folding::default()
        })
    );
    assert_eq!(manifest.list("identity").unwrap().kind, ListKind::Patterns);
    assert_eq!(pack.lexicon_text("promissory"), Some("保本保息\n"));
    assert_eq!(pack.pattern_text("promissory"), None);
    assert_eq!(pack.pattern_text("identity"), Some("id\t[0-9]{18}\n"));
    assert_eq!(pack.plugin("lexicon-rules"), Some(crate::common::COMPONENT));
    assert_eq!(pack.readme(), Some("# House rules\n"));

    let promises = manifest.policy("promises").unwrap();
    assert_eq!(
        promises.trigger,
        Trigger::Lists(vec!["promissory".to_owned(), "identity".to_owned()])
    );
    assert_eq!(
        json!(promises.settings),
        json!({ "level": "high", "nested": { "a": 1, "b": 2 } })
    );
    let gifts = manifest.policy("gifts").unwrap();
    assert_eq!(gifts.interfaces, [Interface::Rules, Interface::Fold]);
    assert_eq!(gifts.key, Some(SubjectKey::SenderInConversation));
    assert_eq!(gifts.lists, ["identity", "promissory"]);
    assert_eq!(gifts.fields, [Field::Text, Field::Amount, Field::Preceding]);
    assert_eq!((gifts.preceding, gifts.fuel_per_kib), (3, 20_000_000));
    assert_eq!(gifts.line, 23);
    let all = Trigger::All(vec![
        Trigger::Kinds(vec![Kind::RedPacket, Kind::Transfer]),
        Trigger::Directions(vec![Direction::Outbound]),
        Trigger::Sender(vec![PartyClass::Employee]),
        Trigger::Recipient(vec![PartyClass::External]),
    ]);
    assert_eq!(
        gifts.trigger,
        Trigger::Any(vec![Trigger::Lists(vec!["promissory".to_owned()]), all])
    );
}

#[test]
fn the_budget_of_the_patterns_is_the_packs_and_changes_its_digest() {
    use proviso_model::limits::{SCAN_STEPS_PER_KIB_DEFAULT, SCAN_STEPS_PER_KIB_MAX};
    let table = [
        ("", Ok(SCAN_STEPS_PER_KIB_DEFAULT)),
        ("budget = {}\n", Ok(SCAN_STEPS_PER_KIB_DEFAULT)),
        ("budget = { scan_steps_per_kib = 1 }\n", Ok(1)),
        (
            "budget = { scan_steps_per_kib = 134_217_728 }\n",
            Ok(SCAN_STEPS_PER_KIB_MAX),
        ),
        (
            "budget = { scan_steps_per_kib = 0 }\n",
            Err("`scan_steps_per_kib` is 0: expected 1 to 134217728"),
        ),
        (
            "budget = { scan_steps_per_kib = \"all\" }\n",
            Err("`scan_steps_per_kib` is a string: expected a whole number"),
        ),
        (
            "budget = { steps = 1 }\n",
            Err("unknown key `steps`: expected one of `scan_steps_per_kib`"),
        ),
    ];
    let plain = PackFolder::new().open().unwrap().digest();
    each_row(table, |(line, expected)| {
        let folder = PackFolder::new();
        folder.write("pack.toml", format!("{line}{MANIFEST}"));
        match expected {
            Ok(steps) => {
                let pack = folder.open().unwrap();
                assert_eq!(pack.manifest().scan_steps_per_kib, steps);
                assert_eq!(pack.digest() == plain, line.is_empty());
            }
            Err(problem) => {
                let found = folder.problems();
                assert!(
                    found.len() == 1 && found[0].starts_with("pack.toml:1:") && found[0].contains(problem),
                    "{found:?}"
                );
            }
        }
    });
}

#[test]
fn every_problem_is_told_at_once() {
    let folder = PackFolder::new();
    folder.write(
        "pack.toml",
        r#"name = "House Rules"
version = "1"
host = ">=9"
jurisdictions = ["China"]
description = {}
colour = "red"
budget = { scan_steps_per_kib = 134_217_729, fuel_per_kib = 1 }
[lexicon.promissory]
file = "../secret.txt"
fold = { gaps = "all", cases = true }
[patterns.promissory]
file = "patterns/none.txt"
[[policy]]
name = "Promises"
plugin = "../x"
interfaces = []
key = "sender"
trigger = { any = [ { lists = ["identity"] }, { kinds = ["gift"] }, {} ] }
lists = ["promissory", "absent"]
fields = ["text", "all"]
preceding = 2
budget = { fuel_per_kib = 0 }
"#,
    );
    let problems = folder.problems();
    for expected in [
        "pack.toml:1:1: `licence` is missing here",
        "pack.toml:1:8: `name` is \"House Rules\": expected vendor/name",
        "pack.toml:2:11: `version` is \"1\": expected a semantic version",
        "pack.toml:3:8: `host` is \">=9\", and this host is 0.1.0",
        "pack.toml:4:18: \"China\" is not a jurisdiction",
        "pack.toml:5:15: `description` needs `zh`, `en`, or both",
        "pack.toml:6:1: unknown key `colour`",
        "pack.toml:7:33: `scan_steps_per_kib` is 134217729: expected 1 to 134217728",
        "pack.toml:7:46: unknown key `fuel_per_kib`: expected one of `scan_steps_per_kib`",
        "pack.toml:9:8: `file` is \"../secret.txt\": expected lexicons/NAME.txt",
        "pack.toml:10:17: `gaps` is \"all\"",
        "pack.toml:10:24: unknown key `cases`",
        "pack.toml:11:11: \"promissory\" is the name of two lists",
        "pack.toml:12:8: the file \"patterns/none.txt\" is missing in the pack",
        "pack.toml:13:1: `interfaces` is missing here",
        "pack.toml:14:8: \"Promises\" is not the name of a policy",
        "pack.toml:15:10: \"../x\" is not the name of a plugin",
        "pack.toml:17:7: `key` is for folds",
        "pack.toml:18:32: \"identity\" is not among the `lists` of this policy",
        "pack.toml:18:58: \"gift\": expected one of",
        "pack.toml:18:69: a condition has exactly one of",
        "pack.toml:19:24: \"absent\" is not a list of this pack",
        "pack.toml:20:19: `fields` has \"all\"",
        "pack.toml:21:13: `preceding` is 2: the field",
        "pack.toml:22:27: `fuel_per_kib` is 0",
        "lexicons/promissory.txt: pack.toml does not name this file",
        "patterns/identity.txt: pack.toml does not name this file",
        "plugins/lexicon-rules.wasm: pack.toml does not name this file",
    ] {
        assert!(
            problems.iter().any(|found| found.starts_with(expected)),
            "{expected}\nis not in\n{}",
            problems.join("\n")
        );
    }
}

#[test]
fn what_belongs_together_is_checked_together() {
    let table = [
        (
            "interfaces = [\"rules\"]",
            "interfaces = [\"fold\"]",
            "a fold needs `key`",
        ),
        (
            "fields = [\"text\"]",
            "fields = [\"text\", \"preceding\"]",
            "`preceding` is 0: the field",
        ),
        (
            "lists = [\"promissory\", \"identity\"]\n",
            "",
            "the policy would never run",
        ),
        (
            "lists = [\"promissory\", \"identity\"]\n",
            "trigger = \"sometimes\"\n",
            "\"always\" or a table",
        ),
        (
            "lists = [\"promissory\",",
            "lists = [\"promissory\", \"promissory\",",
            "stands here twice",
        ),
        (
            "level = \"high\"",
            "level = \"extreme\"",
            "setting /promises/level: \"extreme\" is not one of",
        ),
        ("level = \"high\"", "levels = \"high\"", "'levels' was unexpected"),
        (
            "plugin = \"lexicon-rules\"",
            "plugin = \"other\"",
            "the plugin \"other\" is missing: the pack has no plugins/other.wasm, the plugin path is empty",
        ),
        ("[[policy]]", "[[policies]]", "the pack has no policy"),
        (
            "lists = [\"promissory\", \"identity\"]\n",
            "lists = [\"segments\"]\n",
            "the policy would never run",
        ),
        (
            "[[policy]]",
            "[entities.money]\nkinds = [\"bank-card\", \"purse\"]\n[[policy]]",
            "\"purse\" is not a kind of entity: expected one of cn-identity, ",
        ),
        (
            "[[policy]]",
            "[entities.promissory]\nkinds = [\"iban\"]\n[[policy]]",
            "\"promissory\" is the name of two lists: lexicons, patterns and entities share their names",
        ),
        (
            "[[policy]]",
            "[entities.money]\nkinds = []\n[[policy]]",
            "[entities.money] needs `kinds`, such as",
        ),
        (
            "[[policy]]",
            "[lexicon.segments]\nfile = \"lexicons/promissory.txt\"\n[[policy]]",
            "\"segments\" is the name of the host's own list: choose another",
        ),
    ];
    each_row(table, |(from, to, expected)| {
        let folder = PackFolder::new();
        folder.edit(from, to);
        let problems = folder.problems();
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "{expected}\nis not in\n{}",
            problems.join("\n")
        );
    });
    let folder = PackFolder::new();
    folder.edit("level = \"high\"", "level = \"extreme\"");
    assert!(
        folder.problems()[0].starts_with("pack.toml:20:14: "),
        "{:?}",
        folder.problems()
    );
    folder.write("pack.toml", format!("{MANIFEST}\n[[policy]]\nname = \"promises\"\nplugin = \"lexicon-rules\"\ninterfaces = [\"rules\"]\ntrigger = \"always\"\n"));
    assert_eq!(
        folder.problems(),
        ["pack.toml:23:8: \"promises\" is the name of two policies"]
    );
}

#[test]
fn the_hosts_list_is_named_without_a_file_and_triggers_nothing() {
    let folder = PackFolder::new();
    folder.edit(
        "lists = [\"promissory\", \"identity\"]",
        "lists = [\"promissory\", \"segments\", \"identity\"]",
    );
    let pack = folder.open().unwrap();
    let policy = &pack.manifest().policies[0];
    assert_eq!(policy.lists, ["promissory", "segments", "identity"]);
    assert_eq!(
        policy.trigger,
        Trigger::Lists(vec!["promissory".to_owned(), "identity".to_owned()])
    );
}

#[test]
fn a_list_of_entities_has_kinds_and_no_file() {
    let folder = PackFolder::new();
    folder.edit(
        "[[policy]]",
        "[entities.money]\nkinds = [\"iban\", \"bank-card\"]\n[[policy]]",
    );
    folder.edit("\"identity\"]", "\"identity\", \"money\"]");
    let pack = folder.open().unwrap();
    let manifest = pack.manifest();
    assert_eq!(manifest.entities[0].name, "money");
    assert_eq!(manifest.entities[0].kinds, [EntityKind::Iban, EntityKind::BankCard]);
    assert_eq!(manifest.policies[0].lists, ["promissory", "identity", "money"]);
}

#[test]
fn settings_are_merged_and_validated() {
    let pack = PackFolder::new().open().unwrap();
    let overrides = json!({ "nested": { "b": 3 } });
    let merged = pack.merged_settings("promises", overrides.as_object().unwrap());
    assert_eq!(json!(merged), json!({ "level": "high", "nested": { "a": 1, "b": 3 } }));
    assert_eq!(pack.validate_settings("promises", &merged), []);
    let wrong = json!({ "level": "HIGH", "nested": { "b": "3" } });
    let problems = pack.validate_settings("promises", wrong.as_object().unwrap());
    let pointers: Vec<_> = problems.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/level", "/nested/b"]);
    assert!(
        pack.validate_settings("gifts", &merged)[0]
            .1
            .contains("no policy \"gifts\"")
    );
    let large = json!({ "level": "x".repeat(70_000) });
    assert!(
        pack.validate_settings("promises", large.as_object().unwrap())[0]
            .1
            .contains("at most 65536")
    );
}

#[test]
fn a_pack_without_a_schema_takes_no_settings() {
    let folder = PackFolder::new();
    folder.remove("settings.schema.json");
    assert!(folder.problems()[0].contains("\"promises\" takes no settings"));
    folder.edit("settings = { level = \"high\", nested = { a = 1, b = 2 } }\n", "");
    assert!(folder.open().unwrap().schema().is_none());
}
