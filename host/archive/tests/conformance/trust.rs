//! What the check of packs remembers.

use crate::support::{Write, activation, activation_again, at, generation, wei};
use proviso_archive::{AllowedDowngrade, Archive, Change, GenerationRecord, PackRecord, TrustRecord};
use proviso_model::{Digest, Principal, PrincipalKind};

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

async fn allow(archive: &Archive, pack: &str, by: &Principal, millis: i64) {
    let allowed = AllowedDowngrade {
        pack: pack.to_owned(),
        version: "1.0.0".to_owned(),
        note: "1.1.0 finds too little".to_owned(),
        at: at(millis),
    };
    archive.commit(Change::Downgrade(&allowed), by).await.unwrap();
}

pub(crate) async fn packs_that_were_live_are_known_by_their_first_time_and_last_entry(archive: Archive) {
    let first = of_packs("one", &[("acme/a", "1.0.0"), ("acme/b", "2.0.0")]);
    let second = of_packs("two", &[("acme/a", "1.1.0"), ("acme/b", "2.0.0")]);
    let one = archive.activate(&activation(first, 10)).await.unwrap();
    let two = archive.activate(&activation(second, 20)).await.unwrap();
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
            ("proviso/bank-cn", "1.2.0", at(0), 1),
        ]
    );
    assert_eq!(archive.downgrades().await.unwrap(), []);
    let token = Principal::new(PrincipalKind::Token, "deploy").unwrap();
    allow(&archive, "acme/a", &token, 30).await;
    let again = archive.activate(&activation_again("one", 40)).await.unwrap();
    allow(&archive, "acme/b", &wei(), 50).await;
    let allowed = archive.downgrades().await.unwrap();
    assert_eq!(
        (allowed[0].pack.as_str(), allowed[0].version.as_str(), allowed[0].after),
        ("acme/a", "1.0.0", two)
    );
    assert_eq!(
        (&allowed[0].who, &allowed[1].who, allowed[1].at, allowed[1].after),
        (&token, &wei(), at(50), again)
    );
}

pub(crate) async fn a_trust_file_is_recorded_when_it_changes(archive: Archive) {
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
        archive.commit(Change::Trust(&record), &wei()).await.unwrap();
    }
    assert_eq!(
        archive.last_trust().await.unwrap(),
        Some(trust(2, Some("/etc/proviso/trust.toml"), "a")),
        "the same again is not recorded again"
    );
    let changed = trust(4, Some("/etc/proviso/trust.toml"), "b");
    archive.commit(Change::Trust(&changed), &wei()).await.unwrap();
    assert_eq!(archive.last_trust().await.unwrap().unwrap().at, at(4));
}
