//! Registries that lie, send us elsewhere or never end; and those that keep lists of referrers and ask for tokens.

use super::fake_registry::{Asked, Do, FakeRegistry};
use super::support::stderr;
use super::trust::Signed;
use proviso_model::Digest;
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const SIGNATURE_TYPE: &str = "application/vnd.proviso.signature.v1";
const MINISIG_TYPE: &str = "application/vnd.minisign.signature";

/// A signed pack in a registry of the test's own.
pub(super) struct Pushed {
    pub(super) kit: Signed,
    pub(super) registry: FakeRegistry,
    pub(super) reference: String,
    pub(super) digest: String,
    /// The digest and the size of the pack's largest blob.
    pub(super) largest: (String, usize),
}

impl Pushed {
    pub(super) fn new(lists_referrers: bool) -> Self {
        let kit = Signed::new();
        let registry = FakeRegistry::start(lists_referrers);
        let reference = format!("{}/acme/promises:1", registry.address);
        let pushed = kit.json(&["pack", "push", &kit.text("promises.pack"), &reference]);
        let digest = pushed["digest"].as_str().unwrap().to_owned();
        let layers = registry.manifest(&digest)["layers"].as_array().unwrap().clone();
        let largest = layers.iter().max_by_key(|layer| layer["size"].as_u64()).unwrap();
        let largest = (
            largest["digest"].as_str().unwrap().to_owned(),
            largest["size"].as_u64().unwrap() as usize,
        );
        assert!(largest.1 > 100_000, "the plugin: {largest:?}");
        registry.asked();
        registry.blob_bytes_sent();
        Self {
            kit,
            registry,
            reference,
            digest,
            largest,
        }
    }

    pub(super) fn pull(&self) -> Value {
        self.kit.json(&["pack", "pull", &self.reference])
    }

    /// A pull that is refused with that code, and what it says.
    pub(super) fn refused(&self, code: i32) -> String {
        self.kit
            .refused(code, &["pack", "pull", &self.reference, "--timeout", "1"])
    }

    /// From now on that is the answer for the largest blob.
    pub(super) fn for_the_largest(&self, mut what: impl FnMut(&Asked) -> Do + Send + 'static) {
        let path = format!("/blobs/{}", self.largest.0);
        self.registry.rule(move |asked| {
            if asked.is_for("GET", &path) {
                what(asked)
            } else {
                Do::Serve
            }
        });
    }

    /// Files of blobs that are on their way.
    pub(super) fn parts(&self) -> usize {
        let entries = fs::read_dir(self.kit.site.path("store")).unwrap();
        entries
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == "part")
            })
            .count()
    }
}

