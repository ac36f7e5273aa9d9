//! Bytes in, messages out.

use crate::split::{Cut, Lines, Position, Values, What};
use crate::{Format, Item, LineError, SourceContext, ndjson, wecom};
use proviso_model::Message;
use proviso_model::canonical::Defaults;

/// Reads messages from the bytes of a source, in pieces of any size.
///
/// Synchronous and without I/O. It keeps what was pushed and not yet taken, and beyond that one unfinished value of at most
/// `SOURCE_VALUE_BYTES_MAX` bytes: take all items after each push, and memory is bounded whatever the source's size.
#[derive(Debug)]
pub struct Reader {
    splitter: Splitter,
    context: SourceContext,
    /// Behind the last item.
    position: Position,
    ended: bool,
}

#[derive(Debug)]
enum Splitter {
    Values(Values),
    Lines(Lines, Defaults),
}

impl Reader {
    /// At the beginning of a source.
    pub fn new(format: Format, context: SourceContext) -> Self {
        Self::resume(format, context, 0, 0)
    }

    /// Behind an item of a source: `offset` is its `offset_end`, and `lines` is the number of line feeds before that offset.
    /// The next bytes to push are those from `offset` on.
    pub fn resume(format: Format, context: SourceContext, offset: u64, lines: u64) -> Self {
        let position = Position { offset, lines };
        let splitter = match format {
            Format::Wecom => Splitter::Values(Values::starting_at(position)),
            Format::Ndjson => {
                let defaults = Defaults {
                    tenant: Some(context.tenant().to_owned()),
                    channel: Some(context.channel().to_owned()),
                };
                Splitter::Lines(Lines::starting_at(position), defaults)
            }
        };
        Self {
            splitter,
            context,
            position,
            ended: false,
        }
    }

    /// Takes the next bytes of the source.
    pub fn push(&mut self, bytes: &[u8]) {
        match &mut self.splitter {
            Splitter::Values(values) => values.push(bytes),
            Splitter::Lines(lines, _) => lines.push(bytes),
        }
    }

    /// The next item that the bytes so far hold; `None` if more bytes are needed.
    pub fn next_item(&mut self) -> Option<Item> {
        loop {
            let cut = match &mut self.splitter {
                Splitter::Values(values) => values.next(self.ended),
                Splitter::Lines(lines, _) => lines.next(self.ended),
            }?;
            self.position = cut.behind;
            if let Some(item) = self.item(cut) {
                return Some(item);
            }
        }
    }

    /// The items that are left, now that no more bytes come. A source that ends inside a value gives an error for it.
    pub fn finish(mut self) -> impl Iterator<Item = Item> {
        self.ended = true;
        std::iter::from_fn(move || self.next_item())
    }

    /// Offset behind the last item, and the number of line feeds before it: what `resume` takes.
    pub fn position(&self) -> (u64, u64) {
        (self.position.offset, self.position.lines)
    }

    /// Bytes that are kept because the value they belong to is not finished, or not taken.
    pub(crate) fn pending_bytes(&self) -> usize {
        match &self.splitter {
            Splitter::Values(values) => values.needed(),
            Splitter::Lines(lines, _) => lines.needed(),
        }
    }

    /// Gives back the memory that the kept bytes do not need.
    pub(crate) fn shrink(&mut self) {
        match &mut self.splitter {
            Splitter::Values(values) => values.shrink(),
            Splitter::Lines(lines, _) => lines.shrink(),
        }
    }

    /// The last line of a source of lines, if no line feed ends it and it is a whole object all the same. To be called when
    /// `next_item` has given `None`, for a source that somebody may still be writing.
    pub(crate) fn take_unended_line(&mut self) -> Option<Item> {
        let Splitter::Lines(lines, _) = &mut self.splitter else {
            return None;
        };
        let line = lines.bytes(lines.tail()?);
        if !line.starts_with(b"{") || serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err() {
            return None;
        }
        let cut = lines.take_tail()?;
        self.position = cut.behind;
        self.item(cut)
    }

    /// `None` for the frame of a page in order.
    fn item(&self, cut: Cut) -> Option<Item> {
        let result = match cut.what {
            What::Value(range) => {
                let bytes = match &self.splitter {
                    Splitter::Values(values) => values.bytes(range),
                    Splitter::Lines(lines, _) => lines.bytes(range),
                };
                self.message(bytes, cut.line)
            }
            What::PageFrame(bytes) => Err(text_of(&bytes).and_then(wecom::page_frame).err()?),
            What::Broken(reason) => Err(reason),
        };
        Some(Item {
            line: cut.line,
            offset_end: cut.behind.offset,
            result: result.map_err(LineError::new),
        })
    }

    fn message(&self, bytes: &[u8], line: u64) -> Result<Message, String> {
        let text = text_of(bytes)?;
        match &self.splitter {
            Splitter::Values(_) => wecom::message(text, line, &self.context),
            Splitter::Lines(_, defaults) => ndjson::message(text, defaults),
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| format!("byte {} of the value is not UTF-8", error.valid_up_to() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;

    /// What is kept at most while a source of these pieces, over and over, is read.
    fn kept_at_most(format: Format, begin: &str, piece: &str, times: usize) -> usize {
        let context = SourceContext::new("bank", "chat").expect("both are fit");
        let mut reader = Reader::new(format, context);
        reader.push(begin.as_bytes());
        let mut most = 0;
        for _ in 0..times {
            reader.push(piece.as_bytes());
            while reader.next_item().is_some() {}
            most = most.max(reader.pending_bytes());
        }
        most
    }

    #[test]
    fn memory_is_bounded_whatever_the_source() {
        let piece = 1 << 20;
        let bound = SOURCE_VALUE_BYTES_MAX + piece;
        let (times, text) = (40, "x".repeat(piece));
        for format in Format::ALL {
            assert_eq!(
                kept_at_most(format, "", &text, times),
                if format == Format::Wecom { 0 } else { bound - piece }
            );
            assert!(kept_at_most(format, "{\"msgid\":\"", &text, times) <= bound);
            assert!(kept_at_most(format, "", &"{\"msgid\":1}\n".repeat(1000), times) < 100);
        }
        assert!(kept_at_most(Format::Wecom, "{\"x\":\n[", &"1,\n".repeat(piece / 3), times) <= bound);
        assert!(kept_at_most(Format::Wecom, "{\"chatdata\":[", &"{\"msgid\":1},".repeat(1000), times) < 100);
    }
}
