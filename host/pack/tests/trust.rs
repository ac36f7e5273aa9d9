//! The trust file, and the check that stands before judging.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use crate::common::PackFolder;
use proviso_model::{Problem, Timestamp};
use proviso_pack::signing::SigningKey;
use proviso_pack::trust::{Acceptance, Load, Occasion, Seen};
use proviso_pack::{Pack, PluginPath, Trust, TrustedPack, UnreadPack};
use std::path::{Path, PathBuf};

fn at(text: &str) -> Timestamp {
    Timestamp::from_rfc3339(text).unwrap()
}

fn now() -> Timestamp {
    at("2026-06-01T12:00:00Z")
}

fn key(name: &str) -> SigningKey {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/minisign/test-only-{name}.key"));
    SigningKey::open(&std::fs::read_to_string(path).unwrap(), None).unwrap()
}

/// A trust file of one vendor; `lines` follow the vendor's threshold, `rest` the whole.
fn text(threshold: usize, lines: &str, rest: &str) -> String {
    let keys = ["release", "audit"].map(|name| {
        format!(
            "[[vendor.acme.key]]\nsigner = \"{name}\"\nkey = \"{}\"\nfrom = 2026-01-01\nuntil = \"2026-12-31\"\n",
            key(name).public().text()
        )
    });
    format!(
        "[vendor.acme]\nthreshold = {threshold}\n{lines}\n{}{rest}",
        keys.concat()
    )
}

