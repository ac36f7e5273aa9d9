//! Whom the operator trusts with packs, and the one way from a pack that was read to one that may judge.
//!
//! - this file: what a trust file says
//! - `read`: from the file that a person wrote, with every problem and its place
//! - `signatures`: what a signature is worth under it
//! - `ceilings`: what a vendor's packs may ask for
//! - `accept`: the check
//!
//! The file is documented key by key in docs/trust.md.

mod accept;
mod ceilings;
mod read;
mod signatures;

pub use accept::{Acceptance, Load, NotAVersion, Occasion, Offered, Seen, SignedBy, TrustedPack};
pub use signatures::{SignatureFacts, Worth};

use crate::manifest::{Field, Interface};
use crate::signing::PublicKey;
use proviso_model::Digest;
use proviso_model::message::Kind;
use proviso_model::time::Day;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A trust file, in bytes.
pub const TRUST_FILE_BYTES_MAX: usize = 1 << 20;
/// Vendors of one trust file.
pub(crate) const VENDORS_MAX: usize = 1_000;
/// Keys of one vendor.
pub(crate) const KEYS_MAX: usize = 64;
/// Packs that one trust file revokes.
pub(crate) const REVOKED_MAX: usize = 10_000;

/// Whose packs may judge, and what they may ask for.
#[derive(Debug, Clone)]
pub struct Trust {
    /// As the operator named it; `None` if there is no trust file.
    file: Option<PathBuf>,
    /// By name space: the part of a pack's name before the `/`.
    vendors: BTreeMap<String, Vendor>,
    revoked: BTreeMap<Digest, Revoked>,
    unsigned: Unsigned,
}

/// Where packs are accepted without a signature.
#[derive(Debug, Clone)]
enum Unsigned {
    /// In every folder: there is no trust file.
    EveryFolder,
    /// In these folders and below them. None: nowhere.
    Below(Vec<PathBuf>),
}

#[derive(Debug, Clone)]
struct Vendor {
    /// Distinct signers that a pack needs, from 1.
    threshold: usize,
    keys: Vec<TrustedKey>,
    ceilings: Ceilings,
}

#[derive(Debug, Clone)]
struct TrustedKey {
    /// Who has it. A signer may have several keys, and counts once.
    signer: String,
    key: PublicKey,
    /// The first day on which it counts, in UTC.
    from: Day,
    /// The last.
    until: Day,
}

/// What a vendor's packs may ask for at most; `None`: anything.
#[derive(Debug, Clone, Default)]
struct Ceilings {
    interfaces: Option<Vec<Interface>>,
    fields: Option<Vec<Field>>,
    kinds: Option<Vec<Kind>>,
    jurisdictions: Option<Vec<String>>,
}

#[derive(Debug, Clone)]
struct Revoked {
    reason: String,
    /// Line of the trust file, from 1.
    line: usize,
}

impl Trust {
    /// Without a trust file: packs in folders are accepted as development, built files are not, since there is no key to
    /// check them by. Nothing that is signed, and nothing from outside, is to be judged with by this.
    pub fn development() -> Self {
        Self {
            file: None,
            vendors: BTreeMap::new(),
            revoked: BTreeMap::new(),
            unsigned: Unsigned::EveryFolder,
        }
    }

    /// The trust file; `None` if there is none.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// True if packs without a signature are accepted somewhere.
    pub fn accepts_unsigned(&self) -> bool {
        match &self.unsigned {
            Unsigned::EveryFolder => true,
            Unsigned::Below(folders) => !folders.is_empty(),
        }
    }

    /// Why the trust file forbids a pack, if it does, and the line where it says so, from 1. Asked of what runs as well: a
    /// pack that is revoked goes on until a change of policy or an end, and is to be called revoked meanwhile.
    pub fn revoked(&self, digest: &Digest) -> Option<(&str, usize)> {
        let revoked = self.revoked.get(digest)?;
        Some((&revoked.reason, revoked.line))
    }

    /// What a person reads of a pack that runs: `revoked (/etc/proviso/trust.toml:12): the key was stolen`, else what it was
    /// accepted for.
    pub fn standing(&self, pack: &TrustedPack) -> String {
        match self.revoked(&pack.digest()) {
            Some((reason, line)) => format!("revoked ({}:{line}): {reason}", self.called()),
            None => pack.acceptance().say(),
        }
    }

    fn vendor_of(&self, pack_name: &str) -> Option<&Vendor> {
        let (vendor, _) = pack_name.split_once('/')?;
        self.vendors.get(vendor)
    }

    /// How a problem names the trust file.
    fn called(&self) -> String {
        self.file
            .as_ref()
            .map_or_else(|| "the trust file".to_owned(), |file| file.display().to_string())
    }
}
