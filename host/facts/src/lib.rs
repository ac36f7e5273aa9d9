//! Files of facts that people hand in, and what they say: the directory of employees, statements of consent, and ends
//! from which retention clocks run.
//!
//! A file is taken whole or not at all. It is read to its end, and every bad line is told with its place and its value, cut to 64
//! bytes. Headings of columns may be English or Chinese, and so may the words of a column that has few.

pub mod consents;
pub mod directory;
pub mod endings;
mod table;

pub use consents::read as read_consents;
pub use directory::read as read_directory;
pub use endings::read as read_endings;
