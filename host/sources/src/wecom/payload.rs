//! Each type of message, and what its payload adds to it.

use super::draft::{Draft, MessageType};
use super::{nested, wire};
use proviso_model::message::{Attachment, Kind, Money};

/// All that are documented.
pub(super) const TYPES: &[MessageType] = &[
    message_type("text", Kind::Text, &["text"], content),
    message_type("image", Kind::Image, &["image"], media),
    message_type("voice", Kind::Voice, &["voice"], media),
    message_type("video", Kind::Video, &["video"], media),
    message_type("file", Kind::File, &["file"], media),
    message_type("emotion", Kind::Emotion, &["emotion"], media),
    message_type("link", Kind::Link, &["link"], titled),
    message_type("mixed", Kind::Mixed, &["mixed"], nested::items),
    message_type("chatrecord", Kind::ChatRecord, &["chatrecord"], nested::items),
    message_type("weapp", Kind::MiniProgram, &["weapp"], titled),
    message_type("card", Kind::Card, &["card"], card),
    message_type("location", Kind::Location, &["location"], location),
    message_type("revoke", Kind::Recall, &["revoke"], revoke),
    message_type("agree", Kind::Consent, &["agree"], consent),
    message_type("disagree", Kind::Consent, &["disagree"], consent),
    message_type("todo", Kind::Todo, &["todo"], titled),
    message_type("vote", Kind::Vote, &["vote"], vote),
    message_type("collect", Kind::Form, &["collect"], collect),
    message_type("redpacket", Kind::RedPacket, &["redpacket"], red_packet),
    message_type(
        "external_redpacket",
        Kind::RedPacket,
        &["redpacket", "external_redpacket"],
        red_packet,
    ),
    message_type("meeting", Kind::Meeting, &["meeting"], meeting),
    message_type("docmsg", Kind::Document, &["doc", "docmsg"], titled),
    message_type("markdown", Kind::Markdown, &["info", "markdown"], content),
    message_type("news", Kind::News, &["info", "news"], nested::articles),
    message_type("calendar", Kind::Calendar, &["calendar"], calendar),
    message_type("meeting_voice_call", Kind::Call, &["meeting_voice_call"], voice_call),
    message_type("voip_doc_share", Kind::CallShare, &["voip_doc_share"], media),
    message_type("sphfeed", Kind::Feed, &["sphfeed"], feed),
    message_type("voiptext", Kind::Call, &["info", "voiptext"], nothing),
    message_type("qydiskfile", Kind::Document, &["info", "qydiskfile"], media),
];

const fn message_type(
    name: &'static str,
    kind: Kind,
    keys: &'static [&'static str],
    read: fn(&str, &mut Draft) -> serde_json::Result<()>,
) -> MessageType {
    MessageType { name, kind, keys, read }
}

fn content(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Content = wire::object(json)?;
    draft.field(&wire.content, "content");
    Ok(())
}

fn media(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Media = wire::object(json)?;
    let mut name = draft.value(&wire.filename, "filename").cloned().unwrap_or_default();
    let extension = draft
        .value(&wire.fileext, "fileext")
        .filter(|extension| !extension.is_empty());
    if let Some(extension) = extension.filter(|_| !name.is_empty() && !name.contains('.')) {
        name = format!("{name}.{extension}");
    }
    draft.line(&name);
    let sizes = [
        (&wire.filesize, "filesize"),
        (&wire.voice_size, "voice_size"),
        (&wire.imagesize, "imagesize"),
    ];
    let size_bytes = sizes
        .into_iter()
        .find_map(|(size, key)| draft.value(size, key).copied())
        .unwrap_or_default();
    let file = draft
        .value(&wire.sdkfileid, "sdkfileid")
        .filter(|id| !id.is_empty())
        .cloned();
    let md5 = draft
        .value(&wire.md5sum, "md5sum")
        .filter(|md5| !md5.is_empty())
        .map(|md5| format!("md5:{md5}"));
    let attachment = Attachment {
        name,
        size_bytes,
        reference: file.or(md5).unwrap_or_default(),
    };
    if attachment.size_bytes > 0 || !attachment.name.is_empty() || !attachment.reference.is_empty() {
        draft.attachments.push(attachment);
    }
    Ok(())
}

