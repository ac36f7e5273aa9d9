//! Bytes in, messages out.

use crate::not_text::{self, NotText};
use crate::split::{Cut, Lines, Position, Values, What};
use crate::{Format, Item, LineError, Origin, ndjson, wecom};
use proviso_model::Message;
use proviso_model::canonical::Defaults;
use std::sync::Arc;

/// Reads messages from the bytes of a source, in pieces of any size.
///
/// Synchronous and without I/O. It keeps what was pushed and not yet taken, and beyond that one unfinished value of at most
/// `SOURCE_VALUE_BYTES_MAX` bytes: take all items after each push, and memory is bounded whatever the source's size.
#[derive(Debug)]
pub struct Reader {
    splitter: Splitter,
    origin: Arc<Origin>,
    /// Behind the last item.
    position: Position,
    ended: bool,
    beginning: Beginning,
}

/// What is known of the source's first bytes.
#[derive(Debug)]
enum Beginning {
    /// They are not all there.
    Awaited(Vec<u8>),
    /// They may be text, or reading began behind them.
    Text,
    /// The source is no text, which is still to be told.
    NotText(NotText),
    /// It was told; what else comes is passed over.
    Told,
}

#[derive(Debug)]
enum Splitter {
    Values(Values),
    Lines(Lines, Defaults),
}

impl Reader {
    /// At the beginning of a source. One that is compressed, or in UTF-16 or UTF-32, gives one error that names what it is.
    pub fn new(format: Format, origin: impl Into<Arc<Origin>>) -> Self {
        Self {
            beginning: Beginning::Awaited(Vec::new()),
            ..Self::resume(format, origin, 0, 0)
        }
    }

    /// Behind an item of a source: `offset` is its `offset_end`, and `lines` is the number of line feeds before that offset.
    /// The next bytes to push are those from `offset` on.
    pub fn resume(format: Format, origin: impl Into<Arc<Origin>>, offset: u64, lines: u64) -> Self {
        let origin = origin.into();
        let position = Position { offset, lines };
        let splitter = match format {
            Format::Wecom => Splitter::Values(Values::starting_at(position)),
            Format::Ndjson => {
                let defaults = Defaults {
                    tenant: Some(origin.context().tenant().to_owned()),
                    channel: Some(origin.context().channel().to_owned()),
                };
                Splitter::Lines(Lines::starting_at(position), defaults)
            }
        };
        Self {
            splitter,
            origin,
            position,
            ended: false,
            beginning: Beginning::Text,
        }
    }

    /// Takes the next bytes of the source.
    pub fn push(&mut self, bytes: &[u8]) {
        if let Beginning::Awaited(head) = &mut self.beginning {
            let wanted = not_text::HEAD_BYTES - head.len();
            head.extend_from_slice(&bytes[..bytes.len().min(wanted)]);
            if head.len() == not_text::HEAD_BYTES {
                self.begin();
            }
        }
        match &mut self.splitter {
            _ if matches!(self.beginning, Beginning::NotText(_) | Beginning::Told) => {}
            Splitter::Values(values) => values.push(bytes),
            Splitter::Lines(lines, _) => lines.push(bytes),
        }
    }

    /// Decides by the first bytes, as many as there are.
    fn begin(&mut self) {
        if let Beginning::Awaited(head) = &self.beginning {
            self.beginning = NotText::of_head(head).map_or(Beginning::Text, Beginning::NotText);
        }
    }

    /// The next item that the bytes so far hold; `None` if more bytes are needed.
    pub fn next_item(&mut self) -> Option<Item> {
        match self.beginning {
            Beginning::Text => {}
            Beginning::Awaited(_) | Beginning::Told => return None,
            Beginning::NotText(not_text) => {
                self.beginning = Beginning::Told;
                return Some(Item {
                    line: 1,
                    offset_end: 0,
                    result: Err(LineError::new(not_text.to_string())),
                });
            }
        }
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
        self.begin();
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
        self.begin();
        if !matches!(self.beginning, Beginning::Text) {
            return self.next_item();
        }
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
            What::PageFrame(bytes) => Err(LineError::new(text_of(&bytes).and_then(wecom::page_frame).err()?)),
            What::Broken(reason) => Err(LineError::new(reason)),
        };
        Some(Item {
            line: cut.line,
            offset_end: cut.behind.offset,
            result,
        })
    }

    fn message(&self, bytes: &[u8], line: u64) -> Result<Message, LineError> {
        let text = text_of(bytes).map_err(LineError::new)?;
        let message = match &self.splitter {
            Splitter::Values(_) => wecom::message(text, line, self.origin.context()),
            Splitter::Lines(_, defaults) => ndjson::message(text, defaults),
        };
        let message = message.map_err(LineError::new)?;
        self.origin.check(&message)?;
        Ok(message)
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| not_text::not_utf8(bytes, error.valid_up_to()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceContext;
    use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;

    fn origin() -> Origin {
        Origin::bound("test", SourceContext::new("bank", "chat").expect("both are fit"))
    }

    /// What is kept at most while a source of these pieces, over and over, is read.
    fn kept_at_most(format: Format, begin: &str, piece: &str, times: usize) -> usize {
        let mut reader = Reader::new(format, origin());
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

    #[test]
    fn a_source_that_is_no_text_is_told_once_however_it_arrives() {
        let utf16: Vec<u8> = "\u{feff}{\"id\":\"a\"}\n{\"id\":\"b\"}\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let gzip = b"\x1f\x8b\x08\0\0\n\n\n{}\n".to_vec();
        let table = [
            (utf16, "it is UTF-16: "),
            (gzip, "it is compressed with gzip: "),
            (b"\x1f\x8b".to_vec(), "it is compressed"),
        ];
        for format in Format::ALL {
            for (bytes, expected) in &table {
                for size in [1, 3, 1000] {
                    let mut reader = Reader::new(format, origin());
                    let mut items = Vec::new();
                    for piece in bytes.chunks(size) {
                        reader.push(piece);
                        items.extend(std::iter::from_fn(|| reader.next_item()));
                    }
                    items.extend(reader.finish());
                    assert_eq!(items.len(), 1, "{format} {expected} {size}");
                    let reason = &items[0].result.as_ref().unwrap_err().reason;
                    assert!(reason.starts_with(expected), "{reason}");
                }
            }
        }
    }

    #[test]
    fn a_line_cannot_speak_for_another_tenant_or_channel() {
        let line = |id: &str, rest: &str| format!("{{\"id\":\"{id}\",\"sent_at\":0,\"from\":\"x\"{rest}}}\n");
        let source = [
            line("own", ""),
            line("named", ",\"tenant\":\"bank\",\"channel\":\"chat\""),
            line("tenant", ",\"tenant\":\"shop\""),
            line("channel", ",\"channel\":\"mail\""),
        ];
        let mut reader = Reader::new(Format::Ndjson, origin());
        reader.push(source.concat().as_bytes());
        let read: Vec<_> = reader
            .finish()
            .map(|item| (item.line, item.result.map(|message| message.id.native.clone())))
            .map(|(line, read)| {
                (
                    line,
                    read.map_err(|error| error.reason.split(':').next().unwrap().to_owned()),
                )
            })
            .collect();
        let refused = |text: &str| Err(text.to_owned());
        assert_eq!(
            read,
            [
                (1, Ok("own".to_owned())),
                (2, Ok("named".to_owned())),
                (3, refused("`tenant` is \"shop\"")),
                (4, refused("`channel` is \"mail\"")),
            ]
        );
    }
}
