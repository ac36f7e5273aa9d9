//! Writes a log as C2SP's tlog-tiles serves it, for verifiers of others: `foreign FOLDER LEAVES`. `make foreign-proofs` runs it.
//!
//! The folder has `checkpoint` (signed by the log and a witness), `checkpoint.old` (of a third of the leaves), `tile/…`, `tile/entries/…`, `log.vkey`,
//! `witness.vkey`, `inclusion/INDEX` and `consistency` (a hash a line, in base64). Keys are of a fixed seed: nobody signs anything else by them.

use ct_codecs::{Base64, Encoder as _};
use proviso_proof::Hash;
use proviso_proof::commitment::{Commitment, Salt};
use proviso_proof::entry::{Entry, Value};
use proviso_proof::leaf::Leaf;
use proviso_proof::note::{Checkpoint, KeyKind, KeyName, Note, Signature, SignerKey};
use proviso_proof::tree::proof::{ConsistencyProof, InclusionProof};
use proviso_proof::tree::tile::{self, TileId};
use proviso_proof::tree::{Edge, Tree};
use std::error::Error;
use std::fs;
use std::path::Path;

const ORIGIN: &str = "archive.example.com/log";
const WITNESS: &str = "witness.example.com/w1";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, leaves] = arguments.as_slice() else {
        return Err("expected FOLDER LEAVES".into());
    };
    let (folder, size) = (Path::new(folder), leaves.parse::<u64>()?);
    let leaves: Vec<_> = (0..size).map(leaf).collect::<Result<_, _>>()?;
    let tree = Tree::of(leaves.iter().map(Leaf::hash));
    let (mut edge, mut full) = (Edge::new(), Vec::new());
    for leaf in &leaves {
        let appended = edge.append(leaf.hash())?;
        full.extend_from_slice(appended.full_tiles());
        edge.accept(appended)?;
    }
    for (id, hashes) in &full {
        write(folder, &id.path(), &tile::to_bytes(hashes))?;
    }
    for (id, hashes) in edge.partial_tiles() {
        write(folder, &id.path(), &tile::to_bytes(hashes))?;
    }
    for id in TileId::of_tree(size).filter(|id| id.level() == 0) {
        let first = id.index() as usize * 256;
        let data: Vec<_> = leaves[first..first + usize::from(id.width())]
            .iter()
            .map(Leaf::to_bytes)
            .collect();
        let bundle = tile::to_bundle(data.iter().map(|leaf| &leaf[..]))?;
        write(folder, &id.bundle_path(), &bundle)?;
    }
    let (log, witness) = (key(ORIGIN, KeyKind::Note)?, key(WITNESS, KeyKind::Cosignature)?);
    write(folder, "log.vkey", log.verifier().to_string().as_bytes())?;
    write(folder, "witness.vkey", witness.verifier().to_string().as_bytes())?;
    let old = size / 3;
    for (name, size) in [("checkpoint", size), ("checkpoint.old", old)] {
        let root = proviso_proof::tree::node::root(size, &tree)?;
        let mut note: Note = Checkpoint::new(ORIGIN, size, root)?.sign(&log)?;
        let cosigned = witness.cosign(note.text(), 1_760_000_000)?;
        note.add(Signature::new(witness.verifier(), cosigned))?;
        write(folder, name, note.to_string().as_bytes())?;
    }
    for index in [0, 1, size / 2, size - 1] {
        let proof = InclusionProof::make(index, size, &tree)?;
        write(folder, &format!("inclusion/{index}"), lines(&proof.0)?.as_bytes())?;
    }
    let proof = ConsistencyProof::make(old, size, &tree)?;
    write(folder, "consistency", lines(&proof.0)?.as_bytes())?;
    println!("{size} leaves, root {}", tree.root());
    Ok(())
}

fn leaf(at: u64) -> Result<Leaf, Box<dyn Error>> {
    let entry = Entry::new("example", [("number", Value::Integer(at as i64))])?;
    let salt = Hash::of_leaf(&at.to_be_bytes());
    let salt = Salt::new(*salt.as_bytes().first_chunk().ok_or("a hash has 16 bytes")?);
    Ok(Leaf::new(
        1_760_000_000_000 + at,
        &[Commitment::of(&salt, &entry.to_bytes())],
    )?)
}

fn key(name: &str, kind: KeyKind) -> Result<SignerKey, Box<dyn Error>> {
    let seed = *Hash::of_leaf(name.as_bytes()).as_bytes();
    Ok(SignerKey::new(KeyName::new(name)?, kind, &seed)?)
}

fn lines(hashes: &[Hash]) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    for hash in hashes {
        text.push_str(&Base64::encode_to_string(hash.as_bytes())?);
        text.push('\n');
    }
    Ok(text)
}

fn write(folder: &Path, path: &str, bytes: &[u8]) -> std::io::Result<()> {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap_or(folder))?;
    fs::write(path, bytes)
}
