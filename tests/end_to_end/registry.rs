//! Packs in a registry: Debian's docker-registry, with and without a password and TLS, and skopeo beside us.

use super::docker_registry::DockerRegistry;
use super::support::{run, stderr};
use super::trust::{Signed, tool, well};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Synthetic, for these tests alone: user `tester`, and this.
const PASSWORD: &str = "only for tests";
const HTPASSWD: &str = "tester:$2b$04$zyD22f4Gj5LZMsBG3NlCEOWHZqTUlrVwuChqVvmGQpu0l4mvA5q5e\n";
/// `tester:only for tests`.
const AUTH: &str = "dGVzdGVyOm9ubHkgZm9yIHRlc3Rz";

#[test]
fn what_is_pushed_is_pulled_byte_for_byte_and_signatures_hold() {
    let kit = Signed::new();
    kit.site.write("htpasswd", HTPASSWD);
    let auth = format!(
        "auth: {{ htpasswd: {{ realm: tests, path: {:?} }} }}\n",
        kit.site.path("htpasswd")
    );
    let registry = DockerRegistry::start(&kit.site.path("registry"), "127.0.0.1:0", "", &auth);
    let host = registry.address.clone();
    let tagged = format!("{host}/acme/promises:1.0.0");
    let file = kit.text("promises.pack");

    // Without credentials, with wrong ones, with good ones.
    let said = kit.refused(1, &["pack", "push", &file, &tagged]);
    assert!(
        said.contains("answered 401") && said.contains(&format!("`docker login {host}` writes them")),
        "{said}"
    );
    kit.log_in(&host, "dGVzdGVyOndyb25n");
    for arguments in [&["pack", "push", &file, &tagged][..], &["pack", "pull", &tagged]] {
        let said = kit.refused(1, arguments);
        assert!(
            said.contains("answered 401") && said.contains("are not right"),
            "{said}"
        );
        assert!(!said.contains("wrong") && !said.contains("dGVzdGVyOndyb25n"), "{said}");
    }
    kit.site.write("docker/config.json", "{");
    assert!(
        kit.refused(1, &["pack", "pull", &tagged])
            .contains("`docker login` writes")
    );
    kit.log_in(&host, AUTH);
    let pushed = kit.json(&["pack", "push", &file, &tagged]);
    let digest = kit.digest("promises.pack");
    let by_digest = format!("{host}/acme/promises@{digest}");
    assert_eq!(pushed["reference"], by_digest.as_str(), "{pushed}");
    assert_eq!(
        (&pushed["signatures"], &pushed["replaced"]),
        (&json!(2), &Value::Null),
        "{pushed}"
    );
    assert_eq!(pushed["blobs"], pushed["blobs_sent"], "{pushed}");
    // What is there is not sent again.
    let again = kit.json(&["pack", "push", &file, &tagged]);
    assert_eq!(
        (&again["blobs_sent"], &again["bytes_sent"]),
        (&json!(0), &json!(0)),
        "{again}"
    );
    assert_eq!(
        (&again["tagged"], &again["signatures_found"]),
        (&pushed["tagged"], &json!(0))
    );

    // By tag, by the pack's digest and by the bundle's, each into a store of its own.
    let by_bundle = format!("{host}/acme/promises@{}", pushed["tagged"].as_str().unwrap());
    for (number, reference) in [&tagged, &by_digest, &by_bundle].into_iter().enumerate() {
        let (store, output) = (
            kit.text(&format!("store-{number}")),
            kit.text(&format!("pulled-{number}.pack")),
        );
        let arguments = ["pack", "pull", reference, "--store", &store, "--output", &output];
        let pulled = kit.json(&arguments);
        assert_eq!(
            (&pulled["digest"], &pulled["known"]),
            (&json!(digest), &json!(false)),
            "{pulled}"
        );
        assert_eq!(pulled["reference"], by_digest.as_str());
        assert_eq!(
            (&pulled["admitted"], &pulled["why"]),
            (&json!(true), &json!("signed by audit, release")),
            "{pulled}"
        );
        assert_eq!(pulled["signatures"].as_array().unwrap().len(), 2, "{pulled}");
        assert!(
            fs::read(&output).unwrap() == fs::read(&file).unwrap(),
            "{reference}: other bytes"
        );
        assert_eq!(fs::read_dir(&store).unwrap().count(), 1, "nothing but the pack is left");
        let again = kit.json(&arguments);
        assert_eq!(
            (&again["known"], &again["fetched_bytes"]),
            (&json!(true), &json!(0)),
            "{again}"
        );
    }
    let table = well(&kit.ask(&["pack", "pull", &tagged]));
    assert!(table.starts_with(&format!("{by_digest}\n")), "{table}");
    assert!(
        table.contains("by release, whose key counts") && table.contains("admitted here: signed by"),
        "{table}"
    );

    // What is not there, and what is no reference.
    let unknown = format!("{host}/acme/promises:2.0.0");
    assert!(
        kit.refused(1, &["pack", "pull", &unknown])
            .contains("does not have acme/promises:2.0.0")
    );
    let said = kit.refused(1, &["pack", "pull", &format!("{host}/acme/other:1")]);
    assert!(said.contains("does not have acme/other:1"), "{said}");
    assert!(
        kit.refused(2, &["pack", "pull", "acme/promises:1"])
            .contains("does not begin with a registry")
    );
    let elsewhere = format!("{host}/acme/promises@sha256:{}", "0".repeat(64));
    assert!(
        kit.refused(1, &["pack", "push", &file, &elsewhere])
            .contains(&format!("the pack is {digest}"))
    );
    // By digest a push gives no tag.
    let untagged = kit.json(&["pack", "push", &file, &by_digest]);
    assert_eq!((&untagged["tag"], &untagged["tagged"]), (&Value::Null, &Value::Null));

    // Another pack under the tag is told; a folder is built, and has no signatures.
    kit.trust("[development]\nfolders = [\"../promises\"]\n");
    let manifest = fs::read_to_string(kit.site.path("promises/pack.toml")).unwrap();
    kit.site
        .write("promises/pack.toml", &manifest.replace("\"1.0.0\"", "\"1.1.0\""));
    // Other content under the tag that somebody may have pulled: only who says so moves it.
    let said = kit.refused(1, &["pack", "push", &kit.text("promises"), &tagged]);
    assert!(
        said.contains(&format!("{tagged} names the pack {digest} already")) && said.contains("`--force`"),
        "{said}"
    );
    let still = kit.json(&["pack", "pull", &tagged]);
    assert_eq!(still["digest"], digest, "a refused push changes nothing");
    let moved = kit.json(&["pack", "push", "--force", &kit.text("promises"), &tagged]);
    assert_eq!(
        (&moved["replaced"], &moved["signatures"]),
        (&json!(digest), &json!(0)),
        "{moved}"
    );
    assert_eq!(
        moved["tagged"], moved["digest"],
        "without signatures the tag names the pack itself"
    );
    let pulled = kit.json(&["pack", "pull", &tagged]);
    assert_eq!(
        (&pulled["version"], &pulled["admitted"]),
        (&json!("1.1.0"), &json!(false)),
        "{pulled}"
    );
    assert!(
        pulled["problems"][0].as_str().unwrap().contains("is not signed"),
        "{pulled}"
    );
    registry.stop();
    let said = kit.refused(3, &["pack", "pull", &tagged]);
    assert!(said.contains(&host) && said.contains("tried 4 times"), "{said}");
}

