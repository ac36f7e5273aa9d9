//! What a source does not say of itself.

use proviso_model::limits::ID_BYTES_MAX;

/// What the operator says of a source: whose archive it is, and the channel of messages that name none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceContext {
    tenant: String,
    channel: String,
}

/// A tenant or a channel that cannot be part of a message's identifier.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{what} {value:?}: expected 1 to {ID_BYTES_MAX} bytes without \"/\" or control characters")]
pub struct BadContext {
    /// `tenant` or `channel`.
    what: &'static str,
    value: String,
}

impl SourceContext {
    /// Both are 1-256 bytes without `/` or control characters. `channel` is what canonical messages that name no channel
    /// get; messages of WeCom always get `wecom`. `tenant` is what canonical messages that name no tenant get, and all
    /// messages of WeCom.
    pub fn new(tenant: impl Into<String>, channel: impl Into<String>) -> Result<Self, BadContext> {
        let checked = |what, value: String| {
            let fits = (1..=ID_BYTES_MAX).contains(&value.len()) && !value.chars().any(|c| c == '/' || c.is_control());
            if fits {
                Ok(value)
            } else {
                Err(BadContext { what, value })
            }
        };
        Ok(Self {
            tenant: checked("tenant", tenant.into())?,
            channel: checked("channel", channel.into())?,
        })
    }

    /// Whose archive it is.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The channel of messages that name none.
    pub fn channel(&self) -> &str {
        &self.channel
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_identifiers_are_checked() {
        assert!(SourceContext::new("bank", "wecom").is_ok());
        for bad in ["", "a/b", "a\nb", &"x".repeat(ID_BYTES_MAX + 1)] {
            assert!(SourceContext::new(bad, "wecom").is_err(), "{bad:?}");
            assert!(SourceContext::new("bank", bad).is_err(), "{bad:?}");
        }
        assert_eq!(
            SourceContext::new("a/b", "wecom").unwrap_err().to_string(),
            "tenant \"a/b\": expected 1 to 256 bytes without \"/\" or control characters"
        );
    }
}
