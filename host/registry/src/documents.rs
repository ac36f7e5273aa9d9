//! What a registry says of a pack, read with bounds before any of it is believed or fetched.

use proviso_model::Digest;
use proviso_model::limits::{PACK_BYTES_MAX, PACK_FILES_MAX};
use proviso_pack::bundle::{MINISIG_TYPE, SIGNATURE_ARTIFACT_TYPE, SIGNATURES_MAX};
use proviso_pack::layout::{ARTIFACT_TYPE, DESCRIPTION_BYTES_MAX, INDEX_TYPE, MANIFEST_TYPE, TITLE, json};
use proviso_pack::parts::media_type_of;
use proviso_pack::signing::SIGNATURE_BYTES_MAX;
use serde_json::Value;

/// Signatures that a registry lists for a pack and that are looked at. Others may be able to write there.
pub(crate) const REFERRERS_MAX: usize = 64;
/// The manifest of one signature, in bytes.
pub(crate) const SIGNATURE_MANIFEST_BYTES_MAX: usize = 16 << 10;

/// What a registry has under a digest, as a document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) bytes: usize,
    /// What it is for, if the document says so.
    pub(crate) artifact_type: Option<String>,
}

/// What a tag or a digest names.
#[derive(Debug)]
pub(crate) enum Named {
    /// The pack's manifest.
    Pack(Blobs),
    /// The bundle of a pack and its signatures.
    Bundle {
        /// The pack's manifest.
        pack: Described,
        /// The manifests of the signatures.
        signatures: Vec<Described>,
    },
}

/// What a pack's manifest lists.
#[derive(Debug)]
pub(crate) struct Blobs {
    pub(crate) config: Described,
    /// One for each part.
    pub(crate) layers: Vec<Described>,
}

impl Blobs {
    /// Every blob once, and how many bytes they have together.
    pub(crate) fn distinct(&self) -> (Vec<&Described>, u64) {
        let mut all: Vec<&Described> = std::iter::once(&self.config).chain(&self.layers).collect();
        all.sort_by_key(|blob| blob.digest);
        all.dedup_by_key(|blob| blob.digest);
        let bytes = all.iter().map(|blob| blob.bytes as u64).sum();
        (all, bytes)
    }
}

/// Reads what a registry sent under a media type. Errors are fragments that say what is refused.
pub(crate) fn named(bytes: &[u8], media_type: &str) -> Result<Named, String> {
    let document = json(bytes, "the manifest")?;
    if document
        .get("mediaType")
        .and_then(Value::as_str)
        .is_some_and(|own| own != media_type)
    {
        return Err(format!("it came as {media_type:?}, and says otherwise of itself"));
    }
    match media_type {
        MANIFEST_TYPE => manifest(&document).map(Named::Pack),
        INDEX_TYPE => bundle(&document),
        other => Err(format!("it is {other:?}: not a pack")),
    }
}

/// Reads a pack's manifest. That it is the one that the parts give is for the reader of files to see.
pub(crate) fn manifest(document: &Value) -> Result<Blobs, String> {
    let artifact_type = document.get("artifactType").and_then(Value::as_str).unwrap_or_default();
    if artifact_type != ARTIFACT_TYPE {
        return Err(format!(
            "it is {artifact_type:?}, not a pack: expected {ARTIFACT_TYPE:?}"
        ));
    }
    let config = document.get("config").ok_or("the manifest has no configuration")?;
    let config = described(config)?;
    if config.bytes > DESCRIPTION_BYTES_MAX {
        return Err(format!("its configuration has more than {DESCRIPTION_BYTES_MAX} bytes"));
    }
    let layers = document.get("layers").and_then(Value::as_array);
    let layers = layers.ok_or("the manifest has no layers")?;
    if layers.len() > PACK_FILES_MAX {
        return Err(format!("it has more than {PACK_FILES_MAX} parts"));
    }
    let mut left = PACK_BYTES_MAX;
    let mut read = Vec::with_capacity(layers.len());
    for layer in layers {
        let title = layer
            .get("annotations")
            .and_then(|all| all.get(TITLE))
            .and_then(Value::as_str);
        let expected = media_type_of(title.ok_or("a layer has no title")?)?;
        let blob = described(layer)?;
        if blob.media_type != expected {
            return Err(format!(
                "{:?} is {:?}: expected {expected:?}",
                title.unwrap_or_default(),
                blob.media_type
            ));
        }
        left = left
            .checked_sub(blob.bytes)
            .ok_or_else(|| format!("its parts have more than {PACK_BYTES_MAX} bytes"))?;
        read.push(blob);
    }
    Ok(Blobs { config, layers: read })
}

