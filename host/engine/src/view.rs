//! What a policy is shown of a message, before the contract's version gives it its form.

use proviso_model::directory::Directory;
use proviso_model::message::Message;
use proviso_model::set::PolicySet;
use proviso_pack::manifest::TimePrecision;
use std::ops::Range;

/// What a policy asked for in its manifest, and the set that names the departments.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) fields: Fields,
    pub(crate) set: &'a PolicySet,
}

impl Asked<'_> {
    /// When a message was sent, as exactly as the policy is told; milliseconds since 1970.
    pub(crate) fn time_of(&self, message: &Message) -> i64 {
        self.fields.time.told(message.sent_at.as_millis())
    }
}

/// The fields of a message that a policy asks for; the others are passed empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each name in a manifest's `fields`"
)]
pub(crate) struct Fields {
    pub(crate) id: bool,
    pub(crate) parties: bool,
    /// Classes and departments of the parties; `parties` has them too.
    pub(crate) departments: bool,
    pub(crate) conversation: bool,
    pub(crate) text: bool,
    pub(crate) amount: bool,
    pub(crate) attachments: bool,
    pub(crate) links: bool,
    pub(crate) time: TimePrecision,
}

/// One message, as one policy is to see it.
#[derive(Clone, Copy)]
pub(crate) struct MessageView<'a> {
    pub(crate) message: &'a Message,
    /// The directory that is asked about its parties.
    pub(crate) directory: Option<&'a Directory>,
    /// The text, cut to its limit.
    pub(crate) text: &'a str,
    /// Hits of this policy's lists, ordered by start, end and list.
    pub(crate) hits: &'a [HitView],
    pub(crate) truncated: bool,
    pub(crate) preceding: &'a [PrecedingView<'a>],
}

impl MessageView<'_> {
    /// Text that the policy is given, that of the preceding messages included.
    pub(crate) fn text_bytes(&self) -> usize {
        self.text.len() + self.preceding.iter().map(|earlier| earlier.text.len()).sum::<usize>()
    }
}

/// An earlier message of the conversation, as one policy is to see it.
#[derive(Clone)]
pub(crate) struct PrecedingView<'a> {
    pub(crate) message: &'a Message,
    /// The text, cut so that all of them keep to their limit.
    pub(crate) text: &'a str,
    pub(crate) hits: Vec<HitView>,
}

/// A hit; `list` is the index in the policy's own table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HitView {
    pub(crate) list: u16,
    pub(crate) term: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// One key and its events, which are a range of the call's list.
pub(crate) struct SubjectView<'a> {
    pub(crate) key: &'a str,
    pub(crate) state: &'a [u8],
    pub(crate) events: Range<usize>,
}

/// What a list is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ListKind {
    Lexicon,
    Patterns,
    /// What the host knows by itself; to the contract a list of patterns, named as the kinds are.
    Entities,
    /// The host's own list; to the contract it is one of patterns, named as the roles are.
    Segments,
}

/// One list of a policy's table, as `configure` is told of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct ListInfo {
    pub(crate) name: String,
    pub(crate) kind: ListKind,
    /// For people alone: the guest is not told, and a term more does not make another snapshot.
    #[serde(skip)]
    pub(crate) terms: u32,
    pub(crate) pattern_names: Vec<String>,
    pub(crate) notes: Vec<TermNote>,
}

/// A term that carries tags or a weight.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct TermNote {
    pub(crate) term: u32,
    pub(crate) tags: Vec<String>,
    pub(crate) weight: Option<f64>,
}
