//! A pack out of a registry, into a store.

use crate::documents::{self, Blobs, Described, Named};
use crate::error::RegistryError;
use crate::exchange::{Ask, Exchange};
use crate::partial::{Partial, Partials};
use crate::patience::wait_before;
use crate::signatures::{Gathered, media_type};
use crate::{Moved, RegistryOptions};
use proviso_model::Digest;
use proviso_pack::Pack;
use proviso_pack::layout::{self, DESCRIPTION_BYTES_MAX, INDEX_TYPE, MANIFEST_TYPE};
use proviso_pack::reference::PackReference;
use proviso_pack::{PackStore, StoreError};
use std::io::Read as _;
use std::path::Path;
use ureq::http::Method;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_RANGE};

/// What is read of a body at once, in bytes.
const CHUNK_BYTES: usize = 64 << 10;
/// An attempt that brings so many bytes more than any before it is as good as a first one.
const FRUITFUL_BYTES: usize = 64 << 10;

/// A pack that was pulled.
#[derive(Debug)]
pub struct Pulled {
    /// The pack, as the store has it now, with the signatures that were known here before.
    pub pack: Pack,
    /// Its reference by digest: what a policy set names.
    pub reference: PackReference,
    /// Whether the store had the pack before. Then signatures alone were fetched.
    pub known: bool,
    /// Bytes of blobs that came over the network.
    pub fetched_bytes: u64,
    /// Bytes of blobs that an earlier pull had left.
    pub resumed_bytes: u64,
    /// Signatures that were not taken, and why; for people.
    pub passed_over: Vec<String>,
}

/// What a tag or a digest leads to.
pub(crate) struct Found {
    /// The pack's own manifest.
    pub(crate) manifest: Vec<u8>,
    pub(crate) digest: Digest,
    pub(crate) blobs: Blobs,
    /// The manifests of the signatures that a bundle lists.
    pub(crate) signatures: Vec<Described>,
}

/// How much came, and from where.
#[derive(Default)]
struct Counts {
    fetched: u64,
    resumed: u64,
}

/// Brings a pack and its signatures into a store. What breaks off is kept there, and a second call goes on with it.
/// `progress` is called often.
pub fn pull(
    reference: &PackReference,
    store: &PackStore,
    options: &RegistryOptions,
    progress: &dyn Fn(Moved),
) -> Result<Pulled, RegistryError> {
    let mut exchange = Exchange::with(reference, "pull", options)?;
    let found = find(&mut exchange, &reference.target().to_string())?;
    let found = found.map_err(|why| exchange.refused(format!("{reference}: {why}")))?;
    let gathered = Gathered::of(&mut exchange, found.digest, &found.signatures)?;
    let mut counts = Counts::default();
    let (pack, known) = match store.get(&found.digest) {
        Ok(pack) => (pack, true),
        // One that is damaged is fetched anew, and written over.
        Err(StoreError::Missing { .. } | StoreError::Damaged { .. } | StoreError::Pack(_)) => (
            fetch(&mut exchange, reference, &found, store, &mut counts, progress)?,
            false,
        ),
        Err(error) => return Err(error.into()),
    };
    // Those that the store has come first: what a registry lists does not push them out.
    let mut passed_over = gathered.passed_over;
    let mut pack = pack;
    for signature in gathered.signatures {
        match pack.clone().with_signatures([signature.clone()]) {
            Ok(signed) => pack = signed,
            Err(error) => passed_over.push(format!("a signature by {}: {error}", signature.key())),
        }
    }
    store.put(&pack)?;
    Ok(Pulled {
        reference: reference.with_digest(found.digest),
        pack,
        known,
        fetched_bytes: counts.fetched,
        resumed_bytes: counts.resumed,
        passed_over,
    })
}

/// What a tag or a digest leads to; the inner error says why it is no pack.
pub(crate) fn find(exchange: &mut Exchange, target: &str) -> Result<Result<Found, String>, RegistryError> {
    let (bytes, found_type) = manifest(exchange, target)?;
    let mut signatures = Vec::new();
    let (manifest, blobs) = match documents::named(&bytes, &found_type) {
        Ok(Named::Pack(blobs)) => (bytes, blobs),
        Ok(Named::Bundle {
            pack,
            signatures: listed,
        }) => {
            signatures = listed;
            let (bytes, found_type) = manifest(exchange, &pack.digest.to_string())?;
            match documents::named(&bytes, &found_type) {
                Ok(Named::Pack(blobs)) => (bytes, blobs),
                Ok(Named::Bundle { .. }) => return Ok(Err("its index lists an index".to_owned())),
                Err(why) => return Ok(Err(why)),
            }
        }
        Err(why) => return Ok(Err(why)),
    };
    Ok(Ok(Found {
        digest: Digest::of(&manifest),
        manifest,
        blobs,
        signatures,
    }))
}

/// A manifest under a tag or a digest, and its media type. Under a digest it is that one.
fn manifest(exchange: &mut Exchange, target: &str) -> Result<(Vec<u8>, String), RegistryError> {
    let mark = if target.starts_with("sha256:") { '@' } else { ':' };
    let ask = Ask {
        method: Method::GET,
        address: exchange.at(&format!("manifests/{target}")),
        accept: format!("{MANIFEST_TYPE}, {INDEX_TYPE}"),
        from: 0,
        body: None,
        what: format!("{}{mark}{target}", exchange.repository()),
        answer_bytes: DESCRIPTION_BYTES_MAX,
        expects: &[200],
    };
    let (answer, bytes) = exchange.fetch(&ask, DESCRIPTION_BYTES_MAX)?;
    let found = Digest::of(&bytes).to_string();
    if mark == '@' && found != target {
        return Err(exchange.refused(format!("asked for {target}, it gave {found}")));
    }
    Ok((bytes, media_type(&answer)))
}

