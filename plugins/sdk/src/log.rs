//! Lines for the plugin's author. Only `proviso pack test` and `pack bench` keep them; natively they go to standard error.
//!
//! At most 1,024 bytes a line and 64 lines a call; the host drops what is over. Never write text of a message.

#[cfg(target_arch = "wasm32")]
use crate::contract::lifecycle::log::{Level, write};

/// For the author alone.
pub fn debug(line: &str) {
    #[cfg(target_arch = "wasm32")]
    write(Level::Debug, line);
    #[cfg(not(target_arch = "wasm32"))]
    eprintln!("debug: {line}");
}

/// Worth seeing in a test run.
pub fn info(line: &str) {
    #[cfg(target_arch = "wasm32")]
    write(Level::Info, line);
    #[cfg(not(target_arch = "wasm32"))]
    eprintln!("info: {line}");
}

/// Unexpected, and survived.
pub fn warn(line: &str) {
    #[cfg(target_arch = "wasm32")]
    write(Level::Warn, line);
    #[cfg(not(target_arch = "wasm32"))]
    eprintln!("warn: {line}");
}
