//! For whom a source may speak.

use crate::{LineError, SourceContext};
use proviso_model::Message;
use std::collections::BTreeSet;

/// Where messages come from, and whose tenants and channels they may be of.
///
/// What a line says of itself is content: who can write into one tenant's folder could else have another tenant's messages
/// withheld, or put some into its conversations. A message of a tenant or channel that its origin may not speak for is a
/// [`LineError`], and reaches no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    source: String,
    context: SourceContext,
    scope: Scope,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scope {
    /// A person at the command line is the authority.
    Everything,
    /// What the operator's configuration names.
    Named {
        tenants: BTreeSet<String>,
        channels: BTreeSet<String>,
    },
}

/// Bytes of a value that an error quotes.
const SHOWN_BYTES_MAX: usize = 64;
/// Names of tenants or channels that an error lists.
const LISTED_MAX: usize = 5;

impl Origin {
    /// A source that may speak for the context's tenant and channel alone. `source` is its name in the configuration.
    pub fn bound(source: impl Into<String>, context: SourceContext) -> Self {
        let scope = Scope::Named {
            tenants: [context.tenant().to_owned()].into(),
            channels: [context.channel().to_owned()].into(),
        };
        Self {
            source: source.into(),
            context,
            scope,
        }
    }

    /// A file that a person hands over: it may speak for every tenant and channel, since that person could.
    pub fn of_person(source: impl Into<String>, context: SourceContext) -> Self {
        Self {
            source: source.into(),
            context,
            scope: Scope::Everything,
        }
    }

    /// The same, which may speak for these tenants too.
    #[must_use]
    pub fn and_tenants(mut self, more: impl IntoIterator<Item = String>) -> Self {
        if let Scope::Named { tenants, .. } = &mut self.scope {
            tenants.extend(more);
        }
        self
    }

    /// The same, which may speak in these channels too.
    #[must_use]
    pub fn and_channels(mut self, more: impl IntoIterator<Item = String>) -> Self {
        if let Scope::Named { channels, .. } = &mut self.scope {
            channels.extend(more);
        }
        self
    }

    /// The source's name in the configuration.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What messages get that name no tenant or channel.
    pub fn context(&self) -> &SourceContext {
        &self.context
    }

    /// Refuses a message whose line names a tenant or channel that is not its origin's.
    pub(crate) fn check(&self, message: &Message) -> Result<(), LineError> {
        let Scope::Named { tenants, channels } = &self.scope else {
            return Ok(());
        };
        for (what, found, may) in [
            ("tenant", &message.id.tenant, tenants),
            ("channel", &message.id.channel, channels),
        ] {
            if !may.contains(found) {
                return Err(LineError::new(format!(
                    "`{what}` is {:?}: this source may speak for {} alone; the configuration says so, not the line",
                    shown(found),
                    listed(may)
                )));
            }
        }
        Ok(())
    }
}

/// The beginning of a value of a source, at most 64 bytes.
fn shown(value: &str) -> &str {
    &value[..value.floor_char_boundary(SHOWN_BYTES_MAX)]
}

fn listed(names: &BTreeSet<String>) -> String {
    let mut listed: Vec<_> = names.iter().take(LISTED_MAX).map(|name| format!("{name:?}")).collect();
    if names.len() > LISTED_MAX {
        listed.push(format!("{} more", names.len() - LISTED_MAX));
    }
    listed.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_model::canonical::{Defaults, from_json};

    fn message(tenant: &str, channel: &str) -> Message {
        let json = format!(r#"{{"id":"m","tenant":"{tenant}","channel":"{channel}","sent_at":0,"from":"a"}}"#);
        from_json(&json, &Defaults::default()).unwrap()
    }

    #[test]
    fn a_source_speaks_for_what_it_was_given_and_for_nothing_else() {
        let context = SourceContext::new("bank", "chat").unwrap();
        let bound = Origin::bound("inbox", context.clone());
        let wide = bound
            .clone()
            .and_tenants(["fund".to_owned()])
            .and_channels(["mail".to_owned()]);
        let person = Origin::of_person("a.jsonl", context);
        // Tenant and channel of a line; then whether each may say so.
        let table = [
            ("bank", "chat", true, true),
            ("bank", "mail", false, true),
            ("fund", "chat", false, true),
            ("shop", "chat", false, false),
            ("Bank", "chat", false, false),
            ("bank", "sms", false, false),
        ];
        for (tenant, channel, by_bound, by_wide) in table {
            let message = message(tenant, channel);
            assert_eq!(bound.check(&message).is_ok(), by_bound, "{tenant}/{channel}");
            assert_eq!(wide.check(&message).is_ok(), by_wide, "{tenant}/{channel}");
            assert!(person.check(&message).is_ok(), "{tenant}/{channel}");
        }
        let many = bound.and_channels((0..9).map(|n| format!("c{n}")));
        assert_eq!(
            many.check(&message(&"保".repeat(60), "chat")).unwrap_err().to_string(),
            format!(
                "`tenant` is {:?}: this source may speak for \"bank\" alone; the configuration says so, not the line",
                "保".repeat(21)
            )
        );
        assert_eq!(
            many.check(&message("bank", "x")).unwrap_err().to_string(),
            "`channel` is \"x\": this source may speak for \"c0\", \"c1\", \"c2\", \"c3\", \"c4\", 5 more alone; the \
             configuration says so, not the line"
        );
    }
}
