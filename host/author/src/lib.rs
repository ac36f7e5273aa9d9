//! For those who make packs.
