//! Where a JSON value ends, byte by byte.
//!
//! Only what decides on the end is checked here: strings, escapes and nesting. The rest is left to the parser, which says
//! more exactly what is wrong; a value that is wrong inside and balanced outside costs its neighbours nothing.

/// Levels of nesting; the JSON parser goes as deep.
const DEPTH_MAX: u32 = 127;
/// The key of the list of messages in a page of the pull API.
const PAGE_KEY: &[u8] = b"chatdata";

/// How far a value was read.
#[derive(Debug)]
pub(super) struct Grammar {
    /// One bit a level, the innermost lowest: 1 is an object, 0 a list.
    stack: u128,
    depth: u32,
    expect: Expect,
    lex: Lex,
    /// Nothing but white space was seen on this line.
    line_first: bool,
    /// Whether an outermost key may make this value a page, and how much of the key agrees so far.
    page: PageKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    Key,
    Colon,
    CommaOrEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lex {
    Between,
    String,
    Escape,
    Scalar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PageKey {
    /// The value cannot be a page.
    Never,
    /// No outermost key is being read.
    Idle,
    /// This many bytes of the key agree; `None` once one does not.
    Reading(Option<usize>),
    /// The key was read, its value comes.
    Found,
}

/// What ended a run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The bytes.
    More,
    /// The value, with the last byte taken.
    Closed,
    /// The begin of a page's list, with its bracket taken.
    PageList,
    /// A byte that cannot be, which is not taken.
    Broken(String),
}

/// Line feeds among the bytes taken.
#[derive(Debug, Default)]
pub(super) struct LineFeeds {
    pub(super) count: u64,
    /// Index behind the first of them.
    pub(super) behind_first: Option<usize>,
}

impl Grammar {
    /// At the first byte of a value. `may_be_page`: an outermost key `chatdata` with a list makes it a page.
    pub(super) fn at_value(may_be_page: bool) -> Self {
        let page = if may_be_page { PageKey::Idle } else { PageKey::Never };
        Self {
            stack: 0,
            depth: 0,
            expect: Expect::Value,
            lex: Lex::Between,
            line_first: false,
            page,
        }
    }

    /// Inside an object, before a key.
    pub(super) fn at_key() -> Self {
        Self {
            stack: 1,
            depth: 1,
            expect: Expect::Key,
            ..Self::at_value(false)
        }
    }

    /// Reads on: the number of bytes taken, and what ended the run.
    pub(super) fn run(&mut self, bytes: &[u8], feeds: &mut LineFeeds) -> (usize, Step) {
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            match self.lex {
                Lex::String => {
                    if let PageKey::Reading(agreed) = self.page {
                        if byte != b'"' {
                            self.page =
                                PageKey::Reading(agreed.filter(|n| PAGE_KEY.get(*n) == Some(&byte)).map(|n| n + 1));
                        }
                    } else {
                        at += bytes[at..]
                            .iter()
                            .take_while(|b| !matches!(b, b'"' | b'\\' | b'\n'))
                            .count();
                        if at == bytes.len() {
                            break;
                        }
                    }
                    match bytes[at] {
                        b'"' => self.string_ends(),
                        b'\\' => self.lex = Lex::Escape,
                        b'\n' => {
                            return (
                                at,
                                Step::Broken("a string is not closed before the end of its line".to_owned()),
                            );
                        }
                        _ => {}
                    }
                }
                Lex::Escape if byte == b'\n' => {
                    return (
                        at,
                        Step::Broken("a string is not closed before the end of its line".to_owned()),
                    );
                }
                Lex::Escape => self.lex = Lex::String,
                Lex::Scalar if is_scalar(byte) => {}
                Lex::Scalar => {
                    self.lex = Lex::Between;
                    if self.value_ends() {
                        return (at, Step::Closed);
                    }
                    continue;
                }
                Lex::Between => {
                    if byte == b'\n' {
                        feeds.count += 1;
                        feeds.behind_first.get_or_insert(at + 1);
                        self.line_first = true;
                    } else if !matches!(byte, b' ' | b'\t' | b'\r') {
                        match self.token(byte) {
                            Step::More => {}
                            Step::Broken(reason) => return (at, Step::Broken(reason)),
                            ended => return (at + 1, ended),
                        }
                        self.line_first = false;
                    }
                }
            }
            at += 1;
        }
        (bytes.len(), Step::More)
    }

    fn token(&mut self, byte: u8) -> Step {
        match byte {
            b'{' | b'[' => return self.opens(byte),
            b'}' | b']' => return self.closes(byte),
            b',' => self.expect = if self.in_object() { Expect::Key } else { Expect::Value },
            b':' => self.expect = Expect::Value,
            b'"' => {
                if self.depth == 1 && self.expect == Expect::Key && self.page == PageKey::Idle {
                    self.page = PageKey::Reading(Some(0));
                }
                self.lex = Lex::String;
            }
            _ => self.lex = Lex::Scalar,
        }
        if !matches!(byte, b':' | b'"') && self.page == PageKey::Found {
            self.page = PageKey::Idle;
        }
        Step::More
    }

    fn opens(&mut self, byte: u8) -> Step {
        if self.expect != Expect::Value && self.line_first {
            return Step::Broken("it is not closed before another value begins".to_owned());
        }
        if self.depth == DEPTH_MAX {
            return Step::Broken(format!("nested deeper than {DEPTH_MAX} levels"));
        }
        if byte == b'[' && self.page == PageKey::Found && self.depth == 1 {
            return Step::PageList;
        }
        if self.page == PageKey::Found {
            self.page = PageKey::Idle;
        }
        let object = byte == b'{';
        self.stack = self.stack << 1 | u128::from(object);
        self.depth += 1;
        self.expect = if object { Expect::Key } else { Expect::Value };
        Step::More
    }

    fn closes(&mut self, byte: u8) -> Step {
        if self.in_object() != (byte == b'}') {
            let (open, close) = if self.in_object() { ('{', ']') } else { ('[', '}') };
            return Step::Broken(format!("{open:?} is closed by {close:?}"));
        }
        self.stack >>= 1;
        self.depth -= 1;
        if self.value_ends() { Step::Closed } else { Step::More }
    }

    fn string_ends(&mut self) {
        self.lex = Lex::Between;
        if let PageKey::Reading(agreed) = self.page {
            self.page = if agreed == Some(PAGE_KEY.len()) {
                PageKey::Found
            } else {
                PageKey::Idle
            };
        } else if self.page == PageKey::Found {
            self.page = PageKey::Idle;
        }
        self.expect = if self.expect == Expect::Key {
            Expect::Colon
        } else {
            Expect::CommaOrEnd
        };
    }

    /// True if that was the outermost value.
    fn value_ends(&mut self) -> bool {
        self.expect = Expect::CommaOrEnd;
        self.depth == 0
    }

    fn in_object(&self) -> bool {
        self.stack & 1 == 1 && self.depth > 0
    }
}

fn is_scalar(byte: u8) -> bool {
    !matches!(
        byte,
        b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b'"' | b'{' | b'}' | b'[' | b']'
    )
}
