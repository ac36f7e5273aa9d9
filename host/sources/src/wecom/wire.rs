//! The payloads as the platform writes them. Fields that say nothing to a reader of the message stay in its raw form.

use super::field::Field;
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;

/// Reads a structure from an object, and from nothing else: a derived reader would take a list for its fields in turn.
pub(super) fn object<'a, T: Deserialize<'a>>(json: &'a str) -> serde_json::Result<T> {
    if json.trim_ascii_start().starts_with('{') {
        serde_json::from_str(json)
    } else {
        Err(serde_json::Error::custom("not an object"))
    }
}

/// `text`, `markdown`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    pub(super) content: Field<String>,
}

/// `image`, `voice`, `video`, `emotion`, `file`, `voip_doc_share`, `qydiskfile`, and the recording of a call: the names of
/// the size differ.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Media {
    pub(super) filename: Field<String>,
    pub(super) fileext: Field<String>,
    pub(super) filesize: Field<u64>,
    pub(super) voice_size: Field<u64>,
    pub(super) imagesize: Field<u64>,
    pub(super) sdkfileid: Field<String>,
    pub(super) md5sum: Field<String>,
}

/// `revoke`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Revoke {
    pub(super) pre_msgid: Field<String>,
}

/// `agree`, `disagree`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Consent {
    pub(super) userid: Field<String>,
    pub(super) agree_time: Field<i64>,
    pub(super) disagree_time: Field<i64>,
}

/// `card`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Card {
    pub(super) corpname: Field<String>,
    pub(super) userid: Field<String>,
}

/// `location`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Location {
    pub(super) title: Field<String>,
    pub(super) address: Field<String>,
}

/// `link`, `docmsg`, `todo`, `weapp`: titled things.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Titled {
    pub(super) title: Field<String>,
    pub(super) description: Field<String>,
    pub(super) content: Field<String>,
    pub(super) displayname: Field<String>,
    pub(super) link_url: Field<String>,
}

/// `chatrecord`, `mixed`, `news`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Items<'a> {
    pub(super) title: Field<String>,
    #[serde(borrow)]
    pub(super) item: Field<Vec<&'a RawValue>>,
}

/// One of the items of `chatrecord` and `mixed`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Part<'a> {
    pub(super) r#type: Field<String>,
    /// A string that holds JSON; some copies have the object itself.
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
}

/// One of the items of `news`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Article {
    pub(super) title: Field<String>,
    pub(super) description: Field<String>,
    pub(super) url: Field<String>,
}

/// `vote`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Vote {
    pub(super) votetitle: Field<String>,
    pub(super) voteitem: Field<Vec<Field<String>>>,
}

/// `collect`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Collect<'a> {
    pub(super) room_name: Field<String>,
    pub(super) title: Field<String>,
    #[serde(borrow)]
    pub(super) details: Field<Vec<&'a RawValue>>,
}

/// One of the questions of `collect`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Question {
    pub(super) ques: Field<String>,
}

/// `redpacket`, `external_redpacket`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RedPacket {
    pub(super) wish: Field<String>,
    /// In fen.
    pub(super) totalamount: Field<u64>,
}

/// `meeting`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Meeting {
    pub(super) topic: Field<String>,
    pub(super) address: Field<String>,
    pub(super) remarks: Field<String>,
}

/// `calendar`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Calendar {
    pub(super) title: Field<String>,
    pub(super) creatorname: Field<String>,
    pub(super) attendeename: Field<Vec<Field<String>>>,
    pub(super) place: Field<String>,
    pub(super) remarks: Field<String>,
}

/// `meeting_voice_call`, beside its recording.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct VoiceCall<'a> {
    #[serde(borrow)]
    pub(super) demofiledata: Field<Vec<&'a RawValue>>,
}

/// `sphfeed`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Feed {
    pub(super) sph_name: Field<String>,
    pub(super) feed_desc: Field<String>,
}
