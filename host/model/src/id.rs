//! Names of messages and of what is done to them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What makes a message one message: the tenant it belongs to, the channel it came by, and the channel's own identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId {
    /// The organisation, or the part of it, whose archive this is. 1-256 bytes without `/` or control characters.
    pub tenant: String,
    /// `wecom`, `dingtalk`, `slack`, `mail`, … 1-256 bytes without `/` or control characters.
    pub channel: String,
    /// The channel's identifier, 1-256 bytes without control characters, otherwise opaque.
    pub native: String,
}

impl MessageId {
    /// Reads `tenant/channel/identifier`, as [`Display`](fmt::Display) writes it: the identifier may have more of `/`, and is not empty.
    pub fn of_text(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        Some(Self {
            tenant: parts.next()?.to_owned(),
            channel: parts.next()?.to_owned(),
            native: parts.next().filter(|native| !native.is_empty())?.to_owned(),
        })
    }
}

impl fmt::Display for MessageId {
    /// `tenant/channel/native`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.tenant, self.channel, self.native)
    }
}

/// A policy within a generation: the pack's name and the policy's name within it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PolicyId {
    /// `vendor/name` of the pack.
    pub pack: Arc<str>,
    /// The policy's name within the pack.
    pub policy: Arc<str>,
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.pack, self.policy)
    }
}

/// The subject of a fold: whose state it keeps, and under which key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FoldKey {
    /// The tenant that the messages belong to: no state crosses from one to another.
    pub tenant: Arc<str>,
    /// The fold.
    pub policy: PolicyId,
    /// The sender, the conversation, or the sender in the conversation, as the pack's manifest says. 1-1,024 bytes.
    pub key: Arc<str>,
}

/// True for 1 to 64 bytes of `a-z 0-9 -`: the form of the names of rules, policies, lists and signals.
pub fn is_name(text: &str) -> bool {
    (1..=crate::limits::NAME_BYTES_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