#[test]
fn credentials_come_from_helpers_too_and_are_told_to_nobody_else() {
    let kit = Signed::new();
    kit.site.write("htpasswd", HTPASSWD);
    let auth = format!(
        "auth: {{ htpasswd: {{ realm: tests, path: {:?} }} }}\n",
        kit.site.path("htpasswd")
    );
    let registry = DockerRegistry::start(&kit.site.path("registry"), "127.0.0.1:0", "", &auth);
    let (host, file) = (&registry.address, kit.text("promises.pack"));
    let reference = format!("{host}/acme/promises:1");
    let helper = |body: &str| {
        use std::os::unix::fs::PermissionsExt;
        kit.site.write(
            "bin/docker-credential-ours",
            &format!("#!/bin/sh\nread -r server\n{body}\n"),
        );
        fs::set_permissions(
            kit.site.path("bin/docker-credential-ours"),
            fs::Permissions::from_mode(0o755),
        )
        .unwrap();
    };
    let path = format!("{}:{}", kit.text("bin"), std::env::var("PATH").unwrap());
    let push = || {
        kit.command(&["pack", "push", &file, &reference])
            .env("PATH", &path)
            .output()
            .unwrap()
    };
    for config in [
        json!({ "credHelpers": { host: "ours" } }),
        json!({ "credsStore": "ours", "auths": { host: {} } }),
    ] {
        kit.site.write("docker/config.json", &config.to_string());
        helper(&format!(
            "[ \"$1 $server\" = 'get {host}' ] && echo '{{\"ServerURL\":\"x\",\"Username\":\"tester\",\"Secret\":\"{PASSWORD}\"}}'"
        ));
        well(&push());
        helper("echo 'credentials not found in native keychain'; exit 1");
        let said = push();
        assert_eq!(said.status.code(), Some(1));
        assert!(stderr(&said).contains("there are no credentials"), "{}", stderr(&said));
        helper("echo 'the secret is hunter2'; exit 1");
        let said = push();
        assert_eq!(said.status.code(), Some(1));
        assert!(
            stderr(&said).contains("docker-credential-ours") && !stderr(&said).contains("hunter2"),
            "{}",
            stderr(&said)
        );
    }
}

