//! Rings of files and variables: versions come, wrap, and are destroyed.

use crate::{at, issued, ring, unwrapped};
use proviso_rows::each_row;
use proviso_seal::{EnvironmentRing, FileRing, KeyRing, KeyVersion, RingError, SuiteName, UnwrapError, WrappedKey};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

fn version(number: u32) -> KeyVersion {
    KeyVersion::new(number).unwrap()
}

fn make(path: &Path) -> FileRing {
    FileRing::make(path, SuiteName::Aes256Gcm, at(0)).unwrap()
}

#[test]
fn a_ring_is_made_for_its_owner_alone_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.keys");
    make(&path);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&path).unwrap();
    let again = FileRing::make(&path, SuiteName::Aes256Gcm, at(0))
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(again, RingError::File { .. }), "{again}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn the_newest_wraps_and_all_unwrap() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.keys");
    let ring = make(&path);
    let mut all: Vec<(Vec<WrappedKey>, [u8; 16])> = Vec::new();
    for number in 1..=50 {
        let (keys, wrapped) = issued(&ring, 2);
        assert!(wrapped.iter().all(|wrapped| wrapped.version == version(number)));
        all.push((wrapped, keys[1].salt()));
        let suite = SuiteName::ALL[number as usize % 2];
        let added = ring.add(suite, at(i64::from(number) * 1000)).unwrap();
        assert_eq!((added.version, added.suite), (version(number + 1), suite));
    }
    // As the file has it, too.
    for ring in [ring, FileRing::open(&path).unwrap()] {
        for (wrapped, salt) in &all {
            assert_eq!(unwrapped(&ring, wrapped)[1].as_ref().unwrap().salt(), *salt);
        }
    }
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["bank.keys"], "nothing is left beside the file");
}

/// To wrap a record's key anew under the newest version touches neither its content nor its salt.
#[test]
fn a_destroyed_version_is_gone_and_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.keys");
    let ring = make(&path);
    let key_before = fs::read_to_string(&path).unwrap();
    let key_before = key_before.trim().rsplit(' ').next().unwrap().to_owned();
    let (keys, old) = issued(&ring, 1);
    let first = ring.newest().unwrap();
    assert!(matches!(ring.destroy(version(1), at(1)), Err(RingError::Newest(_))));
    ring.add(SuiteName::Aes256Gcm, at(1000)).unwrap();

    let opened: Vec<_> = unwrapped(&ring, &old).into_iter().map(Result::unwrap).collect();
    let mut anew = Vec::new();
    ring.wrap(version(2), &opened, &mut anew).unwrap();
    let inode = fs::metadata(&path).unwrap().ino();
    // Another name for the file that held the key: what is in it shall be gone as well.
    let kept = folder.path().join("kept");
    fs::hard_link(&path, &kept).unwrap();

    let gone = ring.destroy(version(1), at(2000)).unwrap();
    assert_eq!((gone.destroyed, gone.fingerprint), (Some(at(2000)), first.fingerprint));
    assert_ne!(fs::metadata(&path).unwrap().ino(), inode);
    assert!(fs::read(&kept).unwrap().iter().all(|byte| *byte == 0));
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains(&key_before));
    assert!(
        text.contains(&format!("destroyed 1970-01-01T00:00:02Z {}", first.fingerprint)),
        "{text}"
    );

    for ring in [ring, FileRing::open(&path).unwrap()] {
        assert_eq!(
            unwrapped(&ring, &old)[0].as_ref().unwrap_err(),
            &UnwrapError::Destroyed(version(1))
        );
        assert_eq!(unwrapped(&ring, &anew)[0].as_ref().unwrap().salt(), keys[0].salt());
        assert_eq!(ring.keys().unwrap()[0], gone);
        assert!(matches!(
            ring.destroy(version(1), at(3000)),
            Err(RingError::Destroyed(_))
        ));
        assert!(matches!(ring.destroy(version(9), at(3000)), Err(RingError::NoKey(_))));
        let mut out = Vec::new();
        assert!(matches!(
            ring.wrap(version(1), &keys, &mut out),
            Err(RingError::Destroyed(_))
        ));
        // Its number is never given again.
        assert!(ring.add(SuiteName::Aes256Gcm, at(3000)).unwrap().version > version(2));
    }
}

