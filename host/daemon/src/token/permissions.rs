//! What a token may do.

use proviso_model::MessageId;
use proviso_sources::{BadContext, SourceContext};
use std::fmt;
use std::str::FromStr;

/// Names of tenants that an error lists.
const LISTED_MAX: usize = 5;
/// Bytes of a value that an error quotes.
const SHOWN_BYTES_MAX: usize = 64;

/// A thing that requests want to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// To hand in messages, of some tenants and channels.
    Intake,
    /// To change the policies, and to have messages judged again.
    Policies,
    /// To change keys, to place and release holds, to dispose of messages: the operator alone.
    Operator,
    /// To read status, history and counts.
    Reading,
    /// To read messages, and what was said of them.
    Content,
    /// To look for messages, and be given them under pseudonyms.
    SearchMasked,
    /// To hand in facts: the directory of employees, consent, ends.
    Facts,
    /// To approve what others ask for.
    Approve,
}

impl Right {
    /// Its name in `proviso token`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Right::Intake => "intake",
            Right::Policies => "policies",
            Right::Operator => "operator",
            Right::Reading => "reading",
            Right::Content => "content",
            Right::SearchMasked => "search-masked",
            Right::Facts => "facts",
            Right::Approve => "approve",
        }
    }
}

/// What a token may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permissions {
    /// Everything but to approve: the operator.
    All,
    /// What was granted, and nothing else.
    Granted(Grants),
}

/// What was granted to a token. Nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each thing that a token may do")]
pub struct Grants {
    /// The tenants and channels whose messages it may hand in.
    pub intake: Vec<IntakeGrant>,
    /// Whether it may change policies and have messages judged again.
    pub policies: bool,
    /// Whether it may read status, history and counts.
    pub reading: bool,
    /// Whether it may read messages, and what was said of them.
    pub content: bool,
    /// Whether it may look for messages, and be given them under pseudonyms.
    pub search_masked: bool,
    /// Whether it may hand in facts.
    pub facts: bool,
    /// Whether it may approve what others ask for.
    pub approve: bool,
}

impl Permissions {
    /// True if a request of that kind may come at all. Of intake, each line is asked about by [`Permissions::speak_for`].
    pub(crate) fn allow(&self, right: Right) -> bool {
        match self {
            // Who may do everything would be the second person to himself.
            Permissions::All => right != Right::Approve,
            Permissions::Granted(grants) => match right {
                Right::Intake => !grants.intake.is_empty(),
                Right::Policies => grants.policies,
                Right::Operator => false,
                Right::Reading => grants.reading,
                Right::Content => grants.content,
                Right::SearchMasked => grants.search_masked,
                Right::Facts => grants.facts,
                Right::Approve => grants.approve,
            },
        }
    }

    /// Whether its messages may be of that tenant and channel. What a line says of itself is content; this is the authority.
    pub(crate) fn speak_for(&self, message: &MessageId) -> Result<(), String> {
        let Permissions::Granted(Grants { intake, .. }) = self else {
            return Ok(());
        };
        if intake.iter().any(|grant| grant.covers(message)) {
            return Ok(());
        }
        let mut granted: Vec<String> = intake.iter().take(LISTED_MAX).map(ToString::to_string).collect();
        if intake.len() > LISTED_MAX {
            granted.push(format!("{} more", intake.len() - LISTED_MAX));
        }
        Err(format!(
            "it is of {:?}: this token may speak for {} alone; `proviso token` says so, not the line",
            shown(&format!("{}/{}", message.tenant, message.channel)),
            granted.join(", ")
        ))
    }
}

/// A tenant, in all of its channels or in one. Written `TENANT` or `TENANT/CHANNEL`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IntakeGrant {
    tenant: String,
    channel: Option<String>,
}

impl IntakeGrant {
    /// Each is 1-256 bytes without `/` or control characters.
    pub fn new(tenant: String, channel: Option<String>) -> Result<Self, BadGrant> {
        SourceContext::new(tenant.as_str(), channel.as_deref().unwrap_or("chat"))?;
        Ok(Self { tenant, channel })
    }

    /// The tenant.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The channel; `None` for all.
    pub fn channel(&self) -> Option<&str> {
        self.channel.as_deref()
    }