#[test]
fn skopeo_and_we_read_what_the_other_wrote() {
    let kit = Signed::new();
    let registry = DockerRegistry::open(&kit);
    let host = &registry.address;
    let ours = format!("{host}/acme/promises:ours");
    let pushed = kit.json(&["pack", "push", &kit.text("promises.pack"), &ours]);
    let archive = |name: &str| format!("oci-archive:{}", kit.text(name));
    let at = |tag: &str| format!("docker://{host}/acme/promises:{tag}");
    let copy = |from: &str, to: &str| {
        let plain = ["--src-tls-verify=false", "--dest-tls-verify=false"];
        well(&tool(
            "skopeo",
            &[&["--insecure-policy", "copy", "--all"], &plain[..], &[from, to]].concat(),
        ));
    };
    // Out of the registry, into a layout, and back under another tag.
    copy(&at("ours"), &archive("copied.pack"));
    copy(&archive("copied.pack"), &at("theirs"));
    let raw = |tag: &str| tool("skopeo", &["inspect", "--raw", "--tls-verify=false", &at(tag)]).stdout;
    assert_eq!(
        proviso_model::Digest::of(&raw("ours")).to_string(),
        pushed["tagged"].as_str().unwrap()
    );
    assert!(raw("ours") == raw("theirs"), "other bytes");
    let good = kit.json(&["pack", "inspect", &kit.text("promises.pack")]);
    let copied = kit.json(&["pack", "inspect", &kit.text("copied.pack")]);
    assert_eq!(
        (&copied["digest"], &copied["signatures"]),
        (&good["digest"], &good["signatures"])
    );
    // What skopeo pushed into a repository where nothing refers to it: the bundle has the signatures.
    let elsewhere = format!("docker://{host}/acme/elsewhere:1");
    copy(&archive("promises.pack"), &elsewhere);
    let pulled = kit.json(&["pack", "pull", &format!("{host}/acme/elsewhere:1")]);
    assert_eq!(
        (&pulled["digest"], &pulled["admitted"]),
        (&good["digest"], &json!(true)),
        "{pulled}"
    );
    // A container image under a tag is not hidden by a pack.
    let image = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": EMPTY_DIGEST, "size": 2 }, "layers": [] });
    let put = |path: &str, media_type: &str, body: &str| {
        let request = ureq::put(format!("http://{host}/v2/acme/promises/{path}"));
        let answer = request.header("content-type", media_type).send(body).unwrap();
        assert_eq!(answer.status(), 201);
    };
    put(
        "manifests/image",
        "application/vnd.oci.image.manifest.v1+json",
        &image.to_string(),
    );
    let said = kit.refused(
        1,
        &[
            "pack",
            "push",
            &kit.text("promises.pack"),
            &format!("{host}/acme/promises:image"),
        ],
    );
    assert!(said.contains("names something that is not a pack"), "{said}");
    let said = kit.refused(1, &["pack", "pull", &format!("{host}/acme/promises:image")]);
    assert!(said.contains("not a pack"), "{said}");
}

