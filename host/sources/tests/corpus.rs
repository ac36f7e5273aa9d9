//! The project's own corpus, in both forms; and real messages of the platform, where PROVISO_CORPUS names a folder of them.

use crate::support::{one, read};
use proviso_model::Message;
use proviso_model::message::{Direction, Kind};
use proviso_rows::each_named_row;
use proviso_sources::Format;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

/// The corpus was written once and put into both forms: what a message says, and who said it when, is the same.
#[test]
fn a_dialogue_is_the_same_in_both_forms() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let read_as = |format: Format, name: &str| -> Vec<Message> {
        let bytes = std::fs::read(folder.join(name)).expect("the corpus is in the repository");
        let items = read(format, bytes);
        items
            .into_iter()
            .map(|item| {
                item.result
                    .unwrap_or_else(|error| panic!("{name}:{}: {error}", item.line))
            })
            .collect()
    };
    let canonical = read_as(Format::Ndjson, "canonical/dialogues.ndjson");
    let wecom = read_as(Format::Wecom, "wecom/dialogues.ndjson");
    assert_eq!((canonical.len(), wecom.len()), (140, 140));
    let rows = canonical.iter().zip(&wecom);
    each_named_row(
        rows.map(|(canonical, wecom)| (canonical.id.native.clone(), (canonical, wecom))),
        |(canonical, wecom)| {
            assert_eq!(wecom.notes, [""; 0]);
            assert_eq!(wecom.kind, Kind::Text);
            assert_eq!(wecom.text, canonical.text);
            assert_eq!(wecom.sent_at, canonical.sent_at);
            assert_eq!(wecom.sender, canonical.sender);
            assert_eq!(wecom.recipients, canonical.recipients);
            assert!(wecom.id.native.starts_with(&canonical.id.native));
        },
    );
    let inbound = wecom
        .iter()
        .filter(|message| message.direction == Direction::Inbound)
        .count();
    assert!((30..70).contains(&inbound), "{inbound} messages come from customers");
}

#[test]
fn real_messages_are_read() {
    let Some(corpus) = std::env::var_os("PROVISO_CORPUS") else {
        // Past the harness, which shows only what a failed test printed.
        let _ = writeln!(
            std::io::stderr(),
            "not tried, since PROVISO_CORPUS names no folder: real messages"
        );
        return;
    };
    let folder = Path::new(&corpus).join("wecom/messages");
    let messages: BTreeMap<String, Message> = std::fs::read_dir(&folder)
        .expect("the corpus has wecom/messages")
        .map(|entry| entry.expect("the corpus can be listed").path())
        .map(|path| {
            let json = std::fs::read_to_string(&path).expect("the corpus can be read");
            (
                path.file_stem()
                    .expect("files have names")
                    .to_string_lossy()
                    .into_owned(),
                one(&json),
            )
        })
        .collect();
    assert_eq!(messages.len(), 30);
    for (name, message) in &messages {
        let own_name = name.split('-').next().unwrap_or_default();
        assert_eq!(message.native_kind, own_name);
        assert_ne!(message.kind, Kind::Other, "{name}");
        let known = if name == "image" {
            "`msgtime` is 0: the platform gave no time"
        } else {
            ""
        };
        assert_eq!(message.notes.join("\n"), known, "{name}");
    }
    for (one, other) in [
        ("meeting", "meeting-2"),
        ("collect", "collect-2"),
        ("voip_doc_share", "voip_doc_share-2"),
    ] {
        assert_eq!(messages[one].id, messages[other].id);
        assert_ne!(
            messages[one].content_digest(),
            messages[other].content_digest(),
            "{one}"
        );
    }
    assert_eq!(
        messages["voip_doc_share-2"].attachments[0].size_bytes,
        11_101_571_002_822_706_744
    );
    assert_eq!(
        messages["revoke"].recalls.as_deref(),
        Some("14822339130656386894_1603875600")
    );
    assert_eq!(
        messages["redpacket"].amount.as_ref().map(|amount| amount.minor_units),
        Some(3000)
    );
    assert_eq!(messages["chatrecord"].text, "群聊\ntest\ntest2");
    assert_eq!(messages["mixed"].attachments.len(), 1);
}
