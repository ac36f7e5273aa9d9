//! 5,000 packs that a stranger, a thief or an accident made of a good one: none is accepted, and each for its own reason.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use crate::common::{MANIFEST, PackFolder};
use ct_codecs::{Base64, Decoder, Encoder};
use proviso_model::{Digest, Timestamp};
use proviso_pack::signing::SigningKey;
use proviso_pack::trust::{Load, Occasion, Seen};
use proviso_pack::{Pack, Signature, Trust, TrustedPack};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const MUTATIONS: usize = 5_000;

/// SplitMix64: the same mutations in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_rfc3339(text).unwrap()
}

/// Entries of a tar: path and content.
type Entries = Vec<(String, Vec<u8>)>;

fn entries(file: &[u8]) -> Entries {
    let mut archive = tar::Archive::new(file);
    let entry = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), bytes)
    };
    archive.entries().unwrap().map(entry).collect()
}

fn tar_of(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in entries {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        builder.append(&header, bytes.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// What a stranger can build: everything in its place, every digest right.
struct Forger {
    entries: Entries,
}

impl Forger {
    /// Begins with the blobs of an unsigned file.
    fn of(unsigned: &[u8]) -> Self {
        let mut entries = entries(unsigned);
        entries.retain(|(path, _)| path != "index.json");
        Self { entries }
    }

    fn blob(&mut self, bytes: &[u8]) -> (String, usize) {
        let path = format!("blobs/sha256/{}", Digest::of(bytes).hex());
        if !self.entries.iter().any(|(known, _)| *known == path) {
            self.entries.push((path, bytes.to_vec()));
        }
        (Digest::of(bytes).to_string(), bytes.len())
    }

    /// The manifest of a signature, as docs/pack-format.md has it.
    fn signature(&mut self, manifest: &str, text: &[u8]) -> Value {
        let (digest, size) = self.blob(text);
        let (empty, two) = self.blob(b"{}");
        let oci = "application/vnd.oci.image.manifest.v1+json";
        let (subject, subject_size) = (Digest::of(manifest.as_bytes()).to_string(), manifest.len());
        let kind = "application/vnd.proviso.signature.v1";
        // By hand, since the order of the keys is part of the form.
        let document = format!(
            "{{\"schemaVersion\":2,\"mediaType\":\"{oci}\",\"artifactType\":\"{kind}\",\"config\":{{\"mediaType\":\
             \"application/vnd.oci.empty.v1+json\",\"digest\":\"{empty}\",\"size\":{two}}},\"layers\":[{{\"mediaType\":\
             \"application/vnd.minisign.signature\",\"digest\":\"{digest}\",\"size\":{size}}}],\"subject\":{{\"mediaType\":\
             \"{oci}\",\"digest\":\"{subject}\",\"size\":{subject_size}}}}}"
        );
        let (digest, size) = self.blob(document.as_bytes());
        json!({ "mediaType": oci, "digest": digest, "size": size })
    }

    /// The file with this bundle.
    fn bundled(mut self, manifest: &str, listed: &[Value]) -> Vec<u8> {
        let descriptor = |value: &Value| {
            format!(
                "{{\"mediaType\":{},\"digest\":{},\"size\":{}}}",
                value["mediaType"], value["digest"], value["size"]
            )
        };
        let pack = json!({ "mediaType": "application/vnd.oci.image.manifest.v1+json", "size": manifest.len(),
                           "digest": Digest::of(manifest.as_bytes()) });
        let listed: Vec<String> = [&pack].into_iter().chain(listed).map(descriptor).collect();
        let kind = "application/vnd.oci.image.index.v1+json";
        let listed = listed.join(",");
        let bundle = format!("{{\"schemaVersion\":2,\"mediaType\":\"{kind}\",\"manifests\":[{listed}]}}");
        let (digest, size) = self.blob(bundle.as_bytes());
        let named = format!("{{\"mediaType\":\"{kind}\",\"digest\":\"{digest}\",\"size\":{size}}}");
        let index = format!("{{\"schemaVersion\":2,\"mediaType\":\"{kind}\",\"manifests\":[{named}]}}");
        self.entries.push(("index.json".to_owned(), index.into_bytes()));
        tar_of(&self.entries)
    }

    /// The file with these texts as signatures, in the order of the form.
    fn signed(mut self, manifest: &str, texts: &[Vec<u8>]) -> Vec<u8> {
        let mut listed: Vec<Value> = texts.iter().map(|text| self.signature(manifest, text)).collect();
        listed.sort_by_key(|one| one["digest"].as_str().unwrap().to_owned());
        self.bundled(manifest, &listed)
    }
}

/// Everybody who signs in this test.
struct People {
    release: SigningKey,
    release_spare: SigningKey,
    audit: SigningKey,
    expired: SigningKey,
    future: SigningKey,
    stranger: SigningKey,
}

impl People {
    fn new() -> Self {
        let golden = |name: &str| {
            let path = format!("tests/golden/minisign/test-only-{name}.key");
            let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
            SigningKey::open(&text, None).unwrap()
        };
        let made = || SigningKey::open(&SigningKey::make(None).unwrap().secret_file, None).unwrap();
        Self {
            release: golden("release"),
            release_spare: made(),
            audit: golden("audit"),
            expired: made(),
            future: made(),
            stranger: made(),
        }
    }

    fn trust_file(&self, revoked: Digest) -> String {
        let key = |signer: &str, key: &SigningKey, from: &str, until: &str| {
            let text = key.public().text();
            format!("[[vendor.acme.key]]\nsigner = \"{signer}\"\nkey = \"{text}\"\nfrom = {from}\nuntil = {until}\n")
        };
        [
            "[vendor.acme]\nthreshold = 2\ninterfaces = [\"rules\"]\nfields = [\"text\"]\njurisdictions = [\"CN\"]\n"
                .to_owned(),
            key("release", &self.release, "2026-01-01", "2026-12-31"),
            key("release", &self.release_spare, "2026-01-01", "2026-12-31"),
            key("audit", &self.audit, "2026-01-01", "2026-12-31"),
            key("board", &self.expired, "2025-01-01", "2025-12-31"),
            key("lawyer", &self.future, "2027-01-01", "2027-12-31"),
            format!("[[revoked]]\ndigest = \"{revoked}\"\nreason = \"a test\"\n"),
        ]
        .concat()
    }
}

fn sign(pack: &Pack, key: &SigningKey, about: &str) -> Signature {
    sign_at(pack, key, "2026-05-01T12:00:00Z", about)
}

fn sign_at(pack: &Pack, key: &SigningKey, time: &str, about: &str) -> Signature {
    key.sign(pack.oci_manifest().as_bytes(), at(time), about).unwrap()
}

/// A pack that differs from the good one by what `change` does to its manifest, and by `number`.
fn variant(from: &str, to: &str, number: usize) -> Pack {
    let folder = PackFolder::new();
    folder.edit(from, to);
    folder.write("README.md", format!("# House rules {number}\n"));
    folder.open().unwrap()
}

/// The four lines of a signature with some bytes of line 2 or 4 changed.
fn edited(text: &str, line: usize, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut bytes = Base64::decode_to_vec(&lines[line], None).unwrap();
    change(&mut bytes);
    lines[line] = Base64::encode_to_string(&bytes).unwrap();
    (lines.join("\n") + "\n").into_bytes()
}

/// A mutated pack, and what the check is told.
struct Mutant {
    file: Vec<u8>,
    now: Timestamp,
    seen: Seen,
    /// What the refusal must say: one of these.
    because: &'static [&'static str],
}

struct Maker {
    random: Random,
    people: People,
    good: Pack,
    unsigned: Vec<u8>,
    file: Vec<u8>,
    texts: Vec<Vec<u8>>,
    strangers: Vec<Signature>,
    revoked: Pack,
    other: Pack,
}

const NAMES: [&str; 30] = [
    "stripped",
    "empty block",
    "unknown key",
    "borrowed key id",
    "expired key",
    "key not yet valid",
    "all keys expired since",
    "k-1 signers",
    "the same signer twice",
    "two keys of one signer",
    "downgrade",
    "revoked",
    "swapped layers",
    "changed part",
    "extra file",
    "truncated",
    "path tricks",
    "signature of another pack",
    "trusted comment altered",
    "untrusted comment altered",
    "legacy algorithm",
    "signature altered",
    "global signature altered",
    "another vendor's name",
    "beyond the ceilings",
    "time outside the key's days",
    "blob altered",
    "bundle altered",
    "too many signatures",
    "signature twice",
];

impl Maker {
    fn new() -> Self {
        let people = People::new();
        let good = PackFolder::new().open().unwrap();
        let signatures = [sign(&good, &people.release, "x"), sign(&good, &people.audit, "x")];
        let texts = signatures.iter().map(|one| one.text().as_bytes().to_vec()).collect();
        let stranger = |number: usize| sign(&good, &people.stranger, &number.to_string());
        let strangers = (0..35).map(stranger).collect();
        let unsigned = good.to_file();
        let good = good.with_signatures(signatures).unwrap();
        Self {
            strangers,
            unsigned,
            random: Random(17),
            file: good.to_file(),
            texts,
            revoked: variant("house rules", "bad rules", 0),
            other: variant("house rules", "other rules", 1),
            people,
            good,
        }
    }

    /// The good pack with other signatures.
    fn with(&self, signatures: impl IntoIterator<Item = Signature>) -> Vec<u8> {
        let texts: Vec<Vec<u8>> = signatures
            .into_iter()
            .map(|one| one.text().as_bytes().to_vec())
            .collect();
        Forger::of(&self.unsigned).signed(self.good.oci_manifest(), &texts)
    }

    /// The good pack with one of its two signatures as another text.
    fn with_text(&self, which: usize, text: Vec<u8>) -> Vec<u8> {
        let mut texts = self.texts.clone();
        texts[which] = text;
        Forger::of(&self.unsigned).signed(self.good.oci_manifest(), &texts)
    }

    /// A pack that is signed by both.
    fn whole(&self, pack: &Pack) -> Vec<u8> {
        let signatures = [
            sign(pack, &self.people.release, "x"),
            sign(pack, &self.people.audit, "x"),
        ];
        pack.clone().with_signatures(signatures).unwrap().to_file()
    }

    fn mutant(&mut self, class: usize, number: usize) -> Mutant {
        let (mut now, mut seen) = (at("2026-06-01T12:00:00Z"), Seen::default());
        let about = format!("n{number}");
        let which = self.random.below(2);
        let whose = |maker: &Self, which: usize| {
            let key = if which == 0 {
                &maker.people.release
            } else {
                &maker.people.audit
            };
            sign(&maker.good, key, &about)
        };
        let text = String::from_utf8(self.texts[which].clone()).unwrap();
        let (file, because): (Vec<u8>, &'static [&'static str]) = match NAMES[class] {
            "stripped" => {
                let mut entries = entries(&self.unsigned);
                let first = self.random.below(entries.len());
                entries.rotate_left(first);
                (tar_of(&entries), &["is not signed"])
            }
            "empty block" => match self.random.below(3) {
                0 => (
                    Forger::of(&self.unsigned).bundled(self.good.oci_manifest(), &[]),
                    &["no signature"],
                ),
                1 => (
                    self.with_text(which, Vec::new()),
                    &["a signature: expected the four lines"],
                ),
                _ => {
                    let empty = "\n".repeat(1 + self.random.below(6)).into_bytes();
                    (self.with_text(which, empty), &["a signature: expected the four lines"])
                }
            },
            "unknown key" => {
                let stranger = sign(&self.good, &self.people.stranger, &about);
                (
                    self.with([whose(self, which), stranger]),
                    &["by a key that the trust file does not name"],
                )
            }
            "borrowed key id" => {
                let stranger = sign(&self.good, &self.people.stranger, &about);
                let id = Base64::decode_to_vec(text.lines().nth(1).unwrap(), None).unwrap()[2..10].to_vec();
                let forged = edited(stranger.text(), 1, |bytes| bytes[2..10].copy_from_slice(&id));
                (self.with_text(which, forged), &["which did not make it of this pack"])
            }
            "expired key" => {
                let old = sign_at(&self.good, &self.people.expired, "2025-06-01T12:00:00Z", &about);
                (
                    self.with([whose(self, which), old]),
                    &["its key counted until 2025-12-31"],
                )
            }
            "key not yet valid" => {
                let early = sign(&self.good, &self.people.future, &about);
                (
                    self.with([whose(self, which), early]),
                    &["its key counts from 2027-01-01 on"],
                )
            }
            "all keys expired since" => {
                now =
                    at(["2027-01-01T00:00:00Z", "2031-05-05T05:05:05Z", "2025-12-31T23:59:59Z"][self.random.below(3)]);
                (self.file.clone(), &["is signed by 0 of the 2 signers"])
            }
            "k-1 signers" => (self.with([whose(self, which)]), &["is signed by 1 of the 2 signers"]),
            "the same signer twice" => {
                let times = 2 + self.random.below(15);
                let key = if which == 0 {
                    &self.people.release
                } else {
                    &self.people.audit
                };
                let many = (0..times).map(|time| sign(&self.good, key, &format!("{about} {time}")));
                (self.with(many), &["is signed by 1 of the 2 signers"])
            }
            "two keys of one signer" => {
                let spare = sign(&self.good, &self.people.release_spare, &about);
                (self.with([whose(self, 0), spare]), &["is signed by 1 of the 2 signers"])
            }
            "downgrade" => {
                let newer = ["0.1.1-rc.1", "0.1.1", "0.2.0", "1.0.0", "10.0.0"];
                seen.saw("acme/house-rules", newer[self.random.below(newer.len())])
                    .unwrap();
                (self.with([whose(self, 0), whose(self, 1)]), &["is older than"])
            }
            "revoked" => (self.whole(&self.revoked.clone()), &["is revoked"]),
            "swapped layers" => {
                let mut entries = entries(&self.file);
                let blobs: Vec<usize> = (0..entries.len())
                    .filter(|at| entries[*at].0.starts_with("blobs/"))
                    .collect();
                let (one, by) = (self.random.below(blobs.len()), 1 + self.random.below(blobs.len() - 1));
                let (one, other) = (blobs[one], blobs[(one + by) % blobs.len()]);
                let bytes = entries[one].1.clone();
                entries[one].1 = std::mem::replace(&mut entries[other].1, bytes);
                (tar_of(&entries), &["has another digest"])
            }
            "changed part" => {
                // Every digest is right, and both signatures are of what the pack was before.
                let pack = variant("house rules", &format!("house rules {number}"), number);
                (
                    Forger::of(&pack.to_file()).signed(pack.oci_manifest(), &self.texts),
                    &["which did not make it of this pack"],
                )
            }
            "extra file" => {
                let mut entries = entries(&self.file);
                let bytes = format!("extra {number}").into_bytes();
                let path = match self.random.below(3) {
                    0 => format!("blobs/sha256/{}", Digest::of(&bytes).hex()),
                    1 => format!("extra-{number}"),
                    _ => format!("lexicons/extra-{number}.txt"),
                };
                let at = self.random.below(entries.len());
                entries.insert(at, (path, bytes));
                (tar_of(&entries), &["belongs to no part", "does not belong to a pack"])
            }
            "truncated" => {
                let length = self.random.below(self.file.len());
                (self.file[..length].to_vec(), &["cut short"])
            }
            "path tricks" => {
                let tricks = [
                    "../pack.toml",
                    "/etc/passwd",
                    "lexicons/../../x.txt",
                    "lexicons\\x.txt",
                    "./../x",
                    "cases/a b.toml",
                    "C:/x.txt",
                    "lexicons/..txt",
                    "plugins/",
                    "pack.toml/",
                    "pack.toml\u{7f}",
                ];
                let trick = *self.random.of(&tricks);
                if which == 0 {
                    let mut entries = entries(&self.file);
                    entries.push((trick.to_owned(), b"x".to_vec()));
                    (tar_of(&entries), &["does not belong to a pack"])
                } else {
                    let title = "\"org.opencontainers.image.title\":\"README.md\"";
                    let tricked = format!("\"org.opencontainers.image.title\":{}", json!(trick));
                    let manifest = self.good.oci_manifest().replace(title, &tricked);
                    let mut forger = Forger::of(&self.unsigned);
                    let old = format!("blobs/sha256/{}", Digest::of(self.good.oci_manifest().as_bytes()).hex());
                    forger.entries.retain(|(path, _)| *path != old);
                    forger.blob(manifest.as_bytes());
                    let key = |key: &SigningKey| {
                        key.sign(manifest.as_bytes(), now, "x")
                            .unwrap()
                            .text()
                            .as_bytes()
                            .to_vec()
                    };
                    let texts = [key(&self.people.release), key(&self.people.audit)];
                    let because = &["is not a part of a pack", "cannot be the path of a part"];
                    (forger.signed(&manifest, &texts), because)
                }
            }
            "signature of another pack" => {
                let other = sign(
                    &self.other,
                    if which == 0 {
                        &self.people.release
                    } else {
                        &self.people.audit
                    },
                    &about,
                );
                (
                    self.with_text(which, other.text().as_bytes().to_vec()),
                    &["which did not make it of this pack"],
                )
            }
            "trusted comment altered" => {
                let altered = text.replace("timestamp:", &format!("number:{number}\ttimestamp:"));
                (
                    self.with_text(which, altered.into_bytes()),
                    &["which did not make it of this pack"],
                )
            }
            "untrusted comment altered" => {
                let altered = text.replace("of a Proviso pack", &format!("of {number}"));
                (
                    self.with_text(which, altered.into_bytes()),
                    &["not in the form in which a pack carries"],
                )
            }
            "legacy algorithm" => {
                let text = if which == 0 {
                    std::fs::read(
                        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/minisign/release-legacy.minisig"),
                    )
                    .unwrap()
                } else {
                    edited(&text, 1, |bytes| bytes[1] = b'd')
                };
                (self.with_text(which, text), &["minisign's older form"])
            }
            "signature altered" => {
                let (at, bit) = (10 + self.random.below(64), 1 << self.random.below(8));
                (
                    self.with_text(which, edited(&text, 1, |bytes| bytes[at] ^= bit)),
                    &["which did not make it of this pack"],
                )
            }
            "global signature altered" => {
                let (at, bit) = (self.random.below(64), 1 << self.random.below(8));
                (
                    self.with_text(which, edited(&text, 3, |bytes| bytes[at] ^= bit)),
                    &["which did not make it of this pack"],
                )
            }
            "another vendor's name" => {
                let vendors = ["evil", "acme-labs", "acm", "acmee"];
                let name = format!("{}/house-rules", self.random.of(&vendors));
                (
                    self.whole(&variant("acme/house-rules", &name, number)),
                    &["does not trust the vendor"],
                )
            }
            "beyond the ceilings" => {
                let asks = [
                    ("fields = [\"text\"]", "fields = [\"text\", \"parties\"]"),
                    ("fields = [\"text\"]", "fields = [\"text\", \"amount\", \"id\"]"),
                    ("interfaces = [\"rules\"]", "interfaces = [\"rules\", \"retention\"]"),
                    ("jurisdictions = [\"CN\"]", "jurisdictions = [\"CN\", \"US\"]"),
                ];
                let (from, to) = *self.random.of(&asks);
                (
                    self.whole(&variant(from, to, number)),
                    &["beyond what trust.toml allows"],
                )
            }
            "time outside the key's days" => {
                let times = [
                    "2026-06-01T14:00:00Z",
                    "2025-12-31T23:59:59Z",
                    "1970-01-01T00:00:00Z",
                    "2999-01-01T00:00:00Z",
                ];
                let key = if which == 0 {
                    &self.people.release
                } else {
                    &self.people.audit
                };
                let late = sign_at(&self.good, key, times[self.random.below(times.len())], &about);
                (
                    self.with([whose(self, 1 - which), late]),
                    &["it says that it was made at"],
                )
            }
            "blob altered" => {
                let mut entries = entries(&self.file);
                let blobs: Vec<usize> = (0..entries.len()).filter(|at| !entries[*at].1.is_empty()).collect();
                let at = *self.random.of(&blobs);
                let (byte, bit) = (self.random.below(entries[at].1.len()), 1 << self.random.below(8));
                // What stands in `index.json` and `oci-layout` is not covered where it does not matter: the address is.
                if entries[at].0.starts_with("blobs/") {
                    entries[at].1[byte] ^= bit;
                } else {
                    entries[at].1.truncate(byte);
                }
                (tar_of(&entries), &["has another digest", "is not JSON"])
            }
            "bundle altered" => {
                let manifest = self.good.oci_manifest().to_owned();
                let mut forger = Forger::of(&self.unsigned);
                let mut listed: Vec<Value> = self
                    .texts
                    .iter()
                    .map(|text| forger.signature(&manifest, text))
                    .collect();
                listed.sort_by_key(|one| one["digest"].as_str().unwrap().to_owned());
                match self.random.below(3) {
                    0 => listed.reverse(),
                    1 => listed[which]["size"] = json!(number),
                    _ => {
                        listed[which]["mediaType"] =
                            json!(format!("application/vnd.oci.image.manifest.v{}+json", 2 + number));
                    }
                }
                (forger.bundled(&manifest, &listed), &["its bundle is not the one"])
            }
            "too many signatures" => {
                let more = 15 + self.random.below(20);
                let strangers = self.strangers[..more].iter().cloned();
                let all = [whose(self, 0), whose(self, 1)].into_iter().chain(strangers);
                (self.with(all), &["more than 16 signatures"])
            }
            "signature twice" => {
                let manifest = self.good.oci_manifest().to_owned();
                let mut forger = Forger::of(&self.unsigned);
                let one = forger.signature(&manifest, whose(self, which).text().as_bytes());
                let times = 2 + self.random.below(14);
                (
                    forger.bundled(&manifest, &vec![one; times]),
                    &["a signature is in it twice"],
                )
            }
            other => panic!("{other}"),
        };
        Mutant {
            file,
            now,
            seen,
            because,
        }
    }
}

fn accept(trust: &Trust, file: &[u8], now: Timestamp, seen: &Seen) -> Result<TrustedPack, String> {
    let pack = Pack::from_file(file, Path::new("x.pack")).map_err(|error| error.problems[0].to_string())?;
    let occasion = Occasion {
        now,
        seen,
        load: &Load::New,
    };
    trust
        .accept(pack, &occasion)
        .map_err(|error| error.problems[0].to_string())
}

#[test]
fn none_of_5000_mutated_packs_is_accepted() {
    assert!(MANIFEST.contains("acme/house-rules"));
    let mut maker = Maker::new();
    let text = maker.people.trust_file(maker.revoked.digest());
    let trust = Trust::parse(Path::new("trust.toml"), &text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let good = |trust: &Trust, file: &[u8]| accept(trust, file, at("2026-06-01T12:00:00Z"), &Seen::default());
    // The controls: what the mutations are made of is accepted, and so is what a stranger builds without changing anything.
    good(&trust, &maker.file).unwrap();
    let by_hand = Forger::of(&maker.unsigned).signed(maker.good.oci_manifest(), &maker.texts);
    let built = Pack::from_file(&by_hand, Path::new("x.pack")).unwrap();
    assert_eq!(built.to_file(), maker.file);
    good(&trust, &by_hand).unwrap();
    good(&trust, &maker.whole(&maker.other.clone())).unwrap();

    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..MUTATIONS {
        let class = number % NAMES.len();
        let Mutant {
            file,
            now,
            seen,
            because,
        } = maker.mutant(class, number);
        match accept(&trust, &file, now, &seen) {
            Ok(pack) => panic!(
                "mutant {number} ({}) was accepted: {:?}",
                NAMES[class],
                pack.acceptance()
            ),
            Err(said) => assert!(
                because.iter().any(|part| said.contains(part)),
                "mutant {number} ({}): {said:?} says none of {because:?}",
                NAMES[class]
            ),
        }
        *refused.entry(NAMES[class]).or_default() += 1;
    }
    assert_eq!(refused.values().sum::<usize>(), MUTATIONS);
    assert!(refused.len() == NAMES.len() && refused.values().all(|number| *number >= MUTATIONS / NAMES.len()));
    for (class, number) in refused {
        println!("{number:4} refused: {class}");
    }
    // And the good one again, after all of them.
    good(&trust, &maker.file).unwrap();
}
