//! What every message has around its payload.

use super::field::Field;
use proviso_model::digest::DigestBuilder;
use proviso_model::limits::{CONVERSATION_BYTES_MAX, ID_BYTES_MAX};
use proviso_model::message::{Direction, Party, PartyClass};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The common fields, and the rest under its keys.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub(super) msgid: Field<String>,
    pub(super) action: Field<String>,
    pub(super) from: Field<String>,
    pub(super) tolist: Field<Vec<Field<String>>>,
    pub(super) roomid: Field<String>,
    pub(super) msgtime: Field<i64>,
    pub(super) msgtype: Field<String>,
    /// Of `switch`, in place of `msgtime` and `from`.
    pub(super) time: Field<i64>,
    pub(super) user: Field<String>,
    /// Of a page, or of a message that is still encrypted.
    pub(super) errcode: Field<i64>,
    pub(super) encrypt_chat_msg: Option<&'a RawValue>,
    /// Everything else, in the source's order.
    pub(super) rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Envelope<'a> {
    /// The value at one of these keys, the first that is there.
    pub(super) fn payload(&self, keys: &[&str]) -> Option<&'a RawValue> {
        let at = |key: &&str| {
            self.rest
                .iter()
                .find(|(name, value)| name == key && value.get() != "null")
        };
        keys.iter().find_map(at).map(|(_, value)| *value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(key) = map.next_key_seed(super::strict::Key)? {
            match key.as_ref() {
                "msgid" => envelope.msgid = map.next_value()?,
                "action" => envelope.action = map.next_value()?,
                "from" => envelope.from = map.next_value()?,
                "tolist" => envelope.tolist = map.next_value()?,
                "roomid" => envelope.roomid = map.next_value()?,
                "msgtime" => envelope.msgtime = map.next_value()?,
                "msgtype" => envelope.msgtype = map.next_value()?,
                "time" => envelope.time = map.next_value()?,
                "user" => envelope.user = map.next_value()?,
                "errcode" => envelope.errcode = map.next_value()?,
                "encrypt_chat_msg" => envelope.encrypt_chat_msg = map.next_value()?,
                _ => envelope.rest.push((key, map.next_value()?)),
            }
        }
        Ok(envelope)
    }
}

/// Characters of an identifier that WeCom gives to an external contact or a robot: `wm`, `wo` or `wb`, then 30 of its own alphabet.
const GIVEN_ID_CHARS: std::ops::RangeInclusive<usize> = 30..=64;

/// True if the `msgid` says that people outside take part: those of external contacts, or of a partner organisation.
pub(super) fn leaves(msgid: &str) -> bool {
    msgid.ends_with("_external") || msgid.ends_with("_updown_stream")
}

/// What an identifier says of its owner. WeCom gives external contacts and robots identifiers of a known form; whatever else
/// begins as these do may be a member's own name. Where nobody outside takes part it is one, elsewhere nobody guesses. All others are
/// employees.
pub(super) fn party(id: &str, leaves: bool) -> Party {
    let is_given = GIVEN_ID_CHARS.contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let may_be_given = ["wo", "wm", "wb"].iter().any(|head| id.starts_with(head));
    let class = match id.as_bytes() {
        [b'w', b'o' | b'm', ..] if is_given => PartyClass::External,
        [b'w', b'b', ..] if is_given => PartyClass::Robot,
        id if id.is_empty() || (leaves && may_be_given) => PartyClass::Unknown,
        _ => PartyClass::Employee,
    };
    Party {
        id: id.to_owned(),
        class,
        department: String::new(),
    }
}

/// Which way a message went. Classes of the parties come first; where they show nobody outside, the suffix of the `msgid`
/// does: `_external` is a conversation with external contacts, `_updown_stream` one with a partner organisation.
pub(super) fn direction(sender: &Party, recipients: &[Party], msgid: &str) -> Direction {
    match (
        Direction::of(sender.class, recipients.iter().map(|party| party.class)),
        sender.class,
    ) {
        (Direction::Internal | Direction::Unknown, PartyClass::Employee | PartyClass::Robot) if leaves(msgid) => {
            Direction::Outbound
        }
        (direction, _) => direction,
    }
}

