//! Pushes and pulls that break off go on where they were.

use super::fake_registry::{Do, FakeRegistry};
use super::registry_hostile::Pushed;
use super::trust::Signed;
use serde_json::json;
use std::fs;

#[test]
fn a_pull_that_breaks_off_goes_on_where_it_was() {
    let it = Pushed::new(false);
    let (cut, all) = (70_000, it.largest.1);
    let mut times = 0;
    it.for_the_largest(move |_| {
        times += 1;
        if times == 1 {
            Do::Cut(cut)
        } else {
            Do::Answer(503, Vec::new(), Vec::new())
        }
    });
    let said = it.refused(3);
    assert!(said.contains("answered 503"), "{said}");
    assert!(it.parts() > 0, "nothing was kept");
    let first = it.registry.blob_bytes_sent();
    it.registry.asked();

    it.registry.rule(|_| Do::Serve);
    let pulled = it.pull();
    let ranges: Vec<_> = it
        .registry
        .asked()
        .into_iter()
        .filter_map(|asked| asked.headers.get("range").cloned())
        .collect();
    assert_eq!(ranges, [format!("bytes={cut}-")]);
    let second = it.registry.blob_bytes_sent();
    // All blobs once, and the texts of the two signatures once in each run.
    let signatures: usize = it.kit.json(&["pack", "pull", &it.reference])["signatures"]
        .as_array()
        .unwrap()
        .len();
    let texts = it.registry.blob_bytes_sent();
    assert_eq!((signatures, pulled["admitted"].as_bool()), (2, Some(true)), "{pulled}");
    let manifest = it.registry.manifest(&it.digest);
    let mut sizes: Vec<(&str, u64)> = manifest["layers"]
        .as_array()
        .unwrap()
        .iter()
        .chain([&manifest["config"]])
        .map(|layer| (layer["digest"].as_str().unwrap(), layer["size"].as_u64().unwrap()))
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    let whole: u64 = sizes.iter().map(|(_, size)| size).sum();
    assert_eq!((first + second) as u64, whole + 2 * texts as u64);
    assert!(second < all, "the second run fetched {second} of {all}");
    let resumed = pulled["resumed_bytes"].as_u64().unwrap();
    assert_eq!(pulled["fetched_bytes"].as_u64().unwrap() + resumed, whole);
    assert!(resumed >= cut as u64);
    assert_eq!(it.parts(), 0);

    // Within one run it goes on as well, however often it is cut.
    fs::remove_dir_all(it.kit.site.path("store")).unwrap();
    it.for_the_largest(|_| Do::Cut(66_000));
    assert_eq!(it.pull()["fetched_bytes"], whole);
    // A cut that brings nothing is not waited for without end.
    fs::remove_dir_all(it.kit.site.path("store")).unwrap();
    it.for_the_largest(|_| Do::Cut(1));
    let said = it.refused(3);
    assert!(
        said.contains("it broke off") && said.contains("pull again to go on"),
        "{said}"
    );
}

#[test]
fn a_pull_that_brings_nothing_new_ends() {
    let it = Pushed::new(false);
    // A registry that knows no ranges and always breaks off.
    let (whole, length) = (it.registry.blob(&it.largest.0), it.largest.1.to_string());
    it.for_the_largest(move |_| Do::Answer(200, vec![("content-length", length.clone())], whole[..70_000].to_vec()));
    let said = it.refused(3);
    assert!(said.contains("timeout") && said.contains("after 70000 of"), "{said}");
    // One that refuses what it left off.
    fs::remove_dir_all(it.kit.site.path("store")).unwrap();
    it.for_the_largest(|asked| {
        if asked.headers.contains_key("range") {
            Do::Answer(416, Vec::new(), Vec::new())
        } else {
            Do::Cut(70_000)
        }
    });
    assert!(it.refused(3).contains("it broke off"));
    it.for_the_largest(|_| Do::Answer(416, Vec::new(), Vec::new()));
    assert!(it.refused(1).contains("it answered 416"));
}

#[test]
fn what_was_left_by_an_earlier_pull_may_be_wrong() {
    let it = Pushed::new(false);
    let part = format!("store/.{}.part", it.largest.0.strip_prefix("sha256:").unwrap());
    // Other bytes, more bytes than there are, and a registry that knows no ranges.
    it.kit.site.write(&part, &"x".repeat(1_000));
    assert_eq!(it.pull()["resumed_bytes"], 0);
    fs::remove_dir_all(it.kit.site.path("store")).unwrap();
    it.kit.site.write(&part, &"x".repeat(it.largest.1 + 1));
    assert_eq!(it.pull()["resumed_bytes"], 0);
    fs::remove_dir_all(it.kit.site.path("store")).unwrap();
    it.kit.site.write(&part, &"x".repeat(1_000));
    let whole = it.registry.blob(&it.largest.0);
    it.for_the_largest(move |_| Do::Answer(200, Vec::new(), whole.clone()));
    let pulled = it.pull();
    assert_eq!(
        (&pulled["resumed_bytes"], &pulled["admitted"]),
        (&json!(0), &json!(true)),
        "{pulled}"
    );
}

#[test]
fn a_push_that_breaks_off_goes_on() {
    let kit = Signed::new();
    let registry = FakeRegistry::start(false);
    let reference = format!("{}/acme/promises:1", registry.address);
    let mut taken = 0;
    registry.rule(move |asked| {
        taken += usize::from(asked.is_for("PUT", "/blobs/uploads/"));
        if taken > 2 {
            Do::Answer(503, Vec::new(), Vec::new())
        } else {
            Do::Serve
        }
    });
    let file = kit.text("promises.pack");
    let said = kit.refused(3, &["pack", "push", &file, &reference]);
    assert!(
        said.contains("answered 503") && said.contains("take the blob"),
        "{said}"
    );
    assert!(!registry.has_manifest("1"), "a tag before what it names");
    registry.rule(|_| Do::Serve);
    let pushed = kit.json(&["pack", "push", &file, &reference]);
    let blobs = pushed["blobs"].as_u64().unwrap();
    assert_eq!(pushed["blobs_sent"], blobs - 2, "{pushed}");
    assert_eq!(kit.json(&["pack", "pull", &reference])["admitted"], true);

    // What passes is waited for: too many requests, a registry that restarts.
    let registry = FakeRegistry::start(false);
    let reference = format!("{}/acme/promises:1", registry.address);
    let mut number = 0;
    registry.rule(move |_| {
        number += 1;
        match number {
            1 => Do::Answer(429, vec![("retry-after", "0".to_owned())], Vec::new()),
            3 => Do::Answer(502, vec![("retry-after", "0".to_owned())], Vec::new()),
            5 => Do::Cut(0),
            _ => Do::Serve,
        }
    });
    kit.json(&["pack", "push", &file, &reference]);
    // What does not pass is not tried again.
    registry.asked();
    let no = br#"{"errors":[{"code":"DENIED","message":"quota\u001b[31m exceeded"}]}"#.to_vec();
    registry.rule(move |_| Do::Answer(403, Vec::new(), no.clone()));
    let said = kit.refused(1, &["pack", "push", &file, &reference]);
    assert!(
        said.contains("answered 403") && said.contains("quota[31m exceeded"),
        "{said}"
    );
    assert_eq!(registry.asked().len(), 1);
}
