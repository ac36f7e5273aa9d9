//! Corpora: files of JSON lines, each row a message or a dialogue, as conversations.

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// One file.
pub(crate) struct Corpus {
    /// The file's name without its ending.
    pub name: String,
    pub conversations: Vec<Conversation>,
}

/// Turns that belong together.
pub(crate) struct Conversation {
    pub turns: Vec<Turn>,
    /// What the row says of the dialogue: `label`, and `fraud_type` where it has one. Empty if it says nothing.
    pub label: String,
    pub kind: String,
}

/// One message.
pub(crate) struct Turn {
    pub text: String,
    /// What the file calls the speaker; empty if it does not say.
    pub role: String,
}

impl Corpus {
    pub(crate) fn messages(&self) -> usize {
        self.conversations
            .iter()
            .map(|conversation| conversation.turns.len())
            .sum()
    }
}

/// The keys that matter here; the others are the corpus's own.
#[derive(Deserialize)]
struct Row {
    conv: Option<serde_json::Value>,
    chan: Option<String>,
    date: Option<String>,
    role: Option<String>,
    text: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    turns: Option<Vec<RowTurn>>,
    label: Option<serde_json::Value>,
    fraud_type: Option<String>,
}

#[derive(Deserialize)]
struct RowTurn {
    role: String,
    text: String,
}

/// Reads `FOLDER/messages/*.jsonl`, ordered by name.
pub(crate) fn read_all(folder: &Path) -> anyhow::Result<Vec<Corpus>> {
    let messages = folder.join("messages");
    let entries =
        fs::read_dir(&messages).with_context(|| format!("cannot read the corpora in {}", messages.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    ensure!(!paths.is_empty(), "{} has no file *.jsonl", messages.display());
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> anyhow::Result<Corpus> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut conversations: Vec<Conversation> = Vec::new();
    let mut key_before = None;
    for (index, line) in text.lines().enumerate() {
        let place = || format!("{}:{}", path.display(), index + 1);
        let row: Row = serde_json::from_str(line).with_context(place)?;
        let key = key_of(&row);
        let text_of_row = match (row.text, row.body) {
            (Some(text), _) => Some(text),
            (None, Some(body)) => Some([row.subject.unwrap_or_default(), body].join("\n").trim().to_owned()),
            (None, None) => None,
        };
        let turns = match (row.turns, text_of_row) {
            (Some(turns), None) => turns
                .into_iter()
                .map(|turn| Turn {
                    text: turn.text,
                    role: turn.role,
                })
                .collect(),
            (None, Some(text)) => vec![Turn {
                text,
                role: row.role.unwrap_or_default(),
            }],
            _ => bail!(
                "{}: expected either `turns`, or `text`, or `subject` and `body`",
                place()
            ),
        };
        match conversations.last_mut() {
            Some(running) if key.is_some() && key == key_before => running.turns.extend(turns),
            _ => conversations.push(Conversation {
                turns,
                label: row
                    .label
                    .map(|label| label.as_str().map_or_else(|| label.to_string(), str::to_owned))
                    .unwrap_or_default(),
                kind: row.fraud_type.unwrap_or_default(),
            }),
        }
        key_before = key;
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Corpus { name, conversations })
}

/// What rows of one conversation share: its name, or a channel's day. `None` for a row that stands alone.
fn key_of(row: &Row) -> Option<String> {
    match (&row.conv, &row.chan) {
        (Some(conversation), _) => Some(conversation.to_string()),
        (None, Some(channel)) => Some(format!("{channel} {}", row.date.as_deref().unwrap_or_default())),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_every_shape_become_conversations() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("messages")).unwrap();
        let rows = [
            r#"{"id":"a","label":1,"text":"one"}"#,
            r#"{"conv":3,"role":"usr","text":"two"}"#,
            r#"{"conv":3,"role":"sys","text":"three"}"#,
            r#"{"conv":4,"text":"four"}"#,
            r#"{"subject":"five","body":"six"}"#,
            r#"{"conv":"d","label":"fraud","fraud_type":"x","turns":[{"role":"caller","text":"7"},{"role":"callee","text":"8"}]}"#,
            r#"{"chan":"c","date":"1","text":"nine"}"#,
            r#"{"chan":"c","date":"1","text":"ten"}"#,
        ];
        fs::write(folder.path().join("messages/x.jsonl"), rows.join("\n")).unwrap();
        let corpora = read_all(folder.path()).unwrap();
        let shown: Vec<String> = corpora[0]
            .conversations
            .iter()
            .map(|conversation| {
                let turns: Vec<String> = conversation
                    .turns
                    .iter()
                    .map(|turn| format!("{}:{}", turn.role, turn.text))
                    .collect();
                format!("{}/{} {}", conversation.label, conversation.kind, turns.join(" "))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "1/ :one",
                "/ usr:two sys:three",
                "/ :four",
                "/ :five\nsix",
                "fraud/x caller:7 callee:8",
                "/ :nine :ten"
            ]
        );
        assert_eq!((corpora[0].name.as_str(), corpora[0].messages()), ("x", 9));
        fs::write(folder.path().join("messages/y.jsonl"), "{\"id\":1}").unwrap();
        assert!(read_all(folder.path()).is_err_and(|error| error.to_string().contains("y.jsonl:1")));
    }
}
