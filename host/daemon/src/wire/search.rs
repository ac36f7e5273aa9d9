//! What is looked for, and what was found, without what else the messages say: excerpts around what the query names.

use super::message::IdV1;
use proviso_archive::{Counted, Match, NotOpened, Page, SortBy, SortOrder};
use proviso_model::verdict::Severity;
use proviso_model::{Message, Timestamp};
use proviso_search::{Mark, Place};
use serde::{Deserialize, Serialize};

/// Characters on each side of a mark that an excerpt has, and of a text without one.
const BESIDE_CHARS: usize = 30;
const BARE_CHARS: usize = 80;
/// Excerpts of one message, at most.
const EXCERPTS_MAX: usize = 3;
/// Bytes of an excerpt at which no further mark joins it.
const EXCERPT_BYTES: usize = 400;

/// `POST /v1/archive/search`: what is looked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchV1 {
    /// In the language of queries; this, or else `saved`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The name of a saved query of the tenant, which then is named too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<String>,
    /// Why: the log tells of it.
    pub reason: String,
    /// Only messages of this tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Only messages that arrived before this place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
    /// What the messages are sorted by; their arrival if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<SortV1>,
    /// Which come first; `descending` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderV1>,
    /// Only messages behind this place of the order: `next_place` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// True for pseudonyms in the place of names, numbers and identifiers; whoever may not read content gets them anyway.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// Messages of the answer, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Whose days and months the query means: a name of the time zone database. A saved one has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// What messages are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SortV1 {
    /// Their place in the order of arrival.
    Arrived,
    /// When they were sent.
    Sent,
    /// Their most severe finding.
    Severity,
}

impl From<SortV1> for SortBy {
    fn from(sort: SortV1) -> Self {
        match sort {
            SortV1::Arrived => SortBy::Arrived,
            SortV1::Sent => SortBy::Sent,
            SortV1::Severity => SortBy::Severity,
        }
    }
}

/// Which messages come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderV1 {
    /// The earliest, or the least severe.
    Ascending,
    /// The latest, or the most severe.
    Descending,
}

