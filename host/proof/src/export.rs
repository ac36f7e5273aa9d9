//! What an archive gives away of its log, to be verified without it: a folder of files.
//!
//! ```text
//! checkpoint                 the signed note of all that follows
//! tile/LEVEL/INDEX           tiles, as C2SP's tlog-tiles has them
//! tile/entries/INDEX         bundles of leaves
//! entries/INDEX              for each leaf of the bundle: number of entries (4 bytes) ‖ entries
//! ```
//!
//! An entry is its commitment (32 bytes) ‖ `0x00` where it is erased, or its commitment ‖ `0x01` ‖ salt (16 bytes) ‖ length (4 bytes) ‖
//! canonical bytes.

use crate::commitment::{Commitment, SALT_BYTES, Salt};
use crate::entry::{ENTRY_BYTES_MAX, Entry};
use crate::hash::{HASH_BYTES, Hash};
use crate::leaf::ENTRIES_MAX;
use crate::log_check::{LogCheck, LogReport, ReadEntry, ReadLeaf};
use crate::note::checkpoint::{CheckpointError, LogTrust, VerifiedCheckpoint};
use crate::tree::Edge;
use crate::tree::tile::{self, TILE_WIDTH, TileError, TileId};
use std::collections::BTreeMap;

/// The file of the checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// Faults that a report names; the others are counted.
pub const FAULTS_NAMED_MAX: usize = 64;

const ERASED: u8 = 0;
const KEPT: u8 = 1;

/// The port by which files are read.
pub trait Files {
    /// Why a file could not be read.
    type Error;

    /// A file by its path from the folder on, with `/` between the parts; `None` if there is no such file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// An entry as an export has it.
#[derive(Debug, Clone, Copy)]
pub struct Exported<'a> {
    /// Its commitment.
    pub commitment: Commitment,
    /// Its salt and canonical bytes, if it is not erased.
    pub kept: Option<(Salt, &'a [u8])>,
}

/// Writes the entries of one leaf behind those of the leaves before it.
pub fn write_entries(entries: &[Exported<'_>], out: &mut Vec<u8>) {
    out.extend((entries.len() as u32).to_be_bytes());
    for Exported { commitment, kept } in entries {
        out.extend(commitment.hash().as_bytes());
        match kept {
            None => out.push(ERASED),
            Some((salt, bytes)) => {
                out.push(KEPT);
                out.extend(salt.as_bytes());
                out.extend((bytes.len() as u32).to_be_bytes());
                out.extend(*bytes);
            }
        }
    }
}

/// What is wrong with an export, the faults of its log aside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportFault {
    /// A file is missing.
    #[error("there is no file {0}")]
    Missing(String),
    /// A tile is not that of the leaves.
    #[error("the tile {0} is not the one that the leaves make")]
    Tile(TileId),
    /// A bundle cannot be read.
    #[error("{path} cannot be read")]
    Bundle {
        /// The file.
        path: String,
        /// Why.
        #[source]
        error: TileError,
    },
    /// The entries of a bundle cannot be read.
    #[error("{path} is not of the form of entries at byte {byte}")]
    Entries {
        /// The file.
        path: String,
        /// Where.
        byte: usize,
    },
}

/// An export could not be verified at all.
#[derive(Debug, thiserror::Error)]
pub enum ExportError<E> {
    /// There is none, or it has no checkpoint.
    #[error("there is no checkpoint: expected a folder that `proviso audit export` wrote")]
    NoCheckpoint,
    /// Nobody who is believed vouches for it.
    #[error("the checkpoint is not to be believed")]
    Checkpoint(#[source] CheckpointError),
    /// A file could not be read.
    #[error("{path} could not be read")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        error: E,
    },
}

/// What was found in an export.
#[derive(Debug)]
pub struct ExportReport {
    /// Who vouches for it.
    pub checkpoint: VerifiedCheckpoint,
    /// The log.
    pub log: LogReport,
    /// How many entries there are of each kind, erased ones aside.
    pub kinds: BTreeMap<String, u64>,
    /// The first [`FAULTS_NAMED_MAX`] faults beside those of the log.
    pub faults: Vec<ExportFault>,
    /// All faults, those of the log included.
    pub faults_count: u64,
}

impl ExportReport {
    /// True if nothing was found.
    pub fn is_whole(&self) -> bool {
        self.faults_count == 0
    }
}

/// Verifies an export: that its leaves make the root that was signed, its tiles are theirs, and its entries are those that were committed to.
pub fn verify<F: Files>(files: &F, trust: &LogTrust) -> Result<ExportReport, ExportError<F::Error>> {
    verify_each(files, trust, &mut |_| {})
}

/// The same, and shows each leaf with the entries that are not erased, in order. What was shown is to be believed if the report is whole, and
/// not before.
pub fn verify_each<F: Files>(
    files: &F,
    trust: &LogTrust,
    shown: &mut dyn FnMut(&ReadLeaf<'_>),
) -> Result<ExportReport, ExportError<F::Error>> {
    let note = read(files, CHECKPOINT)?.ok_or(ExportError::NoCheckpoint)?;
    let checkpoint = trust.open(&note).map_err(ExportError::Checkpoint)?;
    let size = checkpoint.checkpoint().size();
    let mut walk = Walk {
        files,
        shown,
        check: LogCheck::new([checkpoint.checkpoint()]),
        edge: Edge::new(),
        kinds: BTreeMap::new(),
        faults: Vec::new(),
        faults_count: 0,
    };
    let width = u64::from(TILE_WIDTH);
    for index in 0..size.div_ceil(width) {
        let leaves = (size - index * width).min(width) as u16;
        let id = TileId::new(0, index, leaves).expect("a log of that size has this tile");
        walk.bundle(id)?;
    }
    let partial: Vec<_> = walk
        .edge
        .partial_tiles()
        .map(|(id, hashes)| (id, hashes.to_vec()))
        .collect();
    for (id, hashes) in partial {
        walk.tile(id, &hashes)?;
    }
    let log = walk.check.finish();
    Ok(ExportReport {
        checkpoint,
        kinds: walk.kinds,
        faults_count: walk.faults_count + log.faults_count,
        faults: walk.faults,
        log,
    })
}

fn read<F: Files>(files: &F, path: &str) -> Result<Option<Vec<u8>>, ExportError<F::Error>> {
    files.read(path).map_err(|error| ExportError::File {
        path: path.to_owned(),
        error,
    })
}

struct Walk<'f, F> {
    files: &'f F,
    shown: &'f mut dyn FnMut(&ReadLeaf<'_>),
    check: LogCheck,
    edge: Edge,
    kinds: BTreeMap<String, u64>,
    faults: Vec<ExportFault>,
    faults_count: u64,
}