/// Of `{}`, which each signature has as its configuration.
const EMPTY_DIGEST: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

#[test]
fn tls_is_asked_for_and_certificates_are_checked() {
    let kit = Signed::new();
    let (key, certificate) = (kit.text("registry.key"), kit.text("registry.crt"));
    let make = |name: &str, more: &[&str]| {
        let (key, certificate) = (kit.text(&format!("{name}.key")), kit.text(&format!("{name}.crt")));
        let curve = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ];
        let subject = format!("/CN={name} of a test");
        let out = ["-subj", &subject, "-keyout", &key, "-out", &certificate];
        well(&tool(
            "openssl",
            &[&["req", "-x509"], &curve[..], &out[..], more].concat(),
        ));
    };
    make("authority", &[]);
    make("another", &[]);
    let (authority, authority_key) = (kit.text("authority.crt"), kit.text("authority.key"));
    let by_the_authority = ["-CA", &authority, "-CAkey", &authority_key];
    let of_a_server = [
        "-addext",
        "subjectAltName=IP:127.0.0.2",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ];
    make("registry", &[by_the_authority, of_a_server].concat());
    let tls = format!("  tls: {{ certificate: {certificate:?}, key: {key:?} }}\n");
    // An address of this machine that is not one of the three that are spoken to without TLS.
    let registry = DockerRegistry::start(&kit.site.path("registry"), "127.0.0.2:0", &tls, "");
    let reference = format!("{}/acme/promises:1", registry.address);
    let file = kit.text("promises.pack");
    let with = |certificates: &Path, arguments: &[&str]| {
        kit.command(arguments)
            .env("SSL_CERT_FILE", certificates)
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap()
    };
    let own = PathBuf::from(&authority);
    well(&with(&own, &["pack", "push", &file, &reference]));
    well(&with(&own, &["pack", "pull", &reference]));
    // Signed by an authority that this machine does not trust.
    let refused = with(&kit.site.path("another.crt"), &["pack", "pull", &reference]);
    assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
    assert!(
        stderr(&refused).contains("certificate") && stderr(&refused).contains("tried once"),
        "{}",
        stderr(&refused)
    );
    let none = with(&kit.site.path("nothing.crt"), &["pack", "pull", &reference]);
    assert_eq!(none.status.code(), Some(3));
    assert!(stderr(&none).contains("install ca-certificates"), "{}", stderr(&none));
    // Plain HTTP where TLS is wanted, and the other way round: told, and not tried by itself.
    let said = kit.refused(3, &["pack", "pull", &reference, "--plain-http"]);
    assert!(said.contains("answered 400"), "{said}");
    let plain = DockerRegistry::start(&kit.site.path("plain"), "127.0.0.2:0", "", "");
    let reference = format!("{}/acme/promises:1", plain.address);
    let refused = with(&own, &["pack", "push", &file, &reference]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(stderr(&refused).contains("say --plain-http"), "{}", stderr(&refused));
    well(&with(&own, &["pack", "push", &file, &reference, "--plain-http"]));
}

#[test]
fn the_help_says_how() {
    for command in ["push", "pull"] {
        let help = well(&run(&["pack", command, "--help"]));
        assert!(
            help.contains("Examples:") && help.contains("registry.example/acme/house-rules"),
            "{help}"
        );
    }
}
