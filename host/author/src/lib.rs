//! For those who make packs.

pub mod lint;
pub mod scaffold;
