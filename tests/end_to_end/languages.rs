//! Plugins in every language that `pack new` knows, built as their authors build them: the same rule, the same findings.

use super::path::{Journey, edit};
use super::support::{copy_folder, json_lines, message, project, proviso, stderr, stdout};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const LANGUAGES: [&str; 4] = ["rust", "c", "typescript", "python"];
/// Messages that the four plugins judge.
const MESSAGES: usize = 500;
/// What a build fetches or makes of what it fetched, in the pack's folder.
const FETCHED: [&str; 2] = ["node_modules", "target"];

/// Where packs and what was fetched for them stay, so that it is fetched once.
fn workshop() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("languages");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a command to its end; it must end well.
fn well(command: &mut Command) -> String {
    let workshop = workshop();
    command
        .env("npm_config_cache", workshop.join("npm"))
        .env("PIP_CACHE_DIR", workshop.join("pip"));
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        stdout(&output),
        stderr(&output)
    );
    stdout(&output)
}

/// A new pack with a plugin in a language.
fn scaffold(name: &str, language: &str, folder: &Path) {
    let folder = folder.to_str().unwrap();
    well(&mut proviso(&[
        "pack", "new", name, "--plugin", language, "--dir", folder,
    ]));
}

/// A new pack with a plugin in a language, built and tested as `pack new` tells.
fn made(language: &str) -> PathBuf {
    let pack = workshop().join(format!("rates-{language}"));
    if pack.is_dir() {
        for entry in fs::read_dir(&pack).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_file() {
                fs::remove_file(path).unwrap();
            } else if !FETCHED.iter().any(|name| path.ends_with(name)) {
                fs::remove_dir_all(path).unwrap();
            }
        }
    }
    let folder = pack.to_str().unwrap();
    let started = Instant::now();
    scaffold(&format!("acme/rates-{language}"), language, &pack);
    let file = workshop().join(format!("rates-{language}.pack"));
    well(&mut proviso(&[
        "pack",
        "build",
        folder,
        "--output",
        file.to_str().unwrap(),
    ]));
    let built = started.elapsed();
    let tested = well(&mut proviso(&["pack", "test", folder]));
    assert!(tested.contains("5 cases passed, 0 mismatches"), "{tested}");
    if language == "typescript" {
        well(Command::new("npm").current_dir(&pack).args(["--silent", "test"]));
    }
    println!(
        "{language}: built in {built:?}, tested {:?} later",
        started.elapsed().saturating_sub(built)
    );
    pack
}

#[test]
fn a_plugin_of_each_language_is_built_from_its_scaffold_and_finds_the_same() {
    let packs = LANGUAGES.map(made);
    for pack in &packs {
        let facts = well(&mut proviso(&[
            "pack",
            "inspect",
            pack.to_str().unwrap(),
            "--format",
            "json",
        ]));
        let facts: Value = serde_json::from_str(&facts).unwrap();
        let plugin = &facts["plugins"][0];
        assert!(plugin["refused"].is_null(), "{plugin}");
        let imports = plugin["imports"].as_array().unwrap();
        assert!(
            imports
                .iter()
                .all(|name| name.as_str().unwrap().starts_with("proviso:policy/")),
            "{imports:?}"
        );
    }

    let texts = texts();
    let input = workshop().join("messages.ndjson");
    let lines: String = texts
        .iter()
        .enumerate()
        .fold(String::new(), |mut lines, (index, text)| {
            writeln!(lines, "{}", message(&format!("m-{index}"), text)).unwrap();
            lines
        });
    fs::write(&input, lines).unwrap();
    for language in ["zh", "en"] {
        let mut set = format!("language = \"{language}\"\n");
        for pack in &packs {
            write!(set, "\n[[apply]]\npack = {:?}\n", pack.to_str().unwrap()).unwrap();
        }
        let set_file = workshop().join("set.toml");
        fs::write(&set_file, set).unwrap();
        let paths = [&set_file, &input].map(|path| path.to_str().unwrap());
        let output = well(&mut proviso(&["eval", "--set", paths[0], "--format", "json", paths[1]]));
        let verdicts = json_lines(&output);
        assert_eq!(verdicts.len(), MESSAGES);
        let mut found = 0;
        for (verdict, text) in verdicts.iter().zip(&texts) {
            assert_eq!(verdict["held"], false, "{verdict}");
            let by_pack = by_pack(verdict);
            let of_rust = by_pack.get("acme/rates-rust");
            for language in LANGUAGES {
                assert_eq!(
                    by_pack.get(&format!("acme/rates-{language}")),
                    of_rust,
                    "{language}: {text:?}"
                );
            }
            found += usize::from(of_rust.is_some());
        }
        println!("{found} of {MESSAGES} messages have a finding in {language}");
        assert!(
            (MESSAGES / 5..MESSAGES * 4 / 5).contains(&found),
            "{found} messages prove little"
        );
    }
    go_to_a_daemon(&packs);
}