fn trust(text: &str) -> Trust {
    Trust::parse(Path::new("/srv/trust.toml"), text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The pack as a built file, signed by these.
fn signed(pack: &Pack, by: &[&str]) -> Pack {
    let signatures = by.iter().map(|name| {
        let bytes = pack.oci_manifest().as_bytes();
        key(name).sign(bytes, at("2026-05-01T12:00:00Z"), "x").unwrap()
    });
    let file = pack.clone().with_signatures(signatures).unwrap().to_file();
    Pack::from_file(&file, Path::new("x.pack")).unwrap()
}

fn accept(trust: &Trust, pack: Pack, occasion: &Occasion<'_>) -> Result<TrustedPack, String> {
    let said = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    trust.accept(pack, occasion).map_err(|error| said(error.problems))
}

#[test]
fn enough_distinct_signers_accept_a_pack() {
    let pack = PackFolder::new().open().unwrap();
    for (threshold, by, accepted) in [
        (1, &["release"][..], true),
        (1, &["audit", "release"], true),
        (2, &["audit", "release"], true),
        (2, &["release"], false),
        (2, &["release", "release"], false),
        (1, &[], false),
    ] {
        let trust = trust(&text(threshold, "", ""));
        let answer = accept(&trust, signed(&pack, by), &Occasion::at(now()));
        assert_eq!(answer.is_ok(), accepted, "{threshold} of {by:?}: {answer:?}");
        if let Ok(pack) = answer {
            let Acceptance::Signed(signers) = pack.acceptance() else {
                panic!("{:?}", pack.acceptance())
            };
            let names: Vec<&str> = signers.iter().map(|by| by.signer.as_str()).collect();
            assert_eq!(names, by);
        }
    }
}

#[test]
fn refusals_say_what_is_missing() {
    let pack = PackFolder::new().open().unwrap();
    let two = trust(&text(2, "", ""));
    let refused = |trust: &Trust, pack: Pack, when: &str| accept(trust, pack, &Occasion::at(at(when))).unwrap_err();
    assert_eq!(
        refused(&two, signed(&pack, &["release"]), "2026-06-01T12:00:00Z"),
        "x.pack: acme/house-rules is signed by 1 of the 2 signers that /srv/trust.toml asks for (release)"
    );
    let late = refused(&two, signed(&pack, &["audit"]), "2027-01-01T00:00:00Z");
    assert!(
        late.contains("by 0 of the 2 signers") && late.contains("(nobody)"),
        "{late}"
    );
    assert!(
        late.contains("by audit, and does not count: its key counted until 2026-12-31"),
        "{late}"
    );
    assert!(
        accept(
            &two,
            signed(&pack, &["audit", "release"]),
            &Occasion::at(at("2026-12-31T23:59:59Z"))
        )
        .is_ok()
    );
    let unsigned = Pack::from_file(&pack.to_file(), Path::new("x.pack")).unwrap();
    let said = refused(&two, unsigned.clone(), "2026-06-01T12:00:00Z");
    assert_eq!(
        said,
        "x.pack: acme/house-rules is not signed, and /srv/trust.toml asks for it"
    );
    let said = refused(&two, pack.clone(), "2026-06-01T12:00:00Z");
    assert!(said.contains("a folder cannot be signed"), "{said}");
    let said = refused(&Trust::development(), unsigned, "2026-06-01T12:00:00Z");
    assert!(said.contains("there is no trust file"), "{said}");
    let said = refused(
        &Trust::development(),
        signed(&pack, &["audit", "release"]),
        "2026-06-01T12:00:00Z",
    );
    assert!(said.contains("there is no trust file"), "{said}");
    let other = trust(&text(1, "", "").replace("vendor.acme", "vendor.acme-labs"));
    let said = refused(&other, signed(&pack, &["release"]), "2026-06-01T12:00:00Z");
    assert!(said.contains("does not trust the vendor \"acme\""), "{said}");
}

#[test]
fn ceilings_bound_what_even_a_signed_pack_asks_for() {
    let folder = PackFolder::new();
    let accepted = |folder: &PackFolder, line: &str| {
        let pack = signed(&folder.open().unwrap(), &["release"]);
        accept(&trust(&text(1, line, "")), pack, &Occasion::at(now()))
    };
    for line in [
        "",
        "interfaces = [\"rules\"]",
        "fields = [\"text\", \"parties\"]",
        "jurisdictions = [\"CN\", \"EU\"]",
    ] {
        assert!(accepted(&folder, line).is_ok(), "{line}");
    }
    for (line, expected) in [
        (
            "interfaces = [\"fold\"]",
            "x.pack/pack.toml:14: the policy \"promises\" uses the interface \"rules\"",
        ),
        ("fields = []", "asks for the field \"text\""),
        (
            "jurisdictions = [\"US\"]",
            "x.pack/pack.toml: the pack follows the law of \"CN\"",
        ),
        ("kinds = [\"text\"]", "may see messages of the kinds markdown, image"),
    ] {
        let said = accepted(&folder, line).unwrap_err();
        assert!(
            said.contains(expected) && said.contains("beyond what /srv/trust.toml allows"),
            "{said}"
        );
    }
    // A trigger that asks for a kind bounds what is seen, unless preceding messages are asked for too.
    let line = "kinds = [\"text\", \"link\"]";
    let trigger = "trigger = { any = [{ all = [{ lists = [\"promissory\"] }, { kinds = [\"text\"] }] }, { kinds = [\"link\"] }] }\n";
    folder.edit("fields = [\"text\"]", &format!("{trigger}fields = [\"text\"]"));
    assert!(accepted(&folder, line).is_ok());
    folder.edit(
        "fields = [\"text\"]",
        "fields = [\"text\", \"preceding\"]\npreceding = 1",
    );
    let said = accepted(&folder, line).unwrap_err();
    assert!(said.contains("as it asks for preceding messages"), "{said}");
    // Everything at once.
    let said = accepted(&folder, "interfaces = []\nfields = []\nkinds = []\njurisdictions = []").unwrap_err();
    assert_eq!(said.lines().count(), 5, "{said}");
}

#[test]
fn an_older_version_is_refused_only_where_it_is_newly_named() {
    let trust = trust(&text(1, "", ""));
    let pack = signed(&PackFolder::new().open().unwrap(), &["release"]);
    let mut seen = Seen::default();
    for version in ["0.0.9", "0.1.0-rc.1", "0.1.0"] {
        seen.saw("acme/house-rules", version).unwrap();
    }
    seen.saw("acme/other", "9.0.0").unwrap();
    let with = |seen: &Seen, load: &Load| {
        let occasion = Occasion { now: now(), seen, load };
        accept(&trust, pack.clone(), &occasion)
    };
    assert!(with(&seen, &Load::New).is_ok(), "the same version is not older");
    seen.saw("acme/house-rules", "0.1.1-rc.1").unwrap();
    let said = with(&seen, &Load::New).unwrap_err();
    assert!(
        said.contains("version 0.1.0 of acme/house-rules is older than 0.1.1-rc.1"),
        "{said}"
    );
    assert!(
        said.contains("`proviso policy allow-downgrade acme/house-rules 0.1.0`"),
        "{said}"
    );
    let named = PathBuf::from("/srv/x.pack");
    assert!(
        with(&seen, &Load::Again { named }).is_ok(),
        "a rollback is a command itself"
    );
    assert!(seen.saw("acme/house-rules", "new").is_err());
    // After a rollback the older version is what is live: a set that names it names no step back.
    seen.in_force.insert(pack.digest());
    assert!(with(&seen, &Load::New).is_ok(), "what runs is no downgrade");
    seen.in_force = [proviso_model::Digest::of(b"another pack")].into();
    assert!(with(&seen, &Load::New).is_err(), "what another pack runs says nothing");
}

#[test]
fn trust_is_asked_before_a_pack_is_interpreted() {
    let folder = PackFolder::new();
    folder.write("settings.schema.json", "{ \"allOf\": [{ \"$ref\": \"#\" }] }");
    let strict = trust(&text(1, "", ""));
    let unread = || UnreadPack::open(folder.path(), &PluginPath::default()).unwrap();
    let refused = |pack: UnreadPack| {
        let error = strict.accept(pack, &Occasion::at(now())).unwrap_err();
        let said: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
        said.join("\n")
    };
    let said = refused(unread());
    assert!(said.contains("is not signed") && !said.contains("schema"), "{said}");
    let signature = key("release")
        .sign(unread().oci_manifest().as_bytes(), at("2026-05-01T12:00:00Z"), "x")
        .unwrap();
    let said = refused(unread().with_signatures([signature.clone()]).unwrap());
    assert!(
        said.contains("settings.schema.json") && said.contains("in a circle"),
        "{said}"
    );
    // The built file, as a vendor would send it, and a store that keeps it.
    folder.write("settings.schema.json", crate::common::SCHEMA);
    let pack = folder.open().unwrap().with_signatures([signature]).unwrap();
    let said = refused(UnreadPack::from_file(&pack.to_file(), Path::new("x.pack")).unwrap());
    assert!(said.contains("did not make it of this pack"), "{said}");
}

#[test]
fn what_runs_and_is_revoked_is_called_so() {
    let pack = signed(&PackFolder::new().open().unwrap(), &["release"]);
    let digest = pack.digest();
    let before = trust(&text(1, "", ""));
    let running = before.accept(pack, &Occasion::at(now())).unwrap();
    assert_eq!(before.standing(&running), "signed by release");
    assert_eq!(before.revoked(&digest), None);
    let revoked = format!("[[revoked]]\ndigest = \"{digest}\"\nreason = \"the key was stolen\"\n");
    let after = trust(&text(1, "", &revoked));
    assert_eq!(after.revoked(&digest), Some(("the key was stolen", 15)));
    assert_eq!(
        after.standing(&running),
        "revoked (/srv/trust.toml:15): the key was stolen"
    );
}

#[test]
fn an_expired_key_accepts_nothing_new_and_stops_nothing_old() {
    let trust = trust(&text(1, "", ""));
    let pack = signed(&PackFolder::new().open().unwrap(), &["release"]);
    let on = |seen: &Seen| {
        let occasion = Occasion {
            now: at("2027-03-01T00:00:00Z"),
            seen,
            load: &Load::New,
        };
        accept(&trust, pack.clone(), &occasion)
    };
    let mut seen = Seen::default();
    assert!(on(&seen).is_err());
    seen.first_live.insert(pack.digest(), at("2026-12-31T20:00:00Z"));
    assert!(on(&seen).is_ok(), "it was live in time");
    seen.first_live.insert(pack.digest(), at("2027-01-01T00:00:00Z"));
    assert!(on(&seen).is_err());
    seen.first_live.insert(pack.digest(), at("2027-09-01T00:00:00Z"));
    assert!(on(&seen).is_err(), "a record of the future says nothing");
}

#[test]
fn what_a_signature_says_of_its_time_never_helps() {
    let pack = PackFolder::new().open().unwrap();
    let trust = trust(&text(1, "", ""));
    for (stated, expected) in [
        (
            "2025-12-31T23:59:59Z",
            "and its key counts from 2026-01-01 to 2026-12-31",
        ),
        ("2026-06-01T13:30:00Z", "which is in the future"),
        ("2026-06-01T12:30:00Z", ""),
        ("2026-01-01T00:00:00Z", ""),
    ] {
        let signature = key("release")
            .sign(pack.oci_manifest().as_bytes(), at(stated), "x")
            .unwrap();
        let signed = pack.clone().with_signatures([signature]).unwrap();
        match accept(&trust, signed, &Occasion::at(now())) {
            Ok(_) => assert_eq!(expected, "", "{stated}"),
            Err(said) => assert!(!expected.is_empty() && said.contains(expected), "{stated}: {said}"),
        }
    }
}

#[test]
fn a_revoked_pack_is_refused_even_in_development() {
    let folder = PackFolder::new();
    let pack = folder.open().unwrap();
    let revoked = format!(
        "[[revoked]]\ndigest = \"{}\"\nreason = \"finds nothing\"\n",
        pack.digest()
    );
    let development = format!("[development]\nfolders = [{:?}]\n", folder.path());
    let strict = trust(&text(1, "", &format!("{revoked}{development}")));
    let said = accept(&strict, signed(&pack, &["release"]), &Occasion::at(now())).unwrap_err();
    let expected = format!(
        "x.pack: the pack {} is revoked (/srv/trust.toml:15): finds nothing",
        pack.digest()
    );
    assert_eq!(said, expected);
    assert!(accept(&strict, pack.clone(), &Occasion::at(now())).is_err());
    let replay = |though_revoked| {
        let occasion = Occasion {
            load: &Load::Replay { though_revoked },
            ..Occasion::at(now())
        };
        accept(&strict, pack.clone(), &occasion)
    };
    assert!(replay(false).is_err());
    assert_eq!(*replay(true).unwrap().acceptance(), Acceptance::Replayed);
}

#[test]
fn development_is_where_the_file_says_and_nowhere_else() {
    let (inside, outside) = (PackFolder::new(), PackFolder::new());
    let strict = |folder: &Path| trust(&text(1, "", &format!("[development]\nfolders = [{folder:?}]\n")));
    let trust = strict(inside.path());
    let accepted = |folder: &PackFolder| accept(&trust, folder.open().unwrap(), &Occasion::at(now()));
    assert_eq!(*accepted(&inside).unwrap().acceptance(), Acceptance::Development);
    assert!(accepted(&outside).is_err());
    // Neither `..` nor a link nor a longer name leads out.
    let open = |path: &Path| Pack::open(path, &PluginPath::default()).unwrap();
    let up = inside.path().join("..").join(outside.path().file_name().unwrap());
    assert!(accept(&trust, open(&up), &Occasion::at(now())).is_err());
    let link = inside.path().join("link");
    std::os::unix::fs::symlink(outside.path(), &link).unwrap();
    assert!(accept(&trust, open(&link), &Occasion::at(now())).is_err());
    let longer = strict(&PathBuf::from(
        &inside.path().display().to_string()[..inside.path().display().to_string().len() - 1],
    ));
    assert!(accept(&longer, inside.open().unwrap(), &Occasion::at(now())).is_err());
    // A built file is no folder, wherever it lies, unless it is the store's copy of what was live from there.
    let file = inside.write("x.pack", inside.open().unwrap().to_file());
    assert!(accept(&trust, open(&file), &Occasion::at(now())).is_err());
    let again = |named: &Path| {
        let load = Load::Again {
            named: named.to_owned(),
        };
        let occasion = Occasion {
            load: &load,
            ..Occasion::at(now())
        };
        accept(&trust, open(&file), &occasion)
    };
    assert!(again(inside.path()).is_ok());
    assert!(again(outside.path()).is_err());
    // Without a trust file, folders are.
    let none = Trust::development();
    assert!(accept(&none, outside.open().unwrap(), &Occasion::at(now())).is_ok());
    assert!(accept(&none, open(&file), &Occasion::at(now())).is_err());
}

#[test]
fn everything_wrong_with_a_trust_file_is_told_at_once() {
    let release = key("release").public().text().to_owned();
    let text = format!(
        "vendors = 1\n[vendor.Acme]\nthreshold = 3\nfields = [\"texts\"]\n[[vendor.Acme.key]]\nsigner = \"a\"\nkey = \"RWQ\"\n\
         from = \"2026-02-30\"\nuntil = 2026-12-31T10:00:00Z\n[[vendor.Acme.key]]\nsigner = \"b\"\nkey = \"{release}\"\n\
         from = 2027-01-01\nuntil = 2026-01-01\n[[vendor.Acme.key]]\nsigner = \"c\"\nkey = \"{release}\"\nfrom = 2026-01-01\n\
         until = 2026-12-31\n[vendor.empty]\n[[revoked]]\ndigest = \"sha256:1\"\n[development]\nfolder = \"x\"\n"
    );
    let problems = Trust::parse(Path::new("trust.toml"), &text).unwrap_err();
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let said = said.join("\n");
    for expected in [
        "trust.toml:1:1: unknown key `vendors`: did you mean `vendor`?",
        "trust.toml:2:9: \"Acme\" is not a vendor",
        "trust.toml:3:13: `threshold` is 3, and Acme has 1 signers",
        "trust.toml:4:11: `fields` has \"texts\"",
        "trust.toml:7:7: `key`: \"RWQ\" is not a public key",
        "trust.toml:8:8: `from` is \"2026-02-30\": expected a day",
        "trust.toml:9:9: `until` is",
        "`until` (2026-01-01) is before `from` (2027-01-01)",
        "trust.toml:17:7: this key is the one of signer \"b\"",
        "a vendor has at least one `[[vendor.NAME.key]]`",
        "trust.toml:22:10: `digest`: \"sha256:1\" is not a digest",
        "`reason` is missing here",
        "unknown key `folder`",
    ] {
        assert!(said.contains(expected), "{expected}\nis not in\n{said}");
    }
    assert!(
        Trust::parse(Path::new("t"), "").unwrap_err()[0]
            .to_string()
            .contains("nobody is trusted")
    );
    assert!(Trust::parse(Path::new("t"), "[").is_err());
    assert!(Trust::parse(Path::new("t"), &"#".repeat((1 << 20) + 1)).is_err());
}
