//! What several people push, and what a policy set names.

use super::docker_registry::DockerRegistry;
use super::fake_registry::{Do, FakeRegistry, INDEX_TYPE};
use super::support::{Serve, json_lines, message};
use super::trust::{Signed, tool, well};
use serde_json::{Value, json};
use std::fs;

#[test]
fn two_signers_push_from_two_machines_and_both_count() {
    let kit = Signed::new();
    let registry = DockerRegistry::open(&kit);
    let reference = format!("{}/acme/promises:1", registry.address);
    for signer in ["release", "audit"] {
        kit.sign("unsigned.pack", &[signer], &format!("{signer}.pack"));
    }
    // At the same time: the list of what refers to the pack is one tag, which each of them writes.
    let pushes: Vec<_> = ["release", "audit"]
        .into_iter()
        .map(|signer| {
            kit.command(&["pack", "push", &kit.text(&format!("{signer}.pack")), &reference])
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut push in pushes {
        assert!(push.wait().unwrap().success());
    }
    let digest = kit.digest("release.pack");
    let list = format!(
        "http://{}/v2/acme/promises/manifests/{}",
        registry.address,
        digest.replace(':', "-")
    );
    let list = ureq::get(list)
        .header("accept", "application/vnd.oci.image.index.v1+json")
        .call();
    let list: Value = serde_json::from_str(&list.unwrap().body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!(list["manifests"].as_array().unwrap().len(), 2, "{list}");
    assert_eq!(
        list["manifests"][0]["artifactType"], "application/vnd.proviso.signature.v1",
        "{list}"
    );
    for wanted in [&reference, &format!("{}/acme/promises@{digest}", registry.address)] {
        let pulled = kit.json(&[
            "pack",
            "pull",
            wanted,
            "--store",
            &kit.text(&format!("of-{}", wanted.len())),
        ]);
        assert_eq!(
            (&pulled["admitted"], &pulled["why"]),
            (&json!(true), &json!("signed by audit, release")),
            "{pulled}"
        );
    }
    // One after the other: the second says what it found, and a store that has one signature gets the other.
    let later = format!("{}/acme/later:1", registry.address);
    kit.json(&["pack", "push", &kit.text("release.pack"), &later]);
    let store = ["--store", &kit.text("growing")];
    let half = kit.json(&[&["pack", "pull", &later], &store[..]].concat());
    assert_eq!(half["admitted"], false, "{half}");
    let second = kit.json(&["pack", "push", &kit.text("audit.pack"), &later]);
    assert_eq!(
        (&second["signatures"], &second["signatures_found"]),
        (&json!(2), &json!(1)),
        "{second}"
    );
    let whole = kit.json(&[&["pack", "pull", &later], &store[..]].concat());
    assert_eq!(
        (&whole["known"], &whole["admitted"]),
        (&json!(true), &json!(true)),
        "{whole}"
    );
    // Both stand in the bundle: skopeo carries them.
    let copied = kit.text("copied.pack");
    let arguments = [
        "--insecure-policy",
        "copy",
        "--all",
        "--src-tls-verify=false",
        &format!("docker://{later}"),
    ];
    well(&tool(
        "skopeo",
        &[&arguments[..], &[&format!("oci-archive:{copied}")]].concat(),
    ));
    assert_eq!(kit.json(&["pack", "verify", &copied])["admitted"], true);
}

#[test]
fn a_push_mends_what_another_undoes() {
    let kit = Signed::new();
    let registry = FakeRegistry::start(false);
    let reference = format!("{}/acme/promises:1", registry.address);
    let digest = kit.digest("promises.pack");
    let list = digest.replace(':', "-");
    let entry = |digest: &str| {
        json!({ "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": 7,
                "artifactType": "application/vnd.proviso.signature.v1" })
    };
    let index = |entries: &[Value]| json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries });
    let theirs = entry(&proviso_model::Digest::of(b"a signature of theirs").to_string());
    let (their_list, their_bundle) = (
        index(std::slice::from_ref(&theirs)),
        index(&[entry(&digest), theirs.clone()]),
    );
    let (other, tag) = (registry.clone(), list.clone());
    let mut tagged = 0;
    registry.rule(move |asked| {
        // They have read the list and the tag before we wrote them, and write them now.
        tagged += u8::from(asked.is_for("PUT", "/manifests/1"));
        if tagged == 1 && asked.is_for("GET", "/manifests/1") {
            other.put_manifest(INDEX_TYPE, &their_list, Some(&tag));
            other.put_manifest(INDEX_TYPE, &their_bundle, Some("1"));
        }
        Do::Serve
    });
    kit.json(&["pack", "push", &kit.text("promises.pack"), &reference]);
    let listed = registry.manifest(&list)["manifests"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 3, "{listed}");
    assert_eq!(listed[0], theirs, "what others wrote stays as it is");
    let bundled = registry.manifest("1")["manifests"].clone();
    assert_eq!(
        bundled.as_array().unwrap().len(),
        3,
        "the pack and both signatures: {bundled}"
    );
    assert_eq!(kit.json(&["pack", "pull", &reference])["admitted"], true);
}

#[test]
fn a_manifest_that_the_registry_took_for_another_is_put_again() {
    let kit = Signed::new();
    let registry = FakeRegistry::start(true);
    let reference = format!("{}/acme/promises:1", registry.address);
    // As a registry answers that reads what another push has written half.
    let said = r#"{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match uploaded content"}]}"#;
    let refuses = |times: usize| {
        let mut left = times;
        registry.rule(move |asked| {
            if left == 0 || !asked.is_for("PUT", "/manifests/1") {
                return Do::Serve;
            }
            left -= 1;
            Do::Answer(400, vec![("content-type", "application/json".to_owned())], said.into())
        });
    };
    let push = ["pack", "push", &kit.text("promises.pack"), &reference];
    refuses(2);
    kit.json(&push);
    refuses(usize::MAX);
    let refused = kit.refused(3, &push);
    assert!(
        refused.contains("answered 400") && refused.contains("did not match"),
        "{refused}"
    );
    let puts = registry
        .asked()
        .iter()
        .filter(|asked| asked.is_for("PUT", "/manifests/1"))
        .count();
    assert_eq!(puts, 3 + 4, "each time as often as anything is tried");
}

#[test]
fn a_set_names_what_a_registry_has_and_needs_no_network() {
    let kit = Signed::new();
    let registry = DockerRegistry::open(&kit);
    let host = registry.address.clone();
    let tagged = format!("{host}/acme/promises:1");
    let pushed = kit.json(&["pack", "push", &kit.text("promises.pack"), &tagged]);
    let reference = pushed["reference"].as_str().unwrap().to_owned();
    let name = |pack: &str| kit.site.write("set.toml", &format!("[[apply]]\npack = \"{pack}\"\n"));
    let check = ["policy", "check", &kit.text("set.toml")];
    kit.site
        .write("messages.jsonl", &message("m1", "这款产品保本").to_string());
    let eval = [
        "eval",
        "--set",
        &kit.text("set.toml"),
        &kit.text("messages.jsonl"),
        "--format",
        "json",
    ];
    let hint = |store: &str| format!("`proviso pack pull {reference} --store {}` fetches it", kit.text(store));

    // Not here yet: nothing is fetched, and what to do is said.
    name(&reference);
    for arguments in [&check[..], &eval] {
        let said = kit.refused(1, arguments);
        assert!(said.contains("set.toml:2:8") && said.contains(&hint("store")), "{said}");
    }
    // A tag is no name for what judges.
    name(&tagged);
    let said = kit.refused(1, &check);
    assert!(
        said.contains("a set names what it runs by digest") && said.contains(&format!("`proviso pack pull {tagged}`")),
        "{said}"
    );

    // A daemon that runs something else refuses it, and goes on.
    name("promises.pack");
    let serve = || Serve::start_with(&kit.site, &[("PROVISO_STORE", &kit.text("store"))]);
    let daemon = serve();
    let before = daemon.generation();
    name(&reference);
    let (code, attempt) = daemon.post("/v1/policy/reload", "{}");
    // The pack itself was live from its file: the daemon's own store has it, and it is the same.
    assert_eq!(code, 200, "{attempt}");
    assert_eq!(
        daemon.status()["trust"]["packs"][0]["digest"],
        pushed["digest"],
        "{attempt}"
    );
    let other = format!("{host}/acme/promises@sha256:{}", "0".repeat(64));
    name(&other);
    let (code, attempt) = daemon.post("/v1/policy/reload", "{}");
    assert_eq!((code, &attempt["result"]), (422, &json!("refused")), "{attempt}");
    let problem = attempt["problems"][0]["message"].as_str().unwrap();
    assert!(
        problem.contains(&format!(
            "`proviso pack pull {other} --store {}`",
            kit.text("data/packs")
        )),
        "{attempt}"
    );
    drop(before);
    assert_eq!(daemon.terminate(), Some(0));
    fs::remove_dir_all(kit.site.path("data")).unwrap();

    // Pulled once, it judges without the registry.
    name(&reference);
    let pulled = kit.json(&["pack", "pull", &tagged]);
    assert_eq!(pulled["reference"], reference.as_str());
    registry.stop();
    well(&kit.ask(&check));
    let judged = json_lines(&well(&kit.ask(&eval)));
    assert_eq!(judged[0]["findings"][0]["rule"], "promise", "{judged:?}");
    let daemon = serve();
    assert_eq!(
        daemon
            .post("/v1/messages", &message("m1", "这款产品保本").to_string())
            .1["accepted"],
        1
    );
    assert_eq!(daemon.post("/v1/policy/reload", "{}").1["result"], "unchanged");
    assert_eq!(daemon.terminate(), Some(0));
    // What was live is in the daemon's own store: the other one may go.
    fs::remove_dir_all(kit.site.path("store")).unwrap();
    let daemon = serve();
    assert_eq!(daemon.status()["last_attempt"]["result"], "unchanged");
    assert_eq!(daemon.terminate(), Some(0));
    let said = kit.refused(1, &check);
    assert!(said.contains(&hint("store")), "{said}");

    // Trust is asked as of any pack.
    kit.sign("unsigned.pack", &["release"], "half.pack");
    let registry = DockerRegistry::open(&kit);
    let half = format!("{}/acme/half:1", registry.address);
    let half = kit.json(&["pack", "push", &kit.text("half.pack"), &half])["reference"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(kit.json(&["pack", "pull", &half])["admitted"], false);
    name(&half);
    for arguments in [&check[..], &eval] {
        assert!(kit.refused(1, arguments).contains("signed by 1 of the 2 signers"));
    }
}
