//! Where messages come from: native chat formats turned into [`proviso_model::Message`], and a spool folder that is followed.
//!
//! [`Reader`] is synchronous and does no I/O: bytes in, items out. [`Spool`] reads a folder with it.
//!
//! ```
//! use proviso_sources::{Format, Reader, SourceContext};
//!
//! let mut reader = Reader::new(Format::Wecom, SourceContext::new("bank", "wecom")?);
//! reader.push(br#"{"msgid":"m1","action":"send","from":"ken","tolist":["icef"],"msgtime":1603875657905,
//!                  "msgtype":"text","text":{"content":"hello"}}"#);
//! let item = reader.next_item().expect("one whole value was pushed");
//! assert_eq!((item.line, item.result?.text.as_str()), (1, "hello"));
//! assert_eq!(reader.finish().count(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod context;
mod format;
mod item;
mod ndjson;
mod reader;
mod split;
mod spool;
mod wecom;

pub use context::{BadContext, SourceContext};
pub use format::{Format, UnknownFormat};
pub use item::{Item, LineError};
pub use reader::Reader;
pub use spool::{BadFileKey, FileKey, Spool, SpoolError, SpoolItem, SpoolOffset};