#[test]
fn a_registry_that_lies_is_refused() {
    let it = Pushed::new(false);
    let size = it.largest.1;
    let wrong = move |_: &Asked| Do::Answer(200, Vec::new(), vec![b'x'; size]);
    it.for_the_largest(wrong);
    let said = it.refused(1);
    assert!(
        said.contains(&format!("asked for the blob {}", it.largest.0)) && said.contains("it gave sha256:"),
        "{said}"
    );
    assert_eq!(
        fs::read_dir(it.kit.site.path("store"))
            .unwrap()
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_str()
                    .unwrap()
                    .contains(it.largest.0.strip_prefix("sha256:").unwrap())
            })
            .count(),
        0,
        "wrong bytes were kept"
    );

    let more = format!("more than the {size} bytes");
    it.for_the_largest(move |_| Do::Answer(200, Vec::new(), vec![b'x'; size + 1]));
    assert!(it.refused(1).contains(&more));
    it.for_the_largest(|_| Do::Endless);
    assert!(it.refused(1).contains(&more));
    // A size that is stated, and would be believed by nobody who allocates by it.
    it.for_the_largest(|_| Do::Answer(200, vec![("content-length", "99999999999".to_owned())], Vec::new()));
    assert!(it.refused(1).contains(&more));
    it.for_the_largest(|_| Do::Silent);
    let said = it.refused(3);
    assert!(said.contains("timeout") && said.contains("tried 4 times"), "{said}");
    // A range that was not asked for.
    let part = format!("store/.{}.part", it.largest.0.strip_prefix("sha256:").unwrap());
    it.kit.site.write(&part, &"x".repeat(1_000));
    it.for_the_largest(move |_| {
        Do::Answer(
            206,
            vec![("content-range", format!("bytes 0-9/{size}"))],
            vec![b'x'; 10],
        )
    });
    assert!(it.refused(1).contains("asked for bytes 1000-"));
    fs::remove_file(it.kit.site.path(&part)).unwrap();
    it.for_the_largest(|_| Do::Answer(404, Vec::new(), Vec::new()));
    let said = it.refused(1);
    assert!(
        said.contains(&format!("does not have the blob {}", it.largest.0)),
        "{said}"
    );

    // Manifests: another than the digest says, endless, of other media types, no JSON.
    let by_digest = format!("{}/acme/promises@{}", it.registry.address, it.digest);
    let for_manifests = |media_type: &'static str, body: &'static [u8]| {
        it.registry.rule(move |asked| {
            if asked.is_for("GET", "/manifests/") {
                Do::Answer(200, vec![("content-type", media_type.to_owned())], body.to_vec())
            } else {
                Do::Serve
            }
        });
    };
    for_manifests(MANIFEST_TYPE, b"{}");
    let said = it.kit.refused(1, &["pack", "pull", &by_digest]);
    assert!(
        said.contains(&format!("asked for {}, it gave {}", it.digest, Digest::of(b"{}"))),
        "{said}"
    );
    assert!(it.refused(1).contains("not a pack"));
    for_manifests("text/html; charset=utf-8", b"<html>");
    assert!(it.refused(1).contains("not JSON"));
    for_manifests("application/vnd.docker.distribution.manifest.v2+json", b"{}");
    assert!(it.refused(1).contains("not a pack"));
    it.registry.rule(|asked| {
        if asked.is_for("GET", "/manifests/") {
            Do::Endless
        } else {
            Do::Serve
        }
    });
    assert!(it.refused(1).contains("has more than 1048576 bytes"));
    // Nothing of all this is in the store.
    it.registry.rule(|_| Do::Serve);
    assert!(
        !it.kit
            .site
            .path("store")
            .join(format!("{}.pack", &it.digest[7..]))
            .exists()
    );
    assert_eq!(it.pull()["admitted"], true);

    // A manifest that lies about its own parts: what came is read as a file is read.
    let mut document = it.registry.manifest(&it.digest);
    document["annotations"] = json!({ "hidden": "beside the parts" });
    let altered = it.registry.put_manifest(MANIFEST_TYPE, &document, Some("altered"));
    let reference = format!("{}:altered", it.reference.strip_suffix(":1").unwrap());
    let said = it.kit.refused(1, &["pack", "pull", &reference]);
    assert!(
        said.contains("its manifest is not the one that its parts give"),
        "{said}"
    );
    assert!(
        !it.kit
            .site
            .path("store")
            .join(format!("{}.pack", altered.hex()))
            .exists()
    );
}

#[test]
fn credentials_are_not_shown_to_other_hosts() {
    let it = Pushed::new(false);
    let (address, other) = (it.registry.address.clone(), FakeRegistry::start(false));
    // `tester:only for tests`
    let auth = "dGVzdGVyOm9ubHkgZm9yIHRlc3Rz";
    it.kit.site.write(
        "docker/config.json",
        &json!({ "auths": { &address: { "auth": auth } } }).to_string(),
    );
    let place = other.address.clone();
    let guarded = move |asked: &Asked| {
        if asked
            .headers
            .get("authorization")
            .is_none_or(|shown| *shown != format!("Basic {auth}"))
        {
            return Do::Answer(
                401,
                vec![("www-authenticate", "Basic realm=\"x\"".to_owned())],
                Vec::new(),
            );
        }
        if asked.is_for("GET", "/blobs/") {
            let location = format!("http://{place}{}?signed=secret", asked.path);
            return Do::Answer(307, vec![("location", location)], Vec::new());
        }
        Do::Serve
    };
    it.registry.rule(guarded.clone());
    // As registries do that keep blobs elsewhere: what is there is taken, and nothing is shown there.
    let blobs: Vec<String> = it.registry.blobs();
    for blob in &blobs {
        other.put_blob(&it.registry.blob(blob));
    }
    assert_eq!(it.pull()["admitted"], true);
    let asked = other.asked();
    assert!(asked.len() >= blobs.len() - 1, "{asked:?}");
    assert!(
        asked.iter().all(|asked| !asked.headers.contains_key("authorization")),
        "{asked:?}"
    );
    // A host that asks for them gets none, and what it says is not told as the registry's words.
    fs::remove_dir_all(it.kit.site.path("store")).unwrap();
    let wants = br#"{"errors":[{"message":"type your password here"}]}"#.to_vec();
    other.rule(move |_| {
        Do::Answer(
            401,
            vec![("www-authenticate", "Basic realm=\"x\"".to_owned())],
            wants.clone(),
        )
    });
    let said = it.refused(3);
    assert!(
        said.contains("answered 401") && !said.contains("type your password") && !said.contains("secret"),
        "{said}"
    );
    assert!(
        other
            .asked()
            .iter()
            .all(|asked| !asked.headers.contains_key("authorization"))
    );
    // An upload that is to go to another host.
    let place = other.address.clone();
    other.rule(|_| Do::Answer(201, Vec::new(), Vec::new()));
    it.registry.rule(move |asked| {
        if asked.is_for("POST", "/blobs/uploads/") {
            return Do::Answer(202, vec![("location", format!("http://{place}/upload"))], Vec::new());
        }
        guarded(asked)
    });
    let elsewhere = format!("{address}/acme/elsewhere:1");
    it.registry.forget_blobs();
    it.kit.ask(&["pack", "push", &it.kit.text("promises.pack"), &elsewhere]);
    let asked = other.asked();
    assert!(
        !asked.is_empty() && asked.iter().all(|asked| !asked.headers.contains_key("authorization")),
        "{asked:?}"
    );
    // Round and round.
    it.registry
        .rule(|asked| Do::Answer(302, vec![("location", asked.path.clone())], Vec::new()));
    assert!(it.refused(1).contains("more than 5 redirects"));
    it.registry.rule(|_| Do::Answer(302, Vec::new(), Vec::new()));
    assert!(it.refused(1).contains("no address"));
}