impl<F: Files> Walk<'_, F> {
    fn fault(&mut self, fault: ExportFault) {
        self.faults_count += 1;
        if self.faults.len() < FAULTS_NAMED_MAX {
            self.faults.push(fault);
        }
    }

    fn bundle(&mut self, id: TileId) -> Result<(), ExportError<F::Error>> {
        let path = id.bundle_path();
        let Some(bytes) = read(self.files, &path)? else {
            self.fault(ExportFault::Missing(path));
            return Ok(());
        };
        let leaves = match tile::from_bundle(&bytes, id.width()) {
            Ok(leaves) => leaves,
            Err(error) => {
                self.fault(ExportFault::Bundle { path, error });
                return Ok(());
            }
        };
        let path = id.entries_path();
        let entries = read(self.files, &path)?;
        if entries.is_none() {
            self.fault(ExportFault::Missing(path.clone()));
        }
        let mut reader = entries.as_deref().map(Reader::new);
        let first = id.index() * u64::from(TILE_WIDTH);
        for (index, data) in (first..).zip(leaves) {
            let entries = match reader.as_mut().map(Reader::leaf) {
                Some(Ok(entries)) => Some(entries),
                Some(Err(byte)) => {
                    self.fault(ExportFault::Entries {
                        path: path.clone(),
                        byte,
                    });
                    reader = None;
                    None
                }
                None => None,
            };
            self.leaf(index, data, entries.as_deref())?;
        }
        if let Some(byte) = reader.and_then(|reader| reader.rest()) {
            self.fault(ExportFault::Entries { path, byte });
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        index: u64,
        data: &[u8],
        exported: Option<&[Exported<'_>]>,
    ) -> Result<(), ExportError<F::Error>> {
        let commitments: Option<Vec<Commitment>> =
            exported.map(|all| all.iter().map(|exported| exported.commitment).collect());
        let mut entries = Vec::new();
        for (place, exported) in (0..).zip(exported.unwrap_or_default()) {
            let Some((salt, bytes)) = exported.kept else { continue };
            entries.push(ReadEntry { place, salt, bytes });
            if let Ok(kind) = Entry::kind_of(bytes) {
                match self.kinds.get_mut(kind) {
                    Some(count) => *count += 1,
                    None => drop(self.kinds.insert(kind.to_owned(), 1)),
                }
            }
        }
        let read = ReadLeaf {
            index,
            data,
            hash: None,
            commitments: commitments.as_deref(),
            entries: &entries,
        };
        self.check.add(&read);
        (self.shown)(&read);
        let Ok(appended) = self.edge.append(Hash::of_leaf(data)) else {
            return Ok(());
        };
        for (id, hashes) in appended.full_tiles() {
            self.tile(*id, hashes)?;
        }
        self.edge.accept(appended).expect("it was appended to this edge");
        Ok(())
    }

    fn tile(&mut self, id: TileId, hashes: &[Hash]) -> Result<(), ExportError<F::Error>> {
        match read(self.files, &id.path())? {
            None => self.fault(ExportFault::Missing(id.path())),
            Some(bytes) if bytes != tile::to_bytes(hashes) => self.fault(ExportFault::Tile(id)),
            Some(_) => {}
        }
        Ok(())
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The entries of the next leaf, or the byte at which they are not of the form.
    fn leaf(&mut self) -> Result<Vec<Exported<'a>>, usize> {
        let count = u32::from_be_bytes(self.array()?);
        if count > ENTRIES_MAX {
            return Err(self.at);
        }
        (0..count).map(|_| self.entry()).collect()
    }

    fn entry(&mut self) -> Result<Exported<'a>, usize> {
        let commitment = Commitment::from_hash(Hash::from_bytes(self.array::<HASH_BYTES>()?));
        let kept = match self.array()? {
            [ERASED] => None,
            [KEPT] => {
                let salt = Salt::new(self.array::<SALT_BYTES>()?);
                let length = u32::from_be_bytes(self.array()?) as usize;
                if length > ENTRY_BYTES_MAX {
                    return Err(self.at);
                }
                Some((salt, self.take(length)?))
            }
            _ => return Err(self.at),
        };
        Ok(Exported { commitment, kept })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], usize> {
        let end = self.at.checked_add(length).ok_or(self.at)?;
        let taken = self.bytes.get(self.at..end).ok_or(self.at)?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], usize> {
        let at = self.at;
        self.take(N)?.try_into().map_err(|_| at)
    }

    /// Where something is left behind the last leaf.
    fn rest(&self) -> Option<usize> {
        (self.at < self.bytes.len()).then_some(self.at)
    }
}
