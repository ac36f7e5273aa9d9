//! Proviso: judges every message of a chat archive by sandboxed WebAssembly policy packs.

use std::process::ExitCode;

fn main() -> ExitCode {
    proviso_cli::main()
}