/// Two processes that change one file: neither loses what the other did.
#[test]
fn changes_of_many_at_once_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.keys");
    make(&path);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let ring = FileRing::open(&path).unwrap();
                for _ in 0..10 {
                    ring.add(SuiteName::Aes256Gcm, at(0)).unwrap();
                }
            });
        }
    });
    let ring = FileRing::open(&path).unwrap();
    assert_eq!(ring.keys().unwrap().len(), 41);
    // One that looks again has what the others added.
    ring.add(SuiteName::Aes256Gcm, at(0)).unwrap();
    let other = FileRing::open(&path).unwrap();
    ring.add(SuiteName::Aes256Gcm, at(0)).unwrap();
    assert_eq!(other.newest().unwrap().version, version(42));
    other.reload().unwrap();
    assert_eq!(other.newest().unwrap().version, version(43));
}

#[test]
fn a_change_that_cannot_be_written_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.keys");
    let ring = make(&path);
    // A folder stands where the new file would be written.
    fs::create_dir(folder.path().join("bank.keys.new")).unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(
        ring.add(SuiteName::Aes256Gcm, at(0)),
        Err(RingError::File { .. })
    ));
    assert_eq!(ring.newest().unwrap().version, version(1));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_ring_of_a_variable_is_read_only() {
    let ring = ring(SuiteName::Sm4Gcm, 'k');
    assert_eq!(ring.newest().unwrap().version, version(2));
    assert!(matches!(
        ring.add(SuiteName::Sm4Gcm, at(0)),
        Err(RingError::ReadOnly(_))
    ));
    assert!(matches!(ring.destroy(version(1), at(0)), Err(RingError::ReadOnly(_))));
    let missing = EnvironmentRing::open("PROVISO_NO_SUCH_VARIABLE")
        .map(|_| ())
        .unwrap_err();
    assert!(
        missing.to_string().contains("PROVISO_NO_SUCH_VARIABLE is not set"),
        "{missing}"
    );
    let wrong = EnvironmentRing::parse("KEYS", "proviso-keys 1;x y z w").map(|_| ());
    let expected = "$KEYS:2: the first word is no version: expected 1 to 4294967295";
    assert_eq!(wrong.unwrap_err().to_string(), expected);
}

/// The same key has the same fingerprint, and another suite or key another.
#[test]
fn fingerprints_tell_keys_apart() {
    let of = |suite, salt| ring(suite, salt).newest().unwrap().fingerprint;
    let aes = of(SuiteName::Aes256Gcm, 'k');
    each_row(
        [
            (SuiteName::Aes256Gcm, 'k', true),
            (SuiteName::Aes256Gcm, 'j', false),
            (SuiteName::Sm4Gcm, 'k', false),
        ],
        |(suite, salt, same)| assert_eq!(of(suite, salt) == aes, same),
    );
    assert_eq!(aes.to_string().len(), 16);
}

/// Where every version was destroyed there is nothing to wrap with, and it is said.
#[test]
fn a_ring_without_a_key_issues_nothing() {
    let text = "proviso-keys 1;1 aes-256-gcm 2026-11-29T06:00:00Z destroyed 2026-11-30T06:00:00Z 0123456789abcdef";
    let ring = EnvironmentRing::parse("KEYS", text).unwrap();
    let (mut keys, mut wrapped) = (Vec::new(), Vec::new());
    let refused = proviso_seal::issue(&ring, 1, &mut keys, &mut wrapped).unwrap_err();
    assert!(refused.to_string().contains("add a version"), "{refused}");
    assert!(keys.is_empty() && wrapped.is_empty());
}
