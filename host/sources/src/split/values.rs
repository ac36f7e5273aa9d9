//! JSON values one behind the other, over as many lines as they like; lists of them; pages of the pull API.
//!
//! After a broken value, reading goes on at the next line, behind the one on which the value began, that begins a value.

use super::grammar::{Grammar, LineFeeds, Step};
use super::window::Window;
use super::{BYTE_ORDER_MARK, Cut, Position, What, over_long};
use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;
use std::ops::Range;

/// Cuts objects out of a stream of JSON.
#[derive(Debug)]
pub(crate) struct Values {
    window: Window,
    /// The first byte that was not taken.
    at: Position,
    around: Around,
    state: State,
}

/// What the next value stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    /// Nothing: it is a value of its own.
    Nothing,
    /// A list that began on this line (counted from 0) and may be that of a page.
    List { line: u64, page: Page },
    /// The rest of a page behind its list; `true` once a comma was seen.
    PageTail { line: u64, page: Page, comma: bool },
    /// Unknown: reading began behind a value, which may stand in a list.
    Resumed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Yes,
    No,
    Maybe,
}

#[derive(Debug)]
enum State {
    /// Between values.
    Between,
    /// In a value.
    Inside(Open),
    /// In bytes that begin no value.
    Junk { start: Position, reason: String },
    /// Behind what broke a value: looking for the next line that begins one.
    Seeking {
        start: Position,
        reason: String,
        seek: Seek,
    },
}

