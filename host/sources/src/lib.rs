//! Where messages come from: native chat formats turned into [`proviso_model::Message`], and a spool folder that is followed.
//!
//! [`Reader`] is synchronous and does no I/O: bytes in, items out. [`Spool`] reads a folder with it.
//!
//! ```
//! use proviso_sources::{Format, Origin, Reader, SourceContext};
//!
//! let origin = Origin::bound("inbox", SourceContext::new("bank", "wecom")?);
//! let mut reader = Reader::new(Format::Wecom, origin);
//! reader.push(br#"{"msgid":"m1","action":"send","from":"ken","tolist":["icef"],"msgtime":1603875657905,
//!                  "msgtype":"text","text":{"content":"hello"}}"#);
//! let item = reader.next_item().expect("one whole value was pushed");
//! assert_eq!((item.line, item.result?.text.as_str()), (1, "hello"));
//! assert_eq!(reader.finish().count(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod context;
mod delivery;
mod format;
mod item;
mod mend;
mod ndjson;
mod not_text;
mod origin;
mod reader;
mod split;
mod spool;
mod wecom;

pub use context::{BadContext, SourceContext};
pub use delivery::Delivery;
pub use format::{Format, UnknownFormat};
pub use item::{Item, LineError};
pub use origin::Origin;
pub use reader::Reader;
pub use spool::{BadCursor, Cursor, Spool, SpoolError, StoredCursor};
