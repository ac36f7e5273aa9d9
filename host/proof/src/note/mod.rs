//! Signed notes, checkpoints and cosignatures, as C2SP has them.
//!
//! [`Note`] is a text with signatures (<https://c2sp.org/signed-note>), [`VerifierKey`] and [`SignerKey`] are its keys,
//! [`Checkpoint`] is the note of a log's size and root (<https://c2sp.org/tlog-checkpoint>), [`witness`] is who confirms that it only grows
//! (<https://c2sp.org/tlog-cosignature>, <https://c2sp.org/tlog-witness>).

pub mod checkpoint;
pub mod key;
pub mod signed;
mod sm2;
pub mod witness;

pub use checkpoint::{Checkpoint, LogTrust, VerifiedCheckpoint};
pub use key::{KeyKind, KeyName, Said, SignerKey, VerifierKey};
pub use signed::{Note, Signature};
