//! The verifier of exports as a page: `proviso-verify` for who has a browser and nothing else. The page runs from a file, without a network.
//!
//! ```text
//! page/page.html, page.css, page.js   what a person sees; the script starts a worker, which runs the module
//! src/port.rs                         the module's imports and exports, on wasm32 alone
//! src/verifying.rs                    one verification: a file and a key in, JSON out
//! src/file.rs                         a file that is read through the import, piece by piece
//! src/unsealing.rs                    opens sealed parts by ciphers and an unpacker in Rust
//! src/page.rs                         puts the module and the rest into one file, with the policy that allows nothing else
//! ```
//!
//! What an export shows is decided in `host/evidence`, and what is said of it stands there too: nothing is judged here.

mod file;
mod page;
#[cfg(target_arch = "wasm32")]
mod port;
mod unsealing;
mod verifying;

pub use file::{Source, SourceFile};
pub use page::{NotAPage, page};
pub use unsealing::Unsealing;
pub use verifying::verified;