/// Fetches every blob, and reads what came as a built file is read.
fn fetch(
    exchange: &mut Exchange,
    reference: &PackReference,
    found: &Found,
    store: &PackStore,
    counts: &mut Counts,
    progress: &dyn Fn(Moved),
) -> Result<Pack, RegistryError> {
    let (blobs, total) = found.blobs.distinct();
    let manifest = std::str::from_utf8(&found.manifest);
    let manifest = manifest.map_err(|_| exchange.refused("the manifest is not UTF-8".to_owned()))?;
    let mut partials = Partials::of(store);
    let mut contents = Vec::with_capacity(blobs.len());
    let mut before = 0;
    for blob in blobs {
        contents.push(fetch_blob(exchange, blob, &mut partials, counts, &|done| {
            let done = before + done as u64;
            progress(Moved { done, total });
        })?);
        before += blob.bytes as u64;
    }
    let file = layout::file_of(manifest, contents.iter().map(Vec::as_slice), &[]);
    let pack = Pack::from_file(&file, Path::new(&reference.to_string()))?;
    // The store has all of it or nothing; only then are the pieces of no more use.
    store.put(&pack)?;
    partials.clear();
    Ok(pack)
}

fn fetch_blob(
    exchange: &mut Exchange,
    blob: &Described,
    partials: &mut Partials,
    counts: &mut Counts,
    moved: &dyn Fn(usize),
) -> Result<Vec<u8>, RegistryError> {
    let mut partial = partials.open(&blob.digest)?;
    let mut resumed = partial.bytes().min(blob.bytes);
    loop {
        fetch_rest(exchange, blob, &mut partial, &mut resumed, counts, moved)?;
        let bytes = partial.read()?;
        let found = Digest::of(&bytes);
        if found == blob.digest {
            counts.resumed += resumed as u64;
            return Ok(bytes);
        }
        if resumed == 0 {
            partial.discard();
            let (digest, repository) = (blob.digest, exchange.repository());
            return Err(exchange.refused(format!("asked for the blob {digest} of {repository}, it gave {found}")));
        }
        // What an earlier pull left may be what is wrong.
        partial.empty()?;
        resumed = 0;
    }
}

/// Fetches what is missing of a blob: exactly as many bytes as the manifest says. `resumed` becomes 0 if it begins again.
fn fetch_rest(
    exchange: &mut Exchange,
    blob: &Described,
    partial: &mut Partial,
    resumed: &mut usize,
    counts: &mut Counts,
    moved: &dyn Fn(usize),
) -> Result<(), RegistryError> {
    let mut begin_again = |partial: &mut Partial| {
        *resumed = 0;
        partial.empty()
    };
    if partial.bytes() > blob.bytes {
        begin_again(partial)?;
    }
    // Only what was not here before counts: one that begins again and again would never end.
    let (mut failed, mut most, mut chunk) = (0, partial.bytes(), vec![0; CHUNK_BYTES]);
    while partial.bytes() < blob.bytes {
        moved(partial.bytes());
        let ask = Ask {
            method: Method::GET,
            address: exchange.at(&format!("blobs/{}", blob.digest)),
            accept: String::new(),
            from: partial.bytes(),
            body: None,
            what: format!("the blob {} of {}", blob.digest, exchange.repository()),
            answer_bytes: blob.bytes - partial.bytes(),
            expects: &[200, 206, 416],
        };
        let mut answer = exchange.ask(&ask, &|_| ())?;
        let header = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
        match answer.status {
            206 => {
                let expected = format!("bytes {}-{}/{}", partial.bytes(), blob.bytes - 1, blob.bytes);
                let range = header(CONTENT_RANGE).unwrap_or_default();
                if range != expected {
                    return Err(exchange.refused(format!("asked for {expected} of a blob, it gave {range:?}")));
                }
            }
            200 if partial.bytes() > 0 => begin_again(partial)?,
            200 => {}
            _ if partial.bytes() > 0 => {
                begin_again(partial)?;
                continue;
            }
            status => return Err(exchange.refused(format!("it answered {status} for a blob of which nothing is here"))),
        }
        let rest = blob.bytes - partial.bytes();
        let stated = header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if stated.is_some_and(|stated| stated > rest as u64) {
            let (digest, bytes) = (blob.digest, blob.bytes);
            return Err(exchange.refused(format!(
                "the blob {digest} has more than the {bytes} bytes that the manifest says"
            )));
        }
        let mut body = answer.body.as_reader();
        let why = loop {
            match body.read(&mut chunk) {
                Ok(0) => break "it broke off".to_owned(),
                Ok(read) if read > blob.bytes - partial.bytes() => {
                    let (digest, bytes) = (blob.digest, blob.bytes);
                    let why = format!("the blob {digest} has more than the {bytes} bytes that the manifest says");
                    return Err(exchange.refused(why));
                }
                Ok(read) => {
                    partial.push(&chunk[..read])?;
                    counts.fetched += read as u64;
                    moved(partial.bytes());
                }
                Err(error) => break format!("it broke off: {error}"),
            }
        };
        if partial.bytes() == blob.bytes {
            break;
        }
        failed = if partial.bytes() >= most + FRUITFUL_BYTES {
            1
        } else {
            failed + 1
        };
        most = most.max(partial.bytes());
        if failed >= exchange.attempts() {
            let (digest, here, all) = (blob.digest, partial.bytes(), blob.bytes);
            let why =
                format!("the blob {digest}: {why} after {here} of {all} bytes, which are kept; pull again to go on");
            return Err(exchange.no_answer(exchange.registry().to_owned(), why));
        }
        std::thread::sleep(wait_before(failed + 1));
    }
    moved(blob.bytes);
    Ok(())
}