#[test]
fn a_registry_with_tokens_and_referrers() {
    let kit = Signed::new();
    let (registry, tokens) = (FakeRegistry::start(true), FakeRegistry::start(false));
    let reference = format!("{}/acme/promises:1", registry.address);
    let realm = format!(
        "Bearer realm=\"http://{}/token\",service=\"the registry\"",
        tokens.address
    );
    let valid = Arc::new(AtomicUsize::new(1));
    let (issued, accepted) = (Arc::clone(&valid), Arc::clone(&valid));
    tokens.rule(move |_| {
        let token = format!("token-{}", issued.load(Ordering::SeqCst));
        Do::Answer(
            200,
            Vec::new(),
            json!({ "access_token": token, "expires_in": 60 })
                .to_string()
                .into_bytes(),
        )
    });
    let mut number = 0;
    registry.rule(move |asked| {
        number += 1;
        // Tokens end in the middle of a push.
        if number == 12 {
            accepted.store(2, Ordering::SeqCst);
        }
        let wanted = format!("Bearer token-{}", accepted.load(Ordering::SeqCst));
        if asked.headers.get("authorization") == Some(&wanted) {
            Do::Serve
        } else {
            Do::Answer(401, vec![("www-authenticate", realm.clone())], Vec::new())
        }
    });
    // Nobody is logged in: a token is asked for without credentials, as for registries that everybody may read.
    kit.json(&["pack", "push", &kit.text("promises.pack"), &reference]);
    let asked = tokens.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert_eq!(
        asked[0].path,
        "/token?service=the%20registry&scope=repository%3Aacme%2Fpromises%3Apull%2Cpush"
    );
    assert!(!asked[0].headers.contains_key("authorization"));
    // The registry keeps the list itself: no tag is made.
    let digest = kit.json(&["pack", "pull", &reference])["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!registry.has_manifest(&digest.replace(':', "-")));
    let path = tokens.asked().pop().unwrap().path;
    assert!(path.ends_with("scope=repository%3Aacme%2Fpromises%3Apull"), "{path}");

    // With a password, and with an identity token of a login.
    let log_in = |entry: Value| {
        let config = json!({ "auths": { &registry.address: entry } });
        kit.site.write("docker/config.json", &config.to_string());
    };
    log_in(json!({ "username": "tester", "password": "only for tests" }));
    let by_digest = format!("{}/acme/promises@{digest}", registry.address);
    let pulled = kit.json(&["pack", "pull", &by_digest, "--store", &kit.text("other")]);
    assert_eq!(
        (&pulled["admitted"], pulled["signatures"].as_array().unwrap().len()),
        (&json!(true), 2),
        "{pulled}"
    );
    assert_eq!(
        tokens.asked()[0].headers["authorization"],
        "Basic dGVzdGVyOm9ubHkgZm9yIHRlc3Rz"
    );
    log_in(json!({ "auth": "", "identitytoken": "of a login & more" }));
    kit.json(&["pack", "pull", &by_digest]);
    let asked = tokens.asked().pop().unwrap();
    let form = String::from_utf8(asked.body).unwrap();
    assert!(
        asked.method == "POST" && form.contains("&refresh_token=of%20a%20login%20%26%20more"),
        "{form}"
    );
    // Servers of tokens that give none.
    for (status, body, code, says) in [
        (401, "{}", 1, "gives no token"),
        (418, "{}", 3, "answered 418"),
        (200, "<html>", 1, "gave none that is one"),
        (200, "{\"token\": \"\"}", 1, "gave none that is one"),
        (200, "{\"token\": \"a\\r\\nx: y\"}", 1, "gave none that is one"),
    ] {
        tokens.rule(move |_| Do::Answer(status, Vec::new(), body.as_bytes().to_vec()));
        let said = kit.refused(code, &["pack", "pull", &by_digest]);
        assert!(said.contains(says) && !said.contains("of a login"), "{said}");
    }
}

#[test]
fn what_others_attach_to_a_pack_does_no_harm() {
    let it = Pushed::new(true);
    let subject = json!({ "mediaType": MANIFEST_TYPE, "digest": it.digest, "size": 1 });
    let attach = |text: &[u8], artifact_type: &str| {
        let blob = it.registry.put_blob(text);
        let layer = json!({ "mediaType": MINISIG_TYPE, "digest": blob, "size": text.len() });
        let document = json!({ "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "artifactType": artifact_type,
            "config": layer, "layers": [layer], "subject": subject, "annotations": { "by": "another tool" } });
        it.registry.put_manifest(MANIFEST_TYPE, &document, None)
    };
    attach(b"a list of what is in it", "application/spdx+json");
    let nonsense = attach(b"not a signature", SIGNATURE_TYPE);
    let long = attach(&[b'x'; 3_000], SIGNATURE_TYPE);
    // A third signature, attached by another tool with words of its own.
    it.kit.sign("unsigned.pack", &["stranger"], "third.pack");
    let folder = it.kit.text("extracted");
    it.kit
        .ask(&["pack", "verify", &it.kit.text("third.pack"), "--extract", &folder]);
    let text = fs::read_to_string(format!("{folder}/manifest.json.1.minisig")).unwrap();
    attach(
        text.replace("signature of a Proviso pack", "made elsewhere").as_bytes(),
        SIGNATURE_TYPE,
    );
    let pulled = it.pull();
    assert_eq!(
        (&pulled["admitted"], pulled["signatures"].as_array().unwrap().len()),
        (&json!(true), 3),
        "{pulled}"
    );
    let passed_over = pulled["passed_over"].to_string();
    for digest in [nonsense, long] {
        assert!(passed_over.contains(&digest.to_string()), "{passed_over}");
    }
    assert_eq!(pulled["passed_over"].as_array().unwrap().len(), 2, "{passed_over}");

    // So many that nobody would look at all of them: the bundle's own come first.
    for number in 0..80 {
        attach(format!("nonsense {number}").as_bytes(), SIGNATURE_TYPE);
    }
    fs::remove_dir_all(it.kit.site.path("store")).unwrap();
    it.registry.asked();
    let pulled = it.pull();
    assert_eq!(pulled["admitted"], true, "{pulled}");
    assert!(
        pulled["passed_over"].to_string().contains("more than 64 signatures"),
        "{pulled}"
    );
    assert!(it.registry.asked().len() < 170, "every one was fetched");
    // A list that is none.
    it.registry.rule(|asked| {
        if asked.is_for("GET", "/referrers/") {
            Do::Answer(200, vec![("content-type", "text/html".to_owned())], b"<html>".to_vec())
        } else {
            Do::Serve
        }
    });
    assert_eq!(it.pull()["admitted"], true);
    // The tag of the list is something else.
    it.registry
        .put_manifest(MANIFEST_TYPE, &json!({}), Some(&it.digest.replace(':', "-")));
    let said = it.refused(1);
    assert!(said.contains("names something else"), "{said}");
    assert!(
        stderr(
            &it.kit
                .ask(&["pack", "push", &it.kit.text("promises.pack"), &it.reference])
        )
        .contains("names something else")
    );
}
