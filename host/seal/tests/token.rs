//! A ring in a token, with SoftHSM in the place of a device.
//!
//! SoftHSM reads its settings from the process's environment once, so all of it is one test in a process of its own.

use crate::{at, issued, unwrapped};
use proviso_seal::{KeyRing as _, KeyVersion, RingError, SuiteName, TokenRing, TokenSpot, UnwrapError};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian and others put it.
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];
/// Set in the process that has the settings of a token.
const INSIDE: &str = "PROVISO_TEST_TOKEN";

fn module() -> Option<PathBuf> {
    let util = Command::new("softhsm2-util").arg("--version").output();
    util.ok().filter(|output| output.status.success())?;
    MODULES.iter().map(PathBuf::from).find(|path| path.exists())
}

fn spot(module: &Path) -> TokenSpot {
    TokenSpot {
        module: module.to_owned(),
        token: "proviso".to_owned(),
        key: "bank".to_owned(),
    }
}

#[test]
fn a_token_wraps_what_never_leaves_it() {
    let Some(module) = module() else {
        println!("not run: softhsm2-util is missing; apt-get install softhsm2");
        return;
    };
    if std::env::var_os(INSIDE).is_some() {
        return inside(&module);
    }
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let settings = folder.path().join("softhsm2.conf");
    std::fs::write(&settings, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
    let run = |command: &mut Command| {
        let output = command.env("SOFTHSM2_CONF", &settings).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said
    };
    let init = [
        "--init-token",
        "--free",
        "--label",
        "proviso",
        "--so-pin",
        "8765",
        "--pin",
        "1234",
    ];
    run(Command::new("softhsm2-util").args(init));
    let said = run(Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "token::a_token_wraps_what_never_leaves_it"])
        .env(INSIDE, "1"));
    assert!(said.contains("1 passed"), "{said}");
}

fn inside(module: &Path) {
    let pin = || "1234".to_owned().into();
    let ring = TokenRing::open(spot(module), pin()).unwrap();
    assert!(matches!(ring.newest(), Err(RingError::Empty)));
    let first = ring.add(SuiteName::Aes256Gcm, at(0)).unwrap();
    assert_eq!(first.version, KeyVersion::FIRST);

    // More than one call takes at once.
    let (keys, wrapped) = issued(&ring, 1300);
    let opened = unwrapped(&ring, &wrapped);
    assert!(
        opened
            .iter()
            .zip(&keys)
            .all(|(opened, key)| opened.as_ref().unwrap().salt() == key.salt())
    );
    let mut altered = wrapped[7];
    altered.bytes[39] ^= 1;
    let mixed = unwrapped(&ring, &[wrapped[8], altered]);
    assert!(mixed[0].is_ok());
    assert_eq!(mixed[1].as_ref().unwrap_err(), &UnwrapError::Altered(first.version));

    // A second ring of the process finds the same key; another label has none.
    let again = TokenRing::open(spot(module), pin()).unwrap();
    assert_eq!(again.keys().unwrap(), [first]);
    let shop = TokenSpot {
        key: "shop".to_owned(),
        ..spot(module)
    };
    assert!(TokenRing::open(shop, pin()).unwrap().keys().unwrap().is_empty());

    let second = ring.add(SuiteName::Aes256Gcm, at(0)).unwrap();
    assert_ne!(second.fingerprint, first.fingerprint);
    assert!(matches!(ring.destroy(second.version, at(1)), Err(RingError::Newest(_))));
    assert_eq!(ring.destroy(first.version, at(1)).unwrap().destroyed, Some(at(1)));
    assert_eq!(
        unwrapped(&ring, &wrapped[..1])[0].as_ref().unwrap_err(),
        &UnwrapError::NoKey(first.version)
    );
    assert_eq!(ring.keys().unwrap(), [second]);
    assert!(matches!(ring.add(SuiteName::Sm4Gcm, at(0)), Err(RingError::Token(_))));

    let refused = |spot: TokenSpot, pin: &str| {
        TokenRing::open(spot, pin.to_owned().into())
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let elsewhere = TokenSpot {
        token: "other".to_owned(),
        ..spot(module)
    };
    assert!(refused(elsewhere, "1234").contains("there is none with the label \"other\""));
    let missing = TokenSpot {
        module: "/no/such/module.so".into(),
        ..spot(module)
    };
    assert!(refused(missing, "1234").contains("cannot load the module /no/such/module.so"));
}
