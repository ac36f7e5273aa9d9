//! Signatures of a pack in a registry: what refers to its manifest (`subject`), by the registry's own list of referrers, or
//! where it keeps none by the tag `sha256-…` that pushers keep in its place (distribution-spec 1.1, "referrers tag schema").

use crate::documents::{self, Described, REFERRERS_MAX, SIGNATURE_MANIFEST_BYTES_MAX};
use crate::error::RegistryError;
use crate::exchange::{Answer, Ask, Exchange};
use proviso_model::Digest;
use proviso_pack::bundle::{SIGNATURE_ARTIFACT_TYPE, SIGNATURES_MAX};
use proviso_pack::layout::{DESCRIPTION_BYTES_MAX, INDEX_TYPE, MANIFEST_TYPE, json};
use proviso_pack::signing::{SIGNATURE_BYTES_MAX, Signature};
use serde_json::{Value, json};
use std::time::Duration;
use ureq::http::Method;
use ureq::http::header::{CONTENT_TYPE, LINK};

/// Pages of a list of referrers that are read.
const PAGES_MAX: usize = 4;
/// How often a list that others change at the same time is written.
const WRITES_MAX: u32 = 8;

/// How often a manifest is put that a registry takes for another.
const PUTS_MAX: u32 = 4;
/// How long after, times the attempts so far.
const PUT_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// What a registry has of signatures. Nobody has verified them.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// At most 16, distinct.
    pub(crate) signatures: Vec<Signature>,
    /// What was not taken, and why; for people.
    pub(crate) passed_over: Vec<String>,
}

impl Gathered {
    /// The signatures that a bundle lists, then those that refer to the pack.
    pub(crate) fn of(exchange: &mut Exchange, pack: Digest, bundle: &[Described]) -> Result<Self, RegistryError> {
        let mut all = bundle.to_vec();
        let (referring, more) = referring(exchange, pack)?;
        for each in referring {
            if !all.iter().any(|known| known.digest == each.digest) {
                all.push(each);
            }
        }
        let mut gathered = Self::default();
        if more {
            gathered.passed_over.push(format!(
                "the registry lists more than {REFERRERS_MAX} signatures of it: the others were not looked at"
            ));
        }
        for each in &all {
            match read_one(exchange, pack, each)? {
                Ok(signature) if gathered.signatures.contains(&signature) => {}
                Ok(signature) if gathered.signatures.len() < SIGNATURES_MAX => gathered.signatures.push(signature),
                Ok(signature) => gathered.passed_over.push(format!(
                    "the signature {}, by {}: a pack has at most {SIGNATURES_MAX}",
                    each.digest,
                    signature.key()
                )),
                Err(why) => gathered
                    .passed_over
                    .push(format!("the signature {}: {why}", each.digest)),
            }
        }
        Ok(gathered)
    }
}

/// What refers to a manifest and is a signature of a pack, and whether there is more than is looked at.
fn referring(exchange: &mut Exchange, pack: Digest) -> Result<(Vec<Described>, bool), RegistryError> {
    let query = crate::challenge::encoded(SIGNATURE_ARTIFACT_TYPE);
    let mut address = exchange.at(&format!("referrers/{pack}?artifactType={query}"));
    let (mut found, mut more) = (Vec::new(), false);
    for page in 0..PAGES_MAX {
        let ask = Ask {
            method: Method::GET,
            address,
            accept: INDEX_TYPE.to_owned(),
            from: 0,
            body: None,
            what: format!("the list of what refers to {pack}"),
            // Registries without such lists do not know the address, and do not agree on how to say so.
            expects: &[200, 400, 404, 405, 501],
            answer_bytes: DESCRIPTION_BYTES_MAX,
        };
        let (answer, bytes) = exchange.fetch(&ask, DESCRIPTION_BYTES_MAX)?;
        // Some answer every address with a page for people.
        let known = answer.status == 200 && media_type(&answer) == INDEX_TYPE;
        if !known {
            if page == 0 {
                return by_tag(exchange, pack);
            }
            break;
        }
        let listed = json(&bytes, "the list").and_then(|document| documents::referring_signatures(&document));
        let (listed, cut) = listed.map_err(|why| exchange.refused(why))?;
        found.extend(listed);
        more |= cut || found.len() > REFERRERS_MAX;
        let Some(next) = next_page(&answer) else { break };
        more |= page + 1 == PAGES_MAX;
        address = exchange.resolve(&next, "")?;
    }
    found.truncate(REFERRERS_MAX);
    Ok((found, more))
}

