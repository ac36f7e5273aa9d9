//! The act of a request, as JSON in a column. Its digest is over these bytes, so they are never written anew.

use crate::requests::{RequestedAct, RequestedExport, RequestedMessage, RequestedScoring, ScoringApplication};
use proviso_evidence::{Asked, Views};
use proviso_model::time::Day;
use proviso_model::{Digest, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
enum StoredAct {
    Disposal {
        messages: Vec<StoredMessage>,
        rules: Vec<String>,
    },
    HoldRelease {
        hold: i64,
        note: String,
    },
    Export(StoredExport),
    Scoring(StoredScoring),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredScoring {
    tenant: String,
    assessment: String,
    reason: String,
    until: i64,
    applications: Vec<StoredApplication>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredApplication {
    pack: String,
    version: String,
    scope: String,
    digest: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredExport {
    tenant: String,
    /// This, or a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    reason: String,
    to: String,
    until: Option<Day>,
    context: u32,
    zone: String,
    masked: bool,
    forms: StoredForms,
    messages: u64,
    last: i64,
    chosen: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "one for each form that an export may have")]
struct StoredForms {
    html: bool,
    csv: bool,
    eml: bool,
    rsmf: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredMessage {
    arrival: i64,
    grounds: Digest,
}

pub(crate) fn to_text(act: &RequestedAct) -> String {
    let stored = match act {
        RequestedAct::Disposal { messages, rules } => StoredAct::Disposal {
            messages: messages
                .iter()
                .map(|RequestedMessage { arrival, grounds }| StoredMessage {
                    arrival: *arrival,
                    grounds: *grounds,
                })
                .collect(),
            rules: rules.clone(),
        },
        RequestedAct::HoldRelease { hold, note } => StoredAct::HoldRelease {
            hold: *hold,
            note: note.clone(),
        },
        RequestedAct::Export(export) => StoredAct::Export(of_export(export)),
        RequestedAct::Scoring(scoring) => StoredAct::Scoring(of_scoring(scoring)),
    };
    serde_json::to_string(&stored).expect("the form has string keys")
}

pub(crate) fn from_text(text: &str) -> Result<RequestedAct, serde_json::Error> {
    Ok(match serde_json::from_str(text)? {
        StoredAct::Disposal { messages, rules } => RequestedAct::Disposal {
            messages: messages
                .into_iter()
                .map(|StoredMessage { arrival, grounds }| RequestedMessage { arrival, grounds })
                .collect(),
            rules,
        },
        StoredAct::HoldRelease { hold, note } => RequestedAct::HoldRelease { hold, note },
        StoredAct::Export(stored) => RequestedAct::Export(Box::new(to_export(stored)?)),
        StoredAct::Scoring(stored) => RequestedAct::Scoring(to_scoring(stored)?),
    })
}

fn of_scoring(scoring: &RequestedScoring) -> StoredScoring {
    let applications = scoring.applications.iter().map(|one| StoredApplication {
        pack: one.pack.clone(),
        version: one.version.clone(),
        scope: one.scope.clone(),
        digest: one.digest,
    });
    StoredScoring {
        tenant: scoring.tenant.clone(),
        assessment: scoring.assessment.clone(),
        reason: scoring.reason.clone(),
        until: scoring.until.as_millis(),
        applications: applications.collect(),
    }
}

fn to_scoring(stored: StoredScoring) -> Result<RequestedScoring, serde_json::Error> {
    let applications = stored.applications.into_iter().map(|one| ScoringApplication {
        pack: one.pack,
        version: one.version,
        scope: one.scope,
        digest: one.digest,
    });
    Ok(RequestedScoring {
        tenant: stored.tenant,
        assessment: stored.assessment,
        reason: stored.reason,
        until: Timestamp::from_millis(stored.until).map_err(serde_json::Error::custom)?,
        applications: applications.collect(),
    })
}

fn of_export(export: &RequestedExport) -> StoredExport {
    let (query, conversation) = match &export.asked {
        Asked::Query(text) => (Some(text.clone()), None),
        Asked::Conversation(text) => (None, Some(text.clone())),
    };
    let Views { html, csv, eml, rsmf } = export.views;
    StoredExport {
        tenant: export.tenant.clone(),
        query,
        conversation,
        reason: export.reason.clone(),
        to: export.to.clone(),
        until: export.until,
        context: export.context,
        zone: export.zone.clone(),
        masked: export.masked,
        forms: StoredForms { html, csv, eml, rsmf },
        messages: export.messages,
        last: export.last,
        chosen: export.chosen,
    }
}

fn to_export(stored: StoredExport) -> Result<RequestedExport, serde_json::Error> {
    let asked = match (stored.query, stored.conversation) {
        (Some(text), None) => Asked::Query(text),
        (None, Some(text)) => Asked::Conversation(text),
        _ => {
            return Err(serde_json::Error::custom(
                "expected a query or a conversation, and not both",
            ));
        }
    };
    let StoredForms { html, csv, eml, rsmf } = stored.forms;
    Ok(RequestedExport {
        tenant: stored.tenant,
        asked,
        reason: stored.reason,
        to: stored.to,
        until: stored.until,
        context: stored.context,
        zone: stored.zone,
        masked: stored.masked,
        views: Views { html, csv, eml, rsmf },
        messages: stored.messages,
        last: stored.last,
        chosen: stored.chosen,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(asked: Asked) -> RequestedAct {
        RequestedAct::Export(Box::new(RequestedExport {
            tenant: "bank".to_owned(),
            asked,
            reason: "case 7".to_owned(),
            to: "the court".to_owned(),
            until: Some("2027-01-31".parse().unwrap()),
            context: 3,
            zone: "Asia/Shanghai".to_owned(),
            masked: true,
            views: Views {
                html: true,
                ..Views::NONE
            },
            messages: 12,
            last: 40,
            chosen: Digest::of(b"chosen"),
        }))
    }

    #[test]
    fn an_export_names_one_thing() {
        let golden = include_str!("golden/requested-v1.txt");
        let line = golden.lines().find(|line| line.contains("\"conversation\"")).unwrap();
        let both = line.replacen("\"conversation\"", "\"query\":\"x\",\"conversation\"", 1);
        assert!(from_text(&both).is_err(), "{both}");
    }

    #[test]
    fn every_act_is_read_as_it_was_written() {
        let grounds = Digest::of(b"rules");
        let acts = [
            RequestedAct::Disposal {
                messages: vec![RequestedMessage { arrival: 7, grounds }],
                rules: vec!["证券法 137: at least P20Y".to_owned()],
            },
            RequestedAct::HoldRelease {
                hold: 3,
                note: "case closed".to_owned(),
            },
            export(Asked::Query("保本 from:wei".to_owned())),
            export(Asked::Conversation("bank/wecom/wei".to_owned())),
            RequestedAct::Scoring(RequestedScoring {
                tenant: "bank".to_owned(),
                assessment: "PIA-2026-004".to_owned(),
                reason: "leavers of the wealth desk".to_owned(),
                until: Timestamp::from_millis(1_821_456_000_000).unwrap(),
                applications: vec![ScoringApplication {
                    pack: "proviso/departure-risk".to_owned(),
                    version: "0.1.0".to_owned(),
                    scope: "departments wealth".to_owned(),
                    digest: grounds,
                }],
            }),
        ];
        let golden = include_str!("golden/requested-v1.txt");
        for (act, line) in acts.iter().zip(golden.lines()) {
            assert_eq!(to_text(act), line);
            assert_eq!(from_text(line).unwrap(), *act);
        }
        assert_eq!(golden.lines().count(), acts.len());
    }
}
