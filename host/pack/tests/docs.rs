//! The examples of docs/pack-format.md are a pack.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use proviso_pack::{Pack, PluginPath, Trust};
use std::path::Path;

const PAGE: &str = include_str!("../../../docs/pack-format.md");

/// The fenced blocks of that language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    PAGE.split(fence.as_str())
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

#[test]
fn the_examples_open_as_one_pack() {
    let folder = tempfile::tempdir().unwrap();
    let write = |part: &str, content: &[u8]| {
        let path = folder.path().join(part);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    let (cases, manifests): (Vec<_>, Vec<_>) = blocks("toml").into_iter().partition(|block| block.contains("[[case]]"));
    assert_eq!((manifests.len(), cases.len(), blocks("json").len()), (1, 1, 1));
    write("pack.toml", manifests[0].as_bytes());
    write("cases/examples.toml", cases[0].as_bytes());
    write("settings.schema.json", blocks("json")[0].as_bytes());
    write("plugins/lexicon-rules.wasm", crate::common::COMPONENT);
    for list in [
        "lexicons/promissory.txt",
        "lexicons/negation.txt",
        "patterns/identity.txt",
    ] {
        write(list, b"");
    }
    let pack =
        Pack::open(folder.path(), &PluginPath::default()).unwrap_or_else(|error| panic!("{:#?}", error.problems));
    assert_eq!(pack.manifest().policies.len(), 2);
    assert_eq!(pack.cases().len(), 5);
    assert_eq!(pack.cases()[2].messages.len(), 5);
}

#[test]
fn the_limits_are_those_of_the_code() {
    use proviso_model::limits;
    assert_eq!(
        (
            limits::PACK_BYTES_MAX,
            limits::PACK_FILES_MAX,
            limits::POLICIES_PER_PACK_MAX
        ),
        (67_108_864, 2_000, 64)
    );
    assert_eq!(
        (limits::SETTINGS_BYTES_MAX, proviso_pack::case::MESSAGES_MAX),
        (65_536, 100)
    );
    assert_eq!(
        (limits::FUEL_PER_KIB_DEFAULT, limits::FUEL_PER_KIB_MAX),
        (50_000_000, 500_000_000)
    );
    assert_eq!(
        (
            limits::SCAN_STEPS_PER_KIB_DEFAULT,
            limits::SCAN_STEPS_MIN,
            limits::SCAN_STEPS_PER_KIB_MAX,
            limits::SCAN_STEPS_MAX
        ),
        (1_048_576, 16_777_216, 134_217_728, 134_217_728)
    );
    assert_eq!(proviso_model::toml_read::NESTING_MAX, 64);
    for figure in [
        "1_048_576",
        "16,777,216",
        "134,217,728",
        "64 levels",
        "67,108,864",
        "more than 2,000 parts",
        "65,536",
        "50_000_000",
        "500,000,000",
    ] {
        assert!(PAGE.contains(figure), "{figure}");
    }
}

#[test]
fn the_trust_file_of_the_documentation_is_one() {
    let page = include_str!("../../../docs/trust.md");
    let block = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let trust = Trust::parse(Path::new("/srv/trust.toml"), block).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert!(trust.accepts_unsigned());
    // Nobody is to trust by copying: the secret halves of the keys of the tests are public, those of the page are gone.
    for name in ["release", "audit"] {
        let key = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/minisign/test-only-{name}.pub"));
        let key = std::fs::read_to_string(key).unwrap();
        assert!(!page.contains(key.lines().nth(1).unwrap()), "{name}");
    }
    let bytes = proviso_pack::signing::SIGNATURE_BYTES_MAX;
    assert!(bytes == 2_048 && PAGE.contains("2,048 bytes") && PAGE.contains("| signatures | 16"));
}
