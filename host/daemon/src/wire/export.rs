//! What is to be exported, and what was.

use proviso_archive::{Given, RequestedExport};
use proviso_evidence::Asked;
use serde::{Deserialize, Serialize};

/// `POST /v1/archive/export`: what is to be exported. A query, a conversation or a hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportV1 {
    /// In the language of queries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// `tenant/channel/conversation`, which is exported whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// The number of an order to keep: all that fits it, of its tenant. It stands in the export as the query `hold:NUMBER`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<i64>,
    /// Why: the log tells of it.
    pub reason: String,
    /// For whom: the log tells of it.
    pub to: String,
    /// The last day on which it is meant to be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Messages before and after each match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<u32>,
    /// Only matches of this tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Whose days the query means, and in which times are shown: a name of the time zone database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// True for pseudonyms.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// `html`, `csv`, `eml`, `rsmf`; all of them if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forms: Option<Vec<String>>,
}

impl From<&RequestedExport> for ExportV1 {
    /// As it was asked for, with all that was left out.
    fn from(export: &RequestedExport) -> Self {
        let (query, conversation, tenant) = match &export.asked {
            Asked::Query(text) => (Some(text.clone()), None, Some(export.tenant.clone())),
            Asked::Conversation(text) => (None, Some(text.clone()), None),
        };
        let views = export.views;
        let forms = [
            ("html", views.html),
            ("csv", views.csv),
            ("eml", views.eml),
            ("rsmf", views.rsmf),
        ];
        let forms = forms.into_iter().filter(|(_, is)| *is).map(|(form, _)| form.to_owned());
        Self {
            query,
            conversation,
            hold: None,
            reason: export.reason.clone(),
            to: export.to.clone(),
            until: export.until.map(|until| until.to_string()),
            context: Some(export.context),
            tenant,
            zone: Some(export.zone.clone()),
            masked: export.masked,
            forms: Some(forms.collect()),
        }
    }
}

/// What was exported. Beside a tar it stands in the header [`EXPORT_HEADER`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenV1 {
    /// The number of the export.
    pub number: u64,
    /// SHA-256 of its manifest.
    pub manifest: String,
    /// How many messages.
    pub messages: u64,
    /// How many of them were asked for.
    pub matches: u64,
    /// How many conversations.
    pub conversations: u64,
    /// The leaf of the log that tells of it.
    pub leaf: u64,
    /// The public key of the log.
    pub key: String,
}

/// `POST /v1/archive/unmask`: whose pseudonym is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnmaskV1 {
    /// The number of the export.
    pub export: u64,
    /// `KIND-` and 16 hexadecimal digits.
    pub pseudonym: String,
    /// Why: the log tells of it.
    pub reason: String,
}

/// What a pseudonym stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmaskedV1 {
    /// The text; absent if nothing that is there has that pseudonym.
    pub text: Option<String>,
}

/// The header that says what the tar of an answer is: [`GivenV1`] as JSON.
pub const EXPORT_HEADER: &str = "x-proviso-export";

impl From<Given> for GivenV1 {
    fn from(given: Given) -> Self {
        let Given {
            number,
            manifest,
            messages,
            matches,
            conversations,
            leaf,
            key,
        } = given;
        Self {
            number,
            manifest,
            messages,
            matches,
            conversations,
            leaf,
            key,
        }
    }
}