/// The group, or without one the parties in the order of their bytes with `|` between them, as the canonical form derives
/// it; a digest where that is too long.
pub(super) fn conversation(room: &str, sender: &Party, recipients: &[Party], msgid: &str) -> String {
    if !room.is_empty() {
        let plain = room.len() <= CONVERSATION_BYTES_MAX && !room.chars().any(char::is_control);
        return if plain { room.to_owned() } else { digest_of(&[room]) };
    }
    let mut sides: Vec<&str> = std::iter::once(sender)
        .chain(recipients)
        .map(|party| party.id.as_str())
        .filter(|id| !id.is_empty())
        .collect();
    sides.sort_unstable();
    sides.dedup();
    if sides.is_empty() {
        // Nobody is known: it stands alone.
        return format!("message {msgid}");
    }
    let joined = sides.join("|");
    let plain = joined.len() <= CONVERSATION_BYTES_MAX && !sides.iter().any(|id| id.contains('|'));
    if plain { joined } else { digest_of(&sides) }
}

fn digest_of(parts: &[&str]) -> String {
    let mut digest = DigestBuilder::new("wecom conversation 1");
    for part in parts {
        digest.part(part.as_bytes());
    }
    digest.finish().to_string()
}

/// What an identifier may be: at most `ID_BYTES_MAX` bytes, without control characters. `None` if it is as it is.
pub(super) fn made_id(text: &str) -> Option<String> {
    if text.len() <= ID_BYTES_MAX && !text.chars().any(char::is_control) {
        return None;
    }
    let mut id: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    id.truncate(id.floor_char_boundary(ID_BYTES_MAX));
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn parties_are_told_apart_by_their_identifiers() {
        let table = [
            ("woAJ2GCAAA-7hTq_93kLmNoPqRsTuVwX", PartyClass::External),
            ("wmAJ2GCAAA-7hTq_93kLmNoPqRsTuVwX", PartyClass::External),
            ("wbAJ2GCAAA-7hTq_93kLmNoPqRsTuVwX", PartyClass::Robot),
            // Names that members were given.
            ("wm.chen", PartyClass::Unknown),
            ("woods", PartyClass::Unknown),
            ("wbli", PartyClass::Unknown),
            ("wm.of-a-member-with-a-very-long-name", PartyClass::Unknown),
            ("WoodsAJ2GCAAA7hTq93kLmNoPqRsTuVwX", PartyClass::Employee),
            ("ken", PartyClass::Employee),
            ("15100000000", PartyClass::Employee),
            ("w", PartyClass::Employee),
            ("", PartyClass::Unknown),
        ];
        each_row(table, |(id, expected)| {
            assert_eq!(party(id, true).class, expected, "{id}");
            if expected == PartyClass::Unknown && !id.is_empty() {
                assert_eq!(party(id, false).class, PartyClass::Employee, "{id}");
            } else {
                assert_eq!(party(id, false).class, expected, "{id}");
            }
        });
    }

    #[test]
    fn both_ways_are_one_conversation() {
        let of = |from: &str, to: &[&str]| {
            conversation(
                "",
                &party(from, false),
                &to.iter().map(|id| party(id, false)).collect::<Vec<_>>(),
                "m1",
            )
        };
        assert_eq!(of("ken", &["icef"]), "icef|ken");
        assert_eq!(of("icef", &["ken"]), "icef|ken");
        assert_eq!(of("ken", &["b", "a"]), of("a", &["ken", "b"]));
        assert_eq!(of("ken", &["b", "a"]), "a|b|ken");
        assert_ne!(of("a|b", &["c"]), of("a", &["b|c"]));
        assert_eq!(of("ken", &[]), "ken");
        assert_eq!(of("", &[]), "message m1");
        assert_eq!(conversation("wr1", &party("ken", false), &[], "m1"), "wr1");
        let long = "x".repeat(300);
        assert!(of(&long, &[&"y".repeat(300)]).len() <= CONVERSATION_BYTES_MAX);
        assert!(conversation(&"r".repeat(513), &party("ken", false), &[], "m1").starts_with("sha256:"));
    }

    #[test]
    fn the_suffix_speaks_where_the_parties_do_not() {
        let of = |from: &str, to: &str, msgid: &str| {
            direction(&party(from, leaves(msgid)), &[party(to, leaves(msgid))], msgid)
        };
        assert_eq!(of("ken", "icef", "1"), Direction::Internal);
        assert_eq!(of("ken", "icef", "1_external"), Direction::Outbound);
        assert_eq!(of("ken", "icef", "1_updown_stream"), Direction::Outbound);
        let outside = "wmAJ2GCAAA-7hTq_93kLmNoPqRsTuVwX";
        assert_eq!(of("ken", outside, "1"), Direction::Outbound);
        assert_eq!(of(outside, "ken", "1_external"), Direction::Inbound);
        assert_eq!(of("wm.chen", outside, "1_external"), Direction::Unknown);
        assert_eq!(of("wm.chen", "ken", "1"), Direction::Internal);
    }
}