    fn covers(&self, message: &MessageId) -> bool {
        self.tenant == message.tenant && self.channel.as_ref().is_none_or(|channel| *channel == message.channel)
    }
}

/// A text that names no tenant and channel.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected TENANT or TENANT/CHANNEL")]
pub struct BadGrant(#[from] BadContext);

impl FromStr for IntakeGrant {
    type Err = BadGrant;

    fn from_str(text: &str) -> Result<Self, BadGrant> {
        match text.split_once('/') {
            Some((tenant, channel)) => Self::new(tenant.to_owned(), Some(channel.to_owned())),
            None => Self::new(text.to_owned(), None),
        }
    }
}

impl fmt::Display for IntakeGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.channel {
            Some(channel) => write!(f, "{}/{channel}", self.tenant),
            None => f.write_str(&self.tenant),
        }
    }
}

fn shown(value: &str) -> &str {
    &value[..value.floor_char_boundary(SHOWN_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(intake: &[&str]) -> Permissions {
        Permissions::Granted(Grants {
            intake: intake.iter().map(|grant| grant.parse().unwrap()).collect(),
            reading: true,
            ..Grants::default()
        })
    }

    #[test]
    fn a_token_speaks_for_what_it_was_given_and_for_nothing_else() {
        let id = |tenant: &str, channel: &str| MessageId {
            tenant: tenant.to_owned(),
            channel: channel.to_owned(),
            native: "m".to_owned(),
        };
        let token = granted(&["bank", "shop/mail"]);
        // Tenant and channel of a line; then whether the token, and whether the operator, may say so.
        let table = [
            ("bank", "chat", true),
            ("bank", "mail", true),
            ("shop", "mail", true),
            ("shop", "chat", false),
            ("Bank", "chat", false),
            ("other", "mail", false),
        ];
        for (tenant, channel, may) in table {
            let id = id(tenant, channel);
            assert_eq!(token.speak_for(&id).is_ok(), may, "{tenant}/{channel}");
            assert!(Permissions::All.speak_for(&id).is_ok());
            assert!(granted(&[]).speak_for(&id).is_err());
        }
        let error = token.speak_for(&id(&"保".repeat(60), "chat")).unwrap_err();
        let cut = "保".repeat(21);
        assert_eq!(
            error,
            format!(
                "it is of \"{cut}\": this token may speak for bank, shop/mail alone; `proviso token` says so, not the line"
            )
        );
    }

    #[test]
    fn each_right_is_granted_by_itself() {
        let token = granted(&["bank"]);
        let rights = [
            Right::Intake,
            Right::Policies,
            Right::Operator,
            Right::Reading,
            Right::Content,
            Right::Facts,
            Right::Approve,
            Right::SearchMasked,
        ];
        let may = |token: &Permissions| rights.map(|right| token.allow(right));
        assert_eq!(may(&token), [true, false, false, true, false, false, false, false]);
        assert_eq!(
            may(&granted(&[])),
            [false, false, false, true, false, false, false, false]
        );
        assert_eq!(
            may(&Permissions::All),
            [true, true, true, true, true, true, false, true]
        );
        let second = Permissions::Granted(Grants {
            approve: true,
            ..Grants::default()
        });
        assert_eq!(may(&second), [false, false, false, false, false, false, true, false]);
        let auditor = Permissions::Granted(Grants {
            content: true,
            ..Grants::default()
        });
        assert_eq!(may(&auditor), [false, false, false, false, true, false, false, false]);
        let analyst = Permissions::Granted(Grants {
            search_masked: true,
            ..Grants::default()
        });
        assert_eq!(may(&analyst), [false, false, false, false, false, false, false, true]);
        let personnel = Permissions::Granted(Grants {
            facts: true,
            ..Grants::default()
        });
        assert_eq!(may(&personnel), [false, false, false, false, false, true, false, false]);
    }

    #[test]
    fn a_grant_is_written_as_it_is_read() {
        for text in ["bank", "bank/wecom", "银行/邮件"] {
            assert_eq!(text.parse::<IntakeGrant>().unwrap().to_string(), text);
        }
        for bad in ["", "/", "bank/", "/wecom", "bank/a/b", "a\nb"] {
            assert!(bad.parse::<IntakeGrant>().is_err(), "{bad:?}");
        }
    }
}
