//! The form of `tokens.json`. It has a version; what it holds is converted by hand.

use super::named::{NamedToken, Revoked};
use super::permissions::{Grants, IntakeGrant, Permissions};
use proviso_model::time::Day;
use proviso_model::{Digest, Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// The version that is written, and the only one so far.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    tokens: Vec<StoredToken>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "one for each thing that a token may do")]
struct StoredToken {
    name: String,
    /// Of the secret's text.
    digest: String,
    made_at: String,
    made_by: Principal,
    /// The last day, in UTC.
    until: Option<String>,
    intake: Vec<StoredGrant>,
    policies: bool,
    reading: bool,
    /// Came after the others: a file without it grants it to nobody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    content: bool,
    /// Likewise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    facts: bool,
    /// Likewise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    approve: bool,
    /// Likewise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    search_masked: bool,
    revoked: Option<StoredRevoked>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredGrant {
    tenant: String,
    channel: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRevoked {
    at: String,
    by: Principal,
}

/// The file's text.
pub(super) fn to_text(tokens: &[NamedToken]) -> String {
    let stored = Stored {
        version: VERSION,
        tokens: tokens.iter().map(to_stored).collect(),
    };
    let mut text = serde_json::to_string_pretty(&stored).expect("the form has string keys");
    text.push('\n');
    text
}

/// What the file says of one token, as JSON on one line.
pub(crate) fn line(token: &NamedToken) -> String {
    serde_json::to_string(&to_stored(token)).expect("the form has string keys")
}

/// What the file's text says, or why it cannot be read.
pub(super) fn from_text(text: &str) -> Result<Vec<NamedToken>, String> {
    let stored: Stored = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if stored.version != VERSION {
        return Err(format!(
            "its version is {}: this program reads version {VERSION}",
            stored.version
        ));
    }
    stored.tokens.into_iter().map(from_stored).collect()
}

fn to_stored(token: &NamedToken) -> StoredToken {
    let Permissions::Granted(grants) = &token.permissions else {
        unreachable!("only the operator's token has all permissions, and it is not in this file")
    };
    let Grants {
        intake,
        policies,
        reading,
        content,
        search_masked,
        facts,
        approve,
    } = grants;
    let intake = intake.iter().map(|grant| StoredGrant {
        tenant: grant.tenant().to_owned(),
        channel: grant.channel().map(str::to_owned),
    });
    StoredToken {
        name: token.name.clone(),
        digest: token.digest.to_string(),
        made_at: token.made_at.to_string(),
        made_by: token.made_by.clone(),
        until: token.until.map(|day| day.to_string()),
        intake: intake.collect(),
        policies: *policies,
        reading: *reading,
        content: *content,
        facts: *facts,
        approve: *approve,
        search_masked: *search_masked,
        revoked: token.revoked.as_ref().map(|revoked| StoredRevoked {
            at: revoked.at.to_string(),
            by: revoked.by.clone(),
        }),
    }
}

fn from_stored(stored: StoredToken) -> Result<NamedToken, String> {
    let name = stored.name;
    let of = |what: &str, error: &dyn std::fmt::Display| format!("`{what}` of the token {name:?}: {error}");
    let time = |what: &str, text: &str| Timestamp::from_rfc3339(text).map_err(|error| of(what, &error));
    let intake = stored.intake.into_iter();
    let intake =
        intake.map(|grant| IntakeGrant::new(grant.tenant, grant.channel).map_err(|error| of("intake", &error)));
    let until = stored
        .until
        .map(|day| day.parse::<Day>().map_err(|error| of("until", &error)));
    let revoked = stored.revoked.map(|revoked| {
        Ok::<_, String>(Revoked {
            at: time("revoked", &revoked.at)?,
            by: revoked.by,
        })
    });
    Ok(NamedToken {
        digest: stored.digest.parse::<Digest>().map_err(|error| of("digest", &error))?,
        made_at: time("made_at", &stored.made_at)?,
        made_by: stored.made_by,
        until: until.transpose()?,
        permissions: Permissions::Granted(Grants {
            intake: intake.collect::<Result<_, _>>()?,
            policies: stored.policies,
            reading: stored.reading,
            content: stored.content,
            facts: stored.facts,
            approve: stored.approve,
            search_masked: stored.search_masked,
        }),
        revoked: revoked.transpose()?,
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("golden/tokens-v1.json");

    fn tokens() -> Vec<NamedToken> {
        let root: Principal = "command-line:root".parse().unwrap();
        let feed = NamedToken {
            name: "bank-feed".to_owned(),
            digest: Digest::from_bytes([7; 32]),
            made_at: Timestamp::from_millis(1_790_000_000_123).unwrap(),
            made_by: root.clone(),
            until: Some("2027-01-31".parse().unwrap()),
            permissions: Permissions::Granted(Grants {
                intake: vec!["bank/wecom".parse().unwrap(), "shop".parse().unwrap()],
                reading: true,
                ..Grants::default()
            }),
            revoked: None,
        };
        let old = NamedToken {
            name: "old".to_owned(),
            until: None,
            permissions: Permissions::Granted(Grants {
                policies: true,
                ..Grants::default()
            }),
            revoked: Some(Revoked {
                at: Timestamp::from_millis(1_790_000_000_456).unwrap(),
                by: root,
            }),
            ..feed.clone()
        };
        vec![feed, old]
    }

    #[test]
    fn the_form_is_the_one_on_record() {
        assert_eq!(
            to_text(&tokens()),
            GOLDEN,
            "a stored form is only added to, under a new version"
        );
        assert_eq!(from_text(GOLDEN).unwrap(), tokens());
    }

    #[test]
    fn what_came_later_is_written_where_it_is_granted() {
        let auditor = NamedToken {
            permissions: Permissions::Granted(Grants {
                content: true,
                ..Grants::default()
            }),
            name: "auditor".to_owned(),
            ..tokens().remove(0)
        };
        let golden = include_str!("golden/tokens-v1-content.json");
        assert_eq!(to_text(std::slice::from_ref(&auditor)), golden);
        assert_eq!(from_text(golden).unwrap(), std::slice::from_ref(&auditor));
        let personnel = NamedToken {
            permissions: Permissions::Granted(Grants {
                facts: true,
                ..Grants::default()
            }),
            ..auditor
        };
        let approver = NamedToken {
            permissions: Permissions::Granted(Grants {
                approve: true,
                ..Grants::default()
            }),
            ..personnel.clone()
        };
        let approve = golden.replace("\"content\": true", "\"approve\": true");
        assert_eq!(to_text(std::slice::from_ref(&approver)), approve);
        assert_eq!(from_text(&approve).unwrap(), [approver]);
        let analyst = NamedToken {
            permissions: Permissions::Granted(Grants {
                search_masked: true,
                ..Grants::default()
            }),
            ..personnel.clone()
        };
        let masked = golden.replace("\"content\": true", "\"search_masked\": true");
        assert_eq!(to_text(std::slice::from_ref(&analyst)), masked);
        assert_eq!(from_text(&masked).unwrap(), [analyst]);
        let facts = golden.replace("\"content\": true", "\"facts\": true");
        assert_eq!(to_text(std::slice::from_ref(&personnel)), facts);
        assert_eq!(from_text(&facts).unwrap(), [personnel]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (from, to, told) in [
            ("\"version\": 1", "\"version\": 2", "its version is 2"),
            (
                "\"reading\": true",
                "\"reading\": true, \"extra\": 1",
                "unknown field `extra`",
            ),
            ("2027-01-31", "2027-02-31", "`until` of the token \"bank-feed\""),
            ("\"shop\"", "\"a/b\"", "`intake` of the token \"bank-feed\""),
            ("sha256:07", "sha256:0", "`digest` of the token \"bank-feed\""),
        ] {
            assert!(GOLDEN.contains(from), "{from}");
            let error = from_text(&GOLDEN.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(told), "{told} in {error}");
        }
    }
}