/// The findings of a message as they are printed, pack by pack, without the pack's name.
fn by_pack(verdict: &Value) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in verdict["findings"].as_array().unwrap() {
        let mut finding = finding.clone();
        let pack = finding.as_object_mut().unwrap().remove("pack").unwrap();
        all.entry(pack.as_str().unwrap().to_owned())
            .or_default()
            .push(finding.to_string());
    }
    all
}

/// Each pack, as it was built, gets a term more and goes to a daemon elsewhere.
fn go_to_a_daemon(packs: &[PathBuf]) {
    let journey = Journey::new();
    for (pack, language) in packs.iter().zip(LANGUAGES) {
        let name = format!("rates-{language}");
        let folder = journey.author.path().join(&name);
        for part in [
            "pack.toml",
            "settings.schema.json",
            "README.md",
            "lexicons",
            "cases",
            "plugins",
        ] {
            let from = pack.join(part);
            if from.is_dir() {
                copy_folder(&from, &folder.join(part));
            } else {
                fs::create_dir_all(&folder).unwrap();
                fs::copy(from, folder.join(part)).unwrap();
            }
        }
        edit(&folder.join("lexicons/rates.txt"), "回报\n", "回报\n预期到手\n");
        let case =
            "expect = [{ policy = \"rates\", rule = \"promised-rate\", severity = \"high\", text = \"预期到手 9%\" }]";
        let case =
            format!("# Each\n[[case]]\nname = \"a term of the house\"\ntext = \"预期到手 9%，放心\"\n{case}\n\n#");
        edit(&folder.join("cases/rates.toml"), "#", &case);
        let found = journey.go(&folder, &name, "这款预期到手 9%，放心");
        assert_eq!(found, [("promised-rate".to_owned(), "high".to_owned())], "{language}");
    }
}

#[test]
fn the_helpers_of_the_scaffolds_pass_their_own_tests() {
    let folder = workshop().join("helpers");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    let python = folder.join("python");
    scaffold("acme/rates", "python", &python);
    well(
        Command::new("python3")
            .current_dir(&python)
            .args(["-m", "unittest", "discover", "sdk", "*_test.py"]),
    );
    // Inside a checkout, wherever cargo builds, it uses the checkout's SDK; away from one it carries the SDK.
    let ignored = project().join("target");
    fs::create_dir_all(&ignored).unwrap();
    let inside = tempfile::tempdir_in(ignored).unwrap();
    let rust = inside.path().join("rates");
    scaffold("acme/rates", "rust", &rust);
    assert!(!rust.join("sdk").exists());
    let elsewhere = tempfile::tempdir().unwrap();
    let rust = elsewhere.path().join("rates");
    scaffold("acme/rates", "rust", &rust);
    assert!(rust.join("sdk/wit/types.wit").is_file());
    let target = workshop().join("cargo");
    well(
        Command::new("cargo")
            .current_dir(&rust)
            .args(["test", "--quiet", "--target-dir"])
            .arg(target),
    );
}

