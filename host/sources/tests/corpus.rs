//! Real messages of the platform, where the environment names them.

use crate::support::one;
use proviso_model::Message;
use proviso_model::message::Kind;
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn real_messages_are_read() {
    let Some(corpus) = std::env::var_os("PROVISO_CORPUS") else {
        println!("skipped: PROVISO_CORPUS names no folder");
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
