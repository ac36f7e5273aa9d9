//! The built form: an OCI image layout (image-spec 1.1) in one tar.
//!
//! ```text
//! blobs/sha256/<digest>…   every part, the configuration and the manifest, each under its own digest
//! index.json               names the manifest, or the bundle of the manifest and its signatures
//! oci-layout               the version of the layout
//! ```
//!
//! The configuration follows the Wasm OCI artifact convention of the CNCF (`application/vnd.wasm.config.v0+json`), so that
//! registries and tools take a pack for what it is. A manifest has one layer for each part, ordered by path, with the path
//! as its title. The parts determine every byte: a reader builds the manifest again from what it found and refuses any
//! other. So no two contents share a digest, no content has two, and nothing can be hidden beside the parts. How signatures
//! are carried is in `bundle`.

use crate::bundle::{self, Bundle};
use crate::oci::{Descriptor, ImageManifest, Index, address_of, blob, to_json};
use crate::parts::{Parts, media_type_of};
use crate::signing::Signature;
use crate::tar_file;
use proviso_model::Digest;
use proviso_model::limits::{PACK_BYTES_MAX, PACK_FILES_MAX};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

pub use crate::oci::{ARTIFACT_TYPE, DESCRIPTION_BYTES_MAX, INDEX_TYPE, MANIFEST_TYPE, json};

const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
/// The annotation of a layer that says which part it is.
pub const TITLE: &str = "org.opencontainers.image.title";
const OCI_LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
const BLOBS: &str = "blobs/sha256/";

/// A built file, in bytes: the parts, and what the tar and the descriptions of the parts add.
pub(crate) const FILE_BYTES_MAX: usize = PACK_BYTES_MAX + (4 << 20);
/// The configuration of the convention. `component` is left out: it describes one component, and a pack has any number.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    created: &'a str,
    architecture: &'a str,
    os: &'a str,
    layer_digests: &'a [Digest],
}

/// The two documents that the parts determine.
struct Documents {
    config: String,
    manifest: String,
}

fn documents(parts: &Parts) -> Documents {
    let layer = |(path, bytes): (&'_ String, &Vec<u8>)| {
        let media_type = media_type_of(path).expect("the paths of parts are checked when a pack is read");
        (media_type, Digest::of(bytes), bytes.len())
    };
    let layers: Vec<_> = parts.iter().map(layer).collect();
    let layer_digests: Vec<_> = layers.iter().map(|(_, digest, _)| *digest).collect();
    let config = to_json(&Config {
        created: "1970-01-01T00:00:00Z",
        architecture: "wasm",
        os: "wasip2",
        layer_digests: &layer_digests,
    });
    let manifest = to_json(&ImageManifest {
        schema_version: 2,
        media_type: MANIFEST_TYPE,
        artifact_type: ARTIFACT_TYPE,
        config: Descriptor::of(CONFIG_TYPE, config.as_bytes()),
        layers: layers
            .into_iter()
            .zip(parts.keys())
            .map(|((media_type, digest, size), path)| Descriptor {
                media_type,
                digest,
                size,
                annotations: BTreeMap::from([(TITLE, path.as_str())]),
                artifact_type: None,
            })
            .collect(),
        subject: None,
    });
    Documents { config, manifest }
}

/// The manifest that the parts determine, byte for byte. Its digest is the pack's, and it is what a signer signs.
pub(crate) fn manifest(parts: &Parts) -> String {
    documents(parts).manifest
}

/// The configuration that the parts determine.
pub(crate) fn config(parts: &Parts) -> String {
    documents(parts).config
}

/// The built file. The same parts and signatures give the same bytes.
pub(crate) fn write(parts: &Parts, signatures: &[Signature]) -> Vec<u8> {
    let Documents { config, manifest } = documents(parts);
    let blobs = parts.values().map(Vec::as_slice).chain([config.as_bytes()]);
    file_of(&manifest, blobs, signatures)
}

/// A file of a manifest and the blobs that it names, wherever they come from: that they belong together is for `read`.
pub fn file_of<'a>(manifest: &str, blobs: impl IntoIterator<Item = &'a [u8]>, signatures: &[Signature]) -> Vec<u8> {
    let bundle = Bundle::of(manifest, signatures);
    let index = to_json(&Index {
        schema_version: 2,
        media_type: INDEX_TYPE,
        manifests: vec![bundle.descriptor()],
    });
    let mut files: BTreeMap<String, &[u8]> = BTreeMap::new();
    let mut add = |blob| files.insert(format!("{BLOBS}{}", Digest::of(blob).hex()), blob);
    for blob in blobs {
        add(blob);
    }
    for blob in [manifest.as_bytes()].into_iter().chain(bundle.blobs()) {
        add(blob);
    }
    files.insert("index.json".to_owned(), index.as_bytes());
    files.insert("oci-layout".to_owned(), OCI_LAYOUT.as_bytes());
    tar_file::write(files.iter().map(|(path, bytes)| (path.as_str(), *bytes)))
}

