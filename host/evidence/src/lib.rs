//! Exports that verify themselves: messages of an archive, with all that shows that they are whole, unaltered, of this archive, and from
//! when. Pure: no clock, no files, no keys; members are written into a [`Sink`] and read through [`Members`].
//!
//! ```text
//! manifest.json              what was asked, by whom, for whom, and every member below it with its bytes and SHA-256
//! messages/NNNN.jsonl        a line a message, to be read
//! seals/NNNN.jsonl           in the same order: the message's place in the log, its sealed parts and its own key
//! judged-with/NNNN.jsonl     in the same order: what each message was judged with beside itself
//! meanings.json              what the numbers in sealed judgements stand for
//! generations.jsonl          the generations that judged, with the digests of their packs
//! witnessed                  where witnesses sign the log: the newest checkpoint that any signed as well
//! html/ csv/ eml/ rsmf/      the same messages for people and for other programs
//! proof/key                  the public key of the log
//! proof/checkpoint           the signed checkpoint that all else leads to
//! proof/exported.json        the log's entry of this export, which has the digest of manifest.json
//! proof/leaves-NNNN.jsonl    the log's leaves with entries of this export, each with the way from them to its root
//! proof/tree                 the way from those leaves to the root of the checkpoint
//! proof/continued            the way from the checkpoint in `witnessed` to that of the export
//! ```
//!
//! The log tells of an export before it is given away: the checkpoint signs the entry, the entry has the manifest's digest, and the manifest
//! has that of every member. There is no other signature. Each message that is not masked is bound to the log by its own entry as well.
//!
//! | to | see |
//! |---|---|
//! | write an export | [`Writer`] |
//! | verify one | [`verify`](verify::verify) |
//! | judge its messages again, where there is an engine | [`Judges`](verify::Judges) |
//! | say what came of it | [`words`] |
//! | put members into one file, or read them from it | [`tar`] |
//! | replace names by pseudonyms | [`mask`] |
//!
//! The guide for who has only the file is docs/evidence.md.

mod about;
mod base64;
mod before;
mod evidence;
mod form;
mod lines;
pub mod local_time;
pub mod mask;
mod member;
mod parts;
mod proof_files;
pub mod shown;
pub mod tar;
pub mod verify;
mod views;
pub mod words;
mod write;

pub use about::{About, Asked};
pub use before::Before;
pub use evidence::{
    Department, EnclosedPack, Evidence, FoldBefore, Generation, JudgedAt, JudgedWith, Person, Review, Role, Sealed,
    Standing, Told, envelope_digest,
};
pub use form::EXPORTED;
pub use member::{MEMBER_BYTES_MAX, MEMBERS_MAX, Members, PATH_BYTES_MAX, Sink, is_path};
pub use proof_files::{LeafProof, Proof};
pub use views::Views;
pub use write::{Unproven, Writer};