fn revoke(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Revoke = wire::object(json)?;
    let id = draft.value(&wire.pre_msgid, "pre_msgid").filter(|id| !id.is_empty());
    // A forwarded recall recalls nothing here.
    if let Some(id) = id.filter(|_| draft.depth == 0) {
        draft.recalls = Some(draft.id(id, "pre_msgid"));
    }
    Ok(())
}

fn consent(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Consent = wire::object(json)?;
    let party = draft.value(&wire.userid, "userid").filter(|id| !id.is_empty()).cloned();
    let agreed = draft.value(&wire.agree_time, "agree_time").copied();
    let disagreed = draft.value(&wire.disagree_time, "disagree_time").copied();
    draft.consent = (party, agreed.or(disagreed));
    Ok(())
}

fn card(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Card = wire::object(json)?;
    draft.field(&wire.corpname, "corpname");
    draft.field(&wire.userid, "userid");
    Ok(())
}

fn location(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Location = wire::object(json)?;
    draft.field(&wire.title, "title");
    draft.field(&wire.address, "address");
    Ok(())
}

fn titled(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Titled = wire::object(json)?;
    draft.field(&wire.title, "title");
    draft.field(&wire.description, "description");
    draft.field(&wire.content, "content");
    draft.field(&wire.displayname, "displayname");
    draft.link(&wire.link_url, "link_url");
    Ok(())
}

fn vote(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Vote = wire::object(json)?;
    draft.field(&wire.votetitle, "votetitle");
    draft.fields(&wire.voteitem, "voteitem");
    Ok(())
}

fn collect(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Collect<'_> = wire::object(json)?;
    draft.field(&wire.title, "title");
    for question in draft.value(&wire.details, "details").into_iter().flatten() {
        match wire::object::<wire::Question>(question.get()) {
            Ok(question) => draft.field(&question.ques, "ques"),
            Err(_) => nested::raw(question, draft, "a question of the form"),
        }
    }
    draft.field(&wire.room_name, "room_name");
    Ok(())
}

fn red_packet(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::RedPacket = wire::object(json)?;
    draft.field(&wire.wish, "wish");
    let fen = draft.value(&wire.totalamount, "totalamount").copied();
    // A forwarded red packet moves no money.
    if draft.depth == 0 {
        draft.amount = fen.map(|minor_units| Money {
            minor_units,
            currency: "CNY".to_owned(),
        });
    }
    Ok(())
}

fn meeting(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Meeting = wire::object(json)?;
    draft.field(&wire.topic, "topic");
    draft.field(&wire.address, "address");
    draft.field(&wire.remarks, "remarks");
    Ok(())
}

fn calendar(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Calendar = wire::object(json)?;
    draft.field(&wire.title, "title");
    draft.field(&wire.place, "place");
    draft.field(&wire.remarks, "remarks");
    draft.field(&wire.creatorname, "creatorname");
    draft.fields(&wire.attendeename, "attendeename");
    Ok(())
}

fn voice_call(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::VoiceCall<'_> = wire::object(json)?;
    media(json, draft)?;
    for file in draft.value(&wire.demofiledata, "demofiledata").into_iter().flatten() {
        match wire::object::<wire::Media>(file.get()) {
            Ok(file) => draft.field(&file.filename, "filename"),
            Err(_) => nested::raw(file, draft, "a file shown in the call"),
        }
    }
    Ok(())
}

fn feed(json: &str, draft: &mut Draft) -> serde_json::Result<()> {
    let wire: wire::Feed = wire::object(json)?;
    draft.field(&wire.sph_name, "sph_name");
    draft.field(&wire.feed_desc, "feed_desc");
    Ok(())
}

/// The minutes of a call say nothing to read.
fn nothing(json: &str, _: &mut Draft) -> serde_json::Result<()> {
    wire::object::<serde::de::IgnoredAny>(json).map(|_| ())
}