fn bundle(document: &Value) -> Result<Named, String> {
    let all = listed(document)?;
    let Some((pack, signatures)) = all.split_first() else {
        return Err("its index lists nothing".to_owned());
    };
    if signatures.len() > SIGNATURES_MAX {
        return Err(format!(
            "its index lists more than a pack and {SIGNATURES_MAX} signatures: not a pack"
        ));
    }
    if let Some(other) = all.iter().find(|each| each.media_type != MANIFEST_TYPE) {
        return Err(format!("its index lists {:?}: not a pack", other.media_type));
    }
    Ok(Named::Bundle {
        pack: pack.clone(),
        signatures: signatures.to_vec(),
    })
}

/// The signatures among what an index of referrers lists, and whether there are more than are looked at.
pub(crate) fn referring_signatures(document: &Value) -> Result<(Vec<Described>, bool), String> {
    let mut all = listed(document)?;
    all.retain(|each| {
        each.artifact_type.as_deref() == Some(SIGNATURE_ARTIFACT_TYPE) && each.media_type == MANIFEST_TYPE
    });
    let more = all.len() > REFERRERS_MAX;
    all.truncate(REFERRERS_MAX);
    Ok((all, more))
}

fn listed(document: &Value) -> Result<Vec<Described>, String> {
    let manifests = document.get("manifests").and_then(Value::as_array);
    manifests
        .ok_or("the index lists no manifests")?
        .iter()
        .map(described)
        .collect()
}

/// The text of a signature, as the signature's manifest describes it. Other tools may have made the manifest: what counts is
/// that it refers to this pack and has the text of one signature.
pub(crate) fn signature_text(bytes: &[u8], pack: Digest) -> Result<Described, String> {
    let document = json(bytes, "its manifest")?;
    let subject = document.get("subject").ok_or("its manifest has no subject")?;
    if described(subject)?.digest != pack {
        return Err("it is of another pack".to_owned());
    }
    let Some([text]) = document.get("layers").and_then(Value::as_array).map(Vec::as_slice) else {
        return Err("its manifest does not have one layer".to_owned());
    };
    let text = described(text)?;
    if text.media_type != MINISIG_TYPE || text.bytes > SIGNATURE_BYTES_MAX {
        let (bytes, media_type) = (text.bytes, &text.media_type);
        return Err(format!(
            "its layer has {bytes} bytes of {media_type:?}: expected at most {SIGNATURE_BYTES_MAX} of {MINISIG_TYPE:?}"
        ));
    }
    Ok(text)
}

