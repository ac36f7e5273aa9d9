//! That the log vouches: for the manifest by its entry, and for all entries by a signed checkpoint.

use super::fault::Faults;
use super::members::{lists, text};
use super::{Cosigned, Expected, NotRead};
use crate::base64;
use crate::form::{EXPORTED as KIND, MANIFEST, ManifestV1};
use crate::lines::{ToldV1, to_line};
use crate::member::Members;
use crate::proof_files::{CHECKPOINT, CONTINUED, EXPORTED, KEY, LeafV1, TREE, leaves_path, read_hashes};
use crate::write::WITNESSED;
use proviso_proof::Hash;
use proviso_proof::commitment::{Commitment, Salt};
use proviso_proof::entry::{Entry, Value};
use proviso_proof::entry_proof::Place;
use proviso_proof::leaf::{LEAF_BYTES, Leaf};
use proviso_proof::note::{Checkpoint, LogTrust, Note, Said, VerifierKey};
use proviso_proof::tree::multi::MultiProof;
use proviso_proof::tree::proof::ConsistencyProof;
use std::collections::BTreeMap;

/// Commitments that an export names, by leaf and place.
pub(super) type Places = BTreeMap<u64, BTreeMap<u32, Commitment>>;

/// Who vouches for what.
pub(super) struct Vouched {
    pub(super) key: VerifierKey,
    pub(super) checkpoint: Checkpoint,
    /// Where the log has the export, and what it has there.
    pub(super) exported: Option<(Place, Commitment)>,
}

/// Reads key and checkpoint, and compares the log's entry of the export with the manifest.
pub(super) fn vouched<M: Members>(
    members: &mut M,
    expected: &Expected,
    manifest: &ManifestV1,
    digest: &[u8; 32],
    faults: &mut Faults,
) -> Result<Option<Vouched>, NotRead<M::Error>> {
    let key = text(members, KEY, faults)?;
    let note = text(members, CHECKPOINT, faults)?;
    let exported = text(members, EXPORTED, faults)?;
    let enclosed = key.and_then(|text| {
        let key: Option<VerifierKey> = text.trim_end().parse().ok();
        let key = key.filter(|key| format!("{key}\n") == text);
        if key.is_none() {
            faults.add(KEY, None, "it is no public key of a log, in one line");
        }
        key
    });
    if let (Some(expected), Some(enclosed)) = (&expected.key, &enclosed)
        && expected != enclosed
    {
        faults.add(KEY, None, format!("it is another key than {expected}"));
    }
    let (Some(key), Some(note)) = (expected.key.clone().or(enclosed), note) else {
        return Ok(None);
    };
    let Some(checkpoint) = opened(&key, &note, faults) else {
        return Ok(None);
    };
    if checkpoint.origin() != manifest.log {
        faults.add(MANIFEST, None, "it names another log than the checkpoint is of");
    }
    let exported = exported.and_then(|text| entry_of_export(&text, manifest, digest, faults));
    Ok(Some(Vouched {
        key,
        checkpoint,
        exported,
    }))
}

/// The checkpoint, if the log's key signed it; nothing else may have.
fn opened(key: &VerifierKey, text: &str, faults: &mut Faults) -> Option<Checkpoint> {
    let read = LogTrust::new(key.name().as_str(), key.clone()).map_err(|error| error.to_string());
    let read = read.and_then(|trust| {
        let note = Note::parse(text.as_bytes()).map_err(|error| error.to_string())?;
        if note.signatures().len() != 1 || note.to_string() != text {
            return Err("it has another spelling, or other signatures than the log's one".to_owned());
        }
        trust.verify(note).map_err(|error| error.to_string())
    });
    match read {
        Ok(verified) => Some(verified.checkpoint().clone()),
        Err(why) => {
            faults.add(CHECKPOINT, None, why);
            None
        }
    }
}

