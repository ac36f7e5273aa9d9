//! The parts of a message's text by who speaks in them and to what end.
//!
//! A text is the sender's own words but for the segments that stand out of it by a form that a platform or a mail program
//! writes: a quoted reply, quoted lines, a forwarded record, a signature, a legal footer. They are a pure function of kind,
//! channel and text, so that a replay finds the same ones and nothing about them is stored.

mod mail;
mod reply;
#[cfg(test)]
mod tests;

use crate::message::{Kind, Message};
use crate::verdict::Span;

/// What a part of a text is to its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The sender's own words: whatever is none of the following.
    Own,
    /// Words that the sender answers: a platform's quoted reply, the lines behind `>` of a mail, the original below an answer.
    Quotation,
    /// Words of others that the sender passes on: a forwarded mail or record.
    Forwarded,
    /// Who writes, at the end of a mail.
    Signature,
    /// What the law or the house makes everybody append to a mail.
    Footer,
    /// Title and description of a shared page.
    LinkTitle,
    /// The name of a file, or what it says.
    Attachment,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 7] = [
        Role::Own,
        Role::Quotation,
        Role::Forwarded,
        Role::Signature,
        Role::Footer,
        Role::LinkTitle,
        Role::Attachment,
    ];

    /// The name as rules and outputs write it.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Own => "own",
            Role::Quotation => "quotation",
            Role::Forwarded => "forwarded",
            Role::Signature => "signature",
            Role::Footer => "footer",
            Role::LinkTitle => "link-title",
            Role::Attachment => "attachment",
        }
    }
}

/// A part of a text that is not its sender's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Never [`Role::Own`]: what no segment covers is that.
    pub role: Role,
    /// First byte of the part, on a character's border.
    pub start: usize,
    /// Behind its last byte, on a character's border; greater than `start`.
    pub end: usize,
}

/// The segments of a message's text, in order, without overlap. Looks at each byte a bounded number of times.
///
/// Where a text has nothing but quotations, the sender passes them on: they are then forwarded.
pub fn of(message: &Message, found: &mut Vec<Segment>) {
    let text = message.text.as_str();
    found.clear();
    if let Some(role) = of_kind(message.kind) {
        add(found, role, 0, text.len());
        return;
    }
    // Each form below has a line of its own for its mark.
    if memchr::memchr(b'\n', text.as_bytes()).is_none() {
        return;
    }
    reply::quoted(text, found);
    if message.kind == Kind::Email {
        mail::parts(text, found);
    } else if QUOTING_CHANNELS.contains(&message.id.channel.as_str()) {
        quoted_lines(text, found);
    }
    let own = |from: usize, to: usize| !text[from..to].trim().is_empty();
    let mut at = 0;
    let mut has_own = false;
    for segment in &*found {
        has_own |= own(at, segment.start);
        at = segment.end;
    }
    if !has_own && !own(at, text.len()) {
        for segment in found.iter_mut().filter(|segment| segment.role == Role::Quotation) {
            segment.role = Role::Forwarded;
        }
    }
}

/// The roles of the parts that spans of a message's text begin in, each once, in the order of [`Role::ALL`].
pub fn roles(message: &Message, spans: impl IntoIterator<Item = Span>) -> Vec<Role> {
    let mut segments = Vec::new();
    of(message, &mut segments);
    let role_at = |at: usize| {
        let holds = |segment: &&Segment| (segment.start..segment.end).contains(&at);
        segments.iter().find(holds).map_or(Role::Own, |segment| segment.role)
    };
    let mut roles: Vec<Role> = spans.into_iter().map(|span| role_at(span.start as usize)).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// Channels whose program writes `>` before the lines that it quotes.
const QUOTING_CHANNELS: [&str; 5] = ["mail", "slack", "teams", "telegram", "whatsapp"];

/// The role of the whole text, where the kind says it.
const fn of_kind(kind: Kind) -> Option<Role> {
    match kind {
        Kind::ChatRecord => Some(Role::Forwarded),
        Kind::Link | Kind::MiniProgram | Kind::News | Kind::Feed => Some(Role::LinkTitle),
        Kind::File | Kind::Document | Kind::Image | Kind::Video => Some(Role::Attachment),
        _ => None,
    }
}

fn add(found: &mut Vec<Segment>, role: Role, start: usize, end: usize) {
    match found.last_mut() {
        _ if start >= end => {}
        Some(last) if last.role == role && last.end == start => last.end = end,
        _ => found.push(Segment { role, start, end }),
    }
}

/// The lines of a text with where they begin; each has its line end.
fn lines(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = from;
    text[from..].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    })
}

/// Lines behind `>`.
fn quoted_lines(text: &str, found: &mut Vec<Segment>) {
    let mut quoted = Vec::new();
    for (start, line) in lines(text, 0) {
        if is_quoted(line) {
            add(&mut quoted, Role::Quotation, start, start + line.len());
        }
    }
    merge(found, quoted);
}

fn is_quoted(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    line.starts_with(['>', '＞']) || line.starts_with("&gt;")
}

/// Puts further segments between those that are there, which are in order; where two overlap, the one that is there stays.
fn merge(found: &mut Vec<Segment>, more: Vec<Segment>) {
    let known = found.len();
    for segment in more {
        let next = found[..known].partition_point(|other| other.end <= segment.start);
        if next == known || segment.end <= found[next].start {
            found.push(segment);
        }
    }
    found.sort_unstable_by_key(|segment| segment.start);
}
