//! Makes the folder of the built pages where it is not there: a build without pages has none, and says so when it is asked for them.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let pages = Path::new("web/dist");
    std::fs::create_dir_all(pages)?;
    println!("cargo::rerun-if-changed=web/dist");
    Ok(())
}