/// What witnesses signed of the log. Those that the reader knows must have signed it.
pub(super) fn cosigned<M: Members>(
    members: &mut M,
    manifest: &ManifestV1,
    vouched: &Vouched,
    witnesses: &[VerifierKey],
    faults: &mut Faults,
) -> Result<Option<Cosigned>, NotRead<M::Error>> {
    if !lists(manifest, WITNESSED) {
        if !witnesses.is_empty() {
            faults.add(WITNESSED, None, "the export has no checkpoint that a witness signed");
        }
        return Ok(None);
    }
    let (note, continued) = (text(members, WITNESSED, faults)?, text(members, CONTINUED, faults)?);
    let (Some(note), Some(continued)) = (note, continued) else {
        return Ok(None);
    };
    match read_cosigned(vouched, witnesses, &note, &continued) {
        Ok(cosigned) => {
            for witness in witnesses {
                if !cosigned.known.iter().any(|(known, _)| *known == witness.to_string()) {
                    faults.add(WITNESSED, None, format!("the witness {witness} did not sign it"));
                }
            }
            Ok(Some(cosigned))
        }
        Err((member, why)) => {
            faults.add(member, None, why);
            Ok(None)
        }
    }
}

fn read_cosigned(
    vouched: &Vouched,
    witnesses: &[VerifierKey],
    text: &str,
    continued: &str,
) -> Result<Cosigned, (&'static str, String)> {
    let of_note = |why: String| (WITNESSED, why);
    let trust = LogTrust::new(vouched.key.name().as_str(), vouched.key.clone())
        .and_then(|trust| trust.with_witnesses(witnesses.to_vec(), 0))
        .map_err(|error| of_note(error.to_string()))?;
    let note = Note::parse(text.as_bytes()).map_err(|error| of_note(error.to_string()))?;
    if note.to_string() != text {
        return Err(of_note("it is spelled otherwise than it was written".to_owned()));
    }
    let verified = trust.verify(note).map_err(|error| of_note(error.to_string()))?;
    let hashes = read_hashes(continued).ok_or((CONTINUED, "it is no list of hashes, one in a line".to_owned()))?;
    let older = verified.checkpoint();
    vouched
        .checkpoint
        .continues(older, &ConsistencyProof(hashes))
        .map_err(|_| {
            (
                CONTINUED,
                "the export's checkpoint does not continue the one that witnesses signed".to_owned(),
            )
        })?;
    let mut cosigned = Cosigned {
        size: older.size(),
        known: Vec::new(),
        unknown: Vec::new(),
    };
    for signature in verified.note().signatures() {
        let is_by = |key: &VerifierKey| (&signature.name, signature.key_id) == (key.name(), key.id());
        if is_by(&vouched.key) {
            continue;
        }
        match witnesses.iter().find(|key| is_by(key)) {
            // Those that do not hold were refused above.
            Some(key) => {
                if let Some(Said::At(time_s)) = key.verify(verified.note().text(), &signature.bytes) {
                    cosigned.known.push((key.to_string(), time_s));
                }
            }
            // The log's own, of a kind that is not verified here.
            None if signature.name == *vouched.key.name() => {}
            None => cosigned
                .unknown
                .push(format!("{}+{:08x}", signature.name, signature.key_id)),
        }
    }
    Ok(cosigned)
}

/// An entry as a line has it: where it stands, its commitment and what it says. `None` if it has another spelling.
pub(super) fn read_told(told: &ToldV1) -> Option<(Place, Commitment, Entry)> {
    let mut salt = [0; 16];
    hex::decode_to_slice(&told.salt, &mut salt).ok()?;
    let bytes = base64::decode(&told.entry)?;
    let entry = Entry::from_bytes(&bytes).ok()?;
    if hex::encode(salt) != told.salt {
        return None;
    }
    let place = Place {
        leaf: told.leaf,
        entry: told.place,
    };
    Some((place, Commitment::of(&Salt::new(salt), &bytes), entry))
}

fn entry_of_export(
    text: &str,
    manifest: &ManifestV1,
    digest: &[u8; 32],
    faults: &mut Faults,
) -> Option<(Place, Commitment)> {
    let told: Option<ToldV1> = serde_json::from_str(text).ok();
    let told = told.filter(|told| to_line(told) + "\n" == text);
    let Some((place, commitment, entry)) = told.as_ref().and_then(read_told) else {
        faults.add(EXPORTED, None, "it is no entry of a log, in its one spelling");
        return None;
    };
    if entry.kind() != KIND {
        faults.add(EXPORTED, None, "the entry is not about an export");
    }
    let mut fields = manifest.exported(digest);
    fields.push(("by", Value::Text(manifest.by.clone())));
    fields.sort_by_key(|(name, _)| *name);
    for (name, expected) in &fields {
        if entry.field(name) != Some(expected) {
            faults.add(EXPORTED, None, format!("the log has another {name} than the manifest"));
        }
    }
    if entry.fields().count() != fields.len() {
        faults.add(EXPORTED, None, "the entry says more or less than an export's");
    }
    Some((place, commitment))
}

