//! The tests of this crate in one binary: linking one for each file costs more than compiling them. A new file is named here.

mod entities;
mod entities_properties;
mod entities_words;
