//! The act of a request, as JSON in a column. Its digest is over these bytes, so they are never written anew.

use crate::requests::{RequestedAct, RequestedMessage};
use proviso_model::Digest;
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ];
        let golden = include_str!("golden/requested-v1.txt");
        for (act, line) in acts.iter().zip(golden.lines()) {
            assert_eq!(to_text(act), line);
            assert_eq!(from_text(line).unwrap(), *act);
        }
        assert_eq!(golden.lines().count(), acts.len());
    }
}
