//! Members under `proof/`: they are made when the log has told of the export, and stand outside of the manifest. Each leads to the signed
//! checkpoint or nowhere, and has one spelling.

use crate::evidence::Told;
use crate::lines::{ToldV1, to_line};
use proviso_proof::Hash;
use proviso_proof::leaf::Leaf;
use proviso_proof::note::{Note, VerifierKey};
use proviso_proof::tree::multi::MultiProof;
use proviso_proof::tree::proof::ConsistencyProof;
use serde::{Deserialize, Serialize};

/// What begins the path of every such member.
pub(crate) const PROOF: &str = "proof/";
pub(crate) const KEY: &str = "proof/key";
pub(crate) const CHECKPOINT: &str = "proof/checkpoint";
pub(crate) const EXPORTED: &str = "proof/exported.json";
pub(crate) const TREE: &str = "proof/tree";
pub(crate) const CONTINUED: &str = "proof/continued";
/// Bytes of leaves in one member.
const LEAVES_BYTES: usize = 8 * 1024 * 1024;

/// `proof/leaves-NNNN.jsonl`, from 1.
pub(crate) fn leaves_path(number: u32) -> String {
    format!("proof/leaves-{number:04}.jsonl")
}

/// A leaf of the log with entries of an export.
#[derive(Debug, Clone)]
pub struct LeafProof {
    /// Its place in the log, from 0.
    pub index: u64,
    /// The leaf.
    pub leaf: Leaf,
    /// From the entries of the export to the leaf's root.
    pub path: MultiProof,
}

/// What shows that the log told of an export and of its messages.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The public key of the log.
    pub key: VerifierKey,
    /// The signed checkpoint that all of it leads to, signed by that key alone.
    pub checkpoint: Note,
    /// The log's entry of the export.
    pub exported: Told,
    /// Every leaf with entries of the export, that of the export itself included; their indices ascend.
    pub leaves: Vec<LeafProof>,
    /// From these leaves to the root of the checkpoint.
    pub tree: MultiProof,
    /// That the checkpoint continues the one that witnesses signed, if [`Writer::witnessed`](crate::Writer::witnessed) was given one.
    pub continued: Option<ConsistencyProof>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeafV1 {
    pub(crate) index: u64,
    pub(crate) leaf: String,
    pub(crate) path: Vec<String>,
}

impl Proof {
    /// The members, one after the other.
    pub(crate) fn each<E>(&self, mut member: impl FnMut(&str, &[u8]) -> Result<(), E>) -> Result<(), E> {
        member(KEY, format!("{}\n", self.key).as_bytes())?;
        member(CHECKPOINT, self.checkpoint.to_string().as_bytes())?;
        let exported = to_line(&ToldV1::new(&self.exported));
        member(EXPORTED, format!("{exported}\n").as_bytes())?;
        let (mut text, mut number) = (String::new(), 0);
        for (place, leaf) in self.leaves.iter().enumerate() {
            text.push_str(&to_line(&LeafV1 {
                index: leaf.index,
                leaf: hex::encode(leaf.leaf.to_bytes()),
                path: leaf.path.0.iter().map(|hash| hash.to_hex()).collect(),
            }));
            text.push('\n');
            if text.len() >= LEAVES_BYTES || place + 1 == self.leaves.len() {
                number += 1;
                member(&leaves_path(number), text.as_bytes())?;
                text.clear();
            }
        }
        member(TREE, hashes_text(&self.tree.0).as_bytes())?;
        if let Some(continued) = &self.continued {
            member(CONTINUED, hashes_text(&continued.0).as_bytes())?;
        }
        Ok(())
    }
}

/// A hash a line.
fn hashes_text(hashes: &[Hash]) -> String {
    let lines: Vec<String> = hashes.iter().map(ToString::to_string).collect();
    match lines.as_slice() {
        [] => String::new(),
        _ => lines.join("\n") + "\n",
    }
}

/// Reads what [`hashes_text`] writes.
pub(crate) fn read_hashes(text: &str) -> Option<Vec<Hash>> {
    let hashes = text.lines().map(|line| Hash::from_hex(line).ok());
    let hashes: Vec<Hash> = hashes.collect::<Option<_>>()?;
    (hashes_text(&hashes) == text).then_some(hashes)
}
