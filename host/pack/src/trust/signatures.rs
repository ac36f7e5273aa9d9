//! What each signature of a pack is worth under a trust file.

use super::{Trust, Vendor};
use crate::signing::{KeyId, Signature};
use crate::unread::UnreadPack;
use proviso_model::Timestamp;
use proviso_model::time::{Day, Zone};

/// How far the clock of a signer may be ahead of this host's, in milliseconds: an hour.
const CLOCK_AHEAD_MILLIS: i64 = 3_600_000;

/// A signature of a pack, and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFacts {
    /// Which key it says it was made with.
    pub key: KeyId,
    /// When it says that it was made.
    pub stated_at: Option<Timestamp>,
    /// What is written with it.
    pub trusted_comment: String,
    /// What it is worth.
    pub worth: Worth,
}

/// What a signature is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worth {
    /// It was made by a signer of the pack's vendor, with a key that counts.
    Counts {
        /// Who signed.
        signer: String,
        /// The last day of the key.
        until: Day,
    },
    /// The pack's vendor has no such key; whoever made it, it counts for nothing.
    UnknownKey,
    /// The key is not one of these days' any more, or not yet, or was not when the signature says that it was made.
    OutOfDate {
        /// Whose key it is.
        signer: String,
        /// What is wrong.
        why: String,
    },
    /// It names a key that is trusted, and that key did not make it of this pack. Somebody tampered with it.
    Forged {
        /// Whose key it names.
        signer: String,
    },
}

impl Worth {
    /// What a person reads.
    pub fn say(&self) -> String {
        match self {
            Worth::Counts { signer, until } => format!("by {signer}, whose key counts until {until}"),
            Worth::UnknownKey => "by a key that the trust file does not name for this vendor".to_owned(),
            Worth::OutOfDate { signer, why } => format!("by {signer}, and does not count: {why}"),
            Worth::Forged { signer } => {
                format!("names the key of {signer}, which did not make it of this pack: it was copied or altered")
            }
        }
    }
}

impl Trust {
    /// What each signature of a pack is worth at a moment; `now` is the host's clock.
    pub fn signatures(&self, pack: &UnreadPack, at: Timestamp, now: Timestamp) -> Vec<SignatureFacts> {
        let vendor = self.vendor_of(&pack.manifest().name);
        let facts = |signature: &Signature| SignatureFacts {
            key: signature.key(),
            stated_at: signature.stated_at(),
            trusted_comment: signature.trusted_comment().to_owned(),
            worth: vendor.map_or(Worth::UnknownKey, |vendor| worth(vendor, pack, signature, at, now)),
        };
        pack.signatures().iter().map(facts).collect()
    }
}

fn worth(vendor: &Vendor, pack: &UnreadPack, signature: &Signature, at: Timestamp, now: Timestamp) -> Worth {
    let Some(trusted) = vendor.keys.iter().find(|trusted| trusted.key.id() == signature.key()) else {
        return Worth::UnknownKey;
    };
    let signer = trusted.signer.clone();
    if trusted.key.verify(pack.oci_manifest().as_bytes(), signature).is_err() {
        return Worth::Forged { signer };
    }
    let (from, until) = (trusted.from, trusted.until);
    let day = Zone::utc().day(at);
    let why = if day < from {
        Some(format!("its key counts from {from} on"))
    } else if day > until {
        Some(format!("its key counted until {until}"))
    } else {
        signature.stated_at().and_then(|stated| {
            let stated_day = Zone::utc().day(stated);
            if stated.as_millis() > now.as_millis().saturating_add(CLOCK_AHEAD_MILLIS) {
                Some(format!("it says that it was made at {stated}, which is in the future"))
            } else if stated_day < from || stated_day > until {
                Some(format!(
                    "it says that it was made at {stated}, and its key counts from {from} to {until}"
                ))
            } else {
                None
            }
        })
    };
    match why {
        Some(why) => Worth::OutOfDate { signer, why },
        None => Worth::Counts { signer, until },
    }
}