impl From<OrderV1> for SortOrder {
    fn from(order: OrderV1) -> Self {
        match order {
            OrderV1::Ascending => SortOrder::Ascending,
            OrderV1::Descending => SortOrder::Descending,
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundV1 {
    /// In the order that was asked for; if none was, those first that arrived last.
    pub found: Vec<MatchV1>,
    /// How many messages were looked at.
    pub looked_at: u64,
    /// `before` of the next page; absent where nothing is left to look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
    /// `after` of the next page, where an order was asked for; absent where nothing is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_place: Option<String>,
    /// True where the time was over before the page was full.
    pub is_cut_short: bool,
    /// Those that could not be opened; absent where all could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<NotOpenedV1>,
}

/// `POST /v1/archive/count`: how many messages a query finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedV1 {
    /// So many; at least so many where `is_cut_short`.
    pub messages: u64,
    /// How many messages were looked at.
    pub looked_at: u64,
    /// True where the time was over before all were counted.
    pub is_cut_short: bool,
    /// Those that could not be opened; absent where all could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<NotOpenedV1>,
}

/// Messages that nobody can say of whether the query finds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotOpenedV1 {
    /// How many.
    pub messages: u64,
    /// The first one, and why it could not be opened.
    pub first: String,
}

/// A message that a query finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchV1 {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// Its identifier.
    pub id: IdV1,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// `text`, `file`, …
    pub kind: String,
    /// `inbound`, …
    pub direction: String,
    /// Who wrote it.
    pub sender: String,
    /// Its most severe finding; absent where it has none, and where nothing asked for findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The conversation.
    pub conversation: String,
    /// Parts of its texts: those around what the query names, or the beginning.
    pub excerpts: Vec<ExcerptV1>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcerptV1 {
    /// `text`, `attachment` or `link`.
    pub of: String,
    /// The first byte of it in the text.
    pub start: u32,
    /// The part.
    pub text: String,
    /// What the query names: first byte and the one behind the last, within the part.
    pub marks: Vec<(u32, u32)>,
}

impl From<Page> for FoundV1 {
    fn from(page: Page) -> Self {
        Self {
            found: page.matches.iter().map(MatchV1::from).collect(),
            looked_at: page.looked_at,
            next: page.next,
            next_place: page.next_place.map(|place| place.to_string()),
            is_cut_short: page.is_cut_short,
            unreadable: page.unreadable.map(NotOpenedV1::from),
        }
    }
}

impl From<Counted> for CountedV1 {
    fn from(counted: Counted) -> Self {
        Self {
            messages: counted.messages,
            looked_at: counted.looked_at,
            is_cut_short: counted.is_cut_short,
            unreadable: counted.unreadable.map(NotOpenedV1::from),
        }
    }
}

impl From<NotOpened> for NotOpenedV1 {
    fn from(unreadable: NotOpened) -> Self {
        Self {
            messages: unreadable.messages,
            first: unreadable.first,
        }
    }
}

impl From<&Match> for MatchV1 {
    fn from(found: &Match) -> Self {
        let message = &found.message;
        Self {
            arrival: found.arrival,
            id: (*message.id).clone().into(),
            sent_at: message.sent_at,
            kind: message.kind.name().to_owned(),
            direction: message.direction.name().to_owned(),
            sender: message.sender.id.clone(),
            severity: found.severity,
            conversation: message.conversation.clone(),
            excerpts: excerpts(message, &found.marks),
        }
    }
}

/// The texts around the first marks, in order. Marks near each other share one.
fn excerpts(message: &Message, marks: &[Mark]) -> Vec<ExcerptV1> {
    let mut found: Vec<ExcerptV1> = Vec::new();
    let mut place = None;
    for mark in marks {
        let Some((of, text)) = text_of(message, mark.place) else {
            continue;
        };
        let (start, end) = (mark.span.start as usize, mark.span.end as usize);
        let (from, to) = (chars_before(text, start), chars_behind(text, end));
        let within = |excerpt: &ExcerptV1| (start as u32 - excerpt.start, end as u32 - excerpt.start);
        let is_full = found.len() == EXCERPTS_MAX;
        // Only marks of one text share an excerpt: two attachments are two texts.
        let last = found.last_mut().filter(|last| {
            let so_far = last.start as usize + last.text.len();
            place == Some(mark.place)
                && from <= so_far
                && last.start as usize <= start
                && last.text.len() < EXCERPT_BYTES
        });
        if let Some(last) = last {
            let so_far = last.start as usize + last.text.len();
            last.text.push_str(text.get(so_far..to).unwrap_or_default());
            let within = within(last);
            last.marks.push(within);
        } else if is_full {
            break;
        } else {
            let mut excerpt = ExcerptV1 {
                of: of.to_owned(),
                start: from as u32,
                text: text[from..to].to_owned(),
                marks: Vec::new(),
            };
            excerpt.marks.push(within(&excerpt));
            found.push(excerpt);
            place = Some(mark.place);
        }
    }
    if found.is_empty() && !message.text.is_empty() {
        let end = message
            .text
            .char_indices()
            .nth(BARE_CHARS)
            .map_or(message.text.len(), |(at, _)| at);
        found.push(ExcerptV1 {
            of: "text".to_owned(),
            start: 0,
            text: message.text[..end].to_owned(),
            marks: Vec::new(),
        });
    }
    found
}

fn text_of(message: &Message, place: Place) -> Option<(&'static str, &str)> {
    match place {
        Place::Text => Some(("text", &message.text)),
        Place::Attachment(number) => message
            .attachments
            .get(number)
            .map(|one| ("attachment", one.name.as_str())),
        Place::Link(number) => message.links.get(number).map(|link| ("link", link.as_str())),
    }
}

fn chars_before(text: &str, at: usize) -> usize {
    let before = text[..at].char_indices().rev().nth(BESIDE_CHARS - 1);
    before.map_or(0, |(from, _)| from)
}

fn chars_behind(text: &str, at: usize) -> usize {
    let behind = text[at..].char_indices().nth(BESIDE_CHARS);
    behind.map_or(text.len(), |(to, _)| at + to)
}
