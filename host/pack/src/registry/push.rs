//! A pack with its signatures into a registry.

use super::documents::Described;
use super::error::RegistryError;
use super::exchange::{Ask, Exchange};
use super::pull::find;
use super::reference::{PackReference, Target};
use super::signatures::{self, Gathered, put_manifest};
use super::{Moved, RegistryOptions};
use crate::bundle::Bundle;
use crate::layout::{INDEX_TYPE, MANIFEST_TYPE};
use crate::pack::Pack;
use proviso_model::Digest;
use ureq::http::Method;
use ureq::http::header::LOCATION;

/// A pack that was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Its reference by digest: what a policy set names.
    pub reference: PackReference,
    /// The tag that names it now.
    pub tag: Option<String>,
    /// What the tag names: the pack's manifest, or the bundle of the pack and its signatures.
    pub tagged: Option<Digest>,
    /// The pack that the tag named before, if it was another.
    pub replaced: Option<Digest>,
    /// How many signatures the registry has of it now.
    pub signatures: usize,
    /// How many of them it had before and this pack lacks.
    pub signatures_found: usize,
    /// Blobs of the pack: its parts and its configuration.
    pub blobs: usize,
    /// How many of them the registry did not have.
    pub blobs_sent: usize,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Signatures of the registry that were not taken into the bundle, and why; for people.
    pub passed_over: Vec<String>,
}

/// Sends a pack and its signatures. What the registry has is not sent again, so that a push that broke off goes on; signatures
/// that it has already stay. `progress` is called often.
pub fn push(
    pack: &Pack,
    reference: &PackReference,
    options: &RegistryOptions,
    progress: &dyn Fn(Moved),
) -> Result<Pushed, RegistryError> {
    let digest = pack.digest();
    if reference.digest().is_some_and(|named| named != digest) {
        let reference = reference.to_string();
        return Err(RegistryError::OtherDigest { reference, digest });
    }
    let mut exchange = Exchange::with(reference, "pull,push", options)?;
    let under_tag = match reference.target() {
        Target::Tag(tag) => look(&mut exchange, reference, tag)?,
        Target::Digest(_) => None,
    };
    let (blobs_sent, bytes_sent, blobs) = send_blobs(&mut exchange, pack, progress)?;
    put_manifest(
        &mut exchange,
        &digest.to_string(),
        MANIFEST_TYPE,
        pack.oci_manifest().as_bytes(),
    )?;

    let bundled = under_tag.as_ref().filter(|found| found.pack == digest);
    let bundled = bundled.map(|found| found.signatures.as_slice()).unwrap_or_default();
    let gathered = Gathered::of(&mut exchange, digest, bundled)?;
    let signed = pack
        .clone()
        .with_signatures(gathered.signatures)
        .map_err(|source| RegistryError::Signatures {
            registry: reference.registry().to_owned(),
            source,
        })?;
    let bundle = Bundle::of(pack.oci_manifest(), signed.signatures());
    send_signatures(&mut exchange, digest, &bundle)?;

    let mut tagged = None;
    if let Target::Tag(tag) = reference.target() {
        let (media_type, bytes) = match bundle.index() {
            Some(index) => (INDEX_TYPE, index),
            None => (MANIFEST_TYPE, pack.oci_manifest()),
        };
        put_manifest(&mut exchange, tag, media_type, bytes.as_bytes())?;
        tagged = Some((tag.clone(), Digest::of(bytes.as_bytes())));
    }
    Ok(Pushed {
        reference: reference.with_digest(digest),
        replaced: under_tag.map(|found| found.pack).filter(|before| *before != digest),
        tagged: tagged.as_ref().map(|(_, digest)| *digest),
        tag: tagged.map(|(tag, _)| tag),
        signatures: signed.signatures().len(),
        signatures_found: signed.signatures().len() - pack.signatures().len(),
        blobs,
        blobs_sent,
        bytes_sent,
        passed_over: gathered.passed_over,
    })
}