fn described(descriptor: &Value) -> Result<Described, String> {
    let text = |key: &str| descriptor.get(key).and_then(Value::as_str);
    let digest = text("digest").and_then(|digest| digest.parse().ok());
    let bytes = descriptor
        .get("size")
        .and_then(Value::as_u64)
        .and_then(|size| usize::try_from(size).ok());
    match (text("mediaType"), digest, bytes) {
        (Some(media_type), Some(digest), Some(bytes)) => Ok(Described {
            media_type: media_type.to_owned(),
            digest,
            bytes,
            artifact_type: text("artifactType").map(str::to_owned),
        }),
        _ => Err("a descriptor lacks its media type, its sha256 digest or its size".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn descriptor(media_type: &str, bytes: u64) -> Value {
        json!({ "mediaType": media_type, "digest": Digest::of(b"x"), "size": bytes })
    }

    fn layer(title: &str, bytes: u64) -> Value {
        let media_type = media_type_of(title).unwrap_or("text/plain");
        let mut layer = descriptor(media_type, bytes);
        layer["annotations"] = json!({ TITLE: title });
        layer
    }

    fn pack(layers: &[Value]) -> Value {
        json!({ "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "artifactType": ARTIFACT_TYPE,
                "config": descriptor("application/vnd.wasm.config.v0+json", 100), "layers": layers })
    }

    fn read(document: &Value, media_type: &str) -> Result<Named, String> {
        named(document.to_string().as_bytes(), media_type)
    }

    #[test]
    fn a_manifest_is_bounded_before_anything_is_fetched() {
        let good = pack(&[layer("pack.toml", 10), layer("lexicons/a.txt", 20)]);
        let Named::Pack(blobs) = read(&good, MANIFEST_TYPE).unwrap() else {
            panic!()
        };
        assert_eq!(blobs.layers.len(), 2);
        // The same digest thrice is fetched once.
        assert_eq!(blobs.distinct().0.len(), 1);

        let changed = |change: &dyn Fn(&mut Value)| {
            let mut document = good.clone();
            change(&mut document);
            document
        };
        let many: Vec<Value> = (0..=PACK_FILES_MAX)
            .map(|n| layer(&format!("lexicons/{n}.txt"), 1))
            .collect();
        let half = PACK_BYTES_MAX as u64 / 2 + 1;
        for (document, says) in [
            (pack(&many), "more than 2000 parts"),
            (
                pack(&[layer("README.md", half), layer("pack.toml", half)]),
                "more than 67108864 bytes",
            ),
            (pack(&[layer("pack.toml", u64::MAX)]), "more than 67108864 bytes"),
            (pack(&[layer("../pack.toml", 1)]), "not a part of a pack"),
            (pack(&[descriptor("text/plain", 1)]), "no title"),
            (
                changed(&|it| it["layers"][0]["mediaType"] = json!("application/wasm")),
                "expected \"application/toml\"",
            ),
            (changed(&|it| it["layers"][0]["size"] = json!(-1)), "lacks"),
            (changed(&|it| it["layers"][0]["digest"] = json!("sha512:00")), "lacks"),
            (
                changed(&|it| it["config"]["size"] = json!(2 << 20)),
                "configuration has more than",
            ),
            (changed(&|it| it["config"] = Value::Null), "lacks"),
            (changed(&|it| it["layers"] = Value::Null), "no layers"),
            (
                changed(&|it| it["artifactType"] = json!("application/vnd.example")),
                "not a pack",
            ),
            (changed(&|it| it["mediaType"] = json!(INDEX_TYPE)), "says otherwise"),
            (json!([]), "not a pack"),
        ] {
            let error = read(&document, MANIFEST_TYPE).unwrap_err();
            assert!(error.contains(says), "{says}: {error}");
        }
        let image = "application/vnd.docker.distribution.manifest.v2+json";
        let error = read(&changed(&|it| it["mediaType"] = json!(image)), image).unwrap_err();
        assert!(error.contains("not a pack"), "{error}");
        assert!(named(b"<html>", MANIFEST_TYPE).unwrap_err().contains("not JSON"));
        let long = format!("{}{good}", " ".repeat(DESCRIPTION_BYTES_MAX));
        assert!(
            named(long.as_bytes(), MANIFEST_TYPE)
                .unwrap_err()
                .contains("more than 1048576 bytes")
        );
    }

    #[test]
    fn an_index_is_a_pack_with_its_signatures_or_nothing() {
        let index = |entries: &[Value]| json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries });
        let entry = descriptor(MANIFEST_TYPE, 500);
        let Named::Bundle { signatures, .. } = read(&index(&vec![entry.clone(); 17]), INDEX_TYPE).unwrap() else {
            panic!()
        };
        assert_eq!(signatures.len(), SIGNATURES_MAX);
        for (document, says) in [
            (index(&[]), "lists nothing"),
            (index(&vec![entry.clone(); 18]), "more than a pack and 16 signatures"),
            (index(&[descriptor(INDEX_TYPE, 5)]), "not a pack"),
            (json!({ "manifests": 7 }), "lists no manifests"),
        ] {
            let error = read(&document, INDEX_TYPE).unwrap_err();
            assert!(error.contains(says), "{says}: {error}");
        }
    }

    #[test]
    fn of_what_refers_to_a_pack_only_signatures_are_looked_at_and_not_too_many() {
        let of = |artifact_type: &str| {
            let mut entry = descriptor(MANIFEST_TYPE, 500);
            entry["artifactType"] = json!(artifact_type);
            entry
        };
        let mut entries = vec![
            of("application/spdx+json"),
            descriptor(MANIFEST_TYPE, 5),
            of(SIGNATURE_ARTIFACT_TYPE),
        ];
        let read = |entries: &[Value]| referring_signatures(&json!({ "manifests": entries })).unwrap();
        let (found, more) = read(&entries);
        assert_eq!((found.len(), more), (1, false));
        entries.extend(std::iter::repeat_n(of(SIGNATURE_ARTIFACT_TYPE), 64));
        let (found, more) = read(&entries);
        assert_eq!((found.len(), more), (REFERRERS_MAX, true));
    }

    #[test]
    fn a_signature_is_of_this_pack_and_short() {
        let ours = Digest::of(b"the pack");
        let manifest = |subject: Digest, layers: &[Value]| {
            let subject = json!({ "mediaType": MANIFEST_TYPE, "digest": subject, "size": 1 });
            json!({ "subject": subject, "layers": layers, "annotations": { "made": "elsewhere" } }).to_string()
        };
        let text = descriptor(MINISIG_TYPE, 300);
        assert_eq!(
            signature_text(manifest(ours, std::slice::from_ref(&text)).as_bytes(), ours)
                .unwrap()
                .bytes,
            300
        );
        for (document, says) in [
            (
                manifest(Digest::of(b"another"), std::slice::from_ref(&text)),
                "of another pack",
            ),
            (manifest(ours, &[]), "one layer"),
            (manifest(ours, &[text.clone(), text.clone()]), "one layer"),
            (manifest(ours, &[descriptor(MINISIG_TYPE, 2_049)]), "at most 2048"),
            (
                manifest(ours, &[descriptor("text/plain", 300)]),
                "expected at most 2048 of",
            ),
            (json!({ "layers": [text] }).to_string(), "no subject"),
        ] {
            let error = signature_text(document.as_bytes(), ours).unwrap_err();
            assert!(error.contains(says), "{says}: {error}");
        }
    }
}
