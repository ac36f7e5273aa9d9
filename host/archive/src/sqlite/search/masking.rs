//! Messages under pseudonyms, as who may look for messages and not read them is given them.
//!
//! What stands within a pseudonym counts for a query only where the query names all of it: else who knows three digits of a number would find the fourth by
//! asking ten times.

use crate::sqlite::Sqlite;
use crate::sqlite::evidence::OfSearches;
use proviso_evidence::mask::{Mask, Replaced};
use proviso_model::Message;
use proviso_model::verdict::Span;
use proviso_search::{Examiner, Extent, Labels, Mark, Place, Prepared};
use std::ops::Range;
use std::sync::Arc;

/// What one thread examines messages with.
pub(super) struct Examining {
    examiner: Examiner,
    mask: Option<Mask<OfSearches>>,
}

impl Examining {
    pub(super) fn new(store: &Arc<Sqlite>, mask: Option<&Mask<OfSearches>>) -> Self {
        Self {
            examiner: Examiner::default(),
            mask: mask.map(|mask| mask.another(OfSearches(Arc::clone(store)))),
        }
    }

    /// The message as it is given, and where the words of the query stand in that; none where the query does not find it.
    pub(super) fn find(&mut self, query: &Prepared, message: Message, labels: &Labels) -> Option<(Message, Vec<Mark>)> {
        let Some(mask) = &mut self.mask else {
            let marks = self.examiner.examine(query, &message, labels)?;
            return Some((message, marks));
        };
        let (masked, replaced) = mask.message(&message);
        let is_hidden = |mark: &Mark, named| is_hidden(mark, named, &message, &replaced);
        let marks = self.examiner.examine_hiding(query, &message, labels, &is_hidden)?;
        let marks = marks.into_iter().map(|mark| moved(mark, &masked, &replaced)).collect();
        Some((masked, marks))
    }
}

/// True of a place in what a pseudonym stands for, unless the query names all of that.
fn is_hidden(mark: &Mark, named: Extent, message: &Message, replaced: &[Replaced]) -> bool {
    let (start, end) = (mark.span.start as usize, mark.span.end as usize);
    let is_part_of = |was: Range<usize>| {
        let overlaps = start < was.end && was.start < end;
        overlaps && (named == Extent::Part || !(start <= was.start && was.end <= end))
    };
    match mark.place {
        Place::Text => {
            let from = replaced.partition_point(|one| one.was.end <= start);
            let mut near = replaced[from..].iter().take_while(|one| one.was.start < end);
            near.any(|one| is_part_of(one.was.clone()))
        }
        Place::Attachment(number) => {
            let attachment = message.attachments.get(number);
            attachment.is_none_or(|attachment| is_part_of(0..attachment.name.len()))
        }
        Place::Link(number) => message.links.get(number).is_none_or(|link| is_part_of(0..link.len())),
    }
}

/// A place that is not hidden, in the message under pseudonyms.
fn moved(mark: Mark, masked: &Message, replaced: &[Replaced]) -> Mark {
    let whole = |text: Option<usize>| Span {
        start: 0,
        end: text.unwrap_or_default() as u32,
    };
    let span = match mark.place {
        Place::Text => Span {
            start: moved_byte(mark.span.start, replaced),
            end: moved_byte(mark.span.end, replaced),
        },
        Place::Attachment(number) => whole(masked.attachments.get(number).map(|one| one.name.len())),
        Place::Link(number) => whole(masked.links.get(number).map(String::len)),
    };
    Mark { span, ..mark }
}

fn moved_byte(at: u32, replaced: &[Replaced]) -> u32 {
    let before = replaced.partition_point(|one| one.was.end <= at as usize);
    match before.checked_sub(1).and_then(|last| replaced.get(last)) {
        Some(last) => (last.is.end + (at as usize - last.was.end)) as u32,
        None => at,
    }
}
