//! Rebuilds the crate when a migration is added: the list in `src/sqlite/migrations.rs` includes its files.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