/// What a tag names now.
struct UnderTag {
    pack: Digest,
    signatures: Vec<Described>,
}

/// What stands under the tag; an error if it is no pack, which would be gone.
fn look(exchange: &mut Exchange, reference: &PackReference, tag: &str) -> Result<Option<UnderTag>, RegistryError> {
    match find(exchange, tag) {
        Ok(Ok(found)) => Ok(Some(UnderTag {
            pack: found.digest,
            signatures: found.signatures,
        })),
        Ok(Err(why)) => Err(RegistryError::Occupied {
            reference: reference.to_string(),
            why,
        }),
        Err(RegistryError::NotThere { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sends the parts and the configuration, as far as they are missing: how many, their bytes, and how many there are.
fn send_blobs(
    exchange: &mut Exchange,
    pack: &Pack,
    progress: &dyn Fn(Moved),
) -> Result<(usize, u64, usize), RegistryError> {
    let config = pack.oci_config();
    let mut blobs: Vec<(Digest, &[u8])> = pack
        .files()
        .map(|(_, bytes)| bytes)
        .chain([config.as_bytes()])
        .map(|bytes| (Digest::of(bytes), bytes))
        .collect();
    blobs.sort_unstable();
    blobs.dedup();
    let total = blobs.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let (mut sent, mut bytes_sent, mut before) = (0, 0, 0);
    for (digest, bytes) in &blobs {
        let start = before;
        let moved = |done: usize| {
            let done = start + done as u64;
            progress(Moved { done, total });
        };
        if send_blob(exchange, *digest, bytes, &moved)? {
            sent += 1;
            bytes_sent += bytes.len() as u64;
        }
        before += bytes.len() as u64;
        moved(bytes.len());
    }
    Ok((sent, bytes_sent, blobs.len()))
}

/// Sends a blob if the registry does not have it; says whether it was sent.
fn send_blob(
    exchange: &mut Exchange,
    digest: Digest,
    bytes: &[u8],
    moved: &dyn Fn(usize),
) -> Result<bool, RegistryError> {
    let what = format!("the blob {digest} of {}", exchange.repository());
    let ask = |method, address, body, expects| Ask {
        method,
        address,
        accept: String::new(),
        from: 0,
        body,
        what: what.clone(),
        expects,
    };
    let there = exchange.at(&format!("blobs/{digest}"));
    if exchange
        .ask(&ask(Method::HEAD, there, None, &[200, 404]), &|_| ())?
        .status
        == 200
    {
        return Ok(false);
    }
    let uploads = exchange.at("blobs/uploads/");
    let begun = exchange.ask(&ask(Method::POST, uploads, None, &[202]), &|_| ())?;
    let location = begun
        .headers
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let place = exchange.resolve(location, &format!("digest={digest}"))?;
    let body = Some(("application/octet-stream", bytes));
    exchange.ask(&ask(Method::PUT, place, body, &[201, 204]), moved)?;
    Ok(true)
}

/// Sends every signature with its manifest, and sees to it that they are listed as what refers to the pack.
fn send_signatures(exchange: &mut Exchange, pack: Digest, bundle: &Bundle<'_>) -> Result<(), RegistryError> {
    for blob in bundle.signature_blobs() {
        send_blob(exchange, Digest::of(blob), blob, &|_| ())?;
    }
    let mut unlisted = Vec::new();
    for manifest in bundle.signature_manifests() {
        let digest = Digest::of(manifest.as_bytes());
        let answer = put_manifest(exchange, &digest.to_string(), MANIFEST_TYPE, manifest.as_bytes())?;
        // A registry that keeps the list by itself says so with this header.
        if !answer.headers.contains_key("oci-subject") {
            unlisted.push((digest, manifest.len()));
        }
    }
    if unlisted.is_empty() {
        Ok(())
    } else {
        signatures::list(exchange, pack, &unlisted)
    }
}
