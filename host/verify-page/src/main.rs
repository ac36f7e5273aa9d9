//! Puts a module into the page: `proviso-verify-page MODULE.wasm PAGE.html`. `build.sh` beside it calls this.

use std::env::args_os;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = args_os().skip(1).map(PathBuf::from).collect();
    let [module, page] = &paths[..] else {
        eprintln!("usage: proviso-verify-page MODULE.wasm PAGE.html");
        return ExitCode::from(2);
    };
    match put(module, page) {
        Ok(bytes) => {
            println!("{}: {bytes} bytes", page.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

fn put(module: &PathBuf, page: &PathBuf) -> Result<usize, Box<dyn Error>> {
    let bytes = std::fs::read(module).map_err(|error| format!("{}: {error}", module.display()))?;
    let text = proviso_verify_page::page(&bytes).map_err(|error| format!("{}: {error}", module.display()))?;
    std::fs::write(page, &text).map_err(|error| format!("{}: {error}", page.display()))?;
    Ok(text.len())
}
