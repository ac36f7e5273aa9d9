//! Entries of the log and their one canonical form in bytes.
//!
//! ```text
//! 0x01 ‖ length of kind (1 byte) ‖ kind ‖ number of fields (2 bytes)
//!      ‖ for each field, by name: length of name (1 byte) ‖ name ‖ type (1 byte) ‖ length of value (4 bytes) ‖ value
//! ```
//!
//! Lengths and numbers have the higher byte first. Every part stands behind its length and names ascend, so that no two entries share
//! bytes; what is not written so is not read.

use std::borrow::Cow;
use std::fmt;

/// The most bytes of an entry.
pub const ENTRY_BYTES_MAX: usize = 1024 * 1024;
/// The most fields of an entry.
pub const FIELDS_MAX: usize = 256;
/// The most bytes of a kind or of a field's name.
pub const WORD_BYTES_MAX: usize = 64;

/// The version of the form: its first byte.
const VERSION: u8 = 1;

/// What a field says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// UTF-8; type 1.
    Text(String),
    /// Bytes, such as a digest; type 2.
    Bytes(Vec<u8>),
    /// A number, a count or a time in milliseconds; type 3, in 8 bytes.
    Integer(i64),
}

/// What happened, as the log has it: a kind, and fields by name. Kinds and names are 1-64 bytes of `a-z`, `0-9` and `-`.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    kind: Cow<'static, str>,
    /// Names ascend.
    fields: Vec<(Cow<'static, str>, Value)>,
}

/// What is no entry. It shows nothing of what the fields say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A kind or name that none may be.
    #[error("{0:?} is no kind of an entry and no name of a field: expected 1-{WORD_BYTES_MAX} of a-z, 0-9 and \"-\"")]
    Word(String),
    /// A field twice.
    #[error("the entry has the field {0:?} twice")]
    Twice(String),
    /// Too many fields.
    #[error("the entry has {0} fields: expected at most {FIELDS_MAX}")]
    Fields(usize),
    /// Too long.
    #[error("the entry has {0} bytes: expected at most {ENTRY_BYTES_MAX}")]
    TooLong(usize),
    /// Another version of the form.
    #[error("the entry is of form {0}: expected {VERSION}")]
    Version(u8),
    /// Bytes that no entry is written as.
    #[error("byte {0} of the entry is not of its canonical form")]
    Form(usize),
}

impl Entry {
    /// An entry with its fields, in any order.
    pub fn new(
        kind: impl Into<Cow<'static, str>>,
        fields: impl IntoIterator<Item = (impl Into<Cow<'static, str>>, Value)>,
    ) -> Result<Self, EntryError> {
        let (kind, fields) = (
            kind.into(),
            fields.into_iter().map(|(name, value)| (name.into(), value)),
        );
        let mut fields: Vec<(Cow<'static, str>, Value)> = fields.collect();
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        let names = fields.iter().map(|(name, _)| name);
        if let Some(bad) = names.chain([&kind]).find(|word| !is_word(word.as_bytes())) {
            return Err(EntryError::Word(
                bad[..bad.floor_char_boundary(WORD_BYTES_MAX)].to_owned(),
            ));
        }
        if let Some([(name, _), _]) = fields.array_windows().find(|[(one, _), (other, _)]| one == other) {
            return Err(EntryError::Twice(name.clone().into_owned()));
        }
        if fields.len() > FIELDS_MAX {
            return Err(EntryError::Fields(fields.len()));
        }
        let entry = Self { kind, fields };
        let length = entry.length();
        if length > ENTRY_BYTES_MAX {
            Err(EntryError::TooLong(length))
        } else {
            Ok(entry)
        }
    }

    /// What kind of entry.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The fields by name, ascending.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (&**name, value))
    }

    /// What a field says.
    pub fn field(&self, name: &str) -> Option<&Value> {
        let at = self.fields.binary_search_by(|(other, _)| (**other).cmp(name)).ok()?;
        Some(&self.fields[at].1)
    }

    /// The canonical bytes: at most [`ENTRY_BYTES_MAX`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.length());
        bytes.extend([VERSION, self.kind.len() as u8]);
        bytes.extend(self.kind.as_bytes());
        bytes.extend((self.fields.len() as u16).to_be_bytes());
        for (name, value) in &self.fields {
            bytes.push(name.len() as u8);
            bytes.extend(name.as_bytes());
            let number;
            let (kind, value): (u8, &[u8]) = match value {
                Value::Text(text) => (1, text.as_bytes()),
                Value::Bytes(bytes) => (2, bytes),
                Value::Integer(integer) => {
                    number = integer.to_be_bytes();
                    (3, &number)
                }
            };
            bytes.push(kind);
            bytes.extend((value.len() as u32).to_be_bytes());
            bytes.extend(value);
        }
        bytes
    }

