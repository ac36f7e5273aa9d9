//! Turns a core module into a component: `cargo run -p proviso-sdk --example componentize -- IN.wasm OUT.wasm`.
//!
//! The module's own custom sections, written by the SDK, say which interfaces it exports; nothing else is needed.

use std::error::Error;
use std::process::ExitCode;

use wit_component::ComponentEncoder;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else {
        eprintln!("usage: componentize IN.wasm OUT.wasm");
        return ExitCode::from(2);
    };
    match componentize(input, output) {
        Ok(bytes) => {
            println!("{output}: {bytes} bytes");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{input}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads a core module, writes a component, says how large it is.
fn componentize(input: &str, output: &str) -> Result<usize, Box<dyn Error>> {
    let module = std::fs::read(input)?;
    let mut encoder = ComponentEncoder::default();
    encoder
        .validate(true)
        .module(&module)
        .map_err(|error| format!("{error:#}"))?;
    let component = encoder.encode().map_err(|error| format!("{error:#}"))?;
    std::fs::write(output, &component)?;
    Ok(component.len())
}
