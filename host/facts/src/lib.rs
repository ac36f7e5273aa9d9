//! Files of facts that people hand in, and what they say: the directory of employees.
//!
//! A file is taken whole or not at all. It is read to its end, and every bad line is told with its place and its value, cut to 64
//! bytes. Headings of columns may be English or Chinese, and so may the words of a column that has few.

pub mod directory;
mod table;

pub use directory::read as read_directory;