/// That the commitments lead to the root of the checkpoint. When the log told of the export, by its leaf, where they do.
pub(super) fn leads<M: Members>(
    members: &mut M,
    vouched: &Vouched,
    places: &Places,
    faults: &mut Faults,
) -> Result<Option<u64>, NotRead<M::Error>> {
    let mut leaves: Vec<(u64, Hash)> = Vec::with_capacity(places.len());
    let mut wanted = places.iter();
    let (mut told_at, mut is_whole) = (None, true);
    for number in 1.. {
        let path = leaves_path(number);
        // The first must be there; another ends the list.
        if number > 1 && super::members::read(members, &path)?.is_none() {
            break;
        }
        let Some(text) = text(members, &path, faults)? else {
            return Ok(None);
        };
        if !text.ends_with('\n') {
            faults.add(&path, None, "its last line has no end");
            is_whole = false;
        }
        for (line, text) in (1..).zip(text.lines()) {
            let Some((index, leaf, hashes)) = read_leaf(text) else {
                faults.add(&path, Some(line), "it is no leaf of a log, in its one spelling");
                is_whole = false;
                continue;
            };
            let entries = match wanted.next() {
                Some((expected, entries)) if *expected == index => entries,
                _ => {
                    faults.add(
                        &path,
                        Some(line),
                        "no message of the export is in that leaf, or another should stand here",
                    );
                    is_whole = false;
                    continue;
                }
            };
            let hashed: Vec<(u64, Hash)> = entries
                .iter()
                .map(|(place, commitment)| (u64::from(*place), commitment.leaf()))
                .collect();
            match hashes.root(&hashed, u64::from(leaf.entries())) {
                Ok(root) if root == leaf.root() => {}
                _ => {
                    let what = "the entries that the export names are not those of this leaf";
                    faults.add(&path, Some(line), what);
                    is_whole = false;
                }
            }
            if vouched.exported.is_some_and(|(place, _)| place.leaf == index) {
                told_at = Some(leaf.time_ms());
            }
            leaves.push((index, leaf.hash()));
        }
    }
    if wanted.next().is_some() {
        faults.add(
            &leaves_path(1),
            None,
            "leaves are missing that have entries of the export",
        );
        is_whole = false;
    }
    let Some(tree) = text(members, TREE, faults)? else {
        return Ok(None);
    };
    let Some(tree) = read_hashes(&tree).map(MultiProof) else {
        faults.add(TREE, None, "it is no list of hashes, one in a line");
        return Ok(None);
    };
    let checkpoint = &vouched.checkpoint;
    match tree.root(&leaves, checkpoint.size()) {
        Ok(root) if root == checkpoint.root() => Ok(told_at.filter(|_| is_whole)),
        Ok(_) => {
            faults.add(TREE, None, "the leaves do not lead to the root that the checkpoint has");
            Ok(None)
        }
        Err(error) => {
            faults.add(TREE, None, error.to_string());
            Ok(None)
        }
    }
}

fn read_leaf(line: &str) -> Option<(u64, Leaf, MultiProof)> {
    let read: LeafV1 = serde_json::from_str(line).ok()?;
    if to_line(&read) != line {
        return None;
    }
    let mut bytes = [0; LEAF_BYTES];
    hex::decode_to_slice(&read.leaf, &mut bytes).ok()?;
    if hex::encode(bytes) != read.leaf {
        return None;
    }
    let leaf = Leaf::from_bytes(&bytes).ok()?;
    let hashes = read.path.iter().map(|hash| Hash::from_hex(hash).ok());
    Some((read.index, leaf, MultiProof(hashes.collect::<Option<_>>()?)))
}