/// A value that is being read.
#[derive(Debug)]
struct Open {
    start: Position,
    grammar: Grammar,
    /// Where its second line begins.
    second_line: Option<u64>,
    over_long: bool,
    /// It is the rest of a page, without its opening brace.
    page_tail: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seek {
    /// The end of this line, behind which reading goes on.
    LineEnd,
    /// The end of this line, behind which a line must be found that begins a value.
    ThenValue,
    /// At the begin of a line, or behind white space there.
    Value,
}

impl Values {
    pub(crate) fn starting_at(start: Position) -> Self {
        let around = if start.offset == 0 {
            Around::Nothing
        } else {
            Around::Resumed
        };
        Self {
            window: Window::starting_at(start.offset),
            at: start,
            around,
            state: State::Between,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.window.push(bytes);
    }

    /// The bytes of a value that the last call of `next` named.
    pub(crate) fn bytes(&self, range: Range<u64>) -> &[u8] {
        self.window.slice(range)
    }

    pub(crate) fn needed(&self) -> usize {
        self.window.needed()
    }

    pub(crate) fn shrink(&mut self) {
        self.window.shrink();
    }

    /// The next stretch; with `ended`, no more bytes will come.
    pub(crate) fn next(&mut self, ended: bool) -> Option<Cut> {
        loop {
            self.forget();
            let before = self.at;
            let cut = match std::mem::replace(&mut self.state, State::Between) {
                State::Between => self.between(ended),
                State::Inside(open) => self.inside(open, ended),
                State::Junk { start, reason } => self.junk(start, reason, ended),
                State::Seeking { start, reason, seek } => self.seek(start, reason, seek, ended),
            };
            if cut.is_some() {
                return cut;
            }
            // Nothing was taken and nothing was opened: more bytes are needed, or all are read.
            let waits =
                self.at.offset == self.window.end() || (self.at == before && matches!(self.state, State::Between));
            if waits && (!ended || matches!(self.state, State::Between)) {
                self.forget();
                return None;
            }
        }
    }

    fn forget(&mut self) {
        self.window.forget_before(match &self.state {
            State::Inside(open) if !open.over_long => open.start.offset,
            _ => self.at.offset,
        });
    }

    fn between(&mut self, ended: bool) -> Option<Cut> {
        loop {
            let bytes = self.window.from(self.at.offset);
            let Some(&byte) = bytes.first() else {
                return if ended { self.ends_between() } else { None };
            };
            // It may stand where one file was put behind another.
            if BYTE_ORDER_MARK.starts_with(&bytes[..bytes.len().min(BYTE_ORDER_MARK.len())]) {
                if bytes.len() >= BYTE_ORDER_MARK.len() {
                    self.at.offset += BYTE_ORDER_MARK.len() as u64;
                    continue;
                }
                if !ended {
                    return None;
                }
            }
            match (byte, self.around) {
                (b'\n', _) => self.at.lines += 1,
                (b' ' | b'\t' | b'\r', _) | (b',', Around::List { .. }) => {}
                (b'{' | b'[', Around::PageTail { page, comma, line }) => {
                    self.around = if comma {
                        Around::List { line, page }
                    } else {
                        Around::Nothing
                    };
                    if page == Page::Yes && !comma {
                        return Some(self.broken(self.at, "the page before it is not closed".to_owned()));
                    }
                    continue;
                }
                (b'[', Around::Nothing | Around::Resumed) => {
                    self.around = Around::List {
                        line: self.at.lines,
                        page: Page::No,
                    };
                }
                (b'{' | b'[', around) => {
                    self.open(Grammar::at_value(!matches!(around, Around::List { .. })), false);
                    return None;
                }
                (b',', Around::Resumed) => {
                    self.around = Around::List {
                        line: self.at.lines,
                        page: Page::Maybe,
                    }
                }
                (b']', Around::List { page: Page::No, .. }) | (b'}', Around::PageTail { .. }) => {
                    self.around = Around::Nothing;
                }
                (b']', Around::List { line, page }) => {
                    self.around = Around::PageTail {
                        line,
                        page,
                        comma: false,
                    }
                }
                (b']', Around::Resumed) => {
                    self.around = Around::PageTail {
                        line: self.at.lines,
                        page: Page::Maybe,
                        comma: false,
                    };
                }
                (
                    b',',
                    Around::PageTail {
                        line,
                        page,
                        comma: false,
                    },
                ) => {
                    self.around = Around::PageTail {
                        line,
                        page,
                        comma: true,
                    };
                }
                (b'"', Around::PageTail { comma: true, .. }) => {
                    self.around = Around::Nothing;
                    self.open(Grammar::at_key(), true);
                    return None;
                }
                _ => {
                    if !matches!(self.around, Around::List { .. }) {
                        self.around = Around::Nothing;
                    }
                    self.state = State::Junk {
                        start: self.at,
                        reason: what_it_is(byte),
                    };
                    return None;
                }
            }
            self.at.offset += 1;
        }
    }

    fn ends_between(&mut self) -> Option<Cut> {
        let around = std::mem::replace(&mut self.around, Around::Nothing);
        let (Around::List { line, .. }
        | Around::PageTail {
            line, page: Page::Yes, ..
        }) = around
        else {
            return None;
        };
        Some(self.broken(
            self.at,
            format!("the source ends inside the list that begins on line {}", line + 1),
        ))
    }

    fn open(&mut self, grammar: Grammar, page_tail: bool) {
        let open = Open {
            start: self.at,
            grammar,
            second_line: None,
            over_long: false,
            page_tail,
        };
        self.state = State::Inside(open);
    }

    fn inside(&mut self, mut open: Open, ended: bool) -> Option<Cut> {
        let mut bytes = self.window.from(self.at.offset);
        // The place where a value becomes too long must not depend on how the bytes arrive.
        let until_over_long =
            (open.start.offset + SOURCE_VALUE_BYTES_MAX as u64 + 1).saturating_sub(self.at.offset) as usize;
        if !open.over_long {
            bytes = &bytes[..bytes.len().min(until_over_long)];
        }
        let mut feeds = LineFeeds::default();
        let (taken, step) = open.grammar.run(bytes, &mut feeds);
        if open.second_line.is_none() {
            open.second_line = feeds.behind_first.map(|index| self.at.offset + index as u64);
        }
        self.at.offset += taken as u64;
        self.at.lines += feeds.count;
        open.over_long |= taken == until_over_long;
        match step {
            Step::More if ended && self.at.offset == self.window.end() => {
                self.breaks(&open, "the source ends inside it".to_owned());
                None
            }
            Step::More => {
                self.state = State::Inside(open);
                None
            }
            Step::Broken(reason) => {
                self.breaks(&open, reason);
                None
            }
            Step::Closed if open.over_long => Some(self.broken(open.start, over_long())),
            Step::Closed => {
                let range = open.start.offset..self.at.offset;
                let what = if open.page_tail {
                    What::PageFrame([b"{", self.window.slice(range)].concat())
                } else {
                    What::Value(range)
                };
                Some(Cut {
                    line: open.start.lines + 1,
                    behind: self.at,
                    what,
                })
            }
            Step::PageList => {
                self.around = Around::List {
                    line: self.at.lines,
                    page: Page::Yes,
                };
                if open.over_long {
                    return Some(self.broken(open.start, over_long()));
                }
                let before = self.window.slice(open.start.offset..self.at.offset);
                Some(Cut {
                    line: open.start.lines + 1,
                    behind: self.at,
                    what: What::PageFrame([before, b"]}"].concat()),
                })
            }
        }
    }

    /// Chooses where to look for the next value.
    fn breaks(&mut self, open: &Open, reason: String) {
        let start = open.start;
        let seek = if open.over_long {
            // The lines behind its first are no longer there; a value that begins here is.
            if self
                .window
                .from(self.at.offset)
                .first()
                .is_some_and(|b| matches!(b, b'{' | b'['))
            {
                Seek::Value
            } else {
                Seek::ThenValue
            }
        } else if let Some(second_line) = open.second_line {
            self.at = Position {
                offset: second_line,
                lines: start.lines + 1,
            };
            Seek::Value
        } else {
            Seek::LineEnd
        };
        self.state = State::Seeking { start, reason, seek };
    }

    fn seek(&mut self, start: Position, reason: String, mut seek: Seek, ended: bool) -> Option<Cut> {
        let mut found = false;
        let in_list = matches!(self.around, Around::List { .. });
        for byte in self.window.from(self.at.offset) {
            match (seek, byte) {
                (Seek::Value, b'{' | b'[') => found = true,
                (Seek::Value, b',') if in_list => found = true,
                (Seek::Value, b' ' | b'\t' | b'\r' | b'\n') => {}
                (Seek::Value, _) => seek = Seek::ThenValue,
                (Seek::ThenValue, b'\n') => seek = Seek::Value,
                _ => {}
            }
            if found {
                break;
            }
            self.at.offset += 1;
            self.at.lines += u64::from(*byte == b'\n');
            if seek == Seek::LineEnd && *byte == b'\n' {
                found = true;
                break;
            }
        }
        if found || ended {
            return Some(self.broken(start, reason));
        }
        self.state = State::Seeking { start, reason, seek };
        None
    }

    fn junk(&mut self, start: Position, reason: String, ended: bool) -> Option<Cut> {
        let in_list = matches!(self.around, Around::List { .. });
        let bytes = self.window.from(self.at.offset);
        let length = bytes
            .iter()
            .position(|b| *b == b'\n' || (in_list && matches!(b, b',' | b']' | b'{')));
        self.at.offset += length.unwrap_or(bytes.len()) as u64;
        if length.is_some() || ended {
            return Some(self.broken(start, reason));
        }
        self.state = State::Junk { start, reason };
        None
    }

    fn broken(&self, start: Position, reason: String) -> Cut {
        Cut {
            line: start.lines + 1,
            behind: self.at,
            what: What::Broken(reason),
        }
    }
}

/// Says what begins where an object should, without quoting it: it may be part of a message.
fn what_it_is(first: u8) -> String {
    let found = match first {
        0xff | 0xfe => "a byte that UTF-8 does not have (is it UTF-16?)",
        0 => "a zero byte",
        b'"' => "a string",
        b'0'..=b'9' | b'-' => "a number",
        b'}' | b']' | b',' | b':' => "a bracket, comma or colon that belongs to no value",
        _ => "other text",
    };
    format!("expected an object, found {found}")
}