/// The tag under which referrers are listed where the registry keeps no list.
fn list_tag(pack: Digest) -> String {
    format!("sha256-{}", pack.hex())
}

fn by_tag(exchange: &mut Exchange, pack: Digest) -> Result<(Vec<Described>, bool), RegistryError> {
    match kept_list(exchange, pack)? {
        None => Ok((Vec::new(), false)),
        Some(document) => documents::referring_signatures(&document).map_err(|why| exchange.refused(why)),
    }
}

/// The list that pushers keep; `None` if there is none yet.
fn kept_list(exchange: &mut Exchange, pack: Digest) -> Result<Option<Value>, RegistryError> {
    let tag = list_tag(pack);
    let ask = Ask {
        method: Method::GET,
        address: exchange.at(&format!("manifests/{tag}")),
        accept: INDEX_TYPE.to_owned(),
        from: 0,
        body: None,
        what: format!("{}:{tag}", exchange.repository()),
        answer_bytes: DESCRIPTION_BYTES_MAX,
        expects: &[200, 404],
    };
    let (answer, bytes) = exchange.fetch(&ask, DESCRIPTION_BYTES_MAX)?;
    if answer.status == 404 {
        return Ok(None);
    }
    let document = json(&bytes, &format!("the tag {tag}")).map_err(|why| exchange.refused(why))?;
    if media_type(&answer) == INDEX_TYPE && document.get("manifests").is_some_and(Value::is_array) {
        return Ok(Some(document));
    }
    Err(exchange.refused(format!(
        "the tag {tag}, which lists what refers to the pack, names something else"
    )))
}

/// Adds manifests of signatures (their digests and sizes) to the list that pushers keep. What stands there stays; whoever
/// writes at the same time is waited for, since a registry keeps what was written last.
pub(crate) fn list(exchange: &mut Exchange, pack: Digest, manifests: &[(Digest, usize)]) -> Result<(), RegistryError> {
    for write in 0..=WRITES_MAX {
        let mut entries = match kept_list(exchange, pack)? {
            Some(mut document) => document["manifests"]
                .as_array_mut()
                .map(std::mem::take)
                .unwrap_or_default(),
            None => Vec::new(),
        };
        let before = entries.len();
        for (digest, bytes) in manifests {
            let digest = digest.to_string();
            if !entries.iter().any(|entry| entry["digest"] == *digest) {
                entries.push(json!({ "mediaType": MANIFEST_TYPE, "digest": digest, "size": bytes,
                                     "artifactType": SIGNATURE_ARTIFACT_TYPE }));
            }
        }
        if entries.len() == before {
            return Ok(());
        }
        if write == WRITES_MAX {
            break;
        }
        let tag = list_tag(pack);
        let document = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries }).to_string();
        if document.len() > DESCRIPTION_BYTES_MAX {
            let bytes = DESCRIPTION_BYTES_MAX;
            return Err(exchange.refused(format!(
                "the tag {tag} lists so much that it would have more than {bytes} bytes"
            )));
        }
        put_manifest(exchange, &tag, INDEX_TYPE, document.as_bytes())?;
        // Then it is read again. Writers that meet there part by their numbers.
        std::thread::sleep(Duration::from_millis(u64::from(write * (std::process::id() % 97))));
    }
    let why = "others write the list of signatures at the same time: push again".to_owned();
    Err(exchange.no_answer(exchange.registry().to_owned(), why))
}