    fn length(&self) -> usize {
        let fields = self.fields.iter().map(|(name, value)| {
            let value = match value {
                Value::Text(text) => text.len(),
                Value::Bytes(bytes) => bytes.len(),
                Value::Integer(_) => size_of::<i64>(),
            };
            1 + name.len() + 1 + size_of::<u32>() + value
        });
        2 + self.kind.len() + size_of::<u16>() + fields.sum::<usize>()
    }

    /// Reads canonical bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        let mut fields = Vec::new();
        let kind = walk(bytes, |name, value| {
            let value = match value {
                Read::Text(text) => Value::Text(text.to_owned()),
                Read::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
                Read::Integer(integer) => Value::Integer(integer),
            };
            fields.push((Cow::Owned(name.to_owned()), value));
        })?;
        Ok(Self {
            kind: Cow::Owned(kind.to_owned()),
            fields,
        })
    }

    /// Looks whether bytes are canonical, without keeping anything of them; says their kind.
    pub fn kind_of(bytes: &[u8]) -> Result<&str, EntryError> {
        walk(bytes, |_, _| {})
    }
}

/// Kind and names of fields; values may be about people.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| &**name).collect();
        write!(f, "Entry({} {names:?})", self.kind)
    }
}

fn is_word(bytes: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    (1..=WORD_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(plain)
}

enum Read<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    Integer(i64),
}

/// Reads bytes from the beginning to the end, gives each field, and says the kind.
fn walk<'a>(bytes: &'a [u8], mut field: impl FnMut(&'a str, Read<'a>)) -> Result<&'a str, EntryError> {
    if bytes.len() > ENTRY_BYTES_MAX {
        return Err(EntryError::TooLong(bytes.len()));
    }
    let mut reader = Reader { bytes, at: 0 };
    match reader.array()? {
        [VERSION] => {}
        [version] => return Err(EntryError::Version(version)),
    }
    let kind = reader.word()?;
    let count = usize::from(u16::from_be_bytes(reader.array()?));
    if count > FIELDS_MAX {
        return Err(EntryError::Fields(count));
    }
    let mut last = "";
    for _ in 0..count {
        let at = reader.at;
        let name = reader.word()?;
        if name <= last {
            return Err(EntryError::Form(at));
        }
        last = name;
        let at = reader.at;
        let [kind] = reader.array()?;
        let length = u32::from_be_bytes(reader.array()?);
        let value = reader.take(length as usize)?;
        let value = match kind {
            1 => std::str::from_utf8(value).ok().map(Read::Text),
            2 => Some(Read::Bytes(value)),
            3 => value
                .try_into()
                .ok()
                .map(|bytes| Read::Integer(i64::from_be_bytes(bytes))),
            _ => None,
        };
        field(name, value.ok_or(EntryError::Form(at))?);
    }
    if reader.at == bytes.len() {
        Ok(kind)
    } else {
        Err(EntryError::Form(reader.at))
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], EntryError> {
        let end = self.at.checked_add(length);
        let taken = end
            .and_then(|end| self.bytes.get(self.at..end))
            .ok_or(EntryError::Form(self.at))?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], EntryError> {
        let at = self.at;
        self.take(N)?.try_into().map_err(|_| EntryError::Form(at))
    }

    fn word(&mut self) -> Result<&'a str, EntryError> {
        let at = self.at;
        let [length] = self.array()?;
        let word = self.take(usize::from(length))?;
        let text = std::str::from_utf8(word).ok().filter(|_| is_word(word));
        text.ok_or(EntryError::Form(at))
    }
}
