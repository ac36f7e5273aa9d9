//! Why a pack could not be pushed or pulled.

use proviso_pack::PackError;
use proviso_pack::StoreError;
use proviso_pack::TooManySignatures;
use std::io;
use std::path::PathBuf;

/// Why a pack could not be pushed or pulled. No message holds a credential, or the query of an address.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Nobody answered, or the answer broke off, as often as it was tried.
    #[error("{registry}: {why}; tried {}", times(*.attempts))]
    NoAnswer {
        /// The registry, or the host that it sent us to.
        registry: String,
        /// How often it was tried.
        attempts: u32,
        /// What happened at last.
        why: String,
    },
    /// An answer that the protocol does not have there, or a fault of the registry's own.
    #[error("{registry} answered {status} when it was asked to {asked}{said}")]
    Answered {
        /// The registry.
        registry: String,
        /// What it was asked for.
        asked: String,
        /// The HTTP status.
        status: u16,
        /// What it says of it, after `: `; empty if it says nothing.
        said: String,
    },
    /// What was asked for is not there.
    #[error("{registry} does not have {what}: see that the reference is right{hint}")]
    NotThere {
        /// The registry.
        registry: String,
        /// What it does not have.
        what: String,
        /// What else may be the reason, after `, `.
        hint: &'static str,
    },
    /// The registry wants other credentials, or any.
    #[error("{registry} answered {status} when it was asked to {asked}{said}: {hint}")]
    Denied {
        /// The registry.
        registry: String,
        /// What it was asked for.
        asked: String,
        /// The HTTP status: 401 or 403.
        status: u16,
        /// What it says of it, after `: `; empty if it says nothing.
        said: String,
        /// Which credentials were shown, and what to do.
        hint: String,
    },
    /// What the registry sent is not what was asked for, or nothing that may be believed.
    #[error("what {registry} sent is refused: {why}")]
    Refused {
        /// The registry.
        registry: String,
        /// What is wrong with it.
        why: String,
    },
    /// The tag names something that is no pack, which a push would hide.
    #[error(
        "{reference} names something that is not a pack ({why}): choose another tag, or delete it in the registry first"
    )]
    Occupied {
        /// The reference.
        reference: String,
        /// What it is.
        why: String,
    },
    /// The tag names another pack, and it was not said that it is to move.
    #[error(
        "{reference} names the pack {found} already, and this one is {digest}: choose another tag, as a new version, or say \
         `--force` to move it"
    )]
    Taken {
        /// The reference.
        reference: String,
        /// What it names.
        found: proviso_model::Digest,
        /// The digest of the pack that was to be pushed.
        digest: proviso_model::Digest,
    },
    /// A digest was named to push to, and the pack has another.
    #[error("{reference} cannot be pushed to: the pack is {digest}; name a tag, or that digest")]
    OtherDigest {
        /// The reference.
        reference: String,
        /// The digest of the pack.
        digest: proviso_model::Digest,
    },
    /// The file of credentials, or a program that it names, is of no use.
    #[error("the credentials for {registry}: {why}")]
    Credentials {
        /// The registry.
        registry: String,
        /// What is wrong.
        why: String,
    },
    /// The machine's own certificates are of no use.
    #[error("no certificate to check {registry} by: {why}")]
    Certificates {
        /// The registry.
        registry: String,
        /// What was found.
        why: String,
    },
    /// The pack and the registry have too many signatures together.
    #[error("{registry} has signatures of this pack that this one lacks")]
    Signatures {
        /// The registry.
        registry: String,
        /// How many a pack may have.
        source: TooManySignatures,
    },
    /// What was pulled is no pack, or one that this host cannot use.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The store cannot keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A blob on its way cannot be kept.
    #[error("{path:?} in the pack store")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl RegistryError {
    /// Whether the user can mend it by other input: another reference, other credentials, another pack. What is left is a
    /// fault of the network, the registry or this machine.
    pub fn is_of_the_input(&self) -> bool {
        match self {
            Self::NotThere { .. }
            | Self::Denied { .. }
            | Self::Refused { .. }
            | Self::Occupied { .. }
            | Self::Taken { .. }
            | Self::OtherDigest { .. }
            | Self::Credentials { .. }
            | Self::Signatures { .. }
            | Self::Pack(_) => true,
            Self::NoAnswer { .. }
            | Self::Answered { .. }
            | Self::Certificates { .. }
            | Self::Store(_)
            | Self::Io { .. } => false,
        }
    }
}

fn times(attempts: u32) -> String {
    match attempts {
        1 => "once".to_owned(),
        more => format!("{more} times"),
    }
}
