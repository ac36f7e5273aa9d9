//! A pack with its signatures into a registry.

use crate::documents::Described;
use crate::error::RegistryError;
use crate::exchange::{Ask, Exchange};
use crate::pull::find;
use crate::signatures::{self, Gathered, put_manifest};
use crate::{Moved, RegistryOptions};
use proviso_model::Digest;
use proviso_pack::Pack;
use proviso_pack::bundle::Bundle;
use proviso_pack::layout::{INDEX_TYPE, MANIFEST_TYPE};
use proviso_pack::reference::{PackReference, Target};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use ureq::http::Method;
use ureq::http::header::LOCATION;

/// A push waits so long at least before it looks whether another, at the same time, has undone what it wrote.
const SETTLED_AFTER_MIN: Duration = Duration::from_millis(250);
/// And so long at most.
const SETTLED_AFTER_MAX: Duration = Duration::from_secs(10);

/// How long another push may take to write what it read before this one wrote, when this one took `own` from its first look to its
/// last writing: both talk with the same registry.
fn settled_after(own: Duration) -> Duration {
    (own * 2).clamp(SETTLED_AFTER_MIN, SETTLED_AFTER_MAX)
}

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

/// What becomes of a tag that names another pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherUnderTag {
    /// The push is refused before anything is sent: who pulled the tag had another pack of the same name.
    Refuse,
    /// The tag moves.
    Move,
}

/// Sends a pack and its signatures. What the registry has is not sent again, so that a push that broke off goes on; signatures
/// that it has already stay. `progress` is called often.
pub fn push(
    pack: &Pack,
    reference: &PackReference,
    other: OtherUnderTag,
    options: &RegistryOptions,
    progress: &dyn Fn(Moved),
) -> Result<Pushed, RegistryError> {
    let digest = pack.digest();
    if reference.digest().is_some_and(|named| named != digest) {
        let reference = reference.to_string();
        return Err(RegistryError::OtherDigest { reference, digest });
    }
    let mut exchange = Exchange::with(reference, "pull,push", options)?;
    let under_tag = look(&mut exchange, reference)?;
    if let Some(found) = under_tag.as_ref().filter(|found| found.pack != digest)
        && other == OtherUnderTag::Refuse
    {
        return Err(RegistryError::Taken {
            reference: reference.to_string(),
            found: found.pack,
            digest,
        });
    }
    let (blobs_sent, bytes_sent, blobs) = send_blobs(&mut exchange, pack, progress)?;
    put_manifest(
        &mut exchange,
        &digest.to_string(),
        MANIFEST_TYPE,
        pack.oci_manifest().as_bytes(),
    )?;

    let began = Instant::now();
    let mut sent = BTreeSet::new();
    send_signatures(&mut exchange, pack, &mut sent)?;
    let bundled = |found: &Option<UnderTag>| {
        let same = found.as_ref().filter(|found| found.pack == digest);
        same.map(|found| found.signatures.clone()).unwrap_or_default()
    };
    let (mut signed, mut passed_over) = together(&mut exchange, pack, &bundled(&under_tag))?;
    send_signatures(&mut exchange, &signed, &mut sent)?;
    let mut tagged = put_tag(&mut exchange, reference, &signed)?;
    if !signed.signatures().is_empty() {
        // Another push may have read the list, or the tag, before this one wrote it, and written it after.
        std::thread::sleep(settled_after(began.elapsed()));
        let found = look(&mut exchange, reference)?;
        (signed, passed_over) = together(&mut exchange, &signed, &bundled(&found))?;
        send_signatures(&mut exchange, &signed, &mut sent)?;
        list_unlisted(&mut exchange, digest, &sent)?;
        let still_ours = found.as_ref().is_some_and(|found| found.pack == digest);
        if still_ours && bundled(&found).len() < signed.signatures().len() {
            tagged = put_tag(&mut exchange, reference, &signed)?;
        }
    }
    Ok(Pushed {
        reference: reference.with_digest(digest),
        replaced: under_tag.map(|found| found.pack).filter(|before| *before != digest),
        tag: match reference.target() {
            Target::Tag(tag) => Some(tag.clone()),
            Target::Digest(_) => None,
        },
        tagged,
        signatures: signed.signatures().len(),
        signatures_found: signed.signatures().len() - pack.signatures().len(),
        blobs,
        blobs_sent,
        bytes_sent,
        passed_over,
    })
}

