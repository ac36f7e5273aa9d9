//! What an audit gives away of the log: files that are verified without the archive (`proviso_proof::export`).

use super::stored::Kept;
use proviso_proof::Hash;
use proviso_proof::commitment::{Commitment, Salt};
use proviso_proof::export::{Exported, write_entries};
use proviso_proof::tree::Edge;
use proviso_proof::tree::tile::{TILE_WIDTH, TileError, TileId, to_bundle, to_bytes};
use std::borrow::Cow;

/// An entry with its commitment, stored or made from rows.
pub(super) struct Made<'a> {
    pub(super) commitment: Commitment,
    pub(super) said: Option<(Salt, Cow<'a, [u8]>)>,
}

impl<'a> Made<'a> {
    pub(super) fn of(kept: &'a Kept) -> Self {
        let said = kept.said.as_ref();
        Self {
            commitment: kept.commitment,
            said: said.map(|(salt, bytes)| (*salt, Cow::Borrowed(&bytes[..]))),
        }
    }
}

/// Files that are to be written, and those that are not full yet.
#[derive(Default)]
pub(super) struct Export {
    pub(super) ready: Vec<(String, Vec<u8>)>,
    /// Bundles that are full.
    bundles: u64,
    leaves: Vec<Vec<u8>>,
    entries: Vec<u8>,
}

impl Export {
    pub(super) fn leaf(&mut self, data: &[u8], made: &[Made<'_>]) -> Result<(), TileError> {
        let exported = made.iter().map(|made| Exported {
            commitment: made.commitment,
            kept: made.said.as_ref().map(|(salt, bytes)| (*salt, &**bytes)),
        });
        write_entries(&exported.collect::<Vec<_>>(), &mut self.entries);
        self.leaves.push(data.to_vec());
        if self.leaves.len() < usize::from(TILE_WIDTH) {
            return Ok(());
        }
        self.bundle()
    }

    pub(super) fn tile(&mut self, id: TileId, hashes: &[Hash]) {
        self.ready.push((id.path(), to_bytes(hashes)));
    }

    fn bundle(&mut self) -> Result<(), TileError> {
        let id = TileId::new(0, self.bundles, self.leaves.len() as u16)?;
        let bundle = to_bundle(self.leaves.iter().map(|leaf| &leaf[..]))?;
        self.ready.push((id.bundle_path(), bundle));
        self.ready.push((id.entries_path(), std::mem::take(&mut self.entries)));
        self.leaves.clear();
        self.bundles += 1;
        Ok(())
    }

    /// Ends with what is not full.
    pub(super) fn finish(&mut self, edge: &Edge) -> Result<(), TileError> {
        if !self.leaves.is_empty() {
            self.bundle()?;
        }
        for (id, hashes) in edge.partial_tiles() {
            self.ready.push((id.path(), to_bytes(hashes)));
        }
        Ok(())
    }
}
