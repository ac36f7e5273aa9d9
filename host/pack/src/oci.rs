//! The documents of OCI's image-spec 1.1 as a built pack uses them: an index or a manifest, which names others by
//! descriptors, and what is read out of them. `layout` writes the pack's own, `bundle` those of its signatures.

use proviso_model::Digest;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of this form, part of every manifest. Another form has another.
pub const ARTIFACT_TYPE: &str = "application/vnd.proviso.pack.v1";
/// The media type of a manifest (OCI image-spec 1.1).
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an index (OCI image-spec 1.1).
pub const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
/// The manifest, the index or the configuration of a built file, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 1 << 20;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Index<'a> {
    pub(crate) schema_version: u8,
    pub(crate) media_type: &'a str,
    pub(crate) manifests: Vec<Descriptor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageManifest<'a> {
    pub(crate) schema_version: u8,
    pub(crate) media_type: &'a str,
    pub(crate) artifact_type: &'a str,
    pub(crate) config: Descriptor<'a>,
    pub(crate) layers: Vec<Descriptor<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<Descriptor<'a>>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor<'a> {
    pub(crate) media_type: &'a str,
    pub(crate) digest: Digest,
    pub(crate) size: usize,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) artifact_type: Option<&'a str>,
}

impl<'a> Descriptor<'a> {
    pub(crate) fn of(media_type: &'a str, bytes: &[u8]) -> Self {
        let (digest, size) = (Digest::of(bytes), bytes.len());
        Self {
            media_type,
            digest,
            size,
            annotations: BTreeMap::new(),
            artifact_type: None,
        }
    }
}

pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers are JSON")
}

pub(crate) fn blob<'a>(blobs: &BTreeMap<Digest, &'a [u8]>, address: Digest) -> Result<&'a [u8], String> {
    blobs
        .get(&address)
        .copied()
        .ok_or_else(|| format!("the blob {address} is missing"))
}

pub(crate) fn address_of(descriptor: &serde_json::Value) -> Option<Digest> {
    descriptor.get("digest")?.as_str()?.parse().ok()
}

/// Reads a description of at most [`DESCRIPTION_BYTES_MAX`] bytes. `what` is how the error calls it.
///
/// # Errors
/// A fragment that says what is refused.
pub fn json(bytes: &[u8], what: &str) -> Result<serde_json::Value, String> {
    if bytes.len() > DESCRIPTION_BYTES_MAX {
        return Err(format!("{what} has more than {DESCRIPTION_BYTES_MAX} bytes"));
    }
    serde_json::from_slice(bytes).map_err(|error| format!("{what} is not JSON: {error}"))
}
