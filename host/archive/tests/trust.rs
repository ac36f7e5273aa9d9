//! What the check of packs remembers.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{at, fresh, generation};
use proviso_archive::{Activation, Archive, Cause, GenerationRecord, PackRecord, TrustRecord};
use proviso_model::Digest;

fn of_packs(name: &str, packs: &[(&str, &str)]) -> GenerationRecord {
    let pack = |(name, version): &(&str, &str)| PackRecord {
        name: (*name).to_owned(),
        version: (*version).to_owned(),
        digest: Digest::of(format!("{name} {version}").as_bytes()),
    };
    GenerationRecord {
        packs: packs.iter().map(pack).collect(),
        ..generation(name)
    }
}

async fn live(archive: &Archive, name: &str, millis: i64) -> i64 {
    let activation = Activation {
        generation: Digest::of(name.as_bytes()),
        at: at(millis),
        cause: Cause::Reload,
        who: "wei".into(),
        why: String::new(),
        changed: String::new(),
    };
    archive.activate_generation(&activation).await.unwrap()
}

#[tokio::test]
async fn packs_that_were_live_are_known_by_their_first_time_and_last_entry() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    // `fresh` records a generation and puts none into force.
    assert_eq!(archive.packs_seen().await.unwrap(), []);
    let first = of_packs("one", &[("acme/a", "1.0.0"), ("acme/b", "2.0.0")]);
    let second = of_packs("two", &[("acme/a", "1.1.0"), ("acme/b", "2.0.0")]);
    for generation in [&first, &second, &of_packs("never live", &[("acme/a", "9.0.0")])] {
        archive.record_generation(generation).await.unwrap();
    }
    let one = live(&archive, "one", 10).await;
    let two = live(&archive, "two", 20).await;
    let mut seen = archive.packs_seen().await.unwrap();
    seen.sort_by(|a, b| (&a.pack.name, &a.pack.version).cmp(&(&b.pack.name, &b.pack.version)));
    let summary: Vec<_> = seen
        .iter()
        .map(|seen| {
            (
                seen.pack.name.as_str(),
                seen.pack.version.as_str(),
                seen.first_live,
                seen.last_entry,
            )
        })
        .collect();
    assert_eq!(
        summary,
        [
            ("acme/a", "1.0.0", at(10), one),
            ("acme/a", "1.1.0", at(20), two),
            ("acme/b", "2.0.0", at(10), two),
        ]
    );
    assert_eq!(archive.downgrades().await.unwrap(), []);
    archive
        .allow_downgrade("acme/a", "1.0.0", "api", "1.1.0 finds too little", at(30))
        .await
        .unwrap();
    let again = live(&archive, "one", 40).await;
    archive
        .allow_downgrade("acme/b", "1.0.0", "command line", "", at(50))
        .await
        .unwrap();
    let allowed = archive.downgrades().await.unwrap();
    assert_eq!(
        (allowed[0].pack.as_str(), allowed[0].version.as_str(), allowed[0].after),
        ("acme/a", "1.0.0", two)
    );
    assert_eq!(
        (allowed[1].who.as_str(), allowed[1].at, allowed[1].after),
        ("command line", at(50), again)
    );
}

#[tokio::test]
async fn a_trust_file_is_recorded_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    assert_eq!(archive.last_trust().await.unwrap(), None);
    let trust = |millis, file: Option<&str>, text: &str| TrustRecord {
        at: at(millis),
        file: file.map(str::to_owned),
        text: text.to_owned(),
    };
    for record in [
        trust(1, None, ""),
        trust(2, Some("/etc/proviso/trust.toml"), "a"),
        trust(3, Some("/etc/proviso/trust.toml"), "a"),
    ] {
        archive.record_trust(&record).await.unwrap();
    }
    assert_eq!(
        archive.last_trust().await.unwrap(),
        Some(trust(2, Some("/etc/proviso/trust.toml"), "a")),
        "the same again is not recorded again"
    );
    archive
        .record_trust(&trust(4, Some("/etc/proviso/trust.toml"), "b"))
        .await
        .unwrap();
    assert_eq!(archive.last_trust().await.unwrap().unwrap().at, at(4));
}