/// Puts a manifest under a tag or a digest, byte for byte.
pub(crate) fn put_manifest(
    exchange: &mut Exchange,
    under: &str,
    media_type: &str,
    bytes: &[u8],
) -> Result<Answer, RegistryError> {
    let mark = if under.starts_with("sha256:") { '@' } else { ':' };
    let ask = Ask {
        method: Method::PUT,
        address: exchange.at(&format!("manifests/{under}")),
        accept: String::new(),
        from: 0,
        body: Some((media_type, bytes)),
        what: format!("the manifest {}{mark}{under}", exchange.repository()),
        answer_bytes: 0,
        expects: &[200, 201, 202],
    };
    let mut attempt = 1;
    let answer = loop {
        match exchange.ask(&ask, &|_| ()) {
            // Some registries read what another push, of the same manifest at the same time, has written half.
            Err(RegistryError::Answered { status: 400, said, .. })
                if said.contains("digest") && attempt < exchange.attempts().min(PUTS_MAX) =>
            {
                std::thread::sleep(PUT_AGAIN_AFTER * attempt);
                attempt += 1;
            }
            answer => break answer?,
        }
    };
    let stored = answer
        .headers
        .get("docker-content-digest")
        .and_then(|value| value.to_str().ok());
    let ours = Digest::of(bytes).to_string();
    match stored {
        Some(stored) if stored != ours => Err(exchange.refused(format!(
            "it keeps the manifest {ours} as {stored}: no signature of it would hold"
        ))),
        _ => Ok(answer),
    }
}

/// One signature, or why it is passed over.
fn read_one(
    exchange: &mut Exchange,
    pack: Digest,
    described: &Described,
) -> Result<Result<Signature, String>, RegistryError> {
    if described.bytes > SIGNATURE_MANIFEST_BYTES_MAX {
        return Ok(Err(format!(
            "its manifest has more than {SIGNATURE_MANIFEST_BYTES_MAX} bytes"
        )));
    }
    let digest = described.digest;
    let Some(manifest) = short(
        exchange,
        &format!("manifests/{digest}"),
        MANIFEST_TYPE,
        described,
        SIGNATURE_MANIFEST_BYTES_MAX,
    )?
    else {
        return Ok(Err("its manifest is not there, or is another".to_owned()));
    };
    let text = match documents::signature_text(&manifest, pack) {
        Ok(text) => text,
        Err(why) => return Ok(Err(why)),
    };
    let Some(bytes) = short(
        exchange,
        &format!("blobs/{}", text.digest),
        "",
        &text,
        SIGNATURE_BYTES_MAX,
    )?
    else {
        return Ok(Err("its text is not there, or is another".to_owned()));
    };
    let signature = std::str::from_utf8(&bytes).map_err(|_| "not UTF-8".to_owned());
    Ok(signature.and_then(|text| Signature::read(text).map_err(|error| error.to_string())))
}

/// Something short by its digest; `None` if it is not there, or is something else.
fn short(
    exchange: &mut Exchange,
    path: &str,
    accept: &str,
    described: &Described,
    bytes_max: usize,
) -> Result<Option<Vec<u8>>, RegistryError> {
    let ask = Ask {
        method: Method::GET,
        address: exchange.at(path),
        accept: accept.to_owned(),
        from: 0,
        body: None,
        what: format!("{}@{}", exchange.repository(), described.digest),
        answer_bytes: bytes_max,
        expects: &[200, 404],
    };
    let (answer, bytes) = match exchange.fetch(&ask, bytes_max) {
        Ok(fetched) => fetched,
        // Whoever may write there does not keep others from the pack.
        Err(RegistryError::Refused { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let fits = answer.status == 200 && bytes.len() == described.bytes && Digest::of(&bytes) == described.digest;
    Ok(fits.then_some(bytes))
}

/// The media type of an answer, without parameters.
pub(crate) fn media_type(answer: &Answer) -> String {
    let header = answer
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// What `Link: <…>; rel="next"` names (RFC 8288).
fn next_page(answer: &Answer) -> Option<String> {
    let link = answer.headers.get(LINK)?.to_str().ok()?;
    let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    rest.replace(' ', "")
        .to_ascii_lowercase()
        .contains("rel=\"next\"")
        .then(|| address.to_owned())
}