/// What a tag names now.
struct UnderTag {
    pack: Digest,
    signatures: Vec<Described>,
}

/// What stands under the tag, if one is named; an error if it is no pack, which would be gone.
fn look(exchange: &mut Exchange, reference: &PackReference) -> Result<Option<UnderTag>, RegistryError> {
    let Target::Tag(tag) = reference.target() else {
        return Ok(None);
    };
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
        answer_bytes: 0,
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

/// A manifest of a signature that was sent.
type Sent = BTreeSet<(Digest, usize, Listed)>;

/// Who lists a manifest among what refers to the pack.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Listed {
    /// The registry, by itself.
    ByTheRegistry,
    /// Nobody, unless pushers do.
    ByPushers,
}

/// Sends what was not sent yet of a pack's signatures, each with its manifest, and sees to it that they are listed as what
/// refers to the pack.
fn send_signatures(exchange: &mut Exchange, signed: &Pack, sent: &mut Sent) -> Result<(), RegistryError> {
    let bundle = Bundle::of(signed.oci_manifest(), signed.signatures());
    let manifests = bundle
        .signature_manifests()
        .iter()
        .map(|manifest| (Digest::of(manifest.as_bytes()), manifest));
    let new: Vec<(Digest, &String)> = manifests
        .filter(|(digest, _)| !sent.iter().any(|(known, ..)| known == digest))
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    for blob in bundle.signature_blobs() {
        send_blob(exchange, Digest::of(blob), blob, &|_| ())?;
    }
    for (digest, manifest) in new {
        let answer = put_manifest(exchange, &digest.to_string(), MANIFEST_TYPE, manifest.as_bytes())?;
        // A registry that keeps the list by itself says so with this header.
        let listed = if answer.headers.contains_key("oci-subject") {
            Listed::ByTheRegistry
        } else {
            Listed::ByPushers
        };
        sent.insert((digest, manifest.len(), listed));
    }
    list_unlisted(exchange, signed.digest(), sent)
}

/// Sees to it that all stand in the list that pushers keep, where the registry keeps none.
fn list_unlisted(exchange: &mut Exchange, pack: Digest, sent: &Sent) -> Result<(), RegistryError> {
    let by_pushers = sent.iter().filter(|(_, _, listed)| *listed == Listed::ByPushers);
    let unlisted: Vec<(Digest, usize)> = by_pushers.map(|(digest, bytes, _)| (*digest, *bytes)).collect();
    if unlisted.is_empty() {
        Ok(())
    } else {
        signatures::list(exchange, pack, &unlisted)
    }
}

/// The pack with the signatures that the registry has of it as well, and what was passed over of them.
fn together(exchange: &mut Exchange, pack: &Pack, bundled: &[Described]) -> Result<(Pack, Vec<String>), RegistryError> {
    let gathered = Gathered::of(exchange, pack.digest(), bundled)?;
    let signed = pack.clone().with_signatures(gathered.signatures);
    let signed = signed.map_err(|source| RegistryError::Signatures {
        registry: exchange.registry().to_owned(),
        source,
    })?;
    Ok((signed, gathered.passed_over))
}

/// Makes the tag name the bundle of a pack and its signatures, or the pack if it has none; gives the digest of what it names.
fn put_tag(exchange: &mut Exchange, reference: &PackReference, signed: &Pack) -> Result<Option<Digest>, RegistryError> {
    let Target::Tag(tag) = reference.target() else {
        return Ok(None);
    };
    let bundle = Bundle::of(signed.oci_manifest(), signed.signatures());
    let (media_type, document) = match bundle.index() {
        Some(index) => (INDEX_TYPE, index),
        None => (MANIFEST_TYPE, signed.oci_manifest()),
    };
    put_manifest(exchange, tag, media_type, document.as_bytes())?;
    Ok(Some(Digest::of(document.as_bytes())))
}