#[test]
fn a_tool_that_is_missing_is_named_with_the_command_that_installs_it() {
    let folder = tempfile::tempdir().unwrap();
    for (language, words) in [
        ("c", "sudo apt-get install clang lld"),
        ("typescript", "sudo apt-get install nodejs npm"),
        ("python", "sudo apt-get install python3 python3-venv"),
    ] {
        let pack = folder.path().join(language);
        scaffold("acme/rates", language, &pack);
        let pack = pack.to_str().unwrap();
        let output = proviso(&["pack", "build", pack])
            .env("PATH", folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    let doctor = proviso(&["doctor", "--format", "json"])
        .env("PATH", folder.path())
        .output()
        .unwrap();
    for language in ["Rust", "C", "TypeScript", "Python"] {
        let what = format!("plugins in {language}");
        let checks = json_lines(&stdout(&doctor));
        let check = checks.iter().find(|check| check["what"] == what.as_str()).unwrap();
        let lacks = check["state"] == "lacking" && check["advice"].as_str().unwrap().contains("install");
        // Rust may be where the path does not lead.
        assert!(lacks || language == "Rust", "{check}");
    }
}

#[test]
fn the_tutorial_works_when_it_is_pasted_and_is_the_same_for_every_language() {
    let page = fs::read_to_string(project().join("docs/languages.md")).unwrap();
    let section = |title: &str| {
        page.split("\n## ")
            .find_map(|section| section.strip_prefix(title))
            .unwrap()
    };
    let blocks = |title: &str| -> Vec<String> {
        let blocks = section(title).split("```sh\n").skip(1);
        blocks
            .map(|block| block.split("```").next().unwrap().to_owned())
            .collect()
    };
    let c = blocks("C\n");
    assert_eq!(c.len(), 2);
    for (title, language) in [
        ("TypeScript\n", "typescript"),
        ("Python\n", "python"),
        ("Rust\n", "rust"),
    ] {
        assert_eq!(
            blocks(title),
            [c[0].replace("--plugin c", &format!("--plugin {language}"))]
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_proviso")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let script = format!("set -e\n{}", c.concat());
    let mut shell = Command::new("sh");
    // The environment of the other tests, with the binary on the path.
    shell.envs(proviso(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
    let said = well(shell.current_dir(folder.path()).env("PATH", path).args(["-c", &script]));
    assert!(said.contains("5 cases passed"), "{said}");
    let verdict: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(verdict["findings"][0]["text"], "年化可达 9%");
}

#[test]
fn a_plugin_that_no_policy_names_is_not_built() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("rates");
    scaffold("acme/rates", "c", &pack);
    let manifest = fs::read_to_string(pack.join("pack.toml")).unwrap();
    fs::write(
        pack.join("pack.toml"),
        manifest.replace("plugin = \"rates\"", "plugin = \"other\""),
    )
    .unwrap();
    let output = proviso(&["pack", "build", pack.to_str().unwrap()]).output().unwrap();
    assert!(
        stderr(&output).contains("no policy of pack.toml has `plugin = \"rates\"`"),
        "{}",
        stderr(&output)
    );
    assert!(project().join("wit").is_dir() && !pack.join("plugins").exists());
}

/// Numbers that look random and are the same every time: Knuth's linear congruential generator (MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn one_of<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len())]
    }
}

/// Texts in Chinese and English, with characters of one to four bytes and of one and two UTF-16 units, half and full width, empty ones
/// and long ones, in which words of the list, rates and the ends of sentences stand in any order.
fn texts() -> Vec<String> {
    const WORDS: [&str; 6] = [
        "年化",
        "收益率",
        "回报",
        "annual return",
        "Annual  Return",
        "ａｎｎｕａｌ ｒｅｔｕｒｎ",
    ];
    const RATES: [&str; 16] = [
        "8%",
        "8.5 %",
        "12％",
        "5.99%",
        "6%",
        "６％",
        "007%",
        "99999999999999999999%",
        "3.4.5%",
        ".7%",
        "6  %",
        "%",
        "10 ％",
        "9.%",
        "0%",
        "1,200%",
    ];
    const BETWEEN: [&str; 14] = [
        " ",
        "可达",
        "，",
        "。",
        "！",
        "; ",
        "up to ",
        "🎉",
        "👩‍👩‍👧",
        "𝟘𠮷",
        "ＡＢＣ",
        "ｶﾅ",
        "e\u{301}",
        "\u{200b}\t",
    ];
    let mut random = Random(20_260_101);
    let mut texts = Vec::with_capacity(MESSAGES);
    for index in 0..MESSAGES {
        let mut text = String::new();
        if index % 50 == 49 {
            // Long: what stands before a word is counted in bytes, too.
            let filler = random.one_of(&["本产品不保本，投资有风险🎉", "an ordinary day. ", "𠮷"]);
            text.push_str(&filler.repeat(1 + random.below(10_000)));
        }
        for _ in 0..if index % 100 == 0 { 0 } else { random.below(24) } {
            text.push_str(match random.below(8) {
                0 | 1 => random.one_of(&WORDS),
                2 | 3 => random.one_of(&RATES),
                _ => random.one_of(&BETWEEN),
            });
        }
        texts.push(text);
    }
    texts
}
