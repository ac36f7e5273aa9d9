//! That the members of an export are those that its manifest lists, and no others.

use super::NotRead;
use super::fault::{Faults, cut};
use crate::form::{FORM, MANIFEST, ManifestV1};
use crate::lines::{JUDGED_WITH, MESSAGES, SEALS};
use crate::member::{MEMBERS_MAX, Members, is_path};
use crate::proof_files::{CHECKPOINT, CONTINUED, EXPORTED, KEY, PROOF, TREE, leaves_path};
use crate::write::{GENERATIONS, MEANINGS, WITNESSED};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

pub(super) fn read<M: Members>(members: &mut M, path: &str) -> Result<Option<Vec<u8>>, NotRead<M::Error>> {
    members.read(path).map_err(|source| NotRead {
        member: path.to_owned(),
        source,
    })
}

/// A member as text; a fault if it is not there or none.
pub(super) fn text<M: Members>(
    members: &mut M,
    path: &str,
    faults: &mut Faults,
) -> Result<Option<String>, NotRead<M::Error>> {
    let Some(bytes) = read(members, path)? else {
        faults.add(path, None, "it is missing");
        return Ok(None);
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(error) => {
            let what = format!("byte {} is not UTF-8", error.utf8_error().valid_up_to());
            faults.add(path, None, what);
            Ok(None)
        }
    }
}

/// A manifest, and SHA-256 of its bytes.
type Digested = (ManifestV1, [u8; 32]);

/// The manifest with the digest of its bytes, if it has its one spelling.
pub(super) fn manifest<M: Members>(
    members: &mut M,
    faults: &mut Faults,
) -> Result<Option<Digested>, NotRead<M::Error>> {
    let Some(text) = text(members, MANIFEST, faults)? else {
        return Ok(None);
    };
    let manifest: ManifestV1 = match serde_json::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => {
            let what = format!("it is not of its form at column {}", error.column());
            faults.add(MANIFEST, Some(error.line() as u64), what);
            return Ok(None);
        }
    };
    if manifest.form != FORM {
        let what = format!("it says that it is {:?}: expected {FORM:?}", cut(&manifest.form));
        faults.add(MANIFEST, None, what);
        return Ok(None);
    }
    if manifest.to_bytes() != text.as_bytes() {
        faults.add(MANIFEST, None, "it is spelled otherwise than it was written");
    }
    let digest = Sha256::digest(text.as_bytes()).into();
    Ok(Some((manifest, digest)))
}

/// True if a member is listed.
pub(super) fn lists(manifest: &ManifestV1, path: &str) -> bool {
    manifest.members.iter().any(|member| member.path == path)
}

/// Folders and members of the kinds that this verifier knows, beside those of the proof.
const KNOWN: [&str; 11] = [
    MESSAGES,
    SEALS,
    JUDGED_WITH,
    MEANINGS,
    GENERATIONS,
    WITNESSED,
    "packs",
    "html",
    "csv",
    "eml",
    "rsmf",
];

/// How many members are of other kinds: nobody but their writer knows what they say.
pub(super) fn unknown(manifest: &ManifestV1) -> u64 {
    let is_known = |path: &str| KNOWN.contains(&path.split('/').next().unwrap_or_default());
    let members = manifest.members.iter();
    members.filter(|member| !is_known(&member.path)).count() as u64
}

/// That each member that is listed is there, in its order, with its bytes; and that there are no others.
pub(super) fn listed<M: Members>(
    members: &mut M,
    manifest: &ManifestV1,
    faults: &mut Faults,
) -> Result<(), NotRead<M::Error>> {
    let paths = members.paths().map_err(|source| NotRead {
        member: "the export".to_owned(),
        source,
    })?;
    if paths.len() > MEMBERS_MAX {
        faults.add(
            MANIFEST,
            None,
            format!("there are {} members: at most {MEMBERS_MAX} may be", paths.len()),
        );
        return Ok(());
    }
    let all: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
    let leaves = (1..).map(leaves_path).take_while(|path| all.contains(path.as_str()));
    let leaves: Vec<String> = leaves.collect();
    let mut expected: Vec<&str> = manifest.members.iter().map(|member| member.path.as_str()).collect();
    expected.push(MANIFEST);
    expected.extend([KEY, CHECKPOINT, EXPORTED]);
    expected.extend(leaves.iter().map(String::as_str));
    expected.push(TREE);
    if lists(manifest, WITNESSED) {
        expected.push(CONTINUED);
    }
    let known: BTreeSet<&str> = expected.iter().copied().collect();
    if known.len() < expected.len() {
        // Nothing that is listed is read: a list may be long, and each of it large.
        faults.add(MANIFEST, None, "it lists a member twice");
        return Ok(());
    }
    for path in &paths {
        if !known.contains(path.as_str()) {
            faults.add(path, None, "the manifest does not list it");
        }
    }
    let there: Vec<&str> = paths.iter().map(String::as_str).collect();
    if members.is_ordered() && there != expected {
        let at = there
            .iter()
            .zip(&expected)
            .take_while(|(one, other)| one == other)
            .count();
        let member = there.get(at).or(expected.get(at)).copied().unwrap_or_default();
        faults.add(
            member,
            None,
            "the members do not stand in the order in which they were written",
        );
    }
    for member in &manifest.members {
        let path = &member.path;
        if !is_path(path) || path == MANIFEST || path.starts_with(PROOF) {
            faults.add(path, None, "no member that is listed may be called so");
            continue;
        }
        let Some(bytes) = read(members, path)? else {
            faults.add(path, None, "it is missing");
            continue;
        };
        if bytes.len() as u64 != member.bytes {
            let what = format!("it has {} bytes: the manifest says {}", bytes.len(), member.bytes);
            faults.add(path, None, what);
        } else if hex::encode(Sha256::digest(&bytes)) != member.sha256 {
            faults.add(path, None, "its SHA-256 is not the one that the manifest has");
        }
    }
    Ok(())
}