/// The parts of a built file, and the signatures that it carries, which nobody has verified. Errors are fragments that say
/// what is refused.
pub(crate) fn read(file: &[u8]) -> Result<(Parts, Vec<Signature>), String> {
    if file.len() > FILE_BYTES_MAX {
        return Err(format!(
            "it has {} bytes: at most {FILE_BYTES_MAX} are allowed",
            file.len()
        ));
    }
    // Beside the parts: the manifest, the configuration, the index, the layout's version, two folders, and the signatures.
    let mut entries = BTreeMap::new();
    for entry in tar_file::read(file, PACK_FILES_MAX + 6 + bundle::BLOBS_MAX)? {
        if entries.insert(entry.path, entry.bytes).is_some() {
            return Err(format!("{:?} is in it twice", entry.path));
        }
    }
    let layout = json(
        entries
            .remove("oci-layout")
            .ok_or("it has no \"oci-layout\": not an OCI image layout")?,
        "oci-layout",
    )?;
    if layout.get("imageLayoutVersion").and_then(|version| version.as_str()) != Some("1.0.0") {
        return Err("\"oci-layout\" does not say version 1.0.0".to_owned());
    }
    let index = json(
        entries.remove("index.json").ok_or("it has no \"index.json\"")?,
        "index.json",
    )?;
    let blobs = blobs(&entries)?;

    // The index is not covered by the digest, and tools write their own into it (names, tags): only the address counts.
    let manifests = index.get("manifests").and_then(|manifests| manifests.as_array());
    let Some([described]) = manifests.map(Vec::as_slice) else {
        return Err("\"index.json\" does not name exactly one manifest".to_owned());
    };
    let named = address_of(described).ok_or("\"index.json\" has no digest for the manifest")?;
    let bundle = bundle::read(blob(&blobs, named)?, &blobs)?;
    let manifest_address = bundle.as_ref().map_or(named, |found| found.manifest);
    let manifest_bytes = blob(&blobs, manifest_address)?;
    let manifest = json(manifest_bytes, "the manifest")?;
    let artifact_type = manifest
        .get("artifactType")
        .and_then(|value| value.as_str())
        .unwrap_or_default();
    if artifact_type != ARTIFACT_TYPE {
        return Err(format!("it is {artifact_type:?}: expected {ARTIFACT_TYPE:?}"));
    }
    let layers = manifest
        .get("layers")
        .and_then(|layers| layers.as_array())
        .ok_or("the manifest has no layers")?;
    if layers.len() > PACK_FILES_MAX {
        return Err(format!("it has more than {PACK_FILES_MAX} parts"));
    }
    let mut parts = Parts::new();
    let mut used = BTreeSet::from([manifest_address]);
    used.extend(manifest.get("config").and_then(address_of));
    let mut bytes = 0;
    for layer in layers {
        let title = layer
            .get("annotations")
            .and_then(|all| all.get(TITLE))
            .and_then(|title| title.as_str());
        let title = title.ok_or("a layer has no title")?;
        media_type_of(title)?;
        let address = address_of(layer).ok_or_else(|| format!("the layer {title:?} has no digest"))?;
        let content = blob(&blobs, address).map_err(|error| format!("{title:?}: {error}"))?;
        bytes += content.len();
        if bytes > PACK_BYTES_MAX {
            return Err(format!("its parts have more than {PACK_BYTES_MAX} bytes"));
        }
        if parts.insert(title.to_owned(), content.to_vec()).is_some() {
            return Err(format!("the part {title:?} is in it twice"));
        }
        used.insert(address);
    }
    let again = documents(&parts);
    if again.manifest.as_bytes() != manifest_bytes {
        return Err("its manifest is not the one that its parts give".to_owned());
    }
    if blob(&blobs, Digest::of(again.config.as_bytes()))? != again.config.as_bytes() {
        return Err("its configuration is not the one that its parts give".to_owned());
    }
    let signatures = bundle.map(|found| found.signatures).unwrap_or_default();
    let bundled = Bundle::of(&again.manifest, &signatures);
    if bundled.descriptor().digest != named {
        return Err("its bundle is not the one that its manifest and its signatures give".to_owned());
    }
    used.extend(bundled.blobs().map(Digest::of));
    if let Some(stray) = blobs.keys().find(|address| !used.contains(address)) {
        return Err(format!("the blob {stray} belongs to no part"));
    }
    Ok((parts, signatures))
}

/// Every blob, each checked against its name.
fn blobs<'a>(entries: &BTreeMap<&'a str, &'a [u8]>) -> Result<BTreeMap<Digest, &'a [u8]>, String> {
    let mut blobs = BTreeMap::new();
    for (path, bytes) in entries {
        let address = path
            .strip_prefix(BLOBS)
            .and_then(|hex| format!("sha256:{hex}").parse::<Digest>().ok());
        let address = address.ok_or_else(|| format!("{path:?} does not belong to a pack"))?;
        if Digest::of(bytes) != address {
            return Err(format!("the content of {path:?} has another digest"));
        }
        blobs.insert(address, *bytes);
    }
    Ok(blobs)
}
