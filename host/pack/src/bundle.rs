//! How signatures travel: an OCI index that lists the pack's manifest, then a manifest for each signature.
//!
//! ```text
//! index.json ─▶ bundle ─▶ manifest of the pack
//!                     ├─▶ manifest of a signature ─▶ the .minisig text      (its `subject` is the pack)
//!                     └─▶ …
//! ```
//!
//! An unsigned pack has no bundle. The manifest and the signatures determine every byte, as the parts do: see `layout`, and
//! docs/adr/0017 for why it is done so.

use crate::oci::{
    ARTIFACT_TYPE, Descriptor, INDEX_TYPE, ImageManifest, Index, MANIFEST_TYPE, address_of, blob, json, to_json,
};
use crate::signing::Signature;
use proviso_model::Digest;
use std::collections::BTreeMap;

/// Signatures of one pack.
pub const SIGNATURES_MAX: usize = 16;
/// Blobs that signatures add: the bundle, the empty configuration, and for each signature its text and its manifest.
pub(crate) const BLOBS_MAX: usize = 2 + 2 * SIGNATURES_MAX;

/// What a manifest of a signature is for.
pub const SIGNATURE_ARTIFACT_TYPE: &str = "application/vnd.proviso.signature.v1";
/// The text of a signature, as minisign writes it.
pub const MINISIG_TYPE: &str = "application/vnd.minisign.signature";
/// The empty configuration of image-spec 1.1.
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";
const EMPTY: &str = "{}";

/// A manifest with its signatures, as the blobs that carry them.
#[derive(Debug)]
pub struct Bundle<'a> {
    pack: Descriptor<'a>,
    /// Empty if there are no signatures.
    documents: Vec<String>,
    texts: Vec<&'a str>,
}

/// What a bundle holds.
#[derive(Debug)]
pub(crate) struct Found {
    /// The address of the pack's manifest.
    pub(crate) manifest: Digest,
    /// In the order of the bundle.
    pub(crate) signatures: Vec<Signature>,
}

impl<'a> Bundle<'a> {
    /// The bundle of a manifest and its signatures, in whatever order they come.
    pub fn of(manifest: &str, signatures: &'a [Signature]) -> Self {
        let subject = Descriptor::of(MANIFEST_TYPE, manifest.as_bytes());
        let pack = Descriptor {
            artifact_type: Some(ARTIFACT_TYPE),
            ..subject.clone()
        };
        let texts: Vec<&str> = signatures.iter().map(Signature::text).collect();
        let mut documents: Vec<String> = texts.iter().map(|text| signature_manifest(&subject, text)).collect();
        if !documents.is_empty() {
            documents.sort_by_key(|document| Digest::of(document.as_bytes()));
            // No `artifactType` in the entries: skopeo 1.9 writes an index anew when it copies one, and does not know the key.
            let of_signature = |document: &String| Descriptor::of(MANIFEST_TYPE, document.as_bytes());
            let index = to_json(&Index {
                schema_version: 2,
                media_type: INDEX_TYPE,
                manifests: [subject]
                    .into_iter()
                    .chain(documents.iter().map(of_signature))
                    .collect(),
            });
            documents.push(index);
            documents.push(EMPTY.to_owned());
        }
        Self { pack, documents, texts }
    }

    /// What `index.json` names: the bundle, or the pack's manifest if there are no signatures.
    pub(crate) fn descriptor(&self) -> Descriptor<'a> {
        match self.index() {
            Some(index) => Descriptor::of(INDEX_TYPE, index.as_bytes()),
            None => self.pack.clone(),
        }
    }

    /// The document that lists them; `None` if there are no signatures.
    pub fn index(&self) -> Option<&str> {
        match self.documents.as_slice() {
            [.., index, _empty] => Some(index),
            _ => None,
        }
    }

    /// The manifests of the signatures.
    pub fn signature_manifests(&self) -> &[String] {
        &self.documents[..self.texts.len()]
    }

    /// What those manifests name: the texts and their configuration. Nothing if there are no signatures.
    pub fn signature_blobs(&self) -> impl Iterator<Item = &[u8]> {
        let texts = self.texts.iter().map(|text| text.as_bytes());
        texts.chain(self.documents.last().map(String::as_bytes))
    }

    /// What stands beside the blobs of the pack.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &[u8]> {
        let documents = self.documents.iter().map(String::as_bytes);
        documents.chain(self.texts.iter().map(|text| text.as_bytes()))
    }
}

fn signature_manifest(subject: &Descriptor<'_>, text: &str) -> String {
    to_json(&ImageManifest {
        schema_version: 2,
        media_type: MANIFEST_TYPE,
        artifact_type: SIGNATURE_ARTIFACT_TYPE,
        config: Descriptor::of(EMPTY_TYPE, EMPTY.as_bytes()),
        layers: vec![Descriptor::of(MINISIG_TYPE, text.as_bytes())],
        subject: Some(subject.clone()),
    })
}

/// Reads what `index.json` names, if it is a bundle. That it is the one that its content determines is for the caller to
/// see, who has the parts.
pub(crate) fn read(named: &[u8], blobs: &BTreeMap<Digest, &[u8]>) -> Result<Option<Found>, String> {
    let document = json(named, "what \"index.json\" names")?;
    let Some(listed) = document.get("manifests") else {
        return Ok(None);
    };
    let listed = listed.as_array().map(Vec::as_slice).unwrap_or_default();
    let Some((pack, signed)) = listed.split_first().filter(|(_, signed)| !signed.is_empty()) else {
        return Err("its bundle has no manifest, or no signature".to_owned());
    };
    if signed.len() > SIGNATURES_MAX {
        return Err(format!("it has more than {SIGNATURES_MAX} signatures"));
    }
    let manifest = address_of(pack).ok_or("its bundle has no digest for the manifest")?;
    let mut signatures: Vec<Signature> = Vec::with_capacity(signed.len());
    for descriptor in signed {
        let address = address_of(descriptor).ok_or("its bundle has no digest for a signature")?;
        let described = json(blob(blobs, address)?, "the manifest of a signature")?;
        let layer = described.get("layers").and_then(|layers| layers.get(0));
        let text = layer.and_then(address_of).ok_or("a signature has no layer")?;
        let signature = Signature::read_exact(blob(blobs, text)?).map_err(|error| format!("a signature: {error}"))?;
        if signatures.contains(&signature) {
            return Err("a signature is in it twice".to_owned());
        }
        signatures.push(signature);
    }
    Ok(Some(Found { manifest, signatures }))
}
